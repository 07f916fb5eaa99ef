"""Everything in which ours may differ from the original, in one place.

`LISTED`: on purpose, with the row of docs/COMPATIBILITY.md. `LATER`: not built yet. `OPEN`: found, and not decided.
A difference that matches nothing here fails its case. So does an entry of which a case it names shows nothing: with
`LISTED` because the list is wrong then, with the other two because there is something to take off it.

`cases` is a pattern over names, `case: what was asked`. `fields` are those of an outcome, as patterns, with what ours
shows there: a value, a function that knows whether it is right, or ANY.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

ANY = object()


@dataclass(frozen=True, eq=False)
class Deviation:
    id: str
    cases: str
    fields: dict[str, object]
    reason: str

    def covers(self, where: str) -> bool:
        return fnmatchcase(where, self.cases)

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


QUIET = {"log": "quiet"}

LISTED: list[Deviation] = [
    Deviation("D7", "examples R44: #15[34]", answer(400), "RejectUnsafeURI refuses instead of looking for a file"),
    Deviation("D7", "examples R58: #226", answer(414, log="quiet"), "a path that is too long is refused"),
    Deviation("D22", "examples R48: #175", QUIET, "what a client does wrong is no emergency"),
    *(Deviation("D56", f"examples {one}", QUIET, "an unknown worker is told at info") for one in ("R40: #140", "R41: #143", "R43: #150", "R53: #202")),
]

LATER: list[Deviation] = []

OPEN: list[Deviation] = []
