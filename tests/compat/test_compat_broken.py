"""Broken configurations over both: what the configuration test says, whether the server starts, what ours advises."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.httpd import Httpd
from support.pair import MODULE, ORIGINAL, SIDES
from support.under_test import MPM

from . import broken, generate, generate_configs, judge
from .broken import CONF, NOWHERE, Row

AT_ONCE = 4

pytestmark = pytest.mark.skipif(MPM != "event", reason="the MPM changes nothing of it")


@dataclass
class Seen:
    """What one module did with one configuration."""

    test: bool
    start: bool | str
    said: str
    conf: list[str]
    """Lines of httpd.conf."""
    files: list[str]
    """Lines that belong to the case, of all files."""
    left: list[str]
    """What the configuration test left behind."""


def looks(rows: list[Row]) -> list[dict[str, Seen]]:
    """All rows over both, some at once."""
    modules = dict(zip(SIDES, (ORIGINAL, MODULE)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda row: {side: look(row, module) for side, module in modules.items()}, rows))


@pytest.fixture(scope="module")
def seen():
    return dict(zip(map(str, broken.ROWS), looks(broken.ROWS)))


@pytest.mark.parametrize("row", broken.ROWS, ids=str)
def test_both_judge_alike_and_ours_says_why(row, seen):
    judge.comparisons["configurations"] += 1
    both = seen[str(row)]
    assert (both["theirs"].test, both["theirs"].start) == (row.test, row.start), both["theirs"].said
    ours = both["ours"]
    assert (ours.test, ours.start) == (row.accepted, row.accepted), ours.said
    assert ours.left == []
    if row.why:
        judge.seen[row.why] += 1
    elif ours.test != both["theirs"].test:
        judge.seen["D11"] += 1
    advises(row, ours)


def test_generated_configurations_are_judged_alike():
    rows = looks(generate_configs.rows())
    faults = [fault for both in rows if (fault := unlike(both))]
    judge.comparisons["generated configurations"] += len(rows)
    sound = sum(both["theirs"].start is True for both in rows)
    assert len(rows) / 5 < sound < len(rows) * 4 / 5, f"{sound} of {len(rows)} start: too few are of one kind"
    assert not faults, f"JK_SEED={generate.SEED}: {len(faults)} of {len(rows)}\n" + "\n".join(faults[:10])


def unlike(both: dict[str, Seen]) -> str:
    """Empty if ours refuses at the test what does not start the original, with a reason and its place, and nothing else."""
    theirs, ours = both["theirs"], both["ours"]
    if not ours.test == ours.start == (theirs.start is True):
        return f"the original: test {theirs.test}, start {theirs.start}; ours: test {ours.test}, start {ours.start}\n{_shown(ours)}\n{theirs.said}"
    if not ours.test and not re.search(r"/conf/[\w.]+:\d+: |on line \d+ of \S+:\n", ours.said):
        return f"ours names no place\n{_shown(ours)}"
    return ""


def _shown(ours: Seen) -> str:
    return "\n".join(f"    {line}" for line in (*ours.files, *ours.said.splitlines()))


def advises(row: Row, ours: Seen) -> None:
    said = [line for line in ours.said.splitlines() if line != "Syntax OK"]
    if not row.says:
        assert said == []
    elif row.at == NOWHERE:
        assert re.search(row.says, ours.said), ours.said
    elif row.at == CONF:
        names_a_line_of(row, ours)
    else:
        file = "map" if row.map is not None else "workers.properties"
        assert re.search(rf"/conf/{file}:{row.at}: .*{row.says}", ours.said), ours.said


def names_a_line_of(row: Row, ours: Seen) -> None:
    """In the form of httpd, or in ours."""
    found = re.search(rf"on line (\d+) of \S*/conf/httpd\.conf:\n.*{row.says}", ours.said) or re.search(rf"/conf/httpd\.conf:(\d+)\b.*{row.says}", ours.said)
    assert found, ours.said
    assert ours.conf[int(found[1]) - 1] in row.conf.splitlines(), ours.said


def look(row: Row, module: Path) -> Seen:
    httpd = configured(row, Httpd(module=module, threads=1))
    try:
        tested = httpd.configtest()
        left = [path.name for path in (httpd.dir / "run").iterdir()]
        failure = _started(httpd)
        start = True if failure is None else "crash" if httpd.exit_code in (-11, -6) else False
        files = [*row.conf.splitlines(), "workers.properties:", *str(row.workers).splitlines(), "map:", *str(row.map).splitlines()]
        return Seen(tested.returncode == 0, start, tested.stdout, httpd.config_file.read_text().splitlines(), files, left)
    finally:
        httpd.kill()
        httpd.close()


def _started(httpd: Httpd) -> str | None:
    """Why it does not start; others may take a free port before it does."""
    for _ in range(5):
        failure = httpd.try_start()
        if failure is None or "could not bind" not in failure:
            break
        httpd.ports = dict.fromkeys(httpd.ports, 0)
    return failure


def configured(row: Row, httpd: Httpd) -> Httpd:
    if row.workers is not None:
        httpd.write("conf/workers.properties", row.workers)
    if row.map is not None:
        httpd.write("conf/map", row.map)
        httpd.conf("JkMountFile conf/map")
    return httpd.conf(row.conf)
