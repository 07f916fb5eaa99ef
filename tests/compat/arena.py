"""Many sites in one pair of servers, asked many things on few connections: the machinery under generated comparisons.

A world is one configuration: what the main server says, and sites, which are virtual hosts. A question goes to one
site, by its Host header. All texts are bytes in Latin-1. Requests are pipelined, so that a comparison costs less than a
millisecond, and what both answer is compared byte for byte: the answer of a backend is the packet that it got.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from support.client import Reply
from support.pair import SIDES, Pair, Twins

from .judge import Judge, comparisons
from .play import Backends, outcome, with_ports

AT_ONCE, BYTES_AT_ONCE = 40, 48 * 1024
"""So much is sent before the first answer is read; more could fill the buffers of both directions."""

_BY_CHANCE = re.compile(rb"\r\n(?:Date|Allow|X-Reused): [^\r]*")
"""The time; the order in which httpd lists its methods, which each start shuffles; and who was first at a backend, since
what stands behind a refusal in the pipeline is asked twice."""


@dataclass(frozen=True)
class Site:
    """A virtual host: its lines, those of its mount file, and words by which lists of differences know it."""

    lines: tuple[str, ...] = ()
    file: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    name: str
    sites: tuple[Site, ...]
    main: tuple[str, ...] = ()
    file: tuple[str, ...] = ()
    """The main server's mount file."""
    workers: str = ""
    """All of workers.properties; `{w1}` and the like stand for ports."""


@dataclass(frozen=True)
class Question:
    site: int
    target: str
    method: str = "GET"

    def raw(self) -> bytes:
        return f"{self.method} {self.target} HTTP/1.1\r\nHost: {host(self.site)}\r\n\r\n".encode("latin-1")


def host(site: int) -> str:
    """With the default port, so that nothing of the request depends on the one httpd listens on."""
    return f"s{site}.example.com:80"


# Building -------------------------------------------------------------------------------------------------------------


def configured(world: World, backends: Backends) -> Pair:
    pair = Pair(jk_log_level="error")
    pair.conf("Include conf/world.conf")
    pair.workers({side: with_ports(world.workers, backends.ports(side)) for side in SIDES})
    for name, lines in ({"conf/world.conf": httpd_conf(world)} | mount_files(world)).items():
        pair.write(name, "".join(f"{line}\n" for line in lines).encode("latin-1"))
    return pair


def httpd_conf(world: World) -> list[str]:
    main = [*world.main, *_reads(world.file, "conf/map")]
    return main + [line for number, site in enumerate(world.sites) for line in _section(number, site)]


def mount_files(world: World) -> dict[str, tuple[str, ...]]:
    files = {"conf/map": world.file} | {f"conf/map{number}": site.file for number, site in enumerate(world.sites)}
    return {name: lines for name, lines in files.items() if lines}


def _section(number: int, site: Site) -> list[str]:
    head = ["<VirtualHost *:${PORT}>", f"ServerName {host(number).partition(':')[0]}"]
    return [*head, *site.lines, *_reads(site.file, f"conf/map{number}"), "</VirtualHost>"]


def _reads(file: tuple[str, ...], name: str) -> list[str]:
    return [f"JkMountFile {name}", "JkMountFileReload 0"] if file else []


# Asking ---------------------------------------------------------------------------------------------------------------


@dataclass
class Difference:
    world: World
    question: Question
    text: str

    def alone(self) -> World:
        """The world with the one site that was asked; the question is then for site 0."""
        return replace(self.world, sites=(self.world.sites[self.question.site],))


@dataclass
class Arena:
    """A world that runs. `differences` are those that no list knows; `forwarded` counts what the original passed on."""

    world: World
    backends: Backends
    kind: str
    differences: list[Difference] = field(default_factory=list)
    forwarded: int = 0

    def ask(self, questions: list[Question]) -> None:
        with configured(self.world, self.backends) as pair:
            pair.start()
            with pair.connect() as twins:
                for question, replies in answers(twins, questions):
                    comparisons[self.kind] += 1
                    self.forwarded += replies["theirs"].header("x-peer") is not None
                    if steady(replies["theirs"]) != steady(replies["ours"]):
                        self._judge(pair, question, replies)

    def _judge(self, pair: Pair, question: Question, replies: dict[str, Reply]) -> None:
        judge = Judge(self.kind)
        outcomes = {side: outcome(pair, side, replies[side], {}, {}) for side in SIDES}
        for one in outcomes.values():
            for name in ("header allow", "header x-reused"):
                one.pop(name, None)
        judge.weigh(self._title(question), outcomes["theirs"], outcomes["ours"])
        if judge.faults:
            self.differences.append(Difference(self.world, question, "\n".join(judge.faults)))
        judge.met()


    def _title(self, question: Question) -> str:
        """By which lists of differences know it."""
        words = [self.world.name, *self.world.sites[question.site].tags]
        long = "long " if len(question.target) > 4000 else ""
        return f"generated {' '.join(words)} : {long}{question.method} {question.target}"


def steady(reply: Reply) -> tuple[str, bytes]:
    """All that cannot differ but by what a module did."""
    return reply.ending, _BY_CHANCE.sub(b"", reply.raw)


def answers(twins: Twins, questions: list[Question]) -> Iterator[tuple[Question, dict[str, Reply]]]:
    """Each question with both answers. Where a server closes its connection, both begin a new one behind that answer."""
    at = 0
    while at < len(questions):
        batch = _batch(questions, at)
        for client in twins.clients.values():
            client.send(b"".join(question.raw() for question in batch))
        found = {side: _read(client, batch) for side, client in twins.clients.items()}
        count = min(len(replies) for replies in found.values())
        for number in range(count):
            yield batch[number], {side: found[side][number] for side in SIDES}
        at += count
        if count < len(batch) or any(_ends(replies[-1]) for replies in found.values()):
            twins.renew()


def _batch(questions: list[Question], at: int) -> list[Question]:
    size, end = 0, at
    while end < len(questions) and end - at < AT_ONCE and (end == at or size < BYTES_AT_ONCE):
        size += len(questions[end].target) + 100
        end += 1
    return questions[at:end]


def _read(client, batch: list[Question]) -> list[Reply]:
    """One answer at least, and none behind the one that ended the connection."""
    replies: list[Reply] = []
    for question in batch:
        replies.append(client.read(question.method))
        if _ends(replies[-1]):
            break
    return replies


def _ends(reply: Reply) -> bool:
    return reply.ending not in ("length", "last chunk", "no body") or "close" in (reply.header("connection") or "").lower()
