"""The last ten minutes of each worker, which the status worker shows: one sample every ten seconds, from all processes
together. The original has nothing like it."""

import json
import time

import pytest

from support.under_test import MPM, OURS

pytestmark = pytest.mark.skipif(not OURS, reason="the original keeps no samples")

PERIOD = 10


class Site:
    """A plain worker, the same as a member of a balancer, and one that nobody uses."""

    def __init__(self, make, conf, maintain=1, **more):
        self.peer, self.httpd = make.peer("w"), make.httpd(**({"threads": 2} | more))
        self.httpd.workers(
            f"worker.list=w,lb,jk\nworker.maintain={maintain}\nworker.jk.type=status\nworker.lb.type=lb\nworker.lb.balance_workers=w,quiet\n"
            f"worker.w.host=127.0.0.1\nworker.w.port={self.peer.port}\nworker.w.retries=1\n"
            f"worker.quiet.host=127.0.0.1\nworker.quiet.port={self.peer.port}\n"
        )
        self.httpd.conf(f"JkMount /w w\nJkMount /jk jk\n{conf}").start()

    def histories(self) -> dict[str, list[dict]]:
        """What is shown, by worker; the same under all the names of a worker."""
        report = json.loads(self.httpd.get("/jk?mime=json").body)
        (lb,) = report["balancers"]
        shown = {member["name"]: member["history"] for member in lb["members"]}
        (alone,) = report["ajp_workers"]
        assert alone["history"] == shown["w"]
        return shown

    def history(self) -> list[dict]:
        return self.histories()["w"]

    def wait_for(self, n: int) -> list[dict]:
        return self.httpd.wait_until(lambda: (seen := self.history())[n - 1 :] and seen, f"sample {n}", PERIOD + 10)


def test_samples_are_taken_while_nobody_asks(make):
    site = Site(make, "JkWatchdogInterval 1", processes=3)
    first = site.wait_for(1)[0]
    assert abs(first.pop("unix") - time.time()) < PERIOD + 2
    assert first == {"requests": 0, "errors": 0, "busy": 0, "sent_bytes": 0, "received_bytes": 0}
    begun = len(site.history())  # a period may have ended since
    assert [site.httpd.get("/w").status for _ in range(3)] == [200] * 3
    site.peer.down()
    assert site.httpd.get("/w").status == 503
    now = json.loads(site.httpd.get("/jk?mime=json").body)["ajp_workers"][0]
    *_, before, last = site.wait_for(begun + 1)
    assert 1 <= last["unix"] - before["unix"] < 2 * PERIOD
    assert last["unix"] // PERIOD > before["unix"] // PERIOD
    told = {key: last[key] for key in ("requests", "errors", "busy", "sent_bytes", "received_bytes")}
    assert told == {"requests": 4, "errors": 1, "busy": 0, "sent_bytes": now["sent_bytes"], "received_bytes": now["received_bytes"]}
    quiet = site.histories()["quiet"]
    assert len(quiet) >= 2
    assert {sample["requests"] for sample in quiet} == {0}
    seen = site.history()
    site.httpd.graceful()
    assert site.history()[: len(seen)] == seen, "a graceful restart keeps them"


def test_a_sample_is_of_its_moment(make):
    """Requests that are under way count as busy. It is no maintenance that `worker.maintain=0` would forbid."""
    site = Site(make, "JkWatchdogInterval 1", maintain=0)
    site.wait_for(1)
    held = []

    def hold(turn):
        held.append(turn)
        site.httpd.wait_until(lambda: site.history()[-1]["busy"] == 1, "a sample meanwhile", PERIOD + 10)
        turn.reply(200)

    site.peer.plan = [hold]
    assert site.httpd.get("/w").status == 200
    assert held


@pytest.mark.skipif(MPM != "prefork", reason="elsewhere there is a thread all the same (D42)")
def test_without_a_thread_requests_take_them(make):
    """As all maintenance; so there is none while nobody asks for anything."""
    site = Site(make, "", processes=1)
    assert site.httpd.get("/w").status == 200
    (first,) = site.wait_for(1)
    site.peer.stopping.wait(PERIOD + 1)
    assert site.httpd.get("/w").status == 200
    *_, last = site.wait_for(2)
    assert last["unix"] - first["unix"] > PERIOD
