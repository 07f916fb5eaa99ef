"""Generated rules, in every place where rules may stand, and paths that are near to them."""

from __future__ import annotations

from random import Random

from .arena import Question, Site, World
from .generate import PLAIN, WORKERS, maybe, some, source, times

WORLDS, SITES, PATHS = 4, 200, 30

SEGMENTS = ("a", "b", "ab", "app", "App", "x.jsp", "y.jsp", "c.do", "img.gif", "é".encode().decode("latin-1"), "a b", "a%b", "-", "!", "~", "1")
"""Few, so that rules and paths meet. As they are once decoded."""
ENDINGS = ("", "/", "/*", "*", "/*.jsp", "*.do", "?", "/?", "/*/b", "/**", ".jsp")
SUFFIXES = ("/*.jsp", "/*.do", "/*.gif", "/*b", "/*/a", "/?", "/a?p*", "/*", "/")
EXTENSIONS = (";reply_timeout=5000", ";foo=1", ";", ";;", ";fail_on_status=503", ";use_server_errors=600", ";stateless=1")
ODD_LINES = (
    "# nothing", "", "/a", "=w1", "/b=", "no/slash=w1", "*.jsp=w2", "! /a=w1", "!-/a=w1", "- /b=w2", "/a=w1 w2", "V=w3", "/b=$(V)", "/app=$(W", "/a/b=w1#c",
)  # fmt: skip
DETOURS = ("/./", "//", "/x/../", "/;p=1/", "/.;p/", "/x/..;p/", "/%2e/", "/x/%2e%2e/")
TAILS = ("/", "x", "/x", ".jsp", "?q=1", ";jsessionid=A.w1", ";p", "%3Bp", "/.", "/..", "/x/..", "//", "%2Fx", "%5Cx", "%00", "b", "/b/c", "/x.jsp")


def worlds() -> list[World]:
    return [_world(source(f"mounts {number}"), number) for number in range(times(WORLDS))]


def questions(world: World) -> list[Question]:
    chance = source(f"paths of {world.name}")
    shared = list(_patterns([*world.main, *world.file]))
    asked = []
    for number, site in enumerate(world.sites):
        near = list(_patterns([*site.lines, *site.file])) or shared or ["/"]
        everywhere = near * 3 + shared
        asked += [Question(number, path(chance, everywhere), "HEAD" if maybe(chance, 0.02) else "GET") for _ in range(PATHS)]
    return asked


def _world(chance: Random, number: int) -> World:
    main = mounts(chance, chance.randint(1, 5)) + ["JkMountCopy All"] * (number % 2)
    workers = PLAIN + "".join(f"worker.{name}.mount={_single_word(pattern(chance))}\n" for name in some(chance, WORKERS, 0, 2))
    sites = tuple(site(chance) for _ in range(SITES))
    return World(f"mounts {number}", sites, tuple(main), tuple(file(chance)), workers)


# Rules ----------------------------------------------------------------------------------------------------------------


def site(chance: Random) -> Site:
    copy = some(chance, ("JkMountCopy On", "JkMountCopy Off"), 0, 1) if maybe(chance, 0.5) else []
    lines = copy + mounts(chance, chance.choice((0, 1, 2, 2, 3, 4, 5, 6, 9, 12)))
    if maybe(chance, 0.15):
        lines.append(f'<Location "{pattern(chance)}">\n{chance.choice(("JkMount", "JkUnMount"))} {worker(chance)}\n</Location>')
    if maybe(chance, 0.1):
        lines.append(f'SetEnvIf Request_URI "{chance.choice(("gif$", "^/a", "b"))}" no-jk')
    options = [option for option in ("AllowEncodedSlashes On", "MergeSlashes Off", "JkStripSession On") if maybe(chance, 0.15)]
    return Site((*lines, *options), tuple(file(chance)) if maybe(chance, 0.4) else ())


def mounts(chance: Random, count: int) -> list[str]:
    return [_mount(chance) for _ in range(count)]


def _mount(chance: Random) -> str:
    if maybe(chance, 0.25):
        return f'JkUnMount "{pattern(chance)}" {chance.choice((*WORKERS[:4], "*"))}'
    return f'JkMount "{pattern(chance)}" {worker(chance)}'


def _single_word(text: str) -> str:
    """In workers.properties a blank ends a pattern, and what follows would have to begin with a slash."""
    return "".join(c for c in text if " " < c < "\x7f")


def worker(chance: Random) -> str:
    if maybe(chance, 0.03):
        return "nosuch"
    return chance.choice(WORKERS[:4]) + (chance.choice(EXTENSIONS) if maybe(chance, 0.1) else "")


def pattern(chance: Random) -> str:
    """A path with or without wildcards, a suffix, or the short form of two rules."""
    if maybe(chance, 0.15):
        return chance.choice(SUFFIXES)
    text = "".join(f"/{segment}" for segment in some(chance, SEGMENTS, 1, 3))
    if maybe(chance, 0.1):
        at = chance.randrange(1, len(text) + 1)
        text = text[:at] + chance.choice(("*", "?", "//", "/./", ";p", "[a]", "\\\\")) + text[at:]
    text += chance.choice(ENDINGS)
    return text + "|" + chance.choice(ENDINGS) if maybe(chance, 0.2) else text


def file(chance: Random) -> list[str]:
    """Lines of a mount file, and a few that are none."""
    return [_line(chance) for _ in range(chance.choice((0, 1, 2, 3, 5, 8)))]


def _line(chance: Random) -> str:
    if maybe(chance, 0.1):
        return chance.choice(ODD_LINES)
    mark = chance.choice(("", "", "", "", "!", "!", "-", "-!"))
    who = "*" if "!" in mark and maybe(chance, 0.4) else worker(chance)
    between = chance.choice(("=", "=", "=", " = ", "\t=", "= "))
    return mark + pattern(chance) + between + who + chance.choice(("", "", "", "\r", "  ", " # c"))


# Paths ----------------------------------------------------------------------------------------------------------------


def path(chance: Random, patterns: list[str]) -> str:
    """Near to one of the patterns, or built of the same pieces; encoded for the wire here and there."""
    if maybe(chance, 0.75):
        text = _meant(chance, chance.choice(patterns))
    else:
        text = "".join(f"/{segment}" for segment in some(chance, SEGMENTS, 1, 4))
    if maybe(chance, 0.15):
        text = _bent(chance, text)
    text = encoded(chance, text)
    if maybe(chance, 0.15):
        at = text.find("/", chance.randrange(len(text)))
        text = text[: max(at, 0)] + chance.choice(DETOURS) + text[max(at, 0) + 1 :]
    if maybe(chance, 0.25):
        text += chance.choice(TAILS)
    return text


def _patterns(lines: list[str]):
    """What the patterns of these lines may look like; a line that is no rule does no harm."""
    for line in lines:
        quoted = line.split('"')
        text = quoted[1] if len(quoted) > 2 and not line.startswith("SetEnvIf") else line.split("=")[0].strip().lstrip("-!")
        if text.startswith("/"):
            yield from dict.fromkeys((text.partition("|")[0] or "/", text.replace("|", "", 1), text))


def _meant(chance: Random, text: str) -> str:
    """A path that the pattern matches."""
    fill = {"*": lambda: "".join(chance.choice(("", "a", "b", "/", "x.jsp", "/a/b")) for _ in range(2)), "?": lambda: chance.choice("ab/.é".encode().decode("latin-1"))}
    return "".join(fill[c]() if c in fill else c for c in text.replace("\\\\", "\\"))


def _bent(chance: Random, text: str) -> str:
    """The path with one character more, less, or of the other case."""
    at = chance.randrange(1, len(text)) if len(text) > 1 else 0
    return chance.choice((text[:at] + text[at + 1 :], text[:at] + chance.choice("ab/.J") + text[at:], text[:at] + text[at:].swapcase())) or "/"


def encoded(chance: Random, text: str) -> str:
    """What must not stand in a request as it is, and now and then something else, as an escape."""
    return "".join(_escape(chance, c) if c in ' %#?"<>^`{|}\\[]' or not " " < c < "\x7f" or maybe(chance, 0.02) and c != "/" else c for c in text)


def _escape(chance: Random, c: str) -> str:
    return f"%{ord(c):02x}" if maybe(chance, 0.5) else f"%{ord(c):02X}"
