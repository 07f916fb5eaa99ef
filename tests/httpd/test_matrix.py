"""Where a backend fails x how it was asked x what the configuration allows: who is asked how often, and what the client
gets. All combinations are generated; what must come out is said by a small model at the end of this file.

`JK_MATRIX=0.1` runs that part of the combinations, drawn by `JK_SEED`.
"""

from __future__ import annotations

import itertools
import os
import random
import socket
import threading
from collections import defaultdict
from dataclasses import dataclass

import pytest

from support import ajp
from support.ajp import chunk, end, send_headers
from support.crowd import Caller, crowd
from support.under_test import MPM, OURS

PART = float(os.environ.get("JK_MATRIX", {"event": 1}.get(MPM, 0.1)))
SEED = int(os.environ.get("JK_SEED", 1))

BODY = b"x" * 40
HEAD = send_headers(200, "OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))])

METHODS = {
    # name: (method, how the body is given)
    "GET": ("GET", {}),
    "HEAD": ("HEAD", {}),
    "small POST": ("POST", {"body": b"s" * 100}),
    "large POST": ("POST", {"body": bytes(n % 251 for n in range(20_000))}),
    "chunked PUT": ("PUT", {"chunked": [b"one", b"t" * 9000, b"three"]}),
}
WITH_BODY = ("POST", "PUT")
OPTIONS = [None, *range(32)]
RETRIES = (1, 2, 3)


@dataclass(frozen=True)
class Point:
    """A point of failure. What the backend does with each request is `sends`, followed by the end of the connection."""

    kind: str
    """Which backend: `good` takes connections and reads requests; `refusing`, `deaf` and `mute` do not."""
    sends: bytes = b""
    pulls: bool = False
    """It asks for more of the request body before it fails."""
    headers: bool = False
    """The head of the reply was whole."""
    passed_on: bool = False
    """Body data was whole, and so was handed to httpd."""
    whole: bool = False
    """The body was all there."""
    ends: bool = False
    """The exchange ended as it should."""
    waits: bool = False
    """It leaves it to httpd to close the connection."""
    stale: bool = False
    """The connection is closed while it is idle, after a first request that went well."""


POINTS = {
    "connection refused": Point("refusing"),
    "connection times out": Point("deaf"),
    "probe times out": Point("mute"),
    "closed on reuse": Point("good", HEAD + chunk(BODY) + end(), stale=True, headers=True, whole=True, ends=True),
    "before headers": Point("good"),
    "before headers, body pulled": Point("good", pulls=True),
    "inside the headers": Point("good", HEAD[:20]),
    "after headers": Point("good", HEAD, headers=True),
    "inside the first chunk": Point("good", HEAD + chunk(BODY)[:20], headers=True),
    "after a chunk": Point("good", HEAD + chunk(BODY[:10]), headers=True, passed_on=True),
    "after the last chunk": Point("good", HEAD + chunk(BODY), headers=True, passed_on=True, whole=True),
    "no reuse": Point("good", HEAD + chunk(BODY) + end(0), headers=True, passed_on=True, whole=True, ends=True, waits=True),
}


@dataclass(frozen=True)
class Case:
    point: str
    place: str
    """`alone`, or `pair`: the failing worker is the first of two members."""
    method: str
    options: int | None
    """`recovery_options`; None: not set."""
    retries: int

    @property
    def worker(self) -> str:
        return f"{POINTS[self.point].kind}-{'unset' if self.options is None else self.options}-{self.retries}"

    @property
    def name(self) -> str:
        return _slug(self.point, self.place, self.method, str(self.options), str(self.retries))


def _slug(*words: str) -> str:
    return "-".join(words).replace(" ", "_").replace(",", "")


def balancer(point: str, method: str) -> str:
    return _slug("lb", point, method)


CASES = [Case(*each) for each in itertools.product(POINTS, ("alone", "pair"), METHODS, OPTIONS, RETRIES)]


def drawn(point: str, place: str) -> list[Case]:
    of_point = [case for case in CASES if (case.point, case.place) == (point, place)]
    return random.Random(SEED).sample(of_point, round(len(of_point) * PART))


# The two backends ------------------------------------------------------------------------------------------------------


class Seen:
    """What the backends saw of each case: the bodies, as far as they read them."""

    def __init__(self):
        self._changed = threading.Condition()
        self._bodies: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        self._closed: set[str] = set()

    def add(self, who: str, turn) -> None:
        with self._changed:
            self._bodies[who, _case_of(turn)].append(turn.body)

    def take(self, who: str, case: Case) -> list[bytes]:
        with self._changed:
            return self._bodies.pop((who, case.name), [])

    def closed(self, turn) -> None:
        with self._changed:
            self._closed.add(_case_of(turn))
            self._changed.notify_all()

    def wait_for_close(self, case: Case) -> None:
        """Waits until the first backend has closed the connection that carried the last request of this case."""
        with self._changed:
            assert self._changed.wait_for(lambda: case.name in self._closed, 20)
            self._closed.remove(case.name)


def _case_of(turn) -> str:
    return turn.request.uri.decode().rsplit("/", 1)[1]


def fail(seen: Seen):
    """What the first backend does: the path says which case it is."""

    def script(turn):
        _, point, step, _ = turn.request.uri.decode().rsplit("/", 3)
        point = POINTS[point.replace("_", " ")]
        if step == "first":
            turn.reply(200, b"warm")
            turn.connection.close()
            seen.closed(turn)
            return
        if turn.unasked:
            turn.take_body_packet()
        if point.pulls and turn.request.method in WITH_BODY:
            turn.ask()
        seen.add("a", turn)
        turn.send(point.sends)
        if point.waits and not turn.wait_for_end():
            raise AssertionError("a connection that must not be used again was kept")
        turn.connection.close()
        seen.closed(turn)

    return script


def succeed(seen: Seen):
    """What the second backend does: it takes the whole request and says so."""

    def script(turn):
        turn.read_body()
        seen.add("b", turn)
        turn.reply(200, b"b")

    return script


class Deaf:
    """A listener whose queue is full: connection attempts are not even refused."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.waiting = [socket.socket() for _ in range(3)]
        for one in self.waiting:
            one.setblocking(False)
            one.connect_ex(self.listener.getsockname())

    def close(self):
        for one in [*self.waiting, self.listener]:
            one.close()


@pytest.fixture(scope="module")
def seen():
    return Seen()


@pytest.fixture(scope="module")
def site(make_shared, seen):
    deaf = Deaf()
    good, mute, b = make_shared.peer("a", fail(seen)), make_shared.peer("mute"), make_shared.peer("b", succeed(seen))
    refusing = make_shared.peer("refusing", up=False)
    mute.answer_pings = False
    httpd = make_shared.httpd(threads=16, jk_log_level="error")
    httpd.workers("\n".join(_workers({"good": good.port, "refusing": refusing.port, "deaf": deaf.port, "mute": mute.port}, b.port)))
    httpd.conf("\n".join(_mounts()) + "\nKeepAliveTimeout 60")
    yield httpd.start()
    deaf.close()


def _workers(ports: dict[str, int], b: int):
    alone = {case.worker: case for case in CASES}
    pairs = [(point, method) for point in POINTS for method in METHODS]
    yield f"worker.list={','.join([*alone, *(balancer(*pair) for pair in pairs)])}"
    yield f"worker.t.host=127.0.0.1\nworker.t.retry_interval=1\nworker.b.host=127.0.0.1\nworker.b.port={b}"
    for name, case in alone.items():
        kind = POINTS[case.point].kind
        yield f"worker.{name}.reference=worker.t\nworker.{name}.port={ports[kind]}\nworker.{name}.retries={case.retries}"
        # Only a session that belongs there leads to it, so that each place of a balancer is tried by one case.
        yield f"worker.{name}.activation=disabled"
        if case.options is not None:
            yield f"worker.{name}.recovery_options={case.options}"
        if kind == "deaf":
            yield f"worker.{name}.socket_connect_timeout=20"
        if kind == "mute":
            yield f"worker.{name}.ping_mode=CP\nworker.{name}.ping_timeout=20"
    for point, method in pairs:
        name = balancer(point, method)
        members = [worker for worker, case in alone.items() if POINTS[case.point].kind == POINTS[point].kind]
        yield f"worker.{name}.type=lb\nworker.{name}.retry_interval=1\nworker.{name}.balance_workers={','.join(members)},b"
        if OURS:
            yield f"worker.{name}.probe_interval=0"  # thousands of members in error: the backend would do nothing else


def _mounts():
    for name in sorted({case.worker for case in CASES}):
        yield f"JkMount /alone/{name}/* {name}"
    for point, method in itertools.product(POINTS, METHODS):
        yield f"JkMount /pair/{balancer(point, method)}/* {balancer(point, method)}"


# The cases -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["alone", "pair"])
@pytest.mark.parametrize("point", POINTS)
def test_failure(site, seen, point, place):
    of_worker = defaultdict(list)
    for case in drawn(point, place):
        of_worker[case.worker].append(case)
    run = [result for results in crowd(site.port, of_worker.values(), lambda caller, cases: [play(caller, seen, case) for case in cases]) for result in results]
    wrong = [f"{case}\n  expected {should}\n  got      {got}" for case, got, should in run if got != should]
    assert not wrong, f"{len(wrong)} of {len(run)}, seed {SEED}:\n" + "\n".join(wrong[:10])


def play(caller: Caller, seen: Seen, case: Case) -> tuple:
    method, how = METHODS[case.method]
    where = f"alone/{case.worker}" if case.place == "alone" else f"pair/{balancer(case.point, case.method)}"
    target = f"/{where}/{case.point.replace(' ', '_')}"
    headers = [("Cookie", f"JSESSIONID=x.{case.worker}")]
    if POINTS[case.point].stale:
        assert caller.ask(f"{target}/first/{case.name}", headers=headers).body == b"warm"
        seen.wait_for_close(case)
    got = caller.ask(f"{target}/then/{case.name}", method, headers=headers, **how)
    at_a, at_b = (seen.take(who, case) for who in "ab")
    if at_a:
        seen.wait_for_close(case)
    return case, outcome(case, got, at_a, at_b), expected(case)


def outcome(case: Case, got, at_a: list[bytes], at_b: list[bytes]) -> tuple:
    _, how = METHODS[case.method]
    sent = how.get("body", b"".join(how.get("chunked", [])))
    for body in at_a:
        assert sent.startswith(body), "the first backend got another body"
    for body in at_b:
        assert body == sent, f"the second backend got {len(body)} bytes of {len(sent)}"
    return got.status, "whole" if got.whole else "cut", len(at_a), len(at_b)


# The model -------------------------------------------------------------------------------------------------------------

def expected(case: Case) -> tuple:
    """Status, whether the reply is whole, requests that the first and the second backend saw."""
    point = POINTS[case.point]
    if point.ends:
        return 200, "whole", 1, 0
    if OURS and (point.whole or (point.headers and case.method == "HEAD")):
        return 200, "whole", 1, 0  # D60: the client has everything
    if OURS and point.passed_on:
        return 200, "cut", 1, 0  # D1
    again = may_be_repeated(case, point)
    at_a = (case.retries if again else 1) if point.kind == "good" else 0
    if again and case.place == "pair":
        return 200, "whole", at_a, 1
    if point.kind != "good":
        return 503, "whole", at_a, 0
    if point.passed_on and case.method == "HEAD":
        return 200, "whole", at_a, 0  # the original lets the head go with the first body packet, which it drops
    return 502, "whole", at_a, 0


def may_be_repeated(case: Case, point: Point) -> bool:
    if point.kind != "good":
        return True  # the request did not get there
    if point.pulls and METHODS[case.method][0] in WITH_BODY:
        return False
    if case.options is None:
        return not (OURS and METHODS[case.method][0] == "POST")  # D59
    after_sending, after_headers, head_may, get_may = (bool(case.options & bit) for bit in (1, 2, 8, 16))
    if point.headers:
        return not after_headers
    return not after_sending or (case.method == "HEAD" if head_may else get_may and case.method == "GET")
