"""A fast backend, a process of its own: it answers each request with the packets it got.

    with Echo(["w1", "w2"]) as echo:
        echo.ports["w1"]

A reply is 200 with a Content-Length; its body is the FORWARD_REQUEST and all packets of the request body, whole and in
order, and `X-Peer` names the port's name. The answer to HEAD has the packet in hex as `X-Packet`. `X-Reused` tells
whether the connection served a request before. `packets` takes such a body apart.

One name can stand for many: what a client sees of a reply suffices to compare two front ends that share this backend.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ajp


class Echo:
    """The process, seen from the tests."""

    def __init__(self, names: list[str]):
        self._process = subprocess.Popen([sys.executable, __file__, *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports: dict[str, int] = json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def __enter__(self) -> Echo:
        return self

    def __exit__(self, *_) -> None:
        self.stop()


def packets(body: bytes) -> list[bytes]:
    """The packets an echoed body consists of."""
    found = []
    while body:
        if body[:2] != ajp.TO_CONTAINER or len(body) < 4:
            raise ajp.AjpError(f"no packet begins with {body[:8].hex(' ')}")
        n = 4 + int.from_bytes(body[2:4], "big")
        found.append(body[:n])
        body = body[n:]
    return found


# The process ----------------------------------------------------------------------------------------------------------


class _Connection:
    """Reads packets, and knows what the current request still lacks."""

    def __init__(self, sock: socket.socket, name: str):
        self.sock, self.name, self.served = sock, name, 0
        self._unread = b""
        self._seen: list[bytes] = []
        self._request: ajp.Forward | None = None
        self._missing: int | None = 0
        """Bytes of the body that have not come; None when only an empty packet ends it."""

    def readable(self) -> bool:
        """Whether the connection goes on."""
        try:
            data = self.sock.recv(65536)
        except OSError:
            return False
        if not data:
            return False
        self._unread += data
        while len(self._unread) >= 4:
            n = 4 + int.from_bytes(self._unread[2:4], "big")
            if len(self._unread) < n:
                break
            raw, self._unread = self._unread[:n], self._unread[n:]
            self._packet(raw)
        return True

    def _packet(self, raw: bytes) -> None:
        if self._request is None and raw == ajp.PING_REQUEST:
            self._send(ajp.PONG)
            return
        self._seen.append(raw)
        if self._request is None:
            self._begin(ajp.decode_forward(raw))
        else:
            self._go_on(raw[6:])

    def _begin(self, request: ajp.Forward) -> None:
        self._request = request
        chunked = request.header("transfer-encoding") is not None
        length = request.content_length or 0
        if chunked or request.header("content-length") is None:
            self._missing = None
            self._send(ajp.get_body())
        elif length > 0:
            self._missing = length
        else:
            self._answer()

    def _go_on(self, data: bytes) -> None:
        if self._missing is not None:
            self._missing -= len(data)
        if not data or self._missing == 0:
            self._answer()
        else:
            self._send(ajp.get_body())

    def _answer(self) -> None:
        seen = b"".join(self._seen)
        fields = [("Content-Type", "application/octet-stream"), ("X-Peer", self.name), ("X-Reused", str(int(self.served > 0)))]
        if self._request.method == "HEAD":
            fields.append(("X-Packet", seen.hex()[:6000]))
            self._send(ajp.send_headers(200, "OK", fields) + ajp.end())
        else:
            self._send(ajp.reply(200, fields, seen))
        self.served += 1
        self._seen, self._request = [], None

    def _send(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError:
            pass  # the next read ends the connection


def _main(names: list[str]) -> None:
    chosen = selectors.DefaultSelector()
    ports = {}
    for name in names:
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        ports[name] = listener.getsockname()[1]
        chosen.register(listener, selectors.EVENT_READ, name)
    chosen.register(sys.stdin, selectors.EVENT_READ)
    print(json.dumps(ports), flush=True)
    while True:
        for key, _ in chosen.select():
            if key.fileobj is sys.stdin:
                return
            if isinstance(key.data, str):
                sock, _ = key.fileobj.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                chosen.register(sock, selectors.EVENT_READ, _Connection(sock, key.data))
            elif not key.data.readable():
                chosen.unregister(key.fileobj)
                key.fileobj.close()


if __name__ == "__main__":
    _main(sys.argv[1:])
