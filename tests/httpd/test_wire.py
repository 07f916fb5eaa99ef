"""What goes over the wire for a request, and what the client gets for a reply.

Request packets are compared byte for byte with what the original sends (`recorded/packets`).
"""

import pytest

from recorded import packets
from support import ajp
from support.ajp import FLUSH, chunk, chunks, end, reply, send_headers
from support.client import Client, request
from support.peer import echo
from support.under_test import deviates

PLAIN = (("Content-Type", "text/plain"),)


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("tc1")


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = packets.server(make_shared.httpd(modules=packets.MODULES), peer)
    packets.certificate(httpd.dir / "conf", "client-")
    httpd.listen("CERT").listen("NOKEY").listen("OFF")
    tls = "SSLEngine On\nSSLCertificateFile conf/cert.pem\nSSLCertificateKeyFile conf/key.pem\nJkMount /* plain\n"
    httpd.conf(f"""
        <VirtualHost *:${{CERT_PORT}}>
          {tls}
          SSLVerifyClient optional_no_ca
          SSLOptions +StdEnvVars +ExportCertData
          JkOptions +ForwardSSLCertChain
        </VirtualHost>
        <VirtualHost *:${{NOKEY_PORT}}>
          {tls}
          SSLOptions +StdEnvVars
          JkOptions -ForwardKeySize
        </VirtualHost>
        <VirtualHost *:${{OFF_PORT}}>
          {tls}
          SSLOptions +StdEnvVars
          JkExtractSSL Off
        </VirtualHost>
        """)
    return httpd.start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()


@pytest.mark.parametrize("case", packets.CASES, ids=lambda case: case.name)
def test_request_packet_is_the_recorded_one(site, peer, case):
    assert packets.dump(packets.play(site, peer, case)) == packets.dump(packets.recorded(case.name))


@pytest.mark.parametrize("code,method", ajp.METHODS.items())
def test_every_known_method_travels_as_its_code(site, peer, code, method):
    if method == "TRACE":
        assert site.ask("/t/x", method).status == 200
        assert peer.requests == [], "TRACE is answered by httpd itself"
        return
    assert site.ask("/t/x", method).status == 200
    assert peer.last.method == method
    assert peer.last.raw[5] == code


@pytest.mark.parametrize("method", ["PATCH", "QUERY", "Get", "BREW"])
def test_other_methods_travel_by_name(site, peer, method):
    assert site.ask("/t/x", method).status == 200
    assert peer.last.raw[5] == ajp.STORED_METHOD
    assert peer.last.method == method


def test_client_certificate_travels_as_pem_and_again_as_chain(site, peer):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(site.dir / "conf/client-cert.pem", site.dir / "conf/client-key.pem")
    with Client(site.ports["CERT_PORT"]) as client:
        client.sock = context.wrap_socket(client.sock)
        assert client.ask("/x").status == 200
    pem = (site.dir / "conf/client-cert.pem").read_bytes()
    assert peer.last.attribute("ssl_cert") == pem, "a self-signed leaf has no chain behind it"
    assert peer.last.is_ssl


def test_key_size_can_be_left_out(site, peer):
    with Client(site.ports["NOKEY_PORT"], tls=True) as client:
        assert client.ask("/x").status == 200
    assert peer.last.is_ssl
    assert peer.last.attribute("ssl_key_size") is None
    assert peer.last.attribute("ssl_cipher")


def test_extraction_off_hides_that_it_was_tls(site, peer):
    with Client(site.ports["OFF_PORT"], tls=True) as client:
        assert client.ask("/x").status == 200
    assert not peer.last.is_ssl
    assert [name for name, _ in peer.last.attributes] == ["AJP_REMOTE_PORT", "AJP_LOCAL_ADDR", "JK_LB_ACTIVATION"]


@pytest.mark.parametrize("record", [100, 3000, 8186, 16_000])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_an_upload_over_tls_arrives_as_it_was_sent_whatever_its_records(site, peer, record, chunked):
    """mod_ssl hands out each record in a buffer that it uses again for the next."""
    body = b"".join(b"%06d|" % n for n in range(6000))
    parts = [body[at : at + record] for at in range(0, len(body), record)]
    raw, _ = request("/x", "POST", **({"chunked": parts} if chunked else {"body": body}))
    peer.plan = [echo]
    with Client(site.ports["OFF_PORT"], tls=True) as client:
        for at in range(0, len(raw), record):
            client.send(raw[at : at + record])
        got = client.read("POST")
    assert (got.status, got.body == body) == (200, True)


def test_post_with_length_is_sent_unasked(site, peer):
    peer.plan = [lambda turn: turn.reply(200, turn.take_body_packet() + turn.ask())]
    got = site.ask("/t/post", "POST", body=b"a=1&b=two")
    assert got.body == b"a=1&b=two"
    assert peer.connections[0].packets[1:] == [ajp.body_packet(b"a=1&b=two"), ajp.EMPTY_BODY]


def test_chunked_post_waits_to_be_asked_and_fills_one_packet(site, peer):
    peer.plan = [lambda turn: turn.reply(200, turn.ask() + turn.ask())]
    got = site.ask("/t/post", "POST", chunked=[b"abc", b"defg"])
    assert got.body == b"abcdefg"
    assert peer.connections[0].packets[1:] == [ajp.body_packet(b"abcdefg"), ajp.EMPTY_BODY]


# Replies ------------------------------------------------------------------------------------------------------------

ALL_HEADERS = [
    ("Content-Type", "TEXT/Plain;Charset=UTF-8"),
    ("Content-Language", "de"),
    ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ("Location", "http://www.example.com/x"),
    ("Set-Cookie", "a=1; Path=/"),
    ("Set-Cookie", "b=2"),
    ("Set-Cookie2", "c=3"),
    ("Servlet-Engine", "Tomcat"),
    ("Status", "200"),
    ("WWW-Authenticate", "Basic realm=x"),
    ("WWW-Authenticate", "Digest realm=y"),
    ("X-Own", "v1"),
    ("x-own", "v2"),
    ("Cache-Control", "private"),
]


def test_reply_headers_arrive_with_duplicates_and_in_order(site, peer):
    peer.plan = [lambda turn: turn.reply(200, b"x", ALL_HEADERS)]
    got = site.get("/t/x")
    assert got.header("content-type") == "text/plain;Charset=UTF-8", "only the type part is lowered"
    assert got.all("set-cookie") == ["a=1; Path=/", "b=2"]
    assert got.all("www-authenticate") == ["Basic realm=x", "Digest realm=y"]
    assert got.all("x-own") == ["v1", "v2"]
    for name, value in ALL_HEADERS[1:]:
        assert value in got.all(name), name


@pytest.mark.parametrize(
    "status,reason,line",
    [
        (200, "200", (200, "200")),
        (200, "", (200, "OK")),
        (200, None, (200, "OK")),
        (404, "Nothing here", (404, "Nothing here")),
        (404, "", (404, "Not Found")),
        (299, "", (299, "Unknown Reason")),
        (599, "odd", (599, "odd")),
    ],
)
def test_status_and_reason_are_the_backends(site, peer, status, reason, line):
    peer.plan = [lambda turn: turn.reply(status, b"body", reason=reason)]
    got = site.get("/t/x")
    assert (got.status, got.reason, got.body, got.ending) == (*line, b"body", "length")


def test_reply_without_length_is_chunked(site, peer):
    peer.plan = [lambda turn: turn.send(send_headers(200, "OK", PLAIN) + FLUSH + chunks(b"x" * 20000) + end())]
    got = site.get("/t/x")
    assert (got.status, got.body, got.ending) == (200, b"x" * 20000, "last chunk")


REPLY = send_headers(200, "OK", [*PLAIN, ("Content-Length", "11")]) + chunk(b"hello ") + FLUSH + chunk(b"world") + end()
HEAD_END = len(send_headers(200, "OK", [*PLAIN, ("Content-Length", "11")]))


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 8, HEAD_END - 1, HEAD_END, HEAD_END + 1, HEAD_END + 6, len(REPLY) - 7, len(REPLY) - 1])
def test_reply_may_come_in_any_two_pieces(site, peer, cut):
    peer.plan = [lambda turn: turn.send(REPLY[:cut], REPLY[cut:], pause=0.02)]
    got = site.get("/t/x")
    assert (got.status, got.body, got.ending) == (200, b"hello world", "length")


def test_reply_may_come_byte_by_byte(site, peer):
    peer.plan = [lambda turn: turn.drip(REPLY, pause=0.001)]
    assert site.get("/t/x").body == b"hello world"


def test_a_large_reply_arrives_whole(site, peer):
    body = bytes(range(256)) * 8192
    peer.plan = [lambda turn: turn.reply(200, body)]
    assert site.get("/t/x").body == body


def test_a_flush_reaches_the_client_while_the_backend_still_works(site, peer):
    with Client(site.port) as client:
        seen = []

        def slow(turn):
            turn.send(send_headers(200, "OK", PLAIN) + chunk(b"early") + FLUSH)
            while not seen and not turn.peer.stopping.is_set():
                turn.wait(0.01)
            turn.send(chunk(b" late") + end())

        peer.plan = [slow]
        client.send(b"GET /t/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.wait_for(b"early")
        seen.append(True)
        got = client.read()
    assert (got.body, got.ending) == (b"early late", "last chunk")


# Connections -----------------------------------------------------------------------------------------------------------


def test_one_backend_connection_serves_many_requests(site, peer):
    with Client(site.port) as client:
        for n in range(20):
            assert client.ask(f"/t/{n}").status == 200
    assert [len(c.requests) for c in peer.connections] == [20]


def test_a_connection_that_the_backend_closed_while_idle_costs_no_request(site, peer):
    for _ in range(3):
        assert site.get("/t/x").status == 200
        peer.drop()
    assert [len(c.requests) for c in peer.connections] == [1, 1, 1]
    assert len(peer.requests) == 3


def test_reuse_zero_ends_the_connection(site, peer):
    peer.plan = [lambda turn: turn.send(reply(body=b"1", reuse=0)), lambda turn: turn.reply(200, b"2")]
    with Client(site.port) as client:
        assert client.ask("/t/x").body == b"1"
        assert client.ask("/t/x").body == b"2"
    assert [len(c.requests) for c in peer.connections] == [1, 1]
    assert peer.ended(peer.connections[0])


def test_other_reuse_flags_keep_it(site, peer):
    peer.plan = [lambda turn: turn.send(reply(body=b"1", reuse=7))]
    with Client(site.port) as client:
        assert client.ask("/t/x").body == b"1"
        assert client.ask("/t/x").status == 200
    assert [len(c.requests) for c in peer.connections] == [2]


@pytest.mark.parametrize("mode,pings", [("", 0), ("C", 1), ("P", 3), ("A", 3)])
def test_probes_are_sent_as_configured(make, mode, pings):
    """`C` probes a new connection, `P` each request, `A` both but a new connection only once."""
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n" + (f"worker.w.ping_mode={mode}\n" if mode else ""))
    httpd.conf("JkMount /* w").start()
    for _ in range(3):
        assert httpd.get("/x").status == 200
    assert [(len(c.requests), c.pings) for c in peer.connections] == [(3, pings)]
    if pings:
        assert peer.connections[0].packets[0] == ajp.PING_REQUEST


def upkept(make, more, watchdog=1):
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    httpd.workers(f"worker.list=w\nworker.maintain=1\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n{more}")
    httpd.conf(f"JkMount /* w\nJkWatchdogInterval {watchdog}").start()
    assert httpd.get("/x").status == 200
    return httpd, peer


def test_an_idle_connection_is_closed_in_time_without_a_request(make):
    httpd, peer = upkept(make, "worker.w.connection_pool_timeout=1\nworker.w.connection_pool_minsize=0\n")
    assert peer.ended(peer.connections[0], 15)
    assert httpd.get("/x").status == 200
    assert [len(c.requests) for c in peer.connections] == [1, 1]
