"""With ErrorDocument: whose page the client gets for which failure, pages at the backend, and `use_server_errors`."""

import pytest

from support.ajp import FLUSH, chunk, end, send_headers
from support.client import Client, request
from support.under_test import deviates

NO_BODY = "FIXES 20: an error page at a backend after a request with a body"
HEAD = "D58: HEAD with an error status and no body goes through httpd's error pages (1.2.48)"
CHALLENGE = "D118: what a lost reply left with the request goes with it"
CUT = "FIXES 1: a cut reply ends visibly, and nothing is repeated after output"

CONF = """
JkMount /a/* w
JkMount /errors/* w;use_server_errors=400
JkMount /late-errors/* w;use_server_errors=500
JkMount /fails/* w;fail_on_status=404,503
JkMount /down/* down
JkMount /unknown/* nobody
JkMount /pages/* w
ErrorDocument 404 /own/404.html
ErrorDocument 500 "plain text"
ErrorDocument 502 /pages/502
ErrorDocument 503 /own/503.html
ErrorDocument 504 http://www.example.com/504
ErrorDocument 413 /own/413.html
ErrorDocument 401 /pages/401
<Location /a/to-backend>
  ErrorDocument 404 /pages/404?from=a
</Location>
<Location /static>
  ErrorDocument 404 /pages/404?from=static
</Location>
<Location /errors/at-backend>
  ErrorDocument 404 /pages/404
</Location>
<Location /down/at-backend>
  ErrorDocument 503 /pages/503
</Location>
<Location /down/loop>
  ErrorDocument 503 /down/page
</Location>
<Location /a/limited>
  LimitRequestBody 10
</Location>
<Location /guarded>
  Require all denied
  ErrorDocument 403 /pages/403
</Location>
<Location /guarded/echo>
  ErrorDocument 403 /pages/echo
</Location>
"""


def answer(turn):
    _, where, *rest = turn.request.uri.split(b"/")
    if rest[0] == b"echo":
        turn.reply(200, turn.read_body())
        return
    if where == b"pages":
        kept = {name: turn.request.attribute(name) for name in ("REDIRECT_STATUS", "REDIRECT_URL", "REDIRECT_REQUEST_METHOD")}
        turn.reply(200, b"page %s for %s" % (rest[0], kept["REDIRECT_URL"] or b"-"), headers=[("Content-Type", "text/html"), ("X-Page", "1")])
        return
    body = turn.read_body()
    last = rest[-1]
    if last == b"dead":
        turn.close()
    elif last == b"slow":
        turn.wait(0.4)
        turn.reply()
    elif last == b"half":
        turn.send(send_headers(200, "OK", [("Content-Type", "text/plain")]) + chunk(b"half") + FLUSH)
        turn.close()
    elif last.isdigit():
        turn.reply(int(last), b"its page" if rest[0] != b"empty" else b"", headers=[("Content-Type", "text/plain"), ("X-From", "backend"), ("WWW-Authenticate", 'Basic realm="t"'), ("Location", "/moved")])
    else:
        turn.reply(200, body)


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w", answer)


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd()
    down = make_shared.peer("down", up=False)
    one = "worker.{0}.host=127.0.0.1\nworker.{0}.port={1}\nworker.{0}.retries=1\nworker.{0}.reply_timeout=150\n"
    httpd.workers("worker.list=w,down\n" + one.format("w", peer.port) + one.format("down", down.port))
    for status in (404, 413, 503):
        httpd.document(f"own/{status}.html", f"own {status}")
    return httpd.conf(CONF + "JkEnvVar REDIRECT_URL\nJkEnvVar REDIRECT_STATUS\n").start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize(
    "target,status,body,asked",
    [
        # The backend's own errors stay as they are
        ("/a/404", 404, b"its page", [b"/a/404"]),
        ("/a/empty/404", 404, b"", [b"/a/empty/404"]),
        ("/a/to-backend/404", 404, b"its page", [b"/a/to-backend/404"]),
        ("/a/503", 503, b"its page", [b"/a/503"]),
        ("/late-errors/404", 404, b"its page", [b"/late-errors/404"]),
        # httpd's are httpd's
        ("/missing", 404, b"own 404", []),
        ("/down/x", 503, b"own 503", []),
        ("/unknown/x", 500, b"plain text", []),
        ("/a/slow", 302, None, [b"/a/slow"]),
        # Errors of the backend that httpd was told to answer
        ("/errors/404", 404, b"own 404", [b"/errors/404"]),
        ("/errors/empty/404", 404, b"own 404", [b"/errors/empty/404"]),
        ("/errors/500", 500, b"plain text", [b"/errors/500"]),
        ("/errors/503", 503, b"own 503", [b"/errors/503"]),
        ("/errors/418", 500, b"plain text", [b"/errors/418"]),
        ("/errors/200", 200, b"its page", [b"/errors/200"]),
        ("/errors/302", 302, b"its page", [b"/errors/302"]),
        ("/late-errors/500", 500, b"plain text", [b"/late-errors/500"]),
        ("/fails/404", 503, b"own 503", [b"/fails/404"]),
        ("/fails/500", 500, b"its page", [b"/fails/500"]),
    ],
)
def test_whose_page(site, peer, target, status, body, asked, method):
    with Client(site.port) as client:
        got = client.ask(target, method, **({"body": b"body"} if method == "POST" else {}))
        assert (got.status, got.whole) == (status, True), got
        if method == "HEAD" and status == 404 and asked and not target.startswith("/errors") and deviates(HEAD, ours=False, theirs=True):
            assert client.rest(0.2) or peer.requests[-1].uri == b"/pages/404", "a second reply follows, or is asked for"
            return
        if body is not None:
            assert got.body == (b"" if method == "HEAD" else body)
        assert (got.header("x-from") == "backend") == (body in (b"its page", b""))
        if got.header("connection") != "close":
            assert client.ask("/a/x").status == 200, "the connection goes on"
            asked = [*asked, b"/a/x"]
    # A second try of what failed is not what this test is about.
    assert list(dict.fromkeys(request.uri for request in peer.requests)) == asked


@pytest.mark.parametrize("target,location", [("/a/slow", "http://www.example.com/504"), ("/errors/302", "/moved")])
def test_where_redirects_lead(site, target, location):
    assert site.get(target).header("location") == location


@pytest.mark.parametrize("target,challenges", [("/a/401", ['Basic realm="t"']), ("/errors/401", ['Basic realm="t"']), ("/errors/403", [])])
def test_of_the_backends_headers_only_the_challenge_stays(site, target, challenges):
    got = site.get(target)
    assert got.all("www-authenticate") == challenges
    assert got.header("x-from") == ("backend" if target.startswith("/a/") else None)


@pytest.mark.parametrize(
    "later,status,challenges",
    [
        (200, 200, []),
        (403, 403, []),
        (401, 401, ['Basic realm="later"']),
        (None, 502, []),
    ],
)
def test_no_challenge_stays_of_a_reply_that_another_one_replaces(make, later, status, challenges):
    """The first member's connection breaks behind the head of its reply, and the request is repeated."""

    def breaks(turn):
        turn.send(send_headers(401, "", [("WWW-Authenticate", 'Basic realm="first"')]))
        turn.close()

    def answers(turn):
        headers = [("WWW-Authenticate", 'Basic realm="later"')] if later == 401 else []
        turn.reply(later, b"later", headers=headers)

    peers = [make.peer("m1", breaks), make.peer("m2", answers if later else lambda turn: turn.close())]
    httpd = make.httpd(threads=1)
    members = "".join(f"worker.m{n}.host=127.0.0.1\nworker.m{n}.port={peer.port}\nworker.m{n}.retries=1\n" for n, peer in enumerate(peers, 1))
    httpd.workers("worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=m1,m2\nworker.lb.retries=1\n" + members)
    httpd.conf("JkMount /* lb;use_server_errors=400").start()
    got = httpd.get("/x")
    assert [len(peer.requests) for peer in peers] == [1, 1]
    left_over = ['Basic realm="first"'] if later != 401 else challenges
    assert (got.status, got.all("www-authenticate")) == (status, deviates(CHALLENGE, ours=challenges, theirs=left_over))


# Pages at the backend ----------------------------------------------------------------------------------------------------

PAGES = [
    ("/static/missing", b"page 404 for /static/missing"),
    ("/errors/at-backend/404", b"page 404 for /errors/at-backend/404"),
    ("/down/at-backend/x", b"page 503 for /down/at-backend/x"),
    ("/guarded/x", b"page 403 for /guarded/x"),
    ("/a/dead", b"page 502 for /a/dead"),
    ("/errors/401", b"page 401 for /errors/401"),
]


@pytest.mark.parametrize("target,body", PAGES)
def test_a_page_at_the_backend_is_asked_for_with_get(site, peer, target, body):
    """The status is the one that the backend gives its page."""
    got = site.get(target)
    assert (got.status, got.body, got.header("x-page")) == (200, body, "1")
    page = peer.requests[-1]
    assert (page.method, page.content_length, page.attribute("REDIRECT_URL")) == ("GET", 0, target.encode())
    assert page.attribute("query_string") == (b"from=static" if target.startswith("/static") else None)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("how", ["length", "chunked"])
@pytest.mark.parametrize("target,body", PAGES)
def test_the_same_after_a_request_with_a_body(site, peer, target, body, how, method):
    more = {"body": b"x" * 500} if how == "length" else {"chunked": [b"x" * 500]}
    with Client(site.port) as client:
        got = client.ask(target, method, **more)
        if target.startswith("/static") and method != "POST":
            assert (got.status, peer.requests) == (405, []), "httpd has no use for these methods"
            return
        # The body is gone, except where nobody could read it. The original reads it before it connects.
        unread = target.startswith("/guarded") or (target.startswith("/down") and deviates(NO_BODY, ours=True, theirs=False))
        lost = how == "length" and not unread
        assert (got.status, got.body) == ((200, body) if not lost else deviates(NO_BODY, ours=(200, body), theirs=(0, b""))), got
        page = peer.requests[-1]
        announced = (500, None) if how == "length" else (None, b"chunked")
        expected = announced if unread else deviates(NO_BODY, ours=(0, None), theirs=announced)
        assert (page.method, page.content_length, page.header("transfer-encoding")) == ("GET", *expected)
        if got.status and got.header("connection") != "close":
            assert client.ask("/a/x", "POST", body=b"next").body == b"next"


@pytest.mark.parametrize("size", [5, 100_000])
@pytest.mark.parametrize("how", ["length", "chunked"])
def test_a_body_that_nobody_has_read_goes_with_the_page(site, peer, how, size):
    body = b"x" * size
    more = {"body": body} if how == "length" else {"chunked": [body]}
    with Client(site.port) as client:
        got = client.ask("/guarded/echo", "PUT", **more)
        assert (got.status, got.body) == (200, body)
        assert client.ask("/a/x", "POST", body=b"next").body == b"next"


@pytest.mark.parametrize("sends", [True, False])
def test_a_body_that_the_client_holds_back_is_not_asked_for(site, peer, sends):
    """httpd asks no client to continue a request that has failed."""
    raw, _ = request("/guarded/echo", "PUT", body=b"held", headers=[("Expect", "100-continue")])
    with Client(site.port) as client:
        client.send(raw if sends else raw.removesuffix(b"held"))
        got = client.read("PUT")
        assert (got.status, got.body) == deviates(NO_BODY, ours=(200, b""), theirs=(0, b""))
        assert client.closed()
    assert peer.last.content_length == deviates(NO_BODY, ours=0, theirs=4)


def test_a_page_for_head_is_asked_for_with_get_and_sent_without_body(site, peer):
    got = site.ask("/static/missing", "HEAD")
    assert (got.status, got.ending, [(r.method, r.uri) for r in peer.requests]) == (200, "no body", [("GET", b"/pages/404")])


def test_a_page_that_fails_too_ends_with_httpds_own(site, peer):
    got = site.get("/down/loop/x")
    assert (got.status, got.whole, b"503 Service Unavailable" in got.body) == (503, True, True)
    assert b"Additionally" in got.body


def test_a_body_over_the_limit(site, peer):
    got = site.ask("/a/limited", "POST", body=b"x" * 11)
    assert (got.status, got.body, peer.requests) == (413, b"own 413", [])


def test_no_page_follows_half_a_reply(site, peer):
    got = site.get("/a/half")
    assert (got.status, got.ending, got.body) == deviates(CUT, ours=(200, "cut", b"half"), theirs=(200, "last chunk", b"halfpage 502 for /a/half"))
