"""Writes what a backend saw as a capture file, so that another program can judge it."""

from __future__ import annotations

import struct
from pathlib import Path

from . import ajp
from .peer import Connection

RAW_IP = 101
HTTPD, BACKEND = (b"\x0a\x00\x00\x01", 40000), (b"\x0a\x00\x00\x02", 8009)


def write(path: Path, connections: list[Connection]) -> Path:
    """Each exchange as a TCP stream of its own to port 8009; each packet of the web server is one segment.

    One stream for several exchanges would be truer, but Wireshark takes a request that follows an upload of several
    packets for one more body packet.
    """
    exchanges = [exchange for connection in connections for exchange in _exchanges(connection)]
    records = b"".join(_stream(exchange, HTTPD[1] + number) for number, exchange in enumerate(exchanges))
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP) + records)
    return path


def _exchanges(connection: Connection):
    """Cuts before each request; probes before a request belong to it."""
    requests = {request.raw for request in connection.requests}
    current: list[tuple[str, bytes]] = []
    for way, data in connection.wire:
        only_probes = all(seen in (ajp.PING_REQUEST, ajp.PONG) for _, seen in current)
        if way == "in" and (data in requests or data == ajp.PING_REQUEST) and not only_probes:
            yield current
            current = []
        current.append((way, data))
    if current:
        yield current


def _stream(wire: list[tuple[str, bytes]], port: int) -> bytes:
    sequence = {"in": 1000, "out": 5000}
    out, stamp = b"", 0

    def segment(way: str, flags: int, data: bytes = b"") -> None:
        nonlocal out, stamp
        other = "out" if way == "in" else "in"
        source, target = ((HTTPD[0], port), BACKEND) if way == "in" else (BACKEND, (HTTPD[0], port))
        acknowledged = sequence[other] if flags & 0x10 else 0
        tcp = struct.pack(">HHIIBBHHH", source[1], target[1], sequence[way], acknowledged, 5 << 4, flags, 65535, 0, 0) + data
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, source[0], target[0])
        stamp += 1
        out += struct.pack("<IIII", 1_600_000_000, stamp, len(ip) + len(tcp), len(ip) + len(tcp)) + ip + tcp
        sequence[way] += len(data) + (1 if flags & 0x03 else 0)

    segment("in", 0x02)
    segment("out", 0x12)
    segment("in", 0x10)
    for way, data in wire:
        for at in range(0, len(data), 60_000):
            segment(way, 0x18, data[at : at + 60_000])
    return out
