"""Requests over TLS: what mod_ssl says, and what of it is forwarded."""

from __future__ import annotations

import re
import ssl
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from .case import Ask, Case


@cache
def certificates() -> dict[str, str]:
    """A key and certificate for the server; an authority and a client's certificate below it. Made once."""
    with tempfile.TemporaryDirectory(prefix="mod_jk-tls-") as folder:

        def openssl(*arguments: str) -> None:
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

        for name in ("server", "authority"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")  # fmt: skip
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=client", "-keyout", "client.key", "-out", "client.csr")
        openssl("x509", "-req", "-in", "client.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "2", "-out", "client.pem")
        return {path.name: path.read_text() for path in Path(folder).iterdir()}


class WithCertificate:
    """A client's side of TLS with a certificate; made when it is first used."""

    def __init__(self):
        self._context: ssl.SSLContext | None = None

    def wrap_socket(self, sock):
        if not self._context:
            from support.pair import insecure

            self._context = insecure()
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(certificates()["client.pem"] + certificates()["client.key"])
                file.flush()
                self._context.load_cert_chain(file.name)
        return self._context.wrap_socket(sock)


CERTIFIED = WithCertificate()

_VHOST = """
<VirtualHost *:${{{port}_PORT}}>
SSLEngine On
SSLCertificateFile conf/server.pem
SSLCertificateKeyFile conf/server.key
JkMount /* w1
{more}
</VirtualHost>
"""

_KINDS = {
    "BARE": "",
    "ENV": "SSLOptions +StdEnvVars",
    "OFF": "SSLOptions +StdEnvVars\nJkExtractSSL Off",
    "NOKEY": "SSLOptions +StdEnvVars\nJkOptions -ForwardKeySize",
    "CERT": "SSLOptions +StdEnvVars +ExportCertData\nSSLVerifyClient optional\nSSLCACertificateFile conf/authority.pem",
    "CHAIN": "SSLOptions +StdEnvVars +ExportCertData\nSSLVerifyClient optional\nSSLCACertificateFile conf/authority.pem\nJkOptions +ForwardSSLCertChain",
    "SET": "SSLOptions +StdEnvVars\nSetEnv HTTPS off\nSetEnv SSL_CIPHER mine",
    "VARS": "SSLOptions +StdEnvVars\nJkEnvVar SSL_CIPHER\nJkEnvVar SSL_SERVER_S_DN_CN\nJkEnvVar HTTPS",
}


def _prepare(pair) -> None:
    for name in ("server.pem", "server.key", "authority.pem"):
        pair.write(f"conf/{name}", certificates()[name])


def _ask(kind: str, row: str, tls=True, **facts: object) -> Ask:
    then = {"packet.is_ssl": True} | {name.replace("__", "."): value for name, value in facts.items()}
    return Ask("/x?q", "w1", port=f"{kind}_PORT", tls=tls, rows=(f"httpd 6.5 {row}",), then=then, name=f"{kind} {'with' if tls is CERTIFIED else 'without'} certificate")


_PEM = re.compile(rb"^-----BEGIN CERTIFICATE-----\n[\s\S]*-----END CERTIFICATE-----\n$")

TLS = [
    Case(
        "requests over TLS",
        "".join(_VHOST.format(port=port, more=more) for port, more in _KINDS.items()),
        [
            _ask("BARE", "SSLEngine alone", packet__ssl_cipher=None),
            _ask("ENV", "StdEnvVars", packet__ssl_cipher=re.compile(b"."), packet__ssl_key_size=lambda bits: bits in (128, 256), packet__AJP_SSL_PROTOCOL=b"TLSv1.2"),
            _ask("CERT", "ExportCertData", packet__ssl_cert=None),
            _ask("CERT", "ExportCertData", tls=CERTIFIED, packet__ssl_cert=_PEM),
            _ask("OFF", "JkExtractSSL Off", packet__is_ssl=False),
            _ask("NOKEY", "-ForwardKeySize", packet__ssl_key_size=None),
            _ask("CHAIN", "+ForwardSSLCertChain", tls=CERTIFIED, packet__ssl_cert=_PEM),
            _ask("CHAIN", "+ForwardSSLCertChain"),
            _ask("SET", "StdEnvVars"),
            _ask("VARS", "StdEnvVars"),
        ],
        modules="ssl socache_shmcb",
        listen=tuple(_KINDS),
        prepare=_prepare,
        rows=("httpd 3.1 ForwardKeySize", "httpd 3.1 ForwardSSLCertChain", "httpd 6.1 #6", "httpd 6.1 #7", "httpd 6.1 #8", "httpd 6.1 #9", "httpd 6.1 #11"),
    ),
    Case(
        "a cookie over TLS",
        _VHOST.format(port="BARE", more="JkMount /lb/* lb"),
        [Ask("/lb/x", "w2", port="BARE_PORT", tls=True, then={"header set-cookie": "Set-Cookie: JSESSIONID=.e;PATH=/;HttpOnly;Secure"})],
        workers="worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=e,f\nworker.lb.set_session_cookie=1\nworker.e.host=127.0.0.1\nworker.e.port={w2}\nworker.f.host=127.0.0.1\nworker.f.port={w3}\n",
        modules="ssl socache_shmcb",
        listen=("BARE",),
        prepare=_prepare,
        rows=("uri-mapping 7 set_session_cookie",),
    ),
]

CASES = TLS
