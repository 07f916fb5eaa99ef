"""Runs one case: starts the pair, asks both, makes an outcome of what came back, and lets the judge compare."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, replace

from support import ajp, echo
from support.client import Reply, request
from support.httpd import Failed
from support.pair import SIDES, Pair, Twins, loudest
from support.peer import Peer

from .case import Ask, Case
from .judge import Judge, Outcome
from .scripts import play_script

WORKERS = [f"w{n}" for n in range(1, 8)]
SCRIPTED = ["s", "m1", "m2", "m3"]


@dataclass
class Backends:
    """`echo` serves both sides; the scripted ones are each side's own. `gone` listens nowhere."""

    echo: echo.Echo
    scripted: dict[str, dict[str, Peer]]

    @classmethod
    def make(cls) -> Backends:
        def peers():
            return {name: Peer(name, play_script, up=name != "gone") for name in [*SCRIPTED, "gone"]}

        return cls(echo.Echo(WORKERS), {side: peers() for side in SIDES})

    def ports(self, side: str) -> dict[str, int]:
        return self.echo.ports | {name: peer.port for name, peer in self.scripted[side].items()}

    def forget(self) -> None:
        for peers in self.scripted.values():
            for peer in peers.values():
                peer.forget()

    def stop(self) -> None:
        self.echo.stop()
        for peers in self.scripted.values():
            for peer in peers.values():
                peer.stop()


def with_ports(text: str, ports: dict[str, int]) -> str:
    return re.sub(r"\{(\w+)\}", lambda m: str(ports[m[1]]) if m[1] in ports else m[0], text)


def usual_workers() -> str:
    """w1 to w7 and s."""
    names = [*WORKERS, "s"]
    lines = [f"worker.list={','.join(names)}"]
    for name in names:
        lines += [f"worker.{name}.host=127.0.0.1", f"worker.{name}.port={{{name}}}"]
    return "\n".join(lines) + "\n"


def build(case: Case, backends: Backends) -> Pair:
    """The pair of a case, ready to start."""
    asks_itself = "proxy_http" in case.modules.split()  # which takes a second child
    pair = Pair(modules=case.modules, jk=case.jk, jk_log_level=case.level, threads=2 if asks_itself else 1)
    for name in case.listen:
        pair.listen(name)
    text = (usual_workers() if case.all_workers is None else case.all_workers) + case.workers
    for side in SIDES:
        ports, httpd = backends.ports(side), pair.sides[side]
        for name, content in case.files.items():
            path = httpd.write(name, with_ports(content, ports) if isinstance(content, str) else content)
            os.utime(path, (1700000000, 1700000000))
        if case.jk and case.workers_file:
            httpd.workers(with_ports(text, ports))
        httpd.conf(with_ports(case.conf, ports))
    if case.prepare:
        case.prepare(pair)
    return pair


def run(case: Case, backends: Backends) -> None:
    judge = Judge("requests of cases")
    backends.forget()
    with build(case, backends) as pair:
        pair.start()
        started = {side: {"log": loudest(pair.jk_log_since(side))} for side in SIDES}
        if case.starts is not None:
            judge.fact(f"{case.name}: start", "log", started["theirs"], case.starts)
            judge.compare(f"{case.name}: start", started["theirs"], started["ours"])
        stage = Stage(pair, backends, judge)
        for ask in case.asks:
            stage.ask(case.name, ask)
        stage.close()
    judge.end()


class Stage:
    """Asks one after the other, on connections that stay open as long as both servers let them."""

    def __init__(self, pair: Pair, backends: Backends, judge: Judge):
        self.pair, self.backends, self.judge = pair, backends, judge
        self._twins: tuple[tuple, Twins] | None = None

    def ask(self, name: str, ask: Ask) -> dict[str, Outcome]:
        where = f"{name}: {ask.title}"
        time.sleep(ask.pause)
        raw, mark = whole(ask)
        twins = self._connected(ask)
        outcomes = {side: self._one(side, twins, ask, raw, mark) for side in SIDES}
        if ask.finish or any(_ended(outcome) for outcome in outcomes.values()):
            self.close()
        for fact, wanted in ask.facts.items():
            self.judge.fact(where, fact, outcomes["theirs"], wanted)
        self.judge.compare(where, outcomes["theirs"], outcomes["ours"])
        return outcomes

    def close(self) -> None:
        if self._twins:
            self._twins[1].close()
            self._twins = None

    def _connected(self, ask: Ask) -> Twins:
        key = (ask.port, ask.tls)
        if not self._twins or self._twins[0] != key:
            self.close()
            self._twins = key, self.pair.connect(ask.port, tls=ask.tls)
        return self._twins[1]

    def _one(self, side: str, twins: Twins, ask: Ask, raw: bytes, mark: str) -> Outcome:
        peers = self.backends.scripted[side]
        before = {name: _counts(peer) for name, peer in peers.items()}
        client = twins.clients[side]
        client.send(raw)
        if ask.finish:
            client.finish()
        reply, more = without_boundary(client.read(ask.method))
        if reply.status >= 500 or not reply.status:
            time.sleep(0.05)  # the last try may not have arrived where nobody answers
        line = self._logged(side, mark, reply) if mark and ask.logged else {}
        if more and line:
            line["bytes"] = str(int(line["bytes"]) + more)
        new = {name: _received(peer, before[name]) for name, peer in peers.items()}
        return outcome(self.pair, side, reply, line, new) | {"log": loudest(self.pair.jk_log_since(side))}

    def _logged(self, side: str, mark: str, reply: Reply) -> dict[str, str]:
        try:
            return self.pair.sides[side].logged(mark, 3)
        except Failed:
            print("no line in the access log:", side, reply)
            return {"status": "no line"}


def _ended(outcome: Outcome) -> bool:
    kept = outcome["ending"] in ("length", "last chunk", "no body") and outcome.get("access connection", "+") == "+"
    return not kept or "close" in str(outcome.get("header connection", "")).lower()


def whole(ask: Ask) -> tuple[bytes, str]:
    """The request's bytes, and its name in the access log if it has one."""
    if ask.raw is not None:
        return ask.raw, ""
    raw, mark = request(
        ask.target, ask.method, headers=ask.headers, body=ask.body, chunked=ask.chunked, host=ask.host or "", version=ask.version, close=ask.close
    )
    if ask.host is None:
        raw = re.sub(rb"Host: \r\n", b"", raw, count=1)
    return raw, mark


def _counts(peer: Peer) -> dict[int, int]:
    return {connection.number: len(connection.packets) for connection in list(peer.connections)}


def _received(peer: Peer, before: dict[int, int]) -> list[tuple[int, bytes]]:
    """What came since, by connection."""
    return [(one.number, packet) for one in list(peer.connections) for packet in one.packets[before.get(one.number, 0) :]]


_DURATION = re.compile(r"\d+\.\d{6}")


_BOUNDARY = re.compile(rb"boundary=([0-9a-f]{8,16})$")


def without_boundary(reply: Reply) -> tuple[Reply, int]:
    """The mark between the parts of a reply to several ranges is made up by httpd, and now and then a digit shorter:
    the same with a mark of full length, and what that adds to the reply."""
    found = _BOUNDARY.search((reply.header("content-type") or "").encode("latin-1"))
    if not found:
        return reply, 0
    mark, full = found[1], b"B" * 16
    body = reply.body.replace(mark, full)
    more = len(body) - len(reply.body)
    length = str(int(reply.header("content-length") or 0) + more)
    headers = [(name, length if name == "Content-Length" else value.replace(mark.decode(), full.decode())) for name, value in reply.headers]
    return replace(reply, headers=headers, body=body), more


def outcome(pair: Pair, side: str, reply: Reply, line: dict[str, str], packets: dict[str, list[tuple[int, bytes]]]) -> Outcome:
    """All fields. `packets` are those at scripted peers; echoed ones are taken from the reply."""
    out: Outcome = {"status": reply.status, "reason": reply.reason, "ending": reply.ending, "interim": reply.interim}
    out |= headers(pair, side, reply)
    worker = reply.header("x-peer")
    found = [(name, raw) for name, pairs in packets.items() for _, raw in pairs]
    if worker and reply.whole and reply.status == 200:
        try:
            echoed = bytes.fromhex(reply.header("x-packet") or "") or reply.body
            found = [(worker, raw) for raw in echo.packets(echoed)]
        except ajp.AjpError:
            out["body"] = pair.masked(side, reply.body)
    else:
        out["body"] = pair.masked(side, reply.body)
    out |= wire(pair, side, found)
    out["worker"] = worker or (found[0][0] if found else None)
    for name, value in line.items():
        if name in ("id", "request"):
            continue
        if name == "REQUEST_DURATION" and _DURATION.fullmatch(value):
            value = "a duration"
        out[f"note {name}" if name.isupper() else f"access {name}"] = value
    return out


def headers(pair: Pair, side: str, reply: Reply) -> Outcome:
    out: Outcome = {}
    now = reply.header("date")
    for name, value in reply.headers:
        if value == now:
            value = "a date"
        out.setdefault(f"header {name.lower()}", []).append(f"{name}: {pair.masked(side, value.encode('latin-1')).decode('latin-1')}")
    out["order of headers"] = [name for name, _ in reply.headers if name.lower() not in ("x-packet",)]
    return {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in out.items()}


def wire(pair: Pair, side: str, found: list[tuple[str, bytes]]) -> Outcome:
    """What arrived at backends: who got what, whole packets, and the fields of each request among them."""
    out: Outcome = {"at backends": [name for name, raw in found if raw[4:5] == b"\x02"]}
    number = 0
    for name, raw in found:
        if raw[4:5] != b"\x02":
            out.setdefault("other packets", []).append((name, raw))
            continue
        number += 1
        prefix = "packet" if number == 1 else f"packet{number}"
        masked = pair.masked_packet(side, raw)
        out[prefix] = masked
        out |= fields(prefix, masked)
    return out


def fields(prefix: str, raw: bytes) -> Outcome:
    try:
        request = ajp.decode_forward(raw)
    except ajp.AjpError as error:
        return {f"{prefix}.error": str(error)}
    out: Outcome = {f"{prefix}.{name}": getattr(request, name) for name in "method protocol uri remote_addr remote_host server_name server_port is_ssl".split()}
    out[f"{prefix}.headers"] = [name for name, _ in request.headers]
    for name, value in request.headers:
        out[f"{prefix}.header {name.lower()}"] = value
    out[f"{prefix}.attributes"] = [name for name, _ in request.attributes]
    for name, value in request.attributes:
        out[f"{prefix}.{name}"] = value
    return out
