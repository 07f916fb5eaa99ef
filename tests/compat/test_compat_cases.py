"""Each case over both."""

import pytest

from . import cases_directives, cases_mapping, cases_phases, cases_replies, cases_request
from .play import run

CASES = [*cases_mapping.CASES, *cases_directives.CASES, *cases_request.CASES, *cases_phases.CASES, *cases_replies.CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_do_the_same(case, backends):
    run(case, backends)
