"""Graceful restarts under load, and what lives through them.

`JK_RESTARTS` says how many there are; the default is small enough for every run, 60 is a good soak.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from support.client import Client, fetch, unique
from support.under_test import OURS, deviates

RESTARTS = int(os.environ.get("JK_RESTARTS", "10"))
NOISE_KIB = 768
"""How much the parent may grow once it has settled; a leak of one configuration per restart is far more."""
KEPT = "D15: state and edits survive a graceful restart"


class Load:
    """Threads that ask for what nobody asked before and look whether they got just that."""

    def __init__(self, port: int, threads: int = 4):
        self.port, self.count, self.faults = port, 0, []
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(30)

    def _run(self, n: int) -> None:
        round = 0
        while not self.over.is_set():
            round += 1
            nonce = unique()
            target = f"/{('w', 'lb')[round % 2]}/{nonce}" + ("?slow" if round % 7 == n else "")
            body = nonce.encode() * 3000 if round % 5 == 0 else None
            try:
                got = fetch(self.port, target, "POST" if body else "GET", body=body, close=True)
                right = got.status == 200 and got.whole and got.body == target.split("?")[0].encode() + b" %d" % len(body or b"")
                fault = None if right else f"{target}: {got}"
            except OSError as error:
                fault = f"{target}: {error!r}"
            with self.lock:
                self.count += 1
                if fault:
                    self.faults.append(fault)


def tell(turn):
    """The request's own path and the size of its body."""
    body = turn.read_body()
    if turn.request.attribute("query_string") == b"slow":
        turn.wait(0.3)
    turn.reply(200, (turn.request.uri or b"") + b" %d" % len(body))


def kib(pid: int, what: str = "VmRSS") -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1])
    raise AssertionError(what)


def pair(make, lb="", names=("a", "b"), **more):
    peers = [make.peer(name) for name in names]
    httpd = make.httpd(**more)
    httpd.workers(configuration(peers, lb))
    httpd.conf("JkMount /w/* w\nJkMount /lb/* lb\nJkMount /status status")
    return httpd, peers


def configuration(peers, lb="") -> str:
    lines = f"""
        worker.list=w,lb,status
        worker.status.type=status
        worker.w.host=127.0.0.1
        worker.w.port={peers[0].port}
        worker.lb.type=lb
        worker.lb.balance_workers={','.join(peer.name for peer in peers)}
        {lb}
        """
    return lines + "".join(f"worker.{p.name}.host=127.0.0.1\nworker.{p.name}.port={p.port}\nworker.{p.name}.retries=1\n" for p in peers)


def test_no_request_fails_and_nothing_grows(make):
    httpd, peers = pair(make, processes=2, threads=8)
    for peer in peers:
        peer.default = tell
    httpd.start()
    rss, descriptors, mappings = [], [], []
    with Load(httpd.port) as load:
        for n in range(RESTARTS):
            seen = load.count
            httpd.graceful()
            assert httpd.running(), httpd.error_log()[-1000:]
            httpd.wait_until(lambda: load.count >= seen + 20 or load.faults, "requests after the restart")
            rss.append(kib(httpd.pid))
            descriptors.append(len(os.listdir(f"/proc/{httpd.pid}/fd")))
            mappings.append(len(Path(f"/proc/{httpd.pid}/maps").read_text().splitlines()))
            print(f"restart {n + 1} of {RESTARTS}: {load.count} requests, parent {rss[-1]} KiB, {descriptors[-1]} descriptors, {mappings[-1]} mappings")
    assert load.faults == [], f"{len(load.faults)} of {load.count} requests failed: {load.faults[:3]}"
    settled = min(20, RESTARTS // 2)
    assert rss[-1] - rss[settled] <= NOISE_KIB, rss
    assert descriptors[-1] <= descriptors[settled], descriptors
    assert mappings[-1] <= mappings[settled] + 8, mappings
    assert kib(httpd.pid, "Threads") == 1, "a thread of the parent would not exist in the children"
    httpd.wait_until(lambda: len(httpd.children()) <= (2 if httpd.mpm != "prefork" else 16), "the old children to end")


def test_a_request_under_way_is_finished_by_the_old_child(make):
    httpd, (a, _) = pair(make)
    held = []

    def hold(turn):
        held.append(turn)
        turn.wait(1)
        turn.reply(200, b"whole")

    a.plan = [hold]
    httpd.start()
    with Client(httpd.port) as client:
        client.send(b"GET /w/x HTTP/1.1\r\nHost: x\r\n\r\n")
        httpd.wait_until(lambda: held, "the request")
        httpd.graceful()
        assert fetch(httpd.port, "/w/y").body == b"a", "the new generation serves meanwhile"
        got = client.read()
    assert (got.status, got.body, got.ending) == (200, b"whole", "length")


def test_a_graceful_stop_finishes_requests(make):
    httpd, (a, _) = pair(make)
    held = []

    def hold(turn):
        held.append(turn)
        turn.wait(0.5)
        turn.reply(200, b"whole")

    a.plan = [hold]
    httpd.start()
    seen = []
    with Client(httpd.port) as client:
        client.send(b"GET /w/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        httpd.wait_until(lambda: held, "the request")
        reader = threading.Thread(target=lambda: seen.append(client.read()))
        reader.start()
        httpd.stop(graceful=True)
        reader.join()
    assert (seen[0].status, seen[0].body) == (200, b"whole")


def test_states_and_counters_survive(make):
    httpd, (a, b) = pair(make, threads=1)
    a.down()
    httpd.start()
    assert httpd.get("/lb/x").body == b"b"
    for _ in range(4):
        last = httpd.logged(httpd.get("/lb/x"))
    assert (last["LB_LAST_NAME"], last["LB_LAST_ACCESSED"]) == ("b", "5")
    httpd.graceful()
    notes = httpd.logged(httpd.get("/lb/x"))
    # The original asks the member that is down anew, and counts from the beginning.
    expected = deviates(KEPT, ours=("b", "b", "6"), theirs=("a", "b", "1"))
    assert (notes["LB_FIRST_NAME"], notes["LB_LAST_NAME"], notes["LB_LAST_ACCESSED"]) == expected


def test_order_of_picks_goes_on(make):
    httpd, _ = pair(make, names=("a", "b", "c"), threads=1)
    httpd.start()
    picks = [httpd.get("/lb/x").body for _ in range(4)]
    httpd.graceful()
    picks += [httpd.get("/lb/x").body for _ in range(2)]
    # Values are kept, a's is the highest.
    assert picks == deviates(KEPT, ours=[b"a", b"b", b"c", b"a", b"b", b"c"], theirs=[b"a", b"b", b"c", b"a", b"a", b"b"])


def test_an_administrators_edit_survives(make):
    httpd, _ = pair(make, threads=1)
    httpd.start()
    got = httpd.get("/status?cmd=update&mime=txt&w=lb&sw=a&vwa=1")
    assert got.status == 200, got
    assert {httpd.get("/lb/x").body for _ in range(4)} == {b"b"}
    httpd.graceful()
    assert {httpd.get("/lb/x").body for _ in range(4)} == deviates(KEPT, ours={b"b"}, theirs={b"a", b"b"})


def test_members_are_known_again_by_name(make):
    """One member goes, one comes, the order changes."""
    httpd, (a, b) = pair(make, threads=1)
    c = make.peer("c")
    a.down()
    httpd.start()
    assert httpd.get("/lb/x").body == b"b"
    httpd.workers(configuration([c, b, a]))
    httpd.graceful()
    firsts = {httpd.logged(httpd.get("/lb/x"))["LB_FIRST_NAME"] for _ in range(6)}
    assert firsts == deviates(KEPT, ours={"b", "c"}, theirs={"a", "b", "c"})
    httpd.workers(configuration([c, a]))
    httpd.graceful()
    firsts = {httpd.logged(httpd.get("/lb/x"))["LB_FIRST_NAME"] for _ in range(4)}
    assert firsts == deviates(KEPT, ours={"c"}, theirs={"a", "c"})


def test_the_number_of_workers_may_change_in_any_way(make):
    """All names are new each time. The fourth finds the shared records taken by the third, and made by the second."""
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    for start, count in enumerate([40, 10, 100, 35]):
        names = [f"w{start}-{n}" for n in range(count)]
        httpd.workers(f"worker.list={','.join(names)}\n" + "".join(f"worker.{name}.host=127.0.0.1\nworker.{name}.port={peer.port}\n" for name in names))
        httpd.replace_conf(f"JkMount /first {names[0]}\nJkMount /last {names[-1]}")
        httpd.graceful() if start else httpd.start()
        assert httpd.running(), httpd.error_log()[-1000:]
        assert [httpd.get(path).body for path in ("/first", "/last")] == [b"w", b"w"]


def test_an_old_child_does_not_count_for_a_new_worker(make):
    """Two restarts after its worker has gone, one request is still under way."""
    peer, httpd = make.peer("w"), make.httpd(processes=4)

    def configure(name):
        httpd.workers(f"worker.list={name},jk\nworker.jk.type=status\nworker.{name}.host=127.0.0.1\nworker.{name}.port={peer.port}\nworker.{name}.busy_limit=1\n")
        httpd.replace_conf(f"JkMount /w {name}\nJkMount /jk jk")

    held, done = [], threading.Event()

    def hold(turn):
        held.append(turn)
        done.wait(30)
        turn.reply(200, b"whole")

    peer.plan = [hold]
    configure("old")
    httpd.start()
    with Client(httpd.port) as client:
        client.send(b"GET /w HTTP/1.1\r\nHost: x\r\n\r\n")
        httpd.wait_until(lambda: held, "the request")
        for name in ("between", "new"):
            configure(name)
            httpd.graceful()
        try:
            assert "busy=1" not in httpd.get("/jk?mime=txt").body.decode()
            assert httpd.get("/w").status == 200
        finally:
            done.set()
        assert client.read().body == b"whole"


def test_a_full_stop_forgets_everything(make):
    httpd, (a, b) = pair(make, threads=1)
    a.down()
    httpd.start()
    assert httpd.get("/lb/x").body == b"b"
    httpd.stop()
    httpd.start()
    assert httpd.logged(httpd.get("/lb/x"))["LB_FIRST_NAME"] == "a"


def test_changed_workers_are_used_after_the_restart(make):
    httpd, (a, b) = pair(make)
    httpd.start()
    assert fetch(httpd.port, "/w/x").body == b"a"
    httpd.workers(configuration([b, a]))
    httpd.graceful()
    assert fetch(httpd.port, "/w/x").body == b"b"


def test_nothing_of_the_module_is_left_after_the_stop(make):
    httpd, _ = pair(make)
    httpd.start()
    fetch(httpd.port, "/w/x")
    httpd.stop()
    left = sorted(path.name for path in (httpd.dir / "run").iterdir())
    assert [name for name in left if "jk" in name] == []


def test_restarts_right_after_one_another(make):
    """Faster than children can start."""
    httpd, (a, _) = pair(make, processes=2, threads=4)
    httpd.start()
    for _ in range(5):
        httpd.graceful(wait=False)
        time.sleep(0.05)
    httpd.wait_until(lambda: fetch(httpd.port, "/w/x").body == b"a", "an answer")
    if OURS:
        assert httpd.running()


@pytest.mark.parametrize("interval", [0, 1])
def test_maintenance_threads_end_with_their_child(make, interval):
    httpd, _ = pair(make)
    httpd.conf(f"JkWatchdogInterval {interval}").start()
    for _ in range(2):
        assert fetch(httpd.port, "/w/x").status == 200
        httpd.graceful()
    httpd.wait_until(lambda: len(httpd.children()) <= (1 if httpd.mpm != "prefork" else 8), "the old children to end")
