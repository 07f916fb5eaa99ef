"""Members in error that the thread for maintenance probes, so that no request has to find out that one is back (D94)."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from support import ajp
from support.httpd import Httpd, free_port
from support.peer import Peer
from support.under_test import MPM, OURS, deviates

WATCHED = "JkWatchdogInterval 1"
"""With it there is a thread on every MPM, in both modules."""

D94 = "D94: an answered probe brings a member back, without it only recover_time does"


class Pair:
    """A balancer of two members that are tried once per request. `lb` and `m1` are lines for the balancer and a member."""

    def __init__(self, make, lb="", m1="", conf=WATCHED, members=2, maintain=1, **server):
        self.peers = [make.peer(f"m{n + 1}") for n in range(members)]
        names = [peer.name for peer in self.peers]
        lines = ["worker.list=lb,jk", "worker.jk.type=status", f"worker.maintain={maintain}", "worker.lb.type=lb", f"worker.lb.balance_workers={','.join(names)}"]
        lines += [f"worker.lb.{line}" for line in f"recover_time=60 retry_interval=10 {lb}".split()]
        for peer in self.peers:
            own = f"host=127.0.0.1 port={peer.port} retries=1 {m1 if peer is self.peers[0] else ''}"
            lines += [f"worker.{peer.name}.{line}" for line in own.split()]
        self.httpd: Httpd = make.httpd(**({"threads": 4} | server))
        self.httpd.workers("\n".join(lines) + "\n").conf(f"JkMount /* lb\nJkMount /jk jk\n{conf}").start()
        self.m1: Peer = self.peers[0]

    def who(self, route="m1", method="GET") -> str:
        got = self.httpd.ask("/x", method, headers=[("Cookie", f"JSESSIONID=a.{route}")])
        return got.body.decode() if got.status == 200 else str(got.status)

    def state(self, route="m1") -> tuple[str, str]:
        """The first member that a request for m1 went to, and its state after that."""
        got = self.httpd.get("/x", headers=[("Cookie", f"JSESSIONID=a.{route}")])
        notes = self.httpd.logged(got)
        return notes["LB_FIRST_NAME"], notes["LB_FIRST_STATE"]

    def break_m1(self) -> None:
        """Puts it into error by a request that cannot reach it."""
        self.m1.down()
        assert self.state() == ("m1", "ERR")

    def returns(self, seconds=8) -> float | None:
        """How long it takes until m1 serves its sessions again; None if longer than that."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if self.who() == "m1":
                return time.monotonic() - begun
            time.sleep(0.02)
        return None


def test_a_member_that_answers_again_is_back_within_seconds(make):
    pair = Pair(make)
    pair.break_m1()
    pair.m1.stopping.wait(1.5)
    pair.m1.up()
    took = pair.returns(deviates(D94, ours=15, theirs=4))
    assert (took is not None) == deviates(D94, ours=True, theirs=False)
    assert took is None or took < 5, "a second, and what a busy machine adds"


def test_no_request_is_spent_on_finding_out(make):
    pair = Pair(make, lb="recover_time=1" if not OURS else "")
    pair.break_m1()
    names = []
    for _ in range(40):
        names.append(pair.state()[0])
        time.sleep(0.1)
    assert ("m1" in names) == deviates(D94, ours=False, theirs=True)


@pytest.mark.skipif(not OURS, reason="the original has none")
def test_they_are_counted(make):
    pair = Pair(make)

    def counted(member=0):
        lb = json.loads(pair.httpd.get("/jk?mime=json").body)["balancers"][0]
        return {key: lb["members"][member]["probes"][key] for key in ("answered", "failed")}

    assert counted() == {"answered": 0, "failed": 0}
    pair.break_m1()
    pair.httpd.wait_until(lambda: counted()["failed"] >= 2, "probes that fail", 15)
    pair.m1.up()
    assert pair.returns() is not None
    assert counted()["answered"] == 1
    assert counted(1) == {"answered": 0, "failed": 0}
    assert pair.httpd.get("/jk?cmd=reset&w=lb").status == 200
    assert counted() == {"answered": 0, "failed": 0}


def test_the_request_that_tries_it_is_alone(make):
    """Answering a probe proves that Tomcat is there, not that its application is well: until one request has succeeded the
    others go elsewhere."""
    pair = Pair(make, lb="" if OURS else "recover_time=1", threads=8)
    pair.break_m1()
    held, done = [], threading.Event()

    def hold(turn):
        held.append(turn)
        done.wait(20)
        turn.reply(200, b"m1")

    pair.m1.plan = [hold]
    pair.m1.up()

    def ask_until_one_reaches_m1():
        while not held:
            pair.who()
            time.sleep(0.02)

    asking = threading.Thread(target=ask_until_one_reaches_m1)
    asking.start()
    pair.httpd.wait_until(lambda: held, "the request that tries it", 15)
    try:
        assert {pair.who() for _ in range(5)} == {"m2"}
    finally:
        done.set()
        asking.join()
    assert pair.who() == "m1"


def test_probes_can_be_off_and_rare(make):
    if not OURS:
        pytest.skip("the original has none")
    for line, probes in [("probe_interval=0", range(0, 1)), ("probe_interval=3", range(1, 3)), ("probe_interval=1", range(3, 7))]:
        pair = Pair(make, lb=line)
        pair.break_m1()
        pair.m1.answer_pings = lambda asked: asked.close()
        pair.m1.up()
        pair.m1.stopping.wait(5)
        assert sum(connection.pings for connection in pair.m1.connections) in probes, line


def test_the_answer_is_waited_for_and_only_an_answer_counts(make):
    """A Tomcat that starts accepts connections long before it answers."""
    if not OURS:
        pytest.skip("the original has no probes")
    pair = Pair(make)
    pair.break_m1()
    asked = []
    pair.m1.answer_pings = asked.append
    pair.m1.up()
    pair.httpd.wait_until(lambda: asked, "a probe")
    pair.m1.stopping.wait(2.5)
    assert pair.who() == "m2"
    assert len(asked) == 1, "one probe at a time"
    asked[0].send(ajp.PONG[:2])
    assert pair.who() == "m2"
    pair.httpd.wait_until(lambda: len(asked) > 1, "the next probe")
    asked[1].send(ajp.PONG)
    pair.httpd.wait_until(lambda: pair.who() == "m1", "the member's return", 5)


def test_a_probe_is_given_up_after_ping_timeout(make):
    if not OURS:
        pytest.skip("the original has no probes")
    pair = Pair(make, m1="ping_timeout=700")
    pair.break_m1()
    pair.m1.answer_pings = False
    pair.m1.up()
    pair.httpd.wait_until(lambda: len(pair.m1.connections) >= 3, "probes", 15)
    assert pair.m1.ended(pair.m1.connections[0], 1)


SICK = {
    "hard fail_on_status": ("fail_on_status=500", lambda turn: turn.reply(500, b"sick")),
    "reply_timeout": ("reply_timeout=200", lambda turn: turn.wait_for_end(20)),
    "socket_timeout": ("socket_timeout=1", lambda turn: turn.wait_for_end(20)),
}


@pytest.mark.parametrize("how", SICK)
def test_a_sick_application_is_not_healed_by_a_tomcat_that_answers(make, how):
    own, script = SICK[how]
    pair = Pair(make, m1=own)
    pair.m1.default = script
    assert pair.state() == ("m1", "ERR")
    pair.m1.default = lambda turn: turn.reply(200, b"m1")
    assert pair.returns(3.5) is None
    assert sum(connection.pings for connection in pair.m1.connections) == 0, "it is not even asked"


def test_who_breaks_off_requests_and_answers_probes_is_tried_once_more(make):
    """A first loss may be a Tomcat that was killed; a second one right after a good probe is not."""
    if not OURS:
        pytest.skip("the original has no probes")
    pair = Pair(make)
    pair.m1.default = lambda turn: turn.close()
    assert pair.state() == ("m1", "ERR")
    seen = len(pair.m1.requests)
    pair.httpd.wait_until(lambda: [pair.who()] and len(pair.m1.requests) > seen, "the second try", 10)
    seen = len(pair.m1.requests)
    pair.m1.default = lambda turn: turn.reply(200, b"m1")
    assert pair.returns(4) is None, "now it waits for recover_time"
    assert len(pair.m1.requests) == seen


def test_a_success_ends_the_trial(make):
    pair = Pair(make)
    for _ in range(3):
        pair.break_m1()
        pair.m1.up()
        if not OURS:
            assert pair.returns(3) is None
            return
        assert pair.returns() is not None


@pytest.mark.parametrize("lost", [False, True], ids=["refused", "broken off"])
def test_recover_time_is_the_latest(make, lost):
    """A backend that serves but does not answer probes comes back as it does with mod_jk."""
    pair = Pair(make, lb="recover_time=2")
    pair.m1.answer_pings = lambda asked: asked.close()
    if lost:
        pair.m1.plan = [lambda turn: turn.close()]
        assert pair.state() == ("m1", "ERR")
    else:
        pair.break_m1()
        pair.m1.up()
    assert pair.returns(12) is not None


def test_a_stopped_member_is_left_alone(make):
    pair = Pair(make, m1="activation=S")
    pair.m1.stopping.wait(2.5)
    assert pair.m1.connections == []


def test_one_process_probes_at_a_time(make):
    if not OURS:
        pytest.skip("the original has no probes")
    pair = Pair(make, processes=3, threads=2)
    pair.httpd.wait_until(lambda: len(pair.httpd.children()) >= 3, "three children")
    pair.break_m1()
    pair.m1.answer_pings = lambda asked: asked.close()
    pair.m1.up()
    pair.m1.stopping.wait(5)
    assert 2 <= len(pair.m1.connections) <= 7


def test_the_prober_may_die(make):
    """Another process goes on, also while an answer was waited for."""
    if not OURS:
        pytest.skip("the original has no probes")
    pair = Pair(make, processes=2, threads=2)
    pair.httpd.wait_until(lambda: len(pair.httpd.children()) >= 2, "two children")
    pair.break_m1()
    asked = []
    pair.m1.answer_pings = asked.append
    pair.m1.up()
    pair.httpd.wait_until(lambda: asked, "a probe")
    pair.m1.answer_pings = True
    victims = pair.httpd.children()
    holder = next(child for child in victims if _holds(child, asked[0].sock.getpeername()[1]))
    os.kill(holder, signal.SIGKILL)
    pair.httpd.expect_crashes(1)
    assert pair.returns(15) is not None


def _holds(pid: int, port: int) -> bool:
    """Whether the process has the connection that is bound to this local port."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    inodes = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}")}
    return any(os.readlink(entry) in inodes for entry in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.parametrize("before", ["", "recover_time=1 probe_interval=0"], ids=["probes", "maintenance"])
def test_children_of_before_a_restart_leave_members_alone(make, before):
    """One request keeps them. Where they would look for the member it was before, and they have other times for it."""
    if not OURS:
        pytest.skip("the original shares no state over a restart")
    moved = Pair(make, lb=before, processes=4)
    httpd, held, done = moved.httpd, [], threading.Event()

    def hold(turn):
        held.append(turn)
        done.wait(30)
        turn.reply(200, b"m2")

    moved.peers[1].plan = [hold]
    asking = threading.Thread(target=lambda: moved.who("m2"))
    asking.start()
    httpd.wait_until(lambda: held, "the request")
    try:
        text = (httpd.dir / "conf/workers.properties").read_text()
        for line in before.split():
            text = text.replace(f"worker.lb.{line}\n", "")
        httpd.workers(text.replace(f"port={moved.m1.port}\n", f"port={free_port()}\n"))
        httpd.graceful()
        assert moved.state() == ("m1", "ERR")
        moved.m1.stopping.wait(4)
        assert moved.state()[0] == "m2"
        assert sum(connection.pings for connection in moved.m1.connections) == 0
    finally:
        done.set()
        asking.join()


def test_without_a_thread_nobody_probes(make):
    """Prefork without JkWatchdogInterval; elsewhere ours has a thread all the same (D42)."""
    pair = Pair(make, conf="")
    pair.break_m1()
    pair.m1.up()
    assert (pair.returns(5) is not None) == (OURS and MPM != "prefork")


def test_without_maintenance_there_are_no_probes_either(make):
    pair = Pair(make, maintain=0)
    pair.break_m1()
    pair.m1.up()
    assert pair.returns(3) is None


def test_the_only_member_is_never_503_once_it_can_be_reached(make):
    """Whoever comes first, a request or a probe: the request is served."""
    pair = Pair(make, members=1, threads=16)
    answers, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            up = reachable.is_set()
            answers.append((up, pair.httpd.get("/x").status))
            time.sleep(0.01)

    reachable = threading.Event()
    reachable.set()
    clients = [threading.Thread(target=ask) for _ in range(8)]
    [client.start() for client in clients]
    for _ in range(3):
        time.sleep(0.6)
        reachable.clear()
        pair.m1.down()
        time.sleep(0.7)
        pair.m1.up()
        reachable.set()
    time.sleep(0.6)
    stop.set()
    [client.join() for client in clients]
    assert 200 in {status for _, status in answers}
    # One request per client and end may have begun while the member could still be reached.
    unlucky = [status for up, status in answers if up and status != 200]
    assert len(unlucky) <= deviates("D24", ours=3 * 8, theirs=len(answers))


@pytest.mark.parametrize("graceful", [False, True])
def test_a_child_ends_at_once_with_a_probe_under_way(make, graceful):
    pair = Pair(make)
    pair.break_m1()
    pair.m1.answer_pings = False
    pair.m1.up()
    pair.m1.stopping.wait(1.5)
    begun = time.monotonic()
    pair.httpd.stop(graceful=graceful)
    assert time.monotonic() - begun < 8
