"""`JkRequestLogFormat`: which requests get a line, and what it says."""

import re
import time

import pytest

from support.under_test import deviates

ALL = "<%b|%B|%H|%m|%p|%q|%r|%s|%T|%U|%v|%V|%w|%R>"
CONF = """JkMount /app|/* w
JkMount /lb/* lb
JkMount /dead/* dead
JkMount /nosuch nosuch
JkMount /page w
ErrorDocument 503 /page
UseCanonicalName Off
SetEnvIf Request_URI ^/app/routed JK_ROUTE=given
<Location /app/denied>
Require all denied
</Location>
<Location /set>
SetHandler jakarta-servlet
SetEnv JK_WORKER_NAME w
</Location>
"""


@pytest.fixture(scope="module")
def site(make_shared):
    peer = make_shared.peer("w", default=answer)
    return server(make_shared, peer, ALL).conf(CONF).start()


def server(make, peer, form):
    httpd = make.httpd(threads=2, jk_log_level="emerg")
    httpd.workers(
        f"worker.list=w,lb,dead\nworker.w.port={peer.port}\nworker.w.route=rr\n"
        "worker.lb.type=lb\nworker.lb.balance_workers=w\nworker.dead.port=1\n"
    )
    return httpd.conf(f'JkRequestLogFormat "{form}"')


def answer(turn):
    uri = turn.request.uri or b""
    turn.reply(404 if b"missing" in uri else 200, b"" if b"empty" in uri else b"hello")


def lines(httpd, ask):
    """What one request adds to the log, without the stamp."""
    before = len(httpd.jk_log())
    httpd.logged(ask())
    time.sleep(0.05)  # one of the two lines is written right after the other
    return [line.split("] ", 1)[-1] for line in httpd.jk_log()[before:].splitlines()]


ROWS = [
    ("GET", "/app/x?a=b&c", {}, "<5|5|HTTP/1.1|GET|80|?a=b&c|GET /app/x?a=b&c HTTP/1.1|200|T|/app/x|www.example.com|www.example.com|w|->"),
    ("POST", "/lb/y;p=1", {"body": b"zz"}, "<5|5|HTTP/1.1|POST|80||POST /lb/y;p=1 HTTP/1.1|200|T|/lb/y|www.example.com|www.example.com|lb|rr>"),
    ("GET", "/app/empty", {}, "<0|0|HTTP/1.1|GET|80||GET /app/empty HTTP/1.1|200|T|/app/empty|www.example.com|www.example.com|w|->"),
    ("HEAD", "/app/x", {}, "<-|0|HTTP/1.1|HEAD|80||HEAD /app/x HTTP/1.1|200|T|/app/x|www.example.com|www.example.com|w|->"),
    ("GET", "/app/missing", {}, "<5|5|HTTP/1.1|GET|80||GET /app/missing HTTP/1.1|404|T|/app/missing|www.example.com|www.example.com|w|->"),
    ("GET", "/dead/x", {}, "<-|0|HTTP/1.1|GET|80||GET /dead/x HTTP/1.1|503|T|/dead/x|www.example.com|www.example.com|dead|->"),
    ("GET", "/app/v", {"host": "other.example:99"}, "<5|5|HTTP/1.1|GET|80||GET /app/v HTTP/1.1|200|T|/app/v|www.example.com|other.example|w|->"),
    ("GET", "/app/../lb/q?", {}, "<5|5|HTTP/1.1|GET|80|?|GET /app/../lb/q? HTTP/1.1|200|T|/lb/q|www.example.com|www.example.com|lb|rr>"),
    ("GET", "/app/routed", {}, "<5|5|HTTP/1.1|GET|80||GET /app/routed HTTP/1.1|200|T|/app/routed|www.example.com|www.example.com|w|given>"),
    ("GET", "/set/a", {}, "<5|5|HTTP/1.1|GET|80||GET /set/a HTTP/1.1|200|T|/set/a|www.example.com|www.example.com|w|->"),
    ("GET", "/app/x", {"version": "1.0"}, "<5|5|HTTP/1.0|GET|80||GET /app/x HTTP/1.0|200|T|/app/x|www.example.com|www.example.com|w|->"),
    ("GET", "/app/%c3%a9%22%5c", {}, '<5|5|HTTP/1.1|GET|80||GET /app/%c3%a9%22%5c HTTP/1.1|200|T|/app/é"\\|www.example.com|www.example.com|w|->'),
]


@pytest.mark.parametrize(("method", "target", "more", "line"), ROWS, ids=lambda value: value if isinstance(value, str) and value.startswith("/") else "")
def test_each_field_is_that_of_the_original(site, method, target, more, line):
    seen = lines(site, lambda: site.ask(target, method, **more))
    assert [re.sub(r"\|\d+\.\d{6}\|", "|T|", one) for one in seen if one.startswith("<")] == [line]


def test_an_unknown_worker_has_no_duration(site):
    seen = [line for line in lines(site, lambda: site.get("/nosuch")) if line.startswith("<")]
    assert len(seen) == 1 and seen[0].endswith("|500|-|/nosuch|www.example.com|www.example.com|nosuch|->"), seen


@pytest.mark.parametrize("target", ["/local", "/app/denied", "/..;/x"])
def test_what_no_worker_was_asked_for_has_no_line(site, target):
    assert [line for line in lines(site, lambda: site.get(target)) if line.startswith("<")] == []


def test_a_client_cannot_break_the_line(site):
    seen = lines(site, lambda: site.get("/app/%0ax"))
    assert len(seen) == deviates("D61", ours=1, theirs=2), seen


def test_a_long_line_is_cut(site):
    before = len(site.jk_log())
    site.logged(site.get("/app/x?" + "q" * 3000))
    time.sleep(0.05)
    line = site.jk_log()[before:]
    assert line.endswith("...\n") and 1000 < len(line) <= 1025


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("-%m%U-", "-GET/app/x-"),
        ("plain", "plain"),
        ("%%", None),
        ("%m%", None),
        ("%m %>s", None),
    ],
)
def test_formats(make, form, line):
    httpd = server(make, make.peer("w"), form).conf("JkMount /* w").start()
    seen = lines(httpd, lambda: httpd.get("/app/x"))
    if line is None:
        assert seen == []
    else:
        assert seen == [line]
