"""Each rule of the balancer that no other file shows, over both modules; balancer_rules.tsv says where each of them is shown."""

import re
import time
from contextlib import contextmanager, nullcontext

import pytest
from test_lb import DOWN, IDLE, Balancer

from support import ajp
from support.client import Client, request
from support.peer import Peer
from support.under_test import MPM, OURS, TOP, deviates

RULES = TOP / "tests/httpd/balancer_rules.tsv"

STATUS = "worker.list=jk worker.jk.type=status worker.maintain=3600"


class Watched(Balancer):
    """A balancer that tries each member once per request, with a status worker that tells what it knows. Nobody probes (D94)."""

    def __init__(self, make, members, lb="", *, mount="JkMount /* lb", **more):
        lb = f"retry_interval=1 {'probe_interval=0' if OURS else ''} {lb}"
        super().__init__(make, [f"retries=1 {own}" for own in members], lb, top=STATUS, mount=f"{mount}\nJkMount /jk jk", **more)

    def ask_status(self, query: str) -> str:
        return self.get(f"/jk?mime=txt&{query}").body.decode()

    def show(self, name: str) -> dict[str, str]:
        return fields(self.ask_status("opt=2"), name)

    def told(self, *columns: str) -> list[str]:
        """These fields of each member, a member a text."""
        text = self.ask_status("opt=2")
        return [" ".join(fields(text, name)[column] for column in columns) for name in self.peers]

    @contextmanager
    def under_way(self, name: str):
        """While a request is being served by the member; at the end of this it is over for httpd too."""
        peer, held, done = self.peers[name], [], []

        def hold(turn):
            held.append(1)
            while not done and not turn.peer.stopping.is_set():
                turn.wait(0.01)
            turn.reply(200, b"held")

        peer.plan.insert(0, hold)
        raw, id = request("/app/x", headers=[("Cookie", f"JSESSIONID=id.{name}")])
        with Client(self.httpd.port) as client:
            client.send(raw)
            self.httpd.wait_until(lambda: held, f"the request at {name}")
            try:
                yield
            finally:
                done.append(1)
            assert client.read().body == b"held"
        self.logged(id)


def fields(text: str, name: str) -> dict[str, str]:
    """What the status worker says of a balancer or member; strings without their quotes."""
    for line in text.splitlines():
        label, _, rest = line.partition(": ")
        if label in ("Balancer Worker", "Member") and rest.startswith(f"name={name} "):
            return {key: value.strip('"') for key, value in (pair.split("=", 1) for pair in rest.split())}
    raise AssertionError(f"{name} is not shown:\n{text}")


def breaks_off(turn):
    """In the middle of a packet, so that ours does not take it for a connection that was closed before its use (D81)."""
    turn.send(b"AB\0")
    turn.close()


def falls_silent(turn):
    turn.wait_for_end()


def sends_junk(turn):
    turn.send(b"XX\x00\x02\x05\x01")
    turn.wait_for_end()


# Properties (sections 1.1 and 1.2) ---------------------------------------------------------------------------------------

D55 = "D55: numbers as mod_jk 1.2.50 reads them"
D108 = "D108: below 0 is 0 where it has no meaning of its own"

TRUE = "on ON oN true Top yes Y 1".split()
FALSE = "off OFF oFf false F no N nothing 0".split()
NEITHER = "x 2 10 00 -1".split()

OF_A_BALANCER = [
    # line, field, what the original shows, ours if it differs
    ("", "retries", "2"), ("retries=0", "retries", "1"), ("retries=-3", "retries", "1"), ("retries=4", "retries", "4"),
    ("retries=1k", "retries", "1024"), ("retries=1K", "retries", "1024"), ("retries=1m", "retries", "1048576"), ("retries=1M", "retries", "1048576"),
    ("retries=text", "retries", "1", "2"), ("retries=3 k", "retries", "3072", "3"),
    ("", "recover_time", "60"), ("recover_time=0", "recover_time", "1"), ("recover_time=-1", "recover_time", "1"), ("recover_time=2k", "recover_time", "2048"),
    ("", "error_escalation_time", "30"), ("recover_time=7", "error_escalation_time", "3"), ("recover_time=1", "error_escalation_time", "0"),
    ("recover_time=0", "error_escalation_time", "0"), ("error_escalation_time=90", "error_escalation_time", "90"), ("error_escalation_time=0", "error_escalation_time", "0"),
    ("", "max_reply_timeouts", "0"), ("max_reply_timeouts=3", "max_reply_timeouts", "3"), ("max_reply_timeouts=-3", "max_reply_timeouts", "-3", "0"),
    ("error_escalation_time=-3", "error_escalation_time", "-3", "0"),
    ("", "method", "Request"), *((f"method={word}", "method", "Request") for word in "R r request 0 x 5 -1".split()),
    *((f"method={word}", "method", "Traffic") for word in "T t traffic 1 19".split()),
    *((f"method={word}", "method", "Busyness") for word in "B b busyness 2".split()),
    *((f"method={word}", "method", "Sessions") for word in "S s session 3".split()),
    *((f"method={word}", "method", "Next") for word in "N n next 4".split()),
    ("", "lock", "Optimistic"), *((f"lock={word}", "lock", "Optimistic") for word in "O o 0 x 2".split()),
    *((f"lock={word}", "lock", "Pessimistic") for word in "P p pessimistic 1".split()),
    ("", "sticky_session", "True"), ("", "sticky_session_force", "False"),
    *((f"sticky_session={word}", "sticky_session", "True") for word in TRUE + NEITHER),
    *((f"sticky_session={word}", "sticky_session", "False") for word in FALSE),
    *((f"sticky_session_force={word}", "sticky_session_force", "True") for word in TRUE),
    *((f"sticky_session_force={word}", "sticky_session_force", "False") for word in FALSE + NEITHER),
]  # fmt: skip

OF_A_MEMBER = [
    ("", "lbfactor", "1"), ("lbfactor=0", "lbfactor", "1"), ("lbfactor=-4", "lbfactor", "1"), ("lbfactor=7", "lbfactor", "7"), ("lbfactor=2k", "lbfactor", "2048"),
    ("", "distance", "0"), ("distance=-2", "distance", "-2"), ("distance=3", "distance", "3"),
    ("route=east", "route", "east"), ("jvm_route=east", "route", "east"), ("jvm_route=east\nroute=west", "route", "west"),
    ("", "domain", ""), ("domain=d", "domain", "d"), ("route=east.1.2", "domain", "east"), ("route=east.1\ndomain=d", "domain", "d"), ("route=.1", "domain", ""),
    ("", "redirect", ""), ("redirect=other", "redirect", "other"),
    ("", "activation", "ACT"), *((f"activation={word}", "activation", "ACT") for word in "A active 0 x 3".split()),
    *((f"activation={word}", "activation", "DIS") for word in "D disabled 1".split()),
    *((f"activation={word}", "activation", "STP") for word in "S sleepy 2".split()),
    ("disabled=1", "activation", "DIS"), ("stopped=1", "activation", "STP"), ("stopped=on\ndisabled=on", "activation", "STP"),
    ("stopped=off\ndisabled=on", "activation", "DIS"), ("stopped=2\ndisabled=x", "activation", "ACT"), ("activation=A\nstopped=1", "activation", "ACT"),
    ("port=0", "activation", "STP"), ("host=no-such-host.invalid", "activation", "STP"),
    ("", "busy_limit", "0"), ("busy_limit=4", "busy_limit", "4"), ("", "retries", "2"), ("retries=0", "retries", "1"),
    ("", "recovery_options", "0"), ("recovery_options=31", "recovery_options", "31"), ("", "reply_timeout", "0"), ("reply_timeout=1k", "reply_timeout", "1024"),
    ("max_packet_size=9000", "max_packet_size", "9216"), ("connection_pool_timeout=-3", "connection_pool_timeout", "0"),
    ("recovery_options=-3", "recovery_options", "4294967293", "0"),
    *((f"{name}=-3", name, "-3", "0") for name in "busy_limit reply_timeout connect_timeout prepost_timeout ping_timeout connection_ping_interval".split()),
]  # fmt: skip


@pytest.fixture(scope="module")
def told(make_shared):
    """What the status worker says of each row's balancer and its two members."""
    lines, names = ["worker.jk.type=status"], []
    for number, (line, *_) in enumerate(OF_A_BALANCER + OF_A_MEMBER):
        lb, member, other = f"lb{number}", f"a{number}", f"b{number}"
        names.append(lb)
        lines += [f"worker.{lb}.type=lb", f"worker.{lb}.balance_workers={member},{other}", f"worker.{member}.host=127.0.0.1", f"worker.{other}.host=127.0.0.1"]
        lines += [f"worker.{lb if number < len(OF_A_BALANCER) else member}.{one}" for one in line.splitlines()]
    httpd = make_shared.httpd(threads=1)
    httpd.workers(f"worker.list={','.join(names)},jk\n" + "\n".join(lines) + "\n").conf("JkMount /jk jk").start()
    return httpd.get("/jk?mime=txt&opt=2").body.decode()


@pytest.mark.parametrize("number", range(len(OF_A_BALANCER + OF_A_MEMBER)), ids=lambda n: " ".join((OF_A_BALANCER + OF_A_MEMBER)[n][:2]).replace("\n", " "))
def test_a_line_is_understood(told, number):
    line, field, theirs, *ours = (OF_A_BALANCER + OF_A_MEMBER)[number]
    name = f"lb{number}" if number < len(OF_A_BALANCER) else f"a{number}"
    assert fields(told, name)[field] == deviates(D108 if "=-" in line else D55, ours=(ours or [theirs])[0], theirs=theirs)


def test_a_member_that_nobody_defined_is_at_port_8009_of_this_machine(make):
    """T15."""
    lb = Watched(make, [""], "balance_workers=typo")
    assert [lb.show("typo")[field] for field in ("type", "host", "port", "activation")] == ["ajp13", "localhost", "8009", "ACT"]


@pytest.mark.parametrize("factors,multipliers", [("1 2 3", "6 3 2"), ("2 3 4 5 6", "30 20 15 12 10"), ("4 6", "3 2"), ("5", "1")])
def test_multipliers_are_the_least_common_multiple_over_the_factor(make, factors, multipliers):
    """Whether a member is stopped plays no part."""
    members = [f"lbfactor={factor}" for factor in factors.split()]
    lb = Watched(make, [*members[:-1], f"{members[-1]} activation=S"])
    assert lb.told("lbmult") == multipliers.split()


def test_large_factors_without_a_common_divisor_keep_their_proportion(make):
    """B9: chosen so that of their product, of 92 bits, the lowest 64 are less than each of them."""
    factors = (1611061254, 2052275171, 1619296699)
    multipliers = [int(one) for one in Watched(make, [f"lbfactor={one}" for one in factors]).told("lbmult")]
    products = [one * factor for one, factor in zip(multipliers, factors)]
    if OURS:
        assert 0 < max(products) - min(products) < min(products) // 1000, "D39: multipliers do not overflow"
    else:
        assert multipliers == [0, 0, 0]


def test_the_packets_of_a_balancer_are_as_large_as_its_members_need(make):
    lb = Watched(make, ["", "max_packet_size=20000"])
    lb["m2"].default = lambda turn: turn.reply(200, b"%d" % len(turn.take_body_packet()))
    got = lb.httpd.ask("/app/x", "POST", headers=[("Cookie", "JSESSIONID=x.m2")], body=b"x" * 70_000)
    assert int(got.body) == 20480 - 6


# What rules and variables override (section 1.3) ---------------------------------------------------------------------------

VARIABLES = """
SetEnvIf X-Stateless "(.+)" JK_STATELESS=$1
SetEnvIf X-Stateless "^empty(.*)" JK_STATELESS=$1
SetEnvIf X-Ignore "(.+)" JK_STICKY_IGNORE=$1
SetEnvIf X-Ignore "^empty(.*)" JK_STICKY_IGNORE=$1
SetEnvIf X-Timeout "(.+)" JK_REPLY_TIMEOUT=$1
SetEnvIf X-Route "(.+)" JK_ROUTE=$1
SetEnvIf X-Route "^empty(.*)" JK_ROUTE=$1
"""


@pytest.mark.parametrize("value,is_set", [("1", True), ("2", True), ("-1", True), ("0", False), ("text", False), ("1text", True), ("empty", True)])
@pytest.mark.parametrize("rule", ["", ";stateless=1;sticky_ignore=1"])
def test_flags_of_the_environment_are_stronger_than_a_rule(make, rule, value, is_set):
    lb = Watched(make, ["", ""], "method=S", mount=f"JkMount /* lb{rule}", conf=VARIABLES)
    lb.who(headers=[("X-Stateless", value)])
    assert lb.told("sessions", "lbvalue")[0] == ("0 0" if is_set else "1 1")
    seen = set(lb.picks(4, headers=[("X-Ignore", value), ("X-Stateless", "1"), ("Cookie", "JSESSIONID=x.m2")]))
    assert seen == ({"m1", "m2"} if is_set else {"m2"})


@pytest.mark.parametrize("rule,value,status", [("", "60", "504"), (";reply_timeout=60", None, "504"), (";reply_timeout=60", "5000", "m1"), (";reply_timeout=60", "0", "m1"), (";reply_timeout=5000", "60", "504"), (";reply_timeout=60", "-1", "504")])
def test_reply_timeout_of_the_environment_is_stronger_than_a_rule(make, rule, value, status):
    lb = Watched(make, [""], "retries=1", mount=f"JkMount /* lb{rule}", conf=VARIABLES)
    lb["m1"].default = lambda turn: (turn.peer.stopping.wait(0.4), turn.reply(200, b"m1"))
    assert lb.who(headers=[("X-Timeout", value)] if value else []) == status


def test_a_route_of_the_environment_hides_path_and_cookie(make):
    lb = Watched(make, ["route=east", "", ""], IDLE, conf=VARIABLES)
    other = {"target": "/app;jsessionid=x.m2", "headers": [("Cookie", "JSESSIONID=x.m3"), ("X-Route", "east")]}
    assert lb.picks(3, **other) == ["m1"] * 3
    assert set(lb.picks(3, headers=[("X-Route", "m1")])) == {"m1", "m2", "m3"}, "T8: it is a route, not a name"
    assert lb.picks(2, headers=[("Cookie", "JSESSIONID=x.m3"), ("X-Route", "empty")]) == ["m3"] * 2


def test_an_activation_of_a_rule_is_not_in_the_notes(make):
    lb = Watched(make, [""], mount="JkMount /* lb;disabled=m1")
    got, notes, request = lb.reached(headers=[("Cookie", "JSESSIONID=x.m1")])
    assert (got.body, notes["LB_FIRST_ACTIVATION"], request.attribute("JK_LB_ACTIVATION")) == (b"m1", "ACT", b"DIS")


# From route to member (section 4) -----------------------------------------------------------------------------------------


@contextmanager
def brought_to(lb, state: str):
    """While m1 is in this state, active at first, and the others can serve."""
    lb.ask_status("cmd=update&w=lb&sw=m1&vwa=a&vwr=&vabl=0")
    assert "type=OK" in lb.ask_status("cmd=reset&w=lb")
    if state == "OK":
        lb.with_route("m1")
    elif state == "ERR/FRC":
        for peer in lb.peers.values():
            peer.plan = [breaks_off]
        assert (lb.who(), lb.with_route("m2")) == ("502", "m2")
    elif state.startswith("ERR"):
        lb["m1"].plan = [breaks_off] * 2  # by force it is tried again at once, as there is no other
        lb.with_route("m1")
        lb["m1"].plan = []
    if state in ("ERR/REC", "ERR/PRB"):
        assert "type=OK" in lb.ask_status("cmd=recover&w=lb&sw=m1")
    with lb.under_way("m1") if state in ("OK/BUSY", "ERR/PRB") else nullcontext():
        if state == "OK/BUSY":
            lb.ask_status("cmd=update&w=lb&sw=m1&vabl=1")
            lb.with_route("m1")
        assert lb.show("m1")["state"] == state
        yield


@pytest.mark.parametrize("force", [0, 1])
@pytest.mark.parametrize("state", "OK/IDLE OK ERR/REC ERR/FRC OK/BUSY ERR ERR/PRB".split())
def test_each_state_under_each_activation(make, state, force):
    """Who is asked for by force and in error is put back to work, as there is no other."""
    lb = Watched(make, ["", "", ""], f"sticky_session_force={force} lb_retries=3 retries=1", threads=4)
    usable = state in ("OK/IDLE", "OK", "ERR/REC", "ERR/FRC")
    back = state == "ERR" and force
    for activation in "ads":
        for redirect in ("", "m3"):
            with brought_to(lb, state):
                lb.ask_status(f"cmd=update&w=lb&sw=m1&vwa={activation}&vwr={redirect}")
                assert lb.show("m1")["state"] == state
                own = "m1" if (usable or back) and activation != "s" else "503" if force else redirect or "other"
                got = lb.with_route("m1")
                assert got == own or (own == "other" and got in ("m2", "m3")), f"{activation} {redirect}"
            with brought_to(lb, state):
                lb.ask_status(f"cmd=update&w=lb&sw=m1&vwa={activation}&vwr={redirect}")
                assert ("m1" in lb.picks(9)) == (usable and activation == "a"), f"{activation} {redirect}"


@pytest.mark.parametrize("force", [0, 1])
@pytest.mark.parametrize("own,calm", [("redirect=m3", "m3"), ("domain=d", "m3"), ("", "m2")])
def test_a_busy_member_is_stood_in_for(make, own, calm, force):
    lb = Watched(make, [f"busy_limit=1 {own}", "", "domain=d distance=1"], f"sticky_session_force={force}", threads=4)
    with lb.under_way("m1"):
        assert lb.with_route("m1") == ("503" if force else calm)
        assert lb.show("m1")["state"] == "OK/BUSY"
        assert lb.with_route("m1") == ("503" if force else calm)
    assert lb.with_route("m1") == "m1"
    assert lb.show("m1")["state"] == "OK"


@pytest.mark.parametrize("force", [0, 1])
def test_a_recovering_member_serves_its_sessions(make, force):
    lb = Watched(make, ["", ""], f"sticky_session_force={force}")
    lb["m1"].down()
    assert lb.with_route("m1") == ("503" if force else "m2")
    lb["m1"].up()
    assert "OK" in lb.ask_status("cmd=recover&w=lb&sw=m1")
    assert lb.show("m1")["state"] == "ERR/REC"
    assert lb.with_route("m1") == "m1"


def test_a_redirect_is_a_route(make):
    """T8."""
    lb = Watched(make, ["activation=S redirect=east", "route=east distance=1", ""])
    assert lb.with_route("m1") == "m2"
    lb = Watched(make, ["activation=S redirect=m2", "route=east distance=1", ""])
    assert lb.with_route("m1") == "m3"


def test_a_redirect_that_leads_nowhere_hides_the_domain(make):
    lb = Watched(make, ["activation=S redirect=nobody domain=d", "", "domain=d distance=1"])
    assert lb.with_route("m1") == "m2"


def test_in_a_domain_distance_decides_then_value_then_order(make):
    lb = Watched(make, ["activation=S domain=d", "domain=d distance=1", "domain=d", "domain=d"])
    seen = [lb.with_route("m1") for _ in range(4)]
    assert seen == ["m3", "m4", "m3", "m4"]
    lb["m3"].down()
    lb["m4"].down()
    assert [lb.with_route("m1") for _ in range(2)] == ["m2", "m2"]


def test_an_unknown_route_may_name_a_domain_up_to_its_first_dot(make):
    lb = Watched(make, ["", "domain=d distance=1"])
    assert [lb.with_route(route) for route in ("d", "d.x", "d.x.y")] == ["m2"] * 3
    assert lb.with_route("dd") == "m1"


def test_a_disabled_member_serves_no_foreign_session_of_its_domain(make):
    lb = Watched(make, ["activation=S domain=d", "", "domain=d activation=D distance=1"])
    assert lb.with_route("m1") == "m2"


def test_a_domain_with_a_dot_is_never_found(make):
    """T10."""
    lb = Watched(make, ["activation=S domain=a.b", "", "domain=a.b distance=1"])
    assert [lb.with_route(route) for route in ("m1", "a.b", "a")] == ["m2"] * 3


def test_for_those_without_a_session_only_the_first_redirect_counts(make):
    lb = Watched(make, ["activation=S redirect=m3", "activation=S redirect=m4", "activation=S", "activation=D"])
    assert lb.who() == "503"
    lb = Watched(make, ["activation=S", "activation=S redirect=m4", "activation=S redirect=m3", "activation=D"])
    assert lb.who() == "m4"


def test_the_only_member_if_disabled_is_looked_up_like_others(make):
    lb = Watched(make, ["activation=D"])
    assert [lb.who(), lb.with_route("zz"), lb.with_route("m1")] == ["503", "503", "m1"]


def test_only_the_first_candidate_counts_once_an_attempt_has_failed(make):
    """T3: the redirect of the second one is not followed."""
    lb = Watched(make, ["", f"{DOWN} redirect=m3", "distance=1"])
    assert lb.who(headers=[("Cookie", "JSESSIONID=a.zz; JSESSIONID=b.m2")]) == "m1"
    assert lb.show("m2")["state"] == "ERR"


@pytest.mark.skipif(MPM == "prefork", reason="each process has connections of its own")
def test_a_member_without_a_free_connection_is_busy(make):
    lb = Watched(make, ["connection_pool_size=1 connection_acquire_timeout=50", ""], threads=4)
    with lb.under_way("m1"):
        assert lb.with_route("m1") == "m2"
        assert lb.show("m1")["state"] == "OK/BUSY"
    assert lb.with_route("m1") == "m1"
    assert lb.told("state", "errors")[0] == "OK 0"


def test_a_recovering_member_is_picked_like_others(make):
    """T14."""
    lb = Watched(make, ["", ""])
    lb["m1"].down()
    lb.picks(4)
    lb["m1"].up()
    lb.ask_status("cmd=recover&w=lb&sw=m1")
    assert lb.told("state", "lbvalue") == ["ERR/REC 4", "OK 4"]
    assert sorted(lb.picks(2)) == ["m1", "m2"]


# What is counted (section 5.3) --------------------------------------------------------------------------------------------

FOREIGN = {"headers": [("Cookie", "JSESSIONID=x.zz")]}
OWN = {"headers": [("Cookie", "JSESSIONID=x.m1")]}


@pytest.mark.parametrize(
    "method,more,rule,values",
    [
        # method, request, rule, value and sessions of m1 after a request to it
        ("R", {}, "", "1 1"), ("R", OWN, "", "1 0"), ("R", FOREIGN, "", "1 0"), ("R", {}, ";stateless=1", "1 0"),
        ("S", {}, "", "1 1"), ("S", OWN, "", "0 0"), ("S", FOREIGN, "", "0 0"), ("S", {}, ";stateless=1", "0 0"),
        ("N", {}, "", "1 1"), ("N", OWN, "", "0 0"), ("N", FOREIGN, "", "0 0"), ("N", {}, ";stateless=1", "0 0"),
        ("B", {}, "", "0 1"), ("B", OWN, "", "0 0"),
    ],
)  # fmt: skip
def test_which_requests_count(make, method, more, rule, values):
    """T4, T5."""
    lb = Watched(make, ["", ""], f"method={method}", mount=f"JkMount /* lb{rule}")
    assert lb.who(**more) == "m1"
    assert lb.told("lbvalue", "sessions", "elected")[0] == values + " 1"
    assert lb.who(**({} if more is OWN else more)) == ("m1" if more is OWN and method != "R" else "m2"), "sticky picks move no rotation"


def test_traffic_counts_all_bytes_times_the_multiplier(make):
    lb = Watched(make, ["lbfactor=2", "lbfactor=3"], "method=T")
    lb["m1"].default = lambda turn: turn.reply(200, b"m1" + b"." * 5000)
    lb.picks(3)
    for name, multiplier in (("m1", 3), ("m2", 2)):
        shown = {key: int(lb.show(name)[key]) for key in ("lbvalue", "read", "transferred")}
        assert shown["lbvalue"] == (shown["read"] + shown["transferred"]) * multiplier > 0


def test_a_failed_over_request_counts_at_both(make):
    """T17."""
    lb = Watched(make, [DOWN, ""])
    assert lb.who() == "m2"
    assert lb.told("lbvalue", "sessions", "elected", "errors") == ["1 1 1 1", "1 1 1 0"]


def test_who_is_refused_was_elected(make):
    lb = Watched(make, ["busy_limit=1", ""], threads=4, conf="LimitRequestFieldSize 20000")
    with lb.under_way("m1"):
        assert lb.with_route("m1") == "m2"
        assert lb.told("elected")[0] == "2"
    assert lb.get("/app/x", headers=[("X-Big", "x" * 9000), ("Cookie", "JSESSIONID=x.m2")]).status == 413
    assert lb.told("elected")[1] == "2"


def test_each_process_begins_with_the_first_member(make):
    """T6, and the rotation goes on within a process."""
    lb = Watched(make, ["", "", ""], IDLE, threads=4)
    if MPM != "prefork":
        pytest.skip("which process serves whom is only known on prefork")
    with Client(lb.httpd.port) as one, Client(lb.httpd.port) as two:
        assert [one.ask("/app/x").body for _ in range(2)] == [b"m1", b"m2"]
        assert [two.ask("/app/x").body for _ in range(2)] == [b"m1", b"m2"]
        assert one.ask("/app/x").body == b"m3"


def test_a_member_of_two_balancers_is_one_connection_and_two_members(make):
    """Section 11.2: the worker's counts are by name, the rest by balancer."""
    lb = Watched(make, ["", ""], mount="JkMount /* lb\nJkMount /two/* two")
    lines = (lb.httpd.dir / "conf/workers.properties").read_text()
    lb.httpd.stop()
    lb.httpd.workers(lines + "worker.list=two\nworker.two.type=lb\nworker.two.balance_workers=m1,m2\n").start()
    assert lb.picks(4) == ["m1", "m2"] * 2
    assert lb.who(target="/two/x") == "m1"
    one, two = (fields(lb.ask_status(f"opt=2&cmd=show&w={name}"), "m1") for name in ("lb", "two"))
    assert (one["lbvalue"], one["sessions"], one["elected"]) == ("2", "2", "3")
    assert (two["lbvalue"], two["sessions"], two["elected"]) == ("1", "1", "3")


# Rounds (section 7.1) -----------------------------------------------------------------------------------------------------


def test_forced_recovery_happens_once_per_request(make):
    """In the last round there is nobody left."""
    lb = Watched(make, ["", ""], "lb_retries=10 retries=3")
    for peer in lb.peers.values():
        peer.default = breaks_off
    assert lb.who() == "503"
    assert [len(peer.requests) for peer in lb.peers.values()] == [2, 2]
    assert lb.told("state", "errors") == ["ERR 2", "ERR 2"]


def test_forced_recovery_is_for_all_who_are_in_error(make):
    lb = Watched(make, [DOWN, ""])
    lb["m2"].down()
    assert lb.who() == "503"
    lb["m2"].up()
    assert lb.who("/app/x", headers=[("Cookie", "JSESSIONID=x.m2")]) == "m2"
    assert lb.told("state") == ["ERR/FRC", "OK"]


@pytest.mark.parametrize(
    "own,lb_own,how,state",
    [
        ("fail_on_status=-500", "", lambda turn: turn.reply(500, b"sick"), "OK 0 0"),
        ("", "", sends_junk, "OK 0 0"),
        ("reply_timeout=200", "max_reply_timeouts=9", falls_silent, "OK 0 1"),
    ],
)
@pytest.mark.parametrize("force", [0, 1])
def test_a_member_that_only_this_request_avoids_is_not_forced(make, own, lb_own, how, state, force):
    """Whether the others are stopped or must not be asked; what was counted against the member stays counted."""
    lb = Watched(make, [own, "" if force else "activation=S"], f"retries=1 {lb_own} sticky_session_force={force}")
    for times in (1, 2):
        lb["m1"].plan = [how]
        assert lb.with_route("m1") == "503"
        assert len(lb["m1"].requests) == times
    state, errors, timeouts = state.split()
    assert lb.told("state", "errors", "reply_timeouts")[0] == f"{state} {errors} {2 * int(timeouts)}"


def test_a_member_that_only_this_request_avoids_is_tried_in_the_next_round(make):
    lb = Watched(make, ["", ""], "lb_retries=1 retries=2", threads=4)
    with lb.under_way("m1"):
        lb["m1"].plan = [breaks_off]
        assert lb.with_route("m1") == "m1"
        assert len(lb["m1"].requests) == 3 and lb["m2"].requests == []


def test_rounds_are_apart_by_retry_interval(make):
    lb = Watched(make, [DOWN], "retries=3 retry_interval=150")
    begun = time.monotonic()
    assert lb.who() == "503"
    assert time.monotonic() - begun >= 0.3


# Judging (section 7.2) ----------------------------------------------------------------------------------------------------

JUDGED = [
    # what the member does, its own lines, the balancer's, m1's state and errors and reply timeouts, who serves or the status of m1 alone
    ("answers", None, "", "", "OK 0 0", "m1", "m1"),
    ("junk", sends_junk, "", "", "OK 0 0", "m2", "502"),
    ("soft status", lambda turn: turn.reply(500, b"x"), "fail_on_status=-500", "", "OK 0 0", "m2", "503"),
    ("hard status", lambda turn: turn.reply(500, b"x"), "fail_on_status=500", "", "ERR 1 0", "m2", "503"),
    ("silent", falls_silent, "reply_timeout=60", "", "ERR 1 1", "m2", "504"),
    ("silent, forgiven", falls_silent, "reply_timeout=60", "max_reply_timeouts=1", "OK 0 1", "m2", "504"),
    ("refuses", "down", "", "", "ERR 1 0", "m2", "503"),
    ("no pong", "mute", "ping_mode=A ping_timeout=60", "", "ERR 1 0", "m2", "503"),
    ("breaks off", breaks_off, "", "", "ERR 1 0", "m2", "502"),
    ("breaks off, not to be asked again", breaks_off, "recovery_options=1", "", "ERR 1 0", "502", "502"),
]


def _misbehaves(peer: Peer, how) -> None:
    if how == "down":
        peer.down()
    elif how == "mute":
        peer.answer_pings = False
    elif how:
        peer.default = how


@pytest.mark.parametrize("what,how,member,own,told,served,alone", JUDGED, ids=[row[0] for row in JUDGED])
def test_an_attempt_is_judged(make, what, how, member, own, told, served, alone):
    lb = Watched(make, [member, ""], own)
    _misbehaves(lb["m1"], how)
    assert lb.who() == served
    assert lb.told("state", "errors", "reply_timeouts")[0] == told
    assert lb.told("client_errors") == ["0", "0"]
    assert len(lb["m1"].requests) <= 1
    lb = Watched(make, [member], f"retries=1 {own}")
    _misbehaves(lb["m1"], how)
    assert lb.who() == alone


def test_a_reply_that_ends_inside_a_packet_counts_as_any_that_breaks_off(make):
    """After the packet's head, where the original takes the rest for an invalid reply."""
    lb = Watched(make, ["", ""])

    def breaks_off_late(turn):
        turn.send(b"AB\0\x20\x04")
        turn.close()

    lb["m1"].plan = [breaks_off_late]
    assert lb.who() == "m2"
    assert lb.told("state", "errors")[0] == deviates("D121: a broken connection", ours="ERR 1", theirs="OK 0")


def test_a_success_or_a_soft_status_forgives_an_error_beside_others(make):
    lb = Watched(make, ["fail_on_status=-500", ""], threads=4)
    for reply in (lambda turn: turn.reply(200, b"m1"), lambda turn: turn.reply(500, b"")):
        with lb.under_way("m1"):
            lb["m1"].plan = [breaks_off]
            assert lb.with_route("m1") == "m2"
            assert "error_time_ago" in lb.show("m1")
            lb["m1"].plan = [reply]
            lb.with_route("m1")
            assert "error_time_ago" not in lb.show("m1")


def test_an_error_page_can_take_all_out_and_forced_recovery_lets_them_serve(make):
    """T12."""
    lb = Watched(make, ["fail_on_status=500"] * 2, "retries=1")
    for peer in lb.peers.values():
        peer.plan = [lambda turn: turn.reply(500, b"sick page")]
    assert lb.who() == "503"
    assert lb.told("state") == ["ERR", "ERR"]
    assert lb.who() in ("m1", "m2")


def test_a_client_that_resets_is_one_client_error(make):
    """B8."""
    lb = Watched(make, [""], threads=4)
    lb["m1"].default = lambda turn: turn.send(ajp.send_headers(), *[ajp.chunk(b"x" * 8000)] * 2000, ajp.end())
    client = Client(lb.httpd.port)
    client.send(b"GET /app/x HTTP/1.1\r\nHost: x\r\nX-Test-Id: gone\r\n\r\n")
    assert client.wait_for(b"xxxx")
    client.reset()
    lb.logged("gone")
    assert lb.told("state", "errors", "client_errors") == [deviates("D41: one abort is one error", ours="OK 0 1", theirs="OK 0 2")]


def test_a_client_that_ends_in_its_body_is_not_the_members_fault(make):
    lb = Watched(make, ["", ""], threads=4)
    with Client(lb.httpd.port) as client:
        client.send(b"POST /app/x HTTP/1.1\r\nHost: x\r\nX-Test-Id: short\r\nContent-Length: 30000\r\n\r\n" + b"x" * 10)
    lb.logged("short")
    assert lb.told("state", "errors") == ["OK 0", "OK/IDLE 0"]


# The cookie of a balancer (section 9) -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members,route,cookies",
    [
        (["", ""], "m1", []),
        (["activation=D", ""], "m1", []),
        ([""], "zz", []),
        ([""], None, []),
        (["activation=S redirect=m2", ""], "m1", [".m2"]),
        (["activation=S domain=d", "", "domain=d"], "m1", [".m3"]),
        (["", ""], "zz", [".m1"]),
        (["", ""], None, [".m1"]),
        (["activation=D redirect=m2", "activation=D"], None, [".m2"]),
        (["activation=S redirect=m2", "activation=D"], "zz", [".m2"]),
        (["activation=D redirect=m2", "activation=D"], "m2", []),
    ],
)
def test_only_who_serves_its_own_session_sets_no_cookie(make, members, route, cookies):
    lb = Watched(make, members, "set_session_cookie=1")
    got = lb.get("/app/x", headers=[("Cookie", f"JSESSIONID=x.{route}")] if route else [])
    seen = [text.split(";")[0].removeprefix("JSESSIONID=") for text in got.all("set-cookie")]
    if not OURS and "domain" in members[0]:
        assert len(seen) == 1, "D6: the original's route is made of stray bytes"
    else:
        assert seen == cookies


# Where each rule is shown ------------------------------------------------------------------------------------------------


def test_each_rule_names_tests_that_exist():
    table = [line.split("\t") for line in RULES.read_text().splitlines() if line and not line.startswith("#")][1:]
    files = [file for folder in ("httpd", "compat", "tomcat") for file in (TOP / "tests" / folder).glob("test_*.py")]
    there = set(re.findall(r"(?m)^def (test_\w+)\(", "\n".join(file.read_text() for file in files)))
    assert [(rule, missing) for rule, tests in table if (missing := set(tests.split()) - there)] == []
    named = " ".join(rule for rule, _ in table)
    assert set(re.findall(r"\b[TB]\d+\b", named)) == {f"T{n}" for n in range(1, 19)} | {f"B{n}" for n in range(1, 13)}


def test_each_test_here_shows_a_rule():
    own = [file for name in ("test_lb_rules.py", "test_lb_time.py") for file in [TOP / "tests/httpd" / name]]
    tests = set(re.findall(r"(?m)^def (test_\w+)\(", "\n".join(file.read_text() for file in own)))
    meta = {"test_each_rule_names_tests_that_exist", "test_each_test_here_shows_a_rule"}
    assert tests - meta - set(RULES.read_text().split()) == set()
