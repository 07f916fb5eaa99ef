"""With mod_rewrite and mod_alias: who answers, and which URI the backend is asked for.

Both may answer "whose is it" before this module does. Every case of the first part is a row: a request, and who must
answer it. The look-ahead of RewriteCond has a part of its own.
"""

import pytest

from support.under_test import deviates

LOOK_AHEAD = "FIXES 9: a sub-request that only asks what would become of a path does not take over the main request"

RULES = """
RewriteEngine On
RewriteRule ^/pt/(.*)$        /app/$1        [PT]
RewriteRule ^/file/(.*)$      /app/$1
RewriteRule ^/app/kept/(.*)$  /docs-only/$1
RewriteRule ^/away/(.*)$      /docs-only/$1  [PT]
RewriteRule ^/app/off/        -              [E=no-jk:1]
RewriteRule ^/app/gone/       -              [G]
RewriteRule ^/app/denied/     -              [F]
RewriteRule ^/app/moved/(.*)$ /new/$1        [R=302]
RewriteRule ^/app/query/(.*)$ /app/page?q=$1 [PT,QSA]
RewriteRule ^/app/bare/       /app/page?     [PT]
RewriteRule ^/app/other/      -              [H=jakarta-servlet,E=JK_WORKER_NAME:two]
RewriteRule ^/handled/        -              [H=jakarta-servlet,E=JK_WORKER_NAME:two]
RewriteRule ^/extended/       -              [H=jakarta-servlet,E=JK_WORKER_NAME:two;reply_timeout=100]
RewriteRule ^/unnamed/        -              [H=jakarta-servlet]
RewriteRule ^/unknown/        -              [H=jakarta-servlet,E=JK_WORKER_NAME:nobody]
RewriteRule ^/app/routed/     -              [E=JK_ROUTE:r7]
RewriteRule ^/app/hot/        -              [E=JK_REMOTE_USER:jane]
RewriteRule ^/dots/(.*)$      /app/../secret/$1 [PT]
RewriteRule ^/proxied/        http://127.0.0.1:${PORT}/docs-only/page.txt [P]
RewriteRule ^/app/proxied/    http://127.0.0.1:${PORT}/docs-only/page.txt [P]
"""

ALIASES = """
Alias          /alias         ${DIR}/docs/docs-only
AliasMatch     ^/match/.*     ${DIR}/docs/docs-only/page.txt
Alias          /app/aliased   ${DIR}/docs/docs-only
ScriptAlias    /app/script    ${DIR}/docs/docs-only
Redirect       /app/redirect  http://www.example.com/elsewhere
RedirectMatch  410 ^/app/ended/
Redirect       permanent /outside http://www.example.com/app
"""


@pytest.fixture(scope="module")
def peers(make_shared):
    def who(turn):
        turn.reply(200, turn.peer.name.encode() + b" " + turn.request.uri)

    return {name: make_shared.peer(name, who) for name in ("one", "two")}


@pytest.fixture(scope="module")
def site(make_shared, peers):
    httpd = make_shared.httpd(modules="proxy proxy_http")
    names = "".join(f"worker.{name}.host=127.0.0.1\nworker.{name}.port={peer.port}\nworker.{name}.retries=1\n" for name, peer in peers.items())
    httpd.workers("worker.list=one,two\n" + names)
    httpd.document("docs-only/page.txt")
    httpd.document("app/off/page.txt")
    httpd.document("app/page.txt")
    httpd.document("handled/page.txt", "source")
    httpd.document("unnamed/page.txt", "source")
    httpd.conf("JkMount /app/* one\n" + RULES + ALIASES)
    return httpd.start()


@pytest.fixture(autouse=True)
def fresh(peers):
    for peer in peers.values():
        peer.forget()


STATIC, MISSING = (200, b"static"), (404, None)


def backend(name: str, uri: str) -> tuple[int, bytes]:
    return 200, f"{name} {uri}".encode()


@pytest.mark.parametrize(
    "target,status,body",
    [
        # mod_rewrite
        ("/pt/page", *backend("one", "/app/page")),
        ("/pt/a%20b;p=1/c", *backend("one", "/app/a%20b;p=1/c")),
        ("/file/page", *MISSING),
        ("/app/kept/page", *backend("one", "/app/kept/page")),
        ("/away/page.txt", *STATIC),
        ("/app/off/page.txt", *STATIC),
        ("/app/off/missing", *MISSING),
        ("/app/gone/x", 410, None),
        ("/app/denied/x", 403, None),
        ("/app/moved/x", 302, None),
        ("/app/query/x?y=1", *backend("one", "/app/page")),
        ("/app/bare/x?y=1", *backend("one", "/app/page")),
        ("/app/other/x", *backend("one", "/app/other/x")),
        ("/handled/page.txt", *backend("two", "/handled/page.txt")),
        ("/handled/missing;p=1/x", *backend("two", "/handled/missing;p=1/x")),
        ("/extended/x", *backend("two", "/extended/x")),
        ("/unnamed/page.txt", 200, b"source"),
        ("/unnamed/missing", *MISSING),
        ("/unknown/x", 500, None),
        ("/app/routed/x", *backend("one", "/app/routed/x")),
        ("/dots/x", *MISSING),
        ("/proxied/x", *STATIC),
        ("/app/proxied/x", *STATIC),
        # mod_alias
        ("/alias/page.txt", *STATIC),
        ("/match/anything", *STATIC),
        ("/app/aliased/page.txt", *backend("one", "/app/aliased/page.txt")),
        ("/app/script/page.txt", *backend("one", "/app/script/page.txt")),
        ("/app/redirect/x", 302, None),
        ("/app/ended/x", 410, None),
        ("/outside/x", 301, None),
        # neither
        ("/app/page.txt", *backend("one", "/app/page.txt")),
        ("/docs-only/page.txt", *STATIC),
    ],
)
def test_who_answers(site, peers, target, status, body):
    got = site.get(target)
    assert got.status == status
    assert body is None or got.body == body
    asked = [peer.name for peer in peers.values() for _ in peer.requests]
    assert asked == ([body.split()[0].decode()] if body and b" /" in body else [])


@pytest.mark.parametrize("target,query", [("/app/query/x?y=1", b"q=x&y=1"), ("/app/query/x", b"q=x"), ("/app/bare/x?y=1", None), ("/pt/x?y=%20", b"y=%20")])
def test_the_query_is_the_rewritten_one(site, peers, target, query):
    assert site.get(target).status == 200
    assert peers["one"].last.attribute("query_string") == query


def test_variables_that_a_rule_sets_reach_the_backend(site, peers):
    site.get("/app/routed/x")
    assert peers["one"].last.attribute("route") == b"r7"
    site.get("/app/hot/x")
    assert peers["one"].last.attribute("remote_user") == b"jane"


@pytest.mark.parametrize("target", ["/app/moved/x", "/app/redirect/x", "/outside/x"])
def test_a_redirect_leads_where_it_was_told_to(site, target):
    where = {"/app/moved/x": "/new/x", "/app/redirect/x": "/elsewhere/x", "/outside/x": "/app/x"}
    assert site.get(target).header("location").endswith(where[target])


def test_an_extension_in_the_variable_counts(site, peers):
    peers["two"].plan = [lambda turn: turn.wait(2)]
    assert site.get("/extended/x").status == 504


# Look-ahead ------------------------------------------------------------------------------------------------------------

ASK = """
RewriteEngine On
RewriteCond {uri} {test}
RewriteRule ^ - [E=asked:yes]
RewriteCond %{{LA-U:REMOTE_USER}} ^jane$
RewriteRule ^ - [E=jane:yes]
RewriteCond %{{LA-F:HANDLER}} .
RewriteRule ^ - [E=handler:%0]
Header always set X-Asked %{{asked}}e
"""


@pytest.fixture(scope="module", params=["-U", "-F"])
def looking(request, make_shared, peers):
    """The same questions about a mapped URI from the server's own section and from a directory's; and from both about
    the request's own URI."""
    httpd = make_shared.httpd(modules="autoindex dir").listen("SERVER").listen("DIRECTORY").listen("ITSELF")
    names = "".join(f"worker.{name}.host=127.0.0.1\nworker.{name}.port={peer.port}\n" for name, peer in peers.items())
    httpd.workers("worker.list=one,two\n" + names)
    for name in ("page.txt", "full/page.txt", "full/index.html", "bare/page.txt"):
        httpd.document(name, f"static {name}")
    about = {port: ASK.format(uri=uri, test=request.param) for port, uri in (("SERVER", "/app/mapped"), ("DIRECTORY", "/app/mapped"), ("ITSELF", "%{REQUEST_URI}"))}
    for port, ask in about.items():
        httpd.conf(f"<VirtualHost *:${{{port}_PORT}}>\nJkMount /app/* one\nJkMount /*.jsp one\n{'' if port == 'DIRECTORY' else ask}")
        httpd.conf("<Location /set>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME two\n</Location>")
        httpd.conf(f"<Directory ${{DIR}}/docs>\nDirectoryIndex index.html\nOptions Indexes FollowSymLinks\n{'' if port == 'SERVER' else ask}</Directory>\n</VirtualHost>")
    httpd.asks_for_files = request.param == "-F"
    return httpd.start()


@pytest.mark.parametrize("port", ["SERVER", "DIRECTORY", "ITSELF"])
@pytest.mark.parametrize(
    "target,status,answer,hijacked",
    [
        ("/page.txt", 200, b"static page.txt", b"one /page.txt"),
        ("/missing.txt", 404, b"Not Found", b"one /missing.txt"),
        ("/full/", 200, b"static full/index.html", b"one /full/index.html"),
        ("/bare/", 200, b"Index of /bare", b"one /bare/"),
        ("/full", 301, b"Moved", b"Moved"),
        ("/set/x", 200, b"two /set/x", b"one /set/x"),
        ("/app/x", 200, b"one /app/x", b"one /app/x"),
        ("/bare/page.jsp", 200, b"one /bare/page.jsp", b"one /bare/page.jsp"),
    ],
)
def test_a_question_about_a_mapped_uri_changes_nothing(looking, peers, port, target, status, answer, hijacked):
    taken = port == "DIRECTORY" and not looking.asks_for_files and hijacked != answer
    expected = deviates(LOOK_AHEAD, ours=(status, answer), theirs=(200, hijacked)) if taken else (status, answer)
    with looking.client(port=f"{port}_PORT") as client:
        got = client.ask(target)
    assert (got.status, expected[1] in got.body) == (expected[0], True), got
    asked = "(null)" if looking.asks_for_files else "yes"
    sees_no_section = port == "DIRECTORY" and answer.startswith(b"one /")
    assert got.header("X-Asked") == (None if sees_no_section else asked)
    assert len(peers["one"].requests) + len(peers["two"].requests) == expected[1].startswith((b"one /", b"two /"))


@pytest.mark.parametrize("port,target,worker", [("SERVER", "/page.txt", "-"), ("SERVER", "/app/x", "one"), ("ITSELF", "/page.txt", "-"), ("DIRECTORY", "/page.txt", "one")])
def test_the_note_tells_of_questions_asked_after_the_requests_own_mapping(looking, port, target, worker):
    if looking.asks_for_files:
        return
    with looking.client(port=f"{port}_PORT") as client:
        assert looking.logged(client.ask(target))["WORKER_NAME"] == worker
