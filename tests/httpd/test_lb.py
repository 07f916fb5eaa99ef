"""The balancer: order of picks, stickiness, stand-ins, states, cookies, and what the access log can say about it."""

import csv
import json
import os
import signal
from pathlib import Path

import pytest

from support import ajp
from support.client import Client
from support.peer import Gone
from support.under_test import OURS, TOP, deviates

VECTORS = TOP / "tests/vectors"


def rows(name: str) -> list[dict[str, str]]:
    """A recorded table: comments with `#`, then the names of the columns."""
    lines = [line for line in (VECTORS / name).read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


class Balancer:
    """One httpd with the balancer `lb` on `/` and members m1, m2, ... that answer with their names.

    `members` says what each member has beyond host and port; `lb` and `top` are lines for the balancer and for the
    whole file.
    """

    def __init__(self, make, members, lb="", top="", mount="JkMount /* lb", conf="", threads=1, processes=1):
        names = [f"m{n + 1}" for n in range(len(members))]
        self.peers = {name: make.peer(name) for name in names}
        lines = ["worker.list=lb", "worker.lb.type=lb", f"worker.lb.balance_workers={','.join(names)}", *top.split()]
        lines += [f"worker.lb.{line}" for line in lb.split()]
        for name, own in zip(names, members):
            own = own.split()
            if not any(line.startswith("port=") for line in own):
                own.append(f"port={self.peers[name].port}")
            lines += [f"worker.{name}.{line}" for line in ["host=127.0.0.1", "retry_interval=10", *own]]
        self.httpd = make.httpd(threads=threads, processes=processes)
        self.httpd.workers("\n".join(lines) + "\n").conf(f"{mount}\n{conf}").start()
        self.get, self.logged = self.httpd.get, self.httpd.logged

    def __getitem__(self, name):
        return self.peers[name]

    def picks(self, n: int, **more) -> list[str]:
        """Who answers n requests in a row; a status if it is none of the members."""
        return [self.who(**more) for _ in range(n)]

    def who(self, target="/app/x", **more) -> str:
        got = self.get(target, **more)
        return got.body.decode() if got.status == 200 else str(got.status)

    def with_route(self, route: str, **more) -> str:
        return self.who(headers=[("Cookie", f"JSESSIONID=abc.{route}")], **more)

    def reached(self, *, headers=(), target="/app/x"):
        """Reply, notes and the request as its backend saw it."""
        got = self.get(target, headers=headers)
        notes = self.logged(got)
        name = got.body.decode()
        return got, notes, self.peers[name].last if name in self.peers else None


# Order of picks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("pick-vectors.tsv"), ids=lambda row: " ".join(filter(None, list(row.values())[:5])))
def test_order_of_picks_is_the_recorded_one(make, row):
    members = [f"lbfactor={factor}" for factor in row["lbfactors"].split(",")]
    for n, distance in enumerate(filter(None, row["distances"].split(","))):
        members[n] += f" distance={distance}"
    lb = Balancer(make, members, f"method={row['method']} lock={row['lock']}", mount=f"JkMount /* lb{';stateless=1' if row['flags'] else ''}")
    assert lb.picks(24) == row["picks"].split()


def test_distance_counts_only_among_usable_members(make):
    lb = Balancer(make, ["distance=0 activation=S", "distance=1", "distance=2"])
    assert lb.picks(3) == ["m2"] * 3


def test_busyness_with_open_requests(make):
    lb = Balancer(make, ["lbfactor=1", "lbfactor=2", "lbfactor=3"], "method=B", threads=16)
    if lb.httpd.mpm == "prefork":
        pytest.skip("the start of the scan is kept per process, so the order is not defined with many processes")
    done = []

    def hold(turn):
        while not done and not turn.peer.stopping.is_set():
            turn.wait(0.01)
        turn.reply(200, turn.peer.name.encode())

    order, clients = [], []
    for peer in lb.peers.values():
        peer.default = hold
    for n in range(12):
        client = Client(lb.httpd.port)
        client.send(b"GET /app/x HTTP/1.1\r\nHost: x\r\n\r\n")
        clients.append(client)
        lb.httpd.wait_until(lambda: sum(len(p.requests) for p in lb.peers.values()) > n, "a request at a member")
        order.append(next(name for name, p in lb.peers.items() if len(p.requests) > order.count(name)))
    done.append(1)
    assert all(client.read().status == 200 for client in clients)
    assert order == "m1 m2 m3 m3 m2 m3 m1 m2 m3 m3 m2 m3".split()


def test_traffic_avoids_the_member_that_sends_much(make):
    lb = Balancer(make, ["lbfactor=1", "lbfactor=1", "lbfactor=2"], "method=T")
    lb["m1"].default = lambda turn: turn.reply(200, b"m1" + b"." * 20_000)
    assert [pick[:2] for pick in lb.picks(12)] == "m1 m2 m3 m3 m2 m3 m3 m2 m3 m3 m2 m3".split()


# Session ids ------------------------------------------------------------------------------------------------------------


IDLE = "method=B"
"""Values are equal while nothing is under way, so requests without a session go round, whatever was sticky before."""


@pytest.fixture(scope="module")
def sticky(make_shared):
    return Balancer(make_shared, ["", "", ""], IDLE, conf="SetEnvIf X-Route (.+) JK_ROUTE=$1\nSetEnvIf X-Ignore (.+) JK_STICKY_IGNORE=$1")


@pytest.mark.parametrize("row", rows("session-vectors.tsv"), ids=lambda row: row["label"])
def test_session_id_decides_as_recorded(sticky, row):
    headers = [("Cookie", text) for text in json.loads(row["cookie_headers_json"])]
    if row["JK_ROUTE"]:
        headers.append(("X-Route", row["JK_ROUTE"]))
    if row["JK_STICKY_IGNORE"]:
        headers.append(("X-Ignore", row["JK_STICKY_IGNORE"]))
    seen = set(sticky.picks(3, target=row["request_path"], headers=headers))
    if row["member"] == "*":
        wanted = deviates("D5: the original may find another client's id behind the end of the cookie", ours=3, theirs=2)
        assert len(seen) >= wanted, "three requests without a usable id go to different members"
    else:
        assert seen == {row["member"]}


def test_a_strangers_session_id_never_decides(sticky):
    """The original sometimes reads on behind a cookie, into what another request left there."""
    for n in range(40):
        sticky.who(headers=[("Cookie", "x=1; " * (n % 7) + "JSESSIONID=stranger.m3; JSESSIONID=stranger.m3")])
    seen = [sticky.who(headers=[("Cookie", "JSESSIONID=noroute")]) for _ in range(30)]
    if OURS:
        assert [seen.count(name) for name in ("m1", "m2", "m3")] == [10, 10, 10], "D5"
    else:
        assert set(seen) == {"m1", "m2", "m3"}


def test_cookie_name_and_path_parameter_can_be_chosen(make):
    lb = Balancer(make, ["", ""], f"{IDLE} session_cookie=SID session_path=;sid")
    assert lb.picks(3, headers=[("Cookie", "SID=x.m2")]) == ["m2"] * 3
    assert lb.picks(3, target="/app;sid=x.m2") == ["m2"] * 3
    assert set(lb.picks(3, headers=[("Cookie", "JSESSIONID=x.m2")])) == {"m1", "m2"}


def test_a_rule_can_choose_them_too(make):
    lb = Balancer(make, ["", ""], IDLE, mount="JkMount /* lb;session_cookie=SID;session_path=;sid")
    assert lb.picks(3, headers=[("Cookie", "SID=x.m2")]) == ["m2"] * 3


def test_stickiness_can_be_off(make):
    lb = Balancer(make, ["", ""], f"{IDLE} sticky_session=0")
    assert set(lb.picks(3, headers=[("Cookie", "JSESSIONID=x.m2")])) == {"m1", "m2"}


def test_routes_need_not_be_names(make):
    lb = Balancer(make, ["route=east", "route=west"], IDLE)
    assert lb.with_route("west") == "m2"
    assert set(lb.picks(2, headers=[("Cookie", "JSESSIONID=x.m1")])) == {"m1", "m2"}


# From route to member: every state -----------------------------------------------------------------------------------

DOWN = "port=1"
"""Nothing listens there."""


@pytest.mark.parametrize("force", [0, 1])
@pytest.mark.parametrize(
    "m1,others,calm,forced",
    [
        # (m1, the others, who gets a request with m1's route, and with sticky_session_force)
        ("", ("", ""), "m1", "m1"),
        ("activation=D", ("", ""), "m1", "m1"),
        ("activation=S", ("", ""), "other", "503"),
        ("activation=S redirect=m3", ("", ""), "m3", "503"),
        ("activation=S redirect=m3", ("", "activation=D"), "m3", "503"),
        ("activation=S redirect=m3", ("", "activation=S"), "m2", "503"),
        ("activation=S domain=east", ("domain=west", "domain=east"), "m3", "503"),
        ("activation=S domain=east", ("domain=west", "domain=west"), "other", "503"),
        ("activation=S domain=east redirect=m2", ("domain=west", "domain=east"), "m2", "503"),
        (DOWN, ("", ""), "other", "503"),
        (DOWN + " redirect=m3", ("", ""), "m3", "503"),
        (DOWN + " redirect=m3", ("", "activation=D"), "m3", "503"),
        (DOWN + " domain=east", ("domain=west", "domain=east"), "m3", "503"),
        ("port=0", ("", ""), "other", "503"),
    ],
)
def test_a_route_whose_member_may_or_may_not_serve(make, m1, others, calm, forced, force):
    lb = Balancer(make, [m1, *others], f"sticky_session_force={force}")
    wanted = forced if force else calm
    for _ in range(3):
        got = lb.with_route("m1")
        assert got == wanted or (wanted == "other" and got in ("m2", "m3"))


@pytest.mark.parametrize("id,status", [("abc.zz", "503"), ("abc", "503"), (None, "m1")])
def test_force_refuses_ids_without_a_member(make, id, status):
    lb = Balancer(make, ["", ""], "sticky_session_force=1")
    assert lb.who(headers=[("Cookie", f"JSESSIONID={id}")] if id else []) == status


def test_a_hot_standby_serves_when_all_others_are_down(make):
    """A disabled member that another one names as its redirect."""
    lb = Balancer(make, [DOWN + " redirect=m2", "activation=D"])
    assert lb.picks(3) == ["m2"] * 3


def test_nobody_left_is_503(make):
    for activation in "SD":
        lb = Balancer(make, [f"activation={activation}"] * 2)
        assert lb.picks(2) == ["503"] * 2


def test_the_only_member_serves_foreign_routes_even_with_force(make):
    lb = Balancer(make, [""], "sticky_session_force=1")
    assert lb.with_route("zz") == "m1"


def test_domain_of_a_route_is_the_part_before_its_dot(make):
    lb = Balancer(make, ["route=east.1 activation=S", "route=west.2", "route=east.3"])
    assert lb.picks(3, headers=[("Cookie", "JSESSIONID=abc.east.1")]) == ["m3"] * 3


def test_a_rule_can_change_the_activation_of_members(make):
    lb = Balancer(make, ["", "", "activation=S"], mount="JkMount /* lb;stopped=m1;disabled=m2;active=m3")
    assert lb.picks(3) == ["m3"] * 3
    assert lb.with_route("m1") == "m3"
    assert lb.with_route("m2") == "m2"
    assert lb["m2"].last.attribute("JK_LB_ACTIVATION") == b"DIS"
    assert lb["m3"].last.attribute("JK_LB_ACTIVATION") == b"ACT"


# Route and cookie ------------------------------------------------------------------------------------------------------


def test_the_backend_is_told_its_route(make):
    lb = Balancer(make, ["route=r1", "route=r2"])
    for _ in range(2):
        got, notes, request = lb.reached()
        route = {"m1": "r1", "m2": "r2"}[got.body.decode()]
        assert request.attribute("route") == route.encode()
        assert notes["WORKER_ROUTE"] == route


def test_after_a_failover_the_backend_is_told_its_own_route(make):
    lb = Balancer(make, [DOWN, ""])
    got, notes, request = lb.reached()
    route = deviates("D16: route attribute and note are those of the member that serves", ours="m2", theirs="m1")
    assert (got.body, request.attribute("route"), notes["WORKER_ROUTE"]) == (b"m2", route.encode(), route)


def test_a_domain_pick_is_told_its_own_route(make):
    lb = Balancer(make, ["activation=S domain=east", "domain=west", "domain=east"])
    got, notes, request = lb.reached(headers=[("Cookie", "JSESSIONID=abc.m1")])
    assert got.body == b"m3"
    if OURS:
        assert request.attribute("route") == b"m3", "D6: the original passes a dangling pointer"
        assert notes["WORKER_ROUTE"] == "m3"


def test_jk_route_is_passed_on(sticky):
    got, notes, request = sticky.reached(headers=[("X-Route", "m2")])
    assert (got.body, request.attribute("route"), notes["WORKER_ROUTE"]) == (b"m2", b"m2", "m2")


SET = "set_session_cookie=1"


@pytest.mark.parametrize(
    "lb,cookie",
    [(SET, "JSESSIONID=.m1;PATH=/;HttpOnly"), (f"{SET} session_cookie=SID session_cookie_path=/app", "SID=.m1;PATH=/app;HttpOnly"), ("", None)],
)
def test_session_cookie_of_the_balancer(make, lb, cookie):
    got = Balancer(make, ["", ""], lb).get("/app/x")
    assert got.all("set-cookie") == ([cookie] if cookie else [])


def test_session_cookie_is_secure_over_tls(make):
    lb = Balancer(make, ["", ""], SET, conf="SetEnv HTTPS on")
    assert lb.get("/app/x").all("set-cookie") == ["JSESSIONID=.m1;PATH=/;HttpOnly;Secure"]


def test_no_cookie_for_a_sticky_request_but_one_for_a_foreign_route(make):
    lb = Balancer(make, ["", ""], SET)
    assert lb.get("/app/x", headers=[("Cookie", "JSESSIONID=x.m2")]).all("set-cookie") == []
    assert len(lb.get("/app/x", headers=[("Cookie", "JSESSIONID=x.zz")]).all("set-cookie")) == 1


def test_one_cookie_after_a_failover(make):
    lb = Balancer(make, [DOWN, ""], SET)
    cookies = lb.get("/app/x").all("set-cookie")
    first, second = "JSESSIONID=.m1;PATH=/;HttpOnly", "JSESSIONID=.m2;PATH=/;HttpOnly"
    assert cookies == deviates("D16: one cookie, right route", ours=[second], theirs=[first, second])


def test_a_rules_cookie_does_not_overwrite_the_applications(make):
    lb = Balancer(make, ["", ""], mount="JkMount /* lb;set_session_cookie=1;session_cookie=STK;session_cookie_path=/app")
    cookies = lb.get("/app/x").all("set-cookie")
    ours, theirs = ["STK=.m1;PATH=/app;HttpOnly"], ["JSESSIONID=.m1;PATH=/;HttpOnly"]
    assert cookies == deviates("D16: a rule-level cookie has the rule's name and path", ours=ours, theirs=theirs)


# Notes -----------------------------------------------------------------------------------------------------------------


def test_notes_tell_first_and_last_attempt(make):
    lb = Balancer(make, ["", "lbfactor=2"], threads=1)
    got, notes, request = lb.reached()
    whole = len(ajp.reply(200, body=b"m1"))
    for place in ("FIRST", "LAST"):
        told = {what: notes[f"LB_{place}_{what}"] for what in "NAME VALUE ACCESSED SESSIONS ERRORS BUSY ACTIVATION STATE".split()}
        assert told == dict(NAME="m1", VALUE="2", ACCESSED="1", SESSIONS="1", ERRORS="0", BUSY="0", ACTIVATION="ACT", STATE="OK")
        assert notes[f"LB_{place}_TRANSFERRED"] == str(len(request.raw)), "sent to the backend"
        assert notes[f"LB_{place}_READ"] == str(whole), "received from it"
    assert (notes["WORKER_NAME"], notes["WORKER_TYPE"], notes["WORKER_ROUTE"]) == ("lb", "lb", "m1")
    seconds, micros = notes["REQUEST_DURATION"].split(".")
    assert seconds == "0" and len(micros) == 6


def test_notes_after_a_failover(make):
    lb = Balancer(make, [DOWN, "activation=A"])
    _, notes, _ = lb.reached()
    assert (notes["LB_FIRST_NAME"], notes["LB_FIRST_STATE"], notes["LB_FIRST_ERRORS"]) == ("m1", "ERR", "1")
    assert (notes["LB_LAST_NAME"], notes["LB_LAST_STATE"], notes["LB_LAST_ERRORS"]) == ("m2", "OK", "0")


# Rounds and attempts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lb,member,hits",
    [
        ("", "", (4, 2, 2)),
        ("lb_retries=10", "", (4, 4, 4)),
        ("retries=1", "", (2, 2, 0)),
        ("retries=3 lb_retries=1", "", (2, 2, 2)),
        ("", "retries=1", (2, 1, 1)),
    ],
)
def test_how_often_each_member_is_asked_when_all_fail(make, lb, member, hits):
    balancer = Balancer(make, [member] * 3, lb + " retry_interval=10")

    def die(turn):
        turn.close()

    for peer in balancer.peers.values():
        peer.default = die
    assert balancer.who() == "502"
    assert tuple(len(peer.requests) for peer in balancer.peers.values()) == hits


def test_a_member_that_reset_a_request_is_not_its_second_round_too(make):
    lb = Balancer(make, ["distance=0 retries=1", "distance=1 retries=1"], "lb_retries=1 retries=2 retry_interval=1")
    lb["m1"].default = lambda turn: turn.reset()
    assert lb.who() == "m2"


def test_a_member_that_fails_while_it_serves_others_stays_in_use(make):
    """A local error: only this request avoids the member."""
    lb = Balancer(make, ["retries=1", "retries=1"], threads=8)
    held, done = [], []

    def hold(turn):
        held.append(1)
        while not done and not turn.peer.stopping.is_set():
            turn.wait(0.01)
        turn.reply(200, b"held")

    lb["m1"].plan = [hold, lambda turn: turn.close()]
    with Client(lb.httpd.port) as slow:
        slow.send(b"GET /app/x HTTP/1.1\r\nHost: x\r\nCookie: JSESSIONID=a.m1\r\n\r\n")
        lb.httpd.wait_until(lambda: held, "the slow request")
        got, notes, _ = lb.reached(headers=[("Cookie", "JSESSIONID=b.m1")])
        assert (got.body, notes["LB_FIRST_NAME"], notes["LB_FIRST_STATE"], notes["LB_FIRST_ERRORS"]) == (b"m2", "m1", "OK", "1")
        assert lb.with_route("m1") == "m1"
        done.append(1)
        assert slow.read().body == b"held"


def test_a_member_comes_back_after_recover_time(make):
    unprobed = "probe_interval=0" if OURS else ""
    lb = Balancer(make, ["retries=1", ""], f"recover_time=1 retry_interval=10 {unprobed}", top="worker.maintain=1")
    lb["m1"].down()
    assert set(lb.picks(3)) == {"m2"}
    lb["m1"].up()
    assert lb.who() == "m2", "it is not tried before its time"
    lb.httpd.wait_until(lambda: lb.who() == "m1", "the member's return", 15)
    assert set(lb.picks(4)) == {"m1", "m2"}


def test_without_maintenance_there_is_no_return_but_forced_recovery(make):
    lb = Balancer(make, ["retries=1", "retries=1"], "recover_time=1 retry_interval=10", top="worker.maintain=0")
    lb["m1"].down()
    assert lb.picks(2) == ["m2", "m2"]
    lb["m1"].up()
    lb["m1"].stopping.wait(2.2)
    assert lb.picks(3) == ["m2"] * 3
    lb["m2"].down()
    assert lb.who() == "m1"


def test_while_the_only_member_is_probed_others_are_served(make):
    lb = Balancer(make, ["retries=1"], "recover_time=1 retries=1 retry_interval=10", top="worker.maintain=1", threads=8)
    lb["m1"].down()
    assert lb.who() == "503"
    lb["m1"].up()
    lb["m1"].stopping.wait(2.2)
    held, done = [], []

    def hold(turn):
        held.append(1)
        while not done and not turn.peer.stopping.is_set():
            turn.wait(0.01)
        turn.reply(200, b"probe")

    lb["m1"].plan = [hold]
    with Client(lb.httpd.port) as probe:
        probe.send(b"GET /app/x HTTP/1.1\r\nHost: x\r\n\r\n")
        lb.httpd.wait_until(lambda: held, "the request that probes", 10)
        seen = lb.picks(3)
        done.append(1)
        assert probe.read().body == b"probe"
    assert set(seen) == deviates("D24: a reachable member serves", ours={"m1"}, theirs={"503"})


# Several processes -----------------------------------------------------------------------------------------------------


def test_a_member_put_out_by_one_process_is_out_for_all(make):
    lb = Balancer(make, ["retries=1", "retries=1"], processes=2, threads=2)
    lb["m1"].down()
    names = [lb.logged(lb.get("/app/x"))["LB_FIRST_NAME"] for _ in range(12)]
    assert names.count("m1") <= 1 and "m1" not in names[3:]


def test_a_killed_child_leaves_no_busy_count_behind(make):
    lb = Balancer(make, ["busy_limit=1 retries=1"], "retries=1 retry_interval=10", processes=2, threads=2)
    held = []

    def hold(turn):
        held.append(turn)
        turn.wait_for_end(20)
        raise Gone

    lb["m1"].plan = [hold]
    serving = Client(lb.httpd.port)
    serving.send(b"GET /app/x HTTP/1.1\r\nHost: x\r\n\r\n")
    lb.httpd.wait_until(lambda: held, "the request")
    victim = _owner_of_connection_to(lb["m1"].port, lb.httpd.children())
    os.kill(victim, signal.SIGKILL)
    lb.httpd.expect_crashes(1)
    lb.httpd.wait_until(lambda: victim not in lb.httpd.children() and len(lb.httpd.children()) >= 2, "a new child")
    lb.httpd.crashes()
    serving.close()
    seen = lb.picks(4)
    assert set(seen) == deviates("D14: counts of a killed child are reclaimed", ours={"m1"}, theirs={"503"})


def _owner_of_connection_to(port: int, children: list[int]) -> int:
    """The child with an open connection to the port."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, _, remote, state, *rest = line.split()
        if int(remote.split(":")[1], 16) == port and state == "01":
            inodes.add(f"socket:[{rest[5]}]")
    for child in children:
        for fd in os.listdir(f"/proc/{child}/fd"):
            try:
                if os.readlink(f"/proc/{child}/fd/{fd}") in inodes:
                    return child
            except OSError:
                pass
    raise AssertionError("no child is connected")
