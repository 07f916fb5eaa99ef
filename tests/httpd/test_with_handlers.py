"""With those who answer requests themselves: mod_proxy, mod_status, mod_info, mod_cgid, handlers set by section,
extension or variable, and mod_cache, which answers for the backend."""

import pytest

from support import under_test
from support.ajp import FLUSH, chunk, end, send_headers
from support.client import Client

CGI = "cgi" if under_test.MPM == "prefork" else "cgid"

CONF = f"""
JkMount /app/* w
JkMount /cached/* w
JkMount /all/* w
JkMount /*.jsp w
<IfModule cgid_module>
  ScriptSock run/cgisock
</IfModule>

ProxyPass        /app/proxied http://127.0.0.1:${{PORT}}/static
ProxyPass        /app/not     !
ProxyPassMatch   ^/app/mm/(.*)$ http://127.0.0.1:${{PORT}}/static/$1
<Location /app/in-section>
  ProxyPass http://127.0.0.1:${{PORT}}/static
</Location>
<Location /app/proxied-handler>
  SetHandler "proxy:http://127.0.0.1:${{PORT}}"
</Location>
<Location /both>
  SetHandler jakarta-servlet
  SetEnv JK_WORKER_NAME w
</Location>
ProxyPass /both http://127.0.0.1:${{PORT}}/static

<Location /app/status>
  SetHandler server-status
</Location>
<Location /app/info>
  SetHandler server-info
</Location>
<Location /app/none>
  SetHandler none
</Location>
<Location /app/added>
  AddHandler server-status .status
</Location>
<Location /app/script>
  SetHandler cgi-script
  Options +ExecCGI
</Location>
<LocationMatch "^/static/servlet">
  SetHandler jakarta-servlet
</LocationMatch>
<Location /static/servlet/named>
  SetEnv JK_WORKER_NAME w
</Location>
<Location /static/servlet/late>
  SetEnv JK_WORKER_NAME w
  SetEnv no-jk 1
</Location>
SetEnvIf Request_URI ^/app/early      no-jk
SetEnvIf Request_URI ^/app/empty      no-jk=
BrowserMatch Old                      no-jk=0
SetEnvIf X-Slow      (.*)             JK_REPLY_TIMEOUT=$1
<Location /app/late>
  SetEnv no-jk 1
</Location>
<Location /app/late-if>
  SetEnvIf Request_URI . no-jk
</Location>

CacheRoot ${{DIR}}/cache
CacheEnable disk /cached
CacheHeader on
CacheDefaultExpire 60
CacheIgnoreNoLastMod On
"""


def answer(turn):
    page = turn.request.uri.rsplit(b"/", 1)[1]
    n = len(turn.peer.requests)
    headers = {b"private": [("Cache-Control", "private")], b"tagged": [("ETag", '"1"'), ("Cache-Control", "max-age=0")], b"cookie": [("Set-Cookie", "a=1"), ("Cache-Control", "max-age=60")]}.get(page, [])
    if page == b"tagged" and turn.request.header("if-none-match"):
        turn.send(send_headers(304, "", [("ETag", '"1"')]) + end())
        return
    if page == b"slow":
        turn.wait(0.5)
    turn.reply(200, (b"%d:" % n + turn.read_body() + turn.request.uri) * (10_000 if page == b"large" else 1), headers=[("Content-Type", "text/plain"), *headers])


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w", answer)


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd(modules=f"proxy proxy_http status info cache cache_disk {CGI}")
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retries=1\n")
    for name in ("page.txt", "servlet/page.txt", "servlet/late/page.txt"):
        httpd.document(f"static/{name}")
    httpd.document("app/early/page.txt")
    httpd.document("app/late/page.txt")
    (httpd.dir / "cache").mkdir()
    (httpd.dir / "cache").chmod(0o777)
    return httpd.conf(CONF).start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()


BACKEND, STATIC = "backend", b"static"


@pytest.mark.parametrize(
    "target,status,who",
    [
        # mod_proxy
        ("/app/proxied/page.txt", 200, STATIC),
        ("/app/not/x", 200, BACKEND),
        ("/app/mm/page.txt", 200, STATIC),
        ("/app/in-section/page.txt", 200, STATIC),
        ("/app/proxied-handler/x", 500, None),
        ("/both/page.txt", 200, STATIC),
        # handlers
        ("/app/status", 200, b"Apache Server Status"),
        ("/app/status?auto", 200, b"Total Accesses"),
        ("/app/info", 200, b"Server Information"),
        ("/app/none/x", 200, BACKEND),
        ("/app/added/x.status", 200, b"Apache Server Status"),
        ("/app/added/x", 200, BACKEND),
        ("/app/script/x", 404, None),
        ("/static/servlet/page.txt", 200, STATIC),
        ("/static/servlet/named/page.txt", 200, BACKEND),
        ("/static/servlet/late/page.txt", 200, STATIC),
        ("/static/servlet/late/missing.txt", 404, None),
        # variables
        ("/app/early/page.txt", 200, STATIC),
        ("/app/early/missing", 404, None),
        ("/app/empty/x", 404, None),
        ("/app/late/page.txt", 404, None),
        ("/app/late-if/x", 404, None),
        ("/app/x", 200, BACKEND),
    ],
)
def test_who_answers(site, peer, target, status, who):
    got = site.get(target)
    assert (got.status, len(peer.requests)) == (status, who == BACKEND)
    if isinstance(who, bytes):
        assert who in got.body


def test_a_client_of_a_kind_may_be_served_without_the_backend(site, peer):
    assert site.get("/app/early/page.txt", headers=[("User-Agent", "Old/1")]).body == b"static"
    assert site.get("/app/x", headers=[("User-Agent", "Old/1")]).status == 404
    assert peer.requests == []


@pytest.mark.parametrize("timeout,status", [("150", 504), ("5000", 200), ("0", 200), ("-5", 200), ("text", 200)])
def test_a_header_may_set_the_reply_timeout(site, timeout, status):
    assert site.get("/app/slow", headers=[("X-Slow", timeout)]).status == status


def test_the_note_stays_where_another_handler_answers(site):
    for target, worker in (("/app/status", "w"), ("/app/script/x", "w"), ("/app/early/page.txt", "-"), ("/app/proxied/page.txt", "-"), ("/both/page.txt", "-")):
        assert site.logged(site.get(target))["WORKER_NAME"] == worker, target


def test_a_forward_proxys_own_requests_are_not_mapped(make, peer):
    httpd = make.httpd(modules="proxy proxy_http").workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.document("app/page.txt")
    httpd.conf("ServerName www.example.com:${PORT}\nProxyRequests On\nJkMount /app/* w\nSetEnvIf X-From-Proxy yes no-jk\n<Proxy *>\nRequestHeader set X-From-Proxy yes\n</Proxy>").start()
    got = httpd.get(f"http://127.0.0.1:{httpd.port}/app/page.txt")
    assert (got.status, got.body, peer.requests) == (200, b"static", [])
    # The same server in absolute form is no other server.
    assert httpd.get(f"http://www.example.com:{httpd.port}/app/page.txt", host=f"www.example.com:{httpd.port}").body == b"1:/app/page.txt"


# mod_cache ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page,asked,hits", [("page", 1, 2), ("large", 1, 2), ("private", 3, 0), ("cookie", 1, 2)])
def test_the_cache_answers_for_the_backend(site, peer, page, asked, hits):
    with Client(site.port) as client:
        got = [client.ask(f"/cached/{page}") for _ in range(3)]
    assert [reply.status for reply in got] == [200] * 3
    assert len({reply.body for reply in got}) == asked == len(peer.requests)
    assert got[0].body == b"1:/cached/%s" % page.encode() * (10_000 if page == "large" else 1)
    assert sum("HIT" in (reply.header("x-cache") or "") for reply in got) == hits


def test_the_cache_asks_the_backend_whether_a_page_has_changed(site, peer):
    with Client(site.port) as client:
        got = [client.ask("/cached/tagged") for _ in range(3)]
    assert [(reply.status, reply.body) for reply in got] == [(200, b"1:/cached/tagged")] * 3
    assert [request.header("if-none-match") for request in peer.requests] == [None, b'"1"', b'"1"']


def test_a_reply_that_breaks_off_is_not_kept(site, peer):
    def cut(turn):
        turn.send(send_headers(200, "OK", [("Content-Type", "text/plain"), ("Cache-Control", "max-age=60")]) + chunk(b"half") + FLUSH)
        turn.close()

    peer.plan = [cut]
    assert site.get("/cached/broken").body[:4] == b"half"
    asked = len(peer.requests)
    assert site.get("/cached/broken").body == b"%d:/cached/broken" % (asked + 1)
