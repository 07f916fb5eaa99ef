"""Request bodies in both directions of need, bodiless replies, and many requests on one client connection."""

import hashlib

import pytest

from support import ajp
from support.ajp import chunk, chunks, end, reply, send_headers
from support.client import Client, request
from support.peer import echo
from support.under_test import deviates

MOST = 8186
"""Bytes of body in one packet of the default size."""
PLAIN = (("Content-Type", "text/plain"),)


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w")


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd()
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.conf("JkMount /w/* w")
    httpd.conf('<Location /w/limited>\nLimitRequestBody 100\n</Location>\n<Location /w/nolength>\nSetEnv JK_IGNORE_CL 1\n</Location>')
    httpd.conf("ErrorDocument 404 /w/error-page\nErrorDocument 503 /w/error-page")
    httpd.document("plain.txt")
    return httpd.start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()
    peer.default = echo
    yield


def pattern(n: int) -> bytes:
    """Bytes whose order matters."""
    return (b"%07d|" * ((n // 8) + 1) % tuple(range((n // 8) + 1)))[:n] if n < 100_000 else pattern(80_000) * (n // 80_000) + pattern(n % 80_000)


def pieces(body: bytes) -> list[bytes]:
    return [ajp.body_packet(body[at : at + MOST]) for at in range(0, len(body), MOST)]


SIZES = [0, 1, MOST - 1, MOST, MOST + 1, 20_000, 1 << 20]


@pytest.mark.parametrize("size", SIZES)
def test_body_with_length_first_packet_unasked_then_what_is_asked_for(site, peer, size):
    body = pattern(size)
    got = site.ask("/w/echo", "POST", body=body)
    assert (got.status, got.body == body, got.ending) == (200, True, "length")
    assert peer.connections[0].packets[1:] == pieces(body)
    assert peer.last.content_length == size


@pytest.mark.parametrize("size", SIZES)
def test_chunked_body_is_sent_only_when_asked_and_ends_with_an_empty_packet(site, peer, size):
    body = pattern(size)
    got = site.ask("/w/echo", "POST", chunked=[body[at : at + 5000] for at in range(0, size, 5000)])
    assert (got.status, got.body == body, got.ending) == (200, True, "length")
    sent = peer.connections[0].packets[1:]
    assert sent[-1] == ajp.EMPTY_BODY
    assert b"".join(p[6:] for p in sent) == body
    assert all(MOST - 12 <= len(p) - 6 <= MOST for p in sent[:-2]), "packets are filled before they are sent"
    assert peer.last.content_length is None
    assert peer.last.header("Transfer-Encoding") == b"chunked"


def test_length_can_be_ignored(site, peer):
    got = site.ask("/w/nolength", "POST", body=b"abc")
    assert got.body == b"abc"
    assert peer.last.content_length is None
    assert peer.connections[0].packets[1:] == [ajp.body_packet(b"abc"), ajp.EMPTY_BODY]


@pytest.mark.parametrize(
    "ask,sent",
    [
        ([100, 100], [100, 100]),
        ([8186], [8186]),
        ([8187], [8186]),
        ([1, 1, 1], [1, 1, 1]),
        ([0], [0]),
    ],
)
def test_the_backend_gets_what_it_asks_for_but_no_more_than_fits(site, peer, ask, sent):
    def script(turn):
        turn.take_body_packet()
        for n in ask:
            turn.ask(n)
        turn.reply()

    peer.plan = [script]
    assert site.ask("/w/ask", "POST", body=pattern(40_000)).status == 200
    lengths = [max(len(p) - 6, 0) for p in peer.connections[0].packets[1:]]
    assert lengths == [MOST, *sent]


def test_each_question_after_the_end_gets_an_empty_packet(site, peer):
    def script(turn):
        turn.take_body_packet()
        for _ in range(3):
            assert turn.ask() == b""
        turn.reply()

    peer.plan = [script]
    assert site.ask("/w/ask", "POST", body=b"abc").status == 200
    assert peer.connections[0].packets[1:] == [ajp.body_packet(b"abc")] + [ajp.EMPTY_BODY] * 3


def test_a_question_about_a_get_gets_an_empty_packet(site, peer):
    def script(turn):
        assert turn.ask() == b""
        turn.reply(200, b"fine")

    peer.plan = [script]
    assert site.get("/w/ask").body == b"fine"


def test_a_body_of_several_megabytes_passes_in_both_directions(site, peer):
    body = pattern(3 << 20)
    got = site.ask("/w/echo", "PUT", body=body)
    assert hashlib.sha1(got.body).digest() == hashlib.sha1(body).digest()


@pytest.mark.parametrize("how", ["body", "chunked"])
def test_expect_100_continue_is_answered_before_the_body(site, peer, how):
    """With a length the module reads at once, so the 100 comes at once; chunked it comes when the backend asks."""
    with Client(site.port) as client:
        raw, _ = request("/w/echo", "POST", headers=[("Expect", "100-continue")], **{how: [b"abc"] if how == "chunked" else b"abc"})
        head, body = raw.split(b"\r\n\r\n", 1)
        client.send(head + b"\r\n\r\n")
        assert client.wait_for(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.send(body)
        got = client.read()
    assert (got.interim, got.status, got.body) == ([100], 200, b"abc")
    assert peer.last.header("Expect") == b"100-continue"


# Replies without a body --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 302, 404])
def test_head_has_the_headers_and_no_body_and_the_connection_goes_on(site, peer, status):
    peer.default = lambda turn: turn.reply(status, b"" if turn.request.method == "HEAD" else b"body")
    with Client(site.port) as client:
        head = client.ask("/w/x", "HEAD")
        assert (head.status, head.ending) == (status, "no body")
        assert client.ask("/w/x").body == b"body"


@pytest.mark.parametrize("status", [500, 503])
def test_head_with_a_server_error_has_no_body_and_httpd_closes(site, peer, status):
    peer.plan = [lambda turn: turn.reply(status, b"", headers=[("X-From", "backend")])]
    with Client(site.port) as client:
        head = client.ask("/w/x", "HEAD")
        assert (head.status, head.header("x-from"), head.header("connection")) == (status, "backend", "close")
        assert client.closed()


def test_body_packets_for_head_are_discarded(site, peer):
    peer.plan = [lambda turn: turn.reply(200, b"surplus" * 100)]
    with Client(site.port) as client:
        head = client.ask("/w/x", "HEAD")
        assert (head.status, head.header("content-length")) == (200, "700")
        assert client.ask("/w/x").status == 200
    assert [len(c.requests) for c in peer.connections] == [2]


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("body", [b"", b"surplus"], ids=["without body", "with body"])
def test_204_and_304_have_no_body(site, peer, status, body):
    peer.plan = [lambda turn: turn.send(send_headers(status, "", [("ETag", '"1"')]) + (chunk(body) if body else b"") + end())]
    with Client(site.port) as client:
        got = client.ask("/w/x")
        assert (got.status, got.header("etag"), got.ending) == (status, '"1"', "no body")
        assert client.ask("/w/x").status == 200


@pytest.mark.parametrize("status", [400, 404, 500, 503])
@pytest.mark.parametrize("body", [b"", b"the backend's own page"], ids=["empty", "with body"])
def test_error_replies_are_the_backends_even_when_empty(site, peer, status, body):
    """No ErrorDocument steps in."""
    peer.plan = [lambda turn: turn.reply(status, body, headers=[("X-From", "backend")])]
    got = site.get("/w/x")
    assert (got.status, got.body, got.header("x-from"), got.ending) == (status, body, "backend", "length")


# Several requests on one client connection -----------------------------------------------------------------------------


def test_a_hundred_requests_with_and_without_body_on_one_connection(site, peer):
    with Client(site.port) as client:
        for n in range(100):
            body = pattern(n * 200)
            got = client.ask(f"/w/{n}", "POST", body=body) if n % 3 else client.ask(f"/w/{n}")
            assert got.status == 200
            assert got.body == (body if n % 3 else b"")
    assert [len(c.requests) for c in peer.connections] == [100]


def test_pipelined_requests_are_answered_in_order(site, peer):
    names = []
    with Client(site.port) as client:
        raw = b""
        for n in range(10):
            one, name = request(f"/w/{n}", "POST", body=pattern(n * 1000)) if n % 2 else request(f"/w/{n}")
            raw, names = raw + one, [*names, name]
        client.send(raw)
        got = [client.read() for _ in names]
    assert [r.status for r in got] == [200] * 10
    assert [len(r.body) for r in got] == [n * 1000 if n % 2 else 0 for n in range(10)]
    assert [r.uri for r in peer.requests] == [b"/w/%d" % n for n in range(10)]


def test_a_static_file_may_stand_between_pipelined_requests(site, peer):
    with Client(site.port) as client:
        raw = b"".join(request(target)[0] for target in ("/w/1", "/plain.txt", "/w/2"))
        client.send(raw)
        assert [client.read().body for _ in range(3)] == [b"", b"static", b""]


@pytest.mark.parametrize("size", [1, MOST, 20_000, 300_000])
@pytest.mark.parametrize("how", ["length", "chunked"])
def test_an_unread_body_is_drained_and_the_next_request_is_right(site, peer, size, how):
    """The backend answers without reading; as Tomcat, it swallows what was sent unasked."""
    peer.plan = [lambda turn: turn.reply(200, b"early")]
    body = pattern(size)
    more = {"body": body} if how == "length" else {"chunked": [body[at : at + 4000] for at in range(0, size, 4000)]}
    with Client(site.port) as client:
        assert client.ask("/w/x", "POST", **more).body == b"early"
        assert client.ask("/w/y", "POST", body=b"second").body == b"second"
    assert peer.requests[-1].uri == b"/w/y"
    assert sum(len(c.packets) for c in peer.connections) == (4 if how == "length" else 3)


def test_a_backend_connection_with_an_unread_body_is_not_used_again(site, peer):
    """`never reuse a connection after an unread body`: the backend may take the rest for a request."""
    peer.plan = [lambda turn: turn.reply(200, b"early")]
    with Client(site.port) as client:
        client.ask("/w/x", "POST", body=pattern(20_000))
        client.ask("/w/y")
    used = [len(c.requests) for c in peer.connections]
    assert used in deviates("a connection whose request body was not read to its end may be kept or dropped", ours=([2], [1, 1]), theirs=([2],))


# Clients that go away -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [0, 10, 5000])
def test_client_that_ends_in_the_first_packet_the_backend_sees_an_empty_body(site, peer, sent):
    bodies = []

    def script(turn):
        bodies.append((turn.take_body_packet(), turn.body_packets[0]))
        turn.connection.packet()

    peer.plan = [script]
    with Client(site.port) as client:
        raw, name = request("/w/x", "POST", headers=[("Content-Length", "8000")])
        client.send(raw + pattern(sent))
        client.finish()
        assert client.rest() == b"", "the client is gone as far as httpd knows: no reply"
    assert site.logged(name)["status"] == "400"
    site.wait_until(lambda: bodies, "the packet that stands for the body")
    assert bodies == [(b"", ajp.EMPTY_CHUNK)]
    assert peer.ended(peer.connections[0])
    assert site.ask("/w/y", "POST", body=b"next").body == b"next"


def test_client_that_ends_later_the_backend_connection_is_closed_without_a_packet(site, peer):
    peer.plan = [lambda turn: (turn.take_body_packet(), turn.ask())]
    with Client(site.port) as client:
        raw, name = request("/w/x", "POST", headers=[("Content-Length", "20000")])
        client.send(raw + pattern(9000))
        client.finish()
        assert client.rest() == b""
    assert site.logged(name)["status"] == "400"
    assert peer.ended(peer.connections[0])
    assert [len(p) for p in peer.connections[0].packets[1:]] == [8192]
    assert site.ask("/w/y", "POST", body=b"next").body == b"next"


def test_client_that_goes_away_in_the_reply_costs_no_later_request(site, peer):
    def script(turn):
        turn.send(send_headers(200, "OK", PLAIN))
        for _ in range(2000):
            turn.send(chunk(pattern(8000)))
        turn.send(end())

    peer.plan = [script]
    client = Client(site.port)
    raw, name = request("/w/x")
    client.send(raw)
    assert client.wait_for(b"0000001|")
    client.reset()
    site.logged(name)
    for _ in range(3):
        assert site.ask("/w/y", "POST", body=b"next").body == b"next"
    assert peer.ended(peer.connections[0])


# Limits -------------------------------------------------------------------------------------------------------------------


def test_a_body_over_the_limit_with_length_is_413_and_reaches_no_backend(site, peer):
    got = site.ask("/w/limited", "POST", body=pattern(101))
    assert got.status == 413
    assert peer.requests == []


def test_a_chunked_body_over_the_limit_is_413(site, peer):
    with Client(site.port) as client:
        got = client.ask("/w/limited", "POST", chunked=[pattern(300)])
    status = deviates("D20: a chunked body over LimitRequestBody gets a proper answer", ours=413, theirs=0)
    assert got.status == status
    assert site.ask("/w/echo", "POST", body=b"next").body == b"next"


def test_an_error_page_at_the_backend_after_a_request_with_body(site, peer):
    """httpd asks for the page with GET but keeps the Content-Length; the body was read."""
    peer.default = lambda turn: turn.reply(200, b"page for " + turn.request.uri)
    with Client(site.port) as client:
        got = client.ask("/missing", "POST", body=pattern(500))
        expected = deviates("D20: ErrorDocument at Tomcat for a request with a body", ours=(200, b"page for /w/error-page"), theirs=(0, b""))
        assert (got.status, got.body) == expected, "the status is the one the backend gave the page"


def test_an_error_page_at_the_backend_after_a_request_without_body(site, peer):
    peer.default = lambda turn: turn.reply(200, b"page for " + turn.request.uri)
    got = site.get("/missing")
    assert (got.status, got.body) == (200, b"page for /w/error-page")
    assert (peer.last.method, peer.last.content_length) == ("GET", 0)
