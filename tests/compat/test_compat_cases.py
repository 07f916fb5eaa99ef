"""Each case over both."""

import pytest

from . import cases_mapping
from .play import run

CASES = [*cases_mapping.CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_do_the_same(case, backends):
    run(case, backends)
