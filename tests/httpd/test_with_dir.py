"""With mod_dir and mod_autoindex: which index file of a directory counts, and who answers for a directory.

All cases run with mod_autoindex loaded before this module and after it: among handlers for directories the order of
LoadModule lines decides.
"""

import pytest

from support import under_test

MODULES = "dir negotiation"
AUTOINDEX = f"LoadModule autoindex_module {under_test.MODULES}/mod_autoindex.so"
FILES = ("empty/page.txt", "html/index.html", "jsp/index.jsp", "both/index.html", "both/index.jsp", "deep/sub/index.jsp", "multi/page.jsp", "multi/text.txt")

LIST, NO_LIST = "Options Indexes MultiViews", "Options None"
JSP = "JkMount /*.jsp w\nAddType text/html .jsp"
FORWARD = "JkOptions +ForwardDirectories"
NAMED = "SetEnv JK_WORKER_NAME v"

SITES = {
    # JSP first, last, or not at all in the list of index files
    "FIRST": (JSP, LIST, "DirectoryIndex index.jsp index.html"),
    "LAST": (JSP, NO_LIST, "DirectoryIndex index.html index.jsp"),
    "NONE": (JSP, LIST, "DirectoryIndex index.html"),
    # ForwardDirectories alone, with a worker, with a worker and an index that a rule matches
    "FORWARD": ("JkMount /app/* w", LIST, "DirectoryIndex index.html", FORWARD),
    "NAMED": ("JkMount /app/* w", LIST, "DirectoryIndex index.html", FORWARD, NAMED),
    "BOTH": (JSP, NO_LIST, "DirectoryIndex index.jsp index.html", FORWARD, NAMED),
    # An index file that leads elsewhere, and directories that a rule matches themselves
    "ELSEWHERE": ("JkMount /app/* w", LIST, "DirectoryIndex /app/start"),
    "WHOLE": ("JkMount /jsp/* w", LIST, "DirectoryIndex index.html"),
}


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w", lambda turn: turn.reply(200, b"backend " + turn.read_body() + turn.request.uri))


@pytest.fixture(scope="module", params=["before", "after"])
def site(request, make_shared, peer):
    httpd = make_shared.httpd(modules=MODULES)
    if request.param == "before":
        httpd.extra_modules.append("autoindex")
    else:
        httpd.conf(AUTOINDEX)
    httpd.autoindex = request.param
    httpd.workers(f"worker.list=w,v\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.v.reference=worker.w\n")
    for name in FILES:
        httpd.document(name, f"static {name}")
    for name, (mount, options, *lines) in SITES.items():
        httpd.conf("\n".join(["<VirtualHost *:${PORT}>", f"ServerName {name.lower()}.example", mount, *lines, "<Directory ${DIR}/docs>", options, "</Directory>", "</VirtualHost>"]))
    return httpd.start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()


BEFORE_ONLY, AFTER_ONLY = "before", "after"
LISTING, STATIC = "listing", "static"


@pytest.mark.parametrize(
    "name,target,answer,worker",
    [
        ("FIRST", "/empty/", "/empty/", "w"),
        ("FIRST", "/html/", STATIC, "w"),
        ("FIRST", "/jsp/", "/jsp/index.jsp", "w"),
        ("FIRST", "/jsp/?a=b", "/jsp/index.jsp", "w"),
        ("FIRST", "/both/", "/both/index.jsp", "w"),
        ("FIRST", "/deep/", "/deep/", "w"),
        ("FIRST", "/deep/sub/", "/deep/sub/index.jsp", "w"),
        ("FIRST", "/empty", 301, "-"),
        ("FIRST", "/jsp", 301, "-"),
        ("FIRST", "/jsp/;j=1", 404, "-"),
        ("FIRST", "/none/", 404, "-"),
        ("FIRST", "/none", 404, "-"),
        ("LAST", "/empty/", "/empty/", "w"),
        ("LAST", "/html/", STATIC, "-"),
        ("LAST", "/jsp/", "/jsp/index.jsp", "w"),
        ("LAST", "/both/", STATIC, "-"),
        ("NONE", "/empty/", LISTING, "-"),
        ("NONE", "/html/", STATIC, "-"),
        ("NONE", "/jsp/", LISTING, "w"),
        ("NONE", "/both/", STATIC, "-"),
        ("NONE", "/multi/page", "/multi/page.jsp", "w"),
        ("NONE", "/multi/text", STATIC, "-"),
        ("FORWARD", "/empty/", LISTING, "-"),
        ("FORWARD", "/html/", STATIC, "-"),
        ("NAMED", "/empty/", {BEFORE_ONLY: LISTING, AFTER_ONLY: "/empty/"}, {BEFORE_ONLY: "-", AFTER_ONLY: "v"}),
        ("NAMED", "/jsp/?a=b", {BEFORE_ONLY: LISTING, AFTER_ONLY: "/jsp/"}, {BEFORE_ONLY: "-", AFTER_ONLY: "v"}),
        ("NAMED", "/html/", STATIC, "-"),
        ("NAMED", "/empty", 301, "-"),
        ("NAMED", "/none/", 404, "-"),
        ("BOTH", "/empty/", "/empty/", "w"),
        ("BOTH", "/jsp/", "/jsp/index.jsp", "w"),
        ("BOTH", "/both/", "/both/index.jsp", "w"),
        ("BOTH", "/html/", STATIC, "w"),
        ("ELSEWHERE", "/empty/", "/empty/", "w"),
        ("ELSEWHERE", "/html/", "/html/", "w"),
        ("WHOLE", "/jsp/", "/jsp/", "w"),
        ("WHOLE", "/jsp", 301, "-"),
        ("WHOLE", "/empty/", LISTING, "-"),
    ],
)
def test_who_answers_for_a_directory(site, peer, name, target, answer, worker):
    answer, worker = (what[site.autoindex] if isinstance(what, dict) else what for what in (answer, worker))
    with site.client() as client:
        got = client.ask(target, host=f"{name.lower()}.example")
    if isinstance(answer, int):
        assert got.status == answer
    elif answer == LISTING:
        assert (got.status, b"<title>Index of" in got.body) == (200, True)
    elif answer == STATIC:
        assert (got.status, got.body[:7]) == (200, b"static ")
    else:
        assert (got.status, got.body) == (200, b"backend " + answer.encode())
        assert peer.last.attribute("query_string") == (b"a=b" if "?" in target else None)
    assert len(peer.requests) == (str(answer).startswith("/"))
    assert site.logged(got)["WORKER_NAME"] == worker


@pytest.mark.parametrize(
    "name,target,answer",
    [
        ("FIRST", "/empty/", "/empty/"),
        ("FIRST", "/jsp/", "/jsp/index.jsp"),
        ("FIRST", "/both/", "/both/index.jsp"),
        ("FIRST", "/html/", STATIC),
        ("NONE", "/empty/", 404),
        ("FORWARD", "/empty/", 404),
        ("NAMED", "/empty/", "/empty/"),
        ("NAMED", "/jsp/", "/jsp/"),
        ("BOTH", "/jsp/", "/jsp/index.jsp"),
    ],
)
def test_a_body_goes_with_the_request_for_a_directory(site, peer, name, target, answer):
    """mod_autoindex lists for GET only; mod_dir looks for index files for POST too."""
    with site.client() as client:
        got = client.ask(target, "POST", body=b"body ", host=f"{name.lower()}.example")
        if isinstance(answer, int):
            assert got.status == answer
        else:
            assert got.body[:7] == b"static " if answer == STATIC else got.body == b"backend body " + answer.encode()
        assert client.ask("/html/", host=f"{name.lower()}.example").body == b"static html/index.html"


@pytest.mark.parametrize("name,served", [("FIRST", True), ("NAMED", True), ("BOTH", True), ("NONE", False), ("FORWARD", False)])
def test_options_for_a_directory_reach_whoever_serves_it(site, peer, name, served):
    with site.client() as client:
        assert client.ask("/empty/", "OPTIONS", host=f"{name.lower()}.example").status == 200
    assert [request.method for request in peer.requests] == ["OPTIONS"] * served


def test_head_for_a_directory_reaches_the_index_page(site, peer):
    with site.client() as client:
        assert client.ask("/jsp/", "HEAD", host="first.example").status == 200
    assert [(request.method, request.uri) for request in peer.requests] == [("HEAD", b"/jsp/index.jsp")]


# FallbackResource -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def falling_back(make_shared, peer):
    httpd = make_shared.httpd(modules=MODULES)
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    for name in ("page.txt", "full/index.html"):
        httpd.document(name, f"static {name}")
    httpd.conf("JkMount /w/* w\nJkUnMount /w/none/* w\nFallbackResource /w/fallback\nDirectoryIndex index.html")
    httpd.conf("<Location /off>\nFallbackResource disabled\n</Location>\n<Location /unmapped>\nFallbackResource /w/none/x\n</Location>")
    httpd.conf("<Location /here>\nFallbackResource /page.txt\n</Location>\n<Location /closed>\nRequire all denied\n</Location>")
    return httpd.start()


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize(
    "target,answer",
    [
        ("/nothing/here?a=b", "/nothing/here"),
        ("/nothing/", "/nothing/"),
        ("/full/nothing", "/full/nothing"),
        ("/a%20b;p=1/c", "/a%20b;p=1/c"),
        ("/w/x", "/w/x"),
        ("/page.txt", STATIC),
        ("/full/", STATIC),
        ("/here/x", STATIC),
        ("/page.txt/x", 404),
        ("/off/x", 404),
        ("/unmapped/x", 404),
        ("/closed/x", 403),
        ("/full", 301),
    ],
)
def test_what_is_not_on_disk_falls_back_to_the_backend(falling_back, peer, target, answer, method):
    """It is asked for what the client asked for, not for the FallbackResource."""
    with falling_back.client() as client:
        got = client.ask(target, method, **({"body": b"body "} if method == "POST" else {}))
        sent = b"body " if method == "POST" else b""
        assert got.status == (answer if isinstance(answer, int) else 200)
        if method != "HEAD" and isinstance(answer, str):
            assert got.body[:7] == b"static " if answer == STATIC else got.body == b"backend " + sent + answer.encode()
        asked = str(answer).startswith("/")
        assert [(request.method, request.uri) for request in peer.requests] == [(method, str(answer).encode())] * asked
        assert falling_back.logged(got)["WORKER_NAME"] == ("w" if asked else "-")
        if asked:
            assert peer.last.attribute("query_string") == (b"a=b" if "?" in target else None)
        assert client.ask("/page.txt").body == b"static page.txt"
