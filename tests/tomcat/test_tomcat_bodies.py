"""Bodies in both directions, of every size at which something changes, and answers without a body."""

import socket

import pytest
from support.client import request
from tomcat_app import body, download, pieces, said, said_in, sha256, upload

MIB = 1 << 20
# An AJP packet of 8192 bytes holds 8186 bytes of body.
SIZES = (0, 1, 8185, 8186, 8187, 2 * 8186, 100_000)
OCTETS = ("Content-Type", "application/octet-stream")


@pytest.fixture(scope="module")
def httpd(front_end_module):
    return front_end_module().conf("JkMount /app|/* one").start()


@pytest.mark.parametrize("size", SIZES)
def test_a_request_body_with_a_length_arrives(pair, httpd, size):
    page = said(httpd.ask("/app/echo.jsp", "POST", headers=[OCTETS], body=body(size)))
    assert (page["length"], page["sha256"]) == (str(size), sha256(size))
    assert page["header.content-length"] == str(size)


@pytest.mark.parametrize("size", SIZES)
def test_a_chunked_request_body_arrives(pair, httpd, size):
    whole = body(size)
    parts = [whole[at : at + 1000] for at in range(0, size, 1000)]
    page = said(httpd.ask("/app/echo.jsp", "POST", headers=[OCTETS], chunked=parts))
    assert (page["length"], page["sha256"]) == (str(size), sha256(size))


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_64_mib_arrive(pair, httpd, chunked):
    status, answer = upload(httpd.port, "/app/echo.jsp", 64 * MIB, chunked=chunked)
    page = said_in(answer)
    assert (status, page["length"], page["sha256"]) == (200, str(64 * MIB), sha256(64 * MIB))


@pytest.mark.parametrize("length", ["&length", ""], ids=["length", "chunked"])
def test_64_mib_come_back(pair, httpd, length):
    reply, size, digest = download(httpd.port, f"/app/big.jsp?n={64 * MIB}{length}")
    assert (reply.status, size, digest) == (200, 64 * MIB, sha256(64 * MIB))
    assert reply.getheader("Content-Length") == (str(64 * MIB) if length else None)


@pytest.mark.parametrize("size", [0, 1, 8183, 8184, 8185, 65536, 100_000])
@pytest.mark.parametrize("length", ["&length", ""], ids=["length", "no length"])
def test_a_response_body_comes_back_and_the_connection_stays(pair, httpd, size, length):
    with httpd.client() as client:
        for _ in range(2):
            reply = client.ask(f"/app/big.jsp?n={size}{length}")
            assert (reply.status, reply.whole) == (200, True) and reply.ending != "close"
            assert reply.body == body(size)


def test_head_has_the_headers_and_no_body(pair, httpd):
    with httpd.client() as client:
        head = client.ask("/app/big.jsp?n=100000&length", "HEAD")
        assert (head.status, head.header("content-length"), head.body) == (200, "100000", b"")
        assert client.ask("/app/big.jsp?n=10").body == body(10)


@pytest.mark.parametrize("how", ["", "&body", "&error"], ids=["empty", "with body", "Tomcat's page"])
@pytest.mark.parametrize("code", [204, 304, 404, 500])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_status_is_passed_on_and_the_reply_ends_properly(pair, httpd, code, how, method):
    with httpd.client() as client:
        reply = client.ask(f"/app/status.jsp?code={code}{how}", method)
        assert (reply.status, reply.header("x-app")) == (code, "status")
        assert reply.ending in ("length", "last chunk", "no body")
        if how == "&body" and code >= 400 and method == "GET":
            assert reply.body == f"status {code}".encode()
        if how == "&error" and code >= 400 and method == "GET":
            assert b"HTTP Status %d" % code in reply.body
        if not how:
            assert reply.body == b""
        if code == 500:  # httpd itself ends a connection after a 500
            assert reply.header("connection") == "close" and client.closed()
        else:
            assert client.ask("/app/big.jsp?n=10").body == body(10)


@pytest.mark.parametrize("size", [1, 8186, 100_000])
def test_a_client_that_waits_for_100_continue_gets_it(pair, httpd, size):
    expecting = [OCTETS, ("Expect", "100-continue"), ("Content-Length", str(size))]
    with httpd.client() as client:
        client.send(request("/app/echo.jsp", "POST", headers=expecting)[0])
        client.sock.recv(1, socket.MSG_PEEK)  # something comes before the body is sent
        client.send(body(size))
        reply = client.read()
        assert (reply.interim, said(reply)["sha256"]) == ([100], sha256(size))


def test_many_requests_use_one_connection(pair, httpd):
    with httpd.client() as client:
        for size in (0, 1, 8187, 0, 20_000):
            assert said(client.ask("/app/echo.jsp", "POST", headers=[OCTETS], body=body(size)))["sha256"] == sha256(size)
            assert client.ask(f"/app/big.jsp?n={size}").body == body(size)


def test_pipelined_requests_are_answered_in_order(pair, httpd):
    posts = [request("/app/echo.jsp", "POST", headers=[OCTETS], body=body(size))[0] for size in (3, 9000)]
    gets = [request(f"/app/big.jsp?n={size}")[0] for size in (5, 20_000)]
    chunked = request("/app/echo.jsp", "POST", headers=[OCTETS], chunked=[body(10), body(7)])[0]
    with httpd.client() as client:
        client.send(posts[0] + gets[0] + chunked + posts[1] + gets[1])
        assert said(client.read())["sha256"] == sha256(3)
        assert client.read().body == body(5)
        assert said(client.read())["length"] == "17"
        assert said(client.read())["sha256"] == sha256(9000)
        assert client.read().body == body(20_000)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("size", [10, 8186, 1_000_000])
def test_a_body_that_nobody_read_does_not_disturb_the_next_request(pair, httpd, size, chunked):
    whole = {"chunked": list(pieces(size))} if chunked else {"body": body(size)}
    with httpd.client() as client:
        reply = client.ask("/app/early.jsp", "POST", headers=[OCTETS], **whole)
        assert (reply.status, reply.body) == (200, b"early")
        assert said(client.ask("/app/echo.jsp", "POST", headers=[OCTETS], body=body(77)))["sha256"] == sha256(77)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_what_the_application_sees_is_what_the_client_sent(pair, httpd, n):
    with httpd.client() as client:
        page = said(client.ask(f"/app/echo.jsp;p=1?a=%20b&n={n}", host="shop.example.org:8443", headers=[("X-Many", str(n))] * n))
        assert page["uri"] == "/app/echo.jsp;p=1" and page["query"] == f"a=%20b&n={n}"
        assert (page["scheme"], page["secure"], page["protocol"]) == ("http", "false", "HTTP/1.1")
        assert (page["serverName"], page["serverPort"]) == ("shop.example.org", "8443")
        assert (page["remoteAddr"], page["remotePort"], page["localAddr"]) == ("127.0.0.1", str(client.port), "127.0.0.1")
        assert page.get("header.x-many", "") == ", ".join([str(n)] * n)
        assert page["JK_LB_ACTIVATION"] == "ACT"
