"""A mount file that changes under the running server: the recorded sequence of steps, over both at once."""

from __future__ import annotations

import os
import time

import pytest

from support.pair import SIDES, Pair

from .case import Ask, register
from .judge import Judge
from .play import Stage, usual_workers, with_ports
from .rows import TABLES

INTERVAL = 2.1
"""JkMountFileReload is 1, and a look is due when more than so many whole seconds have passed."""

BAD = "/a=w5\nworker.x.nosuch=1\n"

STEPS: list[tuple[str, str | None, float | None, bool, tuple[str, str]]] = [
    # What, the file's new content, its new time, whether to wait, and who serves /a and /b of the original
    ("step 1", None, None, False, ("w2", "-")),
    ("step 2", "/b=w3\n", 1, False, ("w2", "-")),
    ("step 3", None, None, True, ("-", "w3")),
    ("step 4", "/a=w4\n", 100_000_000, True, ("w4", "-")),
    ("step 5", BAD, 2, True, ("-", "w3")),
    ("step 6", None, None, True, ("-", "w3")),
    ("step 7", BAD, -1_699_999_999, True, ("w4", "-")),
    ("step 8", "/a=w6\n", 3, True, ("w6", "-")),
]
_START = 1_700_000_000


class Steps:
    name = "the recorded sequence"
    rows = tuple(f"uri-mapping 13.3 {row}" for row in TABLES["uri-mapping 13.3"]) + ("uri-mapping 8.4 reload", "httpd 3 JkMountFileReload", "httpd 11.1 #4")

    def __str__(self) -> str:
        return self.name


register("reload: the recorded sequence", Steps.rows)


@pytest.mark.parametrize("case", [Steps()], ids=str)
def test_both_reload_a_mount_file(case, backends):
    judge = Judge("reloads")
    backends.forget()
    with Pair() as pair:
        for side in SIDES:
            pair.sides[side].workers(with_ports(usual_workers(), backends.ports(side)))
        pair.conf("JkMount /base w1\nJkMountFile conf/map\nJkMountFileReload 1")
        pair.write("conf/map", "/a=w2\n")
        pair.start()
        stage = Stage(pair, backends, judge)
        for name, content, more, waits, (a, b) in STEPS:
            _change(pair, content, more)
            if waits:
                stage.close()
                time.sleep(INTERVAL)
            for path, worker in (("/base", "w1"), ("/a", a), ("/b", b)):
                stage.ask(name, Ask(path, worker))
        stage.close()
    judge.end()


def _change(pair: Pair, content: str | None, more: float | None) -> None:
    for httpd in pair.sides.values():
        if content is not None:
            path = httpd.write("conf/map", content)
            os.utime(path, (_START + (more or 0),) * 2)


def test_a_mount_file_that_is_missing_for_a_while(backends):
    judge = Judge("reloads")
    with Pair() as pair:
        for side in SIDES:
            pair.sides[side].workers(with_ports(usual_workers(), backends.ports(side)))
        pair.conf("JkMountFile conf/map\nJkMountFileReload 1")
        pair.write("conf/map", "/a=w2\n")
        pair.start()
        stage = Stage(pair, backends, judge)
        for name in ("present", "missing", "back"):
            for side, httpd in pair.sides.items():
                if name == "missing":
                    (httpd.dir / "conf/map").unlink()
                if name == "back":
                    os.utime(httpd.write("conf/map", "/a=w3\n"), (_START + 5,) * 2)
            stage.close()
            time.sleep(INTERVAL if name != "present" else 0)
            stage.ask(f"file {name}", Ask("/a", "w3" if name == "back" else "w2"))
        stage.close()
    judge.end()
