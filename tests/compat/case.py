"""What a case is: a configuration, what is asked, and what the original is known to do.

Facts are names of an outcome's fields (see `judge`) with the value the original must show, or a function that says
whether it is right. They make sure that a case is about what it says; ours is compared with the original in all fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .rows import check

Facts = dict[str, object]

covered: dict[str, list[str]] = {}
"""Which cases and tests stand for a row."""


def register(name: str, rows: tuple[str, ...]) -> None:
    """Notes that something of this name stands for the rows."""
    for row in rows:
        check(row)
        covered.setdefault(row, []).append(name)


@dataclass
class Ask:
    """One request. `worker`: who gets it, or `-` if nobody does; `uri`: what that one is told. `then` are facts."""

    target: str = "/"
    worker: str | None = None
    uri: str | None = None
    status: int | None = None
    then: Facts = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    chunked: list[bytes] | None = None
    host: str | None = "www.example.com"
    version: str = "1.1"
    port: str = "PORT"
    tls: bool = False
    close: bool = False
    raw: bytes | None = None
    """The whole request, for what no sound client sends."""
    logged: bool = True
    """Whether the access log has its line; for what httpd gives up before it has read the headers it has not."""
    finish: bool = False
    """The client ends its sending side behind the request."""
    pause: float = 0
    """Seconds before it is asked, for what the backend does behind its last reply."""
    name: str = ""
    """For lists of differences; the method and the target if empty."""

    @property
    def title(self) -> str:
        return self.name or f"{self.method} {self.target if len(self.target) < 80 else self.target[:60] + '...'}"

    @property
    def facts(self) -> Facts:
        out = dict(self.then)
        if self.worker is not None:
            out["worker"] = None if self.worker == "-" else self.worker
        if self.uri is not None:
            out["packet.uri"] = self.uri.encode("latin-1")
        if self.status is not None:
            out["status"] = self.status
        return out


@dataclass
class Case:
    """One configuration, asked things. It stands in the main server unless `conf` says otherwise.

    `workers` is added to the usual ones: w1 to w7, which echo what they get, and `s`, which answers by script. In
    `workers` and `conf`, `{w1}` and the like stand for their ports.
    """

    name: str
    conf: str = ""
    asks: list[Ask] = field(default_factory=list)
    rows: tuple[str, ...] = ()
    workers: str = ""
    all_workers: str | None = None
    """Instead of the usual ones."""
    workers_file: bool = True
    """Without it there is no workers.properties."""
    files: dict[str, str | bytes] = field(default_factory=dict)
    modules: str = ""
    jk: bool = True
    listen: tuple[str, ...] = ()
    level: str = "info"
    prepare: Callable | None = None
    """Called with the pair before it starts."""
    starts: str | None = None
    """The highest level the original writes to its log when it starts; `quiet` for info and below."""

    def __post_init__(self):
        register(self.name, self.rows)
        for ask in self.asks:
            register(self.name, ask.rows)

    def __str__(self) -> str:
        return self.name


def covers(*rows: str):
    """Marks a test that is no data, for the rows it stands for."""

    def mark(test):
        register(f"{test.__module__.rsplit('.', 1)[-1]}::{test.__name__}", rows)
        test.rows = rows
        return test

    return mark


def vhosts(port: str = "PORT", **hosts: str) -> str:
    """Virtual hosts by name, `a` as `a.test`; the first one also stands for all unknown names."""
    return "\n".join(f"<VirtualHost *:${{{port}}}>\nServerName {name}.test\n{text}\n</VirtualHost>" for name, text in hosts.items())
