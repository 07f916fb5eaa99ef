"""With mod_include: pages of httpd with parts from a backend, and a backend's pages with parts in them."""

import pytest

from support.ajp import FLUSH, chunk, end, send_headers
from support.under_test import deviates

ERROR = b"[an error occurred while processing this directive]"

PAGES = {
    "one.shtml": '[<!--#include virtual="/b/part?x=1" -->]',
    "two.shtml": '[<!--#include virtual="/a/part" -->][<!--#include virtual="/b/part" -->]',
    "parameters.shtml": '[<!--#include virtual="/b/x/../part;j=1%20/y" -->]',
    "relative.shtml": '[<!--#include virtual="page.jsp" -->]',
    "file.shtml": '[<!--#include file="page.jsp" -->]',
    "variable.shtml": '[<!--#set var="x" value="y" --><!--#include virtual="/b/${x}" -->]',
    "asks.shtml": '[<!--#flastmod virtual="/b/part" -->][<!--#fsize virtual="/b/part" -->]',
    "nested.shtml": '{<!--#include virtual="one.shtml" -->}',
    "down.shtml": '[<!--#include virtual="/down/part" -->]',
    "unknown.shtml": '[<!--#include virtual="/unknown/part" -->]',
    "cut.shtml": '[<!--#include virtual="/b/cut" -->]',
    "large.shtml": '[<!--#include virtual="/b/large" -->]',
    "static.shtml": '[<!--#include virtual="off/page.txt" -->]',
    "list/HEADER.shtml": '(<!--#include virtual="/b/header" -->)',
    "off/page.txt": "static",
    "page.jsp": "source",
} | {f"status-{status}{kind}.shtml": f'[<!--#include virtual="/b/{status}/{kind}" -->]' for status in (204, 299, 304, 302, 400, 401, 404, 500, 503) for kind in ("", "page")}


def answer(turn):
    parts = turn.request.uri.split(b"/")
    body = turn.read_body()
    if parts[-1] == b"page.shtml":
        turn.reply(200, b'[<!--#include virtual="/b/part" -->]' + body, headers=[("Content-Type", "text/html")])
    elif parts[2:] and parts[2].isdigit():
        turn.reply(int(parts[2]), parts[3])
    elif parts[-1] == b"cut":
        turn.send(send_headers(200, "OK", [("Content-Type", "text/plain")]) + chunk(b"half") + FLUSH)
        turn.close()
    elif parts[-1] == b"large":
        turn.reply(200, b"0123456789" * 50_000)
    else:
        turn.reply(200, b"%s %s %s" % (turn.peer.name.encode(), turn.request.method.encode(), turn.request.uri), headers=[("Content-Type", "text/plain"), ("X-Part", "1"), ("Set-Cookie", "p=1")])


@pytest.fixture(scope="module")
def peers(make_shared):
    return {name: make_shared.peer(name, answer) for name in ("a", "b")} | {"down": make_shared.peer("down", up=False)}


@pytest.fixture(scope="module")
def site(make_shared, peers):
    httpd = make_shared.httpd(modules="include dir autoindex")
    names = "".join(f"worker.{name}.host=127.0.0.1\nworker.{name}.port={peer.port}\nworker.{name}.retry_interval=10\n" for name, peer in peers.items())
    httpd.workers("worker.list=a,b,down\n" + names)
    httpd.conf("JkMount /a/* a\nJkMount /b/* b\nJkMount /down/* down\nJkMount /unknown/* nobody\nJkMount /*.jsp a\nSetEnvIf Request_URI ^/off/ no-jk")
    httpd.conf("AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\nIndexOptions FancyIndexing\nHeaderName HEADER.shtml")
    httpd.conf("<Location /a>\nOptions +Includes\nSetOutputFilter INCLUDES\n</Location>\n<Directory ${DIR}/docs>\nOptions Includes Indexes\n</Directory>")
    for name, text in PAGES.items():
        httpd.document(name, text)
    return httpd.start()


@pytest.fixture(autouse=True)
def fresh(peers):
    for peer in peers.values():
        if peer.name != "down":
            peer.forget()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "page,text,asked,worker",
    [
        ("/one.shtml", b"[b GET /b/part]", [(b"/b/part", b"x=1")], "b"),
        ("/two.shtml", b"[a GET /a/part][b GET /b/part]", [(b"/a/part", None), (b"/b/part", None)], "b"),
        ("/parameters.shtml", b"[b GET /b/part;j=1%20/y]", [(b"/b/part;j=1%20/y", None)], "b"),
        ("/relative.shtml", b"[a GET /page.jsp]", [(b"/page.jsp", None)], "a"),
        ("/file.shtml", b"[a GET /page.jsp]", [(b"/page.jsp", None)], "a"),
        ("/variable.shtml", b"[b GET /b/y]", [(b"/b/y", None)], "b"),
        ("/asks.shtml", b"[" + ERROR + b"][" + ERROR + b"]", [], "b"),
        ("/nested.shtml", b"{[b GET /b/part]}", [(b"/b/part", b"x=1")], "-"),
        ("/static.shtml", b"[static]", [], "-"),
        ("/down.shtml", b"[" + ERROR + b"]", [], "down"),
        ("/unknown.shtml", b"[" + ERROR + b"]", [], "nobody"),
        ("/status-204.shtml", b"[]", [(b"/b/204/", None)], "b"),
        ("/status-299page.shtml", b"[page]", [(b"/b/299/page", None)], "b"),
        ("/status-302page.shtml", b"[page]", [(b"/b/302/page", None)], "b"),
        ("/status-304.shtml", b"[]", [(b"/b/304/", None)], "b"),
        ("/status-400page.shtml", b"[page" + ERROR + b"]", [(b"/b/400/page", None)], "b"),
        ("/status-401.shtml", b"[" + ERROR + b"]", [(b"/b/401/", None)], "b"),
        ("/status-404.shtml", b"[" + ERROR + b"]", [(b"/b/404/", None)], "b"),
        ("/status-404page.shtml", b"[page" + ERROR + b"]", [(b"/b/404/page", None)], "b"),
        ("/status-500page.shtml", b"[page" + ERROR + b"]", [(b"/b/500/page", None)], "b"),
        ("/status-503.shtml", b"[" + ERROR + b"]", [(b"/b/503/", None)], "b"),
    ],
)
def test_a_part_is_asked_for_with_get_and_without_a_body(site, peers, page, text, asked, worker, method):
    got = site.ask(page, method, **({"body": b"body"} if method == "POST" else {}))
    assert (got.status, got.body, got.ending) == (200, text, "last chunk")
    assert (got.header("x-part"), got.header("set-cookie")) == (None, None), "headers of a part stay with it"
    requests = [request for peer in peers.values() for request in peer.requests]
    assert [(request.uri, request.attribute("query_string")) for request in requests] == asked
    for request in requests:
        assert (request.method, request.protocol, request.content_length) == ("GET", b"INCLUDED", 0)
        assert request.header("x-test-id") == got.id.encode(), "the other headers are the page's"
    assert site.logged(got)["WORKER_NAME"] == worker


def test_head_of_a_page_asks_for_its_parts_all_the_same(site, peers):
    got = site.ask("/one.shtml", "HEAD")
    assert (got.status, got.ending) == (200, "no body")
    assert [request.method for request in peers["b"].requests] == ["GET"]


@pytest.mark.parametrize("method,body", [("GET", b""), ("POST", b"body")])
def test_a_page_of_one_backend_may_include_a_part_of_another(site, peers, method, body):
    got = site.ask("/a/page.shtml", method, **({"body": body} if body else {}))
    assert (got.status, got.body, got.ending) == (200, b"[b GET /b/part]" + body, "last chunk")
    assert [(r.method, r.protocol, r.content_length) for r in peers["a"].requests] == [(method, b"HTTP/1.1", len(body))]
    assert [(r.method, r.protocol, r.content_length) for r in peers["b"].requests] == [("GET", b"INCLUDED", 0)]


def test_a_large_part_arrives_whole(site):
    got = site.get("/large.shtml")
    assert (got.body, got.ending) == (b"[" + b"0123456789" * 50_000 + b"]", "last chunk")


def test_a_directory_listing_may_have_a_part_in_its_head(site, peers):
    assert b"(b GET /b/header)" in site.get("/list/").body
    assert [request.uri for request in peers["b"].requests] == [b"/b/header"]


def test_a_part_that_breaks_off_makes_the_page_end_visibly(site, peers):
    """The original asks again and sends both halves, then whatever follows in the page."""
    got = site.get("/cut.shtml")
    attempts = len(peers["b"].requests)
    expected = deviates("FIXES 1: nothing is repeated after output, and a cut reply ends visibly", ours=("cut", 1), theirs=("last chunk", 2))
    assert (got.status, got.ending, attempts) == (200, *expected)
