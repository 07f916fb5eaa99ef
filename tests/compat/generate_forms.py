"""Generated paths that are odd on the wire, for each form in which a URI can be passed on and each option about paths."""

from __future__ import annotations

from itertools import product
from random import Random

from .arena import Question, Site, World
from .generate import maybe, source, times

PATHS = 120

FORMS = ("ForwardURIProxy", "ForwardURIEscaped", "ForwardURICompat", "ForwardURICompatUnparsed")
REJECT = ("", "RejectUnsafeURI")
SLASHES = ("Off", "On", "NoDecode")
MERGE = ("On", "Off")
STRIP = ("", "JkStripSession On", "JkStripSession On ;foo")
MOUNTS = (("/* lb",), ("/app|/* lb", "/*.jsp w1"), ("/a/* w1", "/a* w2", "/;x w3", "/*%* w4"))

WORKERS = """worker.list=lb,w1,w2,w3,w4
worker.lb.type=lb
worker.lb.balance_workers=w5,w6
worker.w5.distance=0
worker.w6.distance=1
""" + "".join(f"worker.w{n}.port={{w{n}}}\n" for n in range(1, 7))
"""Without a session everything goes to w5, so that no request depends on those before it."""

NAMES = ("a", "b", "app", "x.jsp", "docs", "index.html", "A", "~u", "a.b", "WEB-INF")
PLAIN = ("/", "/", "/", "//", "/./", "/../", "/.", "/..", ".", "..", "...", "///")
PARAMETERS = (
    ";", ";;", ";x=1", ";jsessionid=A.w6", ";jsessionid=A.w5", ";jsessionid=", ";JSESSIONID=A.w6", ";jsessionid=A.w6;y=2", ";jsessionid", ";foo=1",
    ";foo", ";a=b;c=d",
    "%3bjsessionid=A.w6", ";jsessionid=%41.w6", ";jsession%69d=A.w6", ";jsessionid=A.w6.b", "..;", ".;", "/..;/", "/.;/", "/..;x/",
)  # fmt: skip
ESCAPES = (
    "%2f", "%2F", "%5c", "%5C", "%2e", "%2E%2e", "%2e%2e", "%3b", "%3B", "%25", "%252f", "%252e", "%253b", "%255c", "%20", "%09", "%0a",
    "%0d%0a", "%01", "%7f", "%80",
    "%c3%a9", "%C3%A9", "%e9", "%ff", "%c0%af", "%23", "%3f", "%3F", "%26", "%3d", "%2b", "%41", "%61pp", "%7e", "%7C", "%22", "%3c", "%5b", "%5e", "%60", "%7b",
    "%u002f",
)  # fmt: skip
BROKEN = ("%00", "%", "%4", "%zz", "%g1", "\xe9", "\xc3\xa9", "\xff", "\\", '"', "<", ">", "^", "`", "{", "}", "|", "[", "]", "#", "#x", "\x01", "\x7f")
MARKS = ("$", "-", "_", "+", "!", "*", "'", "(", ")", ",", ":", "@", "&", "=", "~")
QUERIES = ("?", "?q=1", "?a=b&c=%2f", "?;jsessionid=A.w6", "??", "?%00", "?x=/../", "?\xe9")
KINDS = ((NAMES, 8), (PLAIN, 8), (PARAMETERS, 4), (ESCAPES, 5), (MARKS, 1), (BROKEN, 0.25))
METHODS = ("HEAD", "OPTIONS", "DELETE", "BREW", "TRACE")


def world() -> World:
    chance = source("forms")
    options = list(product(FORMS, REJECT, SLASHES, MERGE)) * times(3)
    return World("forms", tuple(_site(chance, *chosen) for chosen in options), workers=WORKERS)


def questions(world: World) -> list[Question]:
    chance = source("odd paths")
    return [
        Question(number, target(chance), chance.choice(METHODS) if maybe(chance, 0.05) else "GET") for number in range(len(world.sites)) for _ in range(PATHS)
    ]


def _site(chance: Random, form: str, reject: str, slashes: str, merge: str) -> Site:
    lines = [f"JkMount {mount}" for mount in chance.choice(MOUNTS)]
    lines += [f"JkOptions +{option}" for option in (form, reject) if option]
    lines += [f"AllowEncodedSlashes {slashes}", f"MergeSlashes {merge}", chance.choice(STRIP)]
    return Site(tuple(line for line in lines if line), tags=tuple(word for word in (form, reject, f"slashes{slashes}") if word))


def target(chance: Random) -> str:
    """What stands in the request line, in Latin-1."""
    text = path(chance) + (chance.choice(QUERIES) if maybe(chance, 0.15) else "")
    if maybe(chance, 0.02):
        return f"http://{chance.choice(('other.example.com', 'www.example.com:80'))}{text}"
    if maybe(chance, 0.01):
        return chance.choice(("*", "a", ";x", "%2f", "..", "http://", "http:/a", "//host/a"))
    return text


def path(chance: Random) -> str:
    groups, weights = zip(*KINDS)
    text = "/" + "".join(chance.choice(group) for group in chance.choices(groups, weights, k=chance.randint(0, 6)))
    return text + _filling(chance) if maybe(chance, 0.01) else text


def _filling(chance: Random) -> str:
    """Makes the path nearly as long as a rule may see, or as fits into a packet or a request line."""
    piece = chance.choice(("a", "a/", "%41", "%c3%a9", "a;b/"))
    return piece * ((chance.choice((4070, 4090, 4100, 6000, 8050)) + chance.randint(-10, 10)) // len(piece))
