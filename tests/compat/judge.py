"""Compares what the two showed, and keeps count.

An outcome is a dictionary of named fields. What differs must be listed in `deviations`, with ours as it is said there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest

from . import deviations
from .deviations import Deviation

Outcome = dict[str, object]

comparisons: Counter[str] = Counter()
"""How many outcomes were compared, by kind."""
seen: Counter[str] = Counter()
"""How often each listed difference was seen, by its id."""
deviating: set[str] = set()
"""What was asked where a listed difference was seen, as `case: what was asked`."""


def differences(theirs: Outcome, ours: Outcome) -> dict[str, tuple[object, object]]:
    """Of a packet that only one of them sent, its fields are not told apart."""
    names = [*theirs, *(name for name in ours if name not in theirs)]
    found = {name: (theirs.get(name), ours.get(name)) for name in names if theirs.get(name) != ours.get(name)}
    single = tuple(f"{name}." for name, both in found.items() if name.startswith("packet") and "." not in name and None in both)
    return {name: both for name, both in found.items() if not name.startswith(single)}


@dataclass
class Judge:
    """Collects what is wrong with one test, and says so at its end."""

    kind: str
    faults: list[str] = field(default_factory=list)
    _vain: dict[tuple[Deviation, str], bool] = field(default_factory=dict)
    """Of each entry that means something here, and each of its patterns: whether nothing differed so far."""

    def compare(self, where: str, theirs: Outcome, ours: Outcome) -> None:
        comparisons[self.kind] += 1
        self.weigh(where, theirs, ours)

    def weigh(self, where: str, theirs: Outcome, ours: Outcome) -> None:
        """The same, of a comparison that is counted already."""
        lists = {one: patterns for one in _all() if (patterns := one.covering(where))}
        for one, patterns in lists.items():
            for pattern in patterns:
                self._vain.setdefault((one, pattern), True)
        unlisted = {}
        for name, (a, b) in differences(theirs, ours).items():
            known = [one for one in lists if one.allows(name, b)]
            self._vain.update({(one, pattern): False for one in known for pattern in lists[one]})
            if known:
                deviating.add(where)
            else:
                unlisted[name] = f"{where}: {name}\n    the original: {shown(a)}\n    ours:         {shown(b)}"
        if "status" in unlisted:  # the rest follows from it
            rest = [name for name in unlisted if name not in ("status", "log", "worker")]
            unlisted = {name: text for name, text in unlisted.items() if name not in rest} | {"": f"    and {', '.join(rest)}"}
        self.faults += unlisted.values()

    def fact(self, where: str, name: str, theirs: Outcome, wanted: object) -> None:
        """The original must show what the case says of it."""
        value = theirs.get(name)
        right = wanted.search(value or type(wanted.pattern)()) if hasattr(wanted, "search") else wanted(value) if callable(wanted) else wanted == value
        if not right:
            self.faults.append(f"{where}: of the original {name} should be {shown(wanted)}, and is {shown(value)}")

    def met(self) -> set[Deviation]:
        """The listed differences that were seen."""
        met = {one for (one, _), vain in self._vain.items() if not vain}
        seen.update({one.id for one in met if one in deviations.LISTED})
        return met

    def end(self) -> None:
        """Fails for what is not listed and for what is listed in vain; expected failures end as such."""
        for (one, pattern), vain in self._vain.items():
            if vain:
                self.faults.append(f"{one.id} ({one.reason}) is listed for {pattern}, and nothing differs: take it off the list")
        met = self.met()
        if self.faults:
            pytest.fail("\n".join(self.faults[:20] + [f"and {len(self.faults) - 20} more"] * (len(self.faults) > 20)), pytrace=False)
        undone = [one for one in met if one not in deviations.LISTED]
        if undone:
            pytest.xfail("; ".join(sorted({f"{one.id}: {one.reason}" for one in undone})))


def _all() -> list[Deviation]:
    return deviations.LISTED + deviations.LATER + deviations.OPEN


def shown(value: object) -> str:
    if hasattr(value, "pattern"):
        return f"/{value.pattern}/"
    text = value.__name__ if callable(value) and hasattr(value, "__name__") else repr(value)
    return text if len(text) < 400 else f"{text[:300]}... ({len(text)} characters)"
