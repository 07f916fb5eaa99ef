"""A mixture of requests as a busy site sees them, each with a number of its own in every byte that it sends and gets.

    /MOUNT/NUMBER/SIZE/FAULT      the backend answers with `pattern(NUMBER, SIZE)`, and fails as FAULT says

`play` does one of them, or breaks it off, and tells what it saw that it should not have.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import ajp
from .crowd import Caller

SIZES = (0, 1, 9, 500, 8_000, 8_200, 60_000, 300_000)


def pattern(number: int, size: int) -> bytes:
    mark = b"%08d;" % number
    return (mark * (size // len(mark) + 1))[:size]


def script(turn) -> None:
    """The backend's side: it reads the whole body, checks it, and answers."""
    turn.connection.forget()
    _, number, size, fault = turn.request.uri.decode().rsplit("/", 3)
    number, size = int(number), int(size)
    body = turn.read_body()
    if not pattern(number, len(body)) == body:
        raise ajp.AjpError(f"request {number} came with the bytes of another")
    if fault == "before":
        turn.reset()
    headers = [("X-Number", str(number)), ("Content-Type", "text/plain")] + ([("Content-Length", str(size))] if number % 2 else [])
    turn.send(ajp.send_headers(200, "OK", headers))
    reply = ajp.chunks(pattern(number, size))
    if fault == "amid":
        turn.send(reply[: len(reply) // 2])
        turn.reset()
    turn.send(reply + ajp.end(0 if fault == "close" else 1))


@dataclass(frozen=True)
class Mix:
    """Parts of all requests that do not go well."""

    dying_clients: float = 0
    resets: float = 0
    closes: float = 0.02
    """Replies after which the backend wants the connection to be closed."""


def play(caller: Caller, mount: str, number: int, mix: Mix) -> str | None:
    """One request; what is wrong with its reply."""
    dice = random.Random(number)
    size, sent = dice.choice(SIZES), dice.choice(SIZES)
    lot = dice.random()
    if lot < mix.dying_clients:
        return (_die_in_upload if dice.random() < 0.5 else _die_in_download)(caller, mount, number, dice)
    fault = dice.choice(("before", "amid")) if lot < mix.dying_clients + mix.resets else "close" if dice.random() < mix.closes else "none"
    if dice.random() < 0.5:
        got = caller.ask(f"/{mount}/{number}/{size}/{fault}")
    elif dice.random() < 0.5:
        got = caller.ask(f"/{mount}/{number}/{size}/{fault}", "POST", body=pattern(number, sent))
    else:
        got = caller.ask(f"/{mount}/{number}/{size}/{fault}", "PUT", chunked=[part for part in (pattern(number, sent),) if part])
    return _judge(got, number, size, fault)


def _judge(got, number: int, size: int, fault: str) -> str | None:
    whole = got.status == 200 and got.whole and got.body == pattern(number, size) and got.header("x-number") == str(number)
    if whole and fault != "amid" or fault in ("before", "amid") and _is_honest(got, number, size):
        return None
    return f"{number}, {size} bytes, fault {fault}: {got}"


def _is_honest(got, number: int, size: int) -> bool:
    """What a client may get from a backend that failed: a refusal, a cut, or the whole of a small reply."""
    if got.status in (502, 503, 504):
        return got.whole and got.body.startswith(b"<!DOCTYPE HTML")
    return pattern(number, size).startswith(got.body) and (not got.whole or len(got.body) == size)


def _die_in_upload(caller: Caller, mount: str, number: int, dice: random.Random) -> None:
    size = dice.choice(SIZES[2:])
    head = f"POST /{mount}/{number}/9/none HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
    caller.client.send(head.encode() + pattern(number, dice.randrange(size)))
    caller.hang_up(reset=dice.random() < 0.5)


def _die_in_download(caller: Caller, mount: str, number: int, dice: random.Random) -> str | None:
    client = caller.client
    client.send(f"GET /{mount}/{number}/300000/none HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    mark = b"%08d;" % number
    seen = client.wait_for(b"\r\n\r\n") and client.wait_for(mark)
    caller.hang_up(reset=dice.random() < 0.5)
    return None if seen else f"{number}: no reply to go away from"
