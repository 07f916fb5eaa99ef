"""What the status worker changes: every key, which values it takes, who notices, and how long it lasts."""

import itertools
import os
import signal
import threading
from urllib.parse import urlencode

import pytest

from support.under_test import MPM, OURS, deviates

SAFE = "D89: what is no valid value changes nothing"
TEXTS = "D90: a text that cannot be is an error"
KEPT = "D15: a graceful restart keeps what was changed"


class Site:
    """An lb of two members and a plain worker, with a status worker on /jk."""

    def __init__(self, make, *, lb="", m1="", m2="", solo="", **more):
        self.peers = [make.peer(name) for name in ("m1", "m2", "solo")]
        self.httpd = make.httpd(**{"threads": 1, **more})
        self.configure(lb=lb, m1=m1, m2=m2, solo=solo)
        self.httpd.conf("JkMount /lb/* lb\nJkMount /solo/* solo\nJkMount /jk jk\nJkMount /own own")
        self.httpd.start()

    def configure(self, *, lb="", **own):
        lines = ["worker.list=lb,solo,jk,own", "worker.lb.type=lb", "worker.lb.balance_workers=m1,m2", "worker.jk.type=status"]
        lines += ["worker.own.type=status", "worker.own.read_only=true"]
        lines += [f"worker.lb.{line}" for line in lb.split()]
        for peer in self.peers:
            given = own.get(peer.name, "").split()
            for default in ("host=127.0.0.1", f"port={peer.port}", "retries=1"):
                if not any(line.startswith(default.split("=")[0] + "=") for line in given):
                    given.append(default)
            lines += [f"worker.{peer.name}.{line}" for line in given]
        self.httpd.workers("\n".join(lines) + "\n")

    def ask(self, path="/jk", **parameters):
        got = self.httpd.get(f"{path}?{urlencode(parameters)}")
        assert got.status == 200, got
        return got.body.decode()

    def result(self, **parameters) -> str:
        """What a command says, without the words around it."""
        last = self.ask(mime="txt", **parameters).strip().splitlines()[-1]
        return last.removeprefix("Result: ")

    def update(self, **parameters) -> None:
        got = self.result(cmd="update", **parameters)
        assert got == 'type=OK message="Action finished"', got

    def fields(self, name: str) -> dict[str, str]:
        """The fields of a worker or member; strings without their quotes."""
        for line in self.ask(mime="txt", opt="2").splitlines():
            label, _, rest = line.partition(": ")
            if label in ("Balancer Worker", "Member", "AJP Worker") and rest.startswith(f"name={name} "):
                return {key: value.strip('"') for key, value in (pair.split("=", 1) for pair in rest.split())}
        raise AssertionError(f"{name} is not shown")

    def value(self, name: str, field: str) -> str:
        return self.fields(name)[field]

    def who(self, path="/lb/x", **more) -> str:
        got = self.httpd.get(path, **more)
        return got.body.decode() if got.status == 200 else str(got.status)

    def sticky(self, route: str) -> str:
        return self.who(headers=[("Cookie", f"JSESSIONID=abc.{route}")])


@pytest.fixture
def site(make):
    return Site(make)


OVER = str(2**31)

LB = [
    # key, field, accepted with what it then says, refused
    ("vlr", "retries", [("1", "1"), ("7", "7"), ("9x", "9")], ["0", "-1", "x", ""]),
    ("vlt", "recover_time", [("1", "1"), ("2147483647", "2147483647")], ["0", "x", OVER]),
    ("vlee", "error_escalation_time", [("1", "1"), ("90", "90")], ["0", "-5"]),
    ("vlx", "max_reply_timeouts", [("5", "5"), ("0", "0")], ["-1", "x" if OURS else "-2"]),
    ("vls", "sticky_session", [("0", "False"), ("on", "True"), ("f", "False")], ["junk", ""]),
    ("vlf", "sticky_session_force", [("1", "True"), ("no", "False")], ["junk"]),
    ("vlm", "method", [("B", "Busyness"), ("t", "Traffic"), ("3", "Sessions"), ("N", "Next"), ("0", "Request")], []),
    ("vll", "lock", [("p", "Pessimistic"), ("0", "Optimistic"), ("1", "Pessimistic")], []),
]

MEMBER = [
    ("vwa", "activation", [("d", "DIS"), ("2", "STP"), ("Active", "ACT")], []),
    ("vwf", "lbfactor", [("9", "9"), ("1", "1")], ["0", "-1", "x"]),
    ("vwn", "route", [("r7", "r7"), ("", "")], []),
    ("vwr", "redirect", [("m2", "m2"), ("", "")], []),
    ("vwc", "domain", [("east", "east"), ("", "")], []),
    ("vwd", "distance", [("3", "3"), ("0", "0")], ["-1"]),
]

AJP = [
    ("vacpt", "connection_pool_timeout", [("60", "60"), ("0", "0")], ["-1"]),
    ("vapng", "ping_timeout", [("500", "500"), ("0", "0")], ["-1"]),
    ("vact", "connect_timeout", [("400", "400"), ("0", "0")], ["-1"]),
    ("vapt", "prepost_timeout", [("300", "300"), ("0", "0")], ["-1"]),
    ("vart", "reply_timeout", [("20000", "20000"), ("0", "0")], ["-1"]),
    ("var", "retries", [("3", "3"), ("1", "1")], ["0", "-1"]),
    ("varo", "recovery_options", [("3", "3"), ("0", "0")], ["-1"]),
    ("vabl", "busy_limit", [("4", "4"), ("0", "0")], ["-1"]),
]

PACKET = ("vamps", "max_packet_size", [("9000", "9216"), ("65536", "65536"), ("8192", "8192")], ["7168", "65537"])


def check_keys(site, table, name, target):
    for key, field, accepted, refused in table:
        for value, shown in accepted:
            site.update(**target, **{key: value})
            assert site.value(name, field) == shown, f"{key}={value}"
            for bad in refused:
                said = site.result(cmd="update", **target, **{key: bad})
                is_number = bad.lstrip("-").isdigit()
                assert said.startswith("type=OK" if is_number else deviates(SAFE, ours="type=ERROR", theirs="type=OK")), f"{key}={bad}"
                assert site.value(name, field) == shown, f"{key}={bad}"


def test_each_key_of_a_balancer(site):
    check_keys(site, LB, "lb", {"w": "lb"})


def test_each_key_of_a_member(site):
    check_keys(site, MEMBER + AJP + [PACKET], "m1", {"w": "lb", "sw": "m1"})


def test_each_key_of_a_plain_worker(site):
    # vamps ends a child of the original here (S1).
    check_keys(site, AJP + ([PACKET] if OURS else []), "solo", {"w": "solo"})


@pytest.mark.skipif(not OURS, reason="the original does not show it in these formats")
def test_pauses_are_changed_too(site):
    import json

    site.update(w="lb", vlri="250")
    site.update(w="lb", sw="m1", vari="350", vacpi="90")
    shown = json.loads(site.ask(mime="json"))
    text = json.dumps(shown)
    assert '"retry_interval_ms": 250' in text and '"retry_interval_ms": 350' in text
    assert site.value("m1", "connection_ping_interval") == "90"


def test_an_activation_that_is_none(site):
    site.update(w="lb", sw="m1", vwa="stopped")
    for junk in ("x", ""):
        said = site.result(cmd="update", w="lb", sw="m1", vwa=junk)
        assert said.startswith(deviates(SAFE, ours="type=ERROR", theirs="type=OK"))
        assert site.value("m1", "activation") == deviates(SAFE, ours="STP", theirs="ACT")


def test_a_port_is_one_of_65536(site):
    site.update(w="solo", vaprt="65535")
    assert site.value("solo", "port") == "65535"
    site.update(w="solo", vaprt="65536")
    assert site.value("solo", "port") == deviates(SAFE, ours="65535", theirs="65536")


def test_keys_for_another_target_are_ignored(site):
    before = site.fields("lb")["retries"], site.fields("m1")["activation"]
    site.update(w="lb", sw="m1", vlr="9")
    site.update(w="lb", vwa="d")
    assert (site.fields("lb")["retries"], site.fields("m1")["activation"]) == before


def test_a_worker_that_has_no_members_has_no_attribute_of_them(site):
    site.update(w="solo", att="vart", val0="7", vart="8")
    assert site.value("solo", "reply_timeout") == "8"


def test_all_members_by_pattern(site):
    site.update(w="lb", sw="m*", vwf="4")
    assert [site.value(name, "lbfactor") for name in ("m1", "m2")] == ["4", "4"]
    assert site.result(cmd="update", w="lb", sw="x*", vwf="5") == 'type=ERROR message="could not find sub worker"'


def test_one_attribute_of_all_members(site):
    site.update(w="lb", att="vwf", val0="2", val1="6")
    assert [site.value(name, "lbfactor") for name in ("m1", "m2")] == ["2", "6"]
    site.update(w="lb", att="vwa", val1="d")
    assert [site.value(name, "activation") for name in ("m1", "m2")] == ["ACT", "DIS"]


def test_a_new_route_with_a_dot_brings_a_domain(site):
    site.update(w="lb", sw="m1", vwn="west.1")
    assert site.fields("m1")["domain"] == "west"
    site.update(w="lb", sw="m1", vwn="north.1")
    assert site.fields("m1")["domain"] == "west", "it has one by now"


def test_two_members_cannot_have_one_route(site):
    said = site.result(cmd="update", w="lb", sw="m1", vwn="m2")
    assert said.startswith(deviates(TEXTS, ours="type=ERROR", theirs="type=OK"))
    assert site.value("m1", "route") == deviates(TEXTS, ours="m1", theirs="m2")


def test_a_text_with_a_line_break_is_not_taken(site):
    said = site.result(cmd="update", w="lb", sw="m1", vwr="a\nb")
    assert said.startswith(deviates(TEXTS, ours="type=ERROR", theirs="type=OK"))
    assert site.value("m1", "redirect") == deviates(TEXTS, ours="", theirs="a")


# Effects ---------------------------------------------------------------------------------------------------------------


def test_requests_follow_the_activation(site):
    assert {site.who() for _ in range(4)} == {"m1", "m2"}
    site.update(w="lb", sw="m1", vwa="d")
    assert {site.who() for _ in range(4)} == {"m2"}
    assert site.sticky("m1") == "m1"
    site.update(w="lb", sw="m1", vwa="s")
    assert site.sticky("m1") == "m2"
    site.update(w="lb", sw="m1", vwa="a")
    assert {site.who() for _ in range(4)} == {"m1", "m2"}


def test_requests_follow_the_route(site):
    site.update(w="lb", sw="m1", vwn="one")
    assert [site.sticky("one") for _ in range(3)] == ["m1"] * 3
    assert site.httpd.logged(site.httpd.get("/lb/x", headers=[("Cookie", "JSESSIONID=a.one")]))["WORKER_ROUTE"] == "one"


def test_a_change_of_activation_lets_all_begin_anew(site):
    for _ in range(6):
        site.who()
    assert site.value("m2", "lbvalue") != "0"
    site.update(w="lb", sw="m1", vwa="d")
    assert [site.value(name, "lbvalue") for name in ("m1", "m2")] == ["0", "0"]


def test_factors_change_all_multipliers(site):
    site.update(w="lb", sw="m2", vwf="3")
    assert [site.value(name, "lbmult") for name in ("m1", "m2")] == ["3", "1"]
    site.result(cmd="reset", w="lb")
    picks = [site.who() for _ in range(8)]
    assert (picks.count("m1"), picks.count("m2")) == (2, 6)


def test_every_process_follows_at_once(make):
    # On prefork each client keeps a child of its own, and one is left for the status worker.
    site = Site(make, processes=1 if MPM == "prefork" else 3, threads=8 if MPM == "prefork" else 4)
    clients = [site.httpd.client() for _ in range(6)]

    def answers():
        return {one.ask("/lb/x").body.decode() for one in clients}

    for out, left in (("m1", "m2"), ("m2", "m1")) * 5:
        site.update(w="lb", sw=left, vwa="a")
        site.update(w="lb", sw=out, vwa="s")
        assert answers() == {left}, f"after {out} was stopped"
    for one in clients:
        one.close()


def test_a_busy_limit_holds_for_requests_that_come_later(site):
    site.update(w="solo", vabl="1")
    assert site.who("/solo/x") == "solo"


# Reset and recovery ----------------------------------------------------------------------------------------------------


def test_reset_counts_from_zero(site):
    for _ in range(4):
        site.who()
    assert site.value("m1", "elected") == "2" and site.value("lb", "max_busy") == "1"
    assert site.result(cmd="reset", w="lb", sw="m1").startswith("type=OK")
    m1, m2 = site.fields("m1"), site.fields("m2")
    assert (m1["elected"], m1["sessions"], m1["transferred"], m1["read"], m1["lbvalue"], m1["max_busy"]) == ("0",) * 6
    assert m2["elected"] == "2"
    assert m1["connected"] == "1", "what is open is open"
    assert site.result(cmd="reset", w="lb").startswith("type=OK")
    assert (site.value("m2", "elected"), site.value("lb", "max_busy")) == ("0", "0")
    site.who("/solo/x")
    assert site.value("solo", "used") == "1"
    assert site.result(cmd="reset", w="solo").startswith("type=OK")
    assert site.value("solo", "used") == "0"


def test_reset_ends_an_error_state(site):
    site.peers[0].down()
    for _ in range(3):
        site.who()
    assert site.value("m1", "state") == "ERR"
    site.result(cmd="reset", w="lb", sw="m1")
    m1 = site.fields("m1")
    assert (m1["state"], m1["errors"]) == ("OK/IDLE", "0") and "error_time_ago" not in m1


def test_recover_lets_the_next_request_try(site):
    failed = 'type=ERROR message="Marking worker for recovery failed"'
    assert site.result(cmd="recover", w="lb", sw="m1") == failed
    site.peers[0].down()
    for _ in range(3):
        site.who()
    assert site.value("m1", "state") == "ERR"
    site.peers[0].up()
    assert site.result(cmd="recover", w="lb", sw="m1") == 'type=OK message="Action finished"'
    m1 = site.fields("m1")
    assert (m1["state"], m1["lbvalue"]) == ("ERR/REC", site.value("m2", "lbvalue"))
    assert "m1" in {site.who() for _ in range(3)}
    assert site.value("m1", "state") == "OK"
    assert site.result(cmd="recover", w="lb") == failed


# Addresses -------------------------------------------------------------------------------------------------------------


def test_a_new_address_is_used_from_the_next_request_on(make):
    site = Site(make)
    other = make.peer("other")
    assert site.who("/solo/x") == "solo"
    site.update(w="solo", vaprt=str(other.port))
    assert site.who("/solo/x") == "other"
    shown = site.fields("solo")
    assert shown["address"] == f"127.0.0.1:{other.port}"
    [old] = site.peers[2].connections
    assert site.peers[2].ended(old), "the idle connection to the old address is closed"


def test_a_busy_connection_is_closed_when_it_is_done(make):
    site = Site(make, threads=4)
    other, solo = make.peer("other"), site.peers[2]
    entered, leave = threading.Event(), threading.Event()

    def slow(turn):
        entered.set()
        leave.wait(20)
        turn.reply(200, b"old")

    solo.plan = [slow]
    answers = []
    request = threading.Thread(target=lambda: answers.append(site.who("/solo/x")))
    request.start()
    assert entered.wait(10)
    site.update(w="solo", vaprt=str(other.port))
    assert site.who("/solo/x") == "other"
    assert not solo.connections[0].ended
    leave.set()
    request.join(20)
    assert answers == ["old"]
    if MPM != "prefork":
        # There the child that has it notices at its next request, which may be a long time.
        assert solo.ended(solo.connections[0])
    assert site.who("/solo/x") == "other"


def test_a_host_without_address_changes_nothing(site):
    said = site.result(cmd="update", w="lb", sw="m1", vahst="no-such-host.invalid", vwf="5")
    port = site.peers[0].port
    assert f"could not resolve address 'no-such-host.invalid:{port}' for sub worker 'm1'" in said
    m1 = site.fields("m1")
    assert (m1["host"], m1["port"]) == ("127.0.0.1", str(port))
    if OURS:
        assert m1["lbfactor"] == "1"
    assert {site.who() for _ in range(4)} == {"m1", "m2"}


def test_a_member_without_a_port_gets_one(make):
    site = Site(make, m1="port=0")
    peer = site.peers[0]
    assert (site.value("m1", "activation"), site.value("m1", "address")) == ("STP", "invalid")
    site.update(w="lb", sw="m1", vaprt=str(peer.port))
    assert site.value("m1", "activation") == "STP", "that is a decision of its own"
    site.update(w="lb", sw="m1", vwa="a")
    assert {site.who() for _ in range(4)} == {"m1", "m2"}


def test_a_worker_without_a_port_is_not_asked(make):
    site = Site(make)
    site.update(w="solo", vaprt="0")
    assert (site.value("solo", "address"), site.who("/solo/x")) == ("invalid", "503")
    site.update(w="solo", vaprt=str(site.peers[2].port))
    assert site.who("/solo/x") == "solo"


# How long it lasts -----------------------------------------------------------------------------------------------------


def test_a_full_stop_forgets_changes(site):
    site.update(w="lb", sw="m1", vwa="d")
    site.httpd.stop()
    site.httpd.start()
    assert site.value("m1", "activation") == "ACT"


def test_a_new_address_stays_over_a_restart(make):
    site = Site(make)
    other = make.peer("other")
    site.update(w="solo", vahst="127.0.0.1", vaprt=str(other.port))
    site.httpd.graceful()
    assert site.who("/solo/x") == deviates(KEPT, ours="other", theirs="solo")


def test_no_change_is_lost_over_restarts(make):
    """Changes go on while the server restarts thirty times; after each the last answered one holds."""
    if not OURS:
        pytest.skip(KEPT)
    site = Site(make, threads=4)
    done, last, faults = threading.Event(), [0], []

    def change():
        for n in itertools.count(1):
            if done.is_set():
                return
            try:
                site.update(w="lb", sw="m1", vwf=str(n), vwr=f"r{n}", vart=str(n))
                last[0] = n
            except Exception as error:  # noqa: BLE001 whatever goes wrong is the finding
                faults.append(repr(error))
                return

    thread = threading.Thread(target=change)
    thread.start()
    for _ in range(30):
        seen = last[0]
        site.httpd.graceful()
        site.httpd.wait_until(lambda: last[0] > seen or faults, "a change after the restart")
    done.set()
    thread.join(20)
    assert not faults, faults
    m1 = site.fields("m1")
    n = str(last[0])
    assert (m1["lbfactor"], m1["redirect"], m1["reply_timeout"]) == (n, f"r{n}", n)
    assert last[0] >= 30


def test_the_file_wins_over_a_change(make):
    site = Site(make, m1="lbfactor=2 route=one")
    site.update(w="lb", sw="m1", vwf="5", vwn="two", vwd="7")
    site.configure(m1="lbfactor=3 route=one")
    site.httpd.graceful()
    m1 = site.fields("m1")
    expected = deviates(KEPT, ours=("3", "two", "7"), theirs=("3", "one", "0"))
    assert (m1["lbfactor"], m1["route"], m1["distance"]) == expected
    if OURS:
        assert "m1: lbfactor is 3 now in the configuration, so the change to 5 is given up" in site.httpd.jk_log()
    site.httpd.graceful()
    assert site.value("m1", "distance") == expected[2]


@pytest.mark.parametrize("word, shown", [("d", "DIS"), ("s", "STP")])
def test_a_change_outlives_a_restart_without_the_resolver(make, word, shown):
    site = Site(make)
    site.update(w="lb", sw="m1", vwa=word)
    for host in ("no-such-host.invalid", "no-such-host.invalid", "127.0.0.1"):
        site.configure(m1=f"host={host}")
        site.httpd.graceful()
        without = "127" not in host
        expected = deviates(KEPT, ours=shown, theirs="STP" if without else "ACT")
        assert site.value("m1", "activation") == expected, host


@pytest.mark.parametrize("word, shown", [("a", "ACT"), ("d", "DIS")])
def test_a_change_without_the_resolver_outlives_its_return(make, word, shown):
    site = Site(make, m1="host=no-such-host.invalid")
    assert site.value("m1", "activation") == "STP"
    site.update(w="lb", sw="m1", vwa=word)
    assert site.value("m1", "activation") == shown
    site.httpd.graceful()
    assert site.value("m1", "activation") == deviates(KEPT, ours=shown, theirs="STP")
    site.configure()
    site.httpd.graceful()
    assert site.value("m1", "activation") == deviates(KEPT, ours=shown, theirs="ACT")


def test_a_member_that_its_address_alone_stopped_comes_back(make):
    site = Site(make, m1="host=no-such-host.invalid")
    site.update(w="lb", sw="m1", vwa="s", vwf="3")
    assert site.value("m1", "activation") == "STP"
    site.configure()
    site.httpd.graceful()
    assert site.value("m1", "activation") == "ACT"


def test_a_new_member_has_its_route_for_itself(make):
    """Its route was lent to m1, and m2 has taken that of m1 since."""
    site = Site(make)
    m3 = make.peer("m3")
    site.update(w="lb", sw="m1", vwn="m3")
    site.update(w="lb", sw="m2", vwn="m1")
    whole = (site.httpd.dir / "conf/workers.properties").read_text()
    whole = whole.replace("balance_workers=m1,m2", "balance_workers=m1,m2,m3")
    site.httpd.workers(whole + f"worker.m3.host=127.0.0.1\nworker.m3.port={m3.port}\n")
    site.httpd.graceful()
    assert [site.value(name, "route") for name in ("m1", "m2", "m3")] == ["m1", "m2", "m3"]
    assert [site.sticky(route) for route in ("m1", "m2", "m3")] == ["m1", "m2", "m3"]
    if OURS:
        log = site.httpd.jk_log()
        assert "worker m1: route 'm3' is that of m3 now, so the change to it is given up" in log
        assert "worker m2: route 'm1' is that of m1 now, so the change to it is given up" in log
        site.httpd.graceful()
        assert site.httpd.jk_log().count("so the change to it is given up") == 2


def test_members_that_swapped_their_routes_keep_them(make):
    site = Site(make)
    site.update(w="lb", att="vwn", val0="m2", val1="m1")
    site.httpd.graceful()
    expected = deviates(KEPT, ours=["m2", "m1"], theirs=["m1", "m2"])
    assert [site.sticky(route) for route in ("m1", "m2")] == expected


def test_a_member_that_was_away_is_as_configured(make):
    site = Site(make)
    site.update(w="lb", sw="m1", vwf="5")
    whole = (site.httpd.dir / "conf/workers.properties").read_text()
    site.httpd.workers(whole.replace("balance_workers=m1,m2", "balance_workers=m2"))
    site.httpd.graceful()
    site.httpd.workers(whole)
    site.httpd.graceful()
    site.httpd.graceful()
    assert site.value("m2", "lbfactor") == "1"
    assert site.value("m1", "lbfactor") in deviates(KEPT, ours=("1", "5"), theirs=("1",))


def test_changes_are_logged_with_old_and_new_value(site):
    site.update(w="lb", vlr="4")
    site.update(w="lb", sw="m1", vwr="m2")
    if OURS:
        log = site.httpd.jk_log()
        assert "worker lb: retries is changed from 2 to 4" in log
        assert "worker m1: redirect is changed from '' to 'm2'" in log


# Killed children -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(MPM == "prefork", reason="one request per child: the child that is killed is not known")
def test_killed_children_leave_no_counts(make):
    site = Site(make, threads=4)
    entered, leave = threading.Event(), threading.Event()

    def slow(turn):
        entered.set()
        leave.wait(20)
        turn.reply(200, b"late")

    site.peers[2].plan = [slow]

    def ask():
        try:
            site.who("/solo/x")
        except Exception:  # noqa: BLE001 its child is killed
            pass

    request = threading.Thread(target=ask)
    request.start()
    assert entered.wait(10)
    busy = site.fields("solo")
    assert (busy["busy"], busy["connected"], busy["max_connected"]) == ("1", "1", "1")
    [child] = site.httpd.children()
    os.kill(child, signal.SIGKILL)
    leave.set()
    request.join(20)
    site.httpd.wait_until(lambda: site.httpd.children() not in ([], [child]), "a new child")
    after = site.fields("solo")
    expected = deviates("D14: counts belong to a child", ours=("0", "0"), theirs=("1", "1"))
    assert (after["busy"], after["connected"]) == expected
    assert (after["max_busy"], after["max_connected"]) == ("1", "1")
    site.httpd.expect_crashes(9)
