"""Everything in which ours may differ from the original, in one place.

`LISTED`: on purpose, with the row of docs/COMPATIBILITY.md. `LATER`: not built yet. `OPEN`: found, and not decided.
A difference that matches nothing here fails its case. So does an entry of which a case it names shows nothing: with
`LISTED` because the list is wrong then, with the other two because there is something to take off it.

`cases` are patterns over names, `case: what was asked`. `fields` are those of an outcome, as patterns, with what ours
shows there: a value, a function that knows whether it is right, or ANY.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

ANY = object()


@dataclass(frozen=True, eq=False)
class Deviation:
    id: str
    cases: str | tuple[str, ...]
    fields: dict[str, object]
    reason: str

    def covering(self, where: str) -> list[str]:
        """Those of its patterns that mean this."""
        return [one for one in ([self.cases] if isinstance(self.cases, str) else self.cases) if fnmatchcase(where, one)]

    def allows(self, name: str, ours: object) -> bool:
        return any(fnmatchcase(name, pattern) and _fits(wanted, ours) for pattern, wanted in self.fields.items())


def _fits(wanted: object, value: object) -> bool:
    if wanted is ANY:
        return True
    return bool(wanted(value)) if callable(wanted) else wanted == value


def answer(status: int, **more: object) -> dict[str, object]:
    """Another status, with httpd's page for it and all that goes with it."""
    names = ["reason", "ending", "header *", "order of headers", "body", "access bytes", "access connection", "note *"]
    return {"status": status, "access status": str(status)} | dict.fromkeys(names, ANY) | more


def refused(status: int) -> dict[str, object]:
    """The same, and no backend hears of it."""
    return answer(status, worker=None) | {"packet*": None, "at backends": []} | {"ending": ANY}


QUIET = {"log": "quiet"}

_UNKNOWN_WORKERS = (
    "examples R40: #140", "examples R41: #143", "examples R43: #150", "examples R53: #202", "file line #245: *", "file line #249: *",
    "file line #250: *", "file line #252: *", "file line #253: *", "file with many kinds of lines: GET /cont", "file with many kinds of lines: GET /cont2",
    "file with many kinds of lines: GET /env", "file with many kinds of lines: GET /self", "file with variables: GET /[def]", "file with twenty variables *", "unknown workers: GET /u/x", "unknown workers: GET /m/x", "unknown workers: GET /empty",
)  # fmt: skip

_AMBIGUOUS = ("%3[Bb]", "%5[Cc]", "%2[Ee]", "%2[Ff]", ";*/.", "/.*;", "//*/..", "//..", "\\")
"""What a servlet container may read otherwise than httpd."""

LISTED: list[Deviation] = [
    Deviation("D7", ("examples R44: #15[34]", "unsafe paths: GET /app/*%*"), answer(400), "RejectUnsafeURI refuses instead of looking for a file"),
    Deviation("D7", ("examples R58: #226", "lengths at the limit: *"), answer(414, log="quiet"), "a path that is too long is refused"),
    Deviation("D7", ("generated * RejectUnsafeURI *: *%*", "generated * RejectUnsafeURI *: *\\*"), refused(400), "RejectUnsafeURI refuses, whatever lies there"),
    Deviation("D7", "generated *: long *", refused(414), "a path that is too long is refused"),
    Deviation(
        "D5",
        tuple(f"generated forms *{end}" for end in (";jsessionid=", "%3bjsessionid=", "%3Bjsessionid=", "jsessionid=[?]*")),
        dict.fromkeys(("header x-peer", "header x-packet", "worker", "at backends", "packet", "packet.route"), ANY),
        "the search for an id ends where the path ends",
    ),
    Deviation("D8", tuple(f"generated * ForwardURICompatUnparsed *: *{one}*" for one in (*_AMBIGUOUS, " http:", " http:[!/]", " http:/[!/]")), refused(400), "what is guarded is what is forwarded"),
    Deviation(
        "D22",
        ("examples R48: #175", "the copy that is matched*: GET *..*", "the copy that is matched*: GET /*?2e?2e*", "a virtual host without rules refuses *"),
        QUIET,
        "what a client does wrong is no emergency",
    ),
    Deviation("D56", _UNKNOWN_WORKERS, QUIET, "an unknown worker is told at info"),
    Deviation("D10", "file whose variable is not known to workers: GET /b", {"*": ANY}, "the rules that are no line of the file stay"),
]

LATER: list[Deviation] = [
]

OPEN: list[Deviation] = [
    Deviation(
        "levels at the start",
        ("unknown workers: start", "file whose variable is not known to workers: start"),
        {"log": "warn"},
        "rules that cannot work are told at warn in the JkLogFile, by the original at error",
    ),
]
