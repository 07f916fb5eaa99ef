"""Generated configurations: sound ones in which up to three things are spoilt, as a hand slips."""

from __future__ import annotations

from random import Random

from .broken import VHOST, Row
from .generate import maybe, source, times

COUNT = 300

NAMES = ("w1", "w2", "w3", "lb", "lb2", "t", "s")
VALUES = {
    "host": ("127.0.0.1", "localhost", "", "h" * 70, "a b"),
    "port": ("8009", "0", "99999", "x", "-1", ""),
    "type": ("ajp13", "lb", "status", "ajp15", "AJP13", "LB", "", "ajp13 "),
    "reference": ("worker.t", "worker.w1", "worker.w2", "t", "worker.none", "worker.t.", ""),
    "balance_workers": ("w1,w2", "w1", "w1 w2,w3", "w1,w1", "lb", "lb2", "", ",", "none"),
    "route": ("r", "w1", "", "r" * 70),
    "domain": ("d", "d" * 70),
    "redirect": ("w2", "none"),
    "mount": ("/a", "/a /b", "a", "/a|/*", "!/a", "-/a", "*.jsp", ""),
    "lbfactor": ("1", "0", "x"),
    "activation": ("active", "off", ""),
    "method": ("B", "x", ""),
    "socket_timeout": ("0", "10", "x", "-5"),
    "reply_timeout": ("1000", "99999999999"),
    "session_cookie": ("SID", "s" * 70),
    "retries": ("2", "0"),
    "secret": ("a#b", "x"),
    "max_packet_size": ("65536", "1"),
    "css": ("x.css",),
    "prot": ("8009",),
}
GLOBAL = ("worker.list=w1", "worker.list=w2,lb", "worker.list=none", "worker.list=", "worker.maintain=10", "worker.maintain=x", "x=y", "nonsense", "=", "#")

LINES = (
    "JkMount /a w1", "JkMount /a/* w2", "JkMount /a|/* lb", "JkMount /b none", "JkMount a w1", "JkMount /a", "JkMount", "JkMount /a w1 w2", "JkMount !/a w1",
    "JkMount /a w1;reply_timeout=x", "JkUnMount /a/b w1", "JkUnMount /a *", "JkUnMount b w1", "JkMountCopy On", "JkMountCopy All", "JkMountCopy x",
    "JkOptions +FlushPackets", "JkOptions FlushPackets -DisableReuse", "JkOptions +Nothing", "JkOptions -ForwardURIProxy", "JkOptions", "JkLogLevel debug",
    "JkLogLevel x", "JkLogFile logs/x", "JkLogFile none/x", "JkLogFile conf", 'JkLogFile ""', "JkLogFile /dev/null", "JkExtractSSL Off", "JkExtractSSL x",
    "JkEnvVar A", "JkEnvVar A b", "JkEnvVar A b c", "JkStripSession On", "JkStripSession On ;s", "JkStripSession x", "JkAutoAlias /srv", "JkAutoAlias x",
    "JkRequestLogFormat %w", "JkRequestLogFormat %y", "JkLogStampFormat %H", "JkWorkerProperty worker.w1.port=1", "JkWorkerProperty worker.w1.prot=1",
    "JkWorkerProperty worker.list=w3", "JkWorkerProperty x", "JkWorkerProperty worker.w1.type=lb", "JkMountFileReload 1", "JkMountFileReload x",
    "JkMountFile conf/map", "JkMountFile none", "JkMountFile conf", "JkShmSize 1", "JkWatchdogInterval 5", "JkWatchdogInterval x",
    "JkWorkersFile conf/workers.properties", "JkHTTPSIndicator X", "JkHTTPSIndicator", "JkNothing", "JkWorkerIndicator X", "JkCERTCHAINPrefix X",
)  # fmt: skip
SECTIONS = ("<Location /x>\n%s\n</Location>", "<Location /x>\nJkMount w1\n</Location>", "<LocationMatch ^x>\n%s\n</LocationMatch>", "<Directory /x>\n%s\n</Directory>", VHOST)
MAP = ("/a=w1", "/b=lb", "!/a/b=w1", "-/c=w2", "a=w1", "/a", "/a=", "=w1", "*.x=w1", "worker.w1.prot=1", "worker.w1.port=1", "/x=none", "#", "/y=w1;active=w1")


def rows() -> list[Row]:
    chance = source("configurations")
    return [_row(chance, number) for number in range(times(COUNT))]


def _row(chance: Random, number: int) -> Row:
    workers = sound(chance)
    conf = [chance.choice(LINES[:3])] if maybe(chance, 0.5) else []
    map_file = list(MAP[:3]) if maybe(chance, 0.3) else None
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        what = chance.random()
        if what < 0.55:
            spoil(chance, workers)
        elif what < 0.85 or map_file is None:
            line = chance.choice(LINES)
            conf.append(chance.choice(SECTIONS).replace("%s", line) if maybe(chance, 0.25) else line)
        else:
            map_file.insert(chance.randrange(len(map_file) + 1), chance.choice(MAP))
    return Row(f"generated {number}", _text(workers), "\n".join(conf), map_file if map_file is None else _text(map_file))


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def sound(chance: Random) -> list[str]:
    """Three Tomcats, perhaps with a template, and perhaps a balancer."""
    lines = ["worker.list=w1,w2" + chance.choice(("", ",lb", ",lb,s"))]
    lines += ["worker.t.socket_timeout=10", "worker.t.host=127.0.0.1"]
    lines += [f"worker.w{n}.{rest}" for n in (1, 2, 3) for rest in (f"port=800{n}", chance.choice(("host=127.0.0.1", "reference=worker.t")))]
    if "lb" in lines[0]:
        lines += ["worker.lb.type=lb", "worker.lb.balance_workers=w2,w3"]
    return lines + ["worker.s.type=status"] * ("s" in lines[0])


def spoil(chance: Random, lines: list[str]) -> None:
    """Takes a line away, doubles, moves, changes or adds one."""
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    how = chance.random()
    if how < 0.1:
        del lines[at]
    elif how < 0.2:
        lines.insert(other, lines[at])
    elif how < 0.3:
        lines[at] = _slip(chance, lines[at])
    elif how < 0.4:
        lines.append(chance.choice(GLOBAL))
    else:
        key = chance.choice(tuple(VALUES))
        lines.append(f"worker.{chance.choice(NAMES)}.{key}={chance.choice(VALUES[key])}")


def _slip(chance: Random, text: str) -> str:
    """One character left out, twice, or of the other case."""
    at = chance.randrange(len(text)) if text else 0
    return chance.choice((text[:at] + text[at + 1 :], text[:at] + text[at : at + 1] + text[at:], text[:at] + text[at : at + 1].swapcase() + text[at + 1 :]))
