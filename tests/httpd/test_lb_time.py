"""What time does to a balancer: values fade, members recover, errors escalate, the unused go idle.

The clock stands still until a test moves it (`support/clock.py`), so each of these happens at its second or is a fault.
Nothing is waited for either: on prefork both modules let a request do the maintenance that is due. Only the tests that
are about the thread for it run on the MPM under test.
Values are made large by a stopped member with a large factor: then each halving shows, and none is lost by rounding.
"""

import time
from contextlib import contextmanager

import pytest

from support.client import request
from support.clock import Clock
from support.under_test import MPM, OURS, deviates

WEIGHT = 2**20
"""What one request adds to a value."""

NEVER = 3600
"""An interval of maintenance that no test lives to see."""

SET_BACK = "D117: a clock that was set back stops no maintenance"
LONG_SLEEP = "D40: what has slept for long has faded"




def breaks_off(turn):
    """In the middle of a packet, so that ours does not take it for a connection that was closed before its use (D81)."""
    turn.send(b"AB\0")
    turn.close()


class Timeline:
    """The balancer `lb` of m1, m2, ..., a status worker, and a clock.

    `members` says what each has beyond host and port, `lb` what the balancer has. Nobody probes (D94), and each request
    tries a member once. `weights` adds the stopped member that makes values large.
    """

    def __init__(self, make, tmp_path, members, lb="", *, maintain=1, conf="", weights=True, **server):
        self.clock = Clock(tmp_path)
        self.peers = {f"m{n + 1}": make.peer(f"m{n + 1}") for n in range(len(members))}
        lines = ["worker.list=lb,jk", f"worker.maintain={maintain}", "worker.jk.type=status"]
        workers = ",".join([*self.peers, *(["heavy"] if weights else [])])
        own = f"type=lb balance_workers={workers} retry_interval=1 {'probe_interval=0' if OURS else ''} {lb}"
        lines += [f"worker.lb.{line}" for line in own.split()]
        for name, own in zip(self.peers, members):
            lines += [f"worker.{name}.{line}" for line in f"host=127.0.0.1 port={self.peers[name].port} retries=1 retry_interval=1 {own}".split()]
        lines += [f"worker.heavy.{line}" for line in ("host=127.0.0.1", f"lbfactor={WEIGHT}", "activation=stopped")]
        self.httpd = make.httpd(environment=self.clock.environment, **{"threads": 1, "mpm": "prefork", **server})
        self.httpd.workers("\n".join(lines) + "\n").conf(f"JkMount /lb/* lb\nJkMount /jk jk\n{conf}").start()
        self.show()

    def __getitem__(self, name):
        return self.peers[name]

    # Asking --------------------------------------------------------------------------------------------------------

    def who(self, route: str | None = None) -> str:
        got = self.httpd.get("/lb/x", headers=[("Cookie", f"JSESSIONID=id.{route}")] if route else [])
        return got.body.decode() if got.status == 200 else str(got.status)

    def picks(self, n: int) -> str:
        return " ".join(self.who() for _ in range(n))

    @contextmanager
    def under_way(self, name: str):
        """While a request is being served by the member; it ends well, and at the end of this for httpd too."""
        peer, held, done = self[name], [], []

        def hold(turn):
            held.append(1)
            while not done and not turn.peer.stopping.is_set():
                turn.wait(0.01)
            turn.reply(200, b"held")

        peer.plan.insert(0, hold)
        raw, id = request("/lb/x", headers=[("Cookie", f"JSESSIONID=id.{name}")])
        with self.httpd.client() as client:
            client.send(raw)
            self.httpd.wait_until(lambda: held, f"the request at {name}")
            try:
                yield
            finally:
                done.append(1)
            assert client.read().body == b"held"
        self.httpd.logged(id)

    # Looking -------------------------------------------------------------------------------------------------------

    def show(self) -> dict[str, dict[str, str]]:
        """The fields of each balancer and member. Like every request it does the maintenance that is due, if no thread does."""
        text = self.httpd.get("/jk?mime=txt&opt=2").body.decode()
        rows = [line.partition(": ")[2].split() for line in text.splitlines() if line.startswith(("Member: ", "Balancer Worker: "))]
        return {row[0].removeprefix("name="): dict(pair.split("=", 1) for pair in row) for row in rows}

    def states(self, *names: str) -> list[str]:
        shown = self.show()
        return [shown[name]["state"] for name in names or self.peers]

    def values(self, *names: str) -> list[int]:
        shown = self.show()
        return [int(shown[name]["lbvalue"]) for name in names or self.peers]

    # Time ----------------------------------------------------------------------------------------------------------

    def after(self, seconds: int) -> None:
        """Moves the clock and lets a request do the maintenance."""
        self.clock.advance(seconds)
        self.show()


@pytest.fixture
def timeline(make, tmp_path):
    tmp_path.chmod(0o755)
    return lambda *arguments, **more: Timeline(make, tmp_path, *arguments, **more)


# Values fade -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", "RST")
def test_a_value_is_halved_by_each_interval(timeline, method):
    line = timeline(["", "activation=D"], f"method={method}")
    line.who()
    (value, _) = line.values()
    assert value >= WEIGHT and value % WEIGHT == 0
    for seconds, halvings in [(1, 1), (1, 2), (3, 5)]:
        line.after(seconds)
        assert line.values() == [value >> halvings, 0]


def test_the_rest_of_an_interval_does_not_count(timeline):
    line = timeline(["", "activation=D"], maintain=2)
    line.who()
    for seconds, halvings in [(3, 1), (3, 2)]:
        line.after(seconds)
        assert line.values() == [WEIGHT >> halvings, 0]


def test_small_values_fade_as_in_the_example(timeline):
    line = timeline(["", "", ""], weights=False)
    line.picks(30)
    assert line.values() == [10, 10, 10]
    line.after(1)
    assert line.values() == [5, 5, 5]
    line.picks(30)
    line.after(2)
    assert line.values() == [3, 3, 3]


def test_next_subtracts_the_smallest_value(timeline):
    line = timeline(["lbfactor=1", "lbfactor=2", "lbfactor=3"], "method=N", weights=False)
    line.picks(9)
    assert line.values() == [12, 9, 8]
    for seconds in (1, 5):
        line.after(seconds)
        assert line.values() == [4, 1, 0]


def test_next_subtracts_the_smallest_value_of_those_who_may_serve(timeline):
    line = timeline(["", "", ""], "method=N", weights=False)
    assert line.picks(3) == "m1 m2 m3"
    line["m3"].down()
    line.picks(17)
    before, (state,) = line.values(), line.states("m3")
    assert state == "ERR" and before[2] < min(before[:2]) and before[0] != before[1]
    line.after(1)
    assert line.values() == [before[0] - min(before[:2]), before[1] - min(before[:2]), 0]


def test_next_does_not_see_what_rules_say(timeline):
    """A rule lets m3 serve; for maintenance it is stopped, and its small value not the smallest."""
    line = timeline(["", "", "activation=S"], "method=N", weights=False, conf="JkMount /all/* lb;active=m3")
    assert [line.httpd.get("/all/x").body for _ in range(3)] == [b"m1", b"m2", b"m3"]
    assert line.picks(4) == "m1 m2 m1 m2"
    assert line.values() == [3, 3, 1]
    line.after(1)
    assert line.values() == [0, 0, 0]


def test_busyness_does_not_fade(timeline):
    line = timeline(["", ""], "method=B", threads=4)
    with line.under_way("m1"):
        for _ in range(2):
            line.after(3)
            assert line.values() == [WEIGHT, 0]
    assert line.values() == [0, 0]


@pytest.mark.parametrize("intervals,left", [(63, 0), (64, WEIGHT), (65, WEIGHT >> 1)])
def test_a_long_sleep_fades_whatever_there_was(timeline, intervals, left):
    line = timeline(["", "activation=D"])
    line.who()
    line.after(intervals)
    assert line.values() == [deviates(LONG_SLEEP, ours=0, theirs=left), 0]


def test_without_maintenance_nothing_fades(timeline):
    line = timeline(["retries=1", ""], "recover_time=1", maintain=0)
    line["m1"].down()
    assert line.who() == "m2"
    line.clock.advance(NEVER)
    time.sleep(1.5)
    assert (line.values(), line.states()) == ([WEIGHT, WEIGHT], ["ERR", "OK"])


def test_one_process_does_it_for_all(timeline):
    line = timeline(["", "activation=D"], mpm=MPM, processes=1 if MPM == "prefork" else 3, threads=4, conf="JkWatchdogInterval 1")

    def is_done():
        return line.show()["lb"]["time_to_maintenance_min"] == "1"

    line.httpd.wait_until(is_done, "the first maintenance")
    line.who()
    line.clock.advance(1)
    line.httpd.wait_until(is_done, "the maintenance of this second")
    time.sleep(1.5)
    assert {tuple(line.values()) for _ in range(8)} == {(WEIGHT >> 1, 0)}


# Members recover -----------------------------------------------------------------------------------------------------------


def test_a_member_recovers_later_than_recover_time_with_the_largest_value(timeline):
    line = timeline(["", "", ""], "recover_time=3")
    line["m1"].down()
    assert line.picks(12) == "m2 m3 " * 5 + "m2 m3"
    assert line.states() == ["ERR", "OK", "OK"]
    assert line.values() == [WEIGHT, 6 * WEIGHT, 6 * WEIGHT]
    line.after(3)
    assert line.states("m1") == ["ERR"], "three seconds are not more than three"
    assert line.values() == [WEIGHT >> 3, 6 * WEIGHT >> 3, 6 * WEIGHT >> 3]
    line["m1"].up()
    line.after(1)
    assert line.states("m1") == ["ERR/REC"]
    assert line.values() == [6 * WEIGHT >> 4] * 3
    assert sorted(line.picks(3).split()) == ["m1", "m2", "m3"], "it is neither flooded nor starved"
    assert line.states("m1") == ["OK"]
    assert "error_time_ago" not in line.show()["m1"]


def test_under_busyness_its_value_stays(timeline):
    line = timeline(["", ""], "method=B recover_time=1", threads=4)
    line["m1"].down()
    assert line.who("m1") == "m2"
    with line.under_way("m2"):
        line.after(2)
        assert (line.states("m1"), line.values()) == (["ERR/REC"], [0, WEIGHT])


def test_each_failure_begins_the_wait_anew(timeline):
    line = timeline(["", ""], "recover_time=2")
    line["m1"].down()
    assert line.who("m1") == "m2"
    line.after(3)
    assert line.states("m1") == ["ERR/REC"]
    assert line.who("m1") == "m2"
    assert line.states("m1") == ["ERR"]
    line.after(2)
    assert line.states("m1") == ["ERR"]
    line.after(1)
    assert line.states("m1") == ["ERR/REC"]


@pytest.mark.parametrize("conf,thread", [("", OURS and MPM != "prefork"), ("JkWatchdogInterval 1", True)])
def test_it_takes_a_request_or_a_thread(timeline, conf, thread):
    """Without requests the clock goes on, and then back: whoever recovered has done so by itself. Ours has a thread where
    httpd has threads (D42)."""
    line = timeline(["", ""], "recover_time=1", conf=conf, mpm=MPM)
    line["m1"].down()
    assert line.who("m1") == "m2"
    then = line.clock.now
    line.clock.advance(3)
    time.sleep(3)
    line.clock.set(then)
    assert line.states("m1") == ["ERR/REC" if thread else "ERR"]


def test_a_clock_that_is_set_back_puts_nothing_off(timeline):
    """As when a server starts before it has learned the time. The original waits for an hour, or the next restart."""
    line = timeline(["", "activation=D", ""], "recover_time=3")
    line["m3"].down()
    line.picks(2)
    line.after(1)
    (value, *_) = line.values()
    assert (value > 0, line.states("m3")) == (True, ["ERR"])
    line.after(-3600)
    assert line.states("m3") == [deviates(SET_BACK, ours="ERR/REC", theirs="ERR")]
    line.after(1)
    assert line.values("m1") == [deviates(SET_BACK, ours=value >> 1, theirs=value)]


def test_when_all_are_in_error_all_are_put_back_to_work(timeline):
    line = timeline(["", ""], weights=False)
    for peer in line.peers.values():
        peer.down()
    assert line.who() == "503"
    line["m2"].up()
    line.after(1)
    assert line.states() == ["ERR/FRC", "ERR/FRC"]
    assert line.who("m2") == "m2"
    assert line.states() == ["ERR/FRC", "OK"]


def test_who_was_put_back_and_is_not_used_is_thrown_out_again(timeline):
    line = timeline(["", ""], "error_escalation_time=2", weights=False)
    for peer in line.peers.values():
        peer.down()
    assert line.who() == "503"
    line["m2"].up()
    line.after(1)
    assert line.who("m2") == "m2"
    line.after(1)
    assert line.states() == ["ERR", "OK"]


# Errors escalate -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lb,seconds", [("error_escalation_time=2", 2), ("recover_time=5", 2), ("recover_time=1", 0), ("error_escalation_time=0", 0)])
def test_failures_beside_a_request_escalate_in_time(timeline, lb, seconds):
    """The default is half of recover_time."""
    line = timeline(["", ""], lb, maintain=NEVER, threads=4)
    assert line.show()["lb"]["error_escalation_time"] == str(seconds)
    with line.under_way("m1"):
        for second in range(seconds + 1):
            line["m1"].plan = [breaks_off]
            assert line.who("m1") == "m2"
            assert line.states("m1") == ["ERR" if second == seconds else "OK"], f"second {second}"
            line.clock.advance(1)
        assert line.show()["m1"]["errors"] == str(seconds + 1)
        assert line.who("m1") == "m2"
    assert line.states("m1") == ["OK"], "the slow request's success clears the error"
    assert "error_time_ago" not in line.show()["m1"]


def test_maintenance_escalates_one_failure_that_no_success_followed(timeline):
    line = timeline(["", ""], "error_escalation_time=2", threads=4)
    with line.under_way("m1"):
        line["m1"].plan = [breaks_off]
        assert line.who("m1") == "m2"
        line.after(1)
        assert line.states("m1") == ["OK"]
        line.after(1)
        assert line.states("m1") == ["ERR"]
        assert line.show()["m1"]["errors"] == "1"
    assert line.states("m1") == ["OK"], "the slow request's success clears the error"


def test_a_success_ends_the_count_towards_escalation(timeline):
    line = timeline(["", ""], "error_escalation_time=2", maintain=NEVER, threads=4)
    with line.under_way("m1"):
        for _ in range(3):
            line["m1"].plan = [breaks_off, lambda turn: turn.reply(200, b"m1")]
            assert [line.who("m1"), line.who("m1")] == ["m2", "m1"]
            line.clock.advance(2)
        assert line.states("m1") == ["OK"]


# Reply timeouts ------------------------------------------------------------------------------------------------------------


def _times_out(line, times: int) -> tuple[str, str]:
    """Lets m1 stay silent; its state and the count of its timeouts."""
    for _ in range(times):
        line["m1"].plan = [lambda turn: turn.wait_for_end()]
        assert line.who("m1") == "m2"
    m1 = line.show()["m1"]
    return m1["state"], m1["reply_timeouts"]


def test_reply_timeouts_fade_like_values(timeline):
    line = timeline(["reply_timeout=40", ""], "max_reply_timeouts=4")
    assert _times_out(line, 4) == ("OK", "4")
    line.after(1)
    assert line.show()["m1"]["reply_timeouts"] == "2"
    assert _times_out(line, 2) == ("OK", "4")
    assert line.show()["m1"]["errors"] == "0"
    assert _times_out(line, 1) == ("ERR", "5")
    assert line.show()["m1"]["errors"] == "1"


def test_reply_timeouts_fade_over_a_long_sleep(timeline):
    line = timeline(["reply_timeout=40", ""], "max_reply_timeouts=4")
    assert _times_out(line, 2) == ("OK", "2")
    line.after(32)
    assert line.show()["m1"]["reply_timeouts"] == deviates(LONG_SLEEP, ours="0", theirs="2")


def test_each_try_counts_as_a_reply_timeout(timeline):
    line = timeline(["reply_timeout=40 retries=2", ""], "max_reply_timeouts=2", maintain=NEVER)
    line["m1"].default = lambda turn: turn.wait_for_end()
    assert _times_out(line, 1) == ("OK", "2")
    assert _times_out(line, 1) == ("ERR", "4")


def test_putting_a_member_back_to_work_forgives_its_reply_timeouts(timeline):
    line = timeline(["reply_timeout=40"], "retries=1", maintain=NEVER, weights=False)
    line["m1"].plan = [lambda turn: turn.wait_for_end()]
    assert line.who() == "504"
    assert line.show()["m1"]["reply_timeouts"] == "1"
    assert line.who() == "m1"
    assert line.show()["m1"]["reply_timeouts"] == "0"


# The unused ------------------------------------------------------------------------------------------------------------------


def test_a_member_that_nobody_picks_goes_idle(timeline):
    line = timeline(["", "", "activation=D"])
    assert line.states() == ["OK/IDLE"] * 3
    assert line.picks(2) == "m1 m2"
    assert line.states() == ["OK", "OK", "OK/IDLE"]
    line.after(1)
    assert line.states() == ["OK", "OK", "OK/IDLE"], "they were picked since the last maintenance"
    line.who("m1")
    line.after(1)
    assert line.states() == ["OK", "OK/IDLE", "OK/IDLE"]
    line.after(1)
    assert line.states() == ["OK/IDLE"] * 3
    assert line.who("m2") == "m2"
    assert line.states("m2") == ["OK"]
