"""Replies that are no AJP/1.3, or no HTTP: one row each, on a plain worker with default options.

A row says what the client sees and how often the backend was asked. For every row the following must hold too:
nothing of the bad reply reaches the next client, the connection is not used again, and no child crashes.
"""

from dataclasses import dataclass

import pytest

from support import ajp
from support.ajp import FLUSH, chunk, end, header, packet, send_headers, string, word
from support.client import Client
from support.under_test import deviates

PLAIN = ("Content-Type", "text/plain")
GOOD_HEAD = send_headers(200, "OK", [PLAIN])
BODY = b"from the bad reply"


@dataclass
class Seen:
    """What must be seen. `status` 0: the connection ended without a reply. `attempts`: requests the backend got."""

    status: int
    attempts: int = 1
    ending: str = "whole"
    body: bytes | None = None
    """None: not looked at."""
    headers: tuple = ()
    reused: bool = False
    """The connection may be used for the next request."""
    crash: bool = False
    undefined: bool = False
    """The original reads memory that is not the packet's: 64 KiB of it reach the client, or the child crashes."""


REFUSED = Seen(502, 2)
"""What ours does about every reply that it does not believe: nothing of it was passed on, so it asks again."""
CUT = Seen(200, 1, ending="cut")
"""Part of the reply was passed on before the rest proved wrong: the client must be able to tell."""
MEMORY = Seen(200, undefined=True, reused=True)
RETRIED_500 = Seen(500, 2)
RETRIED_502 = Seen(502, 2)


@dataclass
class Row:
    name: str
    reply: bytes
    theirs: Seen
    ours: Seen | None = None
    why: str = ""
    then: str = ""
    """`close` or `reset`: what the backend does after the reply. Otherwise it waits for the next request."""
    plan: tuple = ()


def raw_head(fields: bytes, count: int = 1, status: int = 200) -> bytes:
    """SEND_HEADERS with hand-made headers, and a reply behind it that would be fine."""
    return packet(b"\x04" + word(status) + string("OK") + word(count) + fields) + chunk(BODY) + end()


def rest_of(head: bytes) -> bytes:
    return head + chunk(BODY) + end()


STRICT = "D3: lengths and codes are checked against the packet; anything unknown is a protocol error"
HTTP = "D4: only what HTTP allows reaches the client"
KEEP = Seen(200, 1, body=BODY, reused=True)

ROWS = [
    # The packet layer
    Row("end before any byte", b"", RETRIED_502, then="close"),
    Row("end inside a packet header", b"AB\x00", RETRIED_502, then="close"),
    Row("end inside the header packet", GOOD_HEAD[:10], RETRIED_502, then="close"),
    Row("wrong magic", b"\x12\x34" + GOOD_HEAD[2:], RETRIED_502),
    Row("HTTP instead of AJP", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", RETRIED_502),
    Row("payload larger than max_packet_size", packet(b"\x04" + b"x" * 8192), RETRIED_502),
    Row("payload as large as max_packet_size", rest_of(GOOD_HEAD)[: -len(end())] + chunk(b"x" * 8188) + end(), Seen(200, 1, body=BODY + b"x" * 8188, reused=True)),
    Row("payload of no bytes", packet(b""), RETRIED_500, REFUSED, STRICT),
    Row("unknown type", packet(b"\x1f"), RETRIED_500, REFUSED, STRICT),
    Row("type of a request", packet(b"\x02\x02"), RETRIED_500, REFUSED, STRICT),
    Row("CPING", packet(b"\x0a"), RETRIED_500, REFUSED, STRICT),
    Row("CPONG in place of the reply", ajp.PONG, RETRIED_500, REFUSED, STRICT),
    Row("CPONG after the headers", GOOD_HEAD + ajp.PONG + chunk(BODY) + end(), RETRIED_500, REFUSED, STRICT),
    # Order
    Row("end without headers", end(), Seen(200, 1, body=b"", reused=True), REFUSED, STRICT),
    Row("body before headers", chunk(BODY) + end(), RETRIED_500, REFUSED, STRICT),
    Row("flush before headers", FLUSH + rest_of(GOOD_HEAD), KEEP),
    Row("headers twice", GOOD_HEAD + GOOD_HEAD + chunk(BODY) + end(), RETRIED_500, REFUSED, STRICT),
    Row("interim reply", send_headers(100, "Continue") + rest_of(GOOD_HEAD), RETRIED_500, REFUSED, HTTP),
    Row("headers after body", GOOD_HEAD + chunk(BODY) + GOOD_HEAD + end(), Seen(502), CUT, HTTP),
    # Status
    Row("status 0", rest_of(send_headers(0, "OK", [PLAIN])), RETRIED_500, REFUSED, HTTP),
    Row("status 99", rest_of(send_headers(99, "OK", [PLAIN])), Seen(500, 1, body=BODY, reused=True), REFUSED, HTTP),
    Row("status 100 as the last word", rest_of(send_headers(100, "OK", [PLAIN])), Seen(100, 1, ending="timeout", reused=True), REFUSED, HTTP),
    Row("status 101", rest_of(send_headers(101, "Switching", [PLAIN])), Seen(101, 1, reused=True), REFUSED, HTTP),
    Row("status 1000", rest_of(send_headers(1000, "OK", [PLAIN])), Seen(500, 1, body=BODY, reused=True), REFUSED, HTTP),
    Row("status FFFF", rest_of(send_headers(0xFFFF, "OK", [PLAIN])), Seen(500, 1, body=BODY, reused=True), REFUSED, HTTP),
    Row("status 999", rest_of(send_headers(999, "odd", [PLAIN])), Seen(999, 1, body=BODY, reused=True)),
    # Headers
    Row("header code A000", raw_head(header(0xA000, "v")), Seen(0, 1, ending="nothing", crash=True), REFUSED, STRICT),
    Row("header code A00C", raw_head(header(0xA00C, "v")), RETRIED_500, REFUSED, STRICT),
    Row("header code A0FF", raw_head(header(0xA0FF, "v")), RETRIED_500, REFUSED, STRICT),
    Row("null name", raw_head(header(None, "v")), RETRIED_500, REFUSED, STRICT),
    Row("null value", raw_head(header("X-A", None)), RETRIED_500, REFUSED, STRICT),
    Row("more headers announced than there are", raw_head(header("X-A", "v"), count=40), RETRIED_500, REFUSED, STRICT),
    Row("FFFF headers", raw_head(header("X-A", "v"), count=0xFFFF), RETRIED_500, REFUSED, STRICT),
    Row("value longer than its packet", raw_head(string("X-A") + word(50) + b"vvv\0"), Seen(200, 1, body=BODY, reused=True), REFUSED, STRICT),
    Row("value longer than the buffer", raw_head(string("X-A") + word(9000) + b"vvv\0"), RETRIED_500, REFUSED, STRICT),
    Row(
        "value without its NUL",
        raw_head(string("X-A") + word(2) + b"vvQ"),
        Seen(200, 1, body=BODY, headers=(("X-A", "vvQ"),), reused=True),
        Seen(200, 1, body=BODY, headers=(("X-A", "vv"),), reused=True),
        STRICT,
    ),
    Row("empty name", raw_head(header("", "v") + header("X-B", "w"), 2), Seen(500, reused=True), REFUSED, HTTP),
    Row("blank in a name", raw_head(header("X A", "v")), Seen(500, reused=True), REFUSED, HTTP),
    Row("line break in a name", raw_head(header("X-A: v\r\nX-B", "v")), Seen(500, reused=True), REFUSED, HTTP),
    Row("line break in a value", raw_head(header("X-A", "v\r\nX-B: w")), Seen(500, reused=True), REFUSED, HTTP),
    Row("control byte in a value", raw_head(header("X-A", "v\x01w")), Seen(500, reused=True), REFUSED, HTTP),
    Row("NUL in a value", raw_head(header("X-A", "v\0w")), Seen(200, 1, headers=(("X-A", "v"),), reused=True), REFUSED, HTTP),
    Row("line break in the reason", rest_of(send_headers(200, "O\r\nX-B: w", [PLAIN])), KEEP),
    Row("TAB in a value", raw_head(header("X-A", "v\tw")), Seen(200, 1, headers=(("X-A", "v\tw"),), reused=True)),
    # Chunks
    Row("chunk longer than its packet", GOOD_HEAD + chunk(BODY, claim=len(BODY) + 2) + end(), RETRIED_500, REFUSED, STRICT),
    Row("chunk that claims FFFF", GOOD_HEAD + chunk(BODY, claim=0xFFFF) + end(), RETRIED_500, REFUSED, STRICT),
    Row("chunk packet of 1 byte", GOOD_HEAD + packet(b"\x03") + end(), MEMORY, REFUSED, STRICT),
    Row("chunk packet of 2 bytes", GOOD_HEAD + packet(b"\x03\x00") + end(), MEMORY, REFUSED, STRICT),
    Row("chunk shorter than its packet", GOOD_HEAD + chunk(BODY + b"more", claim=len(BODY)) + end(), KEEP),
    Row("chunk without the last byte", GOOD_HEAD + chunk(BODY, tail=b"") + end(), KEEP),
    Row("question without a number", packet(b"\x06"), Seen(200, 1, body=BODY, reused=True), REFUSED, STRICT, plan=("question",)),
    # The end
    Row("end without its flag", GOOD_HEAD + chunk(BODY) + packet(b"\x05"), Seen(200, 1, body=BODY), Seen(200, 1, body=BODY), STRICT),
    Row("end with flag FF", GOOD_HEAD + chunk(BODY) + end(255), KEEP),
    Row("end with flag 0", GOOD_HEAD + chunk(BODY) + end(0), Seen(200, 1, body=BODY)),
]


def script_of(row: Row):
    def script(turn):
        turn.send(row.reply)
        if row.then == "close":
            turn.close()
        if "question" in row.plan:
            turn.connection.packet()
            turn.send(rest_of(GOOD_HEAD))

    return script


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w")


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retry_interval=10\n")
    httpd.conf("JkMount /* w\nKeepAliveTimeout 60")
    return httpd.start()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_anomaly(site, peer, row):
    expected = row.theirs if row.ours is None else deviates(row.why, ours=row.ours, theirs=row.theirs)
    peer.forget()
    peer.default = script_of(row)
    with Client(site.port, timeout=1 if expected.ending == "timeout" else 20) as client:
        got = client.ask("/bad")
        if expected.crash or expected.undefined:
            site.expect_crashes()
        assert expected.undefined or (got.status, "whole" if got.whole else got.ending, len(peer.requests)) == (expected.status, expected.ending, expected.attempts), got
        if expected.body is not None:
            assert got.body == expected.body
        for name, value in expected.headers:
            assert got.header(name) == value
        assert got.header("X-B") != "w", "a header was smuggled in"
        used = len(peer.connections)
        peer.default = lambda turn: turn.reply(200, b"right")
        if got.header("connection") != "close" and got.whole and got.status >= 200:
            assert client.ask("/next").body == b"right", "the client's connection is out of step"
    assert site.get("/next").body == b"right"
    if not expected.reused:
        assert all(len(c.requests) == 1 for c in peer.connections[:used]), "the connection was used again"


FAILS_OVER = [row for row in ROWS if row.theirs.attempts == 2]


@pytest.mark.parametrize("row", FAILS_OVER, ids=lambda row: row.name)
def test_in_a_pair_the_second_member_answers(make, row):
    """The original puts a member out for packets that make no sense, but not for a stream that is no sequence of them."""
    a, b = make.peer("a", script_of(row)), make.peer("b")
    httpd = make.httpd(threads=1)
    httpd.workers(f"""
        worker.list=lb
        worker.lb.type=lb
        worker.lb.balance_workers=a,b
        worker.lb.retries=1
        worker.a.host=127.0.0.1
        worker.a.port={a.port}
        worker.a.retries=1
        worker.b.host=127.0.0.1
        worker.b.port={b.port}
        """)
    httpd.conf("JkMount /* lb").start()
    got = httpd.get("/bad")
    assert (got.status, got.body, got.whole) == (200, b"b", True)
    notes = httpd.logged(got)
    assert (notes["LB_FIRST_NAME"], notes["LB_LAST_NAME"], len(a.requests)) == ("a", "b", 1)
    if row.then == "close":
        ours, theirs = "ERR", "OK" if len(row.reply) > 3 else "ERR"
    else:
        ours, theirs = "OK", "OK" if row.theirs is RETRIED_502 else "ERR"
    state = deviates("D27: nonsense alone never puts a member out, an end inside the reply always does", ours=ours, theirs=theirs)
    assert notes["LB_FIRST_STATE"] == state
