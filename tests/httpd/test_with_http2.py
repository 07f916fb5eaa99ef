"""With mod_http2, in clear text and over TLS: what the backend is told, bodies both ways, many streams at once, and
replies that break off. mod_http2 does not run under prefork.

curl is the client where one request is enough. Several streams on one connection, and how each ends, are looked at by
a small client of frames, since a browser's view of a stream is what counts.
"""

import shutil
import socket
import ssl
import subprocess
from dataclasses import dataclass, field

import pytest

from recorded import packets
from support import under_test
from support.ajp import FLUSH, chunk, chunks, end, send_headers
from support.client import Client
from support.under_test import deviates

pytestmark = [
    pytest.mark.skipif(under_test.MPM == "prefork", reason="mod_http2 needs threads"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl"),
]

PLAIN = ("Content-Type", "text/plain")
LARGE = b"0123456789" * 40_000
CUT = "FIXES 1: a cut reply ends visibly, and nothing is repeated after output"
HOP = "FIXES 4: headers of one hop end here"
STREAMS = 6
"""mod_http2 begins a connection with so many at once, as browsers do with HTTP/1.1."""


def answer(turn):
    last = turn.request.uri.rsplit(b"/", 1)[1].decode()
    ten = [PLAIN, ("Content-Length", "10")]
    if last == "unread":
        turn.reply(401, b"early")
        return
    body = turn.read_body()
    match last:
        case "cut":
            turn.send(send_headers(200, "OK", [PLAIN]) + chunk(b"half") + FLUSH)
            turn.close()
        case "cut-of-ten":
            turn.send(send_headers(200, "OK", ten) + chunk(b"half") + FLUSH)
            turn.close()
        case "short":
            turn.send(send_headers(200, "OK", ten) + chunk(b"half") + FLUSH + end())
        case "surplus":
            turn.send(send_headers(200, "OK", ten) + chunk(b"01234") + FLUSH + chunk(b"56789and more") + end())
        case "large":
            turn.reply(200, LARGE)
        case "nolength":
            turn.send(send_headers(200, "OK", [PLAIN]) + FLUSH + chunks(LARGE) + end())
        case "hop":
            turn.reply(200, b"x", headers=[PLAIN, ("Connection", "close"), ("Keep-Alive", "timeout=5"), ("Upgrade", "x"), ("Proxy-Connection", "y")])
        case "framing":
            turn.reply(200, b"x", headers=[PLAIN, ("Transfer-Encoding", "chunked")])
        case "cookies":
            turn.reply(200, b"x", headers=[PLAIN, ("X-UPPER", "V"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        case "204" | "304":
            turn.send(send_headers(int(last), "") + end())
        case "404" | "503":
            turn.reply(int(last), b"")
        case "dead":
            turn.close()
        case "late":
            turn.wait(1)
            turn.reply(200, b"late")
        case "together":
            # Each waits for the others: they are there at the same time, or never.
            while len(turn.peer.requests) < STREAMS and not turn.peer.stopping.is_set():
                turn.wait(0.005)
            turn.reply(200, b"together")
        case "own":
            turn.reply(200, turn.request.attribute("query_string") * 100_000)
        case _:
            turn.reply(200, body)


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w", answer)


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd(modules="http2 ssl socache_shmcb", threads=16).listen("TLS")
    packets.certificate(httpd.dir / "conf")
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retry_interval=10\n")
    httpd.conf("Protocols h2 h2c http/1.1\nH2Upgrade on\nH2MinWorkers 16\nJkMount /a/* w\nJkEnvVar HTTP2 no\nJkMountCopy All")
    httpd.conf("<VirtualHost *:${TLS_PORT}>\nSSLEngine on\nSSLCertificateFile conf/cert.pem\nSSLCertificateKeyFile conf/key.pem\nSSLOptions +StdEnvVars\n</VirtualHost>")
    httpd.conf("<Location /guarded>\nRequire all denied\nErrorDocument 403 /a/echo\n</Location>")
    return httpd.start()


@pytest.fixture(autouse=True)
def fresh(peer):
    peer.forget()


# Clients -----------------------------------------------------------------------------------------------------------------

WHOLE, STREAM_ERROR, TOO_SHORT, TIMEOUT = 0, 92, 18, 28
"""curl's exit codes."""


@dataclass
class Seen:
    """What curl says."""

    exit: int
    version: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


@dataclass
class Curl:
    site: object
    tls: bool

    def __call__(self, path: str, *arguments: str, body: bytes = b"", version: str | None = None) -> Seen:
        out = self.site.dir / "curl.out"
        out.unlink(missing_ok=True)
        url = f"https://127.0.0.1:{self.site.ports['TLS_PORT']}{path}" if self.tls else self.site.url(path)
        how = version or ("--http2" if self.tls else "--http2-prior-knowledge")
        command = ["curl", "-sk", how, "-A", "t", "-D", "-", "-o", str(out), "--max-time", "20", "-w", "\n%{http_version} %{http_code}", *arguments, url]
        done = subprocess.run(command, input=body, stdout=subprocess.PIPE, env={"PATH": "/usr/bin:/bin"}, timeout=60)
        head, _, said = done.stdout.decode("latin-1").rpartition("\n")
        headers = [tuple(line.split(": ", 1)) for line in head.split("\r\n") if ": " in line]
        return Seen(done.returncode, said.split()[0], int(said.split()[1]), headers, out.read_bytes() if out.exists() else b"")


@dataclass
class Stream:
    """One stream as it was received. `ending`: `end`, or the error code of a reset."""

    status: int = 0
    body: bytes = b""
    ending: str | int | None = None


DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
FIRST_WINDOW = 65535
STATUS_OF_INDEX = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}


class Frames:
    """A client of HTTP/2 frames. It allows the server no table of headers, so that a status is one byte, or 0 where
    it is not one of the seven with a number of their own."""

    def __init__(self, port: int, tls: bool):
        self.sock, self.host = socket.create_connection(("127.0.0.1", port), timeout=20), f"127.0.0.1:{port}".encode()
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.sock = context.wrap_socket(self.sock)
        self.scheme, self.streams, self.window = b"https" if tls else b"http", {}, 0
        window = (0x7FFFFFFF - 0x10000).to_bytes(4, "big")
        settings = b"\x00\x01" + bytes(4) + b"\x00\x04" + window
        self.sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(SETTINGS, 0, 0, settings) + _frame(WINDOW_UPDATE, 0, 0, window))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def ask(self, path: str, method: str = "GET", *, body: bytes | None = None, length: bool = True) -> int:
        """Sends a request; only so much of the body as fits the first window. The number of the stream."""
        number = 2 * len(self.streams) + 1
        self.streams[number] = Stream()
        fields = [(b":method", method.encode()), (b":scheme", self.scheme), (b":path", path.encode()), (b":authority", self.host)]
        if body is not None and length:
            fields.append((b"content-length", str(len(body)).encode()))
        block = b"".join(b"\x00" + _string(name) + _string(value) for name, value in fields)
        self.sock.sendall(_frame(HEADERS, END_HEADERS | (END_STREAM if body is None else 0), number, block))
        for at in range(0, min(len(body or b""), FIRST_WINDOW), 16384):
            piece = body[at : min(at + 16384, FIRST_WINDOW)]
            self.sock.sendall(_frame(DATA, END_STREAM if at + len(piece) == len(body) else 0, number, piece))
        return number

    def reset(self, number: int) -> None:
        self.sock.sendall(_frame(RST_STREAM, 0, number, (8).to_bytes(4, "big")))
        self.streams[number].ending = "by us"

    def read(self, number: int | None = None) -> Stream:
        """Reads until this stream has ended, or all have."""
        wanted = [number] if number else list(self.streams)
        while any(self.streams[n].ending is None for n in wanted):
            self._frame()
        return self.streams[wanted[0]]

    def _frame(self) -> None:
        head = self._exactly(9)
        length, kind, flags, number = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
        payload = self._exactly(length)
        stream = self.streams.get(number, Stream())
        if kind == SETTINGS and not flags & ACK:
            self.sock.sendall(_frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            self.sock.sendall(_frame(PING, ACK, 0, payload))
        elif kind == HEADERS:
            # A change of the table's size may stand first.
            first = next(byte for byte in payload if byte & 0xE0 != 0x20)
            stream.status = stream.status or STATUS_OF_INDEX.get(first, 0)
        elif kind == DATA:
            stream.body += payload
        elif kind == RST_STREAM:
            stream.ending = stream.ending or int.from_bytes(payload, "big")
        elif kind == GOAWAY:
            raise AssertionError(f"GOAWAY {payload!r}")
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            stream.ending = stream.ending or "end"

    def _exactly(self, n: int) -> bytes:
        out = b""
        while len(out) < n:
            piece = self.sock.recv(n - len(out))
            assert piece, "the connection ended"
            out += piece
        return out


def _frame(kind: int, flags: int, number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + number.to_bytes(4, "big") + payload


def _string(text: bytes) -> bytes:
    assert len(text) < 127
    return bytes([len(text)]) + text


@pytest.fixture(params=["h2c", "h2"])
def curl(request, site):
    return Curl(site, request.param == "h2")


@pytest.fixture(params=["h2c", "h2"])
def frames(request, site):
    with Frames(site.ports["TLS_PORT" if request.param == "h2" else "PORT"], request.param == "h2") as frames:
        yield frames


# What the backend is told ------------------------------------------------------------------------------------------------


def test_the_backend_is_told_of_http_2(curl, peer):
    got = curl("/a/x;p=1/y?q=%20")
    assert (got.exit, got.version, got.status) == (WHOLE, "2", 200)
    seen = peer.last
    assert (seen.method, seen.protocol, seen.uri, seen.server_name, seen.is_ssl) == ("GET", b"HTTP/2.0", b"/a/x;p=1/y", b"127.0.0.1", curl.tls)
    assert sorted(name.lower() for name, _ in seen.headers) == ["accept", "content-length", "host", "user-agent"]
    assert seen.content_length == 0
    assert seen.attribute("HTTP2") == b"on"
    if curl.tls:
        assert (seen.attribute("ssl_key_size"), seen.attribute("AJP_SSL_PROTOCOL")) == (256, b"TLSv1.3")


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PROPFIND", "BREW"])
def test_methods_are_forwarded(frames, peer, method):
    assert frames.read(frames.ask("/a/x", method)).status == 200
    assert peer.last.method == method


def test_trace_is_answered_by_httpd(curl, peer):
    got = curl("/a/x", "-X", "TRACE")
    assert (got.status, got.body[:19], peer.requests) == (200, b"TRACE /a/x HTTP/2.0", [])


def test_an_upgraded_request_is_one_of_http_2(site, peer):
    got = Curl(site, False)("/a/x", version="--http2")
    assert (got.version, got.status) == ("2", 200)
    assert (peer.last.protocol, peer.last.header("upgrade"), peer.last.header("http2-settings")) == (b"HTTP/2.0", None, None)


def test_an_upgrade_that_is_not_taken_is_forwarded_as_it_came(site, peer):
    got = Curl(site, False)("/a/x", "-d", "abc", version="--http2")
    assert (got.version, got.status, got.body) == ("1.1", 200, b"abc")
    assert (peer.last.protocol, peer.last.header("upgrade"), peer.last.attribute("HTTP2")) == (b"HTTP/1.1", b"h2c", b"no")


def test_http_1_goes_on_beside_it(site, peer):
    with Client(site.port) as client:
        assert [client.ask("/a/echo", "POST", body=b"abc").body for _ in range(2)] == [b"abc"] * 2
    assert peer.last.protocol == b"HTTP/1.1"


# Bodies ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 8186, 8187, 400_000])
def test_a_body_with_length(curl, peer, size):
    got = curl("/a/echo", "--data-binary", "@-", body=LARGE[:size])
    assert (got.exit, got.status, got.body) == (WHOLE, 200, LARGE[:size])
    assert (peer.last.content_length, peer.last.header("transfer-encoding")) == (size, None)


@pytest.mark.parametrize("size", [1, 8187, 400_000])
def test_a_body_without_length(curl, peer, size):
    """httpd says of it that it is chunked."""
    got = curl("/a/echo", "-T", "-", body=LARGE[:size])
    assert (got.exit, got.status, got.body) == (WHOLE, 200, LARGE[:size])
    assert (peer.last.method, peer.last.content_length, peer.last.header("transfer-encoding")) == ("PUT", None, b"chunked")


@pytest.mark.parametrize("how", ["-d", "-T"])
def test_a_body_that_nobody_has_read_goes_with_an_error_page(curl, peer, how):
    got = curl("/guarded/x", *(("--data-binary", "@-") if how == "-d" else ("-T", "-")), body=LARGE[:20_000])
    assert (got.exit, got.status, got.body) == (WHOLE, 200, LARGE[:20_000])
    assert (peer.last.method, peer.last.content_length) == ("GET", 20_000 if how == "-d" else None)


def test_expect_100_continue(curl, peer):
    got = curl("/a/echo", "-d", "abc", "-H", "Expect: 100-continue")
    assert (got.exit, got.status, got.body) == (WHOLE, 200, b"abc")
    assert peer.last.header("expect") == b"100-continue"


@pytest.mark.parametrize("length", [True, False], ids=["length", "no length"])
def test_an_answer_before_the_body_was_read_reaches_the_client(frames, peer, length):
    """The client would send more than it may; httpd can reset the stream afterwards, but not before the answer."""
    first = frames.ask("/a/unread", "POST", body=LARGE, length=length)
    got = frames.read(first)
    assert (got.body, got.ending) == (b"early", "end")
    assert frames.read(frames.ask("/a/x")).status == 200


def test_a_body_that_the_client_breaks_off_is_not_forwarded_as_whole(site, frames, peer):
    pieces = []

    def script(turn):
        pieces.append(turn.take_body_packet())
        while pieces[-1]:
            pieces.append(turn.ask())

    peer.plan = [script]
    number = frames.ask("/a/broken", "POST", body=LARGE[:100_000])
    # What fits the first window arrives; the next piece is waited for.
    site.wait_until(lambda: sum(map(len, pieces)) > FIRST_WINDOW - 8186, "what the client has sent")
    frames.reset(number)
    assert peer.ended(peer.connections[0]), "no end of the body is told: the connection ends"
    assert sum(map(len, pieces)) <= FIRST_WINDOW and pieces[-1]
    assert frames.read(frames.ask("/a/x")).status == 200


# Replies -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page,status,body", [("large", 200, LARGE), ("nolength", 200, LARGE), ("204", 204, b""), ("304", 304, b""), ("404", 404, b""), ("503", 503, b""), ("framing", 200, b"x")])
def test_replies_arrive_whole(curl, page, status, body):
    got = curl(f"/a/{page}")
    assert (got.exit, got.status, got.body) == (WHOLE, status, body)
    assert got.all("transfer-encoding") == []


def test_head(curl, peer):
    got = curl("/a/large", "-I")
    assert (got.exit, got.status, got.all("content-length")) == (WHOLE, 200, ["400000"])
    assert peer.last.method == "HEAD"


def test_names_are_lowered_and_repeated_headers_stay(curl):
    got = curl("/a/cookies")
    assert (got.all("x-upper"), got.all("set-cookie")) == (["V"], ["a=1", "b=2"])


def test_headers_of_one_hop_do_not_spoil_the_stream(curl):
    """HTTP/2 forbids them: a client takes them for an error of the whole stream."""
    got = curl("/a/hop")
    assert (got.exit, got.status) == deviates(HOP, ours=(WHOLE, 200), theirs=(STREAM_ERROR, 0))


@pytest.mark.parametrize("page", ["cut", "cut-of-ten", "short"])
def test_a_reply_that_breaks_off_is_a_stream_error_and_the_connection_goes_on(frames, peer, page):
    got = frames.read(frames.ask(f"/a/{page}"))
    # Where a length was announced a careful client counts. mod_http2 does not.
    assert (got.ending == "end") == deviates(CUT, ours=False, theirs=True)
    assert got.body[:4] in (b"half", b"")
    assert len(peer.requests) == (1 if page == "short" else deviates(CUT, ours=1, theirs=2))
    assert frames.read(frames.ask("/a/x")).status == 200


@pytest.mark.parametrize("page", ["cut", "cut-of-ten"])
def test_a_client_sees_that_a_reply_broke_off(curl, page):
    got = curl(f"/a/{page}")
    assert (got.exit in (STREAM_ERROR, TOO_SHORT)) == (page != "cut" or deviates(CUT, ours=True, theirs=False))


def test_more_body_than_announced_is_cut_at_the_length(curl):
    got = curl("/a/surplus")
    assert (got.exit, got.body if got.exit == WHOLE else b"") == deviates("FIXES 4: a body is held to its length", ours=(WHOLE, b"0123456789"), theirs=(STREAM_ERROR, b""))


# Streams -----------------------------------------------------------------------------------------------------------------


def test_streams_of_one_connection_are_served_at_the_same_time(frames, peer):
    for _ in range(STREAMS):
        frames.ask("/a/together")
    frames.read()
    assert [(s.status, s.body, s.ending) for s in frames.streams.values()] == [(200, b"together", "end")] * STREAMS
    assert len({request.attribute("AJP_REMOTE_PORT") for request in peer.requests}) == 1
    assert [len(c.requests) for c in peer.connections] == [1] * STREAMS


def test_large_replies_and_uploads_do_not_mix(frames):
    numbers = [frames.ask(f"/a/own?{n % 10}") if n % 2 else frames.ask("/a/echo", "POST", body=b"%d" % (n % 10) * 60_000, length=n % 4 == 0) for n in range(2 * STREAMS)]
    frames.read()
    for n, number in enumerate(numbers):
        stream = frames.streams[number]
        assert (stream.status, stream.body == b"%d" % (n % 10) * (100_000 if n % 2 else 60_000), stream.ending) == (200, True, "end")


def test_one_stream_that_fails_leaves_the_others_alone(frames, peer):
    pages = ["dead", "large", "cut-of-ten", "large", "503", "large"]
    numbers = [frames.ask(f"/a/{page}") for page in pages]
    frames.read()
    for number, page in zip(numbers, pages):
        stream = frames.streams[number]
        assert (stream.body == LARGE) == (page == "large")
        assert (stream.ending == "end") == (page != "cut-of-ten" or deviates(CUT, ours=False, theirs=True))


def test_a_stream_that_the_client_gives_up_costs_no_later_request(site, frames, peer):
    for _ in range(3):
        before = len(peer.requests)
        number = frames.ask("/a/late")
        site.wait_until(lambda: len(peer.requests) > before, "the request at the backend")
        frames.reset(number)
    got = frames.read(frames.ask("/a/large"))
    assert (got.status, got.body == LARGE, got.ending) == (200, True, "end")


def test_a_client_that_gives_up(curl, peer):
    assert curl("/a/late", "--max-time", "0.3").exit == TIMEOUT
    for _ in range(3):
        assert curl("/a/echo", "-d", "next").body == b"next"
