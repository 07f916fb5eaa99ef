"""Idle connections that maintenance asks for a sign of life: `connection_ping_interval`, and `I` in `ping_mode`."""

import json
import threading
import time
from pathlib import Path

import pytest

from support import ajp
from support.under_test import MPM, OURS, deviates

EVERY_SECOND = "connection_ping_interval=1 ping_mode=I"


def site(make, own, watchdog=1, threads=1):
    """One worker that is maintained each second, and its peer."""
    peer, httpd = make.peer("w"), make.httpd(threads=threads)
    lines = ["worker.list=w,jk", "worker.jk.type=status", "worker.maintain=1", "worker.w.host=127.0.0.1", f"worker.w.port={peer.port}"]
    lines += [f"worker.w.{line}" for line in own.split()]
    httpd.workers("\n".join(lines) + "\n").conf(f"JkMount /* w\nJkMount /jk jk\nJkWatchdogInterval {watchdog}").start()
    return httpd, peer


def used_once(make, own, **more):
    """The same after one request, with the connection that it left."""
    httpd, peer = site(make, own, **more)
    assert httpd.get("/x").status == 200
    return httpd, peer, peer.connections[0]


def pings(httpd, connection, n):
    httpd.wait_until(lambda: connection.pings >= n, f"{n} probes", 15)


@pytest.mark.parametrize(
    "own",
    [
        EVERY_SECOND,
        pytest.param("connection_ping_interval=1", id="an interval needs no mode"),
        pytest.param("ping_mode=i ping_timeout=100", id="a hundredth of the timeout"),
        pytest.param("ping_mode=A ping_timeout=100", id="all"),
    ],
)
def test_an_idle_connection_is_asked_again_and_again(make, own):
    httpd, peer, connection = used_once(make, own)
    pings(httpd, connection, 3)
    assert httpd.get("/x").status == 200
    assert len(peer.connections) == 1, "it is used on"


def test_a_connection_whose_last_reply_ended_late_is_asked_too(make):
    """The client had the whole of it before, so nobody waited for its end."""
    httpd, peer = site(make, EVERY_SECOND)
    peer.default = lambda turn: turn.send(ajp.send_headers(200, "OK", [("Content-Length", "1")]) + ajp.chunk(b"w"), ajp.end(), pause=0.05)
    assert httpd.get("/x").body == b"w"
    pings(httpd, peer.connections[0], 2)


@pytest.mark.skipif(not OURS, reason="the original does not count them")
def test_they_are_counted(make):
    httpd, peer, connection = used_once(make, EVERY_SECOND + " ping_timeout=300")

    def counted():
        return json.loads(httpd.get("/jk?mime=json").body)["ajp_workers"][0]["probes"]

    httpd.wait_until(lambda: counted()["answered"] >= 2, "answers", 15)
    assert counted()["failed"] == 0
    assert abs(counted()["last"]["unix"] - time.time()) < 5
    peer.answer_pings = False
    httpd.wait_until(lambda: counted()["failed"] == 1, "one that is not answered", 15)
    assert peer.ended(connection, 1)
    assert b'modjk_worker_probes_total{worker="w",result="failed"} 1' in httpd.get("/jk?mime=metrics").body
    page = httpd.get("/jk?cmd=show&w=w").body.decode()
    assert f"{counted()['answered']} answered, 1 failed" in page
    assert httpd.get("/jk?cmd=reset&w=w").status == 200
    assert counted() == {"answered": 0, "failed": 0, "last": None}


@pytest.mark.skipif(not OURS, reason="the original does not count them")
def test_without_them_there_is_nothing_to_count(make):
    httpd, _, _ = used_once(make, "ping_mode=CP")
    assert json.loads(httpd.get("/jk?mime=json").body)["ajp_workers"][0]["probes"] is None


@pytest.mark.parametrize("own", ["ping_mode=CP", "connection_ping_interval=-1 ping_mode=I", "connection_ping_interval=1 ping_timeout=0"])
def test_without_an_interval_or_a_timeout_it_is_not_asked(make, own):
    _, peer, connection = used_once(make, own)
    before = connection.pings
    peer.stopping.wait(3.5)
    assert (connection.pings, connection.ended) == (before, "")


def test_an_interval_is_waited_for(make):
    """With `connection_pool_timeout` unset the original measures from the start of the process, not from the last use."""
    httpd, peer, connection = used_once(make, "connection_ping_interval=3 connection_pool_timeout=60")
    begun = time.monotonic()
    pings(httpd, connection, 1)
    assert time.monotonic() - begun > 2


@pytest.mark.parametrize(
    "answer",
    [b"", ajp.PONG[:3], ajp.PONG + b"\x00", ajp.PONG * 2, ajp.end()],
    ids=["nothing", "half an answer", "a byte behind it", "two answers", "another packet"],
)
def test_without_a_proper_answer_it_is_closed(make, answer):
    """What stands behind the answer the original finds only with the next request, if at all (D2)."""
    httpd, peer, connection = used_once(make, EVERY_SECOND + " ping_timeout=300")
    peer.answer_pings = lambda asked: asked.send(answer)
    surplus = answer.startswith(ajp.PONG)
    half = answer == ajp.PONG[:3]
    closed = deviates("D2, D17", ours=True, theirs=not surplus and not half)
    assert peer.ended(connection, 8 if closed else 3) == closed
    peer.drop()  # the original's thread waits for the other half, and its child for the thread
    peer.answer_pings = True
    if OURS:
        assert httpd.get("/x").status == 200


def test_a_backend_that_is_gone_is_noticed(make):
    httpd, peer, connection = used_once(make, EVERY_SECOND)
    peer.down()
    peer.up()
    httpd.wait_until(lambda: not open_to(peer.port), "the end of the connection", 10)


def open_to(port):
    """Connections to a port that have not ended on the near side."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return [row for row in rows if row[2].endswith(f":{port:04X}") and row[3] in ("01", "08")]


def test_being_asked_does_not_keep_a_connection_from_being_closed(make):
    _, peer, connection = used_once(make, EVERY_SECOND + " connection_pool_timeout=3 connection_pool_minsize=0")
    assert peer.ended(connection, 12)
    assert connection.pings >= 1


def test_members_are_asked_too(make):
    peer, httpd = make.peer("m"), make.httpd(threads=1)
    httpd.workers(
        "worker.list=lb\nworker.maintain=1\nworker.lb.type=lb\nworker.lb.balance_workers=m\n"
        f"worker.m.host=127.0.0.1\nworker.m.port={peer.port}\nworker.m.connection_ping_interval=1\n"
    )
    httpd.conf("JkMount /* lb\nJkWatchdogInterval 1").start()
    assert httpd.get("/x").status == 200
    pings(httpd, peer.connections[0], 2)


@pytest.mark.parametrize("watchdog", [0, 1])
def test_no_request_waits_for_an_answer(make, watchdog):
    """The original holds a lock while it waits, in the thread of a request if there is no other."""
    httpd, peer, connection = used_once(make, EVERY_SECOND + " ping_timeout=2500", watchdog=watchdog)
    peer.answer_pings = False
    if watchdog or (OURS and MPM != "prefork"):
        pings(httpd, connection, 1)
    else:
        peer.stopping.wait(2.2)
    begun = time.monotonic()
    assert httpd.get("/x").status == 200
    quick = time.monotonic() - begun < 1
    assert quick == deviates("D25: never on the request path", ours=True, theirs=False)


def test_the_only_connection_is_waited_for(make):
    """The pool may have no other: to close it because it was asked would cost a new one for every probe."""
    httpd, peer, _ = used_once(make, EVERY_SECOND + " connection_pool_size=1")
    asked = threading.Event()

    def slowly(connection):
        asked.set()
        peer.stopping.wait(0.03)
        connection.send(ajp.PONG)

    peer.answer_pings = slowly
    for _ in range(4):
        asked.clear()
        assert asked.wait(10)
        peer.stopping.wait(0.01)
        assert httpd.get("/x").status == 200
    assert len(peer.connections) <= 3, "a slow machine may need another, but not each time"


def test_a_request_may_take_a_connection_whose_answer_has_come(make):
    """Before the thread has looked at it. Nothing of the answer is taken for the reply."""
    httpd, peer, connection = used_once(make, EVERY_SECOND)
    for n in range(2, 5):
        pings(httpd, connection, n)
        got = httpd.get("/x")
        assert (got.status, got.body) == (200, b"w")
    assert len(peer.connections) == 1


def test_many_connections_are_asked_at_once(make):
    """Each that is dead costs the original the whole timeout."""
    httpd, peer = site(make, EVERY_SECOND + " ping_timeout=1500 connection_pool_minsize=8", threads=8)
    held = []

    def hold(turn):
        held.append(turn)
        httpd.wait_until(lambda: len(held) >= 6, "all requests")
        turn.reply(200, b"w")

    peer.default = hold
    clients = [httpd.client() for _ in range(6)]
    for client in clients:
        client.send(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert [client.read().status for client in clients] == [200] * 6
    peer.answer_pings = False
    asked = list(peer.connections)
    httpd.wait_until(lambda: any(connection.pings for connection in asked), "probes")
    peer.stopping.wait(4.5)
    closed = [connection for connection in asked if peer.ended(connection, 0.1)]
    assert (len(closed) == 6) == deviates("D25", ours=True, theirs=False)
