"""A server that has served many requests, good and bad, holds no more descriptors and memory than one that served few.

`JK_GROWTH=200000` asks that many times.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from support.crowd import crowd
from support.mixture import Mix, play, script
from support.under_test import MPM, THEIRS

REQUESTS = int(os.environ.get("JK_GROWTH", {"event": 4000}.get(MPM, 1000)))
WARM = 0.25
"""The part of them after which buffers and pools have the size they will have."""
RESETS = 0 if THEIRS else 0.02
"""The original's replies cannot be told from others' when a backend breaks off (D1)."""

MEMORY = 3 << 20
"""Bytes that one process may hold more at the end: malloc's and httpd's own pools are never quite still."""


def test_many_requests_leave_nothing_behind(make):
    peers = [make.peer(name, script) for name in "ab"]
    httpd = make.httpd(threads=16, jk_log_level="error")
    httpd.workers("worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\nworker.lb.retry_interval=1\nworker.lb.recover_time=1\n" + "".join(_member(p) for p in peers))
    httpd.conf("JkMount /lb/* lb\nKeepAliveTimeout 60").start()
    mix = Mix(dying_clients=0.05, resets=RESETS)

    def ask(numbers):
        faults = [fault for fault in crowd(httpd.port, numbers, lambda caller, number: play(caller, "lb", number, mix)) if fault]
        assert not faults, f"{len(faults)} of {len(numbers)}:\n" + "\n".join(faults[:5])
        for peer in peers:
            peer.forget()

    first = round(REQUESTS * WARM)
    ask(range(first))
    before = {child: held(child) for child in httpd.children()}
    ask(range(first, REQUESTS))
    for child, (files, memory) in before.items():
        files_now, memory_now = held(child)
        print(f"child {child}: {files} -> {files_now} descriptors, {memory >> 10} -> {memory_now >> 10} KiB")
        assert files_now <= files + httpd.threads, "descriptors"
        assert memory_now <= memory + MEMORY, "memory"


def _member(peer) -> str:
    return f"worker.{peer.name}.host=127.0.0.1\nworker.{peer.name}.port={peer.port}\nworker.{peer.name}.retry_interval=1\n"


def held(process: int) -> tuple[int, int]:
    """Open descriptors and private memory in bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    anonymous = int(re.search(r"RssAnon:\s+(\d+) kB", status).group(1))
    return len(os.listdir(f"/proc/{process}/fd")), anonymous << 10
