"""httpd under valgrind's memcheck: `JK_MEMCHECK=1`. What it finds fails the test during which the server ran.

Everything counts that no suppression in tests/valgrind names, wherever it was found.
"""

from __future__ import annotations

import os
from pathlib import Path

from .under_test import TOP

ON = os.environ.get("JK_MEMCHECK") == "1"
SUPPRESSIONS = TOP / "tests/valgrind/httpd.supp"


def wrapper(directory: Path) -> list[str]:
    """What stands before httpd's own command line."""
    if not ON:
        return []
    return [
        "valgrind",
        "--quiet",
        "--leak-check=full",
        "--show-leak-kinds=definite",
        "--errors-for-leak-kinds=definite",
        "--num-callers=30",
        "--gen-suppressions=all",
        f"--suppressions={SUPPRESSIONS}",
        f"--log-file={directory}/logs/memcheck.%p",
    ]


def found(directory: Path) -> str:
    """All that memcheck has said of a server's processes."""
    texts = (file.read_text(errors="replace") for file in sorted((directory / "logs").glob("memcheck.*")))
    return "\n".join(text for text in texts if text.strip())
