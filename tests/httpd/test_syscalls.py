"""What a request costs at the backend's socket, counted by strace on the one child of a server."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess

import pytest

from support import ajp
from support.client import Client
from support.under_test import deviates

PERFORMANCE = "one send and as many recv as the backend makes segments; no poll per read"
SENDS = ("write", "writev", "send", "sendto", "sendmsg")
RECEIVES = ("read", "readv", "recv", "recvfrom", "recvmsg")


class Trace:
    """System calls of all threads of a process while the block runs."""

    def __init__(self, httpd, pid: int):
        self.file = httpd.dir / "logs/strace"
        self.process = subprocess.Popen(
            ["strace", "-f", "-yy", "-o", str(self.file), "-p", str(pid)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        first = self.process.stderr.readline()
        if "attached" not in first:
            self.process.wait()
            pytest.skip(f"strace cannot attach here: {first.strip()}")
        httpd.wait_until(lambda: self._all_attached(pid), "strace to attach to all threads")

    def _all_attached(self, pid: int) -> bool:
        tasks = subprocess.run(["sh", "-c", f"grep -h TracerPid /proc/{pid}/task/*/status"], capture_output=True, text=True).stdout.split()[1::2]
        return bool(tasks) and "0" not in tasks

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=10)

    def calls(self, port: int | None = None) -> list[str]:
        """Names of the calls, in order; with a port only those on a connection to it."""
        found = []
        for line in self.file.read_text(errors="replace").splitlines():
            call = re.match(r"\d+ +(\w+)\(", line)
            if call and (port is None or re.search(rf"->(127\.0\.0\.1|\[::1\]):{port}\]", line)):
                found.append(call.group(1))
        return found


@pytest.fixture(autouse=True)
def strace_is_here():
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")


def traced(make, script, more="", warm=3, **request) -> tuple[Trace, int]:
    """One request on a pooled connection under strace; the trace, and the backend's port."""
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n{more}\n")
    httpd.conf("JkMount /* w").start()
    with Client(httpd.port) as client:
        for _ in range(warm):
            assert client.ask("/warm").status == 200
        peer.default = script
        with Trace(httpd, httpd.children()[0]) as trace:
            got = client.ask("/x", **request)
            httpd.logged(got)
        assert (got.status, got.body) == (200, b"hello")
    assert len(peer.connections) == 1
    return trace, peer.port


def counted(calls: list[str]) -> tuple[int, int, int]:
    """Sends, receives, and anything else."""
    sends, receives = sum(c in SENDS for c in calls), sum(c in RECEIVES for c in calls)
    return sends, receives, len(calls) - sends - receives


def at_once(turn):
    turn.reply(200, b"hello")


def in_three_segments(turn):
    """As Tomcat writes: each packet on its own."""
    turn.send(ajp.send_headers(200, "OK", [("Content-Length", "5")]), ajp.chunk(b"hello"), ajp.end(), pause=0.05)


@pytest.mark.parametrize("script,receives", [(at_once, 1), (in_three_segments, 3)], ids=["one segment", "three segments"])
def test_small_get(make, script, receives):
    trace, port = traced(make, script)
    sends, got, others = counted(trace.calls(port))
    print(trace.calls(port))
    assert sends == 1
    assert others == deviates(PERFORMANCE, ours=0, theirs=1), "theirs: one poll, whether the peer has closed"
    assert got <= deviates(PERFORMANCE, ours=min(receives + 1, 3), theirs=6)
    assert sends + got + others == deviates(PERFORMANCE, ours=sends + got, theirs=8)


def test_small_post(make):
    def script(turn):
        turn.take_body_packet()
        turn.reply(200, b"hello")

    trace, port = traced(make, script, method="POST", body=b"x" * 100)
    sends, got, others = counted(trace.calls(port))
    assert sends <= 2, "request and first body packet"
    assert (others, got <= 3) == deviates(PERFORMANCE, ours=(0, True), theirs=(1, False))


def test_reply_timeout_costs_no_poll_per_packet(make):
    trace, port = traced(make, at_once, "worker.w.reply_timeout=5000")
    calls = trace.calls(port)
    assert len(calls) <= deviates(PERFORMANCE, ours=5, theirs=11), calls


@pytest.mark.parametrize("mode", ["P", "A"])
def test_a_probe_before_each_request(make, mode):
    """Two calls more: one to ask, one for the answer."""
    trace, port = traced(make, at_once, f"worker.w.ping_mode={mode}")
    calls = trace.calls(port)
    assert len(calls) <= deviates(PERFORMANCE, ours=6, theirs=12), calls


def test_a_large_reply(make):
    """1 MiB in packets of 8 KiB. The backend keeps ahead if the machine lets it, so the best of three counts."""

    def script(turn):
        turn.send(ajp.reply(200, body=b"x" * (1 << 20)))

    peer, httpd = make.peer("w"), make.httpd(threads=1)
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.conf("JkMount /* w").start()
    counts = []
    with Client(httpd.port) as client:
        client.ask("/warm")
        peer.default = script
        for _ in range(3):
            with Trace(httpd, httpd.children()[0]) as trace:
                got = client.ask("/x")
                httpd.logged(got)
            assert len(got.body) == 1 << 20
            sends, receives, _ = counted(trace.calls(peer.port))
            assert sends == 1
            counts.append(receives)
    assert (min(counts) <= 40) == deviates("PERFORMANCE 1: several packets are taken by one read", ours=True, theirs=False), counts


def test_a_mapped_request_touches_no_file(make):
    trace, _ = traced(make, at_once)
    assert not {"stat", "lstat", "newfstatat", "statx", "open", "openat", "access"} & set(trace.calls())
