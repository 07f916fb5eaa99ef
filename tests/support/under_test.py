"""Which module is loaded, and where the two modules are meant to differ.

`JK_UNDER_TEST=ours|theirs` chooses the module, `JK_MODULE` and `JK_ORIGINAL` say where the two files lie,
`JK_MPM=event|worker|prefork` chooses how httpd runs. A case holds for both modules unless it calls `deviates`.
"""

import os
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
MODULES = Path(os.environ.get("HTTPD_MODULES", "/usr/lib/apache2/modules"))

UNDER_TEST = os.environ.get("JK_UNDER_TEST", "ours")
MPM = os.environ.get("JK_MPM", "event")

if UNDER_TEST not in ("ours", "theirs"):
    raise SystemExit(f"JK_UNDER_TEST={UNDER_TEST}: ours or theirs")
if MPM not in ("event", "worker", "prefork"):
    raise SystemExit(f"JK_MPM={MPM}: event, worker or prefork")

OURS = UNDER_TEST == "ours"
THEIRS = not OURS


def module_path() -> Path:
    """The file httpd loads."""
    if OURS:
        return Path(os.environ.get("JK_MODULE", TOP / "target/release/libmod_jk.so"))
    return Path(os.environ.get("JK_ORIGINAL", MODULES / "mod_jk.so"))


def deviates(why: str, *, ours, theirs):
    """What the module under test must do where ours differs from the original on purpose.

    `why` names the row of the list of deviations. Both values are written down, so a run over the original
    checks the original's behaviour instead of skipping the case.
    """
    if not why.strip():
        raise ValueError("a deviation needs its reason")
    return ours if OURS else theirs


def not_built_yet(what: str, issue: int):
    """Marks a case that ours cannot pass yet: an expected failure that speaks up the day it passes."""
    return pytest.mark.xfail(OURS, strict=True, reason=f"{what} is not built yet: issue {issue}")
