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

AGAIN = 2
"""So often system calls are counted again; instructions are the same each time."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", type=Path, required=True)
    options = parser.parse_args()
    missed = {(one["section"], one["key"]): one["at_most"] for one in tomllib.loads((HERE / "limits.toml").read_text())["limit"]}
    with Lab(options.module, None) as lab:
        missed = beyond(missed, rows(lab))
        for _ in range(AGAIN):
            if any(section == measures.CALLS for section, _ in missed):
                print("gate: system calls again: on a busy machine a backend pauses, and each pause can cost one", flush=True)
                missed = beyond(missed, measures.system_calls(lab, True, ("ours",)))
    for section, key in missed:
        print(f"ABOVE {section}: {key}: above its limit, or not measured")
    print(f"gate: {len(missed)} above their limits" if missed else "gate: all within their limits")
    return 1 if missed else 0


def beyond(limits: dict[tuple[str, str], float], found) -> dict[tuple[str, str], float]:
    """Those of the limits that no row keeps."""
    kept = set()
    for row in found:
        limit = limits.get((row.section, row.key))
        if limit is not None:
            value = row.values["ours"]
            if value <= limit:
                kept.add((row.section, row.key))
            print(f"{'ok   ' if value <= limit else 'above'} {row.section}: {row.key}: {number(value)}, at most {number(limit)}", flush=True)
    return {name: limit for name, limit in limits.items() if name not in kept}


def rows(lab: Lab):
    """Only what is exact, and only of ours and of the floor under it."""
    yield from measures.instructions(lab, True, ("ours", "floor"))
    yield from measures.mounts(lab, True, ("ours",), ("exact", "prefix", "suffix"))
    yield from measures.members(lab, True, ("ours",))
    yield from measures.system_calls(lab, True, ("ours",))


if __name__ == "__main__":
    sys.exit(main())
