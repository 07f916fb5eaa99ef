"""With clients old and odd: HTTP/0.9 and 1.0, Expect, TRACE, OPTIONS, CONNECT, slow and malformed bodies
(mod_reqtimeout), and very many requests on one connection."""

import socket

import pytest

from support.ajp import FLUSH, chunk, end, send_headers
from support.client import Client, request
from support.under_test import deviates

EARLY = "an answer that needs no body does not wait for it"
ANSWERED = "FIXES 20: a body that cannot be read gets a proper answer where the client can still hear it"

CONF = """
RequestReadTimeout header=0 body=1
JkMount /a/* w
JkMount /down/* down
<Location /a/limited>
  LimitRequestBody 10
</Location>
<Location /a/guarded>
  AuthType Basic
  AuthName x
  AuthUserFile conf/users
  Require valid-user
</Location>
<Location /a/nolength>
  SetEnv JK_IGNORE_CL 1
</Location>
<VirtualHost *:${STRICT_PORT}>
  TraceEnable Off
  HttpProtocolOptions Require1.0
  JkMount /a/* w
</VirtualHost>
"""


def answer(turn):
    last = turn.request.uri.rsplit(b"/", 1)[1]
    if last == b"unread":
        turn.reply(200, b"early")
    elif last == b"refused":
        turn.reply(403, b"no")
    elif last == b"open":
        turn.send(send_headers(200, "OK", [("Content-Type", "text/plain")]) + FLUSH + chunk(b"open") + end())
    elif last == b"304":
        turn.send(send_headers(304, "", [("ETag", '"1"')]) + end())
    else:
        turn.reply(200, turn.read_body() or turn.request.uri)


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w", answer)


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd(modules="reqtimeout auth_basic authn_file authz_user").listen("STRICT")
    down = make_shared.peer("down", up=False)
    one = "worker.{0}.host=127.0.0.1\nworker.{0}.port={1}\nworker.{0}.retries=1\n"
    httpd.workers("worker.list=w,down\n" + one.format("w", peer.port) + one.format("down", down.port))
    httpd.write("conf/users", "")
    httpd.document("page.txt")
    return httpd.conf(CONF).start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()


def talk(port: int, *parts: bytes, seconds: float = 20) -> bytes:
    """All that the server says until it ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as sock:
        for part in parts:
            sock.sendall(part)
        return b"".join(iter(lambda: sock.recv(65536), b""))


# HTTP/0.9 and 1.0 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page,body", [("x", b"/a/x"), ("open", b"open")])
def test_http_0_9_gets_a_body_and_nothing_else(site, peer, page, body):
    assert talk(site.port, b"GET /a/%s\r\n" % page.encode()) == body
    assert (peer.last.protocol, peer.last.server_name, [name for name, _ in peer.last.headers]) == (b"HTTP/0.9", b"www.example.com", ["content-length"])


def test_http_0_9_can_be_refused(site, peer):
    assert talk(site.ports["STRICT_PORT"], b"GET /a/x\r\n").startswith(b"HTTP/1.1 400 ")
    assert peer.requests == []


@pytest.mark.parametrize(
    "raw,ending,body,name",
    [
        (b"GET /a/x HTTP/1.0\r\n\r\n", "length", b"/a/x", b"www.example.com"),
        (b"GET /a/x HTTP/1.0\r\nHost: h.example:81\r\n\r\n", "length", b"/a/x", b"h.example"),
        (b"GET /a/open HTTP/1.0\r\n\r\n", "close", b"open", b"www.example.com"),
        (b"GET /a/open HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "close", b"open", b"www.example.com"),
        (b"POST /a/x HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "length", b"abc", b"www.example.com"),
        (b"POST /a/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "length", b"abc", b"www.example.com"),
    ],
)
def test_http_1_0(site, peer, raw, ending, body, name):
    with Client(site.port) as client:
        client.send(raw)
        got = client.read()
        assert (got.status, got.ending, got.body, got.header("connection")) == (200, ending, body, "close")
        assert client.closed()
    assert (peer.last.protocol, peer.last.server_name) == (b"HTTP/1.0", name)


def test_http_1_0_may_keep_the_connection(site, peer):
    with Client(site.port) as client:
        for _ in range(3):
            got = client.ask("/a/x", headers=[("Connection", "keep-alive")], version="1.0")
            assert (got.body, got.header("connection")) == (b"/a/x", "Keep-Alive")


@pytest.mark.parametrize("version", ["1.2", "2.0"])
def test_versions_to_come_are_forwarded_as_they_are(site, peer, version):
    assert site.get("/a/x", version=version).status == 200
    assert peer.last.protocol == b"HTTP/" + version.encode()


def test_connection_close(site, peer):
    with Client(site.port) as client:
        got = client.ask("/a/open", close=True)
        assert (got.body, got.ending, got.header("connection")) == (b"open", "last chunk", "close")
        assert client.closed()


# Methods -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line,port,status,forwarded",
    [
        (b"TRACE /a/x", "PORT", 200, False),
        (b"TRACE /a/x", "STRICT_PORT", 405, False),
        (b"OPTIONS *", "PORT", 200, False),
        (b"OPTIONS /a/x", "PORT", 200, True),
        (b"CONNECT /a/x", "PORT", 400, False),
        (b"CONNECT www.example.com:443", "PORT", 405, False),
        (b"GET *", "PORT", 400, False),
        (b"GET a/x", "PORT", 400, False),
        (b"GET http://www.example.com/a/x", "PORT", 200, True),
    ],
)
def test_methods_and_targets_of_their_own_kind(site, peer, line, port, status, forwarded):
    with Client(site.ports[port]) as client:
        client.send(line + b" HTTP/1.1\r\nHost: www.example.com\r\nX-Seen: yes\r\n\r\n")
        got = client.read()
    assert (got.status, len(peer.requests)) == (status, forwarded)
    if line.startswith(b"TRACE") and status == 200:
        assert (got.header("content-type"), b"X-Seen: yes" in got.body) == ("message/http", True)


# Expect ------------------------------------------------------------------------------------------------------------------

EXPECT = ("Expect", "100-continue")


@pytest.mark.parametrize(
    "target,headers,status",
    [
        ("/a/x", [], 200),
        ("/a/x", [("Content-Length", "0")], 200),
        ("/a/limited/x", [("Content-Length", "30")], 413),
        ("/a/guarded/x", [("Content-Length", "30")], 401),
        ("/a/refused", [("Transfer-Encoding", "chunked")], 403),
    ],
)
def test_no_100_where_no_body_is_wanted(site, target, headers, status):
    """httpd closes, since it cannot know whether the body will come."""
    with Client(site.port) as client:
        raw, _ = request(target, "POST", headers=[EXPECT, *headers])
        client.send(raw)
        got = client.read()
        assert (got.interim, got.status, got.header("connection")) == ([], status, "close")


@pytest.mark.parametrize("target,headers,status", [("/a/unread", [("Transfer-Encoding", "chunked")], 200), ("/a/nolength/unread", [("Content-Length", "3")], 200), ("/down/x", [("Content-Length", "3")], 503), ("/down/x", [("Transfer-Encoding", "chunked")], 503)])
def test_an_answer_that_needs_no_body_does_not_wait_for_it(site, target, headers, status):
    with Client(site.port, timeout=0.7) as client:
        raw, _ = request(target, "POST", headers=[EXPECT, *headers])
        client.send(raw)
        got = client.read()
    assert (got.interim, got.status, got.ending) == deviates(EARLY, ours=([], status, "length"), theirs=([100], 100, "timeout"))


@pytest.mark.parametrize("value", ["100-continue", "100-CONTINUE"])
@pytest.mark.parametrize("page", ["x", "unread"])
def test_with_a_length_the_100_comes_at_once(site, peer, page, value):
    with Client(site.port) as client:
        raw, _ = request(f"/a/{page}", "POST", headers=[("Expect", value)], body=b"abc")
        client.send(raw[:-3])
        assert client.wait_for(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.send(raw[-3:])
        got = client.read()
        assert (got.interim, got.status, got.body) == ([100], 200, b"abc" if page == "x" else b"early")
        assert client.ask("/a/x").status == 200
    assert peer.requests[0].header("expect") == value.encode()


def test_http_1_0_and_other_expectations(site, peer):
    with Client(site.port) as client:
        raw, _ = request("/a/x", "POST", headers=[EXPECT], body=b"abc", version="1.0")
        client.send(raw)
        assert (lambda got: (got.interim, got.status, got.body))(client.read()) == ([], 200, b"abc")
    assert site.ask("/a/x", "POST", headers=[("Expect", "magic")], body=b"abc").status == 417
    assert len(peer.requests) == 1


# Bodies ------------------------------------------------------------------------------------------------------------------

HEAD = b"POST /a/x HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.parametrize(
    "raw,status",
    [
        (HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\nabc", 400),
        (HEAD + b"Content-Length: -3\r\n\r\nabc", 400),
        (HEAD + b"Content-Length: three\r\n\r\nabc", 400),
        (b"GET /a/x HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_httpd_refuses_reaches_no_backend(site, peer, raw, status):
    with Client(site.port) as client:
        client.send(raw)
        assert client.read().status == status
    assert peer.requests == []


@pytest.mark.parametrize(
    "raw,length",
    [
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", None),
        (HEAD + b"Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3;ext=1\r\nabc\r\n0\r\nX-T: v\r\n\r\n", None),
        (b"GET" + HEAD[4:] + b"Content-Length: 3\r\n\r\nabc", 3),
        (HEAD + b"Content-Length: 003\r\n\r\nabc", 3),
    ],
)
def test_odd_but_allowed(site, peer, raw, length):
    with Client(site.port) as client:
        client.send(raw)
        got = client.read()
        assert (got.status, got.body) == (200, b"abc")
    assert (peer.last.content_length, peer.last.header("x-t")) == (length, None)


@pytest.mark.parametrize("bad", [b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcdef\r\n0\r\n\r\n", b"ffffffffffffffffff\r\nabc", b"-3\r\nabc\r\n"])
def test_a_malformed_chunked_body(site, peer, bad):
    with Client(site.port) as client:
        client.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + bad)
        got = client.read()
        assert got.status in deviates(ANSWERED, ours=(400, 413), theirs=(0,)), got
    assert peer.ended(peer.connections[0])
    assert site.ask("/a/x", "POST", body=b"next").body == b"next"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Content-Length: 30\r\n\r\nabc", id="in the first packet"),
        pytest.param(b"Content-Length: 30000\r\n\r\n" + b"a" * 10_000, id="later"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", id="chunked"),
    ],
)
def test_a_body_that_comes_too_slowly_is_408(site, peer, body):
    with Client(site.port) as client:
        client.send(HEAD + body)
        got = client.read()
        assert got.status == deviates(ANSWERED, ours=408, theirs=0)
        assert client.closed()
    assert all(peer.ended(connection) for connection in peer.connections), "no end of the body is told"
    assert site.ask("/a/x", "POST", body=b"next").body == b"next"


def test_a_slow_body_that_nobody_reads_costs_nobody_the_answer(site, peer):
    with Client(site.port) as client:
        client.send(HEAD.replace(b"/x", b"/unread") + b"Content-Length: 30000\r\n\r\n" + b"a" * 10_000)
        got = client.read()
        assert (got.status, got.body) == deviates(EARLY, ours=(200, b"early"), theirs=(408, got.body))


# Many --------------------------------------------------------------------------------------------------------------------


def test_five_hundred_pipelined_requests_of_every_kind(site, peer):
    kinds = [
        ("/a/x", "GET", {}, b"/a/x"),
        ("/a/x", "POST", {"body": b"body"}, b"body"),
        ("/a/x", "POST", {"chunked": [b"a", b"b" * 9000]}, b"a" + b"b" * 9000),
        ("/a/x", "HEAD", {}, b""),
        ("/page.txt", "GET", {}, b"static"),
        ("/a/304", "GET", {}, b""),
        ("/a/open", "GET", {}, b"open"),
        ("/a/unread", "POST", {"body": b"x" * 20_000}, b"early"),
        ("/a/refused", "POST", {"chunked": [b"x" * 20_000]}, b"no"),
        ("/missing", "GET", {}, None),
    ]
    with Client(site.port) as client:
        for _ in range(10):
            batch = kinds * 5
            client.send(b"".join(request(target, method, **more)[0] for target, method, more, _ in batch))
            for target, method, _, body in batch:
                got = client.read(method)
                assert got.whole and (body is None or got.body == body), (target, got)
    assert len(peer.requests) == 10 * 5 * 8


def test_pipelined_requests_wait_for_a_slow_one(site, peer):
    def slow(turn):
        turn.wait(0.2)
        turn.reply(200, b"slow")

    peer.plan = [slow]
    with Client(site.port) as client:
        client.send(b"".join(request(f"/a/{n}")[0] for n in range(20)))
        got = [client.read().body for _ in range(20)]
    assert got == [b"slow", *(b"/a/%d" % n for n in range(1, 20))]
    assert [request.uri for request in peer.requests] == [b"/a/%d" % n for n in range(20)]


def test_what_is_pipelined_behind_the_last_request_is_not_served(site, peer):
    with Client(site.port) as client:
        client.send(request("/a/1", close=True)[0] + request("/a/2")[0])
        assert client.read().body == b"/a/1"
        assert client.closed()
    assert [request.uri for request in peer.requests] == [b"/a/1"]
