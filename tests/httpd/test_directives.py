"""Directives and how the module lives among httpd's other modules: what is mapped when, and what is forwarded.

One server holds all that can live side by side, each group in a virtual host of its own.
"""

import re
import stat
from pathlib import Path

import pytest

from support.client import Client
from support.under_test import OURS, deviates


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w")


@pytest.fixture(scope="module")
def other(make_shared):
    return make_shared.peer("w2")


HOSTS = {
    "nothing": "",
    "copy": "JkMountCopy On",
    "copy-own": "JkMountCopy On\nJkMount /v/* w2\nJkMount /both w2",
    "own": "JkMount /v/* w2\nJkMount /both w2",
    "off": "JkMountCopy Off",
    "no-jk": """
        JkMount /* w
        SetEnvIf Request_URI "\\.gif$" no-jk
        SetEnvIf Request_URI "\\.png$" no-jk=0
        <Location /late>
          SetEnv no-jk 1
        </Location>
        RewriteEngine On
        RewriteRule ^/rw/ - [E=no-jk:1]
        """,
    "handler": """
        <Location /sh>
          SetHandler jakarta-servlet
          SetEnv JK_WORKER_NAME w2
        </Location>
        <Location /sh/ext>
          SetHandler jakarta-servlet
          SetEnv JK_WORKER_NAME "w2;use_server_errors=500"
        </Location>
        <Location /sh/unknown>
          SetEnv JK_WORKER_NAME nosuch
        </Location>
        <Location /bare>
          SetHandler jakarta-servlet
        </Location>
        <Location /late>
          SetHandler jakarta-servlet
          SetEnv JK_WORKER_NAME w2
          SetEnv no-jk 1
        </Location>
        """,
    "indicator": """
        JkWorkerIndicator MY_WORKER
        <Location /sh>
          SetHandler jakarta-servlet
          SetEnv JK_WORKER_NAME w
          SetEnv MY_WORKER w2
        </Location>
        """,
    "overridden": """
        JkMount /* w
        <Location /own>
          SetHandler default-handler
        </Location>
        """,
    "access": """
        JkMount /* w
        <Directory />
          Require all denied
        </Directory>
        <Location /closed>
          Require all denied
        </Location>
        """,
    "alias": """
        JkMount /al/* w
        Alias /al conf
        Redirect /al/moved /elsewhere
        RewriteEngine On
        RewriteRule ^/pt/(.*) /al/$1 [PT]
        """,
    "env": """
        JkMount /* w
        JkEnvVar FIRST
        JkEnvVar SECOND given
        JkEnvVar THIRD ""
        JkEnvVar REMOTE_PORT
        JkEnvVar HTTP_X_WISH
        JkEnvVar HTTP_X_NONE
        JkEnvVar REQUEST_METHOD
        JkEnvVar first again
        <Location /set>
          SetEnv SECOND changed
          SetEnv THIRD ""
        </Location>
        """,
    "proxy-form": "JkMount /* w\nJkOptions +ForwardURIProxy",
    "escaped-form": "JkMount /* w\nJkOptions +ForwardURIEscaped",
    "compat-form": "JkMount /* w\nJkOptions +ForwardURICompat",
    "unparsed-form": "JkMount /* w\nJkOptions +ForwardURICompatUnparsed\nRewriteEngine On\nRewriteRule ^/old/(.*) /new/$1 [PT]",
    "unparsed-guarded": """
        JkMount /app/* w
        JkOptions +ForwardURICompatUnparsed
        <Location /app/admin>
          Require all denied
        </Location>
        """,
    "no-reuse": "JkMount /* w\nJkOptions +DisableReuse",
    "flush": "JkMount /* w\nJkOptions +FlushPackets",
    "flush-header": "JkMount /* w\nJkOptions +FlushHeader",
    "local": "JkMount /* w\nJkOptions +ForwardLocalAddress",
    "minus-wins": "JkMount /* w\nJkOptions -ForwardLocalAddress +ForwardLocalAddress",
    "local-addr": "JkMount /* w\nSetEnv JK_LOCAL_ADDR 192.0.2.1",
    "extensions": """
        JkMount /errors/* w;use_server_errors=400
        JkMount /timeout/* w;reply_timeout=100
        JkMount /status/* w;fail_on_status=500,-404
        JkMount /plain/* w
        ErrorDocument 404 "own page"
        """,
    "strip": "JkMount /x w\nJkStripSession On",
    "strip-name": "JkMount /x w\nJkStripSession On ;foo",
    "unknown": "JkMount /* nosuch",
    "guessed-types": "JkMount /* w\nAddDefaultCharset utf-8",
    "sub-requests": """
        JkMount /*.jsp w
        DirectoryIndex index.jsp index.html
        RewriteEngine On
        <Directory ${DIR}/docs/look>
          RewriteEngine On
          RewriteCond /any.jsp -U
          RewriteRule . - [E=looked:1]
        </Directory>
        """,
}


@pytest.fixture(scope="module")
def site(make_shared, peer, other):
    httpd = make_shared.httpd(modules="negotiation autoindex")
    httpd.workers(f"""
        worker.list=w,w2
        worker.w.host=127.0.0.1
        worker.w.port={peer.port}
        worker.w.retry_interval=10
        worker.w2.reference=worker.w
        worker.w2.port={other.port}
        worker.w.mount=/by-worker /by-worker/*
        """)
    httpd.write("conf/mount", "/fm=w2\n")
    httpd.write("conf/copied", "secret")
    httpd.conf("JkMount /g/* w\nJkUnMount /g/*.gif w\nJkMount /both w\nJkMountFile conf/mount")
    httpd.conf("<VirtualHost *:${PORT}>\nServerName first.example\n</VirtualHost>")
    for name, text in HOSTS.items():
        httpd.conf(f"<VirtualHost *:${{PORT}}>\nServerName {name}.example\n{text}\n</VirtualHost>")
    httpd.listen("MAIN").conf("<VirtualHost *:${MAIN_PORT}>\nServerName main.example\nJkMountCopy On\n</VirtualHost>")
    for name in ("a.gif", "a.png", "a.txt", "late.txt", "rw/x", "sh/x", "bare/x.txt", "late/x.txt", "own/x.txt", "s.txt", "dir/index.html", "look/page.txt", "d/e.txt"):
        httpd.document(name, f"static {name}")
    return httpd.start()


@pytest.fixture(autouse=True)
def fresh(request):
    if "peer" in request.fixturenames:
        peer, other = request.getfixturevalue("peer"), request.getfixturevalue("other")
        for one in (peer, other):
            one.forget()
            one.default = lambda turn: turn.reply(200, turn.peer.name.encode())
    yield


@pytest.fixture
def who(site, peer, other):
    """Who answers: a worker, `static`, or a status."""

    def ask(host, target, method="GET", **more):
        got = site.ask(target, method, host=f"{host}.example", **more)
        if got.status != 200:
            return str(got.status)
        return "static" if got.body.startswith(b"static") else got.body.decode()

    return ask


# Virtual hosts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host,answers",
    [
        # /g/x /g/x.gif /both /fm /v/x /by-worker
        ("nothing", "404 404 404 404 404 404"),
        ("copy", "w 404 w w2 404 w"),
        ("copy-own", "w 404 w2 w2 w2 404"),
        ("own", "404 404 w2 404 w2 404"),
        ("off", "404 404 404 404 404 404"),
    ],
)
def test_what_a_virtual_host_inherits(who, host, answers):
    assert [who(host, target) for target in "/g/x /g/x.gif /both /fm /v/x /by-worker".split()] == answers.split()


@pytest.mark.parametrize("host,answers", [("says-nothing", "w w2"), ("says-off", "404 404"), ("has-file", "w 404")])
def test_mounts_copied_to_all(make, host, answers):
    w, w2 = make.peer("w"), make.peer("w2")
    httpd = make.httpd()
    httpd.workers(f"worker.list=w,w2\nworker.w.host=127.0.0.1\nworker.w.port={w.port}\nworker.w2.host=127.0.0.1\nworker.w2.port={w2.port}\n")
    httpd.write("conf/main", "/fm=w2\n")
    httpd.write("conf/own", "/fv=w2\n")
    httpd.conf("JkMount /g/* w\nJkMountFile conf/main\nJkMountCopy All")
    for name, text in [("says-nothing", ""), ("says-off", "JkMountCopy Off"), ("has-file", "JkMountFile conf/own")]:
        httpd.conf(f"<VirtualHost *:${{PORT}}>\nServerName {name}.example\n{text}\n</VirtualHost>")
    httpd.start()
    got = [httpd.get(target, host=f"{host}.example") for target in ("/g/x", "/fm")]
    assert [g.body.decode() if g.status == 200 else str(g.status) for g in got] == answers.split()
    if host == "has-file":
        assert httpd.get("/fv", host=f"{host}.example").body == b"w2"


# When a request is ours ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target,seen", [("/a.gif", "static"), ("/a.png", "static"), ("/a.txt", "w"), ("/rw/x", "static"), ("/late/x.txt", "404")])
def test_no_jk(who, target, seen):
    """Set later than mapping it is too late: the file name is gone by then."""
    assert who("no-jk", target) == seen


@pytest.mark.parametrize(
    "target,seen",
    [
        ("/sh/x", "w2"),
        ("/sh/nothing/of/the/kind", "w2"),
        ("/sh/unknown/x", "500"),
        ("/bare/x.txt", "static"),
        ("/bare/missing", "404"),
        ("/late/x.txt", "static"),
    ],
)
def test_set_handler_with_a_worker_in_the_environment(who, target, seen):
    assert who("handler", target) == seen


def test_worker_in_the_environment_may_have_extensions(who, other):
    other.default = lambda turn: turn.reply(500, b"the backend's")
    assert who("handler", "/sh/ext/x") == "500"
    assert who("handler", "/sh/x") == "500"
    assert [r.uri for r in other.requests] == [b"/sh/ext/x", b"/sh/x"]


def test_worker_indicator_names_another_variable(who):
    assert who("indicator", "/sh/x") == "w2"


def test_another_handler_wins(who, site, peer):
    assert who("overridden", "/own/x.txt") == "404", "the file name is gone all the same"
    assert peer.requests == []
    assert who("overridden", "/x") == "w"


def test_directory_rules_do_not_apply_but_location_rules_do(who, peer):
    assert who("access", "/x") == "w"
    assert who("access", "/closed/x") == "403"
    assert len(peer.requests) == 1


@pytest.mark.parametrize("target,seen", [("/al/copied", "w"), ("/al/moved", "302"), ("/pt/x", "w")])
def test_alias_redirect_and_rewrite(who, target, seen):
    assert who("alias", target) == seen


def test_rewritten_uri_is_what_is_forwarded(who, peer):
    who("alias", "/pt/x?q=1")
    assert (peer.last.uri, peer.last.attribute("query_string")) == (b"/al/x", b"q=1")


@pytest.mark.parametrize("host", ["nothing", "off", "proxy-form", "own"])
@pytest.mark.parametrize("target", ["/..;/", "/..;x=1/a", "/a/..;/..;/b"])
def test_leaving_the_root_by_path_parameters_is_400_everywhere(who, peer, host, target):
    assert who(host, target) == "400"
    assert peer.requests == []


def test_leaving_the_root_is_no_emergency(make):
    httpd = make.httpd()
    httpd.workers("worker.list=w\nworker.w.host=127.0.0.1\n").conf("JkMount /* w").start()
    assert httpd.get("/..;/").status == 400
    assert ("[emerg]" in httpd.jk_log()) == deviates("D22: what any client can cause is logged at info at most", ours=False, theirs=True)
    if OURS:
        assert "[error]" not in httpd.jk_log() and "[warn]" not in httpd.jk_log()


def test_unknown_worker_is_500(who, site):
    assert who("unknown", "/x") == "500"


def test_a_directory_with_a_mapped_index(who, peer):
    """mod_dir asks for index.jsp by a sub-request, which is mapped, so the directory is forwarded."""
    assert who("sub-requests", "/d/") == "w"
    assert peer.last.uri == b"/d/"
    assert who("sub-requests", "/dir/") == "static"
    assert who("sub-requests", "/dir") == "301"


def test_a_look_ahead_does_not_take_over(who, peer):
    seen = who("sub-requests", "/look/page.txt")
    assert seen == deviates("D9: sub-requests map only where it is documented", ours="static", theirs="w")


# What is forwarded ---------------------------------------------------------------------------------------------------------

ODD = "/a/%41+%20%22%3B;p=%31"
TWISTED = "/a//b/../c/./d;j=1/e"


@pytest.mark.parametrize(
    "host,odd,twisted",
    [
        ("proxy-form", b"/a/A+%20%22;;p=1", b"/a/c/d;j=1/e"),
        ("escaped-form", b"/a/A+%20%22;;p=1", b"/a/c/d;j=1/e"),
        ("compat-form", b'/a/A+ ";;p=1', b"/a/c/d;j=1/e"),
        ("unparsed-form", ODD.encode(), TWISTED.encode()),
    ],
)
def test_forms_of_the_uri(who, peer, host, odd, twisted):
    if host == "unparsed-form" and OURS:
        odd = twisted = None
    for target, expected in ((ODD, odd), (TWISTED, twisted)):
        seen = who(host, target + "?q=%20")
        if expected is None:
            # What was matched is not what would be forwarded, so either form or a refusal is right (D8).
            assert seen in ("w", "400", "403", "404")
            continue
        assert seen == "w"
        assert (peer.last.uri, peer.last.attribute("query_string")) == (expected, b"q=%20")


@pytest.mark.parametrize("host,digits", [("proxy-form", b"/%C3%A4"), ("escaped-form", b"/%c3%a4"), ("compat-form", b"/\xc3\xa4"), ("unparsed-form", b"/%C3%a4")])
def test_case_of_hex_digits(who, peer, host, digits):
    assert who(host, "/%C3%a4") == "w"
    assert peer.last.uri == digits


def test_unparsed_form_ignores_rewriting(who, peer):
    assert who("unparsed-form", "/old/x") == "w"
    assert peer.last.uri == b"/old/x"


@pytest.mark.parametrize("target", ["/app/x/..%3b/admin/y", "/app/x/%2e%2e;/admin/y", "/app/%61dmin/y", "/app/x/..;/admin/y", "/app/./admin/y", "/app//admin/y"])
def test_unparsed_form_of_a_guarded_path_is_guarded(who, peer, target):
    assert who("unparsed-guarded", target) in deviates("D8: refused early or by the rule", ours=("400", "403", "404"), theirs=("403",))
    assert peer.requests == []


@pytest.mark.parametrize("target", ["/app/admin/..%3b/pub/x", "/app/admin/%2e%2e%3b/pub/x", "/app/admin/.%2e%3Bx/pub"])
def test_unparsed_form_passes_no_access_rule(who, peer, target):
    """httpd guards /app/pub here; Tomcat does not take `%3b` for a parameter and serves what lies below /app/admin."""
    seen = who("unparsed-guarded", target)
    assert seen in deviates("D8: what is guarded is what is forwarded; otherwise 4xx", ours=("400", "403", "404"), theirs=("w",))
    assert (peer.requests == []) == OURS


def test_environment_attributes(site, who, peer):
    def own():
        return [pair for pair in peer.last.attributes if pair[0] not in ("AJP_REMOTE_PORT", "AJP_LOCAL_ADDR", "JK_LB_ACTIVATION")]

    with Client(site.port) as client:
        assert client.ask("/x", host="env.example", headers=[("X-Wish", "w")]).status == 200
        port = str(client.port).encode()
    assert own() == [("FIRST", b"again"), ("SECOND", b"given"), ("REMOTE_PORT", port), ("HTTP_X_WISH", b"w")]
    who("env", "/set/x")
    assert dict(own())["SECOND"] == b"changed"
    assert dict(own())["THIRD"] == b""


@pytest.mark.parametrize("host,address,port", [("local", b"127.0.0.1", b"0"), ("minus-wins", b"127.0.0.1", None)])
def test_address_options(who, peer, host, address, port):
    assert who(host, "/x") == "w"
    assert peer.last.remote_addr == address
    assert peer.last.attribute("AJP_REMOTE_PORT") == port if port else peer.last.attribute("AJP_REMOTE_PORT") != b"0"


def test_a_virtual_hosts_address_option_replaces_the_main_servers(make):
    peer, httpd = make.peer("w"), make.httpd(modules="remoteip")
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.conf("JkOptions +ForwardLocalAddress\nRemoteIPHeader X-Client")
    httpd.conf("<VirtualHost *:${PORT}>\nJkMount /* w\nJkOptions +ForwardPhysicalAddress\n</VirtualHost>").start()
    with Client(httpd.port) as client:
        assert client.ask("/x", headers=[("X-Client", "192.0.2.9")]).status == 200
        port = str(client.port).encode()
    # Both addresses are 127.0.0.1 here; the port tells which one it is.
    seen = (peer.last.remote_addr, peer.last.attribute("AJP_REMOTE_PORT"))
    assert seen == (b"127.0.0.1", deviates("D21: the vhost's choice replaces the main one", ours=port, theirs=b"0"))


def test_client_address_is_the_one_mod_remoteip_found(make):
    peer, httpd = make.peer("w"), make.httpd(modules="remoteip")
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.conf("RemoteIPHeader X-Client\nJkMount /* w").start()
    assert httpd.get("/x", headers=[("X-Client", "192.0.2.9")]).status == 200
    assert (peer.last.remote_addr, peer.last.attribute("AJP_REMOTE_PORT")) == (b"192.0.2.9", b"0")


def test_local_address_override_in_a_virtual_host(who, peer):
    assert who("local-addr", "/x") == "w"
    assert peer.last.attribute("AJP_LOCAL_ADDR") == deviates("D21: JK_LOCAL_ADDR works in vhosts", ours=b"192.0.2.1", theirs=b"127.0.0.1")


def test_reuse_can_be_disabled(who, peer):
    for _ in range(3):
        assert who("no-reuse", "/x") == "w"
    assert [len(c.requests) for c in peer.connections] == [1, 1, 1]


@pytest.mark.parametrize("host,mark", [("flush", b"first"), ("flush-header", b"X-Early")])
def test_flush_options(site, peer, host, mark):
    from support import ajp

    go_on = []

    def slow(turn):
        turn.send(ajp.send_headers(200, "OK", [("X-Early", "1")]))
        if host == "flush":
            turn.send(ajp.chunk(b"first"))
        while not go_on and not turn.peer.stopping.is_set():
            turn.wait(0.01)
        turn.send(ajp.chunk(b" last") + ajp.end())

    peer.plan = [slow]
    with Client(site.port) as client:
        client.send(f"GET /x HTTP/1.1\r\nHost: {host}.example\r\n\r\n".encode())
        assert client.wait_for(mark)
        go_on.append(1)
        assert client.read().body == (b"first last" if host == "flush" else b" last")


def test_use_server_errors(site, peer):
    peer.default = lambda turn: turn.reply(404, b"backend's", headers=[("X-From", "backend")])
    got = site.get("/errors/x", host="extensions.example")
    assert (got.status, got.body, got.header("x-from")) == (404, b"own page", None)
    got = site.get("/plain/x", host="extensions.example")
    assert (got.status, got.body, got.header("x-from")) == (404, b"backend's", "backend")


def test_use_server_errors_keeps_the_challenge(site, peer):
    peer.default = lambda turn: turn.reply(401, b"backend's", headers=[("WWW-Authenticate", "Basic realm=x")])
    got = site.get("/errors/x", host="extensions.example")
    assert (got.status, got.header("www-authenticate")) == (401, "Basic realm=x")
    assert got.body != b"backend's"


@pytest.mark.parametrize("target,status,seen", [("/status/x", 500, 503), ("/status/x", 404, 503), ("/status/x", 403, 403), ("/plain/x", 500, 500)])
def test_fail_on_status_of_a_rule(site, peer, target, status, seen):
    peer.default = lambda turn: turn.reply(status, b"page")
    assert site.get(target, host="extensions.example").status == seen


def test_reply_timeout_of_a_rule(site, peer):
    peer.default = lambda turn: turn.wait_for_end()
    assert site.get("/timeout/x", host="extensions.example").status == 504


@pytest.mark.parametrize(
    "host,target,seen",
    [
        ("strip", "/s.txt;jsessionid=A.b", "static"),
        ("strip", "/d;jsessionid=A/e.txt", "static"),
        ("strip", "/s.txt;JSESSIONID=A", "404"),
        ("strip", "/s.txt%3Bjsessionid=A", "static"),
        ("strip", "/s.txt;jsessionid=A;x=1", "404"),
        ("strip-name", "/s.txt;foo=1", "static"),
        ("strip-name", "/s.txt;jsessionid=1", "404"),
        ("own", "/s.txt;jsessionid=1", "404"),
    ],
)
def test_strip_session(who, host, target, seen):
    assert who(host, target) == seen


def test_type_by_extension_fills_in_and_charset_is_added(site, peer):
    peer.default = lambda turn: turn.reply(200, b"x", headers=())
    assert site.get("/x.html", host="guessed-types.example").header("content-type") == "text/html; charset=utf-8"
    peer.default = lambda turn: turn.reply(200, b"x", headers=[("Content-Type", "application/json")])
    assert site.get("/x.html", host="guessed-types.example").header("content-type") == "application/json"


def test_trace_and_options_star_are_httpds(site, peer):
    assert site.ask("/x", "TRACE", host="flush.example").status == 200
    assert site.ask("*", "OPTIONS", host="flush.example").status == 200
    assert peer.requests == []


def test_mapped_request_is_found_in_the_access_log(site, peer):
    got = site.get("/x", host="flush.example")
    line = site.logged(got)
    assert (line["WORKER_NAME"], line["WORKER_TYPE"], line["WORKER_ROUTE"], line["status"]) == ("w", "ajp13", "-", "200")
    assert re.fullmatch(r"\d+\.\d{6}", line["REQUEST_DURATION"])
    got = site.get("/a.gif", host="nothing.example")
    assert site.logged(got)["WORKER_NAME"] == "-"


# The log -------------------------------------------------------------------------------------------------------------------


def one_worker(make, conf="", **more):
    peer, httpd = make.peer("w"), make.httpd(threads=2, **more)
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retries=1\n")
    return httpd.conf(f"JkMount /* w\n{conf}"), peer


def test_a_log_line_has_stamp_process_level_and_text(make):
    httpd, peer = one_worker(make)
    httpd.start()
    peer.down()
    assert httpd.get("/x").status == 503
    lines = httpd.jk_log().splitlines()
    stamp = r"\[\w{3} \w{3} \d\d \d\d:\d\d:\d\d\.\d{3} \d{4}\] "
    process = r"\[\d+:\d+\] "
    request_id = r"(\[[^\]]*\] )?"
    shape = re.compile("^" + stamp + request_id + process + r"\[(trace|debug|info|warn|error|emerg)\] .+$")
    assert lines and all(shape.match(line) for line in lines), [line for line in lines if not shape.match(line)][:3]
    assert any("[error]" in line for line in lines), "a backend that refuses is an error"
    assert sum("initialized" in line for line in lines) >= 1


def test_the_log_file_belongs_to_root_and_is_not_writable_for_others(make):
    httpd, _ = one_worker(make)
    httpd.start()
    mode = (httpd.dir / "logs/mod_jk.log").stat().st_mode
    assert stat.S_IMODE(mode) & 0o022 == 0


@pytest.mark.parametrize("level,has_info", [("info", True), ("error", False), ("EMERG", False), ("Warn", False), ("warning", True)])
def test_log_level(make, level, has_info):
    """A word that is no level means info."""
    httpd, _ = one_worker(make, f"JkLogLevel {level}")
    httpd.start()
    httpd.get("/x")
    assert ("[info]" in httpd.jk_log()) == has_info


def test_debug_tells_more_and_no_secret(make):
    httpd, peer = one_worker(make, jk_log_level="debug")
    httpd.workers((httpd.dir / "conf/workers.properties").read_text() + "worker.w.secret=hunter2hunter2\n")
    httpd.start()
    assert httpd.get("/x", headers=[("Cookie", "JSESSIONID=0123456789abcdef.w"), ("Authorization", "Basic Y3JlZGVudGlhbHM=")]).status == 200
    assert peer.last.attribute("secret") == b"hunter2hunter2"
    log = httpd.jk_log()
    assert "[debug]" in log
    told = [word for word in ("hunter2hunter2", "0123456789abcdef", "Y3JlZGVudGlhbHM=") if word in log or word in "".join(_dumped(log))]
    if OURS:
        assert told == [], "D22: secrets, session ids and credentials in no log at any level"
    else:
        assert "hunter2hunter2" in told


def _dumped(log: str):
    """The text column of packet dumps, joined."""
    for line in log.splitlines():
        if (found := re.search(r"- ([ -~]{1,16})$", line)) and re.search(r"\b[0-9a-f]{4} ", line, re.I):
            yield found.group(1)


@pytest.mark.parametrize(
    "form,shape", [("[%Y]", r"\[\d{4}\]\["), ("%H:%M:%S.%q|", r"\d\d:\d\d:\d\d\.\d{6}\|\["), ("%H.%Q|", r"\d\d\.\d{3}\|\["), ("stamp ", r"stamp \[")]
)
def test_log_stamp_format(make, form, shape):
    httpd, _ = one_worker(make, f'JkLogStampFormat "{form}"')
    httpd.start()
    httpd.get("/x")
    assert all(re.match(shape, line) for line in httpd.jk_log().splitlines())


def test_log_through_a_pipe(make):
    httpd, peer = one_worker(make)
    script = httpd.write("conf/logger", '#!/bin/sh\nexec cat >> "$1"\n', 0o755)
    httpd.conf(f'JkLogFile "|{script} {httpd.dir}/logs/piped.log"').start()
    peer.down()
    assert httpd.get("/x").status == 503
    httpd.wait_until(lambda: (httpd.dir / "logs/piped.log").exists() and "[error]" in (httpd.dir / "logs/piped.log").read_text(), "the piped log")
    assert not (httpd.dir / "logs/mod_jk.log").exists()


def test_a_log_for_one_virtual_host(make):
    httpd, peer = one_worker(make)
    httpd.conf("<VirtualHost *:${PORT}>\nServerName own.example\nJkMountCopy On\nJkLogFile logs/own.log\n</VirtualHost>").start()
    peer.down()
    assert httpd.get("/x", host="own.example").status == 503
    assert "[error]" in (httpd.dir / "logs/own.log").read_text()


@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("error_log", ["run/error.log", "/proc/self/fd/2", "/dev/stderr", "run/link.log", "syslog", '"|/bin/cat"'])
def test_without_a_log_file_of_its_own(make, error_log, taken):
    """The module writes beside an error log that is a file, else below `logs`; where it cannot, httpd starts all the same."""
    httpd = make.httpd(jk=False)
    (httpd.dir / "run/link.log").symlink_to("/dev/stderr")
    log = httpd.dir / ("run" if error_log == "run/error.log" else "logs") / "mod_jk.log"
    if taken:
        log.mkdir()
    httpd.conf(f"LoadModule jk_module {httpd.module}\nJkShmFile run/jk-shm\nErrorLog {error_log}\nJkWorkerProperty worker.list=w\nJkMount /* w")
    httpd.conf("<VirtualHost *:${PORT}>\nJkMountCopy On\n</VirtualHost>")
    refused = httpd.try_start()
    if deviates("D51: a place that was fixed when it was built", ours=False, theirs=True):
        return
    assert refused is None
    assert not any(path.exists() for path in map(Path, ("/dev/mod_jk.log", "/proc/self/fd/mod_jk.log")))
    httpd.stop()
    said = "".join(file.read_text() for file in (httpd.dir / "logs/console.log", httpd.dir / "run/error.log") if file.exists())
    if error_log != "syslog":
        assert said.count("no JkLogFile is set") == 1
        assert (said.count(f"{log} cannot be opened"), "initialized" in said) == (taken, taken)
    if not taken:
        assert "initialized" in log.read_text()


@pytest.mark.parametrize("line", ["JkLogFile logs/mod_jk.log", "<VirtualHost *:${PORT}>\nJkLogFile logs/mod_jk.log\n</VirtualHost>"])
def test_a_log_file_that_was_named_must_open(make, line):
    httpd = make.httpd(jk=False)
    (httpd.dir / "logs/mod_jk.log").mkdir()
    httpd.conf(f"LoadModule jk_module {httpd.module}\nJkShmFile run/jk-shm\nJkWorkerProperty worker.list=w\nErrorLog /proc/self/fd/2\n{line}")
    assert httpd.try_start() is not None


def test_request_log_format(make):
    httpd, _ = one_worker(make, 'JkLogStampFormat "STAMP "\nJkRequestLogFormat "%w|%V|%v|%p|%m|%U|%q|%r|%s|%b|%B|%H|%R|%T"')
    httpd.start()
    got = httpd.get("/x/y?a=b", host="Front.Example:81")
    assert got.status == 200
    line = httpd.wait_until(lambda: [one for one in httpd.jk_log().splitlines() if one.startswith("STAMP w|")], "the request's line")[0]
    words = line.removeprefix("STAMP ").split("|")
    assert words[:13] == ["w", "front.example", "www.example.com", words[3], "GET", "/x/y", "?a=b", "GET /x/y?a=b HTTP/1.1", "200", "1", "1", "HTTP/1.1", "-"]
    assert re.fullmatch(r"\d+\.\d+", words[13])


@pytest.mark.parametrize("name", ["mod_jk.log", "jk-shm"])
def test_files_of_the_module_are_not_inherited_by_programs(make, name):
    """A CGI program lists its descriptors."""
    httpd, _ = one_worker(make, modules="cgi")
    httpd.write("docs/fds.cgi", "#!/bin/sh\necho Content-Type: text/plain\necho\nls -l /proc/self/fd\n", 0o755)
    httpd.conf("JkUnMount /*.cgi w\n<Directory ${DIR}/docs>\nOptions +ExecCGI\n</Directory>\nAddHandler cgi-script .cgi").start()
    listing = httpd.get("/fds.cgi").body.decode()
    assert "pipe:" in listing
    assert (name in listing) == deviates("D23: descriptors are closed on exec", ours=False, theirs=True)
