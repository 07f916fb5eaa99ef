"""Backends that fail, alone and as the first of two: who is asked, what the client sees, what the balancer learns.

Two things hold for ours in every case: a reply that looks whole is one backend's reply or an error page and nothing
else, and a reply that was cut after its beginning reached the client looks cut, at once.
"""

import socket
import struct
import threading
import time

import pytest

from support import ajp
from support.ajp import FLUSH, chunk, chunks, end, reply, send_headers
from support.client import Client
from support.peer import Gone
from support.under_test import OURS, deviates

PLAIN = ("Content-Type", "text/plain")
HEAD = send_headers(200, "OK", [PLAIN])
HEAD_1000 = send_headers(200, "OK", [PLAIN, ("Content-Length", "1000")])
GARBAGE = b"XX\x00\x02\x05\x01"

ERROR_PAGE = b"<!DOCTYPE"
CUT = "D1: once a byte went to the client nothing is repeated, and a cut reply ends visibly and at once"


def pair(make, *, extra="", threads=8, a=None, b=None, **directives):
    """Two members behind `/lb`, both also alone behind `/a` and `/b`; each request tries each member once."""
    a, b = a or make.peer("a"), b or make.peer("b")
    httpd = make.httpd(threads=threads)
    httpd.workers(f"""
        worker.list=lb,wa,wb
        worker.lb.type=lb
        worker.lb.balance_workers=a,b
        worker.lb.retries=1
        worker.common.host=127.0.0.1
        worker.common.retries=1
        worker.common.retry_interval=10
        worker.common.reply_timeout=300
        worker.a.reference=worker.common
        worker.a.port={a.port}
        worker.b.reference=worker.common
        worker.b.port={b.port}
        worker.wa.reference=worker.a
        worker.wb.reference=worker.b
        {extra}
        """)
    httpd.conf("JkMount /lb/* lb\nJkMount /a/* wa\nJkMount /b/* wb\nKeepAliveTimeout 60")
    for name, value in directives.items():
        httpd.conf(f"{name} {value}")
    return httpd.start(), a, b


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w")


@pytest.fixture(scope="module")
def site(make_shared, peer):
    """One plain worker with two attempts, the default; other options by other names for the same backend."""
    httpd = make_shared.httpd()
    httpd.workers(f"""
        worker.list=w,once,patient,opt1,opt2,opt3,opt9,opt17,opt25,status5,soft4
        worker.t.host=127.0.0.1
        worker.t.port={peer.port}
        worker.t.retry_interval=10
        worker.w.reference=worker.t
        worker.w.reply_timeout=300
        worker.once.reference=worker.w
        worker.once.retries=1
        worker.patient.reference=worker.t
        worker.opt1.reference=worker.t
        worker.opt1.recovery_options=1
        worker.opt2.reference=worker.t
        worker.opt2.recovery_options=2
        worker.opt3.reference=worker.t
        worker.opt3.recovery_options=3
        worker.opt9.reference=worker.t
        worker.opt9.recovery_options=9
        worker.opt17.reference=worker.t
        worker.opt17.recovery_options=17
        worker.opt25.reference=worker.t
        worker.opt25.recovery_options=25
        worker.status5.reference=worker.t
        worker.status5.fail_on_status=500
        worker.soft4.reference=worker.t
        worker.soft4.fail_on_status=-404
        """)
    for name in "w once patient opt1 opt2 opt3 opt9 opt17 opt25 status5 soft4".split():
        httpd.conf(f"JkMount /{name}/* {name}")
    httpd.conf("KeepAliveTimeout 60\nJkMount /dead/* w;reply_timeout=100")
    return httpd.start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()
    peer.default = lambda turn: turn.reply(200, turn.peer.name.encode())
    yield


# A backend dies at some point of its reply ---------------------------------------------------------------------------

SENT = {
    # name: (what the backend sends before it fails, whether the client has seen it by then, Content-Length)
    "nothing": (b"", False),
    "headers": (HEAD, False),
    "headers, flushed": (HEAD + FLUSH, True),
    "some body": (HEAD + chunk(b"part"), False),
    "some body, flushed": (HEAD + chunk(b"part") + FLUSH, True),
    "much body": (HEAD + chunks(b"p" * 40_000), True),
    "some of a body with length": (HEAD_1000 + chunk(b"part"), False),
    "some of a body with length, flushed": (HEAD_1000 + chunk(b"part") + FLUSH, True),
}
HOW = {
    # name: (status if nothing was passed on, the same for the original, member's state after it for each)
    "closes": (502, 502, ("ERR",), ("ERR",)),
    "resets": (502, 504, ("OK", "ERR/REC"), ("ERR",)),
    "sends garbage": (502, 502, ("OK",), ("OK",)),
    "falls silent": (504, 504, ("ERR",), ("ERR",)),
}


def fails(sent: bytes, how: str):
    def script(turn):
        turn.send(sent)
        turn.wait(0.03)
        if how == "closes":
            turn.close()
        elif how == "resets":
            turn.reset()
        elif how == "sends garbage":
            turn.send(GARBAGE)
        turn.wait_for_end()

    return script


def is_honest(got, *wholes) -> bool:
    """Whole replies are one of these, or httpd's own error page; all others are visibly not whole."""
    return not got.whole or got.body in wholes or (got.status >= 500 and got.body.startswith(ERROR_PAGE))


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("sent", SENT)
def test_alone(site, peer, sent, how):
    data, passed = SENT[sent]
    ours_status, theirs_status, _, _ = HOW[how]
    peer.default = fails(data, how)
    stuck = passed and "length" in sent
    with Client(site.port, timeout=deviates(CUT, ours=20, theirs=1 if stuck else 20)) as client:
        got = client.ask("/w/x")
    seen = (got.status, got.ending, len(peer.requests))
    status = deviates("D19: a reset is no timeout", ours=ours_status, theirs=theirs_status)
    if not data:
        assert seen == (status, "length", 2)
    elif passed:
        assert seen == deviates(CUT, ours=(200, "cut", 1), theirs=(200, "timeout" if stuck else "last chunk", 2)), got
        if OURS:
            assert data.count(b"part") == got.body.count(b"part") and ERROR_PAGE not in got.body
    elif OURS:
        # Headers or body were taken but not yet written to the client: both a clean refusal and a visible cut are right.
        assert is_honest(got) and len(peer.requests) <= 2, got
        assert got.status in (0, 200, status)
    else:
        assert seen == (status, "length", 2)
    assert all(len(c.requests) == 1 for c in peer.connections), "a failed connection was used again"
    peer.default = lambda turn: turn.reply(200, b"right")
    assert site.get("/w/next").body == b"right"


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("sent", SENT)
def test_first_of_two(make, sent, how):
    httpd, a, b = pair(make)
    data, passed = SENT[sent]
    _, _, ours_state, theirs_state = HOW[how]
    a.default = fails(data, how)
    stuck = passed and "length" in sent
    with Client(httpd.port, timeout=deviates(CUT, ours=20, theirs=1 if stuck else 20)) as client:
        got = client.ask("/lb/x")
    if not data:
        assert (got.status, got.body, got.ending) == (200, b"b", "length")
    elif passed:
        assert (got.status, got.ending) == deviates(CUT, ours=(200, "cut"), theirs=(200, "timeout" if stuck else "last chunk"))
        if OURS:
            assert b.requests == []
            assert data.count(b"part") == got.body.count(b"part") and ERROR_PAGE not in got.body
    elif OURS:
        assert is_honest(got, b"b"), got
    else:
        assert got.body.endswith(b"b"), "the second member's reply is appended to what the first had sent"
    notes = httpd.logged(got)
    assert len(a.requests) == 1
    assert notes["LB_FIRST_NAME"] == "a"
    assert notes["LB_FIRST_STATE"] in deviates("D19: one reset is not a dead member", ours=ours_state, theirs=theirs_state)
    a.default = lambda turn: turn.reply(200, b"a")
    assert httpd.get("/lb/next").body in (b"a", b"b")


@pytest.mark.parametrize("how,status", [("closes", 502), ("sends garbage", 502), ("falls silent", 504)])
def test_both_fail_the_last_one_decides(make, how, status):
    httpd, a, b = pair(make)
    a.default, b.default = fails(b"", "closes"), fails(b"", how)
    got = httpd.get("/lb/x")
    assert (got.status, got.whole, len(a.requests), len(b.requests)) == (status, True, 1, 1)
    notes = httpd.logged(got)
    assert (notes["LB_FIRST_NAME"], notes["LB_LAST_NAME"]) == ("a", "b")
    a.default = b.default = lambda turn: turn.reply(200, turn.peer.name.encode())
    assert httpd.get("/lb/x").status == 200, "members in error are tried when there is no other"


def test_second_headers_after_body_are_never_retried(make):
    httpd, a, b = pair(make)
    a.default = lambda turn: turn.send(HEAD + chunk(b"part") + FLUSH + HEAD + end())
    got = httpd.get("/lb/x")
    assert (got.status, got.ending) == deviates(CUT, ours=(200, "cut"), theirs=(200, "last chunk"))
    assert (len(a.requests), len(b.requests)) == (1, 0)


STOPPING = "D109: what Tomcat says while it is being stopped is for the balancer, not for the client"


# With a paused connector, and with an application that is gone.
REFUSALS = {"bare": (send_headers(503, "503", []),), "page": (send_headers(503, "503", [PLAIN, ("Content-Length", "4")]), chunk(b"gone"))}


@pytest.mark.parametrize("pause", [0, 0.02], ids=["at once", "in pieces"])
@pytest.mark.parametrize("form", REFUSALS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST"])
def test_a_tomcat_that_is_being_stopped_sends_the_request_away(make, method, form, pause):
    httpd, a, b = pair(make)
    a.default = lambda turn: turn.send(*REFUSALS[form], end(reuse=0), pause=pause)
    b.default = lambda turn: turn.reply(200, turn.read_body() if method == "PUT" else b"")
    body = b"order" if method in ("PUT", "POST") else None
    got = httpd.ask("/lb/x", method, body=body)
    elsewhere = method != "POST" and deviates(STOPPING, ours=True, theirs=False)
    assert (got.status, len(a.requests), len(b.requests)) == ((200, 1, 1) if elsewhere else (503, 1, 0))
    if elsewhere and method == "PUT":
        assert got.body == body
    assert httpd.logged(got)["LB_FIRST_STATE"] == ("ERR" if elsewhere else "OK")


@pytest.mark.parametrize(
    "data",
    [
        send_headers(503, "503", [PLAIN]) + end(),
        send_headers(503, "503", []) + chunk(b"closed for today") + end(),
        send_headers(503, "503", []) + chunks(b"x" * 100_000) + end(reuse=0),
        send_headers(500, "500", []) + end(reuse=0),
    ],
    ids=["keeps the connection", "with a body", "too long for that", "another status"],
)
def test_what_an_application_says_is_for_the_client(make, data):
    httpd, a, b = pair(make)
    a.default = lambda turn: turn.send(data)
    got = httpd.get("/lb/x")
    assert (got.status in (500, 503), got.whole, len(a.requests), len(b.requests)) == (True, True, 1, 0)
    assert httpd.logged(got)["LB_FIRST_STATE"] == "OK"


def test_a_503_that_takes_its_time_is_passed_on(make):
    httpd, a, b = pair(make, extra="worker.common.reply_timeout=2500")

    def slow(turn):
        turn.send(send_headers(503, "503", [PLAIN]))
        for _ in range(4):
            turn.send(chunk(b"part"), FLUSH)
            turn.wait(0.8)
        turn.send(end(reuse=0))

    a.default = slow
    with Client(httpd.port) as client:
        got = client.ask("/lb/x")
    assert (got.status, got.body, got.whole, len(b.requests)) == (503, b"part" * 4, True, 0)


@pytest.mark.skipif(not OURS, reason="the original holds nothing back")
@pytest.mark.parametrize("timeout", [300, 5000])
def test_a_503_is_not_held_back_until_something_else_comes(make, timeout):
    httpd, a, b = pair(make, extra=f"worker.common.reply_timeout={timeout}")
    come = threading.Event()

    def slow(turn):
        turn.send(send_headers(503, "503", [PLAIN, ("Content-Length", "4")]) + chunk(b"busy"), FLUSH)
        come.wait(10)
        turn.send(end())

    a.default = slow
    with Client(httpd.port) as client:
        got = client.ask("/lb/x")
    assert end() not in a.connections[0].sent, "the client did not wait for it"
    come.set()
    assert (got.status, got.body, len(b.requests)) == (503, b"busy", 0)


def test_all_tomcats_being_stopped_is_503(make):
    httpd, a, b = pair(make)
    a.default = b.default = lambda turn: turn.send(send_headers(503, "503", []), end(reuse=0))
    got = httpd.get("/lb/x")
    assert (got.status, got.whole) == (503, True)
    assert len(b.requests) == deviates(STOPPING, ours=1, theirs=0)


# Backends that cannot be reached -------------------------------------------------------------------------------------


def test_refused_alone_is_503_and_the_backend_comes_back(site, peer):
    peer.down()
    got = site.get("/w/x")
    assert (got.status, got.ending) == (503, "length")
    peer.up()
    assert site.get("/w/x").body == b"w"


def test_refused_in_a_pair_moves_on_and_puts_the_member_out(make):
    httpd, a, b = pair(make)
    a.down()
    got = httpd.get("/lb/x")
    assert got.body == b"b"
    notes = httpd.logged(got)
    assert (notes["LB_FIRST_NAME"], notes["LB_FIRST_STATE"], notes["LB_FIRST_ERRORS"]) == ("a", "ERR", "1")
    assert (notes["LB_LAST_NAME"], notes["LB_LAST_STATE"]) == ("b", "OK")
    for _ in range(4):
        got = httpd.get("/lb/x")
        assert (got.body, httpd.logged(got)["LB_FIRST_NAME"]) == (b"b", "b"), "a member in error is left alone"


def test_both_refuse_503_and_forced_recovery(make):
    httpd, a, b = pair(make)
    a.down()
    b.down()
    assert httpd.get("/lb/x").status == 503
    b.up()
    assert httpd.get("/lb/x").body == b"b", "members in error are tried when there is no other"


def test_accepts_and_closes(site, peer):
    peer.on_connect = lambda connection: connection.close()
    try:
        got = site.get("/w/x")
        allowed = deviates("D19: a reset is no timeout", ours=(502, 503), theirs=(502, 503, 504))
        assert got.status in allowed, "whether the request could still be sent is a race"
    finally:
        peer.on_connect = None
    assert site.get("/w/x").body == b"w"


def test_a_connection_attempt_has_its_bound(make):
    """The queue of a listener that accepts nobody is full: further connection attempts are not even refused."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        httpd = make.httpd()
        httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={address[1]}\nworker.w.socket_connect_timeout=200\nworker.w.retries=1\n")
        httpd.conf("JkMount /* w").start()
        assert httpd.get("/x").status == 503
        for one in waiting:
            one.close()


# Silence and slowness ------------------------------------------------------------------------------------------------


def test_reply_timeout_of_a_rule_and_of_the_environment(site, peer):
    peer.default = lambda turn: turn.wait_for_end()
    assert site.get("/dead/x").status == 504
    assert len(peer.requests) == 2, "each attempt waits"


def test_socket_timeout_is_502(make):
    peer = make.peer("w", lambda turn: turn.wait_for_end())
    httpd = make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.socket_timeout=1\nworker.w.retries=1\n")
    httpd.conf("JkMount /* w").start()
    assert httpd.get("/x").status == 502


@pytest.mark.parametrize("path,status", [("/worker/x", 504), ("/rule/x", 200)])
@pytest.mark.parametrize("begun", [False, True], ids=["before the headers", "before the body"])
def test_reply_timeout_may_be_longer_than_socket_timeout(make, path, status, begun):
    """Slow pages have their own `reply_timeout`; `socket_timeout` is about connections that are stuck."""

    def slow(turn):
        turn.send(*[HEAD] * begun)
        turn.wait(1.7)
        turn.send(*[HEAD] * (not begun), chunk(b"late"), end())

    peer, httpd = make.peer("w", slow), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.socket_timeout=1\nworker.w.reply_timeout=1300\nworker.w.retries=1\n")
    httpd.conf("JkMount /worker/* w\nJkMount /rule/* w;reply_timeout=5000").start()
    got = httpd.get(path)
    assert (got.status, got.whole, got.body == b"late") == (status, True, status == 200)


def test_a_slow_503_has_reply_timeout_too(make):
    peer, httpd = make.peer("w", lambda turn: (turn.send(send_headers(503, "503", [PLAIN])), turn.wait(1.7), turn.send(chunk(b"late"), end()))), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.socket_timeout=1\nworker.w.reply_timeout=5000\nworker.w.retries=1\n")
    got = httpd.conf("JkMount /* w").start().get("/x")
    assert (got.status, got.whole, got.body) == (503, True, b"late")


def test_a_packet_that_stops_does_not_outlast_socket_timeout(make):
    peer, httpd = make.peer("w", lambda turn: (turn.send(HEAD[:9]), turn.wait_for_end())), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.socket_timeout=1\nworker.w.reply_timeout=60000\nworker.w.retries=1\n")
    assert httpd.conf("JkMount /* w").start().get("/x").status == 502


BOUND = "D17: every wait has its bound, for whole packets"


def test_half_a_packet_does_not_hang_past_reply_timeout(site, peer):
    def half(turn):
        turn.send(HEAD[:9])
        turn.wait_for_end()

    peer.default = half
    with Client(site.port, timeout=deviates(BOUND, ours=20, theirs=1.5)) as client:
        got = client.ask("/once/x")
    assert (got.status, got.ending) == deviates(BOUND, ours=(504, "length"), theirs=(0, "timeout"))


def test_a_dripping_packet_does_not_outlast_reply_timeout(site, peer):
    def drip(turn):
        for byte in HEAD:
            turn.send(bytes([byte]))
            turn.wait(0.2)
        turn.wait_for_end()

    peer.default = drip
    with Client(site.port, timeout=deviates(BOUND, ours=20, theirs=1.5)) as client:
        got = client.ask("/once/x")
    assert (got.status, got.ending) == deviates(BOUND, ours=(504, "length"), theirs=(0, "timeout"))


@pytest.mark.parametrize("answer", [b"", ajp.PONG[:2], HEAD], ids=["no CPong", "half a CPong", "another packet"])
@pytest.mark.parametrize("mode", ["C", "P"])
def test_a_backend_that_does_not_answer_probes_is_503(make, mode, answer):
    peer = make.peer("w")
    httpd = make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.ping_mode={mode}\nworker.w.ping_timeout=200\nworker.w.retries=1\n")
    httpd.conf("JkMount /* w").start()

    def connect(connection):
        if answer:
            connection.send(answer)
        peer.ended(connection, 10)
        raise Gone

    peer.on_connect = connect
    hangs = answer == ajp.PONG[:2]
    with Client(httpd.port, timeout=deviates(BOUND, ours=20, theirs=1.5 if hangs else 20)) as client:
        got = client.ask("/x")
    assert (got.status, got.ending) == deviates(BOUND, ours=(503, "length"), theirs=(0, "timeout") if hangs else (503, "length"))
    assert peer.requests == []


def test_socket_timeout_bounds_sending(make):
    """The backend asks for the body again and again and does not read it."""

    def deaf(turn):
        turn.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        turn.send(ajp.get_body() * 2000)
        turn.peer.stopping.wait(15)

    peer = make.peer("w", deaf)
    httpd = make.httpd()
    httpd.workers(
        f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.socket_timeout=1\nworker.w.socket_buffer=16384\nworker.w.retries=1\n"
    )
    httpd.conf("JkMount /* w").start()
    with Client(httpd.port, timeout=deviates(BOUND, ours=20, theirs=4)) as client:
        got = client.ask("/x", "POST", body=b"x" * 12_000_000)
    assert (got.status, got.ending) in deviates(BOUND, ours=[(502, "length"), (503, "length"), (504, "length")], theirs=[(0, "timeout")])


@pytest.mark.parametrize("line", ["connection_acquire_timeout=0", "retry_interval=0"])
def test_zero_means_do_not_wait(make, line):
    peer = make.peer("w")
    httpd = make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.{line}\n")
    httpd.conf("JkMount /* w").start()
    assert httpd.get("/x").status == deviates("D18: zero means no sleep or no waiting", ours=200, theirs=503)


# Who may be asked again ----------------------------------------------------------------------------------------------


def dies(turn):
    turn.close()


def dies_after_first_packet(turn):
    turn.take_body_packet()
    turn.close()


def dies_after_pull(turn):
    turn.take_body_packet()
    turn.ask()
    turn.close()


@pytest.mark.parametrize(
    "worker,method,attempts",
    [
        # recovery_options 1: not again once the request was sent; 8: HEAD may; 16: GET may; 8 and 16: only HEAD
        ("patient", "GET", 2),
        ("opt1", "GET", 1),
        ("opt1", "HEAD", 1),
        ("opt2", "GET", 2),
        ("opt3", "GET", 1),
        ("opt9", "HEAD", 2),
        ("opt9", "GET", 1),
        ("opt17", "GET", 2),
        ("opt17", "HEAD", 1),
        ("opt25", "HEAD", 2),
        ("opt25", "GET", 1),
    ],
)
def test_recovery_options_decide_before_the_headers(site, peer, worker, method, attempts):
    peer.default = dies
    got = site.ask(f"/{worker}/x", method)
    assert (got.status, got.whole, len(peer.requests)) == (502, True, attempts)


def test_a_small_post_is_not_repeated_after_the_backend_may_have_run_it(site, peer):
    peer.default = dies_after_first_packet
    got = site.ask("/patient/x", "POST", body=b"transfer=1")
    assert (got.status, len(peer.requests)) == (502, deviates("D59: by default nothing is replayed that is not idempotent", ours=1, theirs=2))


def test_a_get_with_a_small_body_is_repeated_with_its_body(site, peer):
    peer.plan = [dies_after_first_packet, lambda turn: turn.reply(200, turn.take_body_packet())]
    got = site.ask("/patient/x", "GET", body=b"query")
    assert (got.status, got.body) == (200, b"query")
    assert len(peer.requests) == 2


def test_a_small_put_in_a_pair_reaches_the_second_member_whole(make):
    httpd, a, b = pair(make)
    a.down()
    b.default = lambda turn: turn.reply(200, turn.read_body())
    body = b"x" * 5000
    assert httpd.ask("/lb/x", "PUT", body=body).body == body


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_a_large_body_reaches_the_second_member_whole_when_the_first_cannot_be_reached(make, size):
    httpd, a, b = pair(make)
    a.down()
    b.default = lambda turn: turn.reply(200, turn.read_body())
    body = bytes(n % 251 for n in range(size))
    assert httpd.ask("/lb/x", "POST", body=body).body == body


def test_a_body_of_which_more_was_pulled_is_never_repeated(site, peer):
    peer.default = dies_after_pull
    got = site.ask("/patient/x", "PUT", body=b"x" * 10_000)
    assert (got.status, len(peer.requests)) == (502, 1)


def test_a_chunked_body_that_was_pulled_is_never_repeated(site, peer):
    def script(turn):
        turn.ask()
        turn.close()

    peer.default = script
    got = site.ask("/patient/x", "PUT", chunked=[b"x" * 100])
    assert (got.status, len(peer.requests)) == (502, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_backend_that_never_stops_asking_is_refused(site, peer, method):
    def insatiable(turn):
        turn.read_body()
        for _ in range(3000):
            turn.ask()
        turn.reply(200, b"full")

    peer.plan = [insatiable]
    with Client(site.port) as client:
        got = client.ask("/w/x", method, **({"body": b"a little"} if method == "POST" else {}))
    assert got.status == deviates("D116", ours=502, theirs=200)
    assert site.get("/w/x").status == 200


def test_a_request_that_could_not_be_sent_is_always_repeated(make):
    """Whatever the method: nothing of it left httpd."""
    httpd, a, b = pair(make, extra="worker.a.recovery_options=3\nworker.b.recovery_options=3")
    a.down()
    b.default = lambda turn: turn.reply(200, turn.read_body())
    assert httpd.ask("/lb/x", "POST", body=b"abc").body == b"abc"


# fail_on_status, limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("worker,status,seen,attempts", [("status5", 500, 503, 2), ("status5", 501, 501, 1), ("soft4", 404, 503, 2), ("soft4", 500, 500, 1)])
def test_fail_on_status_drops_the_reply_and_asks_again(site, peer, worker, status, seen, attempts):
    peer.default = lambda turn: turn.reply(status, b"page", headers=[("Set-Cookie", "leak=1")])
    got = site.get(f"/{worker}/x")
    assert (got.status, len(peer.requests)) == (seen, attempts)
    if seen == 503:
        assert got.body.startswith(ERROR_PAGE) and got.header("set-cookie") is None


@pytest.mark.parametrize("value,state", [("500", "ERR"), ("-500", "OK")])
def test_fail_on_status_in_a_pair(make, value, state):
    httpd, a, b = pair(make, extra=f"worker.a.fail_on_status={value}")
    a.default = lambda turn: turn.reply(500, b"page")
    got = httpd.get("/lb/x")
    assert (got.status, got.body) == (200, b"b")
    assert httpd.logged(got)["LB_FIRST_STATE"] == state


def test_max_reply_timeouts_forgives_some(make):
    httpd, a, b = pair(make, extra="worker.lb.max_reply_timeouts=2\nworker.a.reply_timeout=60")
    a.default = lambda turn: turn.wait_for_end()
    states = []
    while len(states) < 3:
        got = httpd.get("/lb/x")
        assert got.body == b"b"
        notes = httpd.logged(got)
        if notes["LB_FIRST_NAME"] == "a":
            states.append(notes["LB_FIRST_STATE"])
    assert states == ["OK", "OK", "ERR"]


def test_busy_limit_refuses_the_next_one(make):
    httpd, a, b = pair(make, extra="worker.a.busy_limit=1\nworker.wa.busy_limit=1")
    held = []
    a.default = lambda turn: (held.append(turn), turn.peer.stopping.wait(0.25), turn.reply(200, b"a"))
    with Client(httpd.port) as first:
        first.send(b"GET /a/x HTTP/1.1\r\nHost: x\r\n\r\n")
        httpd.wait_until(lambda: held, "the first request")
        assert httpd.get("/a/x").status == 503
        assert first.read().body == b"a"
    assert len(a.requests) == 1


def test_a_full_pool_is_503(make):
    peer = make.peer("w")
    httpd = make.httpd(threads=4)
    httpd.workers(
        f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.connection_pool_size=1\nworker.w.connection_acquire_timeout=100\nworker.w.retries=1\n"
    )
    httpd.conf("JkMount /* w").start()
    started, go_on = [], []

    def hold(turn):
        started.append(1)
        while not go_on and not turn.peer.stopping.is_set():
            turn.wait(0.01)
        turn.reply(200, b"held")

    peer.plan = [hold]
    with Client(httpd.port) as first:
        first.send(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        httpd.wait_until(lambda: started, "the first request")
        second = httpd.get("/x").status
        go_on.append(1)
        assert first.read().body == b"held"
    if httpd.mpm == "prefork":
        assert second == 200, "each process has a pool of its own"
    else:
        assert second == 503
    assert httpd.get("/x").status == 200


@pytest.mark.parametrize("what", ["header", "uri"])
def test_a_request_that_does_not_fit_is_413_and_reaches_nobody(make, what):
    httpd, a, b = pair(make, LimitRequestFieldSize="20000", LimitRequestLine="20000")
    with Client(httpd.port) as client:
        big = "x" * 9000
        got = client.ask("/lb/x?" + big) if what == "uri" else client.ask("/lb/x", headers=[("X-Big", big)])
        assert (got.status, got.whole) == (413, True)
    assert a.connections == b.connections == []
    assert httpd.logged(got)["LB_LAST_STATE"] == "OK"
    assert httpd.get("/lb/x").status == 200


@pytest.mark.parametrize("size,fits", [(0x9FFF, True), (0xA000, False), (0xA001, False), (0xA0FF, False), (0xA100, True)])
def test_a_name_whose_length_reads_as_a_code_is_413(make, size, fits):
    """The backend would take the bytes of the name for lengths, values and attributes."""
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.max_packet_size=65536\n")
    httpd.conf("JkMount /* w\nLimitRequestFieldSize 65536").start()
    name = "x" * size
    got = httpd.get("/x", headers=[(name, "1")]).status
    if fits:
        assert got == 200
        assert peer.last.header(name) == b"1"
    else:
        assert got == deviates("D120: the length of a header's name is never taken for a code", ours=413, theirs=502)
        if OURS:
            assert peer.connections == []
        else:
            assert all("AjpError" in fault for fault in peer.failures), "the request is no packet that a backend could read"
            peer.failures.clear()
    assert httpd.get("/x").status == 200


def test_a_larger_packet_size_takes_it(make):
    peer = make.peer("w")
    httpd = make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.max_packet_size=20000\n")
    httpd.conf("JkMount /* w\nLimitRequestFieldSize 20000").start()
    body = b"y" * 50_000
    with Client(httpd.port) as client:
        assert client.ask("/x", headers=[("X-Big", "x" * 15_000)]).status == 200
        peer.default = lambda turn: turn.reply(200, turn.read_body(20474))
        assert client.ask("/x", "POST", body=body).body == body
    assert [len(p) for p in peer.connections[0].packets[2:]] == [20480, 20480, 50_000 - 2 * (20480 - 6) + 6], "rounded up to whole KiB"


# Connections that must not be used again -----------------------------------------------------------------------------

STALE = "D2: a connection with bytes after the end of a reply is closed"
STRANGER = reply(body=b"somebody else's")


@pytest.mark.parametrize("when", ["with the end", "later"])
@pytest.mark.parametrize("surplus", [STRANGER, b"\x00", FLUSH, end(), ajp.PONG], ids=["a reply", "one byte", "a flush", "an end", "a CPong"])
def test_bytes_after_the_end_never_reach_the_next_request(make, when, surplus):
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retries=1\n")
    httpd.conf("JkMount /* w").start()

    def script(turn):
        good = reply(body=b"mine")
        if when == "later":
            turn.send(good)
            turn.wait(0.05)
            turn.send(surplus)
        else:
            turn.send(good + surplus)

    peer.plan = [script]
    with Client(httpd.port) as client:
        assert client.ask("/1").body == b"mine"
        httpd.wait_until(lambda: peer.connections[0].sent == reply(body=b"mine") + surplus, "the surplus")
        peer.stopping.wait(0.05)
        second = client.ask("/2")
    if OURS:
        assert (second.status, second.body) == (200, b"w"), STALE
        assert [len(c.requests) for c in peer.connections] == [1, 1]
    elif surplus == STRANGER:
        assert second.body == b"somebody else's", "the original gives the stranger's reply"


def test_bytes_just_behind_the_end_never_reach_the_next_request(make):
    """They come with a segment of their own, and the next request as soon as they are there."""
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.conf("JkMount /* w").start()
    sent = threading.Event()

    def script(turn):
        turn.send(reply(body=b"mine"))
        turn.send(STRANGER)
        sent.set()

    peer.default = script
    seen = set()
    with Client(httpd.port) as client:
        for n in range(50):
            sent.clear()
            seen.add(client.ask(f"/{n}").body)
            assert sent.wait(10)
    if OURS:
        assert seen == {b"mine"}, STALE


def test_a_flush_before_the_end_costs_no_connection(make):
    """An application that flushes when all is written: the client has its end before."""
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.conf("JkMount /* w").start()
    peer.default = lambda turn: turn.send(send_headers(200, "OK", [("Content-Length", "1")]) + chunk(b"w"), FLUSH, FLUSH[:5], FLUSH[5:] + end()[:2], end()[2:], pause=0.02)
    with Client(httpd.port) as client:
        for n in range(5):
            assert client.ask(f"/{n}").body == b"w"
            httpd.wait_until(lambda: b"".join(c.sent for c in peer.connections).count(end()) == n + 1, "the end of the reply")
    assert len(peer.connections) == 1


@pytest.mark.skipif(not OURS, reason="the original waits for the end before the client has its own: D60")
def test_a_backend_that_never_stops_flushing_does_not_hold_the_next_request(make):
    """A connection whose end has not come is waited for if there may be no other, but not for ever."""
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.connection_pool_size=1\n")
    httpd.conf("JkMount /* w").start()

    def flood(turn):
        turn.send(send_headers(200, "OK", [("Content-Length", "1")]) + chunk(b"w"))
        try:
            while not peer.stopping.is_set():
                turn.connection.sock.sendall(FLUSH * 8192)  # the peer's own `send` keeps a copy and is too slow for this
        except OSError:
            pass

    peer.plan = [flood]
    assert httpd.get("/1").body == b"w"
    with Client(httpd.port, timeout=5) as client:
        assert client.ask("/2").body == b"w"
    assert len(peer.connections) == 2


def test_ends_that_come_late_cost_few_connections(make):
    """Each request finds the connection of the last one busy, and those before it free."""
    peer, httpd = make.peer("w"), make.httpd(threads=32)
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.conf("JkMount /* w").start()

    def late(turn):
        turn.send(send_headers(200, "OK", [("Content-Length", "1")]) + chunk(b"w"))
        time.sleep(0.001)
        turn.send(end())

    peer.default = late
    with Client(httpd.port) as client:
        assert {client.ask(f"/{n}").body for n in range(200)} == {b"w"}
    assert len(peer.connections) < 24, "some, more on a busy machine, but not as many as there may be"


def test_a_backend_that_answers_before_it_has_found_the_end_of_the_body_is_told(make):
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.conf("JkMount /* w").start()
    told = []

    def script(turn):
        turn.take_body_packet()
        turn.send(send_headers(200, "OK", [("Content-Length", "1")]) + chunk(b"w"), FLUSH)
        turn.wait(0.05)
        told.append(turn.ask())
        turn.send(end())

    peer.default = script
    with Client(httpd.port) as client:
        assert client.ask("/x", "POST", body=b"abc").body == b"w"
        assert client.ask("/x", "POST", body=b"abc").body == b"w"
    httpd.wait_until(lambda: told == [b"", b""], "both questions to be answered")
    assert len(peer.connections) == 1


def test_silence_on_a_connection_that_was_not_asked_about_costs_a_try(make):
    """It is no sign that the backend had closed it."""
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retries=1\nworker.w.socket_timeout=1\n")
    httpd.conf("JkMount /* w").start()

    def late(turn):
        turn.send(send_headers(200, "OK", [("Content-Length", "1")]) + chunk(b"w"))
        turn.wait(0.05)
        turn.send(end())

    peer.plan = [late, lambda turn: turn.wait(5)]
    with Client(httpd.port) as client:
        assert client.ask("/1").body == b"w"
        peer.stopping.wait(0.1)
        assert client.ask("/2").status == 502
    assert len(peer.requests) == 2


def test_a_backend_that_closes_after_each_reply_costs_no_try(make):
    """Requests come faster than the end of the stream."""
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retries=1\n")
    httpd.conf("JkMount /* w").start()

    def once(turn):
        turn.reply(200, b"w")
        turn.close()

    peer.default = once
    with Client(httpd.port) as client:
        seen = {client.ask(f"/{n}").status for n in range(100)}
    assert seen in deviates("D81: a connection that was closed unasked costs no try", ours=[{200}], theirs=[{200}, {200, 502}])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_backend_that_ends_its_reply_late_and_then_closes_fails_no_request(make, method):
    """The client has the whole reply before its last packet comes; that packet does not speak for the connection."""
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retries=1\n")
    httpd.conf("JkMount /* w").start()

    def once(turn):
        turn.send(send_headers(200, "OK", [("Content-Length", "1")]) + chunk(b"w"))
        turn.wait(0.05)
        turn.send(end())
        turn.close()

    peer.plan = [once]
    with Client(httpd.port) as client:
        assert client.ask("/1").body == b"w"
        httpd.wait_until(lambda: peer.connections[0].ended, "the end of the connection")
        peer.stopping.wait(0.05)
        body = {"body": b"x"} if method == "POST" else {}
        assert client.ask("/2", method, **body).status == 200


# What the backend says about the framing -----------------------------------------------------------------------------

FRAMING = "D4: framing is httpd's; a body is held to its length"


def test_transfer_encoding_of_the_backend_is_dropped(site, peer):
    peer.plan = [lambda turn: turn.send(send_headers(200, "OK", [("Transfer-Encoding", "chunked")]) + chunk(b"no chunks at all") + end())]
    got = site.get("/w/x")
    assert (got.body, got.whole) == deviates(FRAMING, ours=(b"no chunks at all", True), theirs=(b"", False))
    assert len(got.all("transfer-encoding")) <= 1


@pytest.mark.parametrize(
    "name,value", [("Connection", "X-Hop"), ("Keep-Alive", "timeout=999"), ("Upgrade", "x/1"), ("TE", "trailers"), ("Trailer", "X-T"), ("Proxy-Connection", "close")]
)
def test_headers_of_one_hop_end_here(site, peer, name, value):
    peer.plan = [lambda turn: turn.reply(200, b"body", headers=[(name, value), ("X-Own", "1")])]
    with Client(site.port) as client:
        got = client.ask("/w/x")
        assert (got.status, got.body, got.header("x-own")) == (200, b"body", "1")
        seen = any(value in text for text in got.all(name))
        assert seen == deviates("D4: hop-by-hop headers are dropped", ours=False, theirs=True)


@pytest.mark.parametrize(
    "lengths,theirs",
    [(["4", "5"], 200), (["-1"], 200), (["abc"], 200), (["4x"], 200), (["9223372036854775808"], 200), (["99999999999999999999"], 200)],
    ids=lambda value: " and ".join(value) if isinstance(value, list) else "",
)
def test_a_length_that_is_none_is_502(site, peer, lengths, theirs):
    fields = [("Content-Length", value) for value in lengths]
    peer.default = lambda turn: turn.send(send_headers(200, "OK", fields) + chunk(b"body") + end())
    got = site.get("/w/x")
    assert got.status == deviates(FRAMING, ours=502, theirs=theirs)


@pytest.mark.parametrize("flushed", [False, True], ids=["at once", "headers flushed"])
def test_more_body_than_announced_is_cut_at_the_length(site, peer, flushed):
    head = send_headers(200, "OK", [("Content-Length", "4")])
    peer.plan = [lambda turn: turn.send(head + (FLUSH if flushed else b"") + chunk(b"bodyHTTP/1.1 200 OK\r\n\r\n") + end())]
    with Client(site.port, timeout=deviates(FRAMING, ours=20, theirs=1)) as client:
        got = client.ask("/w/x")
        if OURS:
            assert (got.status, got.body, got.ending) == (200, b"body", "length")
            client.send(b"GET /w/next HTTP/1.1\r\nHost: x\r\n\r\n")
            follows = client.read()
            assert follows.status == 0 or (follows.status, follows.body) == (200, b"w")
        elif flushed:
            assert client.rest(0.3).startswith(b"HTTP/1.1 200 OK\r\n\r\n"), "the surplus is taken for the next reply"
        else:
            assert got.body == b"bodyHTTP/1.1 200 OK\r\n\r\n", "the length was computed anew"
    assert site.get("/w/next").body == b"w"
    if OURS:
        assert len(peer.connections[0].requests) == 1


@pytest.mark.parametrize("flushed", [False, True], ids=["at once", "headers flushed"])
def test_less_body_than_announced_is_visible(site, peer, flushed):
    head = send_headers(200, "OK", [("Content-Length", "40")])
    peer.default = lambda turn: turn.send(head + (FLUSH if flushed else b"") + chunk(b"body") + end())
    with Client(site.port, timeout=deviates(FRAMING, ours=20, theirs=1)) as client:
        got = client.ask("/w/x")
    if not OURS:
        assert (got.status, got.ending) == (200, "timeout" if flushed else "length")
    elif flushed:
        assert (got.status, got.ending) == (200, "cut")
    else:
        assert not got.whole or got.status == 502, got


# Clients ---------------------------------------------------------------------------------------------------------------


def test_a_client_that_resets_costs_the_member_nothing(make):
    httpd, a, b = pair(make)

    def long(turn):
        turn.send(HEAD)
        for _ in range(3000):
            turn.send(chunk(b"x" * 8000))
        turn.send(end())

    a.default = long
    client = Client(httpd.port)
    client.send(b"GET /lb/x HTTP/1.1\r\nHost: x\r\nX-Test-Id: gone\r\n\r\n")
    assert client.wait_for(b"xxxx")
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    notes = httpd.logged("gone")
    assert (notes["LB_LAST_NAME"], notes["LB_LAST_STATE"]) == ("a", "OK")
    assert b.requests == []
    a.default = lambda turn: turn.reply(200, b"a")
    assert {httpd.get("/lb/x").body for _ in range(4)} == {b"a", b"b"}
