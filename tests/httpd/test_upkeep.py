"""`JkWatchdogInterval`, and the id that log lines about a request carry."""

import json
import re

import pytest

from support.under_test import MPM, OURS, deviates


def idle(make, conf=""):
    """A server whose connections may be idle for a second, and a connection that is."""
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    httpd.workers(
        f"worker.list=w\nworker.maintain=1\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n"
        "worker.w.connection_pool_timeout=1\nworker.w.connection_pool_minsize=0\n"
    )
    httpd.conf(f"JkMount /* w\n{conf}").start()
    assert httpd.get("/x").status == 200
    return httpd, peer


def test_with_a_thread_nobody_needs_to_ask(make):
    httpd, peer = idle(make, "JkWatchdogInterval 1")
    assert peer.ended(peer.connections[0], 6)
    assert httpd.get("/x").status == 200


@pytest.mark.parametrize("conf", ["", "JkWatchdogInterval 0", "JkWatchdogInterval never"])
def test_without_a_thread_requests_do_it(make, conf):
    """Ours has a thread all the same where httpd has threads (D42)."""
    httpd, peer = idle(make, conf)
    by_itself = deviates("D42", ours=MPM != "prefork", theirs=False)
    assert peer.ended(peer.connections[0], 6 if by_itself else 3) == by_itself
    assert httpd.get("/x").status == 200
    assert peer.ended(peer.connections[0], 6), "the next request does it"


@pytest.mark.parametrize("is_member", [False, True])
def test_a_worker_that_nobody_uses_is_idle_again(make, is_member):
    """The original marks only those that are members of a balancer too."""
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    lb = "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=w\n" if is_member else ""
    httpd.workers(f"{lb}worker.list=w,jk\nworker.jk.type=status\nworker.maintain=2\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\n")
    httpd.conf("JkMount /* w\nJkMount /jk jk\nJkWatchdogInterval 1").start()

    def state():
        if OURS:
            return json.loads(httpd.get("/jk?mime=json").body)["ajp_workers"][0]["state"]
        return re.findall(r"<td[^>]*>(OK/IDLE|OK|ERR)</td>", httpd.get("/jk").body.decode())[-1]

    assert state() == "OK/IDLE"
    assert httpd.get("/x").status == 200
    assert state() == "OK"
    if deviates("D106", ours=True, theirs=is_member):
        httpd.wait_until(lambda: state() == "OK/IDLE", "the end of its work", 15)
    else:
        peer.stopping.wait(6)
        assert state() == "OK"
    assert httpd.get("/x").status == 200
    assert state() == "OK", "and at work again"


# Ids ---------------------------------------------------------------------------------------------------------------------


def ids(httpd, peer, **more):
    """The ids in the lines about a request that fails."""
    peer.down()
    before = len(httpd.jk_log())
    assert httpd.get("/x", **more).status == 503
    found = [re.match(r"\S+ \S+ \S+ \S+ \d{4}\] \[([^\]]*)\] \[\d+:\d+\] ", line) for line in httpd.jk_log()[before:].splitlines()]
    return {match[1] if match else None for match in found}


def plain(make, conf="", modules=""):
    peer, httpd = make.peer("w"), make.httpd(threads=1, modules=modules)
    httpd.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.retries=1\n")
    return httpd.conf(f"JkMount /* w\n{conf}"), peer


def test_lines_carry_the_id_of_the_request(make):
    httpd, peer = plain(make, modules="unique_id")
    httpd.conf('CustomLog logs/ids.log "%{UNIQUE_ID}e"').start()
    found = ids(httpd, peer)
    own = httpd.wait_until(lambda: (httpd.dir / "logs/ids.log").read_text().split(), "the access log")
    assert found == deviates("D57", ours=set(own), theirs={None})


def test_without_an_id_lines_say_so(make):
    httpd, peer = plain(make)
    assert ids(httpd.start(), peer) == deviates("D57", ours={"NO-ID"}, theirs={None})


@pytest.mark.skipif(not OURS, reason="mod_jk 1.2.48 does not know the directive (D57)")
@pytest.mark.parametrize(("header", "shown"), [("abc-1", {"abc-1"}), (None, {"NO-ID"}), ("a\x1b[31mb", None)])
def test_the_id_can_be_a_variable_of_ones_choice(make, header, shown):
    httpd, peer = plain(make, 'JkRequestIdIndicator MY_ID\nSetEnvIf X-Id "(.+)" MY_ID=$1')
    httpd.start()
    if shown is None:  # no header httpd lets through can hold a control character
        assert httpd.get("/x", headers=[("X-Id", header)]).status == 400
        return
    assert ids(httpd, peer, headers=[("X-Id", header)] if header else ()) == shown


def test_lines_about_no_request_name_what_went_on(make):
    httpd, _ = plain(make)
    httpd.start()
    first = httpd.jk_log().splitlines()[-1]
    assert "initialized" in first
    assert ("[POST_CONFIG] [" in first) == deviates("D57", ours=True, theirs=False)
