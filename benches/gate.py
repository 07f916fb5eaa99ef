#!/usr/bin/env python3
"""Fails when a count of ours is above its limit in limits.toml; a minute, on a busy machine too.

    gate.py --module target/release/mod_jk.so
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import measures  # noqa: E402
from lab import Lab  # noqa: E402
from report import number  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", type=Path, required=True)
    options = parser.parse_args()
    limits = {(one["section"], one["key"]): one["at_most"] for one in tomllib.loads((HERE / "limits.toml").read_text())["limit"]}
    above = 0
    with Lab(options.module, None) as lab:
        for row in rows(lab):
            limit = limits.pop((row.section, row.key), None)
            if limit is not None:
                value = row.values["ours"]
                above += value > limit
                print(f"{'ok   ' if value <= limit else 'ABOVE'} {row.section}: {row.key}: {number(value)}, at most {number(limit)}", flush=True)
    for section, key in limits:
        print(f"ABOVE {section}: {key}: was not measured")
    bad = above + len(limits)
    print(f"gate: {bad} above their limits" if bad else "gate: all within their limits")
    return 1 if bad else 0


def rows(lab: Lab):
    """Only what is exact, and only of ours and of the floor under it."""
    yield from measures.instructions(lab, True, ("ours", "floor"))
    yield from measures.mounts(lab, True, ("ours",), ("exact", "prefix", "suffix"))
    yield from measures.members(lab, True, ("ours",))
    yield from measures.system_calls(lab, True, ("ours",))


if __name__ == "__main__":
    sys.exit(main())
