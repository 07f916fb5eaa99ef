"""Configurations, right and wrong: what a configuration test, a start and a graceful restart make of them."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

import pytest

from support.client import fetch
from support.pair import SIDES, Pair, loudest

from .case import covers, register
from .judge import Judge
from .play import with_ports

GOOD = "worker.list=w1\nworker.w1.host=127.0.0.1\nworker.w1.port={w1}\n"
LB = "worker.list=lb\nworker.lb.type=lb\n"


@dataclass
class Start:
    """One configuration. `runs`: whether the original starts; `tests`: whether its configuration test says yes."""

    name: str
    conf: str = ""
    workers: str | None = GOOD
    rows: tuple[str, ...] = ()
    runs: bool = True
    tests: bool = True
    paths: tuple[str, ...] = ()
    """Asked for when it runs."""
    files: tuple[tuple[str, str], ...] = ()
    level: str = "info"
    log: str | None = None
    """The highest level the original writes to its log; `quiet` for info and below."""

    def __post_init__(self):
        register(f"start: {self.name}", self.rows)

    def __str__(self) -> str:
        return self.name


def refused(conf: str, *rows: str, name: str = "", workers: str | None = GOOD) -> Start:
    """By the configuration test already."""
    return Start(name or conf.replace("\n", " ; "), conf, workers, rows, runs=False, tests=False)


def stops(name: str, workers: str, *rows: str) -> Start:
    """The configuration test sees nothing, and the server does not start."""
    return Start(name, workers=workers, rows=rows, runs=False)


_ONE_ARGUMENT = (
    "JkWorkersFile JkShmFile JkShmSize JkMountFile JkMountFileReload JkMountCopy JkAutoAlias JkWorkerIndicator JkWatchdogInterval JkLogFile JkLogLevel"
    " JkLogStampFormat JkRequestLogFormat JkExtractSSL JkHTTPSIndicator JkRemoteAddrIndicator JkIgnoreCLIndicator"
).split()
_SERVER_ONLY = {
    "JkWorkersFile": "conf/workers.properties", "JkWorkerProperty": "a=b", "JkShmFile": "run/x", "JkShmSize": "100", "JkWatchdogInterval": "1",
}  # fmt: skip
_NOT_IN_SECTIONS = _SERVER_ONLY | {
    "JkMountFile": "conf/map", "JkMountFileReload": "1", "JkMountCopy": "On", "JkAutoAlias": "docs", "JkStripSession": "On", "JkWorkerIndicator": "X", "JkLogFile": "logs/x",
    "JkLogLevel": "info", "JkLogStampFormat": "x", "JkRequestLogFormat": "x", "JkExtractSSL": "On", "JkHTTPSIndicator": "X", "JkOptions": "FlushPackets", "JkEnvVar": "X",
}  # fmt: skip



def _grammar() -> list[Start]:
    """Many faults in one: each server reads its file until the first, so each needs one of its own."""
    out = []
    for name in _ONE_ARGUMENT:
        out += [refused(f"{name}{arguments}", f"httpd 3 {name}") for arguments in ("", ' ""', " a b")]
    out += [refused(f"<VirtualHost *:${{PORT}}>\n{name} {value}\n</VirtualHost>", f"httpd 3 {name}") for name, value in _SERVER_ONLY.items()]
    out += [refused(f"<Location /x>\n{name} {value}\n</Location>", f"httpd 3 {name}") for name, value in _NOT_IN_SECTIONS.items()]
    return out


WRONG = [
    *_grammar(),
    refused("JkWorkersFile conf/workers.properties", "httpd 3 JkWorkersFile", name="a second JkWorkersFile"),
    refused("JkWorkersFile conf/nosuch", "httpd 10.2 file missing", workers=None),
    refused("JkWorkersFile conf", "httpd 10.2 file missing", workers=None, name="a workers file that is a folder"),
    refused("JkMountFile conf/nosuch", "httpd 10.2 file missing"),
    refused("JkMountFile conf", "httpd 10.2 file missing"),
    refused("JkWorkerProperty worker.w1.nosuch=1", "httpd 10.2 unknown attribute", "httpd 3 JkWorkerProperty"),
    refused("JkMountCopy maybe", "httpd 3 JkMountCopy"),
    refused("<VirtualHost *:${PORT}>\nJkMountCopy All\n</VirtualHost>", "httpd 3 JkMountCopy"),
    refused("JkStripSession maybe", "httpd 3 JkStripSession"),
    refused("JkExtractSSL maybe", "httpd 3 JkExtractSSL"),
    refused("JkOptions +Nothing", "httpd 3 JkOptions"),
    refused("JkOptions + FlushPackets", "httpd 3 JkOptions"),
    refused("JkOptions ForwardSSLKeySize", "httpd 3 JkOptions", "httpd 3.1 ForwardKeySize"),
    *(refused(f"JkOptions -{form}", "httpd 3 JkOptions", f"httpd 3.1 {form}") for form in ("ForwardURIProxy", "ForwardURICompat", "ForwardURICompatUnparsed", "ForwardURIEscaped")),
    refused("JkMount /x", "uri-mapping 2.1 server, one argument"),
    refused("JkUnMount /x", "uri-mapping 2.1 server, one argument"),
    refused("JkMount *.jsp w1", "httpd 3 JkMount and JkUnMount"),
    refused("JkMount !/x w1", "httpd 3 JkMount and JkUnMount"),
    refused("JkMount", "httpd 3 JkMount and JkUnMount"),
    refused("JkMount /x w1 w2", "httpd 3 JkMount and JkUnMount"),
    refused("<Location /x>\nJkMount /y w1\n</Location>", "uri-mapping 2.1 Location, two arguments"),
    refused("<Location /x>\nJkUnMount /y w1\n</Location>", "uri-mapping 2.1 Location, two arguments"),
    refused("<LocationMatch ^/x>\nJkMount w1\n</LocationMatch>", "uri-mapping 2.1 LocationMatch"),
    refused("<Files x>\nJkMount w1\n</Files>", "uri-mapping 2.1 Files and If"),
    refused("<If true>\nJkMount w1\n</If>", "uri-mapping 2.1 Files and If"),
    refused("JkEnvVar", "httpd 3 JkEnvVar"),
    refused("JkEnvVar a b c", "httpd 3 JkEnvVar"),
    refused("JkNoSuch x", name="a directive that is none"),
    Start("JkRequestIdIndicator", "JkRequestIdIndicator X", runs=False, tests=False, rows=("httpd 3 JkRequestIdIndicator", "httpd 12 JkRequestIdIndicator")),
]  # fmt: skip

_LONG = {n: "n" * n for n in (60, 61, 63, 64)}

ODD = [
    *(Start(f"JkWorkerProperty{text}", f"JkWorkerProperty{text}\nJkMount /x w1", rows=("httpd 3 JkWorkerProperty",), paths=("/x",)) for text in ("", ' ""', " a b", " =x", " a")),
    Start("options of no effect", "JkOptions CollapseSlashesAll\nJkOptions -CollapseSlashesNone +CollapseSlashesUnmount\nJkMount /x w1", rows=("httpd 3.1 CollapseSlashes",), paths=("/x", "//x")),
    Start("words in any case", "JKOPTIONS +forwarduriproxy -FLUSHPACKETS FlushHeader\nJkOptions\njkmount /x w1\nJkLogLevel nosuch\nJkExtractSSL oFF\nJkMountCopy ALL", rows=("httpd 3 JkOptions", "httpd 3 JkLogLevel"), paths=("/x",)),
    Start("numbers that are none", "JkShmSize text\nJkWatchdogInterval text\nJkMountFileReload text\nJkMount /x w1", rows=("httpd 3 JkShmSize", "httpd 3 JkWatchdogInterval"), paths=("/x",), log="warn"),
    Start("an unknown request log format", 'JkRequestLogFormat "%w %Z"\nJkMount /x w1', rows=("httpd 3 JkRequestLogFormat",), paths=("/x",)),
    Start("no workers file", "JkMount /i ajp13\nJkMount /x w1", None, ("httpd 10.2 no workers at all",), paths=("/x",)),
    Start("an empty workers file", "JkMount /i ajp13\nJkMount /x w1", "", ("httpd 10.2 no workers at all",), paths=("/x",)),
    Start("no list of workers", "JkMount /x w1", "worker.w1.port={w1}\n", ("httpd 10.2 no workers at all",), paths=("/x",)),
    Start("a host that is unknown", "JkMount /x w1", "worker.list=w1\nworker.w1.host=nosuch.invalid\nworker.w1.retries=1\n", ("httpd 10.2 host unknown",), paths=("/x",)),
    Start("a port that is no number", "JkMount /x w2", GOOD + "worker.list=w2\nworker.w2.host=127.0.0.1\nworker.w2.port=ajp\n", ("httpd 10.2 port no number",)),
    Start("a worker without a property", "JkMount /x w1", GOOD + "worker.list=w2\n", ("httpd 10.2 listed without property",), paths=("/x",)),
    Start("bad lines in a mount file", "JkMountFile conf/map", rows=("httpd 10.2 bad lines in the mount file",), files=(("conf/map", "x=w1\n/x=w1\n!-/y=w1\n/z\n"),), paths=("/x", "/y", "/z"), log="error"),
    Start("a mount file that cannot be used", "JkMountFile conf/map", rows=("uri-mapping 8.4 startup",), files=(("conf/map", "/x=w1\nworker.w1.nosuch=1\n"),), paths=("/x",), log="error"),
    Start("everything in the log", "JkMount /x w1\nJkMountFile conf/map", rows=("httpd 12 debug log at start", "uri-mapping 16 map dump", "httpd 3 JkLogLevel"), files=(("conf/map", "/y=w1;reply_timeout=5\n"),), level="trace", paths=("/x",), log="quiet"),
    Start("a name of 60 bytes", "JkMount /x " + _LONG[60], f"worker.list={_LONG[60]}\nworker.{_LONG[60]}.port={{w1}}\nworker.{_LONG[60]}.host=127.0.0.1\n", ("httpd 12 name length", "uri-mapping 12 worker name", "uri-mapping 16 name length"), paths=("/x",)),
    *(Start(f"a name of {n} bytes", workers=f"worker.list={_LONG[n]}\n", rows=("httpd 12 name length", "uri-mapping 12 worker name", "uri-mapping 16 name length"), runs=False) for n in (61, 63, 64)),
    stops("an unknown type", "worker.list=w1\nworker.w1.type=nosuch\n", "httpd 10.2 unknown type, no members, bad mount"),
    stops("a type of old", "worker.list=w1\nworker.w1.type=ajp14x\n", "httpd 10.2 unknown type, no members, bad mount"),
    stops("a balancer without members", LB, "httpd 10.2 unknown type, no members, bad mount"),
    stops("a mount without a slash", GOOD + "worker.w1.mount=x\n", "httpd 10.2 unknown type, no members, bad mount"),
    stops("an unknown property", GOOD + "worker.w1.nosuch=1\n", "httpd 10.2 unknown attribute"),
    stops("a circle of references", "worker.list=w1\nworker.w1.reference=worker.w2\nworker.w2.reference=worker.w1\n", "httpd 10.2 reference loop"),
    Start("a log in no folder", "JkLogFile nosuch/mod_jk.log", rows=("httpd 10.2 log directory missing", "httpd 3 JkLogFile"), runs=False),
    Start("shared memory in no folder", "JkShmFile nosuch/shm\nJkMount /x w1", rows=("httpd 10.2 shm directory missing", "httpd 3 JkShmFile"), runs=False),
]  # fmt: skip


@pytest.mark.parametrize("case", [*WRONG, *ODD], ids=str)
def test_both_start_or_refuse(case, backends):
    judge = Judge("starts")
    pair = Pair(jk_log_level=case.level)
    try:
        for side in SIDES:
            ports = backends.ports(side)
            if case.workers is not None:
                pair.sides[side].workers(with_ports(case.workers, ports))
            pair.sides[side].conf(case.conf)
        for name, text in case.files:
            pair.write(name, text)
        shown = {side: _tried(pair, side, case) for side in SIDES}
        where = f"start: {case.name}"
        judge.fact(where, "configuration test", shown["theirs"], "yes" if case.tests else "no")
        judge.fact(where, "start", shown["theirs"], "runs" if case.runs else "gives up")
        if case.log:
            judge.fact(where, "log", shown["theirs"], case.log)
        judge.compare(where, shown["theirs"], shown["ours"])
        judge.end()
    finally:
        pair.kill()


def _tried(pair: Pair, side: str, case: Start) -> dict[str, object]:
    httpd = pair.sides[side]
    test = httpd.configtest()
    out: dict[str, object] = {"configuration test": "yes" if test.returncode == 0 else "no"}
    if test.returncode and not case.tests and not case.runs:
        return out | {"start": "gives up"}  # both read the same file in the same way
    said = httpd.try_start()
    out |= {"start": "runs" if said is None else "gives up", "log": loudest(pair.jk_log_since(side))}
    for path in case.paths if said is None else ():
        out[f"answer to {path}"] = fetch(httpd.port, path).status
    httpd.kill()
    return out


@covers("httpd 10.2 at graceful restart", "httpd 11.1 #14")
def test_a_broken_workers_file_at_a_graceful_restart(backends):
    """A configuration test before it tells of it; the bare signal ends both servers."""
    judge = Judge("starts")
    pair = Pair()
    try:
        for side in SIDES:
            pair.sides[side].workers(with_ports(GOOD, backends.ports(side)))
        pair.start()
        shown = {}
        for side, httpd in pair.sides.items():
            httpd.workers("worker.list=w1\nworker.w1.type=nosuch\n")
            test = httpd.configtest()
            os.kill(httpd.pid, signal.SIGUSR1)
            httpd.wait_until(lambda: not httpd.running(), "the end of the server")
            shown[side] = {"configuration test": "yes" if test.returncode == 0 else "no", "server": "ended"}
        judge.compare("a graceful restart with broken workers", shown["theirs"], shown["ours"])
        judge.end()
    finally:
        pair.kill()
