"""A scripted backend: accepts AJP connections, keeps every byte it got, answers as the test says.

A script is a function of one `Turn`: one request on one connection. It may do anything to the connection.
The n-th request of a peer is answered by the n-th script of `plan`, all later ones by `default`.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from . import ajp

Script = Callable[["Turn"], None]


class Gone(Exception):
    """The web server closed or reset the connection."""


@dataclass
class Connection:
    """What one accepted connection has seen. `packets` are whole packets of the web server, in order."""

    number: int
    sock: socket.socket
    received: bytes = b""
    sent: bytes = b""
    packets: list[bytes] = field(default_factory=list)
    wire: list[tuple[str, bytes]] = field(default_factory=list)
    """Everything in the order of time: `in` whole packets of the web server, `out` what was sent to it."""
    requests: list[ajp.Forward] = field(default_factory=list)
    pings: int = 0
    ended: str = ""
    """How it ended: `by httpd`, `reset by httpd`, `by us`, `reset by us`, `shut`, or empty while open."""
    _unread: bytes = b""

    def send(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError as error:
            self.ended = self.ended or "reset by httpd"
            raise Gone from error
        self.sent += data
        self.wire.append(("out", data))

    def forget(self) -> None:
        """Forgets what was seen so far, where there is too much of it to be kept."""
        self.received = self.sent = b""
        for kept in (self.packets, self.wire, self.requests):
            kept.clear()

    def packet(self) -> bytes:
        """The next packet of the web server, header included."""
        head = self._exactly(4)
        if head[:2] != ajp.TO_CONTAINER:
            raise ajp.AjpError(f"packet begins with {head.hex(' ')}")
        whole = head + self._exactly(int.from_bytes(head[2:], "big"))
        self.packets.append(whole)
        self.wire.append(("in", whole))
        return whole

    def _exactly(self, n: int) -> bytes:
        while len(self._unread) < n:
            try:
                data = self.sock.recv(65536)
            except OSError as error:
                self.ended = self.ended or "reset by httpd"
                raise Gone from error
            if not data:
                self.ended = self.ended or "by httpd"
                if self._unread:
                    raise ajp.AjpError(f"connection ended inside a packet: {self._unread.hex(' ')}")
                raise Gone
            self.received += data
            self._unread += data
        out, self._unread = self._unread[:n], self._unread[n:]
        return out

    def close(self) -> None:
        """An orderly end: FIN."""
        if not self.ended:
            self.ended = "by us"
        _quietly(self.sock.shutdown, socket.SHUT_RDWR)
        _quietly(self.sock.close)

    def reset(self) -> None:
        """An end by RST."""
        self.ended = self.ended or "reset by us"
        _quietly(self.sock.setsockopt, socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        _quietly(self.sock.close)


class Turn:
    """One request and the means to answer it."""

    def __init__(self, peer: Peer, connection: Connection, request: ajp.Forward):
        self.peer, self.connection, self.request = peer, connection, request
        self.unasked = bool(request.content_length) and request.header("transfer-encoding") is None
        self.body = b""
        self.body_packets: list[bytes] = []

    def send(self, *parts: bytes, pause: float = 0) -> None:
        """Each part goes out on its own; with a pause each is a segment of its own."""
        for part in parts:
            self.connection.send(part)
            if pause:
                time.sleep(pause)

    def drip(self, data: bytes, pause: float = 0) -> None:
        """One byte after the other."""
        self.send(*(data[i : i + 1] for i in range(len(data))), pause=pause)

    def take_body_packet(self) -> bytes:
        """The content of one body packet; empty at the end of the body."""
        raw = self.connection.packet()
        self.unasked = False
        self.body_packets.append(raw)
        data = raw[6:]
        if len(raw) > 4 and int.from_bytes(raw[4:6], "big") != len(data):
            raise ajp.AjpError(f"body packet says {raw[4:6].hex()} and holds {len(data)} bytes")
        self.body += data
        return data

    def ask(self, n: int = 8186) -> bytes:
        self.send(ajp.get_body(n))
        return self.take_body_packet()

    def read_body(self, piece: int = 8186) -> bytes:
        """Reads as a servlet does that reads to the end of the input, asking for so many bytes at a time."""
        if self.request.content_length == 0:
            return b""
        if self.unasked:
            self.take_body_packet()
        wanted = self.request.content_length if self.request.header("transfer-encoding") is None else None
        while wanted is None or len(self.body) < wanted:
            if not self.ask(piece):
                break
        return self.body

    def reply(self, status: int = 200, body: bytes = b"", headers=(("Content-Type", "text/plain"),), **more) -> None:
        self.send(ajp.reply(status, headers, body, **more))

    def close(self) -> None:
        self.connection.close()
        raise Gone

    def reset(self) -> None:
        self.connection.reset()
        raise Gone

    def wait(self, seconds: float) -> None:
        """Waits, but not beyond the end of the test."""
        self.peer.stopping.wait(seconds)

    def wait_for_end(self, seconds: float = 10) -> bool:
        """Waits until the web server ends the connection; whether it did."""
        return self.peer.ended(self.connection, seconds)


def ok(turn: Turn) -> None:
    """The default answer: the peer's name, so that a test sees who answered."""
    turn.reply(200, turn.peer.name.encode())


def echo(turn: Turn) -> None:
    """Answers with the request body."""
    turn.reply(200, turn.read_body())


class Peer:
    """One backend on a port of its own. `with Peer("a") as a:`"""

    def __init__(self, name: str = "peer", default: Script = ok, *, up: bool = True, host: str = "127.0.0.1"):
        self.name, self.default, self.host = name, default, host
        self.plan: list[Script] = []
        self.on_connect: Callable[[Connection], None] | None = None
        self.answer_pings: bool | Callable[[Connection], None] = True
        """Whether, or how, probes are answered."""
        self.connections: list[Connection] = []
        self.failures: list[str] = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._socket = self._bind(0)
        self.port: int = self._socket.getsockname()[1]
        if up:
            self._listen()

    def _bind(self, port: int) -> socket.socket:
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((self.host, port))
        return s

    def _listen(self) -> None:
        self._socket.listen(128)
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    # The test's side: turning it off and on ----------------------------------------------------------------------

    def down(self) -> None:
        """Refuses connections and ends those there are; the port stays ours."""
        _quietly(self._socket.shutdown, socket.SHUT_RDWR)
        self._socket.close()
        self._socket = self._bind(self.port)
        self.drop()

    def up(self) -> None:
        self._listen()

    def drop(self) -> None:
        """Ends all open connections."""
        for connection in self.connections:
            if not connection.ended:
                connection.close()

    def stop(self) -> None:
        self.stopping.set()
        _quietly(self._socket.shutdown, socket.SHUT_RDWR)
        self._socket.close()
        self.drop()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    # The test's side: looking ------------------------------------------------------------------------------------

    @property
    def requests(self) -> list[ajp.Forward]:
        """All requests seen, in the order of connections and of time within one."""
        return [request for connection in self.connections for request in connection.requests]

    @property
    def last(self) -> ajp.Forward:
        return self._last

    def forget(self) -> None:
        """Forgets connections, requests and plans; open connections are ended, so the next request brings a new one."""
        self.drop()
        with self._lock:
            self.connections, self.plan, self.failures = [], [], []

    def ended(self, connection: Connection, seconds: float = 10) -> bool:
        """Whether the web server ends this connection within the time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.stopping.is_set():
            if connection.ended:
                return connection.ended.endswith("by httpd")
            try:
                ready, _, _ = select.select([connection.sock], [], [], 0.02)
                if ready and not connection.sock.recv(1, socket.MSG_PEEK):
                    return True
            except ConnectionResetError:
                return True
            except (OSError, ValueError):
                continue  # closed meanwhile by the thread that serves it: `ended` says by whom
            time.sleep(0.005)
        return False

    # The peer's side -----------------------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                connection = Connection(len(self.connections), sock)
                self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        try:
            if self.on_connect:
                self.on_connect(connection)
            while not connection.ended:
                self._one(connection)
        except Gone:
            pass
        except Exception as error:  # a fault of the web server or of the script: the test must hear of it
            if not self.stopping.is_set():
                self.failures.append(f"{self.name}, connection {connection.number}: {type(error).__name__}: {error}")
        finally:
            connection.close()

    def _one(self, connection: Connection) -> None:
        raw = connection.packet()
        if raw == ajp.PING_REQUEST:
            connection.pings += 1
            if callable(self.answer_pings):
                self.answer_pings(connection)
            elif self.answer_pings:
                connection.send(ajp.PONG)
            return
        request = ajp.decode_forward(raw)
        with self._lock:
            connection.requests.append(request)
            self._last = request
            script = self.plan.pop(0) if self.plan else self.default
        turn = Turn(self, connection, request)
        script(turn)
        if turn.unasked and not connection.ended:
            turn.take_body_packet()  # what nobody read is swallowed, as Tomcat does


def _quietly(call, *args) -> None:
    try:
        call(*args)
    except OSError:
        pass
