"""AJP/1.3 as a servlet container sees it: read requests, build replies, right and wrong ones.

This codec shares nothing with the module's own, so that two equal mistakes cannot cancel out. It is strict
about what it reads: a leftover byte or a missing terminator is an `AjpError`, which fails the test.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TO_CONTAINER = b"\x12\x34"
FROM_CONTAINER = b"AB"

FORWARD_REQUEST, CPING = 2, 10
SEND_BODY_CHUNK, SEND_HEADERS, END_RESPONSE, GET_BODY_CHUNK, CPONG = 3, 4, 5, 6, 9

METHODS = {
    n + 1: name
    for n, name in enumerate(
        "OPTIONS GET HEAD POST PUT DELETE TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ACL REPORT"
        " VERSION-CONTROL CHECKIN CHECKOUT UNCHECKOUT SEARCH MKWORKSPACE UPDATE LABEL MERGE BASELINE-CONTROL"
        " MKACTIVITY".split()
    )
}
STORED_METHOD = 255

REQUEST_HEADERS = {
    0xA001 + n: name
    for n, name in enumerate(
        "accept accept-charset accept-encoding accept-language authorization connection content-type content-length"
        " cookie cookie2 host pragma referer user-agent".split()
    )
}
RESPONSE_HEADERS = {
    name: 0xA001 + n
    for n, name in enumerate(
        "content-type content-language content-length date last-modified location set-cookie set-cookie2"
        " servlet-engine status www-authenticate".split()
    )
}
ATTRIBUTES = {
    1: "context",
    2: "servlet_path",
    3: "remote_user",
    4: "auth_type",
    5: "query_string",
    6: "route",
    7: "ssl_cert",
    8: "ssl_cipher",
    9: "ssl_session",
    11: "ssl_key_size",
    12: "secret",
    13: "stored_method",
}
REQUEST_ATTRIBUTE, SSL_KEY_SIZE, ARE_DONE = 10, 11, 0xFF


class AjpError(Exception):
    """The web server sent something that is no AJP/1.3."""


class Cursor:
    """Reads one packet from front to back."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, n: int) -> bytes:
        if self.at + n > len(self.data):
            raise AjpError(f"{n} bytes wanted at {self.at}, packet has {len(self.data)}")
        self.at += n
        return self.data[self.at - n : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def int(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def string(self, length: int | None = None) -> bytes | None:
        n = self.int() if length is None else length
        if n == 0xFFFF:
            return None
        text = self.take(n)
        if self.byte() != 0:
            raise AjpError(f"string {text!r} without terminator")
        return text


@dataclass
class Forward:
    """One FORWARD_REQUEST. Texts are bytes, `None` is the null string; `attributes` keep the order of the wire."""

    raw: bytes
    method: str = ""
    protocol: bytes | None = None
    uri: bytes | None = None
    remote_addr: bytes | None = None
    remote_host: bytes | None = None
    server_name: bytes | None = None
    server_port: int = 0
    is_ssl: bool = False
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)
    attributes: list[tuple[str, object]] = field(default_factory=list)

    def header(self, name: str) -> bytes | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else None

    def attribute(self, name: str):
        found = [value for key, value in self.attributes if key == name]
        return found[0] if found else None

    @property
    def content_length(self) -> int | None:
        text = self.header("content-length")
        return None if text is None else int(text)


def decode_forward(raw: bytes) -> Forward:
    """Takes a whole packet, header included."""
    if raw[:2] != TO_CONTAINER or int.from_bytes(raw[2:4], "big") != len(raw) - 4:
        raise AjpError(f"bad packet header {raw[:4].hex(' ')} for {len(raw)} bytes")
    c = Cursor(raw[4:])
    if c.byte() != FORWARD_REQUEST:
        raise AjpError(f"type {raw[4]} where a request belongs")
    code = c.byte()
    request = Forward(raw)
    request.protocol, request.uri = c.string(), c.string()
    request.remote_addr, request.remote_host, request.server_name = c.string(), c.string(), c.string()
    request.server_port = c.int()
    request.is_ssl = _flag(c.byte())
    request.headers = [_header(c) for _ in range(c.int())]
    request.attributes = list(_attributes(c))
    if c.at != len(c.data):
        raise AjpError(f"{len(c.data) - c.at} bytes after the end of the attributes")
    request.method = _method(code, request)
    return request


def _flag(byte: int) -> bool:
    if byte > 1:
        raise AjpError(f"boolean {byte}")
    return byte == 1


def _header(c: Cursor) -> tuple[str, bytes | None]:
    n = c.int()
    if n & 0xFF00 == 0xA000:
        if n not in REQUEST_HEADERS:
            raise AjpError(f"request header code {n:04X}")
        return REQUEST_HEADERS[n], c.string()
    return (c.string(n) or b"").decode("latin-1"), c.string()


def _attributes(c: Cursor):
    while (code := c.byte()) != ARE_DONE:
        if code == REQUEST_ATTRIBUTE:
            yield (c.string() or b"").decode("latin-1"), c.string()
        elif code == SSL_KEY_SIZE:
            yield ATTRIBUTES[code], c.int()
        elif code in ATTRIBUTES:
            yield ATTRIBUTES[code], c.string()
        else:
            raise AjpError(f"attribute code {code}")


def _method(code: int, request: Forward) -> str:
    if code == STORED_METHOD:
        name = request.attribute("stored_method")
        if not isinstance(name, bytes):
            raise AjpError("method 255 without the attribute that names it")
        return name.decode("latin-1")
    if code not in METHODS:
        raise AjpError(f"method code {code}")
    return METHODS[code]


# Replies ------------------------------------------------------------------------------------------------------------


def packet(payload: bytes) -> bytes:
    return FROM_CONTAINER + len(payload).to_bytes(2, "big") + payload


def word(n: int) -> bytes:
    return n.to_bytes(2, "big")


def string(text: bytes | str | None) -> bytes:
    if text is None:
        return b"\xff\xff"
    raw = text.encode("latin-1") if isinstance(text, str) else text
    return word(len(raw)) + raw + b"\0"


def header(name: str | int | bytes | None, value) -> bytes:
    """A name that has a code is sent as the code, as Tomcat does; a number is sent as it is."""
    if isinstance(name, int):
        return word(name) + string(value)
    if isinstance(name, str) and name.lower() in RESPONSE_HEADERS:
        return word(RESPONSE_HEADERS[name.lower()]) + string(value)
    return string(name) + string(value)


def send_headers(status: int = 200, reason: bytes | str | None = "OK", headers=(), count: int | None = None) -> bytes:
    """`count` lies about the number of headers."""
    n = len(headers) if count is None else count
    body = b"".join(header(name, value) for name, value in headers)
    return packet(bytes([SEND_HEADERS]) + word(status) + string(reason) + word(n) + body)


def chunk(data: bytes, claim: int | None = None, tail: bytes = b"\0") -> bytes:
    """`claim` lies about the length, `tail` replaces the byte behind the data."""
    n = len(data) if claim is None else claim
    return packet(bytes([SEND_BODY_CHUNK]) + word(n) + data + tail)


def chunks(data: bytes, size: int = 8184) -> bytes:
    return b"".join(chunk(data[at : at + size]) for at in range(0, len(data), size))


FLUSH = chunk(b"")


def end(reuse: int = 1) -> bytes:
    return packet(bytes([END_RESPONSE, reuse]))


def get_body(n: int = 8186) -> bytes:
    return packet(bytes([GET_BODY_CHUNK]) + word(n))


PONG = packet(bytes([CPONG]))
PING_REQUEST = TO_CONTAINER + b"\x00\x01\x0a"
EMPTY_BODY = TO_CONTAINER + b"\x00\x00"
"""Ends a request body."""
EMPTY_CHUNK = TO_CONTAINER + b"\x00\x02\x00\x00"
"""Sent instead of the first body packet when the client went away before it was full."""


def body_packet(data: bytes) -> bytes:
    """What the web server sends for a piece of request body."""
    return TO_CONTAINER + word(len(data) + 2) + word(len(data)) + data


def reply(status: int = 200, headers=(("Content-Type", "text/plain"),), body: bytes = b"", reason="OK", reuse: int = 1) -> bytes:
    """A whole reply with a Content-Length of the body's size."""
    fields = [*headers, ("Content-Length", str(len(body)))]
    return send_headers(status, reason, fields) + chunks(body) + end(reuse)
