"""Two hundred random balancers, each with a random story, told to both modules: the same member must serve each request.

A story is a row of requests (without a session, with the route of a member, with a foreign one), of requests during
which a member breaks the connection or answers with a status that counts as an error, and of changes of activation
and factor by the status worker. Time plays no part: nothing recovers or decays meanwhile, and ours probes nobody (D94).

`JK_SEED` chooses other stories, `JK_STORIES` how many; a failure prints the set-up and the story up to the difference.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field

import pytest

from support.pair import Pair
from support.peer import Peer

SEED = int(os.environ.get("JK_SEED", "20480"))
STORIES = int(os.environ.get("JK_STORIES", "200"))
STEPS = 30
MOST_MEMBERS = 6

ACTIVATIONS = ("a", "d", "s")


@dataclass
class SetUp:
    """A balancer and its story: properties by line, steps as (what, value)."""

    name: str
    properties: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)

    def told(self, upto: int) -> str:
        return "\n".join(self.properties) + "\n" + "\n".join(f"{n}: {what} {value}" for n, (what, value) in enumerate(self.steps[: upto + 1]))


def invent(number: int, dead: int, ports: list[int]) -> SetUp:
    """A balancer whose members answer at `ports`; a member that is down has the port `dead`."""
    dice = random.Random(f"{SEED}/{number}")
    lb = SetUp(f"lb{number}")
    count = dice.randint(1, MOST_MEMBERS)
    names = [f"{lb.name}m{n}" for n in range(count)]
    own = {
        "type": "lb",
        "balance_workers": ",".join(names),
        "method": dice.choice("RRSSTBN"),
        "lock": dice.choice("OOP"),
        "lb_retries": dice.choice((1, 2, 3, 6)),
        "retries": dice.choice((1, 2)),
        "retry_interval": 1,
        "sticky_session": dice.choice(("1", "1", "1", "0")),
        "sticky_session_force": dice.choice(("0", "0", "0", "1")),
    }
    lb.properties += [f"worker.{lb.name}.{key}={value}" for key, value in own.items()]
    for name, port in zip(names, ports):
        member = {"host": "127.0.0.1", "port": dead if dice.random() < 0.12 else port, "retries": 1, "retry_interval": 1}
        member["lbfactor"] = dice.choice((1, 1, 1, 2, 3, 5, 10))
        member["recovery_options"] = dice.choice((0, 0, 4))
        member["fail_on_status"] = dice.choice(("503", "503", "-503"))
        if dice.random() < 0.3:
            member["distance"] = dice.choice((0, 1, 2))
        if dice.random() < 0.3:
            member["domain"] = dice.choice(("east", "west"))
        if dice.random() < 0.2:
            member["activation"] = dice.choice("ADS")
        if dice.random() < 0.2:
            member["redirect"] = dice.choice(names)
        lb.properties += [f"worker.{name}.{key}={value}" for key, value in member.items()]
    lb.steps = [_step(dice, names) for _ in range(STEPS)]
    return lb


def _step(dice: random.Random, names: list[str]) -> tuple[str, str]:
    what = dice.choices(("plain", "sticky", "foreign", "domain", "break", "sick", "activation", "factor", "recover"), (40, 25, 5, 5, 5, 5, 8, 5, 4))[0]
    member = dice.randrange(len(names))
    if what in ("sticky", "recover"):
        return what, names[member]
    if what == "domain":
        return what, dice.choice(("east.zz", "west", "north.x"))
    if what in ("break", "sick"):
        return what, f"m{member}"
    if what == "activation":
        return what, f"sw={names[member]}&vwa={dice.choice(ACTIVATIONS)}"
    if what == "factor":
        return what, f"sw={names[member]}&vwf={dice.choice((1, 2, 4))}"
    return what, ""


def request(lb: SetUp, what: str, value: str) -> bytes:
    """What the client sends for a step."""
    path, cookie = f"/{lb.name}/x", ""
    if what in ("activation", "factor"):
        path = f"/status?cmd=update&mime=txt&w={lb.name}&{value}"
    elif what == "recover":
        path = f"/status?cmd=recover&mime=txt&w={lb.name}&sw={value}"
    elif what in ("sticky", "domain"):
        cookie = f"Cookie: JSESSIONID=abc.{value}\r\n"
    elif what == "foreign":
        cookie = "Cookie: JSESSIONID=abc.nobody\r\n"
    else:
        path += f"?{what}={value}" if value else ""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{cookie}\r\n".encode()


def behave(turn):
    """A member tells its name, unless the request asks it to break or to be sick."""
    query = turn.request.attribute("query_string") or ""
    query = query.decode() if isinstance(query, bytes) else query
    if query == f"break={turn.peer.name}":
        turn.close()
    turn.reply(503 if query == f"sick={turn.peer.name}" else 200, turn.peer.name.encode())


@pytest.fixture(scope="module")
def stories():
    peers = [Peer(f"m{n}") for n in range(MOST_MEMBERS)]
    for peer in peers:
        peer.default = behave
    down = Peer("down", up=False)  # keeps its port, so that nobody else listens there
    every = [invent(number, down.port, [peer.port for peer in peers]) for number in range(STORIES)]
    with Pair(mpm="prefork") as pair:
        names = ",".join(lb.name for lb in every)
        lines = [f"worker.list={names},status", "worker.status.type=status", "worker.maintain=3600"]
        lines += [line for lb in every for line in lb.properties]
        no_probes = [f"worker.{lb.name}.probe_interval=0" for lb in every]
        pair.workers({"theirs": "\n".join(lines) + "\n", "ours": "\n".join(lines + no_probes) + "\n"})
        pair.conf("JkMount /status status\n" + "\n".join(f"JkMount /{lb.name}/* {lb.name}" for lb in every))
        pair.start()
        with pair.connect() as twins:
            yield every, twins
    for peer in [*peers, down]:
        peer.stop()


def outcome(reply) -> str:
    """Who served, or with what status nobody did; what the status worker answered."""
    if reply.body.startswith(b"Result:"):
        return reply.body.decode().strip()
    return f"{reply.status} {reply.body.decode()}" if len(reply.body) < 10 else str(reply.status)


def test_every_story_has_the_same_course(stories):
    every, twins = stories
    print(f"{len(every)} balancers of {STEPS} steps, JK_SEED={SEED}")
    differing = []
    for lb in every:
        for number, (what, value) in enumerate(lb.steps):
            replies = twins.ask(request(lb, what, value))
            if any(reply.status == 0 or reply.header("connection") == "close" for reply in replies.values()):
                twins.renew()
            got = {side: outcome(reply) for side, reply in replies.items()}
            if got["ours"] != got["theirs"]:
                differing.append(f"{lb.told(number)}\noriginal: {got['theirs']}\nours: {got['ours']}")
                break
    assert not differing, f"{len(differing)} of {len(every)} stories differ (JK_SEED={SEED}), the first:\n{differing[0]}"
