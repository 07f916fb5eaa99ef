"""Every row of the tables is looked at, or it is said why it cannot be."""

import importlib
from pathlib import Path

from . import case, rows


def test_every_row_has_a_case_or_a_reason():
    for path in Path(__file__).parent.glob("test_*.py"):
        importlib.import_module(f"{__package__}.{path.stem}")
    assert rows.missing(case.covered) == []
    assert [row for row in rows.NOT_RUN if row in case.covered] == [], "these can be run after all"
    assert [row for row in rows.NOT_RUN if row not in rows.ALL] == [], "these are no rows"
