"""Many clients at once, some of which go away, before backends some of which break off: nobody gets a byte of anybody
else's, and no backend suffers for what clients do.

`JK_ISOLATION=20000` asks that many times.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from support.crowd import crowd
from support.mixture import Mix, play, script
from support.under_test import MPM, THEIRS

REQUESTS = int(os.environ.get("JK_ISOLATION", {"event": 3000}.get(MPM, 600)))
SETTLED = {"OK", "OK/IDLE", "-"}


@pytest.fixture
def site(make):
    a, b = make.peer("a", script), make.peer("b", script)
    httpd = make.httpd(threads=16)
    httpd.workers(f"""
        worker.list=lb,w
        worker.lb.type=lb
        worker.lb.balance_workers=a,b
        worker.lb.retry_interval=10
        worker.t.host=127.0.0.1
        worker.t.retry_interval=10
        worker.a.reference=worker.t
        worker.a.port={a.port}
        worker.b.reference=worker.t
        worker.b.port={b.port}
        worker.w.reference=worker.a
        """)
    httpd.conf("JkMount /lb/* lb\nJkMount /w/* w\nKeepAliveTimeout 60")
    return httpd.start()


def ask(site, mix: Mix) -> None:
    def one(caller, number):
        return play(caller, "lb" if number % 3 else "w", number, mix)

    faults = [fault for fault in crowd(site.port, range(REQUESTS), one) if fault]
    assert not faults, f"{len(faults)} of {REQUESTS}:\n" + "\n".join(faults[:8])


def test_clients_that_die_harm_nobody(site):
    ask(site, Mix(dying_clients=0.10))
    states = Counter(line[f"LB_{which}_STATE"] for line in site.access_log() for which in ("FIRST", "LAST"))
    assert set(states) <= SETTLED, f"a member was marked: {states}"


@pytest.mark.skipif(THEIRS, reason="D1: the original appends another reply to one that broke off")
def test_clients_that_die_and_backends_that_break_off(site):
    ask(site, Mix(dying_clients=0.10, resets=0.05))
