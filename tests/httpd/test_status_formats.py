"""What a status worker answers to scripts: formats, messages, changes, who may ask. Over both modules."""

from __future__ import annotations

import json
import re
import time
import xml.etree.ElementTree as ET

import pytest
from recorded import status
from support.client import Reply
from support.httpd import Httpd, free_port
from support.peer import Peer
from support.under_test import OURS, THEIRS, TOP, deviates

ESCAPED = "D91: every format is escaped"
FOREIGN = "D13: what a page of another site starts is refused"
DENIED = "D88: who is not let in gets 403"
NONE = "D89: text that is no value changes nothing and is an error"
CHECKED = "D90: texts are checked before anything is changed"

NO_ADDRESS = "D115: a host without an address keeps its port"

OK = "Action finished"
LONG = "x" * 64


@pytest.fixture(scope="module")
def stage():
    with status.Stage() as stage:
        yield stage


def message(reply: Reply) -> str:
    """The message of an answer in text, properties or XML."""
    text = reply.body.decode()
    found = re.search(r'message="([^"]*)"|message=(.*)', text)
    assert found, text
    return found[1] or found[2]


# Formats ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case, mime", [(case, mime) for case in status.CASES for mime in case.formats], ids=lambda value: getattr(value, "name", value))
def test_answers_are_the_recorded_ones(stage, case, mime):
    recorded = case.file(mime).read_text()
    if (case.name, mime) == ("dump", "xml"):
        well_formed = recorded.replace('"<!DOCTYPE status>"', '"&lt;!DOCTYPE status&gt;"')
        recorded = deviates(ESCAPED, ours=well_formed, theirs=recorded)
    assert stage.play(case, mime) == recorded


@pytest.mark.parametrize("mime, kind", [("html", "text/html"), ("xml", "text/xml"), ("txt", "text/plain"), ("prop", "text/plain"), ("foo", "text/plain")])
def test_an_answer_says_what_it_is_and_is_not_kept(stage, mime, kind):
    reply = stage.httpd.get(f"/st?cmd=version&mime={mime}")
    assert reply.status == 200
    assert [part.strip() for part in reply.header("Content-Type").split(";")][0] == kind
    assert "no-cache" in reply.header("Cache-Control") or OURS and "no-store" in reply.header("Cache-Control")
    assert reply.header("Pragma") == "no-cache"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_the_method_does_not_matter(stage, method):
    reply = stage.httpd.ask("/st?mime=txt&cmd=version", method, body=b"" if method == "POST" else None)
    assert reply.status == 200
    assert (b"Result: type=OK" in reply.body) == (method != "HEAD")


# Messages --------------------------------------------------------------------------------------------------------

PARTIALLY = "Update failed (at least partially): "
ABORTING = " Aborting further wildcard updates."
LOOK = ", see log file for details."

MESSAGES = [
    ("st?", OK),
    ("st?cmd=version&w=nosuch&sw=", OK),
    ("st?cmd=list&w=nosuch&sw=", OK),
    ("closed?", "Access denied."),
    ("closed?w=%zz&cmd=foo", "Access denied."),
    ("st?w=%zz", "Error during parsing of URI"),
    ("st?w=a%00b&cmd=foo", "Error during parsing of URI"),
    ("st?opt=32&cmd=update&w=lb", "This command is not allowed in read only mode."),
    ("st?opt=-1&cmd=update&w=lb", "This command is not allowed in read only mode."),
    ("st?opt=-33&cmd=update&w=lb", OK),
    ("st?opt=32&cmd=edit", "This command is not allowed in read only mode."),
    ("st?opt=32&cmd=reset&w=nosuch", "This command is not allowed in read only mode."),
    ("st?opt=32&cmd=recover", "This command is not allowed in read only mode."),
    ("st?cmd=foo", "Invalid command."),
    ("st?cmd=", "Invalid command."),
    ("st?cmd=LIST", "Invalid command."),
    ("st?cmd=show", "NULL or EMPTY worker param"),
    ("st?cmd=edit&w=", "NULL or EMPTY worker param"),
    ("st?cmd=reset&w=lb&sw=", "EMPTY sub worker param"),
    ("st?cmd=update&w=nosuch&sw=", "EMPTY sub worker param"),
    ("st?cmd=show&w=nosuch", "Could not find given worker"),
    ("st?cmd=show&w=LB", "Could not find given worker"),
    ("st?cmd=show&w=m1", "Could not find given worker"),
    ("st?cmd=show&w=nosuch&sw=m*", "Could not find given worker"),
    ("st?cmd=show&w=lb&sw=m9", "could not find sub worker"),
    ("st?cmd=show&w=lb&sw=m?", "could not find sub worker"),
    ("st?cmd=update&w=lb&sw=q*", "could not find sub worker"),
    ("st?cmd=recover&w=lb&sw=m9", "could not find sub worker"),
    ("st?cmd=show&w=solo&sw=m1", "worker type has no sub workers"),
    ("st?cmd=update&w=solo&sw=m*", "worker type has no sub workers"),
    ("st?cmd=update&w=st&sw=m1", "worker type has no sub workers"),
    ("st?cmd=show&w=lb&sw=m*", "wildcard not allowed in sub worker for this command"),
    ("st?cmd=reset&w=solo&sw=m*", "wildcard not allowed in sub worker for this command"),
    ("st?cmd=recover&w=lb&sw=*", "wildcard not allowed in sub worker for this command"),
    ("st?cmd=update&w=st", "Update failed"),
    ("st?cmd=reset&w=st", "Reset failed"),
    ("st?cmd=recover&w=lb", "Marking worker for recovery failed"),
    ("st?cmd=recover&w=solo", "Marking worker for recovery failed"),
    ("st?cmd=recover&w=st", "Marking worker for recovery failed"),
    ("st?cmd=recover&w=lb&sw=m1", "Marking worker for recovery failed"),
    ("st?cmd=show&w=st", OK),
    ("st?cmd=edit&w=solo&att=foo", OK),
    ("st?cmd=update&w=lb", OK),
    ("st?cmd=update&w=lb&att=foo&val0=1", OK),
    ("st?cmd=update&w=lb&att=&val0=1", OK),
    ("st?cmd=update&w=solo&att=vwa&val0=d", OK),
    ("st?cmd=update&w=lb&vlr=0&vlx=-1", OK),
    (f"st?cmd=update&w=lb&sw=m1&vwn={LONG}", f"{PARTIALLY}new route '{LONG}' too long for sub worker 'm1'{LOOK}"),
    (f"st?cmd=update&w=lb&sw=m1&vwr={LONG}", f"{PARTIALLY}new redirect '{LONG}' too long for sub worker 'm1'{LOOK}"),
    (f"st?cmd=update&w=lb&sw=m2&vwc={LONG}", f"{PARTIALLY}new domain '{LONG}' too long for sub worker 'm2'{LOOK}"),
    (f"st?cmd=update&w=lb&sw=m1&vahst={LONG}", f"{PARTIALLY}new host name '{LONG}' too long for sub worker 'm1'{LOOK}"),
    (f"st?cmd=update&w=lb&sw=m*&vwc={LONG}", f"{PARTIALLY}new domain '{LONG}' too long for sub worker 'm1'{LOOK}{ABORTING}"),
    ("st?cmd=update&w=lb&sw=m1&vahst=a.invalid&vaprt=7", f"{PARTIALLY}could not resolve address 'a.invalid:7' for sub worker 'm1'."),
    ("st?cmd=update&w=solo&vahst=a.invalid&vaprt=7", f"{PARTIALLY}could not resolve address 'a.invalid:7' for sub worker 'solo'."),
    ("st?cmd=update&w=lb&sw=m*&vahst=a.invalid&vaprt=7", f"{PARTIALLY}could not resolve address 'a.invalid:7' for sub worker 'm1'.{ABORTING}"),
]


@pytest.mark.parametrize("target, words", MESSAGES, ids=[target[:60] for target, _ in MESSAGES])
def test_every_refusal_has_its_words_in_every_format(stage, target, words):
    for mime in ("txt", "prop", "xml"):
        # In front, for nothing behind a bad escape is read.
        reply = stage.httpd.get("/" + target.replace("?", f"?mime={mime}&", 1))
        denied = words == "Access denied."
        assert reply.status == (deviates(DENIED, ours=403, theirs=200) if denied else 200)
        assert message(reply).replace("&apos;", "'") == words
        assert ("ERROR" in reply.body.decode()) == (words != OK)


def test_an_unknown_format_is_told_in_properties(stage):
    for query, words in (("mime=foo", "Invalid mime type."), ("mime=", "Invalid mime type."), ("mime=foo&cmd=bar", "Invalid command.")):
        reply = stage.httpd.get(f"/st?{query}")
        assert reply.body.decode() == f"worker.result.type=ERROR\nworker.result.message={words}\n"


# Changes ---------------------------------------------------------------------------------------------------------

def test_a_host_without_address_is_shown_with_its_port():
    with Httpd(threads=1) as httpd:
        httpd.workers("worker.list=st,lb\nworker.st.type=status\nworker.lb.type=lb\nworker.lb.balance_workers=m\nworker.m.host=no-such-host.invalid\nworker.m.port=8010\n")
        httpd.conf("JkMount /st st").start()

        def look() -> dict[str, str]:
            return dict(line.split("=", 1) for line in httpd.get("/st?mime=prop&cmd=show&w=lb").body.decode().splitlines())

        shown = look()
        assert message(httpd.get("/st?mime=prop&cmd=update&w=lb&sw=m&vahst=127.0.0.1")) == OK
        afterwards = look()["worker.m.address"]
    assert [shown[f"worker.m.{name}"] for name in ("host", "activation", "state")] == ["no-such-host.invalid", "STP", "OK/IDLE"]
    assert [shown[f"worker.m.{name}"] for name in ("port", "address")] == deviates(NO_ADDRESS, ours=["8010", "unresolved"], theirs=["0", "invalid"])
    assert afterwards == deviates(NO_ADDRESS, ours="127.0.0.1:8010", theirs="invalid")


AS_WRITTEN = {
    "fail_on_status": [" 404", "404 -500", "0404,500", "4xx", "text"], "active": ["m1 m2", "m2,nosuch", " m1"], "disabled": ["m1 m2"], "stopped": ["m1,m2 "],
    "reply_timeout": ["-404", "4294967297", "5s"], "use_server_errors": ["4294967696", "400x"],
}  # fmt: skip
READ = {"-404": "-404", "4294967297": "1", "5s": "5", "4294967696": "400", "400x": "400"}


def test_lists_of_rules_are_shown_as_they_are_written():
    rules = [(name, value) for name, values in AS_WRITTEN.items() for value in values]
    conf = [f'JkMount /r{n} "lb;{name}={value}"' for n, (name, value) in enumerate(rules)]
    with Httpd(threads=1) as httpd:
        httpd.workers(BASE.format(port=free_port()))
        httpd.conf("\n".join(["JkMount /st st", *conf, 'JkMount /twice "lb;active=m1;disabled=m1;active=m2"']))
        httpd.start()
        shown = dict(line.split("=", 1) for line in httpd.get("/st?mime=prop&cmd=show&w=lb").body.decode().splitlines())
    numbers = {uri: key.split(".")[3] for key, uri in shown.items() if key.endswith(".uri")}

    def field(uri: str, name: str) -> str:
        return shown[f"worker.lb.map.{numbers[uri]}.{name}"]

    assert [field(f"/r{n}", name) for n, (name, _) in enumerate(rules)] == [READ.get(value, value) for _, value in rules]
    assert [field("/twice", name) for name in ("active", "disabled")] == ["m1", "m1"]


BASE = """worker.list=lb,solo,st
worker.st.type=status
worker.lb.type=lb
worker.lb.balance_workers=m1,m2
worker.m1.port={port}
worker.m2.port={port}
worker.m2.lbfactor=2
worker.solo.port={port}
"""


class Changing:
    """A server whose settings a test may change."""

    def __init__(self, httpd: Httpd):
        self.httpd = httpd

    def fields(self, worker: str, member: str = "") -> dict[str, str]:
        """What is shown of a worker or member."""
        target = f"/st?mime=prop&opt=3&cmd=show&w={worker}" if not member else f"/st?mime=prop&opt=2&cmd=show&w={worker}&sw={member}"
        lines = self.httpd.get(target).body.decode().splitlines()
        prefix = f"worker.{member or worker}."
        return dict(line.removeprefix(prefix).split("=", 1) for line in lines if line.startswith(prefix))

    def update(self, query: str) -> str:
        return message(self.httpd.get(f"/st?mime=txt&cmd=update&{query}"))


@pytest.fixture(scope="module")
def changing():
    with Peer("peer") as peer, Httpd(threads=1) as httpd:
        httpd.workers(BASE.format(port=peer.port)).conf("JkMount /st st\nJkMount /app/* lb\nJkMount /solo/* solo")
        httpd.start()
        yield Changing(httpd)


LB, M1, SOLO = ("lb", ""), ("lb", "m1"), ("solo", "")


def silent(value: str):
    """What holds after text that neither takes; ours says so."""
    return none(value, value)


def none(value: str, ours: str):
    """What holds after a value that is none; the original takes it for `value`, ours says that it is none."""
    return deviates(NONE, ours=f"{ours}, and an error", theirs=value)


CHANGES = [
    (LB, "retries", [("vlr=3", "3"), ("vlr=1", "1"), ("vlr=0", "1"), ("vlr=7abc", "7"), ("vlr=abc", silent("7")), ("vlr=-1", "7"), ("vlr=%205", "5")]),
    (LB, "recover_time", [("vlt=5", "5"), ("vlt=0", "5")]),
    (LB, "error_escalation_time", [("vlee=4", "4"), ("vlee=0", "4")]),
    (LB, "max_reply_timeouts", [("vlx=3", "3"), ("vlx=-1", "3"), ("vlx=0", "0"), ("vlx=9", "9"), ("vlx=", none("0", "9")), ("vlx=x", none("0", "9"))]),
    (LB, "sticky_session", [("vls=0", "False"), ("vls=x", silent("False")), ("vls=", silent("False")), ("vls=on", "True"), ("vls=F", "False"), ("vls=1", "True")]),
    (LB, "sticky_session_force", [("vlf=t", "True"), ("vlf=OFF", "False")]),
    (LB, "method", [("vlm=B", "Busyness"), ("vlm=1", "Traffic"), ("vlm=sess", "Sessions"), ("vlm=x", none("Request", "Sessions")), ("vlm=", none("Request", "Sessions")), ("vlm=r", "Request")]),
    (LB, "lock", [("vll=1", "Pessimistic"), ("vll=x", none("Optimistic", "Pessimistic")), ("vll=o", "Optimistic")]),
    (M1, "activation", [("vwa=disabled", "DIS"), ("vwa=x", none("ACT", "DIS")), ("vwa=2", "STP"), ("vwa=", none("ACT", "STP")), ("vwa=A", "ACT")]),
    (M1, "lbfactor", [("vwf=3", "3"), ("vwf=0", "3"), ("vwf=x", silent("3")), ("vwf=1", "1")]),
    (M1, "distance", [("vwd=7", "7"), ("vwd=-1", "7"), ("vwd=0", "0")]),
    (M1, "route", [("vwn=r1", "r1"), ("vwn=", ""), ("vwn=m1", "m1")]),
    (M1, "redirect", [("vwr=m2", "m2"), ("vwr=%20a+", " a "), ("vwr=", "")]),
    (M1, "domain", [("vwc=east", "east"), ("vwc=", "")]),
    (M1, "connection_pool_timeout", [("vacpt=9", "9"), ("vacpt=-1", "9"), ("vacpt=0", "0")]),
    (M1, "ping_timeout", [("vapng=9", "9"), ("vapng=10000", "10000")]),
    (M1, "connect_timeout", [("vact=9", "9"), ("vact=0", "0")]),
    (M1, "prepost_timeout", [("vapt=9", "9"), ("vapt=0", "0")]),
    (M1, "reply_timeout", [("vart=9", "9"), ("vart=5k", "5"), ("vart=x", none("0", "5")), ("vart=4294967299", deviates(NONE, ours="5", theirs="3")), ("vart=2147483647", "2147483647"), ("vart=2147483648", "2147483647"), ("vart=0", "0")]),
    (M1, "retries", [("var=3", "3"), ("var=0", "3"), ("var=2", "2")]),
    (M1, "connection_ping_interval", [("vacpi=5", "5"), ("vacpi=0", "5")]),
    (M1, "recovery_options", [("varo=31", "31"), ("varo=-1", "31"), ("varo=0", "0")]),
    (M1, "busy_limit", [("vabl=3", "3"), ("vabl=-1", "3"), ("vabl=0", "0")]),
    (M1, "max_packet_size", [("vamps=9000", "9216"), ("vamps=7168", "9216"), ("vamps=65537", "9216"), ("vamps=65000", "65536"), ("vamps=7169", "8192")]),
    (M1, "host", [("vahst=127.0.0.2", "127.0.0.2"), ("vahst=localhost", "localhost")]),
    (SOLO, "reply_timeout", [("vart=9", "9"), ("vwa=d", "9"), ("vlr=9", "9"), ("vart=0", "0")]),
    (SOLO, "busy_limit", [("vabl=3", "3"), ("vabl=0", "0")]),
    (SOLO, "port", [("vaprt=7", "7"), ("vaprt=-1", "7"), ("vaprt=0", "0"), ("vaprt=8", "8"), ("vaprt=99999", deviates(NONE, ours="8", theirs="99999")), ("vaprt=8009", "8009")]),
]


@pytest.mark.parametrize("of, field, steps", CHANGES, ids=[f"{'/'.join(filter(None, of))}-{field}" for of, field, _ in CHANGES])
def test_a_setting_takes_what_is_in_its_range(changing, of, field, steps):
    worker, member = of
    target = f"w={worker}" + (f"&sw={member}" if member else "")
    for query, wanted in steps:
        value, refused = wanted.removesuffix(", and an error"), wanted.endswith(", and an error")
        said = changing.update(f"{target}&{query}")
        assert said.endswith(f" is not valid for sub worker '{member or worker}', see log file for details.") if refused else said == OK
        assert changing.fields(worker, member)[field] == value, query


def test_an_empty_host_is_none(changing):
    assert changing.update("w=lb&sw=m1&vahst=") != OK
    assert changing.fields("lb", "m1")["host"] == "localhost"


def test_keys_of_another_target_are_ignored(changing):
    before = changing.fields("lb")["retries"], changing.fields("lb", "m1")["activation"]
    assert changing.update("w=lb&sw=m1&vlr=9") == changing.update("w=lb&vwa=d") == OK
    assert changing.update("w=lb&sw=m1&att=vwa&val0=d") == OK
    assert (changing.fields("lb")["retries"], changing.fields("lb", "m1")["activation"]) == before


def test_several_members_at_once(changing):
    def seen():
        return [changing.fields("lb", member)["activation"] for member in ("m1", "m2")]

    for query, states in (
        ("sw=m*&vwa=d", ["DIS", "DIS"]),
        ("sw=*1&vwa=a", ["ACT", "DIS"]),
        ("att=vwa&val1=s", ["ACT", "STP"]),
        ("att=vwa&val0=s&val1=a&val2=d", ["STP", "ACT"]),
        ("sw=*&vwa=a", ["ACT", "ACT"]),
    ):
        assert changing.update(f"w=lb&{query}") == OK
        assert seen() == states, query


def test_a_changed_factor_changes_all_multipliers(changing):
    def mults():
        return [changing.fields("lb", member)["lbmult"] for member in ("m1", "m2")]

    assert mults() == ["2", "1"]
    changing.update("w=lb&sw=m1&vwf=3")
    assert mults() == ["2", "3"]
    changing.update("w=lb&sw=m1&vwf=1")
    assert mults() == ["2", "1"]


def test_a_bad_text_changes_nothing(changing):
    for query, ours, theirs in (
        ("sw=m1&vwc=a%0ab", "with control characters", OK),
        ("sw=m1&vwn=m2", "of another sub worker is not possible", OK),
        (f"att=vwc&val0=west&val1={LONG}", "too long", OK),
    ):
        said = changing.update(f"w=lb&{query}")
        wanted = deviates(CHECKED, ours=ours, theirs=theirs)
        assert wanted in said, (query, said)
        if OURS:
            member = changing.fields("lb", "m1")
            assert (member["domain"], member["route"]) == ("", "m1"), query
    changing.update("w=lb&sw=m1&vwc=&vwn=m1")
    assert changing.fields("lb", "m1")["route"] == "m1"


def test_text_is_escaped_for_its_format(changing):
    changing.update("w=lb&sw=m1&vwn=a%26b'c")
    answer = changing.httpd.get("/st?mime=xml&cmd=show&w=lb&sw=m1&opt=2").body.decode()
    try:
        routes = [element.get("route") for element in ET.fromstring(answer).iter("{http://tomcat.apache.org}member")]
    except ET.ParseError:
        routes = None
    assert routes == deviates(ESCAPED, ours=["a&b'c"], theirs=None)
    assert changing.fields("lb", "m1")["route"] == "a&b'c"
    changing.update("w=lb&sw=m1&vwn=m1")


def test_reset_and_recover(make_broken):
    httpd = make_broken
    httpd.get("/app/x")

    def shown(field: str) -> str:
        text = httpd.get("/st?mime=txt&cmd=show&w=lb&sw=m1&opt=2").body.decode()
        return re.search(rf" {field}=(\S*)", text.split("Member:")[1])[1]

    assert (shown("state"), shown("errors")) == ("ERR", "1")
    assert message(httpd.get("/st?mime=txt&cmd=recover&w=lb&sw=m1")) == OK
    assert (shown("state"), shown("errors")) == ("ERR/REC", "1")
    assert message(httpd.get("/st?mime=txt&cmd=recover&w=lb&sw=m1")) == "Marking worker for recovery failed"
    assert message(httpd.get("/st?mime=txt&cmd=reset&w=lb&sw=m1")) == OK
    assert (shown("state"), shown("errors"), shown("elected")) == ("OK/IDLE", "0", "0")


@pytest.fixture
def make_broken():
    """A balancer whose first member refuses connections."""
    with Peer("b") as b, Httpd(threads=1) as httpd:
        httpd.workers(
            "worker.list=lb,st\nworker.st.type=status\nworker.lb.type=lb\nworker.lb.balance_workers=m1,m2\n"
            f"worker.m1.port={free_port()}\nworker.m1.retries=1\nworker.m2.port={b.port}\nworker.m2.lbfactor=1\n"
        )
        httpd.conf("JkMount /st st\nJkMount /app/* lb").start()
        yield httpd


# Who may ask -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded():
    with Httpd(threads=1) as httpd:
        httpd.workers(
            "worker.list=open,names,folded,solo\nworker.open.type=status\n"
            "worker.names.type=status\nworker.names.user=alice,bob\n"
            "worker.folded.type=status\nworker.folded.user=Alice\nworker.folded.user_case_insensitive=1\n"
            f"worker.solo.port={free_port()}\n"
        )
        httpd.conf("JkMount /open open\nJkMount /names names\nJkMount /folded folded\nSetEnvIf X-User (.+) JK_REMOTE_USER=$1")
        yield httpd.start()


@pytest.mark.parametrize(
    "worker, user, let_in",
    [("names", None, False), ("names", "alice", True), ("names", "bob", True), ("names", "Bob", False), ("names", "carol", False)]
    + [("folded", "aLICE", True), ("folded", "alic", False), ("open", None, True), ("open", "x", True)],
)
def test_the_list_of_users_decides(guarded, worker, user, let_in):
    headers = [("X-User", user)] if user else ()
    status = 200 if let_in else deviates(DENIED, ours=403, theirs=200)
    reply = guarded.get(f"/{worker}?mime=txt&cmd=version", headers=headers)
    assert (reply.status, message(reply)) == (status, OK if let_in else "Access denied.")
    assert guarded.get(f"/{worker}?cmd=version", headers=headers).status == status


@pytest.mark.parametrize(
    "headers",
    [
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "no-cors")],
        [("Origin", "http://evil.example")],
        [("Origin", "null")],
        [("Referer", "http://evil.example/page")],
        [("Sec-Purpose", "prefetch")],
        [("User-Agent", "Mozilla/5.0"), ("Accept-Language", "en-US,en;q=0.5")],
    ],
    ids=str,
)
@pytest.mark.parametrize("mime", ["html", "txt", "json"] if OURS else ["html", "txt"])
def test_a_page_of_another_site_changes_nothing(guarded, headers, mime):
    guarded.get("/open?mime=txt&cmd=update&w=solo&vabl=0")
    reply = guarded.get(f"/open?mime={mime}&cmd=update&w=solo&vabl=5", headers=headers)
    limit = re.search(r"busy_limit=(\d)", guarded.get("/open?mime=txt&cmd=show&w=solo").body.decode())[1]
    assert (reply.status, limit) == deviates(FOREIGN, ours=(403, "0"), theirs=(200, "5"))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("User-Agent", "node"), ("Accept-Language", "*"), ("Sec-Fetch-Mode", "cors")],
        [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")],
        [("Sec-Fetch-Site", "same-origin")],
        [("Origin", "http://www.example.com")],
        [("Referer", "https://www.example.com/jk-status?cmd=list")],
    ],
    ids=str,
)
def test_scripts_and_pages_of_this_site_change_things(guarded, headers):
    guarded.get("/open?mime=txt&cmd=update&w=solo&vabl=0")
    assert guarded.get("/open?mime=txt&cmd=update&w=solo&vabl=5", headers=headers).status == 200
    assert "busy_limit=5" in guarded.get("/open?mime=txt&cmd=show&w=solo").body.decode()


def test_a_form_without_our_token_is_no_command(guarded):
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    guarded.get("/open?mime=txt&cmd=update&w=solo&vabl=0")
    reply = guarded.ask("/open?mime=txt&cmd=version", "POST", headers=headers, body=b"cmd=update&w=solo&vabl=5")
    assert message(reply) == OK and b"Software:" in reply.body
    assert "busy_limit=0" in guarded.get("/open?mime=txt&cmd=show&w=solo").body.decode()


@pytest.mark.skipif(THEIRS, reason="the original's page has no token")
@pytest.mark.parametrize("pieces", [1, 3], ids="in {} pieces".format)
def test_a_form_with_our_token_changes_things_from_anywhere(guarded, pieces):
    page = guarded.get("/open?cmd=edit&w=solo").body.decode()
    token = re.search(r'name="?token"? value="?([0-9a-f]{32})', page)[1]
    for given, answered, limit in ((token, 200, "5"), (token[::-1], 403, "0")):
        guarded.get("/open?mime=txt&cmd=update&w=solo&vabl=0")
        body = f"token={given}&mime=txt&cmd=update&w=solo&vabl=5".encode()
        head = f"POST /open HTTP/1.1\r\nHost: proxied.example\r\nSec-Fetch-Site: cross-site\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n\r\n"
        size = -(-len(body) // pieces)
        with guarded.client() as client:
            client.send(head.encode())
            for at in range(0, len(body), size):
                time.sleep(0.1 * (pieces > 1))
                client.send(body[at : at + size])
            assert client.read("POST").status == answered
        assert f"busy_limit={limit} " in guarded.get("/open?mime=txt&cmd=show&w=solo").body.decode()


# The new formats -------------------------------------------------------------------------------------------------


def strict(schema):
    """The schema without room for fields that it does not know."""
    if isinstance(schema, dict):
        more = {"additionalProperties": False} if "properties" in schema else {}
        return {key: strict(value) for key, value in schema.items()} | more
    return [strict(value) for value in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module", params=[1, 3, 256])
def many(request):
    """A balancer of so many members that has served some requests."""
    names = [f"m{n}" for n in range(request.param)]
    with Peer("peer") as peer, Httpd(threads=2) as httpd:
        ports = "".join(f"worker.{name}.port={peer.port}\n" for name in names)
        httpd.workers(f"worker.list=lb,solo,st\nworker.st.type=status\nworker.lb.type=lb\nworker.lb.balance_workers={','.join(names)}\n{ports}worker.solo.port={peer.port}\n")
        httpd.conf("JkMount /st st\nJkMount /app/* lb\nJkMount /solo/* solo").start()
        for _ in range(5):
            httpd.get("/app/x")
        yield httpd, request.param


@pytest.mark.skipif(THEIRS, reason="the original has no such format")
@pytest.mark.parametrize("query", ["", "cmd=show&w=lb", "cmd=show&w=solo", "cmd=version", "cmd=dump", "cmd=show&w=x", "cmd=update&w=lb", "opt=27", "opt=512"])
def test_json_is_what_its_schema_says(many, query):
    import jsonschema

    schema = json.loads((TOP / "docs/reference/status.schema.json").read_text())
    httpd, members = many
    reply = httpd.get(f"/st?mime=json&{query}")
    answer = json.loads(reply.body)
    jsonschema.Draft202012Validator(strict(schema)).validate(answer)
    assert reply.header("Content-Type") == "application/json"
    assert reply.status == (404 if query == "cmd=show&w=x" else 200)
    assert ("history" in reply.body.decode()) == (query in ["", "cmd=show&w=lb", "cmd=show&w=solo"])
    if not query:
        assert len(answer["balancers"][0]["members"]) == members
        assert sum(member["requests"] for member in answer["balancers"][0]["members"]) >= 5


@pytest.mark.skipif(THEIRS, reason="the original has no such format")
@pytest.mark.parametrize("query", ["", "cmd=show&w=lb", "cmd=show&w=solo", "cmd=version"])
def test_metrics_are_what_openmetrics_says(many, query):
    from prometheus_client.openmetrics import parser

    httpd, members = many
    reply = httpd.get(f"/st?mime=metrics&{query}")
    families = {family.name: family for family in parser.text_string_to_metric_families(reply.body.decode())}
    assert reply.header("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert families["modjk_build"].type == "info"
    if not query:
        requests = [sample for sample in families["modjk_worker_requests"].samples if "balancer" in sample.labels]
        assert len(requests) == members and sum(sample.value for sample in requests) == 5
        states = [sample.value for sample in families["modjk_worker_state"].samples]
        assert sum(states) == members + 1


@pytest.mark.skipif(THEIRS, reason="the original has no such format")
def test_a_scraper_is_told_of_errors_by_the_status(many):
    httpd, _ = many
    for query, answered in (("cmd=show&w=x", 404), ("cmd=foo", 400), ("opt=32&cmd=update&w=lb", 403)):
        assert httpd.get(f"/st?mime=metrics&{query}").status == answered


def test_a_dump_tells_all_properties_in_order():
    with Httpd(threads=1) as httpd:
        httpd.workers(
            "x=1\nworker.list=a,lb\nworker.z.reference=plain\nworker.a.reference=worker.t\nworker.t.reference=plain\nworker.t.port=7\nplain.host=127.0.0.1\nplain.port=8\n"
            "worker.lb.reference=worker.kind\nworker.kind.type=lb\nworker.kind.balance_workers=m\nworker.kind.balance_workers=n\nx=2\n"
        )
        httpd.conf("JkWorkerProperty worker.list=st\nJkWorkerProperty worker.st.type=status\nJkMount /st st\nJkWorkerProperty y=3").start()
        lines = httpd.get("/st?mime=prop&cmd=dump").body.decode().splitlines()
    told = [line for line in lines if not re.match(r"worker\.(server_|time_|web_|jk_|result\.)", line)]
    assert told == [
        "worker.list=st,a,lb", "worker.st.type=status", "y=3", f"ServerRoot={httpd.dir}", "x=1*2", "worker.z.reference=plain", "worker.a.reference=worker.t",
        "worker.t.reference=plain", "worker.t.port=7", "plain.host=127.0.0.1", "plain.port=8", "worker.lb.reference=worker.kind",
        "worker.kind.type=lb", "worker.kind.balance_workers=m,n",
        "worker.z.host=127.0.0.1", "worker.z.port=8", "worker.t.host=127.0.0.1", "worker.a.port=7", "worker.a.host=127.0.0.1", "worker.lb.type=lb", "worker.lb.balance_workers=m,n",
    ]


# Secrets ---------------------------------------------------------------------------------------------------------


def test_no_secret_is_shown():
    with Httpd(threads=1) as httpd:
        httpd.workers(
            "pw=hush1\nworker.list=solo,w,st\nworker.st.type=status\nworker.solo.port=7\nworker.solo.secret=$(pw)\n"
            "worker.w.port=7\nworker.w.secret=hush2\n"
        )
        httpd.conf("JkMount /st st").start()
        for mime in ["html", "xml", "txt", "prop"] + (["json"] if OURS else []):
            text = httpd.get(f"/st?mime={mime}&cmd=dump").body.decode()
            assert "worker.solo.port" in text
            assert "hush2" not in text
            assert ("hush1" in text) == deviates("D92: variables that hold a secret are left out too", ours=False, theirs=True)
