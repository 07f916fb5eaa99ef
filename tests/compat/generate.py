"""What is generated has a seed, and a word about how much of it there is.

`JK_SEED` chooses other worlds than those of every run, `JK_MORE=10` ten times as many.
"""

from __future__ import annotations

import os
from random import Random

SEED = int(os.environ.get("JK_SEED", "2025"))
MORE = float(os.environ.get("JK_MORE", "1"))

WORKERS = ("w1", "w2", "w3", "w4", "w5", "w6", "w7")
PLAIN = "\n".join([f"worker.list={','.join(WORKERS)}", *(f"worker.{name}.port={{{name}}}" for name in WORKERS)]) + "\n"
"""Seven workers that echo."""


def source(name: str) -> Random:
    """Chance of its own for each part, so that a change of one leaves the others as they were."""
    return Random(f"{SEED} {name}")


def times(count: int) -> int:
    return max(1, round(count * MORE))


def maybe(chance: Random, likely: float) -> bool:
    return chance.random() < likely


def some(chance: Random, words: tuple[str, ...], least: int, most: int) -> list[str]:
    return [chance.choice(words) for _ in range(chance.randint(least, most))]
