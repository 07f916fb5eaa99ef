"""With httpd's filters in both directions: mod_deflate, mod_headers, mod_buffer, mod_ratelimit, mod_substitute,
mod_expires, mod_mime's and core's additions, byte ranges, conditional requests, and what mod_logio counts."""

import gzip
import time
import zlib

import pytest

from support.ajp import FLUSH, chunk, chunks, end, send_headers
from support.client import Client, request
from support.under_test import deviates

LARGE = b"0123456789" * 3000
SMALL = b"0123456789"
PLAIN = ("Content-Type", "text/plain")
OLD = "Sun, 06 Nov 1994 08:49:37 GMT"
GZIP = [("Accept-Encoding", "gzip")]
CUT = "FIXES 1: a cut reply ends visibly"

CONF = """
JkMount /*/* w
LogFormat "%{X-Test-Id}i\\t%I\\t%O\\t%S\\t%B\\t%f\\t%R\\t%{Content-Type}o" traffic
CustomLog logs/traffic.log traffic
Header      always set X-Always "%{REQUEST_STATUS}e"
<Location /deflate>
  SetOutputFilter DEFLATE
</Location>
<Location /bytype>
  AddOutputFilterByType DEFLATE text/plain
</Location>
<Location /inflate>
  SetInputFilter DEFLATE
</Location>
<Location /inflate/ignore>
  SetEnv JK_IGNORE_CL 1
</Location>
<Location /rate>
  SetOutputFilter RATE_LIMIT
  SetEnv rate-limit 100
</Location>
<Location /buffer>
  SetOutputFilter BUFFER
  SetInputFilter BUFFER
</Location>
<Location /substitute>
  SetOutputFilter SUBSTITUTE
  Substitute s/0123456789/x/n
</Location>
<Location /expires>
  ExpiresActive On
  ExpiresDefault A60
</Location>
<Location /charset>
  AddDefaultCharset iso-8859-1
</Location>
<Location /mime>
  AddEncoding x-gzip .gz
  AddLanguage en .en
  AddType text/x-own .own
</Location>
<Location /headers>
  RequestHeader set X-Set one
  RequestHeader set User-Agent changed
  RequestHeader append X-Appended more
  RequestHeader unset X-Unset
  RequestHeader edit X-Edited ^old new
  RequestHeader set X-Address "expr=%{REMOTE_ADDR}"
  Header set X-Backend changed
  Header add X-Added a
  Header append Cache-Control private
  Header edit Set-Cookie ^(.*)$ "$1; Secure"
  Header unset X-Secret
  Header set X-Only-Ok yes "expr=%{REQUEST_STATUS} == 200"
  Header setifempty X-Default from-httpd
  Header always set X-Frame deny
</Location>
<Location /early>
  RequestHeader set X-Late yes
</Location>
RequestHeader set X-Early yes early
"""


def answer(turn):
    body, last = turn.read_body(), turn.request.uri.rsplit(b"/", 1)[1].decode()
    if turn.request.method == "POST":
        turn.reply(200, b"%d:%s" % (len(body), body))
        return
    more = {
        "etag": [("ETag", '"abc"')],
        "lm": [("Last-Modified", OLD)],
        "gz": [("Content-Encoding", "gzip")],
        "cc": [("Cache-Control", "max-age=100")],
        "cookies": [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Backend", "b"), ("X-Secret", "s"), ("X-Default", "from-backend")],
    }.get(last, [])
    kind = {"html": [("Content-Type", "text/html")], "charset": [("Content-Type", "Text/Plain;charset=UTF-8")], "notype": []}.get(last, [PLAIN])
    match last:
        case "206":
            turn.reply(206, b"01234", headers=[*kind, ("Content-Range", "bytes 0-4/10")])
        case "304":
            turn.send(send_headers(304, "", [("ETag", '"abc"')]) + end())
        case "404" | "412":
            turn.reply(int(last), b"its page", headers=kind)
        case "empty":
            turn.reply(200, b"", headers=kind)
        case "nolength":
            turn.send(send_headers(200, "OK", kind) + FLUSH + chunks(LARGE) + end())
        case "flushes":
            turn.send(send_headers(200, "OK", kind) + chunk(b"abc") + FLUSH + chunk(b"def") + end())
        case "cut":
            turn.send(send_headers(200, "OK", kind) + chunk(b"half") + FLUSH)
            turn.close()
        case "small":
            turn.reply(200, SMALL, headers=[*kind, ("ETag", '"small"')])
        case _:
            turn.reply(200, LARGE, headers=[*kind, *more])


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w", answer)


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd(modules="filter deflate buffer ratelimit substitute expires logio")
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retry_interval=10\n")
    return httpd.conf(CONF).start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()


def plain(reply) -> bytes:
    """The body as the client's user sees it; the gzip stream must be complete and alone."""
    if reply.header("content-encoding") != "gzip":
        return reply.body
    stream = zlib.decompressobj(31)
    text = stream.decompress(reply.body)
    assert (stream.eof, stream.unused_data) == (True, b"")
    return text


# Replies -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["deflate", "bytype"])
@pytest.mark.parametrize(
    "page,body,compressed,etag",
    [
        ("large", LARGE, True, None),
        ("nolength", LARGE, True, None),
        ("flushes", b"abcdef", True, None),
        ("etag", LARGE, True, '"abc-gzip"'),
        ("lm", LARGE, True, None),
        ("charset", LARGE, True, None),
        ("html", LARGE, "deflate", None),
        ("notype", LARGE, "deflate", None),
        ("empty", b"", False, None),
        ("404", b"its page", False, None),
        ("206", b"01234", False, None),
        ("304", b"", False, '"abc"'),
    ],
)
def test_replies_are_compressed_for_those_who_want_it(site, where, page, body, compressed, etag):
    with Client(site.port) as client:
        got = client.ask(f"/{where}/{page}", headers=GZIP)
        assert got.whole and (got.header("content-encoding") == "gzip") == (compressed in (True, where))
        assert plain(got) == body
        assert got.header("etag") == etag
        assert got.header("vary") == ("Accept-Encoding" if compressed in (True, where) else None)
        as_it_is = client.ask(f"/{where}/{page}")
        assert (as_it_is.body, as_it_is.header("content-encoding")) == (body, None)


def test_what_the_backend_compressed_is_left_alone(site):
    got = site.get("/deflate/gz", headers=GZIP)
    assert (got.header("content-encoding"), got.body, got.header("content-length")) == ("gzip", LARGE, "30000")


def test_a_flush_comes_through_compression(site, peer):
    with Client(site.port) as client:
        seen = []

        def slow(turn):
            turn.send(send_headers(200, "OK", [PLAIN]) + chunk(b"early") + FLUSH)
            while not seen and not turn.peer.stopping.is_set():
                turn.wait(0.01)
            turn.send(chunk(b" late") + end())

        peer.plan = [slow]
        client.send(b"GET /deflate/x HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
        # The gzip head and the flushed block, each ending in the marker of a sync flush, as one chunk.
        assert client.wait_for(b"\x00\x00\xff\xff")
        seen.append(True)
        got = client.read()
    assert (plain(got), got.ending) == (b"early late", "last chunk")


@pytest.mark.parametrize("where,asked", [("plain", []), ("deflate", GZIP), ("bytype", GZIP), ("rate", []), ("buffer", []), ("substitute", [])])
def test_a_reply_cut_by_the_backend_stays_cut_behind_every_filter(site, where, asked):
    got = site.get(f"/{where}/cut", headers=asked)
    assert (got.status, got.ending) == (200, deviates(CUT, ours="cut", theirs="last chunk"))


@pytest.mark.parametrize("page,body", [("large", LARGE), ("nolength", LARGE), ("flushes", b"abcdef"), ("empty", b""), ("404", b"its page")])
@pytest.mark.parametrize("where", ["rate", "buffer"])
def test_bodies_pass_slow_and_gathering_filters_unchanged(site, where, page, body):
    got = site.get(f"/{where}/{page}")
    assert (got.status, got.body, got.whole) == (404 if page == "404" else 200, body, True)


def test_the_rate_is_limited(site):
    begin = time.monotonic()
    assert site.get("/rate/large").body == LARGE
    assert time.monotonic() - begin > 0.05


@pytest.mark.parametrize("page", ["large", "nolength"])
def test_a_filter_may_change_the_length(site, page):
    got = site.get(f"/substitute/{page}")
    assert (got.body, got.whole) == (b"x" * 3000, True)


@pytest.mark.parametrize(
    "target,name,value",
    [
        ("/expires/large", "Cache-Control", ["max-age=60"]),
        ("/expires/cc", "Cache-Control", ["max-age=100, max-age=60"]),
        ("/expires/404", "Cache-Control", []),
        ("/charset/large", "Content-Type", ["text/plain; charset=iso-8859-1"]),
        ("/charset/charset", "Content-Type", ["text/plain;charset=UTF-8"]),
        ("/charset/notype", "Content-Type", []),
        ("/mime/x.gz", "Content-Encoding", ["x-gzip"]),
        ("/mime/x.en", "Content-Language", ["en"]),
        ("/mime/x.own", "Content-Type", ["text/plain"]),
        ("/mime/x.own/large", "Content-Type", ["text/plain"]),
        ("/mime/notype", "Content-Type", []),
    ],
)
def test_other_modules_add_what_they_add_to_files(site, target, name, value):
    assert site.get(target).all(name) == value


def test_a_type_by_extension_is_kept_if_the_backend_sends_none(site, peer):
    peer.plan = [lambda turn: turn.reply(200, b"x", headers=[])]
    assert site.get("/mime/x.own").header("content-type") == "text/x-own"


# mod_headers -------------------------------------------------------------------------------------------------------------


def test_request_headers_are_changed_before_the_backend_sees_them(site, peer):
    assert site.get("/headers/x", headers=[("X-Appended", "a"), ("X-Unset", "u"), ("X-Edited", "old value"), ("User-Agent", "t")]).status == 200
    seen = peer.last
    assert [seen.header(name) for name in ("X-Set", "User-Agent", "X-Appended", "X-Unset", "X-Edited", "X-Address", "X-Early")] == [
        b"one", b"changed", b"a, more", None, b"new value", b"127.0.0.1", b"yes"
    ]
    assert site.get("/early/x").status == 200
    assert (peer.last.header("X-Early"), peer.last.header("X-Late")) == (b"yes", b"yes")


def test_reply_headers_are_changed_before_the_client_sees_them(site):
    got = site.get("/headers/cookies")
    assert got.all("set-cookie") == ["a=1; Secure", "b=2; Secure"]
    seen = {name: got.all(name) for name in ("X-Backend", "X-Added", "Cache-Control", "X-Secret", "X-Only-Ok", "X-Default", "X-Frame")}
    assert seen == {"X-Backend": ["changed"], "X-Added": ["a"], "Cache-Control": ["private"], "X-Secret": [], "X-Only-Ok": ["yes"], "X-Default": ["from-backend"], "X-Frame": ["deny"]}


@pytest.mark.parametrize("page", ["404", "304"])
def test_reply_headers_are_changed_whatever_the_status(site, page):
    got = site.get(f"/headers/{page}")
    assert (got.header("x-frame"), got.header("x-only-ok"), got.header("x-default")) == ("deny", None, "from-httpd")


def test_pages_of_httpd_get_the_headers_that_are_always_set(site, peer):
    peer.down()
    got = site.get("/headers/x")
    peer.up()
    assert (got.status, got.header("x-frame"), got.header("x-added")) == (503, "deny", None)


# Ranges and conditions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted,page,status,body,content_range",
    [
        ("bytes=0-1", "small", 206, b"01", "bytes 0-1/10"),
        ("bytes=5-", "small", 206, b"56789", "bytes 5-9/10"),
        ("bytes=-3", "small", 206, b"789", "bytes 7-9/10"),
        ("bytes=1-0", "small", 200, SMALL, None),
        ("items=0-1", "small", 200, SMALL, None),
        ("bytes=0-1", "flushes", 200, b"abcdef", None),
        ("bytes=0-1", "404", 404, b"its page", None),
        ("bytes=0-1", "206", 206, b"01234", "bytes 0-4/10"),
        ("bytes=0-1", "empty", 200, b"", None),
        ("bytes=99-", "flushes", 200, b"abcdef", None),
        ("bytes=99-", "206", 206, b"01234", "bytes 0-4/10"),
    ],
)
def test_ranges_are_httpds_where_the_reply_comes_whole_and_the_backends_where_it_says_so(site, peer, wanted, page, status, body, content_range):
    got = site.get(f"/plain/{page}", headers=[("Range", wanted)])
    assert (got.status, got.body, got.header("content-range"), got.whole) == (status, body, content_range, True)
    assert peer.last.header("range") == wanted.encode(), "the backend sees the header all the same"


def test_several_ranges_make_a_multipart(site):
    got = site.get("/plain/small", headers=[("Range", "bytes=0-1,8-9")])
    assert (got.status, got.header("content-type").split(";")[0]) == (206, "multipart/byteranges")
    assert got.body.count(b"ontent-range: bytes ") == 2 and b"\r\n\r\n01\r\n" in got.body and b"\r\n\r\n89\r\n" in got.body


def test_a_range_that_is_not_there_is_416(site):
    with Client(site.port) as client:
        got = client.ask("/plain/small", headers=[("Range", "bytes=99-")])
        assert (got.status, got.whole, b"Range Not Satisfiable" in got.body) == (416, True, True)
        assert client.ask("/plain/small").body == SMALL


@pytest.mark.parametrize("tag,status", [('"small"', 206), ('"other"', 200)])
def test_if_range_compares_the_backends_etag(site, tag, status):
    assert site.get("/plain/small", headers=[("Range", "bytes=0-1"), ("If-Range", tag)]).status == status


@pytest.mark.parametrize("condition", [("If-None-Match", '"abc"'), ("If-Modified-Since", OLD), ("If-Match", '"zzz"'), ("If-Unmodified-Since", "Sun, 06 Nov 1993 08:49:37 GMT")], ids=lambda c: c[0])
def test_conditions_are_the_backends_business(site, peer, condition):
    for page, status, body in (("etag", 200, LARGE), ("lm", 200, LARGE), ("304", 304, b""), ("412", 412, b"its page")):
        got = site.get(f"/plain/{page}", headers=[condition])
        assert (got.status, got.body, got.whole) == (status, body, True)
        assert peer.last.header(condition[0]) == condition[1].encode()
    assert got.header("etag") is None


# Request bodies ----------------------------------------------------------------------------------------------------------


def body_of(how: str, data: bytes) -> dict:
    return {"body": data} if how == "length" else {"chunked": [data[at : at + 7000] for at in range(0, len(data), 7000)]}


BODIES = {"large": LARGE, "small": b"hello", "random": bytes(range(256)) * 100, "empty": b""}


@pytest.mark.parametrize("how", ["length", "chunked"])
@pytest.mark.parametrize("name", BODIES)
def test_compressed_bodies_are_inflated_if_their_length_is_ignored(site, peer, how, name):
    body = BODIES[name]
    got = site.ask("/inflate/ignore/x", "POST", headers=[("Content-Encoding", "gzip")], **body_of(how, gzip.compress(body)))
    assert (got.status, got.body) == (200, b"%d:%s" % (len(body), body))
    assert peer.last.content_length is None
    assert peer.last.header("content-encoding") == b"gzip", "headers are forwarded before the filter removes this one"


@pytest.mark.parametrize("body", [LARGE, b"hello", b"0123456789" * 20], ids=["longer", "shorter", "little longer"])
def test_of_an_inflated_body_no_more_than_the_announced_length_is_forwarded(site, peer, body):
    """Why JK_IGNORE_CL exists. A shorter body just ends."""
    packed = gzip.compress(body)
    with Client(site.port) as client:
        got = client.ask("/inflate/x", "POST", headers=[("Content-Encoding", "gzip")], body=packed)
        sent = body[: len(packed)]
        assert (got.status, got.body) == (200, b"%d:%s" % (len(sent), sent))
        assert peer.last.content_length == len(packed)
        assert client.ask("/plain/small").body == SMALL


def test_a_body_of_known_length_that_a_filter_empties_is_an_empty_body(site):
    with Client(site.port) as client:
        got = client.ask("/inflate/x", "POST", headers=[("Content-Encoding", "gzip")], body=gzip.compress(b""))
        expected = deviates("a body that a filter emptied is whole; the original takes it for a client that broke off", ours=(200, b"0:"), theirs=(0, b""))
        assert (got.status, got.body) == expected


@pytest.mark.parametrize("how", ["length", "chunked"])
@pytest.mark.parametrize("where", ["inflate", "inflate/ignore"])
def test_a_body_that_cannot_be_inflated_ends_the_connection(site, peer, where, how):
    with Client(site.port) as client:
        got = client.ask(f"/{where}/x", "POST", headers=[("Content-Encoding", "gzip")], **body_of(how, b"nope, no gzip at all"))
        assert (got.status, got.ending) == (0, "nothing")
    assert site.logged(got)["status"] == "400"
    assert site.ask("/inflate/x", "POST", body=b"next").body == b"4:next"


@pytest.mark.parametrize("how", ["length", "chunked"])
@pytest.mark.parametrize("size", [1, 8186, 8187, 100_000])
def test_bodies_pass_a_gathering_filter_unchanged(site, how, size):
    body = (LARGE * 4)[:size]
    got = site.ask("/buffer/x", "POST", **body_of(how, body))
    assert (got.status, got.body) == (200, b"%d:%s" % (size, body))


# Counting ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target,method,more,body",
    [
        ("/plain/large", "GET", {}, 30000),
        ("/plain/nolength", "GET", {}, 30000),
        ("/plain/large", "HEAD", {}, 0),
        ("/plain/post", "POST", {"body": b"a" * 20000}, 20006),
        ("/plain/post", "POST", {"chunked": [b"a" * 20000]}, 20006),
        ("/plain/404", "GET", {}, 8),
        ("/plain/304", "GET", {}, 0),
        ("/plain/empty", "GET", {}, 0),
        ("/substitute/large", "GET", {}, 3000),
    ],
)
def test_bytes_in_and_out_are_what_the_client_sent_and_got(site, target, method, more, body):
    raw, name = request(target, method, **more)
    with Client(site.port) as client:
        client.send(raw)
        got = client.read(method)

    def line():
        found = [fields for fields in (one.split("\t") for one in (site.dir / "logs/traffic.log").read_text().splitlines()) if fields[0] == name]
        return found and found[0][1:]

    page = target.rsplit("/", 1)[1]
    kind = "-" if page == "304" else "text/plain"
    numbers = [len(raw), len(got.raw), len(raw) + len(got.raw), body]
    assert site.wait_until(line, "the line of traffic") == [*map(str, numbers), page, "jakarta-servlet", kind]
