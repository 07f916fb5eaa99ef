"""Backends for the whole run, and the closing lines: rows covered, comparisons made, differences seen."""

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
    report = (yield).get_result()
    if report.when == "call":
        ended = "expected" if hasattr(report, "wasxfail") else report.outcome
        for row in _rows_of(item):
            _outcomes.setdefault(row, set()).add(ended)


def _rows_of(item):
    one = getattr(item, "callspec", None)
    one = one and one.params.get("case")
    found = list(getattr(item.function, "rows", ()))
    if one is not None:
        found += list(one.rows) + [row for ask in getattr(one, "asks", ()) for row in ask.rows]
    return found


def pytest_terminal_summary(terminalreporter):
    say = terminalreporter.write_line
    ended = {row: "failed" if "failed" in how else "passed" if "passed" in how else "expected" for row, how in _outcomes.items()}
    counts = {how: sum(1 for one in ended.values() if one == how) for how in ("passed", "failed", "expected")}
    missing = [row for row in rows.ALL if row not in case.covered and row not in rows.NOT_RUN]
    terminalreporter.section("compatibility")
    say(
        f"rows: {len(rows.ALL)}; run over both: {counts['passed']}; expected failures: {counts['expected']}; failed: {counts['failed']};"
        f" cannot be run: {len(rows.NOT_RUN)}; without a case: {len(missing)}"
    )
    for row in missing if terminalreporter.config.option.verbose >= 0 else ():
        say(f"  no case: {row}")
    say(f"comparisons: {sum(judge.comparisons.values())} (" + ", ".join(f"{n} {kind}" for kind, n in judge.comparisons.items()) + ")")
    say(f"listed differences seen: {len(judge.seen)} (" + ", ".join(sorted(judge.seen, key=_number)) + ")")


def _number(name: str):
    digits = "".join(c for c in name if c.isdigit())
    return name[:1], int(digits or 0)
