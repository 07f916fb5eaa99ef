"""What the scripted backends answer: the last part of the path names the script, without what follows a dot."""

from __future__ import annotations

from collections.abc import Callable

from support import ajp
from support.peer import Turn

SCRIPTS: dict[str, Callable[[Turn], None]] = {}

TEXT = [("Content-Type", "text/plain")]
HTML = [("Content-Type", "text/html")]


def script(call: Callable[[Turn], None]) -> Callable[[Turn], None]:
    SCRIPTS[call.__name__.strip("_")] = call
    return call


def sends(name: str, *packets: bytes, then: str = "") -> None:
    """A script that sends these bytes at once; `then` is `close` or `reset`."""

    def play(turn: Turn) -> None:
        if turn.unasked:
            turn.take_body_packet()
        turn.send(b"".join(packets))
        if then:
            getattr(turn, then)()

    SCRIPTS[name] = play


def play_script(turn: Turn) -> None:
    path = (turn.request.uri or b"").decode("latin-1").split(";")[0]
    SCRIPTS.get(path.rstrip("/").rsplit("/", 1)[-1].split(".")[0], ok)(turn)


@script
def ok(turn: Turn) -> None:
    turn.reply(200, turn.peer.name.encode())


def body(n: int) -> bytes:
    return bytes(b"abcdefghijklmnopqrstuvwxyz\n"[i % 27] for i in range(n))


# Whole replies

for _n in (100, 7999, 8000, 8183, 8184, 8185, 8191, 8192, 8193, 9000, 20000):
    sends(f"b{_n}", ajp.reply(200, TEXT, body(_n)))
    sends(f"b{_n}-nolength", ajp.send_headers(200, "OK", TEXT), ajp.chunks(body(_n)), ajp.end())
    sends(f"b{_n}-flushed", ajp.send_headers(200, "OK", [*TEXT, ("Content-Length", str(_n))]), ajp.chunks(body(_n), 5000), ajp.FLUSH, ajp.end())
sends("b100-partial", ajp.reply(206, [*TEXT, ("Content-Range", "bytes 0-1/100")], b"ab", reason="Partial"))
sends("b100-etag", ajp.reply(200, [*TEXT, ("ETag", '"one"')], body(100)))
sends("notype", ajp.reply(200, [], b"no type"))
sends("html", ajp.reply(200, HTML, b"<html><body>a body</body></html>"))
sends("html-charset", ajp.reply(200, [("Content-Type", "text/html; charset=ISO-8859-1")], b"<html><body>a body</body></html>"))
sends("xml", ajp.reply(200, [("Content-Type", "application/xml")], b"<body/>"))
sends("typed", ajp.reply(200, [("Content-Type", "TEXT/X-Mine; Charset=UTF-8; X=Y")], b"a body of its own type"))
sends("empty", ajp.reply(200, TEXT, b""))
sends("none", ajp.send_headers(204, "No Content"), ajp.end())
sends("error", ajp.reply(404, HTML, b"the backend's own page", reason="Not Here"))
sends("many", ajp.reply(200, [*TEXT, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Path=/"), ("X-Two", "1"), ("X-Two", "2")], b"many"))
