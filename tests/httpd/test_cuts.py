"""A reply of three packets that ends, or is damaged, at each of its bytes, in one piece and in every two pieces.

Whatever comes: no child crashes, nobody waits longer than the configuration says, the client can tell a whole reply from
a cut one, and no byte of it is in the next reply. Each reply carries the number of its request.

`JK_CUTS=0.1` runs that part of the replies that come in two pieces, drawn by `JK_SEED`.
"""

from __future__ import annotations

import itertools
import os
import random
import time
from dataclasses import dataclass

import pytest

from support.ajp import chunk, end, send_headers
from support.crowd import Caller, crowd
from support.under_test import MPM, THEIRS

PART = float(os.environ.get("JK_CUTS", {"event": 1}.get(MPM, 0.1)))
SEED = int(os.environ.get("JK_SEED", 1))

TIMEOUT = 0.3
"""Seconds that a silent backend is given."""
MARGIN = 5
"""Seconds that a loaded machine may need on top."""

ERROR_PAGE = b"<!DOCTYPE HTML"


@dataclass(frozen=True)
class Form:
    """A reply that could be whole, and how it is asked for."""

    method: str
    status: int
    length: bool
    """It has a Content-Length."""

    def packets(self, number: int) -> list[bytes]:
        body = self.body(number)
        headers = [("Content-Type", "text/plain")] + ([("Content-Length", str(len(body)))] if self.length else [])
        return [send_headers(self.status, "OK", headers), chunk(body), end()]

    @staticmethod
    def body(number: int) -> bytes:
        return b"reply %06d" % number

    @property
    def bodiless(self) -> bool:
        return self.method == "HEAD" or self.status in (204, 304)


FORMS = {
    "length": Form("GET", 200, True),
    "no length": Form("GET", 200, False),
    "HEAD": Form("HEAD", 200, True),
    "204": Form("GET", 204, False),
    "304": Form("GET", 304, True),
    "POST": Form("POST", 200, True),
}


def framing(form: Form) -> set[int]:
    """Places of the bytes without which nobody knows where a packet ends or what it is: magic, length, type."""
    head, body, _ = (len(packet) for packet in form.packets(0))
    return {at + n for at in (0, head, head + body) for n in range(5)}


@dataclass
class Plan:
    """What the backend does with one request."""

    form: Form
    number: int
    stream: bytes
    split: int
    silent: bool = False
    """The worker is one with a `reply_timeout`, and the backend does not close the connection."""

    @property
    def spoilt(self) -> bool:
        """The connection must not be used for another request: the end of the stream is not where it should be."""
        form, whole = self.form, b"".join(self.form.packets(self.number))
        return len(self.stream) < len(whole) or any(self.stream[at] != whole[at] for at in framing(form))


PLANS: dict[int, Plan] = {}
_numbers = itertools.count(100_000)


def plan(form: Form, change, split: int = 0, silent: bool = False) -> Plan:
    number = next(_numbers)
    stream = change(b"".join(form.packets(number)))
    PLANS[number] = Plan(form, number, stream, split, silent)
    return PLANS[number]


def size(form: Form) -> int:
    return sum(map(len, form.packets(0)))


def script(turn) -> None:
    number = int(turn.request.uri.rsplit(b"/", 1)[1])
    if getattr(turn.connection, "spoilt", False):
        turn.peer.failures.append(f"a spoilt connection was used again for {number}")
    if turn.unasked:
        turn.take_body_packet()
    todo = PLANS.get(number)
    if todo is None:
        turn.reply(200, Form.body(number))
        return
    turn.connection.spoilt = todo.spoilt
    first, second = todo.stream[: todo.split], todo.stream[todo.split :]
    turn.send(first)
    if first:
        time.sleep(0.001)
    turn.send(second)
    if todo.spoilt and not todo.silent:
        turn.close()


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w", script)


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd(threads=16, jk_log_level="error")
    httpd.workers(f"""
        worker.list=w,patient
        worker.w.host=127.0.0.1
        worker.w.port={peer.port}
        worker.w.retries=1
        worker.patient.reference=worker.w
        worker.patient.reply_timeout={round(TIMEOUT * 1000)}
        """)
    httpd.conf("JkMount /w/* w\nJkMount /patient/* patient\nJkMount /w-follows/* w\nJkMount /patient-follows/* patient;reply_timeout=0\nKeepAliveTimeout 60")
    return httpd.start()


@pytest.fixture(autouse=True)
def connections_are_not_used_again(peer):
    yield
    assert not peer.failures, peer.failures[:5]
    peer.forget()
    PLANS.clear()


def play(caller: Caller, todo: Plan, judge) -> str | None:
    """One broken reply and a good one after it; what is wrong, if anything."""
    worker, method = "patient" if todo.silent else "w", todo.form.method
    start = time.monotonic()
    got = caller.ask(f"/{worker}/{todo.number}", method, body=b"question" if method == "POST" else None)
    fault = judge(todo, got)
    if todo.silent and time.monotonic() - start > TIMEOUT + MARGIN:
        fault = "too late"
    number = next(_numbers)
    follows = caller.ask(f"/{worker}-follows/{number}")
    if (follows.status, follows.body, follows.whole) != (200, Form.body(number), True):
        fault = f"{fault}; then {follows}"
    return fault and f"{todo}: {fault} in {got}"


def run(site, judge, plans: list[Plan]) -> None:
    faults = [fault for fault in crowd(site.port, plans, lambda caller, todo: play(caller, todo, judge)) if fault]
    assert not faults, f"{len(faults)} of {len(plans)}, seed {SEED}:\n" + "\n".join(faults[:8])


def in_two_pieces(places) -> list:
    """Pairs of a place and where the stream is split."""
    pairs = [(place, split) for place, length in places for split in range(1, length)]
    return random.Random(SEED).sample(pairs, round(len(pairs) * PART))


# It ends too early -----------------------------------------------------------------------------------------------------


def expected_of_cut(form: Form, there: int, silent: bool) -> tuple[int, bool]:
    """Status, and whether the reply is whole, when so many bytes of the stream have come."""
    head, body, _ = (len(packet) for packet in form.packets(0))
    failed = (504 if silent else 502, True)
    if there == size(form):
        return form.status, True
    if THEIRS:  # ours: D1, D60
        passed_on = form.method == "HEAD" and there >= head + body
        return (form.status, True) if passed_on else failed
    if there >= head and form.bodiless or there >= head + body and form.length:
        return form.status, True
    return (form.status, False) if there >= head + body else failed


def judge_cut(todo: Plan, got) -> str | None:
    should = expected_of_cut(todo.form, len(todo.stream), todo.silent)
    if (got.status, got.whole) != should:
        return f"expected {should}"
    if got.status == todo.form.status:
        body = b"" if todo.form.bodiless else Form.body(todo.number)
        return None if got.body == body else "wrong body"
    return None if todo.form.method == "HEAD" or got.body.startswith(ERROR_PAGE) else "no error page"


def cut_at(there: int):
    return lambda stream: stream[:there]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_reply_that_ends_at_any_byte(site, form):
    run(site, judge_cut, [plan(form, cut_at(there)) for there in range(size(form) + 1)])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_reply_that_ends_at_any_byte_and_comes_in_two_pieces(site, form):
    pairs = in_two_pieces((there, there) for there in range(size(form) + 1))
    run(site, judge_cut, [plan(form, cut_at(there), split) for there, split in pairs])


@pytest.mark.skipif(THEIRS, reason="D17: the original waits for the rest of a packet without end")
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_reply_that_stops_at_any_byte(site, form):
    run(site, judge_cut, [plan(form, cut_at(there), silent=True) for there in range(size(form) + 1)])


# One byte is another ---------------------------------------------------------------------------------------------------

CHANGES = {"inverted": lambda byte: byte ^ 0xFF, "zero": lambda byte: 0, "one more": lambda byte: (byte + 1) % 256, "high bit": lambda byte: byte ^ 0x80}


def judge_damaged(todo: Plan, got) -> str | None:
    """What a damaged reply may look like: as if undamaged, but for bytes that nobody can check; a clean refusal; a cut."""
    if got.ending == "timeout":
        return "hangs"
    if not got.whole:
        return None if got.status in (0, todo.form.status) or got.body == b"" else "odd status"
    if got.status >= 500 and got.body.startswith(ERROR_PAGE) or todo.form.method == "HEAD":
        return None
    if got.ending == "no body":
        return None
    head, body, _ = (len(packet) for packet in todo.form.packets(todo.number))
    data = todo.stream[head + 7 : head + body]
    # A shorter length, or a shorter chunk where there is no length, cannot be told from a shorter reply.
    return None if data.startswith(got.body) else "bytes of something else"


def damage(at: int, change):
    return lambda stream: stream[:at] + bytes([change(stream[at])]) + stream[at + 1 :]


memory = pytest.mark.skipif(THEIRS, reason="D3: the original reads memory that is not the packet's, and crashes")


@memory
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_reply_with_one_damaged_byte(site, form, change):
    run(site, judge_damaged, [plan(form, damage(at, change)) for at in range(size(form))])


@memory
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_reply_with_one_damaged_byte_that_comes_in_two_pieces(site, form):
    pairs = in_two_pieces((at, size(form)) for at in range(size(form)))
    run(site, judge_damaged, [plan(form, damage(at, CHANGES["inverted"]), split) for at, split in pairs])


@memory
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_reply_with_one_damaged_byte_before_silence(site, form):
    run(site, judge_damaged, [plan(form, damage(at, CHANGES["inverted"]), silent=True) for at in range(size(form))])
