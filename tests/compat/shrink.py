"""Makes a difference small: leaves out line after line and character after character as long as the two still differ."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from support.httpd import Failed

from .arena import Arena, Difference, Question, World, httpd_conf, mount_files
from .play import Backends

SECONDS = 30
"""No difference is made smaller for longer than this."""


def reproduction(found: Difference, backends: Backends) -> str:
    """What to configure and to ask to see the same, and what was seen then."""
    small = shrunk(found, backends)
    files = {"httpd.conf": httpd_conf(small.world)} | mount_files(small.world) | {"workers.properties": small.world.workers.splitlines()}
    text = [f"{name}:\n" + "".join(f"    {line!r}\n" if not line.isascii() else f"    {line}\n" for line in lines) for name, lines in files.items()]
    return "".join(text) + f"request: {small.question.raw()!r}\n{small.text}"


def shrunk(found: Difference, backends: Backends) -> Difference:
    best = _seen(backends, found.alone(), replace(found.question, site=0))
    if best is None:
        return replace(found, text=f"{found.text}\n    (only seen among the other questions)")
    deadline = time.monotonic() + SECONDS
    for smaller in (_worlds, _questions):
        best = _while_seen(backends, best, smaller, deadline)
    return best


def _while_seen(backends: Backends, best: Difference, smaller: Callable, deadline: float) -> Difference:
    tried = set()
    while time.monotonic() < deadline:
        candidate = next((one for one in smaller(best) if one not in tried), None)
        if candidate is None:
            break
        tried.add(candidate)
        best = _seen(backends, *candidate) or best
    return best


def _seen(backends: Backends, world: World, question: Question) -> Difference | None:
    arena = Arena(world, backends, "to make a difference small")
    try:
        arena.ask([question])
    except Failed:
        return None  # a line was left out that others need
    return arena.differences[0] if arena.differences else None


def _worlds(found: Difference) -> Iterator[tuple[World, Question]]:
    world, (site,) = found.world, found.world.sites
    for less in _less(world.main):
        yield replace(world, main=less), found.question
    for less in _less(world.file):
        yield replace(world, file=less), found.question
    for less in _less(site.lines):
        yield replace(world, sites=(replace(site, lines=less),)), found.question
    for less in _less(site.file):
        yield replace(world, sites=(replace(site, file=less),)), found.question


def _questions(found: Difference) -> Iterator[tuple[World, Question]]:
    target = found.question.target
    for less in _less(tuple(target)):
        if less[:1] == ("/",) or not target.startswith("/"):
            yield found.world, replace(found.question, target="".join(less))


def _less(items: tuple) -> Iterator[tuple]:
    """Without all, each half, each quarter, and so on to each single one."""
    size = len(items)
    while size:
        for at in range(0, len(items), size):
            yield items[:at] + items[at + size :]
        size = size // 2 if size > 1 else 0
