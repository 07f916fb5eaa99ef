"""What a page learns about the client's TLS: certificate and chain, cipher, key size, session, protocol, user.

A Tomcat of its own serves one page that says it. Each virtual host of httpd has its own SSLOptions and JkOptions.
"""

import shutil
import socket
import ssl
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import under_test
from support.httpd import Httpd
from support.tomcat import Tomcat, free_ports
from conftest import end
from tomcat_app import said_in

PAGE = """<%@ page session="false" trimDirectiveWhitespaces="true" contentType="text/plain; charset=UTF-8"
%><%@ page import="java.security.cert.X509Certificate, java.util.*"
%><%
long length = 0;
byte[] buffer = new byte[65536];
for (int n; (n = request.getInputStream().read(buffer)) >= 0; ) length += n;
out.println("length=" + length);
out.println("secure=" + request.isSecure());
out.println("scheme=" + request.getScheme());
out.println("port=" + request.getServerPort());
out.println("protocol=" + request.getProtocol());
out.println("user=" + request.getRemoteUser());
out.println("authType=" + request.getAuthType());
for (String name : List.of("cipher_suite", "key_size", "ssl_session_id"))
    out.println(name + "=" + request.getAttribute("jakarta.servlet.request." + name));
out.println("tls=" + request.getAttribute("org.apache.tomcat.util.net.secure_protocol_version"));
X509Certificate[] chain = (X509Certificate[]) request.getAttribute("jakarta.servlet.request.X509Certificate");
out.println("certificates=" + (chain == null ? 0 : chain.length));
for (int i = 0; chain != null && i < chain.length; i++) {
    out.println("subject." + i + "=" + chain[i].getSubjectX500Principal().getName());
    out.println("serial." + i + "=" + chain[i].getSerialNumber().toString(16));
}
%>
"""

BASE = """
SSLEngine on
SSLCertificateFile {keys}/server.pem
SSLCertificateKeyFile {keys}/server.key
SSLCACertificateFile {keys}/root.pem
SSLVerifyDepth 5
JkMount /tls/* lb
JkMount /wide|/* wide
"""
DATA = "SSLOptions +StdEnvVars +ExportCertData"
SITES = {
    "CHAIN": f"SSLVerifyClient require\n{DATA}\nJkOptions +ForwardSSLCertChain",
    "LEAF": f"SSLVerifyClient require\n{DATA}",
    "OPTIONAL": f"SSLVerifyClient optional\n{DATA}\nJkOptions +ForwardSSLCertChain",
    "ANY": f"SSLVerifyClient optional_no_ca\n{DATA}\nJkOptions +ForwardSSLCertChain",
    "NOT_ASKED": DATA,
    "NO_DATA": "SSLVerifyClient require\nSSLOptions +StdEnvVars",
    "BARE": "SSLVerifyClient require",
    "NO_KEY_SIZE": f"SSLVerifyClient require\n{DATA}\nJkOptions -ForwardKeySize",
    "OFF": f"SSLVerifyClient require\n{DATA}\nJkExtractSSL Off",
    "USER": f"SSLVerifyClient require\n{DATA}\nSSLUserName SSL_CLIENT_S_DN_CN",
    "LATE": f"{DATA}\n<Location /tls/guarded.jsp>\nSSLVerifyClient require\nSSLRenegBufferSize 200000\n</Location>",
    "PART": "SSLVerifyClient require\n<Location /tls/told.jsp>\nSSLOptions +StdEnvVars +ExportCertData\n</Location>",
    "NAMED": f"SSLVerifyClient require\n{DATA}\nSetEnvIf Request_URI . OWN_HTTPS=on\nJkHTTPSIndicator OWN_HTTPS\nJkCERTSIndicator SSL_SERVER_CERT\nJkCIPHERIndicator SSL_CLIENT_S_DN_CN\nJkCERTCHAINPrefix NONE_\nJkOptions +ForwardSSLCertChain",
}


# Certificates ------------------------------------------------------------------------------------------------------------


def openssl(*arguments: str, cwd: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


def issue(folder: Path, name: str, subject: str, issuer: str | None = None, extensions: str = "") -> None:
    """`name.key` and `name.pem`, signed by `issuer` or by itself."""
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key", cwd=folder)
    openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr", cwd=folder)
    (folder / f"{name}.ext").write_text(extensions or "basicConstraints=CA:TRUE\n")
    signer = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"] if issuer else ["-signkey", f"{name}.key"]
    openssl("x509", "-req", "-in", f"{name}.csr", *signer, "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem", cwd=folder)


@pytest.fixture(scope="module")
def keys():
    folder = Path(tempfile.mkdtemp(prefix="mod_jk-keys-"))
    issue(folder, "root", "/CN=Root")
    issue(folder, "middle", "/CN=Middle", "root")
    leaf = "basicConstraints=CA:FALSE\n"
    issue(folder, "server", "/CN=www.example.com", "root", leaf)
    issue(folder, "jane", "/O=Example/CN=Jane", "middle", leaf)
    issue(folder, "many", "/CN=Many", "middle", leaf + "subjectAltName=" + ",".join(f"DNS:{n}.name-number-{n}.example.com" for n in range(200)) + "\n")
    issue(folder, "stranger", "/CN=Stranger")
    for name in ("jane", "many"):
        (folder / f"{name}-chain.pem").write_text((folder / f"{name}.pem").read_text() + (folder / "middle.pem").read_text())
    (folder / "stranger-chain.pem").write_text((folder / "stranger.pem").read_text())
    yield folder
    shutil.rmtree(folder)


# Servers -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tomcat(tmp_path_factory):
    folder = tmp_path_factory.mktemp("client-certs")
    (folder / "app").mkdir()
    for name in ("index", "guarded", "told"):
        (folder / f"app/{name}.jsp").write_text(PAGE)
    ajp, wide = free_ports(2)
    node = Tomcat(folder / "node", "node", ajp, "s3cr3t", {"/tls": folder / "app", "/wide/tls": folder / "app"}, wide_port=wide)
    try:
        yield node.start().wait()
    finally:
        node.stop()


@pytest.fixture(scope="module")
def httpd(tomcat, keys):
    httpd = Httpd(tempfile.mkdtemp(prefix="mod_jk-tomcat-"), modules="ssl socache_shmcb" + ("" if under_test.MPM == "prefork" else " http2"))
    lines = ["worker.list=lb,wide", "worker.lb.type=lb", "worker.lb.balance_workers=node"]
    for name, port in (("node", tomcat.ajp_port), ("wide", tomcat.wide_port)):
        lines += [f"worker.{name}.{line}" for line in ("type=ajp13", "host=127.0.0.1", f"port={port}", "secret=s3cr3t")]
    httpd.workers("\n".join([*lines, "worker.wide.max_packet_size=65536"]) + "\n")
    httpd.conf("SSLSessionCache shmcb:run/sessions(512000)\nJkMount /tls/* lb")
    for name, own in SITES.items():
        protocols = "Protocols h2 http/1.1\n" if under_test.MPM != "prefork" and name == "CHAIN" else ""
        httpd.listen(name).conf(f"<VirtualHost *:${{{name}_PORT}}>\n{protocols}{BASE.format(keys=keys)}\n{own}\n</VirtualHost>")
    try:
        yield httpd.start()
        end(httpd)
    finally:
        httpd.kill()
        shutil.rmtree(httpd.dir, ignore_errors=True)


# The client --------------------------------------------------------------------------------------------------------------


@dataclass
class Visit:
    """What the page said, and what the client itself knows of its connection."""

    page: dict[str, str]
    cipher: str
    bits: int
    protocol: str
    session: str
    again: ssl.SSLSession | None
    status: int = 200

    @property
    def subjects(self) -> list[str]:
        return [self.page[f"subject.{n}"] for n in range(int(self.page["certificates"]))]


def context_for(keys, version, who: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.post_handshake_auth = True
    if who:
        context.load_cert_chain(keys / f"{who}-chain.pem", keys / f"{who}.key")
    return context


V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def visit(httpd, keys, site: str, who: str | None = "jane", version=V13, path="/tls/index.jsp", body: bytes = b"", session=None, context=None) -> Visit:
    context = context or context_for(keys, version, who)
    with context.wrap_socket(socket.create_connection(("127.0.0.1", httpd.ports[f"{site}_PORT"]), timeout=20), session=session) as sock:
        method = "POST" if body else "GET"
        head = f"{method} {path} HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n" + (f"Content-Length: {len(body)}\r\n" if body else "") + "\r\n"
        sock.sendall(head.encode() + body)
        raw = b"".join(iter(lambda: sock.recv(65536), b""))
        known = sock.session.id.hex() if sock.session else ""
        told, _, text = raw.partition(b"\r\n\r\n")
        status = int(told.split()[1])
        if b"chunked" in told.lower():
            plain = b""
            while (size := int(text.split(b"\r\n", 1)[0], 16)) > 0:
                text = text.split(b"\r\n", 1)[1]
                plain, text = plain + text[:size], text[size + 2 :]
            text = plain
        return Visit(said_in(text) if status == 200 else {}, sock.cipher()[0], sock.cipher()[2], sock.version(), known, sock.session, status)


JANE, MIDDLE = "CN=Jane,O=Example", "CN=Middle"


# Tests -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_everything_arrives(httpd, keys, version):
    seen = visit(httpd, keys, "CHAIN", version=version)
    assert (seen.page["secure"], seen.page["scheme"], seen.page["port"]) == ("true", "https", "443")
    assert (seen.page["cipher_suite"], seen.page["key_size"], seen.page["tls"]) == (seen.cipher, str(seen.bits), seen.protocol)
    assert seen.subjects == [JANE, MIDDLE]
    assert seen.page["user"] == "null"


@pytest.mark.parametrize(
    "site,who,subjects",
    [
        ("CHAIN", "jane", [JANE, MIDDLE]),
        ("LEAF", "jane", [JANE]),
        ("OPTIONAL", "jane", [JANE, MIDDLE]),
        ("OPTIONAL", None, []),
        ("ANY", "jane", [JANE, MIDDLE]),
        ("ANY", "stranger", ["CN=Stranger"]),
        ("ANY", None, []),
        ("NOT_ASKED", "jane", []),
        ("NO_DATA", "jane", []),
        ("BARE", "jane", []),
        ("NAMED", "jane", ["CN=www.example.com"]),
    ],
)
def test_which_certificates(httpd, keys, site, who, subjects):
    seen = visit(httpd, keys, site, who)
    assert (seen.page["secure"], seen.subjects) == ("true", subjects)


@pytest.mark.parametrize("site", ["CHAIN", "LEAF", "OPTIONAL", "USER"])
def test_whom_the_server_does_not_trust_is_not_served(httpd, keys, site):
    with pytest.raises((ssl.SSLError, ConnectionError, ValueError, IndexError)):
        visit(httpd, keys, site, "stranger")


@pytest.mark.parametrize(
    "site,cipher,key_size,protocol",
    [("CHAIN", True, True, True), ("NOT_ASKED", True, True, True), ("NO_DATA", True, True, True), ("NO_KEY_SIZE", True, False, True), ("BARE", False, False, False)],
)
def test_cipher_key_size_and_protocol(httpd, keys, site, cipher, key_size, protocol):
    seen = visit(httpd, keys, site)
    expected = (seen.cipher if cipher else "null", str(seen.bits) if key_size else "null", seen.protocol if protocol else "null")
    assert (seen.page["secure"], seen.page["cipher_suite"], seen.page["key_size"], seen.page["tls"]) == ("true", *expected)


def test_extraction_off_hides_all_of_it(httpd, keys):
    seen = visit(httpd, keys, "OFF")
    assert (seen.page["secure"], seen.page["scheme"]) == ("false", "http")
    assert [seen.page[name] for name in ("cipher_suite", "key_size", "ssl_session_id", "tls", "certificates")] == ["null"] * 4 + ["0"]


def test_a_request_without_tls_has_nothing_of_it(httpd):
    page = said_in(httpd.get("/tls/index.jsp").body)
    assert (page["secure"], page["scheme"], page["port"], page["certificates"]) == ("false", "http", "80", "0")
    assert [page[name] for name in ("cipher_suite", "key_size", "ssl_session_id", "tls")] == ["null"] * 4


def test_the_session_is_the_clients_and_stays_the_same_when_resumed(httpd, keys):
    """TLS 1.2: since 1.3 a session has no name that both sides know."""
    context = context_for(keys, V12, "jane")
    context.options |= ssl.OP_NO_TICKET
    first = visit(httpd, keys, "CHAIN", context=context)
    assert first.page["ssl_session_id"] == first.session != ""
    again = visit(httpd, keys, "CHAIN", context=context, session=first.again)
    assert again.page["ssl_session_id"] == first.page["ssl_session_id"]
    assert again.subjects[:1] == [JANE], "the certificate is remembered with the session"


def test_the_name_in_the_certificate_can_be_the_user(httpd, keys):
    assert visit(httpd, keys, "USER").page["user"] == "Jane"


@pytest.mark.parametrize("version", [V12, V13], ids=["renegotiation", "post-handshake"])
@pytest.mark.parametrize("body", [b"", b"x" * 100_000], ids=["without body", "with body"])
def test_a_certificate_that_is_asked_for_in_mid_connection(httpd, keys, version, body):
    """For one section only. A body that is under way is kept by mod_ssl and handed to us afterwards."""
    assert visit(httpd, keys, "LATE", version=version).subjects == []
    seen = visit(httpd, keys, "LATE", version=version, path="/tls/guarded.jsp", body=body)
    assert (seen.subjects, seen.page["length"]) == ([JANE], str(len(body)))


def test_options_of_a_section_count_there(httpd, keys):
    told, elsewhere = visit(httpd, keys, "PART", path="/tls/told.jsp"), visit(httpd, keys, "PART")
    assert (told.subjects, told.page["cipher_suite"], told.page["secure"]) == ([JANE], told.cipher, "true")
    assert (elsewhere.subjects, elsewhere.page["cipher_suite"], elsewhere.page["secure"]) == ([], "null", "true")


def test_a_certificate_too_large_for_one_packet(httpd, keys):
    assert visit(httpd, keys, "CHAIN", "many").status == 413
    seen = visit(httpd, keys, "CHAIN", "many", path="/wide/tls/index.jsp")
    assert seen.subjects == ["CN=Many", MIDDLE]
    assert visit(httpd, keys, "CHAIN").subjects == [JANE, MIDDLE]


@pytest.mark.skipif(under_test.MPM == "prefork" or shutil.which("curl") is None, reason="mod_http2 needs threads; needs curl")
def test_over_http_2_too(httpd, keys):
    url = f"https://127.0.0.1:{httpd.ports['CHAIN_PORT']}/tls/index.jsp"
    done = subprocess.run(["curl", "-sk", "--http2", "--cert", str(keys / "jane-chain.pem"), "--key", str(keys / "jane.key"), url], stdout=subprocess.PIPE, timeout=60)
    page = said_in(done.stdout)
    assert (page["protocol"], page["secure"], page["tls"], page["certificates"], page["subject.0"], page["subject.1"]) == ("HTTP/2.0", "true", "TLSv1.3", "2", JANE, MIDDLE)
