"""What each property of workers.properties does, one row each, over both modules.

All rows share one server, with one process and one request at a time. In a row's lines `w`, `a`, `b`, `c`, `t` and `lb`
stand for names of its own; a row that speaks of `lb` is a balancer with the members `a` and `b` (and `c`, if named).
`ELSEWHERE` names the tests of what a row cannot show, and every property is in one of the two.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest


from support.peer import Peer
from support.under_test import TOP, deviates

def own_names(text: str, number: int) -> str:
    """The short names of a row made its own, in lines of a file or in a value."""
    text = re.sub(r"\{(w|a|b|c|t|lb)\}", rf"\g<1>{number}", text)
    text = re.sub(r"\bworker\.(w|a|b|c|t)\b", rf"worker.\g<1>{number}", text)
    return re.sub(r"(?m)^(\s*)(w|a|b|c|t|lb)\.", rf"\g<1>worker.\g<2>{number}.", text)


# What can be looked at -------------------------------------------------------------------------------------------------


class Worker:
    """The worker of one row, and its backends."""

    def __init__(self, httpd, mount: str, peers: dict[str, Peer], number: int = 0):
        self.httpd, self.mount, self.peers, self.number = httpd, mount, peers, number

    @property
    def peer(self) -> Peer:
        return self.peers["w"]

    def get(self, rest: str = "", headers=()):
        headers = [(name, own_names(value, self.number)) for name, value in headers]
        return self.httpd.get(f"/{self.mount}/x{own_names(rest, self.number)}", headers=headers)

    def who(self, **more) -> str:
        got = self.get(**more)
        return got.body.decode() if got.status == 200 else str(got.status)


def status(w: Worker) -> int:
    return w.get().status


def first_packet(w: Worker) -> int:
    """Bytes of body in the packet that comes unasked."""
    w.peer.default = lambda turn: turn.reply(200, b"%d" % len(turn.take_body_packet()))
    return int(w.httpd.ask(f"/{w.mount}/x", "POST", body=b"x" * 70_000).body)


def tries(w: Worker) -> tuple[int, int]:
    """Status, and how often the backend is asked if it always breaks off."""
    w.peer.default = lambda turn: turn.close()
    return w.get().status, len(w.peer.requests)


def pauses(w: Worker) -> bool:
    """Whether at least a tenth of a second passes between two tries."""
    w.peer.default = lambda turn: turn.close()
    start = time.monotonic()
    w.get()
    return time.monotonic() - start >= 0.1


def probes(w: Worker) -> list[tuple[int, int]]:
    """Requests and pings of each connection, after two requests."""
    assert [w.get().status for _ in range(2)] == [200, 200]
    return [(len(c.requests), c.pings) for c in w.peer.connections]


def source(w: Worker) -> str:
    assert w.get().status == 200
    return w.peer.connections[0].sock.getpeername()[0]


def _socket(w: Worker, options: str) -> str:
    assert w.get().status == 200
    return subprocess.run(["ss", "-tnH", options, "state", "established", "dport", "=", f":{w.peer.port}"], capture_output=True, text=True).stdout


def keepalive(w: Worker) -> bool:
    return "timer:(keepalive" in _socket(w, "-o")


def buffers(w: Worker) -> tuple[int, ...]:
    """Receive and send buffer as asked for; Linux doubles it."""
    found = re.search(r"skmem:\(r\d+,rb(\d+),t\d+,tb(\d+)", _socket(w, "-m"))
    return tuple(int(size) // 2 for size in found.groups())


def secret(w: Worker) -> bytes | None:
    w.get()
    return w.peer.last.attribute("secret")


def answers(*codes: int) -> Callable[[Worker], list[int]]:
    """What the client gets when the backend answers with these."""

    def look(w: Worker) -> list[int]:
        out = []
        for code in codes:
            w.peer.default = lambda turn: turn.reply(code, b"page")
            out.append(w.get().status)
        return out

    return look


def silent(w: Worker) -> int:
    """The backend takes the request and says nothing."""
    w.peer.default = lambda turn: turn.wait_for_end()
    return w.get().status


def picks(n: int, **more) -> Callable[[Worker], str]:
    """Who answers n requests in a row."""
    return lambda w: " ".join(w.who(**more) for _ in range(n))


def session(route: str, name: str = "JSESSIONID") -> dict:
    return {"headers": [("Cookie", f"{name}=id.{route}")]}


def path_session(route: str, name: str = ";jsessionid") -> Callable[[Worker], str]:
    return lambda w: w.get(f"{name}=id.{route}").body.decode()


def down(name: str, look: Callable[[Worker], Any]) -> Callable[[Worker], Any]:
    """The same while a backend refuses connections."""

    def looked(w: Worker):
        w.peers[name].down()
        return look(w)

    return looked


def dying(name: str, look: Callable[[Worker], Any]) -> Callable[[Worker], Any]:
    """The same while a backend breaks off each request."""

    def looked(w: Worker):
        w.peers[name].default = lambda turn: turn.close()
        return look(w)

    return looked


def seen_by(name: str, what: str) -> Callable[[Worker], bytes | None]:
    """An attribute of the request that this member gets."""

    def look(w: Worker):
        for _ in range(4):
            w.get()
        return w.peers[name].last.attribute(what)

    return look


def hits(*names: str) -> Callable[[Worker], list[int]]:
    """How often each member is asked for one request that all of them break off."""

    def look(w: Worker) -> list[int]:
        for name in names:
            w.peers[name].default = lambda turn: turn.close()
        w.get()
        return [len(w.peers[name].requests) for name in names]

    return look


def cookie(w: Worker) -> list[str]:
    return [re.sub(r"[abc]\d+", lambda found: found.group()[0], text) for text in w.get().all("set-cookie")]


def mounted(*paths: str) -> Callable[[Worker], list[int]]:
    return lambda w: [w.httpd.get(f"/{w.mount}{path}").status for path in paths]


# The rows ---------------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    covers: str
    """The property, or the rule, with its section in front."""
    lines: str
    look: Callable[[Worker], Any]
    sees: Any
    """What the original shows, and ours if `ours` says nothing else."""
    ours: Any = None
    why: str = ""
    number: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.covers} {re.sub(chr(92) + 's+', ' ', self.lines.strip())[:60]}".strip()

    @property
    def is_balancer(self) -> bool:
        return re.search(r"(?m)^\s*lb\.", self.lines) is not None

    @property
    def members(self) -> list[str]:
        return [name for name in "abc" if name in "ab" or re.search(rf"(?m)^\s*{name}\.", self.lines)]


D55 = "D55: numbers as mod_jk 1.2.50 reads them"
NO_DOUBT = "D18: zero means no sleep or no waiting"

ROWS = [
    # 2: syntax
    Row("2 comment", "w.max_packet_size=16384 # kept\n# w.max_packet_size=8192", first_packet, 16378),
    Row("2 comment in a value", "w.secret=ab#cd", secret, b"ab"),
    Row("2 whitespace", "  w.max_packet_size \t=\t 16384  ", first_packet, 16378),
    Row("2 whitespace inside", "w.secret=a b  c", secret, b"a b  c"),
    Row("2 CRLF", "w.max_packet_size=16384\r", first_packet, 16378),
    Row("2 separator", "w.secret=a=b", secret, b"a=b"),
    Row("2 no separator", "w.secret a\nw.secret:b", secret, None),
    Row("2 empty value", "w.secret=first\nw.secret=", secret, b"first"),
    Row("2 quotes", 'w.secret="a"', secret, b'"a"'),
    Row("2 no continuation", "w.secret=a\\\nw.x", secret, b"a\\"),
    Row("2.2 replaced", "w.secret=a\nw.secret=b", secret, b"b"),
    Row("2.2 joined list", "w.fail_on_status=404\nw.fail_on_status=410", answers(404, 410, 411), [503, 503, 411]),
    Row("2.2 joined with a star", "a.distance=0\na.distance=5\nlb.method=R", picks(2), "a b"),
    Row("2.3 variable of the file", "v=sesame\nw.secret=open $(v)", secret, b"open sesame"),
    Row("2.3 property as a variable", "w.domain=d\nw.secret=$(worker.w.domain)", secret, b"d"),
    Row("2.3 environment", "w.secret=$(LANG)", secret, b"C"),
    Row("2.3 unknown", "w.secret=$(no_such_variable)", secret, b"$(no_such_variable)"),
    Row("2.3 defined later", "w.secret=$(later)\nlater=x", secret, b"$(later)"),
    Row("2.3 inserted text is not looked at again", "one=$(two)\ntwo=x\nw.secret=$(one)", secret, b"$(two)"),
    Row("2.3 at most 21", "x=1\nw.secret=" + "$(x)" * 23, secret, b"1" * 21 + b"$(x)" * 2),
    Row("2.3 not closed", "w.secret=a$(LANG", secret, b"a$(LANG"),
    # 3: reference
    Row("reference", "t.secret=s\nw.reference=worker.t", secret, b"s"),
    Row("reference over two hops, the nearest wins", "t.secret=far\nt.max_packet_size=16384\na.reference=worker.t\na.secret=near\nw.reference=worker.a", secret, b"near"),
    Row("reference before what it names", "w.reference=worker.t\nt.secret=s", secret, b"s"),
    Row("reference to a variable", "template.secret=s\nw.reference=template", secret, b"s"),
    # 4: values
    Row("4 integer with k", "w.max_packet_size=16k", first_packet, 16378),
    Row("4 integer with M", "w.max_packet_size=1M", first_packet, 65530),
    Row("4 integer, blank before k", "w.max_packet_size=16 k", first_packet, 16378, 8186, D55),
    Row("4 integer, text behind", "w.max_packet_size=16384 bytes", first_packet, 16378),
    Row("4 integer, k and text behind", "w.max_packet_size=16kb", first_packet, 8186, 16378, D55),
    Row("4 integer, text", "w.retries=many", tries, (502, 1), (502, 2), D55),
    Row("4 integer, sign", "w.max_packet_size=+16384", first_packet, 16378),
    Row("4 true by its first letter", "a.stopped=yes\nlb.method=R", picks(2), "b b"),
    Row("4 true in capitals", "a.stopped=TRUE\nlb.method=R", picks(2), "b b"),
    Row("4 true as 1", "a.stopped=1\nlb.method=R", picks(2), "b b"),
    Row("4 true as on", "a.stopped=On\nlb.method=R", picks(2), "b b"),
    Row("4 a flag that is neither", "a.stopped=2\nlb.method=R", picks(2), "a b"),
    Row("4 a flag that is neither, of default true", "lb.sticky_session=enabled", picks(2, **session("{b}")), "b b"),
    Row("4 false as 0", "lb.sticky_session=0", picks(2, **session("{b}")), "a b"),
    Row("4 false by its first letter", "lb.sticky_session=no", picks(2, **session("{b}")), "a b"),
    Row("4 false as off", "lb.sticky_session=oFF", picks(2, **session("{b}")), "a b"),
    Row("4 list", "w.fail_on_status=404,\t 410 ,411", answers(404, 410, 411, 412), [503, 503, 503, 412]),
    Row("4 list of numbers, text behind", "w.fail_on_status=404z", answers(404, 403), [503, 403]),
    Row("4 enum by its first letter", "a.activation=Stopless\nlb.method=R", picks(2), "b b"),
    Row("4 enum, unknown", "a.activation=x\nlb.method=R", picks(2), "a b"),
    # 5: global properties
    Row("mount", "w.mount=/{w}-m/one /{w}-m/two,/{w}-m/three*", mounted("-m/one", "-m/two", "-m/threefold", "-m/four"), [200, 200, 200, 404]),
    # 6.1: identity and transport
    Row("type", "w.type=ajp13", status, 200),
    Row("host", "w.host=localhost", status, 200),
    Row("host of two numbers", "w.host=127.1", status, 200),
    Row("host with a port", "w.host=127.0.0.1:{port}", status, 503),
    Row("host that does not resolve", "w.host=no-such-host.invalid", status, 503),
    Row("port 0", "w.port=0", status, 503),
    Row("port below 0", "w.port=-1", status, 503),
    Row("source", "w.source=127.0.0.2", source, "127.0.0.2"),
    Row("source that does not resolve", "w.source=no-such-host.invalid", source, "127.0.0.1"),
    Row("source that cannot be bound", "w.source=192.0.2.1", source, "127.0.0.1"),
    Row("prefer_ipv6", "w.prefer_ipv6=true", status, 200),
    Row("socket_timeout", "w.socket_timeout=1\nw.retries=1", silent, 502),
    Row("socket_connect_timeout", "w.socket_connect_timeout=500", status, 200),
    Row("socket_keepalive", "w.socket_keepalive=true", keepalive, True),
    Row("socket_keepalive", "", keepalive, False),
    Row("socket_buffer", "w.socket_buffer=32768", buffers, (32768, 32768)),
    Row("socket_buffer below a packet", "w.socket_buffer=100", buffers, (8192, 8192)),
    Row("max_packet_size", "", first_packet, 8186),
    Row("max_packet_size is rounded up", "w.max_packet_size=9000", first_packet, 9210),
    Row("max_packet_size too small", "w.max_packet_size=100", first_packet, 8186),
    Row("max_packet_size too large", "w.max_packet_size=70000", first_packet, 65530),
    Row("secret", "w.secret=open", secret, b"open"),
    Row("secret", "", secret, None),
    Row("secret of a balancer", "lb.secret=open\na.secret=own", seen_by("a", "secret"), b"own"),
    Row("secret of a balancer", "lb.secret=open\na.secret=own", seen_by("b", "secret"), b"open"),
    Row("secretkey", "w.secretkey=k", status, 200),
    # 6.2: pool
    Row("connection_pool_size", "w.connection_pool_size=1", status, 200),
    Row("connection_pool_size 0", "w.connection_pool_size=0", status, 503),
    Row("connection_pool_size below 0", "w.connection_pool_size=-1", status, 200),
    Row("cachesize", "w.cachesize=0", status, 503),
    Row("cachesize gives way", "w.cachesize=0\nw.connection_pool_size=1", status, 200),
    Row("connection_acquire_timeout below 0", "w.connection_acquire_timeout=-1", status, 503, 200, NO_DOUBT),
    Row("recycle_timeout", "w.recycle_timeout=1", status, 200),
    # 6.3: probing
    Row("ping_mode", "w.ping_mode=c", probes, [(2, 1)]),
    Row("ping_mode", "w.ping_mode=p", probes, [(2, 2)]),
    Row("ping_mode", "w.ping_mode=CP", probes, [(2, 2)]),
    Row("ping_mode, unknown letters", "w.ping_mode=x-C", probes, [(2, 1)]),
    Row("ping_mode, nothing known", "w.ping_mode=x", probes, [(2, 0)]),
    Row("ping_mode, all", "w.ping_mode=A", probes, [(2, 2)]),
    Row("connect_timeout", "w.connect_timeout=5000", probes, [(2, 1)]),
    Row("connect_timeout below 0", "w.ping_mode=C\nw.connect_timeout=-1", probes, [(2, 0)]),
    Row("prepost_timeout", "w.prepost_timeout=5000", probes, [(2, 2)]),
    Row("prepost_timeout below 0", "w.ping_mode=P\nw.prepost_timeout=-1", probes, [(2, 0)]),
    Row("prepost_timeout beside connect_timeout", "w.connect_timeout=5000\nw.prepost_timeout=5000", probes, [(2, 2)]),
    # 6.4: timeouts, retries, classification
    Row("reply_timeout", "w.reply_timeout=100\nw.retries=1", silent, 504),
    Row("retries", "", tries, (502, 2)),
    Row("retries", "w.retries=3", tries, (502, 3)),
    Row("retries below 1", "w.retries=0", tries, (502, 1)),
    Row("retry_interval", "w.retry_interval=120", pauses, True),
    Row("retry_interval below 0", "w.retry_interval=-5", status, 503, 200, NO_DOUBT),
    Row("fail_on_status", "w.fail_on_status=404", answers(404, 405), [503, 405]),
    Row("fail_on_status, soft", "w.fail_on_status=-404", answers(404, 405), [503, 405]),
    Row("busy_limit", "w.busy_limit=1", status, 200),
    # 6.5: members
    Row("lbfactor", "a.lbfactor=3\nlb.method=R", picks(8), "a b a a b a a a"),
    Row("lbfactor below 1", "a.lbfactor=0\nlb.method=R", picks(4), "a b a b"),
    Row("distance", "a.distance=1\nlb.method=R", picks(2), "b b"),
    Row("distance below 0", "b.distance=-1\nlb.method=R", picks(2), "b b"),
    Row("route", "b.route=other\nlb.method=R", picks(2, **session("other")), "b b"),
    Row("route is the name", "lb.method=R", picks(2, **session("{b}")), "b b"),
    Row("jvm_route", "b.jvm_route=other\nlb.method=R", picks(2, **session("other")), "b b"),
    Row("jvm_route gives way", "b.jvm_route=other\nb.route=one\nlb.method=R", picks(2, **session("one")), "b b"),
    Row("domain", "c.domain=d\nlb.method=R", picks(2, **session("d")), "c c"),
    Row("domain is the start of the route", "c.route=d.c\nlb.method=R", picks(2, **session("d.x")), "c c"),
    Row("redirect", "a.redirect={b}\nlb.method=R", down("a", picks(1, **session("{a}"))), "b"),
    Row("activation", "a.activation=disabled\nlb.method=R", picks(2), "b b"),
    Row("activation, disabled serves its sessions", "a.activation=disabled\nlb.method=R", picks(2, **session("{a}")), "a a"),
    Row("activation, stopped serves none", "a.activation=stopped\nlb.method=R", picks(2, **session("{a}")), "b b"),
    Row("activation by number", "a.activation=1\nb.activation=0\nlb.method=R", picks(2), "b b"),
    Row("activation by number", "a.activation=2\nlb.method=R", picks(2, **session("{a}")), "b b"),
    Row("disabled", "a.disabled=true\nlb.method=R", picks(2), "b b"),
    Row("disabled serves its sessions", "a.disabled=true\nlb.method=R", picks(2, **session("{a}")), "a a"),
    Row("stopped", "a.stopped=true\nlb.method=R", picks(2, **session("{a}")), "b b"),
    Row("stopped beats disabled", "a.stopped=true\na.disabled=true\nlb.method=R", picks(2, **session("{a}")), "b b"),
    Row("activation beats both", "a.activation=active\na.stopped=true\nlb.method=R", picks(2), "a b"),
    # 6.6: balancer
    Row("balance_workers, named in two lines", "c.lbfactor=1\nlb.method=R", picks(3), "a b c"),
    Row("sticky_session", "lb.sticky_session=true", picks(2, **session("{b}")), "b b"),
    Row("sticky_session", "lb.sticky_session=false", picks(2, **session("{b}")), "a b"),
    Row("sticky_session_force", "lb.sticky_session_force=true", down("b", picks(2, **session("{b}"))), "503 503"),
    Row("sticky_session_force", "lb.sticky_session_force=false", down("b", picks(2, **session("{b}"))), "a a"),
    Row("method", "lb.method=request", picks(4), "a b a b"),
    Row("method", "lb.method=0", picks(4), "a b a b"),
    Row("method", "lb.method=Next", picks(4), "a b a b"),
    Row("method", "lb.method=4", picks(4), "a b a b"),
    Row("method", "lb.method=session", picks(4), "a b a b"),
    Row("method", "lb.method=3", picks(4), "a b a b"),
    Row("method", "lb.method=traffic", picks(2), "a b"),
    Row("method", "lb.method=1", picks(2), "a b"),
    Row("method", "lb.method=busyness", picks(2), "a b"),
    Row("method, unknown", "lb.method=x", picks(4), "a b a b"),
    Row("lock", "lb.lock=P", picks(4), "a b a b"),
    Row("lock", "lb.lock=0", picks(4), "a b a b"),
    Row("retries of a balancer", "lb.retries=1\nlb.retry_interval=1", hits("a", "b"), [2, 2]),
    Row("retries of a member", "lb.retries=1\na.retries=1\nb.retries=3", hits("a", "b"), [1, 3]),
    Row("lb_retries", "lb.lb_retries=1\nlb.retries=1", hits("a", "b"), [2, 0]),
    Row("lb_retries below 1", "lb.lb_retries=0\nlb.retries=1", hits("a", "b"), [2, 0]),
    Row("lb_retries beyond two", "lb.lb_retries=3\nlb.retries=1\nc.lbfactor=1", hits("a", "b", "c"), [2, 2, 2]),
    Row("lb_retries by default", "lb.retries=1\nc.lbfactor=1", hits("a", "b", "c"), [2, 2, 0]),
    Row("retry_interval of a balancer", "lb.retry_interval=120\nlb.retries=1", dying("a", picks(1)), "b"),
    Row("max_reply_timeouts", "lb.max_reply_timeouts=1", picks(1), "a"),
    Row("recover_time", "lb.recover_time=1", dying("a", picks(2)), "b b"),
    Row("error_escalation_time", "lb.error_escalation_time=0", dying("a", picks(2)), "b b"),
    Row("session_cookie", "lb.session_cookie=SID", picks(2, **session("{b}", "SID")), "b b"),
    Row("session_cookie", "lb.session_cookie=SID", picks(2, **session("{b}")), "a b"),
    Row("session_path", "lb.session_path=;sid", path_session("{b}", ";sid"), "b"),
    Row("session_path", "lb.session_path=;sid", path_session("{b}"), "a"),
    Row("set_session_cookie", "lb.set_session_cookie=true", cookie, ["JSESSIONID=.a;PATH=/;HttpOnly"]),
    Row("set_session_cookie", "lb.set_session_cookie=false", cookie, []),
    Row("session_cookie_path", "lb.set_session_cookie=1\nlb.session_cookie_path=/shop", cookie, ["JSESSIONID=.a;PATH=/shop;HttpOnly"]),
    Row("a member's own property on the balancer", "lb.retries=1\nlb.reply_timeout=1\nlb.max_packet_size=16384", picks(2), "a b"),
    # 6.9: accepted and meaningless
    *(
        Row(name, f"w.{name}=x", status, 200)
        for name in "sysprops stderr stdout mx ms class_path bridge jvm_lib ld_path cmd_line native_lib local_worker local_worker_only maintain list".split()
    ),
]

ELSEWHERE = {
    "connection_pool_size": "test_a_full_pool_is_503",
    "connection_pool_minsize": "test_idle_connections_are_closed_down_to_the_least",
    "connection_pool_timeout": "test_idle_connections_are_closed_down_to_the_least",
    "cache_timeout": "test_idle_connections_are_closed_down_to_the_least",
    "connection_acquire_timeout": "test_zero_means_do_not_wait",
    "ping_timeout": "test_a_backend_that_does_not_answer_probes_is_503",
    "recovery_options": "test_failure",
    "busy_limit": "test_busy_limit_refuses_the_next_one",
    "balanced_workers": "test_the_old_name_of_balance_workers",
    "list": "test_workers_without_a_list",
    "maintain": "test_without_maintenance_there_is_no_return_but_forced_recovery",
}
"""Properties that need a server of their own."""

RULES = {
    # rule of the run time: the test that shows it
    "a connection is found that is idle before a new one is opened": "test_one_backend_connection_serves_many_requests",
    "each process and worker has a pool of its own": "test_a_full_pool_is_503",
    "a connection that ended badly is closed": "test_a_reply_that_stops_at_any_byte",
    "a connection that was closed while idle is replaced without anybody noticing": "test_a_connection_that_the_backend_closed_while_idle_costs_no_request",
    "an idle connection with bytes in it is closed": "test_bytes_after_the_end_never_reach_the_next_request",
    "connecting has a bound": "test_a_connection_attempt_has_its_bound",
    "a failure to connect is 503": "test_refused_alone_is_503_and_the_backend_comes_back",
    "a failed probe is 503": "test_a_backend_that_does_not_answer_probes_is_503",
    "the first body packet is sent again": "test_a_get_with_a_small_body_is_repeated_with_its_body",
    "the first body packet reaches another member": "test_a_large_body_reaches_the_second_member_whole_when_the_first_cannot_be_reached",
    "a body that was asked for cannot be repeated": "test_a_body_of_which_more_was_pulled_is_never_repeated",
    "a client that ends in the first packet": "test_client_that_ends_in_the_first_packet_the_backend_sees_an_empty_body",
    "reply_timeout counts for each packet and can be set by rule and variable": "test_reply_timeout_of_a_rule_and_of_the_environment",
    "socket_timeout is 502": "test_socket_timeout_is_502",
    "codes, retries and statuses": "test_failure",
    "an undecodable reply is an error": "test_anomaly",
    "fail_on_status asks again and ends as 503": "test_fail_on_status_drops_the_reply_and_asks_again",
    "a request that does not fit is 413": "test_a_request_that_does_not_fit_is_413_and_reaches_nobody",
    "a client that goes away is not the member's fault": "test_clients_that_die_harm_nobody",
    "an unread request body is drained": "test_an_unread_body_is_drained_and_the_next_request_is_right",
    "only the reuse flag keeps a connection": "test_reuse_zero_ends_the_connection",
    "maintenance by requests": "test_without_a_thread_requests_do_it",
    "maintenance by a thread": "test_an_idle_connection_is_closed_in_time_without_a_request",
    "idle connections are closed down to a least": "test_idle_connections_are_closed_down_to_the_least",
    "a member comes back": "test_a_member_comes_back_after_recover_time",
    "what stops the start": "test_both_judge_alike_and_ours_says_why",
}
"""Rules that are no property's own."""

NOT_HERE = {
    "connection_ping_interval": "pings of idle connections",
    **dict.fromkeys("secret_file probe_interval".split(), "ours alone"),
    **dict.fromkeys("css read_only user user_case_insensitive good bad prefix ns xmlns doctype".split(), "the status worker"),
}
"""Properties of what other files test."""


# The server that the rows share ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(make_shared):
    for number, row in enumerate(ROWS):
        row.number = number
    httpd = make_shared.httpd(threads=1)
    peers = {row.number: {name: make_shared.peer(name) for name in (row.members if row.is_balancer else ["w"])} for row in ROWS}
    top = [f"{'lb' if row.is_balancer else 'w'}{row.number}" for row in ROWS]
    httpd.workers("\n".join([f"worker.list={','.join(top)}", *(_lines(row, peers[row.number]) for row in ROWS)]) + "\n")
    httpd.conf("\n".join(f"JkMount /{name}/* {name}" for name in top))
    httpd.start()
    return {row.number: Worker(httpd, name, peers[row.number], row.number) for row, name in zip(ROWS, top)}


def _lines(row: Row, peers: dict[str, Peer]) -> str:
    own = [f"{name}.{line}" for name, peer in peers.items() for line in ("host=127.0.0.1", f"port={peer.port}", "retry_interval=10")]
    if row.is_balancer:
        own += ["lb.type=lb", "lb.balance_workers={a},{b}"] + (["lb.balance_workers={c}"] if "c" in peers else [])
    port = next(iter(peers.values())).port
    lines = row.lines.replace("{port}", str(port))
    return own_names("\n".join([*own, lines]), row.number)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_property(site, row):
    should = deviates(row.why, ours=row.ours, theirs=row.sees) if row.why else row.sees
    assert row.look(site[row.number]) == should


def test_every_property_has_a_case():
    table = re.findall(r"(?m)^\| `([a-z0-9_]+)` \|", (TOP / "docs/reference/workers.md").read_text())
    assert len(table) > 60
    words = {re.split(r"[ ,]", row.covers)[0] for row in ROWS}
    assert [name for name in table if name not in {*words, *ELSEWHERE, *NOT_HERE}] == []


def test_the_tests_named_here_exist():
    tests = "\n".join(file.read_text() for folder in ("httpd", "compat") for file in (TOP / "tests" / folder).glob("test_*.py"))
    assert [name for name in {*ELSEWHERE.values(), *RULES.values()} if f"def {name}(" not in tests] == []


# Rows that need a server of their own ----------------------------------------------------------------------------------


def test_a_directive_keeps_what_the_file_cuts_and_gives_way_to_it(make):
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    httpd.workers(f"worker.w.port={peer.port}\nworker.w.max_packet_size=16384\n")
    for line in ("worker.list=w", "worker.w.host=127.0.0.1", "worker.w.secret=ab#cd", "worker.w.max_packet_size=9216"):
        httpd.conf(f"JkWorkerProperty {line}")
    httpd.conf("JkMount /* w").start()
    w = Worker(httpd, "m", {"w": peer})
    assert (secret(w), first_packet(w)) == (b"ab#cd", 16378)


def test_server_root_is_a_variable_of_the_file_only(make):
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    httpd.workers(f"worker.list=w,v\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.secret=$(ServerRoot)\nworker.v.port={peer.port}\n")
    httpd.conf("JkWorkerProperty worker.v.secret=$(ServerRoot)\nJkMount /w/* w\nJkMount /v/* v").start()
    assert [secret(Worker(httpd, mount, {"w": peer})) for mount in "wv"] == [str(httpd.dir).encode(), b"$(ServerRoot)"]


def test_workers_without_a_list(make):
    """Without a list there is one worker, `ajp13`."""
    peer, httpd = make.peer("w"), make.httpd(threads=1)
    httpd.workers(f"worker.ajp13.host=127.0.0.1\nworker.ajp13.port={peer.port}\n")
    httpd.conf("JkMount /m/* ajp13\nJkMount /other/* other").start()
    assert (httpd.get("/m/x").status, httpd.get("/other/x").status) == (200, 500)


def test_the_old_name_of_balance_workers(make):
    peer, httpd = make.peer("a"), make.httpd(threads=1)
    httpd.workers(f"worker.list=lb\nworker.lb.type=lb\nworker.lb.balanced_workers=a\nworker.a.host=127.0.0.1\nworker.a.port={peer.port}\n")
    httpd.conf("JkMount /* lb").start()
    assert httpd.get("/x").body == b"a"


@pytest.mark.parametrize("timeout", ["connection_pool_timeout", "cache_timeout"])
def test_idle_connections_are_closed_down_to_the_least(make, timeout):
    """Three connections are open and idle; one may stay."""
    peer, httpd = make.peer("w"), make.httpd(threads=8)
    if httpd.mpm == "prefork":
        pytest.skip("a process has one connection")
    httpd.workers(f"""
        worker.list=w
        worker.maintain=1
        worker.w.host=127.0.0.1
        worker.w.port={peer.port}
        worker.w.connection_pool_size=3
        worker.w.connection_pool_minsize=1
        worker.w.{timeout}=1
        """)
    httpd.conf("JkMount /* w\nJkWatchdogInterval 1").start()
    held: list = []

    def hold(turn):
        held.append(turn)
        httpd.wait_until(lambda: len(held) == 3, "three requests at once")
        turn.reply(200, b"w")

    peer.default = hold
    clients = [httpd.client() for _ in range(3)]
    for client in clients:
        client.send(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
    assert [client.read().status for client in clients] == [200] * 3
    for client in clients:
        client.close()
    open_ones = lambda: [c for c in peer.connections if not c.ended]  # noqa: E731
    httpd.wait_until(lambda: len(open_ones()) <= 1, "idle connections to be closed")
    peer.stopping.wait(2.5)
    assert len(open_ones()) == 1
