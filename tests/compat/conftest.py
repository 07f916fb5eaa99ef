"""Backends for the whole run, and the closing lines: rows covered, comparisons made, differences seen."""

from collections import Counter

import pytest

from support.pair import MODULE, ORIGINAL

from . import case, generate, judge, rows
from .play import Backends

_outcomes: dict[str, set[str]] = {}
"""How each row's cases ended."""


def pytest_report_header(config):
    return f"the original: {ORIGINAL}; ours: {MODULE}; JK_SEED={generate.SEED}"


@pytest.fixture(scope="session")
def backends():
    made = Backends.make()
    yield made
    made.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    before = set(judge.deviating) if call.when == "setup" else getattr(item, "deviating_before", set())
    item.deviating_before = before
    report = (yield).get_result()
    if report.when == "call":
        ended = "expected" if hasattr(report, "wasxfail") else report.outcome
        new = judge.deviating - before
        for row, where in _rows_of(item):
            differs = ended == "passed" and (where in new if where else bool(new))
            _outcomes.setdefault(row, set()).add("deviating" if differs else ended)


def _rows_of(item):
    """Rows of this test, each with what is asked for it alone, if it is a request of a case."""
    one = getattr(item, "callspec", None)
    one = one and one.params.get("case")
    found = [(row, None) for row in (*getattr(item.function, "rows", ()), *getattr(one, "rows", ()))]
    asks = getattr(one, "asks", ())
    return found + [(row, f"{one.name}: {ask.title}") for ask in asks for row in ask.rows]


def _worst(how: set[str]) -> str:
    return next(one for one in ("failed", "expected", "deviating", "passed", "skipped") if one in how)


def pytest_terminal_summary(terminalreporter):
    say = terminalreporter.write_line
    counts = Counter(_worst(how) for how in _outcomes.values())
    missing = rows.missing(case.covered)
    terminalreporter.section("compatibility")
    say(
        f"rows: {len(rows.ALL)}: {counts['passed'] + counts['deviating']} covered, {counts['deviating']} of them deviating as listed, {len(rows.NOT_RUN)} not runnable,"
        f" {len(missing)} missing; {counts['failed']} failed, {counts['expected']} expected to fail"
    )
    for row in missing if terminalreporter.config.option.verbose >= 0 else ():
        say(f"  no case: {row}")
    say(f"comparisons: {sum(judge.comparisons.values())} (" + ", ".join(f"{n} {kind}" for kind, n in judge.comparisons.items()) + ")")
    say(f"listed differences seen: {len(judge.seen)} (" + ", ".join(sorted(judge.seen, key=_number)) + ")")


def _number(name: str):
    digits = "".join(c for c in name if c.isdigit())
    return name[:1], int(digits or 0)
