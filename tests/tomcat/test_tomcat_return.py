"""Three Tomcats before 64 sessions: one is killed and started again; then all are restarted in turn.

`JK_MEASURE=1` waits for the original as long as it takes, and prints the figures of docs/performance.md (`pytest -s`).
"""

import os
import secrets
import time
from pathlib import Path

import pytest
from support.sessions import Sessions
from support.tomcat import Tomcat, free_ports
from support.under_test import UNDER_TEST, deviates

APP = Path(__file__).resolve().parent / "app"
NODES = ["node1", "node2", "node3"]
BACK = "D94: an answered probe brings a member back, without it only recover_time does"
PATIENCE = 200 if os.environ.get("JK_MEASURE") else 5


@pytest.fixture(scope="module")
def trio(tmp_path_factory):
    folder, secret = tmp_path_factory.mktemp("trio"), secrets.token_hex(16)
    nodes = {name: Tomcat(folder / name, name, port, secret, {"/app": APP}) for name, port in zip(NODES, free_ports(3))}
    try:
        for node in nodes.values():
            node.start()
        for node in nodes.values():
            node.wait()
        yield nodes
    finally:
        for node in nodes.values():
            node.stop()


@pytest.fixture
def load(trio, front_end):
    httpd = front_end("event")
    httpd.threads = 80
    lines = ["worker.list=lb", "worker.lb.type=lb", f"worker.lb.balance_workers={','.join(NODES)}"]
    for name, node in trio.items():
        lines += [f"worker.{name}.{line}" for line in ("host=127.0.0.1", f"port={node.ajp_port}", f"secret={node.secret}")]
    httpd.workers("\n".join(lines) + "\n")
    httpd.conf("JkMount /app|/* lb\nJkWatchdogInterval 1\nKeepAliveTimeout 60\nMaxKeepAliveRequests 0").start()
    for name in NODES * 2:  # the page is compiled
        assert httpd.get("/app/slow.jsp?ms=1", headers=[("Cookie", f"JSESSIONID=a.{name}")]).status == 200
    return Sessions(httpd.port, NODES, 64, lambda reply: reply.body.decode().strip().removeprefix("node="), target="/app/slow.jsp?ms=5")


def test_a_tomcat_that_is_killed_and_started_again(trio, load):
    with load as sessions:
        time.sleep(2)
        trio["node1"].kill()
        time.sleep(5)
        trio["node1"].start().wait()
        took = sessions.wait_for_home("node1", time.monotonic(), deviates(BACK, ours=30, theirs=PATIENCE))
    tell("one of three killed, started again after 5 s", sessions, [took])
    assert sessions.failed() == []
    assert (took is not None) == deviates(BACK, ours=True, theirs=PATIENCE > 5)
    assert took is None or took < deviates(BACK, ours=4, theirs=PATIENCE), "two seconds, and what a busy machine adds"


def test_all_tomcats_restarted_in_turn(trio, load):
    times = []
    with load as sessions:
        for name in NODES:
            time.sleep(1)
            trio[name].stop()
            trio[name].start().wait()
            times.append(sessions.wait_for_home(name, time.monotonic(), deviates(BACK, ours=30, theirs=min(PATIENCE, 20))))
    tell("all three restarted in turn", sessions, times)
    assert sessions.failed() == []
    assert None not in times or not deviates(BACK, ours=True, theirs=False)


def tell(what: str, sessions: Sessions, took: list[float | None]) -> None:
    slowest = max(visit.ended - visit.begun for visit in sessions.visits)
    away = sum(visit.node != visit.home for visit in sessions.visits)
    back = ", ".join("never" if seconds is None else f"{seconds:.1f} s" for seconds in took)
    print(f"\n{UNDER_TEST}: {what}: {len(sessions.visits)} requests, {len(sessions.failed())} failed, {away} away from home, back after {back}, slowest {slowest:.2f} s")
