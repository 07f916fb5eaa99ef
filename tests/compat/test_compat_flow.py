"""What needs two requests at once, a client that goes away, or a look at what has arrived so far."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from support import ajp
from support.pair import SIDES, Pair
from support.peer import Peer, Turn

from .case import covers, vhosts
from .judge import Judge

MISSING = 0.4
"""Seconds after which what has not arrived is taken for held back."""


class Backend:
    """One scripted peer for each side."""

    def __init__(self, default: Callable[[Turn], None]):
        self.peers = {side: Peer("p", default) for side in SIDES}

    def __enter__(self) -> Backend:
        return self

    def __exit__(self, *_) -> None:
        for peer in self.peers.values():
            peer.stop()

    def pair(self, conf: str, more: str = "", **how) -> Pair:
        pair = Pair(**how)
        pair.workers({side: f"worker.list=p\nworker.p.host=127.0.0.1\nworker.p.port={peer.port}\n{more}" for side, peer in self.peers.items()})
        return pair.conf(conf)


def _compared(kind: str, where: str, shown: dict[str, dict[str, object]], facts: dict[str, object]) -> None:
    judge = Judge(kind)
    for name, wanted in facts.items():
        judge.fact(where, name, shown["theirs"], wanted)
    judge.compare(where, shown["theirs"], shown["ours"])
    judge.end()


# 7.3: flushing

HEAD = ajp.send_headers(200, "OK", [("Content-Type", "text/plain"), ("X-Head", "1")])
SENT = {
    "headers": HEAD,
    "some body": HEAD + ajp.chunk(b"some body"),
    "an empty packet": HEAD + ajp.chunk(b"some body") + ajp.FLUSH,
    "an empty packet behind headers": HEAD + ajp.FLUSH,
    "an empty packet first": ajp.FLUSH + HEAD,
    "much body": HEAD + ajp.chunks(b"x" * 20000),
}
MARKS = {"headers": b"X-Head: 1", "some body": b"some body", "much body": b"x" * 8000}


@covers("httpd 7.3 header packet", "httpd 7.3 body packet", "httpd 7.3 empty body packet", "httpd 7.3 otherwise", "httpd 7.3 end packet", "httpd 3.1 FlushPackets", "httpd 3.1 FlushHeader")
def test_what_is_passed_on_before_the_end():
    """Whether the client has headers and body while the backend has not ended its reply."""
    go = {side: threading.Event() for side in SIDES}
    current = {"sent": b""}

    def script(turn: Turn) -> None:
        side = "theirs" if turn.peer is backend.peers["theirs"] else "ours"
        turn.send(current["sent"])
        go[side].wait(10)
        turn.send(ajp.end())

    hosts = {"plain": "JkMount /* p", "header": "JkMount /* p\nJkOptions +FlushHeader", "packets": "JkMount /* p\nJkOptions +FlushPackets"}
    shown: dict[str, dict[str, object]] = {side: {} for side in SIDES}
    with Backend(script) as backend, backend.pair(vhosts(**hosts)) as pair:
        pair.start()
        for host in hosts:
            for name, sent in SENT.items():
                current["sent"] = sent
                for event in go.values():
                    event.clear()
                with pair.connect() as twins:
                    for client in twins.clients.values():
                        client.send(f"GET /x HTTP/1.1\r\nHost: {host}.test\r\n\r\n".encode())
                    for side, client in twins.clients.items():
                        early = client.arrived(MISSING)
                        shown[side][f"{host}, {name}"] = [mark for mark, text in MARKS.items() if text in early]
                        go[side].set()
                        shown[side][f"{host}, {name}: whole"] = client.read().whole
    facts = {"plain, headers": [], "header, headers": ["headers"], "packets, some body": ["headers", "some body"], "plain, an empty packet": ["headers", "some body"], "plain, some body": []}
    _compared("flushes", "flushes", shown, facts)


# 8: two requests at once


@pytest.fixture
def held():
    """A backend that answers `/hold` only when it is told to."""
    go = threading.Event()

    def script(turn: Turn) -> None:
        if turn.request.uri == b"/hold":
            go.wait(20)
        turn.reply(200, b"done")

    with Backend(script) as backend:
        yield backend, go
        go.set()


def _second(held, more: str, where: str, status: int) -> None:
    backend, go = held
    shown = {}
    with backend.pair("JkMount /* p", more, threads=8) as pair:
        pair.start()
        for side, httpd in pair.sides.items():
            with httpd.client() as first, httpd.client() as second:
                first.send(b"GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
                httpd.wait_until(lambda: backend.peers[side].requests, "the first request at the backend")
                reply = second.ask("/x")
                go.set()
                shown[side] = {"second": reply.status, "first": first.read().status, "third": second.ask("/y").status if reply.whole and reply.header("connection") != "close" else httpd.get("/y").status}
                go.clear()
    _compared("two at once", where, shown, {"second": status, "first": 200, "third": 200})


@covers("httpd 8 busy_limit")
def test_a_worker_that_is_busy_enough(held):
    _second(held, "worker.p.busy_limit=1\n", "busy limit", 503)


@covers("httpd 8 no free endpoint")
def test_a_worker_without_a_free_connection(held):
    if Pair().theirs.mpm == "prefork":
        more = "worker.p.connection_pool_size=1\nworker.p.connection_acquire_timeout=200\n"
        return _second(held, more, "no free connection", 200)  # each process has its own
    _second(held, "worker.p.connection_pool_size=1\nworker.p.connection_acquire_timeout=200\n", "no free connection", 503)


@covers("httpd 8 client write error")
def test_a_client_that_goes_away_in_its_reply():
    """The backend is rid of it, the log has the status that was sent, and the worker goes on."""
    body = b"x" * 8000

    def script(turn: Turn) -> None:
        if turn.request.uri != b"/much":
            return turn.reply(200, b"fine")
        turn.send(HEAD)
        for _ in range(2000):
            turn.send(ajp.chunk(body))
        turn.send(ajp.end())

    shown = {}
    with Backend(script) as backend, backend.pair("JkMount /* p") as pair:
        pair.start()
        for side, httpd in pair.sides.items():
            client = httpd.client()
            client.send(b"GET /much HTTP/1.1\r\nHost: a\r\nX-Test-Id: gone\r\n\r\n")
            client.wait_for(b"X-Head: 1")
            client.reset()
            line = httpd.logged("gone")
            shown[side] = {"status": line["status"], "connection": line["connection"], "next": httpd.get("/x").status}
    _compared("clients that go away", "a client that goes away", shown, {"status": "200", "next": 200})
