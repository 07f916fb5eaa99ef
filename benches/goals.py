"""What must hold against the original in the same run, and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass

from measures import ADDED, CALLS, CPU, CPU_MEMBERS, MEMORY, START, TOMCAT, USER
from rows import Row


@dataclass
class Goal:
    what: str
    section: str
    key: str
    must: float
    aim: float
    ratio: bool = False
    """The limits are for our value divided by the original's; else for our value."""

    def value(self, rows: list[Row]) -> float | None:
        """`None` if it was not measured."""
        row = find(rows, self.section, self.key)
        if row is None or "ours" not in row.values:
            return None
        return row.ratio("ours") if self.ratio else row.values["ours"]


def find(rows: list[Row], section: str, key: str) -> Row | None:
    """The row of that name; a key that ends in `...` may go on in any way."""
    def fits(row: Row) -> bool:
        return row.key.startswith(key[:-3]) if key.endswith("...") else row.key == key

    return next((row for row in rows if row.section == section and fits(row)), None)


GOALS = (
    Goal("user instructions, small GET through the lb", USER, "GET 13 B, all", 0.45, 0.38, ratio=True),
    Goal("of which above the httpd floor", USER, "GET 13 B, above the floor", 17_000, 10_000),
    Goal("backend-socket calls, small GET, 100 a second", CALLS, "GET 13 B, 100 a second, backend", 3, 2),
    Goal("the same, one at the heels of the other", CALLS, "GET 13 B, backend", 3, 2),
    Goal("the same with Tomcat's three writes", CALLS, "GET 13 B, Tomcat's three writes, backend", 3, 2),
    Goal("CPU, small GET", CPU, "GET 13 B", 0.90, 0.82, ratio=True),
    Goal("all system calls, GET 1 MiB", CALLS, "GET 1 MiB, all", 200, 60),
    Goal("CPU per MiB, GET 1 MiB", CPU, "GET 1 MiB", 0.90, 0.70, ratio=True),
    Goal("CPU per MiB, GET 64 MiB", CPU, "GET 64 MiB", 0.90, 0.70, ratio=True),
    Goal("user instructions, GET 1 MiB", USER, "GET 1 MiB, all", 230_000, 150_000),
    Goal("user instructions, POST 1 MiB", USER, "POST 1 MiB, all", 390_000, 300_000),
    Goal("all system calls, POST 1 MiB", CALLS, "POST 1 MiB, all", 420, 300),
    Goal("CPU per MiB, POST 1 MiB", CPU, "POST 1 MiB", 0.85, 0.70, ratio=True),
    Goal("CPU per MiB, POST 64 MiB", CPU, "POST 64 MiB", 0.85, 0.70, ratio=True),
    Goal("instructions added by 1,000 exact mounts", ADDED, "1000 exact mounts", 2000, 500),
    Goal("instructions added by 1,000 prefix mounts", ADDED, "1000 prefix mounts", 2000, 500),
    Goal("instructions added by 1,000 suffix mounts", ADDED, "1000 suffix mounts", 2000, 500),
    Goal("start with 10,000 prefix mounts, s", START, "10000 prefix mounts", 0.5, 0.12),
    Goal("256 members against 2, sticky, CPU", CPU_MEMBERS, "256 members, sticky, against...", 1.05, 1.0),
    Goal("256 members against 2, no session, CPU", CPU_MEMBERS, "256 members, no session, against...", 1.10, 1.0),
    Goal("resident in a child after load, MiB", MEMORY, "resident in a child, after load", 10, 9),
    Goal("growth of a child after warm-up, KiB", MEMORY, "growth of a child...", 64, 0),
    Goal("CPU of httpd, servlet on Tomcat 10", TOMCAT, "13 bytes of a servlet", 0.92, 0.85, ratio=True),
)
