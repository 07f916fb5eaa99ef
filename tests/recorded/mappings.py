"""Which worker gets which request, as the original decides, and how to record it again.

    JK_UNDER_TEST=theirs python3 tests/recorded/mappings.py

`mappings.txt` holds sets of rules, each a virtual host of its own: `conf` is a line of httpd.conf, `file` one of the
mount file. What follows `->` is recorded: the worker and the URI it was sent, or the status of httpd's own answer.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.client import fetch
from support.httpd import Httpd
from support.peer import Peer

TABLE = Path(__file__).with_suffix(".txt")
WORKERS = [f"w{n}" for n in range(1, 8)]


@dataclass
class Rules:
    name: str
    conf: list[str] = field(default_factory=list)
    file: list[str] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)
    """Request line without the version, and what became of it."""

    @property
    def host(self) -> str:
        return f"{self.name.lower()}.example"


def table() -> list[Rules]:
    sets: list[Rules] = []
    for line in TABLE.read_text().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "rules":
            sets.append(Rules(rest))
        elif kind in ("conf", "file"):
            getattr(sets[-1], kind).append(rest)
        elif line:
            request, _, outcome = line.partition(" ->")
            sets[-1].rows.append((request, outcome.strip()))
    return sets


def server(httpd: Httpd, peers: dict[str, Peer]) -> Httpd:
    """One virtual host for each set of rules; the first, unnamed one has none."""
    lines = [f"worker.list={','.join(WORKERS)}"]
    for name, peer in peers.items():
        lines += [f"worker.{name}.host=127.0.0.1", f"worker.{name}.port={peer.port}"]
    httpd.workers("\n".join(lines) + "\n")
    httpd.document("index.html")
    httpd.conf("LimitRequestLine 20000\n<VirtualHost *:${PORT}>\nServerName unnamed.example\n</VirtualHost>")
    for rules in table():
        conf = list(rules.conf)
        if rules.file:
            httpd.write(f"conf/{rules.name}.map", "\n".join(rules.file) + "\n")
            conf.append(f"JkMountFile conf/{rules.name}.map")
        httpd.conf("\n".join([f"<VirtualHost *:${{PORT}}>\nServerName {rules.host}", *conf, "</VirtualHost>"]))
    return httpd


def outcome(httpd: Httpd, peers: dict[str, Peer], rules: Rules, request: str) -> str:
    method, target = request.split(" ", 1)
    for peer in peers.values():
        peer.forget()
    reply = fetch(httpd.port, target, method, host=rules.host, headers=[("User-Agent", "t")])
    for name, peer in peers.items():
        if peer.requests:
            uri = (peer.last.uri or b"").decode("latin-1")
            return f"{name} {uri if len(uri) < 200 else len(uri)}"
    return str(reply.status)


def record() -> None:
    peers = {name: Peer(name) for name in WORKERS}
    with Httpd(threads=2) as httpd:
        server(httpd, peers).start()
        text = ""
        for rules in table():
            text += f"\nrules {rules.name}\n" + "".join(f"conf {line}\n" for line in rules.conf) + "".join(f"file {line}\n" for line in rules.file)
            text += "".join(f"{request} -> {outcome(httpd, peers, rules, request)}\n" for request, _ in rules.rows)
    TABLE.write_text(text.lstrip())
    for peer in peers.values():
        peer.stop()


if __name__ == "__main__":
    record()
