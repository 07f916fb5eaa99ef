"""Request packets of the original, byte for byte, and how to record them again.

    JK_UNDER_TEST=theirs python3 tests/recorded/packets.py

Each case is a request as a client sends it and a file `packets/NAME.hex` with the FORWARD_REQUEST that must come out
of it, in the offset-and-hex form that text2pcap reads. The client's port differs from run to run, so both sides are
compared with port 00000.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ajp
from support.client import Client
from support.httpd import Httpd
from support.peer import Peer

FOLDER = Path(__file__).parent / "packets"


@dataclass
class Case:
    """`lines` follow the request line and the Host header; `port` names the listener."""

    name: str
    line: str
    lines: tuple[str, ...] = ("User-Agent: t/1", "Connection: close")
    body: bytes = b""
    port: str = "PORT"
    host: str = "www.example.com"

    def raw(self) -> bytes:
        head = [self.line, f"Host: {self.host}", *self.lines]
        return "".join(f"{line}\r\n" for line in head).encode("latin-1") + b"\r\n" + self.body


BASIC = "Authorization: Basic " + base64.b64encode(b"alice:pw").decode()

CASES = [
    Case("simple-get", "GET /t/ok HTTP/1.1", ("User-Agent: t/1", "Accept: */*", "Connection: close")),
    Case(
        "post-with-length",
        "POST /t/post HTTP/1.1",
        ("User-Agent: t/1", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 9", "Connection: close"),
        b"a=1&b=two",
    ),
    Case(
        "post-chunked",
        "POST /t/chunked HTTP/1.1",
        ("User-Agent: t/1", "Content-Type: text/plain", "Transfer-Encoding: chunked", "Connection: close"),
        b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
    ),
    Case(
        "lb-over-tls",
        "GET /lb/ok;x=1?q=a%20b HTTP/1.1",
        ("User-Agent: t/1", "Cookie: JSESSIONID=AB12.tc1", "Accept-Language: de", "Connection: close"),
        port="TLS_PORT",
    ),
    Case("head", "HEAD /t/ok HTTP/1.1"),
    Case(
        "patch-with-everything",
        "PATCH /secret/ok HTTP/1.1",
        (
            "User-Agent: t/1",
            BASIC,
            "X-Long: " + "L" * 40,
            "Accept-Charset: utf-8",
            "X-Dup: 1",
            "X-Dup: 2",
            "Content-Length: 0",
            "Connection: close",
        ),
    ),
    Case("http-1.0", "GET /t/old HTTP/1.0", ("User-Agent: t/1",)),
    Case("empty-query", "GET /t/ok? HTTP/1.1"),
    Case(
        "every-header-code",
        "GET /t/headers HTTP/1.1",
        (
            "accept: */*",
            "ACCEPT-CHARSET: utf-8",
            "Accept-Encoding: gzip",
            "Accept-Language: de",
            "Authorization: Digest x",
            "Content-Type: text/plain",
            "Cookie: a=b",
            "Cookie2: $Version=1",
            "Pragma: no-cache",
            "Referer: http://r/",
            "User-Agent: t/1",
            "Connection: close",
        ),
    ),
    Case(
        "hop-by-hop-headers",
        "GET /t/hop HTTP/1.1",
        ("TE: trailers", "Keep-Alive: 300", "Upgrade: x", "Proxy-Connection: close", "Range: bytes=0-1", "Connection: close, te, upgrade"),
    ),
    Case("two-cookie-headers", "GET /t/c HTTP/1.1", ("Cookie: a=1", "Cookie: b=2", "Connection: close")),
    Case("high-bytes-in-header", "GET /t/h HTTP/1.1", ("X-Latin: \xe4\xf6\xfc", "X-Empty:", "Connection: close")),
    Case("escaped-path", "GET /t/a%20b%C3%A4;p=1/%41?x=%2F&y=/;z HTTP/1.1"),
    Case("tls-indicators-by-environment", "GET /env/tls HTTP/1.1"),
    Case("overrides-by-environment", "GET /env/override HTTP/1.1"),
    Case("empty-overrides-by-environment", "GET /env/empty HTTP/1.1"),
    Case("ipv6-host-with-port", "GET /t/v6 HTTP/1.1", host="[::1]:8443"),
    Case("host-in-capitals-with-dot", "GET /t/host HTTP/1.1", host="WWW.Example.COM.:81"),
    Case("absolute-form", "GET http://other.example:82/t/abs?q HTTP/1.1"),
    Case("lower-case-method", "get /t/ok HTTP/1.1"),
]

WORKERS = """
worker.list=plain,secret,lb
worker.plain.type=ajp13
worker.plain.host=127.0.0.1
worker.plain.port={port}
worker.secret.reference=worker.plain
worker.secret.secret=s3cr3t
worker.lb.type=lb
worker.lb.balance_workers=tc1
worker.tc1.reference=worker.plain
"""

CONF = """
JkMount /t/* plain
JkMount /env/* plain
JkMount /secret/* secret
JkMount /lb/* lb
JkEnvVar TENANT
JkEnvVar ABSENT
SetEnvIf Request_URI ^/secret/ TENANT=acme
<Location /secret>
  AuthType Basic
  AuthName test
  AuthUserFile conf/users
  Require valid-user
</Location>
<Location /env/tls>
  SetEnv HTTPS ON
  SetEnv SSL_PROTOCOL TLSv1.9
  SetEnv SSL_CIPHER SOME-CIPHER
  SetEnv SSL_SESSION_ID 0123ABCD
  SetEnv SSL_CIPHER_USEKEYSIZE 256
  SetEnv SSL_CLIENT_CERT "-----BEGIN CERTIFICATE-----text-----END CERTIFICATE-----"
  SetEnv SSL_CLIENT_CERT_CHAIN_0 chain-is-off
</Location>
<Location /env/override>
  SetEnv JK_REMOTE_ADDR 192.0.2.7
  SetEnv JK_REMOTE_PORT 4711
  SetEnv JK_REMOTE_HOST client.example
  SetEnv JK_REMOTE_USER bob
  SetEnv JK_AUTH_TYPE CUSTOM
  SetEnv JK_LOCAL_NAME front.example
  SetEnv JK_LOCAL_PORT 8443
  SetEnv JK_LOCAL_ADDR 192.0.2.1
  SetEnv JK_ROUTE east
  SetEnv TENANT blue
</Location>
<Location /env/empty>
  SetEnv JK_REMOTE_ADDR ""
  SetEnv JK_REMOTE_PORT ""
  SetEnv JK_REMOTE_HOST ""
  SetEnv JK_REMOTE_USER ""
  SetEnv JK_AUTH_TYPE ""
  SetEnv JK_LOCAL_NAME ""
  SetEnv JK_LOCAL_PORT ""
  SetEnv JK_LOCAL_ADDR ""
  SetEnv JK_ROUTE ""
</Location>
<VirtualHost *:${TLS_PORT}>
  ServerName www.example.com:443
  JkMountCopy On
  SSLEngine On
  SSLCertificateFile conf/cert.pem
  SSLCertificateKeyFile conf/key.pem
  SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256
  SSLOptions +StdEnvVars
</VirtualHost>
"""


def server(httpd: Httpd, peer: Peer) -> Httpd:
    """Configures a server on which every case gives its packet. It needs MODULES."""
    httpd.listen("TLS")
    httpd.workers(WORKERS.format(port=peer.port))
    httpd.write("conf/users", "alice:{SHA}" + base64.b64encode(hashlib.sha1(b"pw").digest()).decode() + "\n")
    certificate(httpd.dir / "conf")
    return httpd.conf(CONF)


MODULES = "ssl socache_shmcb auth_basic authn_file authz_user"


def certificate(folder: Path, name: str = "") -> None:
    """A self-signed certificate: `cert.pem` and `key.pem`, with `name` in front."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj", "/CN=www.example.com"]
        + ["-keyout", str(folder / f"{name}key.pem"), "-out", str(folder / f"{name}cert.pem")],
        check=True,
        capture_output=True,
    )


def play(httpd: Httpd, peer: Peer, case: Case) -> bytes:
    """The packet the backend gets when a client sends the request of the case."""
    peer.forget()
    with Client(httpd.ports[case.port], tls=case.port == "TLS_PORT") as client:
        client.send(case.raw())
        reply = client.read(case.line.split()[0])
    assert reply.status in (200, 206) and reply.whole, f"{case.name}: {reply}"
    return without_client_port(peer.last.raw)


def without_client_port(raw: bytes) -> bytes:
    """The same packet as if the client's port were 00000."""
    mark = ajp.string("AJP_REMOTE_PORT")
    before, after = raw.split(mark)
    digits = int.from_bytes(after[:2], "big")
    if digits == 0xFFFF or not after[2 : 2 + digits].isdigit() or after[2 : 2 + digits] == b"4711":
        return raw
    changed = before[4:] + mark + ajp.string("00000") + after[3 + digits :]
    return raw[:2] + ajp.word(len(changed)) + changed


def recorded(name: str) -> bytes:
    lines = (FOLDER / f"{name}.hex").read_text().splitlines()
    return bytes.fromhex("".join(line[6:] for line in lines))


def dump(raw: bytes) -> str:
    return "".join(f"{at:04x}  {raw[at : at + 16].hex(' ')}\n" for at in range(0, len(raw), 16))


def record() -> None:
    FOLDER.mkdir(exist_ok=True)
    with Peer("recorder") as peer, Httpd(modules=MODULES, threads=2) as httpd:
        server(httpd, peer).start()
        for case in CASES:
            (FOLDER / f"{case.name}.hex").write_text(dump(play(httpd, peer, case)))
            print(case.name)


if __name__ == "__main__":
    record()
