"""The original and ours side by side: two httpds with one configuration, asked the same, byte for byte.

    with Pair() as pair:
        pair.conf("JkMount /* w1")
        pair.start()
        with pair.connect() as twins:
            replies = twins.ask(b"GET /x HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")

Both requests leave from the same client port, and both servers stand in directories whose names are equally long. So
what arrives at the backends is equal but for those names and the ports httpd listens on; `Pair.masked` takes them out.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import tempfile
from pathlib import Path

from . import ajp, under_test
from .client import Client, Reply
from .httpd import Httpd

ORIGINAL = Path(os.environ.get("JK_ORIGINAL", under_test.MODULES / "mod_jk.so"))
MODULE = Path(os.environ.get("JK_MODULE", under_test.TOP / "target/release/libmod_jk.so"))

SIDES = ("theirs", "ours")
LEVELS = ("trace", "debug", "info", "warn", "error", "emerg")

_FOLDER = {"theirs": "orig", "ours": "ours"}
_LEVEL = re.compile(r"\] \[(" + "|".join(LEVELS) + r")\] ")

BASICS = "ServerTokens Prod\n"


class Pair:
    """Two servers. `threads` as in `Httpd`; one request at a time, unless said otherwise, so that nothing is up to chance."""

    def __init__(self, *, threads: int = 1, **more):
        self.dir = Path(tempfile.mkdtemp(prefix="mod_jk-pair-"))
        self.dir.chmod(0o755)
        modules = {"theirs": ORIGINAL, "ours": MODULE}
        self.sides = {side: Httpd(self.dir / _FOLDER[side], module=modules[side], threads=threads, **more) for side in SIDES}
        self._log_at = dict.fromkeys(SIDES, 0)
        self.conf(BASICS)

    @property
    def theirs(self) -> Httpd:
        return self.sides["theirs"]

    @property
    def ours(self) -> Httpd:
        return self.sides["ours"]

    # Configuration -------------------------------------------------------------------------------------------------

    def conf(self, text: str) -> Pair:
        return self._each(lambda httpd: httpd.conf(text))

    def replace_conf(self, text: str) -> Pair:
        return self._each(lambda httpd: httpd.replace_conf(BASICS + text))

    def workers(self, text: str | dict[str, str]) -> Pair:
        """The content of workers.properties, of both or by side."""
        for side, httpd in self.sides.items():
            httpd.workers(text if isinstance(text, str) else text[side])
        return self

    def listen(self, name: str) -> Pair:
        return self._each(lambda httpd: httpd.listen(name))

    def write(self, name: str, text: str | bytes, mode: int = 0o644) -> Pair:
        """A file below both servers' directories, equally old in both."""
        for httpd in self.sides.values():
            os.utime(httpd.write(name, text, mode), (1700000000, 1700000000))
        return self

    def _each(self, what) -> Pair:
        for httpd in self.sides.values():
            what(httpd)
        return self

    # Running -------------------------------------------------------------------------------------------------------

    def start(self) -> Pair:
        return self._each(Httpd.start)

    def stop(self) -> None:
        """Ours with every check; of the original a child sometimes crashes when it is told to end."""
        try:
            if self.theirs.process:
                self.theirs.check()
                self.theirs.kill()
            self.ours.stop()
        finally:
            self.kill()

    def kill(self) -> None:
        self._each(Httpd.kill)
        if not os.environ.get("JK_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self.stop()
        else:
            self.kill()

    # Asking --------------------------------------------------------------------------------------------------------

    def connect(self, port: str = "PORT", *, tls: ssl.SSLContext | bool = False, timeout: float = 20) -> Twins:
        return Twins({side: httpd.ports[port] for side, httpd in self.sides.items()}, tls=tls, timeout=timeout)

    # Looking -------------------------------------------------------------------------------------------------------

    def masked(self, side: str, data: bytes) -> bytes:
        """The same bytes as if directory and ports were those of neither side. No length changes."""
        httpd = self.sides[side]
        data = data.replace(b"/" + httpd.dir.name.encode(), b"/SIDE")
        for port in httpd.ports.values():
            data = data.replace(str(port).encode(), b"PPPPP")
        return data

    def masked_packet(self, side: str, raw: bytes) -> bytes:
        """A FORWARD_REQUEST without what cannot be equal: also the port if it is httpd's own, and TLS session ids."""
        try:
            request = ajp.decode_forward(raw)
        except ajp.AjpError:
            return self.masked(side, raw)
        if request.server_port in self.sides[side].ports.values():
            at = _offset_of_port(raw)
            raw = raw[:at] + b"PP" + raw[at + 2 :]
        session = request.attribute("ssl_session")
        if isinstance(session, bytes) and len(session) > 30:
            raw = raw.replace(session, b"s" * len(session))
        return self.masked(side, raw)

    def jk_log_since(self, side: str, name: str = "mod_jk.log") -> str:
        """What the log has got since the last look at that side's."""
        path = self.sides[side].dir / "logs" / name
        text = path.read_text(errors="replace") if path.exists() else ""
        before, self._log_at[side] = self._log_at[side], len(text)
        return text[before:]


def loudest(log: str) -> str:
    """The highest level of a log's lines; `quiet` for info and below."""
    found = [LEVELS.index(level) for level in _LEVEL.findall(log)]
    top = LEVELS[max(found, default=0)]
    return top if LEVELS.index(top) > LEVELS.index("info") else "quiet"


def _offset_of_port(raw: bytes) -> int:
    c = ajp.Cursor(raw)
    c.take(6)
    for _ in range(5):
        c.string()
    return c.at


# The client's side ----------------------------------------------------------------------------------------------------


class _Bound(Client):
    """A client on a socket that is connected already."""

    def __init__(self, sock: socket.socket, tls: ssl.SSLContext | bool):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.port, self._unread = sock, sock.getsockname()[1], b""
        if tls:
            self.sock = (insecure() if tls is True else tls).wrap_socket(sock)


def insecure() -> ssl.SSLContext:
    """Trusts every server; TLS 1.2, whose session ids are known from the start."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


class Twins:
    """A connection to each side, both from the same client port."""

    def __init__(self, ports: dict[str, int], *, tls: ssl.SSLContext | bool = False, timeout: float = 20):
        self.ports, self.tls, self.timeout = ports, tls, timeout
        self.clients: dict[str, _Bound] = {}
        self.renew()

    def renew(self) -> None:
        """Two new connections."""
        self.close()
        for _ in range(20):
            socks = self._bound()
            if socks:
                self.clients = {side: _Bound(sock, self.tls) for side, sock in zip(self.ports, socks)}
                return
        raise OSError("no client port is free towards both servers")

    def _bound(self) -> list[socket.socket]:
        """Empty if the port that was chosen is still in use towards one of the servers."""
        source, socks = 0, []
        try:
            for port in self.ports.values():
                sock = socket.socket()
                socks.append(sock)
                sock.settimeout(self.timeout)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(("127.0.0.1", source))
                source = sock.getsockname()[1]
                sock.connect(("127.0.0.1", port))
        except OSError:
            for sock in socks:
                sock.close()
            return []
        return socks

    def ask(self, raw: bytes, method: str = "GET") -> dict[str, Reply]:
        """One request to each, one after the other."""
        out = {}
        for side, client in self.clients.items():
            client.send(raw)
            out[side] = client.read(method)
        return out

    def close(self) -> None:
        for client in self.clients.values():
            client.close()

    def __enter__(self) -> Twins:
        return self

    def __exit__(self, *_) -> None:
        self.close()
