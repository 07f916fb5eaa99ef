"""Rows as text, as Markdown and as a plot."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
from html import escape
from pathlib import Path

from goals import GOALS, find
from measures import CALLS, CPU, TOMCAT, USER
from rows import Row
from server import APACHE

TITLES = {"ours": "ours", "original": "mod_jk", "proxy_ajp": "mod_proxy_ajp", "floor": "floor", "floor-ajp": "floor-ajp"}
COLOURS = {"ours": "#c2410c", "proxy_ajp": "#64748b", "floor": "#cbd5e1", "floor-ajp": "#94a3b8"}
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def circumstances(original: Path | None, mode: str) -> dict[str, str]:
    """Where and what was measured."""
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{os.cpu_count()} x {cpu[1] if cpu else platform.machine()}, Linux {platform.release()}",
        "ours": _said(["git", "describe", "--always", "--dirty"]),
        "mod_jk": _version_of(original),
        "httpd": _said([APACHE, "-v"]).removeprefix("Server version: "),
        "compiler": _said(["rustc", "--version"]),
        "tools": f"{_said(['valgrind', '--version'])}, {_said(['strace', '--version'])}",
        "mode": mode,
        "load of the machine before": f"{os.getloadavg()[0]:.1f}",
    }


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    except OSError:
        return "?"
    return (done.stdout.splitlines() or ["?"])[0]


def _version_of(module: Path | None) -> str:
    found = re.search(rb"mod_jk/([\d.]+)", module.read_bytes()) if module and module.is_file() else None
    return found[1].decode() if found else "?"


def number(value: float) -> str:
    """As many digits as mean something."""
    if abs(value) >= 10_000:
        return f"{value / 1000:,.1f} k"
    if abs(value) >= 100 or value == round(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def line(row: Row) -> str:
    """For the terminal."""
    cells = []
    for name, value in row.values.items():
        ratio = row.ratio(name) if name != "original" else None
        cells.append(f"{name} {number(value)}" + (f" ({ratio:.2f} x)" if ratio is not None else ""))
    unit = f", {row.unit}" if row.unit else ""
    return f"  {row.section}: {row.key}{unit}: {'; '.join(cells)}{'  ~noisy' if row.noisy else ''}"


def markdown(rows: list[Row], about: dict[str, str]) -> str:
    out = ["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in about.items()), ""]
    out += ["### Goals", "", "| measure | value | must | aim | |", "|---|---|---|---|---|", *_verdicts(rows)]
    for section in dict.fromkeys(row.section for row in rows):
        out += ["", *_table(section, [row for row in rows if row.section == section])]
    return "\n".join(out) + "\n"


def _verdicts(rows: list[Row]):
    for goal in GOALS:
        value = goal.value(rows)
        if value is None:
            continue
        row = find(rows, goal.section, goal.key)
        relative = goal.ratio or row.unit == "x"
        show = (lambda v: f"{v:.2f} x") if relative else number
        # What is shown decides, not digits that nobody sees.
        rounded = round(value, 2)
        verdict = "aim met" if rounded <= goal.aim else "must met" if rounded <= goal.must else "**missed**"
        yield f"| {goal.what} | {show(value)}{' ~' if row.noisy else ''} | {show(goal.must)} | {show(goal.aim)} | {verdict} |"


def _table(section: str, rows: list[Row]):
    names = [name for name in TITLES if any(name in row.values for row in rows)]
    yield f"### {section}"
    yield ""
    yield "| | unit | " + " | ".join(TITLES[name] for name in names) + " | ours to mod_jk |"
    yield "|---|---|" + "---|" * (len(names) + 1)
    for row in rows:
        cells = [number(row.values[name]) if name in row.values else "" for name in names]
        ratio = row.ratio("ours")
        last = "" if ratio is None else f"{ratio:.2f} x" + (" ~" if row.noisy else "")
        yield f"| {row.key} | {row.unit} | " + " | ".join(cells) + f" | {last} |"


PLOTTED = (
    (USER, "GET 13 B, all"), (USER, "GET 1 MiB, all"), (USER, "POST 1 MiB, all"),
    (CALLS, "GET 13 B, backend"), (CALLS, "GET 1 MiB, all"), (CALLS, "POST 1 MiB, all"),
    (CPU, "GET 13 B"), (CPU, "GET 1 MiB"), (CPU, "POST 1 MiB"), (TOMCAT, "13 bytes of a servlet"),
)
LEFT, WIDTH, BAR, MOST = 330, 420, 11, 1.4


def svg(rows: list[Row]) -> str:
    """Bars: each measure as a part of the original's."""
    found = [find(rows, section, key) for section, key in PLOTTED]
    one, y, body = LEFT + WIDTH / MOST, 46, []
    for row in (row for row in found if row is not None and row.ratio("ours") is not None):
        label = escape(f"{row.section}: {row.key.removesuffix(', all')}")
        body.append(f'<text x="{LEFT - 10}" y="{y + 10}" text-anchor="end">{label}</text>')
        for name in (name for name in COLOURS if row.ratio(name) is not None):
            length = min(row.ratio(name), MOST) / MOST * WIDTH
            body.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 1}" fill="{COLOURS[name]}"/>')
            body.append(f'<text x="{LEFT + length + 4:.1f}" y="{y + 9}" class="n">{row.ratio(name):.2f}</text>')
            y += BAR
        y += 12
    for n, (name, colour) in enumerate(COLOURS.items()):
        body.append(f'<rect x="{LEFT + 110 * n}" y="10" width="10" height="10" fill="{colour}"/>')
        body.append(f'<text x="{LEFT + 110 * n + 14}" y="19">{TITLES[name]}</text>')
    body.append(f'<line x1="{one}" x2="{one}" y1="38" y2="{y}" stroke="#111" stroke-dasharray="3 3"/>')
    body.append(f'<text x="{one}" y="35" text-anchor="middle" class="n">mod_jk = 1</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 60}" height="{y + 10}" font-family="sans-serif" font-size="12">'
    style = '<style>.n{font-size:9px;fill:#475569}</style><rect width="100%" height="100%" fill="white"/>'
    return head + style + "\n".join(["", *body]) + "\n</svg>\n"


def keep(top: Path, text: str, plot: str) -> None:
    """Replaces the measured part of docs/performance.md; what people wrote around it stays."""
    page = top / "docs/performance.md"
    before, rest = page.read_text().split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n{text}{END}{after}")
    (top / "docs/images").mkdir(exist_ok=True)
    (top / "docs/images/performance.svg").write_text(plot)
