"""The mount file is read again while the server runs: step by step, and under load.

`JK_RELOADS` says how often under load; the default is small enough for every run, 500 take a minute.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from support.client import Client
from support.httpd import unprivileged_user
from support.under_test import MPM, OURS, deviates

RELOADS = int(os.environ.get("JK_RELOADS", "60"))
NOISE_KIB = 2048
"""How much a child may grow once it has settled; one kept map of the load test is about 1 MiB, so a
map that is kept at each reload shows by far."""
ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
"""glibc lets each thread have a heap of its own, and threads take turns in making maps: the heaps fill up for a long time."""
KEPT = "D10: the rules in force stay"
BROKEN = "worker.x.nonsense=1\n/a=w5\n"


class Site:
    """`/base` mounted by directive, the rest by a file that is looked at each second by one child."""

    def __init__(self, make, text, threads=1, conf="", **more):
        self.peers = [make.peer(f"w{n}") for n in range(1, 7)]
        self.httpd = make.httpd(threads=threads, **more)
        lines = [f"worker.{p.name}.port={p.port}" for p in self.peers]
        self.httpd.workers("worker.list=w1,w2,w3,w4,w5,w6\n" + "\n".join(lines) + "\n")
        self.httpd.conf("JkMount /base w1\nJkMountFile conf/map\nJkMountFileReload 1\n" + conf)
        self.time = 1_600_000_000
        self.write(text)
        self.httpd.start()

    def write(self, text, at=None, mode=0o644):
        """Puts a whole file in place; each version has a modification time of its own."""
        new = self.httpd.write("conf/map.new", text, mode)
        self.time += 10
        os.utime(new, (at or self.time, at or self.time))
        os.rename(new, self.httpd.dir / "conf/map")

    def touch(self, at):
        os.utime(self.httpd.dir / "conf/map", (at, at))

    def who(self, target):
        got = self.httpd.get(target)
        return got.body.decode() if got.status == 200 else str(got.status)

    def now(self):
        """Who serves `/base`, `/a` and `/b`; the first request looks at the file."""
        return tuple(self.who(target) for target in ("/base", "/a", "/b"))

    def later(self):
        """The same once the interval is over. Seconds are compared whole."""
        time.sleep(2.1)
        return self.now()


def test_the_recorded_sequence(make):
    site = Site(make, "/a=w2\n")
    assert site.now() == ("w1", "w2", "404")
    site.later()
    while time.time() % 1 > 0.5:
        time.sleep(0.05)
    site.now()
    site.write("/b=w3\n")
    assert site.now() == ("w1", "w2", "404"), "the interval is not over"
    assert site.later() == ("w1", "404", "w3")
    site.write("/a=w4\n", at=int(time.time()) + 3600)
    assert site.later() == ("w1", "w4", "404"), "a time in the future is another time"
    site.write(BROKEN)
    assert site.later() == deviates(KEPT, ours=("w1", "w4", "404"), theirs=("w1", "404", "w3"))
    assert site.later() == deviates(KEPT, ours=("w1", "w4", "404"), theirs=("w1", "404", "w3"))
    site.touch(1)
    assert site.later() == ("w1", "w4", "404"), "the original turns to its other old generation"
    site.write("/a=w6\n")
    assert site.later() == ("w1", "w6", "404")
    site.write("/b=w5\n", at=site.time)
    assert site.later() == ("w1", "w6", "404"), "the same time is the same file"
    site.write("")
    assert site.later() == ("w1", "404", "404")


def test_a_broken_file_is_told_of_once_with_its_line(make):
    site = Site(make, "/a=w2\n")
    site.write("/a=w3\n" + BROKEN)
    seen = [site.later() for _ in range(3)]
    log = site.httpd.jk_log()
    if OURS:
        assert seen == [("w1", "w2", "404")] * 3
        lines = [line for line in log.splitlines() if "nonsense" in line]
        assert len(lines) == 1 and "conf/map:2" in lines[0] and "[error]" in lines[0] and "stay" in lines[0], lines
    site.touch(site.time + 5)
    site.later()
    if OURS:
        assert site.httpd.jk_log().count("there is no worker property") == 2, "a change is told of again"


def test_a_missing_file_is_told_of_once(make):
    site = Site(make, "/a=w2\n")
    (site.httpd.dir / "conf/map").unlink()
    assert [site.later() for _ in range(3)] == [("w1", "w2", "404")] * 3
    if OURS:
        assert site.httpd.jk_log().count("conf/map: cannot be looked at") == 1
    site.write("/a=w3\n")
    assert site.later() == ("w1", "w3", "404")


def test_rules_of_workers_properties_stay(make):
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    httpd.workers(f"worker.list=w\nworker.w.port={peer.port}\nworker.w.mount=/own\n")
    httpd.conf("JkMountFile conf/map\nJkMountFileReload 1")
    path = httpd.write("conf/map", "/a=w\n")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    httpd.start()
    httpd.write("conf/map", "/b=w\n")
    time.sleep(2.1)
    assert [httpd.get(target).status for target in ("/own", "/a", "/b")] == [200, 404, 200]


def test_a_rule_of_a_file_read_again_names_an_unknown_worker(make):
    site = Site(make, "/a=w2\n")
    site.write("/a=nosuch\n")
    assert site.later() == ("w1", "500", "404")


# Under load --------------------------------------------------------------------------------------------------------------


class Load:
    """Threads that ask for paths of which each version of the file says by whom they may be served."""

    TARGETS = {"/base": {"w1"}, "/fixed/x": {"w4"}, "/turn/x": {"w2", "w3"}, "/slow/x": {"w2", "w3"}}

    def __init__(self, port: int, threads: int = 4):
        self.port, self.count, self.faults = port, 0, []
        self.over, self.lock = threading.Event(), threading.Lock()
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
        targets = list(self.TARGETS)
        turn = n
        while not self.over.is_set():
            try:
                with Client(self.port) as client:
                    for _ in range(50):
                        if self.over.is_set():
                            return
                        turn += 1
                        self._one(client, targets[turn % len(targets)] if turn % 40 == 0 else targets[turn % 3])
            except OSError as error:
                with self.lock:
                    self.faults.append(repr(error))

    def _one(self, client: Client, target: str) -> None:
        got = client.ask(target)
        right = got.status == 200 and got.whole and got.body.decode() in self.TARGETS[target]
        with self.lock:
            self.count += 1
            if not right:
                self.faults.append(f"{target}: {got}")


def name(turn):
    """Says who it is, after longer than several reloads if it is asked to be slow."""
    if (turn.request.uri or b"").startswith(b"/slow"):
        turn.wait(0.5)
    turn.reply(200, turn.peer.name.encode())


def rss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@pytest.mark.skipif(not OURS, reason="the original crashes when a broken file is read again")
def test_reloads_under_load_neither_misroute_nor_grow(make):
    """Sound files take turns with broken, unreadable and missing ones. A map is looked at once in two seconds at most,
    so that many virtual hosts have one each, of the same file."""
    vhosts = min(40, max(1, RELOADS // 6))
    many = "".join(f"/r{n}/*=w{n % 4 + 1}\n" for n in range(2000))
    section = "<VirtualHost *:${PORT}>\nServerName %s.example.com\n%s\nJkMountFile conf/map\nJkMountFileReload 1\n</VirtualHost>\n"
    conf = section % ("www", "JkMountCopy On") + "".join(section % (f"v{n}", "") for n in range(vhosts))

    def text(turn):
        return f"{many}/fixed/*=w4\n/turn/*={turn}\n/slow/*={turn}\n"

    site = Site(make, text("w2"), threads=8, conf=conf, environment=ONE_ARENA)
    for peer in site.peers:
        peer.default = name
    spoil = [
        lambda other: site.write("worker.x.nonsense=1\n" + text(other)),
        lambda other: site.write(text(other), mode=0o000),
        lambda other: (site.httpd.dir / "conf/map").unlink(),
    ]
    if unprivileged_user() is None:
        spoil.pop(1)  # children that run as we do read everything
    sizes, turn, rounds = [], "w2", 0
    with Load(site.httpd.port) as load:
        while site.httpd.jk_log().count("read again") < RELOADS:
            assert rounds < 20 + RELOADS, "the file is not read again"
            if rounds % 2 == 0:
                turn = "w3" if turn == "w2" else "w2"
                site.write(text(turn))
            else:
                spoil[rounds // 2 % len(spoil)]("w5")
            rounds += 1
            time.sleep(2.1)
            seen = {site.httpd.get("/turn/x", host=f"v{n}.example.com").body for n in range(vhosts)}
            # One of many children may not have looked while the last sound version was there.
            assert seen <= ({b"w2", b"w3"} if MPM == "prefork" else {turn.encode()}), (rounds, seen)
            sizes.append(max(rss(pid) for pid in site.httpd.children()))
    print(f"{site.httpd.jk_log().count('read again')} reloads, {rounds} versions of the file, {load.count} requests; KiB of a child: {sizes}")
    assert not load.faults, load.faults[:5]
    assert load.count > 100
    told = [line for line in site.httpd.jk_log().splitlines() if "the rules in force stay" in line]
    assert len(told) <= (rounds // 2) * (vhosts + 1) * len(site.httpd.children()), "each map tells of a change once"
    assert sizes[-1] - sizes[len(sizes) // 2] <= NOISE_KIB, sizes
