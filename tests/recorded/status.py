"""Answers of the original's status worker, byte for byte, and how to record them again.

    JK_UNDER_TEST=theirs python3 tests/recorded/status.py

Each case is a query; `status/NAME.ENDING` holds the answer in one of the three formats that scripts read. What differs
from run to run (ports, folders, versions, times, bytes sent with the client's port) is replaced on both sides. The Rust
tests of the room `status` render the same files from values of their own.
"""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Httpd, free_port
from support.peer import Peer

FOLDER = Path(__file__).parent / "status"
ENDINGS = {"xml": "xml", "txt": "txt", "prop": "properties"}
MEMBERS = ("m1", "m2", "m3", "solo", "gone")


@dataclass
class Case:
    """A question; `worker` is the status worker it is put to."""

    name: str
    query: str = ""
    worker: str = "st"
    formats: tuple[str, ...] = tuple(ENDINGS)

    def target(self, mime: str) -> str:
        return f"/{self.worker}?mime={mime}" + (f"&{self.query}" if self.query else "")

    def file(self, mime: str) -> Path:
        return FOLDER / f"{self.name}.{ENDINGS.get(mime, 'properties')}"


CASES = [
    Case("list"),
    Case("list-bare", "opt=3"),
    Case("list-without-members", "opt=17"),
    Case("list-ajp-only", "opt=8&cmd=list"),
    Case("list-nothing", "opt=24"),
    Case("list-own-names", worker="own"),
    Case("show-lb", "cmd=show&w=lb"),
    Case("show-member", "cmd=show&w=lb&sw=m3&opt=2"),
    Case("show-lb-bare", "cmd=show&w=lb&opt=3"),
    Case("show-ajp", "cmd=show&w=solo"),
    Case("show-ajp-in-error", "cmd=show&w=gone"),
    Case("show-status", "cmd=show&w=st"),
    Case("version", "cmd=version"),
    Case("dump", "cmd=dump"),
    Case("edit", "cmd=edit&w=lb"),
    Case("update", "cmd=update&w=lb&vlr=2"),
    Case("error", "cmd=show&w=nosuch"),
    Case("denied", worker="closed"),
    Case("bad-mime", formats=("foo",)),
]

WORKERS = """worker.list=lb,st,solo,gone,own,closed
worker.st.type=status
worker.lb.type=lb
worker.lb.balance_workers=m1,m2,m3
worker.lb.recover_time=30
worker.lb.method=S
worker.m1.type=ajp13
worker.m1.host=127.0.0.1
worker.m1.port={m1}
worker.m1.lbfactor=1
worker.m1.route=r1
worker.m1.domain=east
worker.m2.type=ajp13
worker.m2.host=127.0.0.1
worker.m2.port={m2}
worker.m2.lbfactor=2
worker.m2.activation=D
worker.m2.redirect=r1
worker.m3.type=ajp13
worker.m3.host=127.0.0.1
worker.m3.port={m3}
worker.m3.lbfactor=3
worker.m3.distance=1
worker.m3.reply_timeout=60000
worker.solo.type=ajp13
worker.solo.host=127.0.0.1
worker.solo.port={solo}
worker.solo.secret=hush
worker.solo.connection_pool_timeout=600
worker.solo.busy_limit=7
worker.gone.type=ajp13
worker.gone.host=127.0.0.1
worker.gone.port={gone}
worker.gone.retries=1
worker.own.type=status
worker.own.ns=-
worker.own.xmlns=-
worker.own.doctype=<!DOCTYPE status>
worker.own.prefix=jk
worker.own.good=a,d
worker.own.bad=s
worker.closed.type=status
worker.closed.user=alice,bob
"""

CONF = """
JkMount /st st
JkMount /own own
JkMount /closed closed
JkMount /app/* lb
JkMount /app/status/*.do lb;reply_timeout=30000;sticky_ignore=1;stateless=1;fail_on_status=500,-503;active=m1;disabled=m2;stopped=m3;use_server_errors=400
JkUnMount /app/static/* lb
JkMount /solo solo
JkMount /gone gone
JkMountFile conf/file.map
<VirtualHost *:${PORT}>
ServerName www.example.com
JkMountCopy On
</VirtualHost>
<VirtualHost *:${PORT}>
ServerName other.example
JkMount /extra/* lb
</VirtualHost>
"""

TRAFFIC = [("/app/x", None)] * 3 + [("/app/x", "a.m2")] * 2 + [("/app/x", "a.m3"), ("/solo", None), ("/gone", None)]
"""Path and session of each request that came before; what was sent to m3 went to m1 in the end."""

CHANGING = [
    (r"((?<!error_time_)datetime=\"?)\d{14}", "20261122192326"),
    (r"(error_time_datetime=\"?)\d{14}", "20261122192325"),
    (r"(\bunix=\"?|time_unix=)\d+", "1795375406"),
    (r"(unix[_ ]seconds=\"?)\d+", "1795375405"),
    (r"(last_reset_at=\"?)\d+", "1795375405"),
    (r"(last_reset_ago=\"?)\d+", "1"),
    (r"(error_time_ago(?: seconds)?=\"?)\d+", "1"),
    (r"(time_to_maintenance_min=\"?)\d+", "59"),
    (r"(time_to_maintenance_max=\"?)\d+", "119"),
    (r"(time_to_recover_min=\"?)(?!0\b)\d+", "59"),
    (r"(time_to_recover_max=\"?)(?!0\b)\d+", "89"),
    (r"(transferred=\"?)(?!0\b)\d+", "1236"),
    (r"(web_server=\"?)[^\"\n]*", "Apache/2.4 mod_jk/1.2.48"),
    (r"(jk_version=\"?)[^\"\n]*", "mod_jk/1.2.48"),
]


class Stage:
    """A server that has done what the recorded one had done. `with Stage() as stage:`"""

    def __init__(self, **more):
        self.httpd = Httpd(threads=1, **more)
        self._open = ExitStack()

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            self.ports = {name: stack.enter_context(Peer(name)).port for name in ("m1", "m2", "solo")}
            self.ports |= {name: free_port() for name in ("m3", "gone")}
            httpd = stack.enter_context(self.httpd)
            httpd.workers(WORKERS.format(**self.ports)).conf(CONF)
            httpd.write("conf/file.map", "/fromfile/*=lb\n")
            httpd.start()
            for path, session in TRAFFIC:
                httpd.get(path, headers=[("Cookie", f"JSESSIONID={session}")] if session else ())
            self._open = stack.pop_all()
        return self

    def __exit__(self, *exception) -> None:
        self._open.__exit__(*exception)

    def play(self, case: Case, mime: str) -> str:
        """The answer without what differs from run to run."""
        return self.masked(self.httpd.get(case.target(mime)).body.decode())

    def masked(self, text: str) -> str:
        for number, name in enumerate(MEMBERS, 22001):
            text = re.sub(rf"\b{self.ports[name]}\b", str(number), text)
        text = re.sub(rf"\b{self.httpd.port}\b", "8080", text).replace(str(self.httpd.dir), "/srv/httpd")
        for pattern, value in CHANGING:
            text = re.sub(pattern, lambda found: found[1] + value, text)
        return text


def record() -> None:
    FOLDER.mkdir(exist_ok=True)
    with Stage() as stage:
        for case in CASES:
            for mime in case.formats:
                case.file(mime).write_text(stage.play(case, mime))
            print(case.name)


if __name__ == "__main__":
    record()
