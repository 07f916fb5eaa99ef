"""With those who say who the client is: mod_auth_basic, mod_authn_anon, mod_auth_digest, mod_remoteip, mod_authz_host,
and mod_unique_id, which says which request it is."""

import base64
import hashlib
import socket

import pytest

from support.client import Client, request
from support.ajp import end, send_headers

BASIC = 'AuthType Basic\nAuthName "the realm"\nAuthUserFile conf/users\nRequire valid-user'
LOCATIONS = {
    "/basic": BASIC,
    "/jane-only": BASIC.replace("valid-user", "user jane"),
    "/overridden": BASIC + '\nSetEnv JK_REMOTE_USER bob\nSetEnv JK_AUTH_TYPE CUSTOM',
    "/hidden": BASIC + '\nSetEnv JK_REMOTE_USER ""\nSetEnv JK_AUTH_TYPE ""',
    "/stripped": BASIC + "\nRequestHeader unset Authorization",
    "/anonymous": "AuthType Basic\nAuthName x\nAuthBasicProvider anon\nAnonymous *\nAnonymous_MustGiveEmail Off\nRequire valid-user",
    "/given": "SetEnv JK_REMOTE_USER carol",
    "/nobody": "Require all denied",
    "/local": "Require ip 127.0.0.1",
    "/elsewhere": "Require ip 192.0.2.0/24",
    "/digest": "AuthType Digest\nAuthName realm\nAuthDigestProvider file\nAuthUserFile conf/digest\nRequire valid-user",
}


def user(name: str, password: str = "pw") -> tuple[str, str]:
    return "Authorization", "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w", lambda turn: turn.reply(200, turn.request.uri))


@pytest.fixture(scope="module")
def site(make_shared, peer):
    modules = "auth_basic authn_file authn_anon authz_user auth_digest remoteip unique_id"
    httpd = make_shared.httpd(modules=modules).listen("REMOTE").listen("PHYSICAL").listen("LOCAL").listen("PROXIED")
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    secret = base64.b64encode(hashlib.sha1(b"pw").digest()).decode()
    httpd.write("conf/users", f"alice:{{SHA}}{secret}\njane:{{SHA}}{secret}\n")
    httpd.write("conf/digest", "alice:realm:" + hashlib.md5(b"alice:realm:pw").hexdigest() + "\n")
    httpd.conf("JkMount /* w\nJkEnvVar UNIQUE_ID\nJkEnvVar REMOTE_ADDR\nJkMountCopy All")
    for path, lines in LOCATIONS.items():
        httpd.conf(f"<Location {path}>\n{lines}\n</Location>")
    remote = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1"
    for name, lines in {"REMOTE": remote, "PHYSICAL": remote + "\nJkOptions +ForwardPhysicalAddress", "LOCAL": remote + "\nJkOptions +ForwardLocalAddress", "PROXIED": "RemoteIPProxyProtocol On"}.items():
        httpd.conf(f"<VirtualHost *:${{{name}_PORT}}>\n{lines}\n</VirtualHost>")
    return httpd.start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()


# Users -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path,who,seen,kind",
    [
        ("/basic/x", "alice", b"alice", b"Basic"),
        ("/jane-only/x", "jane", b"jane", b"Basic"),
        ("/overridden/x", "alice", b"bob", b"CUSTOM"),
        ("/hidden/x", "alice", None, None),
        ("/stripped/x", "alice", b"alice", b"Basic"),
        ("/anonymous/x", "anonymous", b"anonymous", b"Basic"),
        ("/given/x", None, b"carol", None),
        ("/given/x", "alice", b"carol", None),
        ("/plain/x", "alice", None, None),
        ("/plain/x", None, None, None),
    ],
)
def test_the_backend_is_told_user_and_kind(site, peer, path, who, seen, kind):
    got = site.get(path, headers=[user(who)] if who else [])
    assert got.status == 200
    assert (peer.last.attribute("remote_user"), peer.last.attribute("auth_type")) == (seen, kind)
    forwarded = None if who is None or path.startswith("/stripped") else user(who)[1].encode()
    assert peer.last.header("authorization") == forwarded


@pytest.mark.parametrize(
    "path,headers,status",
    [
        ("/basic/x", [], 401),
        ("/basic/x", [user("alice", "wrong")], 401),
        ("/basic/x", [user("mallory")], 401),
        ("/basic/;j=1/x", [], 401),
        ("/a/../basic/x", [], 401),
        ("//basic/x", [], 401),
        ("/b%61sic/x", [], 401),
        ("/jane-only/x", [user("alice")], 401),
        ("/nobody/x", [], 403),
        ("/elsewhere/x", [], 403),
    ],
)
def test_who_is_not_let_in_does_not_reach_the_backend(site, peer, path, headers, status):
    got = site.get(path, headers=headers)
    assert (got.status, peer.requests) == (status, [])
    assert got.header("www-authenticate") == ('Basic realm="the realm"' if status == 401 else None)


def test_a_body_of_someone_not_let_in_does_not_reach_the_next_request(site, peer):
    with Client(site.port) as client:
        assert client.ask("/basic/x", "POST", body=b"x" * 20_000).status == 401
        assert client.ask("/plain/x", headers=[user("alice")]).body == b"/plain/x"
    assert len(peer.requests) == 1


def test_digest(site, peer):
    challenge = site.get("/digest/x").header("www-authenticate")
    nonce = challenge.split('nonce="')[1].split('"')[0]
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
    response = md5(f"{md5('alice:realm:pw')}:{nonce}:00000001:c:auth:{md5('GET:/digest/x')}")
    fields = f'Digest username="alice", realm="realm", nonce="{nonce}", uri="/digest/x", algorithm=MD5, qop=auth, nc=00000001, cnonce="c", response="{response}"'
    assert site.get("/digest/x", headers=[("Authorization", fields)]).status == 200
    assert (peer.last.attribute("remote_user"), peer.last.attribute("auth_type")) == (b"alice", b"Digest")


def test_the_backend_may_ask_for_authorization_itself(site, peer):
    challenges = ['Basic realm="tomcat"', "Bearer"]
    peer.plan = [lambda turn: turn.send(send_headers(401, "", [("WWW-Authenticate", c) for c in challenges]) + end())]
    got = site.get("/plain/x")
    assert (got.status, got.all("www-authenticate")) == (401, challenges)


# Addresses ---------------------------------------------------------------------------------------------------------------


def forwarded(site, peer, port: str, header: str | None):
    with Client(site.ports[port]) as client:
        assert client.ask("/plain/x", headers=[("X-Forwarded-For", header)] if header else []).status == 200
        own = str(client.port).encode()
    seen = peer.last
    port = seen.attribute("AJP_REMOTE_PORT")
    return seen.remote_addr, b"own" if port == own else port, seen.header("x-forwarded-for"), seen.attribute("REMOTE_ADDR")


@pytest.mark.parametrize(
    "port,header,address,remote_port,left,variable",
    [
        ("PORT", "192.0.2.9", b"127.0.0.1", b"own", b"192.0.2.9", b"127.0.0.1"),
        ("REMOTE_PORT", None, b"127.0.0.1", b"own", None, b"127.0.0.1"),
        ("REMOTE_PORT", "192.0.2.9", b"192.0.2.9", b"0", None, b"192.0.2.9"),
        ("REMOTE_PORT", "2001:db8::7", b"2001:db8::7", b"0", None, b"2001:db8::7"),
        ("REMOTE_PORT", "192.0.2.1, 192.0.2.9", b"192.0.2.9", b"0", b"192.0.2.1", b"192.0.2.9"),
        ("REMOTE_PORT", "no address", b"127.0.0.1", b"own", b"no address", b"127.0.0.1"),
        ("PHYSICAL_PORT", "192.0.2.9", b"127.0.0.1", b"own", None, b"192.0.2.9"),
        ("LOCAL_PORT", "192.0.2.9", b"127.0.0.1", b"0", None, b"192.0.2.9"),
    ],
)
def test_the_address_is_the_one_mod_remoteip_found(site, peer, port, header, address, remote_port, left, variable):
    assert forwarded(site, peer, port, header) == (address, remote_port, left, variable)
    assert peer.last.attribute("AJP_LOCAL_ADDR") == b"127.0.0.1"


def test_rules_about_addresses_see_the_same_address(site, peer):
    with Client(site.ports["REMOTE_PORT"]) as client:
        assert client.ask("/elsewhere/x", headers=[("X-Forwarded-For", "192.0.2.9")]).status == 200
        assert client.ask("/local/x", headers=[("X-Forwarded-For", "192.0.2.9")]).status == 403
        assert client.ask("/local/x").status == 200


def test_the_proxy_protocol_gives_address_and_port(site, peer):
    raw, _ = request("/plain/x", close=True)
    with socket.create_connection(("127.0.0.1", site.ports["PROXIED_PORT"]), timeout=20) as sock:
        sock.sendall(b"PROXY TCP4 192.0.2.9 192.0.2.1 4711 80\r\n" + raw)
        assert b"".join(iter(lambda: sock.recv(65536), b"")).startswith(b"HTTP/1.1 200 ")
    assert (peer.last.remote_addr, peer.last.attribute("AJP_REMOTE_PORT")) == (b"192.0.2.9", b"4711")


# Requests ----------------------------------------------------------------------------------------------------------------


def test_the_unique_id_can_be_forwarded(site, peer):
    ids = set()
    for _ in range(3):
        site.get("/plain/x")
        ids.add(peer.last.attribute("UNIQUE_ID"))
    assert len(ids) == 3 and None not in ids
