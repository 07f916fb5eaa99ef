"""Each directive: what it does, where it is inherited, what a repetition does. Wrong values are in `test_compat_start`."""

from __future__ import annotations

import re

from .case import Ask, Case, vhosts

# Indicators: one name for each value, given in the main server, kept or replaced in virtual hosts.

_GIVEN = {
    "JkRemoteAddrIndicator": ("RADDR", "packet.remote_addr", "192.0.2.{}"),
    "JkRemotePortIndicator": ("RPORT", "packet.AJP_REMOTE_PORT", "700{}"),
    "JkRemoteHostIndicator": ("RHOST", "packet.remote_host", "far{}.example"),
    "JkRemoteUserIndicator": ("RUSER", "packet.remote_user", "user{}"),
    "JkAuthTypeIndicator": ("AUTH", "packet.auth_type", "kind{}"),
    "JkLocalNameIndicator": ("LNAME", "packet.server_name", "near{}.example"),
    "JkLocalPortIndicator": ("LPORT", "packet.server_port", "800{}"),
    "JkLocalAddrIndicator": ("LADDR", "packet.AJP_LOCAL_ADDR", "198.51.100.{}"),
    "JkSSLPROTOCOLIndicator": ("PROTO", "packet.AJP_SSL_PROTOCOL", "TLSv1.{}"),
    "JkCIPHERIndicator": ("CIPHER", "packet.ssl_cipher", "cipher-{}"),
    "JkSESSIONIndicator": ("SESSION", "packet.ssl_session", "session-{}"),
    "JkKEYSIZEIndicator": ("KEYSIZE", "packet.ssl_key_size", "12{}"),
    "JkCERTSIndicator": ("CERT", "packet.ssl_cert", "certificate {} "),
}

_DEFAULTS = {
    "JkRemoteAddrIndicator": "JK_REMOTE_ADDR", "JkRemotePortIndicator": "JK_REMOTE_PORT", "JkRemoteHostIndicator": "JK_REMOTE_HOST",
    "JkRemoteUserIndicator": "JK_REMOTE_USER", "JkAuthTypeIndicator": "JK_AUTH_TYPE", "JkLocalNameIndicator": "JK_LOCAL_NAME",
    "JkLocalPortIndicator": "JK_LOCAL_PORT", "JkLocalAddrIndicator": "JK_LOCAL_ADDR", "JkSSLPROTOCOLIndicator": "SSL_PROTOCOL",
    "JkCIPHERIndicator": "SSL_CIPHER", "JkSESSIONIndicator": "SSL_SESSION_ID", "JkKEYSIZEIndicator": "SSL_CIPHER_USEKEYSIZE",
    "JkCERTSIndicator": "SSL_CLIENT_CERT",
}  # fmt: skip


def _named(prefix: str) -> str:
    lines = [f"{name} {prefix}_{short}" for name, (short, _, _) in _GIVEN.items()]
    return "\n".join([*lines, f"JkHTTPSIndicator {prefix}_HTTPS", f"JkCERTCHAINPrefix {prefix}_CHAIN_"])


def _set(prefix: str, number: int) -> str:
    names = {name: f"{prefix}_{short}" if prefix else _DEFAULTS[name] for name, (short, _, _) in _GIVEN.items()}
    lines = [f'SetEnv {names[name]} "{value.format(number)}"' for name, (_, _, value) in _GIVEN.items()]
    chain = f"{prefix}_CHAIN_" if prefix else "SSL_CLIENT_CERT_CHAIN_"
    https = f"{prefix}_HTTPS" if prefix else "HTTPS"
    return "\n".join([*lines, f"SetEnv {https} on", f'SetEnv {chain}0 "chain {number} "', f'SetEnv {chain.lower()}1 "and more"'])


def _shown(number: int, skip: tuple[str, ...] = ()) -> dict[str, object]:
    facts: dict[str, object] = {"packet.is_ssl": True}
    for name, (_, shown, value) in _GIVEN.items():
        text = value.format(number)
        facts[shown] = int(text) if shown in ("packet.server_port", "packet.ssl_key_size") else text.encode()
    facts["packet.ssl_cert"] = f"certificate {number} chain {number} and more".encode()
    return {name: value for name, value in facts.items() if name not in skip}


_ROWS = tuple(f"httpd 3 {name}" for name in [*_GIVEN, "JkHTTPSIndicator", "JkCERTCHAINPrefix"])

INDICATED = [
    Case(
        "indicators",
        f"JkMount /* w1\nJkOptions +ForwardSSLCertChain\n{_named('A')}\n{_set('A', 1)}\n{_set('B', 2)}\n{_set('', 3)}\n"
        + vhosts(
            keeps="JkMountCopy On",
            replaces=f"JkMount /* w1\n{_named('A')}\n{_named('B')}",
            empty="JkMount /* w1\n" + "\n".join(f"{name} NOT_SET" for name in [*_GIVEN, "JkHTTPSIndicator"]),
        ),
        [
            Ask("/main", "w1", port="MAIN_PORT", then=_shown(1)),
            Ask("/keeps", "w1", host="keeps.test", then=_shown(1, skip=("packet.AJP_LOCAL_ADDR",)) | {"packet.AJP_LOCAL_ADDR": b"127.0.0.1"}),
            Ask("/replaces", "w1", host="replaces.test", then=_shown(2)),
            Ask("/empty", "w1", host="empty.test", then={"packet.is_ssl": False, "packet.remote_addr": b"127.0.0.1", "packet.ssl_cipher": None}),
        ],
        listen=("MAIN",),
        rows=(*_ROWS, "httpd 11.1 #7"),
    ),
    Case(
        "indicators without a directive",
        f"JkMount /* w1\nJkOptions +ForwardSSLCertChain\n{_set('', 3)}\n" + vhosts(keeps="JkMountCopy On"),
        [
            Ask("/main", "w1", port="MAIN_PORT", then=_shown(3)),
            Ask("/keeps", "w1", host="keeps.test", then=_shown(3, skip=("packet.AJP_LOCAL_ADDR",)) | {"packet.AJP_LOCAL_ADDR": b"127.0.0.1"}),
        ],
        listen=("MAIN",),
        rows=(*_ROWS, "httpd 11.1 #7", "httpd 4.1 HTTPS and SSL_*"),
    ),
    Case(
        "a header of the client names neither client nor server",
        vhosts(
            own="JkMount /* w1\nSetEnv HTTPS on\n"
            + "\n".join(f"{name} HTTP_X_NAME" for name in [*_GIVEN][:8])
            + "\nJkCIPHERIndicator HTTP_X_NAME\nJkEnvVar HTTP_X_NAME"
        ),
        [
            Ask(
                "/own",
                "w1",
                host="own.test",
                headers=(("X-Name", "123"),),
                then={
                    "packet.remote_addr": b"127.0.0.1",
                    "packet.remote_user": None,
                    "packet.auth_type": None,
                    "packet.server_name": b"own.test",
                    "packet.AJP_LOCAL_ADDR": b"127.0.0.1",
                    "packet.ssl_cipher": b"123",
                    "packet.HTTP_X_NAME": b"123",
                },
            )
        ],
    ),
    Case(
        "another name for the mark of bodies whose length is ignored",
        "JkIgnoreCLIndicator NO_LENGTH\n<Location /no>\nSetEnv NO_LENGTH 0\n</Location>\n<Location /old>\nSetEnv JK_IGNORE_CL 1\n</Location>\n"
        + vhosts(keeps="JkMount /* w1", own="JkMount /* w1\nJkIgnoreCLIndicator OTHER\nSetEnv OTHER yes"),
        [
            Ask("/no", "w1", method="POST", body=b"12345", host="keeps.test", then={"packet.header content-length": None}),
            Ask("/old", "w1", method="POST", body=b"12345", host="keeps.test", then={"packet.header content-length": b"5"}),
            Ask("/no", "w1", method="POST", body=b"12345", host="own.test", then={"packet.header content-length": None}),
        ],
        rows=("httpd 3 JkIgnoreCLIndicator",),
    ),
    Case(
        "another name for the worker",
        "JkWorkerIndicator MY_WORKER\n<Location /sh>\nSetHandler jakarta-servlet\nSetEnv MY_WORKER w1\nSetEnv JK_WORKER_NAME w2\nSetEnv OTHER w3\n</Location>\n"
        + vhosts(keeps="", own="JkWorkerIndicator OTHER", back="JkWorkerIndicator JK_WORKER_NAME"),
        [Ask("/sh", "w1", port="MAIN_PORT"), Ask("/sh", "w1", host="keeps.test"), Ask("/sh", "w3", host="own.test"), Ask("/sh", "w2", host="back.test")],
        listen=("MAIN",),
        rows=("httpd 3 JkWorkerIndicator",),
    ),
]

# Workers

_PROPERTIES = """
JkWorkerProperty worker.list=a
JkWorkerProperty worker.list=b
JkWorkerProperty worker.a.host=127.0.0.1
jkworkerproperty worker.a.port={w1}
JkWorkerProperty worker.b.reference=worker.a
JkWorkerProperty worker.b.port={w2}
JkWorkerProperty worker.list=lb
JkWorkerProperty worker.lb.type = lb
JkWorkerProperty worker.lb.balance_workers=a
JkWorkerProperty worker.maintain=30
JkWorkerProperty novalue
JkWorkerProperty my.own=x
JkWorkerProperty =x
JkMount /a a
JkMount /b b
JkMount /lb lb
JkMount /c c
"""

WORKERS = [
    Case(
        "workers by directives alone",
        _PROPERTIES,
        [Ask("/a", "w1"), Ask("/b", "w2"), Ask("/lb", "w1"), Ask("/c", "-", status=500)],
        workers_file=False,
        rows=("httpd 3 JkWorkerProperty",),
    ),
    Case(
        "workers by directives and a file",
        "JkWorkerProperty worker.list=a\nJkWorkerProperty worker.a.host=127.0.0.1\nJkWorkerProperty worker.a.port={w1}\n"
        "JkWorkerProperty worker.w2.port={w1}\nJkMount /a a\nJkMount /2 w2",
        [Ask("/a", "w1"), Ask("/2", "w2")],
        starts="warn",
        rows=("httpd 3 JkWorkerProperty",),
    ),
    Case(
        "a workers file elsewhere",
        'JkWorkersFile "conf/more workers"\nJkMount /a a',
        [Ask("/a", "w1")],
        workers_file=False,
        files={"conf/more workers": "p={w1}\nworker.list=a\nworker.a.host=127.0.0.1\nworker.a.port=$(p)\n"},
        rows=("httpd 3 JkWorkersFile",),
    ),
    Case(
        "a shared memory file and its size",
        "JkShmFile run/first\nJkShmFile run/second\nJkShmSize 100\nJkShmSize 1\nJkMount /* lb",
        [Ask("/", "w1"), Ask("/", "w2")],
        workers="worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\n"
        "worker.a.host=127.0.0.1\nworker.a.port={w1}\nworker.b.host=127.0.0.1\nworker.b.port={w2}\n",
        starts="warn",
        rows=("httpd 3 JkShmFile", "httpd 3 JkShmSize"),
    ),
    Case(
        "a watchdog",
        "JkWatchdogInterval 60\nJkWatchdogInterval 1\nJkMount /* w1",
        [Ask("/", "w1")],
        starts="quiet",
        rows=("httpd 3 JkWatchdogInterval",),
    ),
    Case(
        "a watchdog that is none",
        "JkWatchdogInterval -1\nJkMount /* w1\nJkMountFileReload text",
        [Ask("/", "w1")],
        starts="quiet",
        rows=("httpd 3 JkWatchdogInterval", "httpd 3 JkMountFileReload"),
    ),
    Case(
        "mount files",
        "JkMountFile conf/first\nJkMountFile conf/second\nJkMountFileReload 5\nJkMountFileReload 0\n"
        + vhosts(none="JkMount /x w1", own="JkMountFile ${DIR}/conf/first\nJkMountFileReload -3", copied="JkMountCopy On"),
        [
            *(Ask(path, worker, port="MAIN_PORT") for path, worker in (("/1", "-"), ("/2", "w2"))),
            *(Ask(path, worker, host="none.test") for path, worker in (("/1", "-"), ("/2", "-"), ("/x", "w1"))),
            *(Ask(path, worker, host="own.test") for path, worker in (("/1", "w1"), ("/2", "-"))),
            *(Ask(path, worker, host="copied.test") for path, worker in (("/1", "-"), ("/2", "w2"))),
        ],
        files={"conf/first": "/1=w1\n", "conf/second": "/2=w2\n"},
        listen=("MAIN",),
        rows=("httpd 3 JkMountFile", "httpd 3 JkMountFileReload"),
    ),
]  # fmt: skip

# Options: each alone, and what virtual hosts make of those of the main server.

_TARGETS = [
    "/a/%41+%20%22%3B;p=%31", "/a//b/../c/./d;j=1/e", "/a/%2B+?x=%41&y", "/a/%25?", "/a/%C3%A4%ff~!$&'()*,-._:@", "/a/%5E%60%7B%7C%7D%3C%3E%5B%5D",
    "/a/%23%3F?%23", "/a/b;jsessionid=1.w?q", "/rw/x%20y?q=1", "/pt/x%20y?q=1", "http://other.test/a/x;y?z",
]  # fmt: skip

_FORMS = {
    "proxy": ("ForwardURIProxy", {"/a/%41+%20%22%3B;p=%31": "/a/A+%20%22;;p=1", "/a//b/../c/./d;j=1/e": "/a/c/d;j=1/e"}),
    "escaped": ("ForwardURIEscaped", {"/a/%41+%20%22%3B;p=%31": "/a/A+%20%22;;p=1", "/a//b/../c/./d;j=1/e": "/a/c/d;j=1/e"}),
    "compat": ("ForwardURICompat", {"/a/%41+%20%22%3B;p=%31": '/a/A+ ";;p=1', "/a//b/../c/./d;j=1/e": "/a/c/d;j=1/e"}),
    "unparsed": ("ForwardURICompatUnparsed", {"/pt/x%20y?q=1": "/pt/x%20y"}),
}


def _form(name: str, option: str, known: dict[str, str]) -> Case:
    rules = "RewriteEngine On\nRewriteRule ^/rw/(.*) /elsewhere/$1\nRewriteRule ^/pt/(.*) /a/$1 [PT]\nJkMount /* w1\n"
    rows = (f"httpd 3.1 {option}", f"httpd 6.2 {option}", "httpd 3 JkOptions")
    return Case(
        f"the URI as {name}",
        f"{rules}JkOptions +{option}\n"
        + vhosts(
            main=f"{rules}JkOptions +{option}",
            keeps=rules,
            slashes=f"{rules}JkOptions {option.upper()}\nAllowEncodedSlashes On",
            undecoded=f"{rules}JkOptions ForwardURICompat {option}\nAllowEncodedSlashes NoDecode",
            other=f"{rules}JkOptions +{'ForwardURICompat' if name == 'proxy' else 'ForwardURIProxy'}",
        ),
        [
            Ask("/first", "w1", host="main.test"),
            *(Ask(target, "w1", known.get(target), host="main.test") for target in _TARGETS if "other.test" not in target),
            Ask("http://main.test/a/x;y?z", "w1", host="main.test"),
            *(Ask(target, "w1", host=f"{host}.test") for host in ("keeps", "other") for target in _TARGETS[:2]),
            *(Ask(target, host=f"{host}.test") for host in ("main", "slashes", "undecoded") for target in ("/a%2Fb", "/a/%2f%2F/b", "/a/%2e%2e%2fb", "/a/%252F")),
        ],
        rows=(*rows, *(("httpd 11.1 #11",) if name == "proxy" else ())),
    )


_ADDRESSES = {
    "local": ("JkOptions +ForwardLocalAddress", b"127.0.0.1", b"0"),
    "physical": ("JkOptions +ForwardPhysicalAddress", b"127.0.0.1", re.compile(rb"^[0-9]{4,5}$")),
    "client": ("", b"203.0.113.9", b"0"),
    "both": ("JkOptions +ForwardLocalAddress +ForwardPhysicalAddress", b"127.0.0.1", re.compile(rb"^[0-9]{4,5}$")),
    "minus": ("JkOptions -ForwardLocalAddress +ForwardLocalAddress", b"203.0.113.9", b"0"),
    "minus2": ("JkOptions +ForwardLocalAddress\nJkOptions -ForwardPhysicalAddress", b"203.0.113.9", b"0"),
}

_BEHIND = (("X-Forwarded-For", "203.0.113.9"),)


def _merged(main: str, **hosts: str) -> tuple[str, list[Ask]]:
    conf = f"JkMount /* w1\nRemoteIPHeader X-Forwarded-For\nHostnameLookups Off\n{main}\n" + vhosts(**{name: f"JkMount /* w1\n{text}" for name, text in hosts.items()})
    return conf, [Ask("/", "w1", host=f"{name}.test", headers=_BEHIND, name=name) for name in hosts]


_INHERIT_LOCAL = _merged(
    "JkOptions +ForwardLocalAddress",
    keeps="", off="JkOptions -ForwardLocalAddress", physical="JkOptions +ForwardPhysicalAddress",
    swapped="JkOptions -ForwardLocalAddress +ForwardPhysicalAddress", on="JkOptions +ForwardLocalAddress", uri="JkOptions ForwardURICompat",
)  # fmt: skip
_INHERIT_MINUS = _merged(
    "JkOptions -ForwardLocalAddress +DisableReuse",
    keeps="", on="JkOptions +ForwardLocalAddress", reuse="JkOptions -DisableReuse", both="JkOptions +DisableReuse -DisableReuse",
)  # fmt: skip

OPTIONS = [
    *(_form(name, *what) for name, what in _FORMS.items()),
    Case(
        "whose address is forwarded",
        "RemoteIPHeader X-Forwarded-For\n" + vhosts(**{name: f"JkMount /* w1\n{text}" for name, (text, _, _) in _ADDRESSES.items()}),
        [
            Ask("/", "w1", host=f"{name}.test", headers=_BEHIND, then={"packet.remote_addr": addr, "packet.AJP_REMOTE_PORT": port})
            for name, (_, addr, port) in _ADDRESSES.items()
        ],
        modules="remoteip",
        rows=("httpd 3.1 ForwardLocalAddress", "httpd 3.1 ForwardPhysicalAddress", "httpd 6.3 remote addr", "httpd 6.3 remote port", "httpd 3 JkOptions"),
    ),
    Case("options of the main server: an address", *_INHERIT_LOCAL, modules="remoteip", rows=("httpd 3 JkOptions", "httpd 11.1 #7")),
    Case("options of the main server: a minus", *_INHERIT_MINUS, modules="remoteip", rows=("httpd 3 JkOptions", "httpd 3.1 DisableReuse")),
    Case(
        "connections that are not used again",
        vhosts(reuse="JkMount /* w1", single="JkMount /* w1\nJkOptions +disablereuse"),
        [
            Ask("/", "w1", host="reuse.test", then={"header x-reused": "X-Reused: 0"}),
            Ask("/", "w1", host="reuse.test", then={"header x-reused": "X-Reused: 1"}),
            Ask("/", "w1", host="single.test", then={"header x-reused": "X-Reused: 1"}),
            Ask("/", "w1", host="single.test", then={"header x-reused": "X-Reused: 0"}),
            Ask("/", "w1", host="reuse.test", then={"header x-reused": "X-Reused: 0"}),
        ],
        rows=("httpd 3.1 DisableReuse",),
    ),
    Case(
        "key size and chain of certificates",
        "SetEnv HTTPS ON\nSetEnv SSL_CIPHER c\nSetEnv SSL_CIPHER_USEKEYSIZE 256\nSetEnv SSL_CLIENT_CERT leaf/\nSetEnv SSL_CLIENT_CERT_CHAIN_1 one/\n"
        "SetEnv ssl_client_cert_chain_0 zero/\nSetEnv SSL_CLIENT_CERT_CHAIN_ empty/\nSetEnv SSL_CLIENT_CERT_CHAINX no/\nSetEnv SSL_PROTOCOL TLSv1.3\n"
        + vhosts(
            plain="JkMount /* w1", chain="JkMount /* w1\nJkOptions +ForwardSSLCertChain", nokey="JkMount /* w1\nJkOptions -ForwardKeySize",
            off="JkMount /* w1\nJkExtractSSL Off", on="JkMount /* w1\nJkExtractSSL off\nJkExtractSSL on", text="JkMount /* w1\nSetEnv SSL_CIPHER_USEKEYSIZE 9x",
            large="JkMount /* w1\nSetEnv SSL_CIPHER_USEKEYSIZE 70000", negative="JkMount /* w1\nSetEnv SSL_CIPHER_USEKEYSIZE -1",
            empty="JkMount /* w1\nSetEnv SSL_CIPHER \"\"\nSetEnv SSL_CLIENT_CERT \"\"\nSetEnv SSL_CIPHER_USEKEYSIZE \"\"\nSetEnv SSL_PROTOCOL \"\"\nSetEnv SSL_SESSION_ID \"\"",
            one="JkMount /* w1\nSetEnv HTTPS 1", chainonly="JkMount /* w1\nJkOptions +ForwardSSLCertChain\nUnsetEnv SSL_CLIENT_CERT",
            chainempty="JkMount /* w1\nJkOptions +ForwardSSLCertChain\nSetEnv SSL_CLIENT_CERT \"\"",
        ),
        [
            Ask("/", "w1", host="plain.test", then={"packet.ssl_key_size": 256, "packet.ssl_cert": b"leaf/"}),
            Ask("/", "w1", host="chain.test", rows=("httpd 3.1 ForwardSSLCertChain",), then={"packet.ssl_cert": re.compile(b"^leaf/.*zero/")}),
            Ask("/", "w1", host="nokey.test", rows=("httpd 3.1 ForwardKeySize",), then={"packet.ssl_key_size": None, "packet.ssl_cipher": b"c"}),
            Ask("/", "w1", host="off.test", rows=("httpd 3 JkExtractSSL",), then={"packet.is_ssl": False, "packet.ssl_cipher": None}),
            Ask("/", "w1", host="on.test", rows=("httpd 3 JkExtractSSL",), then={"packet.is_ssl": True}),
            *(Ask("/", "w1", host=f"{name}.test") for name in ("text", "large", "negative", "empty", "one", "chainonly", "chainempty")),
        ],
        rows=("httpd 6.3 scheme", "httpd 4.1 HTTPS and SSL_*", "httpd 6.1 #9"),
    ),
    Case(
        "settings of TLS in the main server",
        "SetEnv HTTPS on\nJkExtractSSL Off\n" + vhosts(keeps="JkMount /* w1", on="JkMount /* w1\nJkExtractSSL On"),
        [Ask("/", "w1", host="keeps.test", then={"packet.is_ssl": False}), Ask("/", "w1", host="on.test", then={"packet.is_ssl": True})],
        rows=("httpd 3 JkExtractSSL",),
    ),
]  # fmt: skip

# JkEnvVar

_VARIABLES = """
JkEnvVar FIRST
JkEnvVar SECOND given
JkEnvVar THIRD ""
JkEnvVar REMOTE_PORT
JkEnvVar SERVER_SOFTWARE
JkEnvVar SERVER_ADMIN
JkEnvVar DOCUMENT_ROOT nothing
JkEnvVar HTTP_X_WISH
JkEnvVar HTTP_X_NONE
JkEnvVar REQUEST_METHOD
JkEnvVar QUERY_STRING
JkEnvVar REQUEST_URI none
JkEnvVar first again
JkEnvVar "A B" "c d"
JkEnvVar JK_LB_ACTIVATION x
"""

VARIABLES = [
    Case(
        "variables for Tomcat",
        f"JkMount /* w1\n{_VARIABLES}\n<Location /set>\nSetEnv SECOND changed\nSetEnv THIRD \"\"\nSetEnv FIRST \"\"\n</Location>\nSetEnvIf X-Set (.+) SECOND=$1\n"
        + vhosts(
            keeps="JkMount /* w1",
            own="JkMount /* w1\nJkEnvVar ZERO 0\nJkEnvVar second mine\nJkEnvVar LAST",
        ),
        [
            Ask("/x?q=1", "w1", port="MAIN_PORT", headers=(("X-Wish", "1"),), then={"packet.SECOND": b"given", "packet.HTTP_X_WISH": b"1"}),
            Ask("/x", "w1", port="MAIN_PORT", headers=(("X-Set", "by client"),), then={"packet.SECOND": b"by client"}),
            Ask("/set", "w1", port="MAIN_PORT", then={"packet.SECOND": b"changed"}),
            Ask("/keeps", "w1", host="keeps.test", then={"packet.SECOND": b"given"}),
            Ask("/set", "w1", host="keeps.test"),
            Ask("/own", "w1", host="own.test", then={"packet.ZERO": b"0"}),
            Ask("/set", "w1", host="own.test"),
            Ask("/post", "w1", method="POST", body=b"x", host="own.test"),
        ],
        listen=("MAIN",),
        rows=("httpd 3 JkEnvVar", "httpd 4.1 JkEnvVar names", "httpd 6.1 #15"),
    ),
]

CASES = [*INDICATED, *WORKERS, *OPTIONS, *VARIABLES]
