"""What the application learns about the TLS connection of the client."""

import socket
import ssl
import subprocess

import pytest
from tomcat_app import said_in

CIPHER, KEY_SIZE = "jakarta.servlet.request.cipher_suite", "jakarta.servlet.request.key_size"
PROTOCOL = "org.apache.tomcat.util.net.secure_protocol_version"

VHOST = """
<VirtualHost *:${{TLS_PORT}}>
  JkMount /app|/* lb
  SSLEngine on
  SSLCertificateFile {server}.pem
  SSLCertificateKeyFile {server}.key
  SSLVerifyClient optional_no_ca
  SSLOptions +StdEnvVars +ExportCertData
</VirtualHost>
"""


def certificate(stem, subject: str):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", subject, "-keyout", f"{stem}.key", "-out", f"{stem}.pem"], check=True, capture_output=True)
    return stem


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    directory = tmp_path_factory.mktemp("keys")
    return certificate(directory / "server", "/CN=www.example.com"), certificate(directory / "client", "/O=Example/CN=Jane")


@pytest.fixture(scope="module")
def httpd(front_end_module, keys):
    httpd = front_end_module(modules="ssl socache_shmcb").listen("TLS")
    return httpd.conf("JkMount /app|/* lb").conf(VHOST.format(server=keys[0])).start()


def ask(httpd, version: ssl.TLSVersion, client=None):
    """The answer of echo.jsp, and what the client itself knows: cipher, protocol, key bits."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    if client:
        context.load_cert_chain(f"{client}.pem", f"{client}.key")
    with context.wrap_socket(socket.create_connection(("127.0.0.1", httpd.ports["TLS_PORT"]), timeout=20)) as sock:
        sock.sendall(b"GET /app/echo.jsp HTTP/1.1\r\nHost: secure.example.com\r\nConnection: close\r\n\r\n")
        head, _, text = b"".join(iter(lambda: sock.recv(65536), b"")).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        return _page(head, text), sock.cipher(), sock.version()


def _page(head: bytes, text: bytes) -> dict[str, str]:
    if b"chunked" in head.lower():
        plain = b""
        while (size := int(text.split(b"\r\n", 1)[0], 16)) > 0:
            text = text.split(b"\r\n", 1)[1]
            plain, text = plain + text[:size], text[size + 2 :]
        text = plain
    return said_in(text)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_application_sees_a_secure_request(pair, httpd, version):
    page, (cipher, _, bits), protocol = ask(httpd, version)
    assert (page["secure"], page["scheme"]) == ("true", "https")
    assert (page["serverName"], page["serverPort"]) == ("secure.example.com", "443")
    assert (page[CIPHER], page[KEY_SIZE], page[PROTOCOL]) == (cipher, str(bits), protocol)
    assert page["client"] == "null"


def test_the_application_sees_the_certificate_of_the_client(pair, httpd, keys):
    page, *_ = ask(httpd, ssl.TLSVersion.TLSv1_3, keys[1])
    assert page["client"] == "CN=Jane,O=Example"


def test_a_request_without_tls_is_not_secure(pair, httpd):
    page = said_in(httpd.get("/app/echo.jsp").body)
    assert (page["secure"], page["scheme"], page[CIPHER], page[KEY_SIZE]) == ("false", "http", "null", "null")
