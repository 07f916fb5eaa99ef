"""A section of mod_status's page about the balancers (D104)."""

import json
import re

import pytest

from support.under_test import OURS, deviates

D104 = "D104: a section in server-status"


@pytest.fixture
def site(make):
    peers = [make.peer(name) for name in ("m1", "m2")]
    httpd = make.httpd(threads=4, modules="status")
    httpd.workers(
        "worker.list=lb,alone\nworker.lb.type=lb\nworker.lb.balance_workers=m1,m2\nworker.lb.probe_interval=0\n"[: None if OURS else -len("worker.lb.probe_interval=0\n")]
        + "".join(f"worker.{peer.name}.host=127.0.0.1\nworker.{peer.name}.port={peer.port}\n" for peer in peers)
        + "worker.m2.activation=D\nworker.alone.host=127.0.0.1\n"
    )
    httpd.conf("JkMount /app/* lb\n<Location /server-status>\nSetHandler server-status\n</Location>").start()
    return httpd, *peers


def lines(httpd) -> dict[str, str]:
    """What `?auto` says of balancers."""
    got = httpd.get("/server-status?auto")
    assert got.status == 200
    told = [line.split(": ", 1) for line in got.body.decode().splitlines() if ": " in line]
    return {key: value for key, value in told if key.startswith("JkBalancer")}


def test_programs_read_it_line_by_line(site):
    httpd, m1, _ = site
    seen = lines(httpd)
    if not deviates(D104, ours=True, theirs=False):
        assert seen == {}
        return
    assert seen["JkBalancer[0]Name"] == "lb" and "JkBalancer[1]Name" not in seen
    member = {key.removeprefix("JkBalancer[0]Member[0]"): value for key, value in seen.items() if "Member[0]" in key}
    assert member == {"Name": "m1", "Activation": "ACT", "State": "OK/IDLE", "Busy": "0", "Elected": "0", "Errors": "0"}
    assert seen["JkBalancer[0]Member[1]Activation"] == "DIS"

    held = []

    def hold(turn):
        held.append(lines(httpd))
        turn.reply(200, b"m1")

    m1.plan = [hold]
    assert httpd.get("/app/x").status == 200
    assert (held[0]["JkBalancer[0]Busy"], held[0]["JkBalancer[0]Member[0]Busy"]) == ("1", "1")
    assert lines(httpd)["JkBalancer[0]Member[0]State"] == "OK"
    m1.down()
    httpd.get("/app/x")
    after = lines(httpd)
    assert (after["JkBalancer[0]Member[0]State"], after["JkBalancer[0]Busy"]) == ("ERR", "0")
    assert int(after["JkBalancer[0]Member[0]Errors"]) >= 1


def test_it_agrees_with_the_status_worker(make):
    if not deviates(D104, ours=True, theirs=False):
        return
    m1, m2 = make.peer("m1"), make.peer("m2")
    httpd = make.httpd(threads=4, modules="status")
    httpd.workers(
        "worker.list=one,two,jk\nworker.jk.type=status\nworker.one.type=lb\nworker.one.balance_workers=m1\n"
        "worker.two.type=lb\nworker.two.balance_workers=m1,m2\nworker.m2.activation=S\n"
        + "".join(f"worker.{peer.name}.host=127.0.0.1\nworker.{peer.name}.port={peer.port}\n" for peer in (m1, m2))
    )
    httpd.conf(
        "JkMount /one/* one\nJkMount /two/* two\nJkMount /jk jk\n"
        "<Location /server-status>\nSetHandler server-status\n</Location>"
    ).start()
    for path in ["/one/a", "/one/b", "/two/c"]:
        assert httpd.get(path).status == 200
    m1.down()
    httpd.get("/two/d")

    here = lines(httpd)
    balancers = json.loads(httpd.get("/jk?mime=json").body)["balancers"]
    there = {}
    for lb, balancer in enumerate(balancers):
        there[f"JkBalancer[{lb}]Name"] = balancer["name"]
        there[f"JkBalancer[{lb}]Busy"] = str(balancer["busy"])
        for index, member in enumerate(balancer["members"]):
            for key in ["name", "activation", "state", "busy", "errors"]:
                there[f"JkBalancer[{lb}]Member[{index}]{key.capitalize()}"] = str(member[key])
            there[f"JkBalancer[{lb}]Member[{index}]Elected"] = str(member["requests"])
    assert here == there
    # What is counted per name is the same wherever the name stands, as in mod_jk.
    assert here["JkBalancer[0]Member[0]Elected"] == here["JkBalancer[1]Member[0]Elected"]
    assert int(here["JkBalancer[0]Member[0]Elected"]) >= 4


@pytest.mark.parametrize("query", ["", "?notable"])
def test_people_see_it_below_the_rest(site, query):
    httpd, *_ = site
    got = httpd.get("/server-status" + query)
    page = got.body.decode()
    assert got.status == 200 and page.rstrip().endswith("</body></html>")
    told = re.search(r"<h1>Balancer lb of mod_jk, 0 requests under way</h1>.*?m1.*?ACT.*?OK/IDLE.*?m2.*?DIS", page, re.S)
    assert bool(told) == deviates(D104, ours=True, theirs=False)


def test_without_mod_status_nothing_is_asked(make):
    httpd = make.httpd(threads=4)
    httpd.workers("worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=m1\n").conf("JkMount /app/* lb").start()
    assert httpd.get("/server-status").status in (403, 404)
