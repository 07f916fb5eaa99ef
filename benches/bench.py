#!/usr/bin/env python3
"""Measures this module against the original, mod_proxy_ajp and two lower bounds, and writes tables and a plot.

    bench.py --module target/release/mod_jk.so --original /usr/lib/apache2/modules/mod_jk.so [--quick] [--keep]

`--only NAME` runs one section and may be said again; with `--add` the rest of the last result stays. `--keep` puts the
result into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import measures  # noqa: E402
import report  # noqa: E402
from lab import TOP, Lab  # noqa: E402
from rows import Row  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", type=Path, required=True)
    parser.add_argument("--original", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--only", action="append", choices=[section.__name__ for section in measures.ALL])
    parser.add_argument("--add", action="store_true")
    options = parser.parse_args()
    if missing := [program for program in ("valgrind", "strace", "cargo") if not shutil.which(program)]:
        print(f"bench: missing: {' '.join(missing)}; .ci/deps --bench installs it with apt", file=sys.stderr)
        return 1
    rows = []
    with Lab(options.module, options.original) as lab:
        result = lab.target / "bench/result.json"
        if options.add and not result.is_file():
            print(f"bench: --add adds to {result}, which is not there; leave it out the first time", file=sys.stderr)
            return 1
        last = json.loads(result.read_text()) if options.add else {}
        if not lab.original:
            lab.say(f"no original at {options.original}, so no ratios (apt-get install libapache2-mod-jk)")
        about = report.circumstances(options.original, "quick" if options.quick else "full")
        for section in measures.ALL:
            if not options.only or section.__name__ in options.only:
                for row in section(lab, options.quick):
                    rows.append(row)
                    print(report.line(row), flush=True)
        about["load of the machine after"] = f"{os.getloadavg()[0]:.1f}"
        if options.add:
            rows = added(last, rows, about)
        write(lab, rows, about, options.keep)
    return 0


def added(last: dict, rows: list[Row], about: dict) -> list[Row]:
    """The last result with these rows in the place of its own."""
    old, new = [Row(**row) for row in last["rows"]], {(row.section, row.key): row for row in rows}
    sections = ", ".join(dict.fromkeys(row.section for row in rows))
    about |= {key: value for key, value in last["about"].items() if key.startswith("apart from")}
    about[f"apart from: {sections}"] = f"{last['about']['date']}, ours {last['about']['ours']}"
    kept = [new.pop((row.section, row.key), row) for row in old]
    return kept + list(new.values())


def write(lab: Lab, rows: list, about: dict, keep: bool) -> None:
    out = lab.target / "bench"
    out.mkdir(parents=True, exist_ok=True)
    text, plot = report.markdown(rows, about), report.svg(rows)
    (out / "result.md").write_text(text)
    (out / "result.svg").write_text(plot)
    (out / "result.json").write_text(json.dumps({"about": about, "rows": [asdict(row) for row in rows]}, indent=1))
    lab.say(f"written: result.md, result.svg and result.json in {out}")
    if keep:
        report.keep(TOP, text, plot)
        lab.say("docs/performance.md and docs/images/performance.svg show this run now")


if __name__ == "__main__":
    sys.exit(main())
