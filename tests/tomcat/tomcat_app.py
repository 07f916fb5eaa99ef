"""The test application as its clients see it: what its pages say, and bodies too large to be held."""

import hashlib
import http.client
from collections.abc import Iterator
from functools import lru_cache
from http.client import HTTPConnection, HTTPResponse

from support.client import Reply
from support.tomcat import TomcatPair

_PATTERN = bytes(range(251)) * 256


def workers_for(pair: TomcatPair, *, member: str = "", balancer: str = "", secret: str | None = None) -> str:
    """workers.properties with the balancer `lb` over both nodes, and the plain workers `one` and `two`, and `wide`
    for the connector of node1 with large packets. `member` and `balancer` are properties, separated by blanks, that
    all ajp13 workers or the balancer get."""
    one, two = (node.ajp_port for node in pair.nodes)
    ports = {"node1": one, "node2": two, "one": one, "two": two, "wide": pair.nodes[0].wide_port}
    lines = ["worker.list=lb,one,two,wide", "worker.lb.type=lb", "worker.lb.balance_workers=node1,node2"]
    lines += [f"worker.lb.{line}" for line in balancer.split()]
    for name, port in ports.items():
        properties = ["type=ajp13", "host=127.0.0.1", f"port={port}", f"secret={secret or pair.secret}", *member.split()]
        lines += [f"worker.{name}.{line}" for line in properties]
    return "\n".join(lines + ["worker.wide.max_packet_size=65536"]) + "\n"


def said(reply: Reply) -> dict[str, str]:
    """The lines of a page that says `key=value`."""
    assert reply.status == 200 and reply.whole, reply
    return said_in(reply.body)


def said_in(body: bytes) -> dict[str, str]:
    return dict(line.split("=", 1) for line in body.decode().splitlines())


# Bodies ---------------------------------------------------------------------------------------------------------------


def pieces(size: int) -> Iterator[bytes]:
    """The body of big.jsp, in pieces: its i-th byte is i mod 251."""
    for left in range(size, 0, -len(_PATTERN)):
        yield _PATTERN[:left]


def body(size: int) -> bytes:
    return b"".join(pieces(size))


@lru_cache
def sha256(size: int) -> str:
    """The hash of that body."""
    found = hashlib.sha256()
    for piece in pieces(size):
        found.update(piece)
    return found.hexdigest()


def upload(port: int, target: str, size: int, *, chunked: bool) -> tuple[int, bytes]:
    """POSTs a body of that size without holding it; status and answer."""
    headers = {"Content-Type": "application/octet-stream"} | ({} if chunked else {"Content-Length": str(size)})
    with _connection(port) as connection:
        connection.request("POST", target, body=pieces(size), headers=headers, encode_chunked=chunked)
        reply = connection.getresponse()
        return reply.status, reply.read()


def download(port: int, target: str) -> tuple[HTTPResponse, int, str]:
    """GETs a body without holding it; the reply, the number of bytes, their hash. A cut reply is an exception."""
    found, length = hashlib.sha256(), 0
    with _connection(port) as connection:
        connection.request("GET", target)
        reply = connection.getresponse()
        while piece := reply.read(1 << 18):
            found.update(piece)
            length += len(piece)
        if reply.length:
            raise http.client.IncompleteRead(b"", reply.length)
        return reply, length, found.hexdigest()


class _connection(HTTPConnection):
    def __init__(self, port: int):
        super().__init__("127.0.0.1", port, timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.close()
