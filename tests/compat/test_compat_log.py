"""Lines of the log: their form, where they go, and what a format for requests makes of them."""

from __future__ import annotations

import re

from support.client import fetch
from support.pair import SIDES, Pair

from .case import covers, vhosts
from .judge import Judge
from .play import Backends, usual_workers, with_ports

_STAMP = r"\[\w{3} \w{3} \d\d \d\d:\d\d:\d\d\.\d{3} \d{4}\] "
_FORM = re.compile(rf"^({_STAMP})(\[[^\]]*\] )?(\[\d+:\d+\] )(\[\w+\] )(\S+::\S+ \(\d+\): )")


def _pair(backends: Backends, conf: str, **more) -> Pair:
    pair = Pair(**more)
    for side in SIDES:
        pair.sides[side].workers(with_ports(usual_workers() + "worker.list=gone\nworker.gone.host=127.0.0.1\nworker.gone.port={gone}\nworker.gone.retries=1\n", backends.ports(side)))
    return pair.conf(conf)


def _lines(pair: Pair, side: str, name: str = "mod_jk.log") -> list[str]:
    path = pair.sides[side].dir / "logs" / name
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _compared(where: str, shown: dict[str, dict[str, object]], **facts: object) -> None:
    judge = Judge("logs")
    for name, wanted in facts.items():
        judge.fact(where, name.replace("_", " "), shown["theirs"], wanted)
    judge.compare(where, shown["theirs"], shown["ours"])
    judge.end()


@covers("httpd 9.1 1.2.48", "httpd 9.1 trunk", "httpd 4.1 UNIQUE_ID", "uri-mapping 16 log lines", "uri-mapping 16 matching")
def test_the_form_of_a_line(backends):
    """Stamp, what stands in brackets, level, place; ids are those of requests."""
    shown = {}
    with _pair(backends, 'JkMount /gone gone\nSetEnvIf X-Id (.+) UNIQUE_ID=$1', jk_log_level="info") as pair:
        pair.start()
        for side, httpd in pair.sides.items():
            fetch(httpd.port, "/gone", headers=(("X-Id", "my-id"),))
            fetch(httpd.port, "/gone")
            forms = [_FORM.match(line) for line in _lines(pair, side)]
            of_requests = {form[2] for form in forms[1:] if form}
            shown[side] = {"lines of another form": sum(form is None for form in forms), "ids": sorted(x.strip() for x in of_requests if x and "POST" not in x and "INIT" not in x)}
    _compared("form of lines", shown, lines_of_another_form=0, ids=[])


@covers("httpd 3 JkLogStampFormat")
def test_stamps(backends):
    """The start of each line, with digits as 0."""
    formats = {
        "year": "[%Y] ", "milliseconds": "%H:%M:%S.%Q|", "microseconds": "%S.%q|", "both": "%Q %q|", "twice": "%Q%Q|", "percent": "100%%|", "nothing special": "stamp ",
        "long": "x" * 60 + "%Q|", "longer": "x" * 70 + "%Q|", "long without": "x" * 100 + "%Y|", "cut": "x" * 55 + "%Y%Q|",
    } | {f"{n} before {name}": "x" * n + field + "yzabcdef" for name, field in (("millis", "%Q"), ("micros", "%q")) for n in (50, 57, 58, 60, 61, 63)}  # fmt: skip
    hosts = {name.replace(" ", "-"): f'JkMount /gone gone\nJkLogFile logs/{name.replace(" ", "-")}.log\nJkLogStampFormat "{text}"' for name, text in formats.items()}
    shown: dict[str, dict[str, object]] = {side: {} for side in SIDES}
    with _pair(backends, vhosts(**hosts)) as pair:
        pair.start()
        for side, httpd in pair.sides.items():
            for name in hosts:
                fetch(httpd.port, "/gone", host=f"{name}.test")
                starts = {re.sub(r"\d", "0", re.split(r"\[\d+:\d+\] |\[(?:NO-ID|POST_CONFIG)\]", line)[0]) for line in _lines(pair, side, f"{name}.log")}
                shown[side][name] = sorted(starts)
    _compared("stamps", shown)


@covers("httpd 3 JkLogLevel", "httpd 3 JkLogFile")
def test_levels_and_files_of_virtual_hosts(backends):
    """Which levels reach which file."""
    levels = ("trace", "debug", "info", "warn", "error", "emerg", "WARN", "warning", "nosuch")
    hosts = {f"h{n}": f"JkMount /gone gone\nJkLogFile logs/h{n}.log\nJkLogLevel {level}" for n, level in enumerate(levels)}
    hosts |= {"inherits": "JkMount /gone gone", "same": "JkMount /gone gone\nJkLogFile logs/h4.log\nJkLogLevel info"}
    shown: dict[str, dict[str, object]] = {side: {} for side in SIDES}
    with _pair(backends, "JkLogLevel error\n" + vhosts(**hosts)) as pair:
        pair.start()
        for side, httpd in pair.sides.items():
            for name in hosts:
                fetch(httpd.port, "/gone", host=f"{name}.test")
            for name in [*(f"h{n}" for n in range(len(levels))), "mod_jk"]:
                found = set(re.findall(r"\] \[(\w+)\] ", "\n".join(_lines(pair, side, f"{name}.log"))))
                shown[side][name] = {"error": "error" in found, "info": "info" in found, "debug": "debug" in found}
    quiet = {"error": False, "info": False, "debug": False}
    facts = {"h1": quiet | {"error": True, "info": True, "debug": True}, "h4": quiet | {"error": True, "info": True}, "h5": quiet, "h8": quiet | {"error": True, "info": True}}
    _compared("levels of logs", shown, **facts)


@covers("httpd 3 JkLogFile")
def test_a_log_to_a_program(backends):
    shown = {}
    with _pair(backends, 'JkMount /gone gone\nJkLogFile "|${DIR}/conf/logger ${DIR}/logs/piped.log"') as pair:
        pair.write("conf/logger", '#!/bin/sh\nexec cat >> "$1"\n', 0o755)
        pair.start()
        for side, httpd in pair.sides.items():
            fetch(httpd.port, "/gone")
            httpd.wait_until(lambda: any("[error]" in line for line in _lines(pair, side, "piped.log")), "the piped log")
            shown[side] = {"the file": bool(_lines(pair, side))}
    _compared("log to a program", shown, the_file=False)


@covers("httpd 3 JkRequestLogFormat", "httpd 9.4 line 1", "httpd 9.4 line 2", "httpd 9.4 line 3", "httpd 9.4 line 4", "httpd 2 log_transaction")
def test_lines_of_requests(backends):
    """Whole, but for the duration."""
    everything = "%w|%V|%v|%m|%U|%q|%r|%s|%b|%B|%H|%R"
    conf = (
        f'JkLogStampFormat "STAMP "\nJkLogLevel error\nSetEnvIf Request_URI ^/route JK_ROUTE=r1\n<Location /auth>\nHeader set X-A b\n</Location>\nJkRequestLogFormat "{everything}"\n'
        + vhosts(
            all="JkMount /* s\nJkMount /no nosuch\nJkMount /gone gone\nJkMount /lb/* lb\nJkUnMount /static s",
            odd='JkMount /* s\nJkRequestLogFormat "a\\\\tb\\\\n%w %% %>s %{X}i %"',
            time='JkMount /* s\nJkRequestLogFormat "%T"',
            ports='JkMount /* s\nJkRequestLogFormat "%p %v"\nServerName named.test:8443',
            off="JkMount /* s\nJkLogFile logs/off.log",
        )
    )
    lb = "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=e\nworker.e.host=127.0.0.1\nworker.e.port={m1}\n"
    asked = [
        ("all", "/x/y?a=b", "GET"), ("all", "/x;p=1/%41%20", "GET"), ("all", "/x", "HEAD"), ("all", "/s/error", "GET"), ("all", "/s/none", "GET"), ("all", "/no", "GET"),
        ("all", "/gone", "GET"), ("all", "/lb/x", "GET"), ("all", "/route", "GET"), ("all", "/static", "GET"), ("all", "/x", "FOO"), ("odd", "/x", "GET"), ("time", "/x", "GET"),
        ("ports", "/x", "GET"), ("off", "/x", "GET"),
    ]  # fmt: skip
    shown: dict[str, dict[str, object]] = {side: {} for side in SIDES}
    with _pair(backends, conf) as pair:
        for side, httpd in pair.sides.items():
            httpd.write("conf/workers.properties", (httpd.dir / "conf/workers.properties").read_text() + with_ports(lb, backends.ports(side)))
        pair.start()
        for side, httpd in pair.sides.items():
            for host, path, method in asked:
                before = len(_lines(pair, side))
                reply = fetch(httpd.port, path, method, host=f"{host}.test", version="1.1")
                httpd.logged(reply)
                lines = [re.sub(r"\d+\.\d{6}", "DURATION", line) for line in _lines(pair, side)[before:] if not re.search(r"\[(error|emerg)\] ", line)]
                shown[side][f"{method} {path} of {host}"] = [re.sub(r"\d{5}", "PPPPP", line) for line in lines]
    judge = Judge("logs")
    for name, line in {
        "GET /x/y?a=b of all": "STAMP s|all.test|all.test|GET|/x/y|?a=b|GET /x/y?a=b HTTP/1.1|200|1|1|HTTP/1.1|-",
        "GET /lb/x of all": "STAMP lb|all.test|all.test|GET|/lb/x||GET /lb/x HTTP/1.1|200|2|2|HTTP/1.1|e",
    }.items():
        judge.fact("lines of requests", name, shown["theirs"], [line])
    judge.compare("lines of requests", shown["theirs"], shown["ours"])
    judge.end()


@covers("httpd 11.1 #9", "httpd 11.1 #10")
def test_what_clients_can_write(backends):
    """Levels that a client causes, and secrets at the level that shows most."""
    shown = {}
    with _pair(backends, "JkMount /* w2", jk_log_level="trace") as pair:
        for httpd in pair.sides.values():
            httpd.workers((httpd.dir / "conf/workers.properties").read_text() + "worker.w2.secret=hunter2hunter2\n")
        pair.start()
        for side, httpd in pair.sides.items():
            fetch(httpd.port, "/..;/x")
            fetch(httpd.port, "/x", headers=(("Cookie", "JSESSIONID=0123456789abcdef"),))
            log = "\n".join(_lines(pair, side))
            shown[side] = {"emerg": "[emerg]" in log, "secret": "hunter2" in log}
    _compared("what clients write", shown, emerg=True, secret=True)
