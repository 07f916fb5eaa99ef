"""An HTTP/1.1 client on a plain socket that says how a reply ended, not only what it held.

`Reply.ending` tells a whole reply from a cut one: a client that trusts `Content-Length` or the last chunk must be
able to see the difference too.
"""

from __future__ import annotations

import itertools
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field

WHOLE = ("length", "last chunk", "no body", "close")
"""Endings a client takes for a complete reply."""

_numbers = itertools.count(1)


def unique() -> str:
    """A new name for a request; the access log is searched by it."""
    return f"id-{next(_numbers)}"


@dataclass
class Reply:
    """One reply. `status` is 0 when the connection ended before a status line."""

    status: int = 0
    reason: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    ending: str = "nothing"
    """`length`, `last chunk`, `no body`, `close`; or `cut`, `nothing`, `timeout`."""
    raw: bytes = b""
    interim: list[int] = field(default_factory=list)
    """Statuses of 1xx replies before this one."""
    id: str = ""

    @property
    def whole(self) -> bool:
        return self.ending in WHOLE

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        found = self.all(name)
        return found[0] if found else None

    def __str__(self) -> str:
        return f"{self.status} {self.reason!r} {self.ending}, {len(self.body)} bytes {self.body[:60]!r}"


class Client:
    """One connection to httpd. Replies are read in order, so requests may be pipelined."""

    def __init__(self, port: int, *, timeout: float = 20, tls: bool = False, host: str = "127.0.0.1"):
        self.sock = socket.create_connection((host, port), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.sock.getsockname()[1]
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            self.sock = context.wrap_socket(self.sock)
        self._unread = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        """Goes away without a word."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def finish(self) -> None:
        """Ends the sending side only."""
        self.sock.shutdown(socket.SHUT_WR)

    def send(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            pass  # the reply, or its absence, tells

    def ask(self, target: str = "/", method: str = "GET", **more) -> Reply:
        """Sends one request and reads its reply."""
        raw, name = request(target, method, **more)
        self.send(raw)
        reply = self.read(method)
        reply.id = name
        return reply

    # Reading -------------------------------------------------------------------------------------------------------

    def read(self, method: str = "GET") -> Reply:
        """The next reply to a request of this method."""
        reply = Reply()
        try:
            while True:
                head = self._until(b"\r\n\r\n", reply)
                if head is None:
                    return reply
                _parse_head(head, reply)
                if reply.status >= 200 or reply.status == 101:
                    break
                reply.interim.append(reply.status)
            self._body(method, reply)
        except TimeoutError:
            reply.ending = "timeout"
        return reply

    def wait_for(self, mark: bytes) -> bool:
        """Reads until the bytes are there; they stay to be read."""
        while mark not in self._unread:
            if not self._more():
                return False
        return True

    def arrived(self, seconds: float) -> bytes:
        """What comes within the time, or has; it stays to be read."""
        end, before = time.monotonic() + seconds, self.sock.gettimeout()
        try:
            while (left := end - time.monotonic()) > 0:
                self.sock.settimeout(left)
                if not self._more():
                    break
        except TimeoutError:
            pass
        self.sock.settimeout(before)
        return self._unread

    def rest(self, seconds: float = 5) -> bytes:
        """Everything that still comes until the server ends the connection or the time is over."""
        self.sock.settimeout(seconds)
        try:
            while self._more():
                pass
        except TimeoutError:
            pass
        out, self._unread = self._unread, b""
        return out

    def closed(self, seconds: float = 5) -> bool:
        """Whether the server ends the connection within the time, without another byte."""
        self.sock.settimeout(seconds)
        try:
            return not self._unread and not self._more()
        except TimeoutError:
            return False

    def _more(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            return False
        self._unread += data
        return bool(data)

    def _until(self, mark: bytes, reply: Reply) -> bytes | None:
        while mark not in self._unread:
            if not self._more():
                reply.raw += self._unread
                return None
        head, self._unread = self._unread.split(mark, 1)
        reply.raw += head + mark
        return head

    def _exactly(self, n: int, reply: Reply) -> bytes | None:
        """None when the connection ended before; what there was is in the body then."""
        while len(self._unread) < n:
            if not self._more():
                reply.body += self._unread
                reply.raw += self._unread
                self._unread = b""
                return None
        out, self._unread = self._unread[:n], self._unread[n:]
        reply.raw += out
        return out

    def _body(self, method: str, reply: Reply) -> None:
        if method == "HEAD" or reply.status in (204, 304):
            reply.ending = "no body"
        elif (reply.header("transfer-encoding") or "").lower() == "chunked":
            reply.ending = self._chunked(reply)
        elif (length := reply.header("content-length")) is not None:
            data = self._exactly(int(length), reply)
            reply.ending = "cut" if data is None else "length"
            reply.body += data or b""
        else:
            while self._more():
                pass
            reply.body, self._unread = self._unread, b""
            reply.raw += reply.body
            reply.ending = "close"

    def _chunked(self, reply: Reply) -> str:
        while True:
            line = self._until(b"\r\n", reply)
            if line is None:
                return "cut"
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError:
                return "cut"
            data = self._exactly(size, reply)
            if data is None:
                return "cut"
            reply.body += data
            if self._until(b"\r\n", reply) is None:
                return "cut"
            if size == 0:
                return "last chunk"


def _parse_head(head: bytes, reply: Reply) -> None:
    lines = head.decode("latin-1").split("\r\n")
    _, status, *reason = lines[0].split(" ", 2)
    reply.status, reply.reason = int(status), reason[0] if reason else ""
    reply.headers = [(k, v.strip()) for k, _, v in (line.partition(":") for line in lines[1:])]


def request(
    target: str = "/",
    method: str = "GET",
    *,
    headers=(),
    body: bytes | None = None,
    chunked: list[bytes] | None = None,
    host: str = "www.example.com",
    close: bool = False,
    version: str = "1.1",
) -> tuple[bytes, str]:
    """The bytes of a request, and the name by which the access log knows it."""
    name = unique()
    fields = [("Host", host), ("X-Test-Id", name), *headers]
    if close:
        fields.append(("Connection", "close"))
    payload = b""
    if chunked is not None:
        fields.append(("Transfer-Encoding", "chunked"))
        payload = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunked) + b"0\r\n\r\n"
    elif body is not None:
        fields.append(("Content-Length", str(len(body))))
        payload = body
    head = f"{method} {target} HTTP/{version}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields) + "\r\n"
    return head.encode("latin-1") + payload, name


def fetch(port: int, target: str = "/", method: str = "GET", *, timeout: float = 20, tls: bool = False, **more) -> Reply:
    """One request on a connection of its own, kept alive by the request so that a wrong length shows."""
    with Client(port, timeout=timeout, tls=tls) as client:
        return client.ask(target, method, **more)
