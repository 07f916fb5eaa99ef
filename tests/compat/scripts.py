"""What the scripted backends answer: the last part of the path names the script, `m1` and the like may differ."""

from __future__ import annotations

from collections.abc import Callable

from support import ajp
from support.peer import Turn

SCRIPTS: dict[str, Callable[[Turn], None]] = {}


def script(call: Callable[[Turn], None]) -> Callable[[Turn], None]:
    SCRIPTS[call.__name__.strip("_")] = call
    return call


def play_script(turn: Turn) -> None:
    path = (turn.request.uri or b"").decode("latin-1").split(";")[0]
    SCRIPTS.get(path.rstrip("/").rsplit("/", 1)[-1], ok)(turn)


@script
def ok(turn: Turn) -> None:
    turn.reply(200, turn.peer.name.encode())
