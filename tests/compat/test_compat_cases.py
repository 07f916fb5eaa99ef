"""Each case over both."""

import pytest

from . import cases_directives, cases_errors, cases_mapping, cases_notes, cases_phases, cases_replies, cases_request, cases_tls
from .play import run

CASES = [case for module in (cases_mapping, cases_directives, cases_errors, cases_notes, cases_phases, cases_replies, cases_request, cases_tls) for case in module.CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_do_the_same(case, backends):
    run(case, backends)
