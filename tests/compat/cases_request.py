"""The request that is forwarded: methods, fields, attributes, headers, bodies; over TLS in `cases_tls`."""

from __future__ import annotations

from .case import Ask, Case, vhosts

# 5.4: methods and forms

_METHODS = (
    "OPTIONS GET HEAD POST PUT DELETE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ACL REPORT VERSION-CONTROL CHECKIN CHECKOUT UNCHECKOUT"
    " SEARCH MKWORKSPACE UPDATE LABEL MERGE BASELINE-CONTROL MKACTIVITY PATCH get FOO BREW M-SEARCH CONNECTED"
).split()

METHODS = [
    Case(
        "methods",
        "JkMount /* w1\n" + vhosts(first="JkMount /* w1", notrace="JkMount /* w1\nTraceEnable Off"),
        [
            *(Ask("/m", "w1", method=method, rows=("httpd 5.4 any token",), then={} if method == "HEAD" else {"packet.method": method}) for method in _METHODS),
            Ask("/m", "w1", method="OPTIONS", rows=("httpd 5.4 OPTIONS path",)),
            Ask("*", "-", method="OPTIONS", status=200, rows=("httpd 5.4 OPTIONS *",)),
            Ask("/m", "-", method="TRACE", status=200, rows=("httpd 5.4 TRACE",), then={"note WORKER_NAME": "w1"}),
            Ask("/m", "-", method="TRACE", status=405, host="notrace.test", rows=("httpd 5.4 TRACE",)),
            Ask("/m", "-", method="CONNECT", status=400, logged=False, rows=("httpd 5.4 CONNECT",)),
            Ask("/m", "w1", method="HEAD", status=200, rows=("httpd 5.4 HEAD",), then={"body": None}),
            Ask("/m", "w1", method="FOO", body=b"a body", then={"packet.stored_method": b"FOO"}, rows=("httpd 6.1 #10",)),
            Ask("http://first.test:81/x?y", "w1", "/x", host="other.test", rows=("httpd 5.4 absolute form",), then={"packet.server_name": b"first.test"}),
            Ask("http://user:pw@first.test/x", "-", status=400, logged=False, rows=("httpd 5.4 absolute form",)),
            Ask("/old", "w1", version="1.0", rows=("httpd 5.4 HTTP/0.9 and 1.0",), then={"packet.protocol": b"HTTP/1.0"}),
            Ask("/old", "w1", version="1.0", host=None, rows=("httpd 5.4 HTTP/0.9 and 1.0",)),
            Ask("/old", "w1", version="1.0", headers=(("Connection", "keep-alive"),), rows=("httpd 5.4 HTTP/0.9 and 1.0",)),
            Ask(raw=b"GET /older\r\n", name="GET of HTTP/0.9", rows=("httpd 5.4 HTTP/0.9 and 1.0",), status=0),
        ],
        rows=("httpd 6.3 protocol",),
    ),
    Case(
        "an absolute form that mod_proxy claims",
        "JkMount /* w1\nProxyRequests On\n<Proxy *>\nRequire all denied\n</Proxy>",
        [Ask("http://elsewhere.test/x", "-", status=403), Ask("http://www.example.com/x", "-", status=403), Ask("/x", "w1")],
        modules="proxy proxy_http",
        rows=("httpd 5.4 absolute form", "httpd 2 translate_name"),
    ),
]  # fmt: skip

# 6.1: attributes and their order

_ALL_ATTRIBUTES = """
SetEnv JK_REMOTE_USER someone
SetEnv JK_AUTH_TYPE Basic
SetEnv JK_ROUTE there
SetEnv HTTPS on
SetEnv SSL_CLIENT_CERT cert
SetEnv SSL_CIPHER cipher
SetEnv SSL_SESSION_ID session
SetEnv SSL_CIPHER_USEKEYSIZE 128
SetEnv SSL_PROTOCOL TLSv1.2
JkEnvVar MINE yes
"""

_ORDER = (
    "secret remote_user auth_type query_string route ssl_cert ssl_cipher ssl_session ssl_key_size stored_method AJP_SSL_PROTOCOL AJP_REMOTE_PORT"
    " AJP_LOCAL_ADDR JK_LB_ACTIVATION MINE"
).split()

ATTRIBUTES = [
    Case(
        "attributes and their order",
        vhosts(
            few="JkMount /* w1\nJkMount /lb/* lb",
            all=f"JkMount /* secret\n{_ALL_ATTRIBUTES}",
            lb=f"JkMount /* lb2\n{_ALL_ATTRIBUTES.replace('SetEnv JK_ROUTE there', '')}",
        ),
        [
            Ask("/", "w1", host="few.test", then={"packet.attributes": ["AJP_REMOTE_PORT", "AJP_LOCAL_ADDR", "JK_LB_ACTIVATION"]}),
            Ask("/?", "w1", host="few.test", then={"packet.query_string": b""}, rows=("httpd 6.1 #4",)),
            Ask("/?a=b?c&d=%20+", "w1", host="few.test", then={"packet.query_string": b"a=b?c&d=%20+"}, rows=("httpd 6.1 #4",)),
            Ask("/all?q", "w2", method="FOO", host="all.test", then={"packet.attributes": _ORDER}, rows=tuple(f"httpd 6.1 #{n}" for n in range(1, 17))),
            Ask("/lb?q", "w4", method="FOO", host="lb.test", then={"packet.route": b"n", "packet.attributes": _ORDER[1:]}, rows=("httpd 6.1 #5", "httpd 6.1 #14")),
            Ask("/lb/x", "w3", host="few.test", then={"packet.route": b"m", "packet.JK_LB_ACTIVATION": b"DIS"}, rows=("httpd 6.1 #14",), headers=(("Cookie", "JSESSIONID=1.m"),)),
        ],
        workers="worker.list=secret,lb\nworker.secret.host=127.0.0.1\nworker.secret.port={w2}\nworker.secret.secret=s3cret\nworker.lb.type=lb\n"
        "worker.lb.balance_workers=m\nworker.m.host=127.0.0.1\nworker.m.port={w3}\nworker.m.activation=disabled\n"
        "worker.list=lb2\nworker.lb2.type=lb\nworker.lb2.balance_workers=n\nworker.n.host=127.0.0.1\nworker.n.port={w4}\n",
    ),
]  # fmt: skip

# 6.3: addresses and names

_NAMES = [
    ("www.example.com", b"www.example.com"), ("WWW.Example.COM:8081", b"www.example.com"), ("www.example.com.", b"www.example.com"), ("[::1]", b"::1"),
    ("[::1]:99", b"::1"), ("127.0.0.1:80", b"127.0.0.1"), ("a:443", b"a"), ("a:0", None), ("a:65535", b"a"), ("a:x", None), ("", None),
]  # fmt: skip

NAMES = [
    Case(
        "names and ports of the server",
        vhosts(any="JkMount /* w1")
        + "\n"
        + vhosts("B_PORT", canonical="JkMount /* w1\nUseCanonicalName On")
        + "\n"
        + vhosts("C_PORT", physical="JkMount /* w1\nUseCanonicalPhysicalPort On")
        + "\n"
        + vhosts("D_PORT", both="JkMount /* w1\nUseCanonicalPhysicalPort On\nUseCanonicalName On\nServerName https://named.test:8443"),
        [
            Ask("/", host=host, port=port, name=f"{host} at {port}", then={"packet.server_name": name} if name and port == "PORT" else {})
            for port in ("PORT", "B_PORT", "C_PORT", "D_PORT")
            for host, name in _NAMES
        ]
        + [Ask("/", "w1", host=None, version="1.0", port=port, name=f"no host at {port}") for port in ("PORT", "B_PORT", "C_PORT", "D_PORT")],
        listen=("B", "C", "D"),
        rows=("httpd 6.3 server name", "httpd 6.3 server port"),
    ),
    Case(
        "names of clients",
        "HostnameLookups On\nJkMount /* w1\nJkMount /local w1",
        [Ask("/", "w1")],
        rows=("httpd 6.3 remote host",),
    ),
    Case(
        "names and addresses from the environment",
        vhosts(
            none="JkMount /* w1",
            given="JkMount /* w1\nSetEnv JK_REMOTE_HOST there.test\nSetEnv JK_REMOTE_ADDR 2001:db8::1\nSetEnv JK_REMOTE_PORT 0x7\nSetEnv JK_REMOTE_USER u\n"
            "SetEnv JK_AUTH_TYPE a\nSetEnv JK_LOCAL_NAME [::2]\nJkLocalAddrIndicator JK_LOCAL_ADDR\nSetEnv JK_LOCAL_ADDR where\nSetEnv JK_LOCAL_PORT 70000",
            empty='JkMount /* w1\nSetEnv JK_REMOTE_HOST ""\nSetEnv JK_REMOTE_ADDR ""\nSetEnv JK_REMOTE_PORT ""\nSetEnv JK_REMOTE_USER ""\n'
            'SetEnv JK_AUTH_TYPE ""\nSetEnv JK_LOCAL_NAME ""\nJkLocalAddrIndicator JK_LOCAL_ADDR\nSetEnv JK_LOCAL_ADDR ""\nSetEnv JK_LOCAL_PORT ""',
            odd="JkMount /* w1\nSetEnv JK_LOCAL_PORT text\nSetEnv JK_REMOTE_PORT text\nJkOptions +ForwardLocalAddress\nSetEnv JK_REMOTE_ADDR 192.0.2.7",
            negative="JkMount /* w1\nSetEnv JK_LOCAL_PORT -1\nSetEnv JK_REMOTE_PORT -1",
            blank='JkMount /* w1\nSetEnv JK_LOCAL_PORT " 81x"',
        ),
        [
            Ask("/", "w1", host="none.test", then={"packet.remote_host": None, "packet.AJP_LOCAL_ADDR": b"127.0.0.1"}),
            Ask("/", "w1", host="given.test", then={"packet.remote_addr": b"2001:db8::1", "packet.AJP_REMOTE_PORT": b"0x7", "packet.server_port": 70000 & 0xFFFF}),
            Ask("/", "w1", host="empty.test", then={"packet.remote_addr": None, "packet.server_name": b"", "packet.server_port": 0, "packet.AJP_LOCAL_ADDR": b""}),
            *(Ask("/", "w1", host=f"{name}.test") for name in ("odd", "negative", "blank")),
        ],
        rows=(
            "httpd 4.1 remote values", "httpd 4.1 JK_LOCAL_NAME and JK_LOCAL_ADDR", "httpd 4.1 JK_LOCAL_PORT", "httpd 6.3 local addr", "httpd 6.3 remote host",
        ),
    ),
    Case(
        "users of httpd",
        'JkMount /* w1\n<Location /in>\nAuthType Basic\nAuthName "a realm"\nAuthUserFile conf/users\nRequire valid-user\n</Location>\n'
        "<Location /in/as>\nSetEnv JK_REMOTE_USER other\n</Location>\n<Location /in/none>\nSetEnv JK_REMOTE_USER \"\"\n</Location>",
        [
            Ask("/in/x", "-", status=401),
            Ask("/in/x", "w1", headers=(("Authorization", "Basic bWU6cHc="),), then={"packet.remote_user": b"me", "packet.auth_type": b"Basic"}),
            Ask("/in/as", "w1", headers=(("Authorization", "Basic bWU6cHc="),), then={"packet.remote_user": b"other"}),
            Ask("/in/none", "w1", headers=(("Authorization", "Basic bWU6cHc="),), then={"packet.remote_user": None}),
            Ask("/out", "w1", headers=(("Authorization", "Basic bWU6cHc="),), then={"packet.remote_user": None, "packet.header authorization": b"Basic bWU6cHc="}),
        ],
        files={"conf/users": "me:{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=\n"},
        modules="auth_basic authn_file authz_user",
        rows=("httpd 6.3 user and auth type", "httpd 6.1 #2", "httpd 6.1 #3"),
    ),
]  # fmt: skip

# 6.4: headers and bodies

_CODED = "Accept Accept-Charset Accept-Encoding Accept-Language Authorization Connection Content-Type Cookie Cookie2 Pragma Referer User-Agent".split()
_HOP = "Keep-Alive TE Trailer Upgrade Proxy-Connection Proxy-Authorization Expires Range If-None-Match X-Forwarded-For".split()
_SIZES = (1, 8185, 8186, 8187, 16372, 16373, 40000)


def _bytes(n: int) -> bytes:
    return bytes(i * 7 % 251 for i in range(n))


def raw(head: str, body: bytes = b"") -> dict:
    """A request as it stands; lines end in CR LF."""
    return {"raw": head.replace("\n", "\r\n").encode("latin-1") + b"\r\n" + body}


BODIES = [
    Case(
        "headers of requests",
        "JkMount /* w1",
        [
            Ask("/", "w1", headers=tuple((name, f"value of {name}" if name != "Connection" else "close") for name in _CODED), name="all with a code"),
            Ask("/", "w1", headers=tuple((name, "bytes=0-" if name == "Range" else f"{name}/1") for name in _HOP), name="of one hop"),
            Ask("/", "w1", headers=(("ACCEPT", "x"), ("accepT-language", "y"), ("cONTENT-tYPE", "z"), ("coOkie", "c")), name="odd case"),
            Ask("/", "w1", headers=(("Cookie", "a=b"), ("X-A", "1"), ("Cookie", "c=d"), ("x-a", "2"), ("Accept", "e"), ("Accept", "f")), name="repeated"),
            Ask("/", "w1", headers=(("X-Empty", ""), ("Cookie", ""), ("X-High", "\xe4\xff"), ("X-Blank", " a\t b ")), name="odd values"),
            Ask("/", "w1", headers=tuple((f"X-{n}", str(n)) for n in range(90)), name="ninety"),
            Ask("/", "w1", headers=(("Connection", "X-Mine, close"), ("X-Mine", "here")), name="named by Connection"),
            Ask("/", "w1", name="folded", **raw("GET / HTTP/1.1\nHost: a\nX-Folded: a\n  b\nConnection: close\n")),
            Ask("/", name="a bad name", **raw("GET / HTTP/1.1\nHost: a\nX Folded: a\nConnection: close\n")),
        ],
        rows=("httpd 6.4 no length",),
    ),
    Case(
        "bodies of requests",
        "JkMount /* w1\n<Location /ignored>\nSetEnv JK_IGNORE_CL 0\n</Location>\nLimitRequestBody 50000\n<Location /large>\nLimitRequestBody 0\n</Location>",
        [
            *(Ask("/n", "w1", method=method, then={"packet.header content-length": b"0", "other packets": None}, rows=("httpd 6.4 no length",)) for method in ("POST", "PUT", "FOO")),
            Ask("/0", "w1", method="POST", body=b"", then={"other packets": None}, rows=("httpd 6.4 length 0",)),
            Ask("/0", "w1", method="GET", body=b"", rows=("httpd 6.4 length 0",)),
            *(Ask("/n", "w1", method="POST", body=_bytes(n), name=f"POST of {n}", rows=("httpd 6.4 length",)) for n in _SIZES),
            Ask("/n", "w1", method="GET", body=_bytes(10), name="GET with a body", rows=("httpd 6.4 length",)),
            Ask("/n", "w1", method="DELETE", body=_bytes(10), name="DELETE with a body", rows=("httpd 6.4 length",)),
            *(Ask("/c", "w1", method="POST", chunked=[_bytes(n)], name=f"chunked, {n}", rows=("httpd 6.4 chunked",)) for n in _SIZES),
            Ask("/c", "w1", method="POST", chunked=[], name="chunked and empty", rows=("httpd 6.4 chunked",)),
            Ask("/c", "w1", method="POST", chunked=[b"a", b"bc", b"d" * 9000, b"e"], name="many chunks", rows=("httpd 6.4 chunked",)),
            Ask("/c", "w1", method="GET", chunked=[b"abc"], name="GET in chunks", rows=("httpd 6.4 chunked",)),
            Ask(
                "/c", "w1", name="chunk extensions and trailers", rows=("httpd 6.4 chunked",),
                **raw("POST /c HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTrailer: X-T\nConnection: close\n", b"3;x=y\r\nabc\r\n0\r\nX-T: trailer\r\n\r\n"),
            ),
            Ask(
                "/b", name="length and chunked", rows=("httpd 6.4 length and chunked",),
                **raw("POST /b HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 9\n", b"3\r\nabc\r\n0\r\n\r\n"),
            ),
            Ask("/2", "-", name="two lengths", status=400, rows=("httpd 6.4 two lengths",), **raw("POST /2 HTTP/1.1\nHost: a\nContent-Length: 3\nContent-Length: 4\n", b"abcd")),
            Ask("/2", name="the same length twice", rows=("httpd 6.4 two lengths",), **raw("POST /2 HTTP/1.1\nHost: a\nContent-Length: 3\nContent-Length: 3\n", b"abc")),
            Ask("/2", name="a length that is none", rows=("httpd 6.4 two lengths",), **raw("POST /2 HTTP/1.1\nHost: a\nContent-Length: -3\n")),
            Ask("/2", name="a length with a sign", **raw("POST /2 HTTP/1.1\nHost: a\nContent-Length: +3\n", b"abc")),
            Ask("/2", name="an unknown transfer encoding", **raw("POST /2 HTTP/1.1\nHost: a\nTransfer-Encoding: gzip\n")),
            Ask("/1.0", "w1", name="chunks of 1.0", **raw("POST /1.0 HTTP/1.0\nTransfer-Encoding: chunked\n", b"3\r\nabc\r\n0\r\n\r\n")),
            *(
                Ask("/ignored", "w1", method="POST", body=_bytes(n), name=f"ignored length of {n}", then={"packet.header content-length": None}, rows=("httpd 6.4 JK_IGNORE_CL with a length", "httpd 4.1 JK_IGNORE_CL"))
                for n in (1, 8186, 8187, 20000)
            ),
            Ask("/ignored", "w1", method="POST", body=b"", name="ignored length of 0", rows=("httpd 6.4 JK_IGNORE_CL without a length",), then={"packet.header content-length": b"0"}),
            Ask("/ignored", "w1", name="ignored and no length", rows=("httpd 6.4 JK_IGNORE_CL without a length",)),
            Ask("/ignored", "w1", method="POST", chunked=[b"abc"], name="ignored and chunked", rows=("httpd 6.4 JK_IGNORE_CL without a length",)),
            Ask("/e", "w1", method="POST", body=b"abc", headers=(("Expect", "100-continue"),), then={"interim": [100]}, rows=("httpd 6.4 Expect",), name="expects, and has a length"),
            Ask("/e", "w1", method="POST", chunked=[b"abc"], headers=(("Expect", "100-continue"),), then={"interim": [100]}, rows=("httpd 6.4 Expect",), name="expects, and has chunks"),
            Ask("/e", "w1", headers=(("Expect", "100-continue"),), rows=("httpd 6.4 Expect",), name="expects, and has nothing"),
            Ask("/e", "-", status=417, headers=(("Expect", "something"),), close=True, rows=("httpd 6.4 Expect",)),
            Ask("/limit", "-", method="POST", body=_bytes(50001), status=413, close=True, name="more than allowed", rows=("httpd 11.1 #15",)),
            Ask("/limit", "w1", method="POST", body=_bytes(50000), name="as much as allowed"),
            Ask("/limit", None, method="POST", chunked=[_bytes(30000), _bytes(30000)], name="chunks of more than allowed", rows=("httpd 11.1 #15",)),
            Ask("/large", "w1", method="POST", body=_bytes(300000), name="a large one"),
        ],
    ),
]  # fmt: skip

CASES = [*METHODS, *ATTRIBUTES, *NAMES, *BODIES]
