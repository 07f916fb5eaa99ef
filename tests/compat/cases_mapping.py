"""Which worker a path belongs to: the examples, and what other tables say of rules and their sources."""

from __future__ import annotations

import re
from pathlib import Path

from .case import Ask, Case

INDEX = {"docs/index.html": "the index file"}


def _long(text: str) -> str:
    return re.sub(r"\{(.+?)\*(\d+)\}", lambda m: m[1] * int(m[2]), text)


def _examples() -> list[Case]:
    cases = []
    text = (Path(__file__).parent / "examples.txt").read_text()
    for block in text.split("\n# ")[1:]:
        name, *lines = block.rstrip().split("\n")
        conf = [line for line in lines if line and not re.match(r" *\d+ |file ", line)]
        rules = [line.removeprefix("file ") for line in lines if line.startswith("file ")]
        files = INDEX | ({"conf/map": "\n".join(rules) + "\n"} if rules else {})
        asks = [_example(name, m) for m in (re.match(r" *(\d+) (?:([A-Z]+) )?(\S+) +(\S+) (.+)$", line) for line in lines) if m]
        conf += ["JkMountFile conf/map"] * bool(rules)
        cases.append(Case(f"examples {name}", "\n".join(conf), asks, files=files))
    return cases


def _example(name: str, m: re.Match) -> Ask:
    number, method, target, worker, result = m.groups()
    target = _long(target)
    row = (f"uri-mapping 13 {name} #{number}",)
    if worker == "-":
        return Ask(target, "-", status=int(result), method=method or "GET", rows=row, name=f"#{number}")
    return Ask(target, worker, target if result == "=" else result, method=method or "GET", rows=row, name=f"#{number}")


CASES = _examples()
