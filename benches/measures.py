"""The measures, one function for each section; each yields rows. `quick` leaves out what takes long."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import exact
from rows import Row, from_rounds

KIB, MIB = 1 << 10, 1 << 20
CONNECTORS = ("ours", "original", "proxy_ajp")
MODULES = ("ours", "original")

USER = "Instructions in user space"
ADDED = "Instructions added to an unrelated request"
BY_MEMBERS = "Instructions by members"
CALLS = "System calls"
CPU = "CPU"
CPU_MEMBERS = "CPU by members"
LATENCY = "Latency, open loop"
MEMORY = "Memory"
START = "Start"
TOMCAT = "CPU before a real Tomcat 10"


def get(size: int) -> dict:
    return {"path": f"/app/{size}"}


def post(size: int) -> dict:
    return {"path": "/app/13", "post": size}


def some(lab, names) -> list[str]:
    return [name for name in names if name in lab.names()]


# Exact ---------------------------------------------------------------------------------------------------------------


def instructions(lab, quick: bool, names=None) -> Iterator[Row]:
    """User instructions of one request, by object."""
    large = {"short": 4, "long": 12}
    work = {"GET 13 B": get(13), "GET 1 MiB": get(MIB) | large, "POST 1 MiB": post(MIB) | large}
    if not quick:
        work |= {"GET 10 KiB": get(10 * KIB), "POST 13 B": post(13), "POST 10 KiB": post(10 * KIB)}
        work |= {f"GET 13 B, {n} headers": get(13) | {"headers": n} for n in (5, 30, 80)}
    found: dict[str, dict[str, dict[str, float]]] = {key: {} for key in work}
    for name in names or lab.names():
        lab.say(f"instructions: {name}")
        with exact.Counted(lab, name) as counted:
            for key, how in work.items():
                # What the floors can do.
                if name in CONNECTORS or key.startswith("GET 13 B") or (name, key) == ("floor-ajp", "POST 1 MiB"):
                    found[key][name] = exact.grouped(counted.measure(**how))
    for key, by_name in found.items():
        for part in ("all", "module", "libc", "apr", "httpd") if key in ("GET 13 B", "GET 1 MiB", "POST 1 MiB") else ("all",):
            yield Row(USER, f"{key}, {part}", "", {name: parts[part] for name, parts in by_name.items()})
    small = found["GET 13 B"]
    above = {name: parts["all"] - small["floor"]["all"] for name, parts in small.items() if name in CONNECTORS}
    yield Row(USER, "GET 13 B, above the floor", "", above)


def mounts(lab, quick: bool, names=MODULES, kinds=None) -> Iterator[Row]:
    """What mounts that do not match add to a request for a file that has nothing to do with them."""
    plain = {name: _unrelated(lab, name, []) for name in some(lab, names)}
    kinds = kinds or (("prefix",) if quick else ("exact", "prefix", "suffix"))
    for count in (1000,) if quick else (10, 100, 1000, 10_000):
        for kind in kinds:
            added = {}
            # The original takes most of a minute to start with the longest list, and many more under callgrind.
            for name in ("ours",) if count == 10_000 else some(lab, names):
                lab.say(f"instructions added by {count} {kind} mounts: {name}")
                added[name] = max(0.0, _unrelated(lab, name, patterns(kind, count)) - plain[name])
            yield Row(ADDED, f"{count} {kind} mounts", "", added)


def _unrelated(lab, name: str, mounts: list[str]) -> float:
    with exact.Counted(lab, name, mounts=mounts) as counted:
        return exact.grouped(counted.measure("/static/13.txt", 200, 1000))["all"]


def patterns(kind: str, count: int) -> list[str]:
    """Mounts that no request of the benchmark matches."""
    form = {"exact": "/context{0}/page", "prefix": "/context{0}/*", "suffix": "/*.ext{0}"}[kind]
    return [form.format(n) for n in range(count)]


def members(lab, quick: bool, names=MODULES) -> Iterator[Row]:
    """What a request costs with more members, in instructions."""
    counts = (2, 256) if quick else (2, 16, 64, 256)
    found: dict[str, dict[str, float]] = {}
    for name in some(lab, names):
        for count in counts:
            lab.say(f"instructions with {count} members: {name}")
            with exact.Counted(lab, name, members=count) as counted:
                for kind, routes in (("sticky", count), ("no session", 0)):
                    # Every member has its connection before anything counts, and each is asked equally often.
                    length = max(count, 64)
                    how = {"short": length, "long": 2 * length, "routes": routes}
                    found.setdefault(f"{count} members, {kind}", {})[name] = exact.grouped(counted.measure(**how))["all"]
    for kind in ("sticky", "no session"):
        for count in counts:
            yield Row(BY_MEMBERS, f"{count} members, {kind}", "", found[f"{count} members, {kind}"])
        first, last = found[f"{counts[0]} members, {kind}"], found[f"{counts[-1]} members, {kind}"]
        added = {name: last[name] - first[name] for name in first}
        yield Row(BY_MEMBERS, f"added by {counts[-1]} against {counts[0]}, {kind}", "", added)


def system_calls(lab, quick: bool, names=None) -> Iterator[Row]:
    """System calls of one request."""
    large = {"requests": 5}
    for key, how, manner, who in (
        ("GET 13 B", get(13), "one:8192", lab.names()),
        # Slow enough for a connector to wonder whether its idle connection still lives.
        ("GET 13 B, 100 a second", get(13) | {"kind": "open", "rate": 100, "requests": 50}, "one:8192", CONNECTORS),
        ("GET 13 B, Tomcat's three writes", get(13), "three:8192", CONNECTORS),
        ("GET 1 MiB", get(MIB) | large, "one:8192", CONNECTORS),
        ("GET 1 MiB, a write for each packet", get(MIB) | large, "three:8192", CONNECTORS),
        ("POST 1 MiB", post(MIB) | large, "one:8192", CONNECTORS),
        ("POST 1 MiB, packets of 64 KiB", post(MIB) | large, "one:65536", CONNECTORS),
    ):
        lab.say(f"system calls: {key}")
        found = {name: _calls(lab, name, how, manner=manner) for name in some(lab, who) if name in (names or who)}
        for part in ("backend", "all"):
            yield Row(CALLS, f"{key}, {part}", "", {name: parts[part] for name, parts in found.items()})


def _calls(lab, name: str, how: dict, **setup) -> dict[str, float]:
    server = lab.server(name, processes=1, threads=4, **setup)
    server.start()
    try:
        return exact.syscalls(lab, server, **how)
    finally:
        server.stop()


# By the clock of the scheduler -----------------------------------------------------------------------------------------


def alternate(lab, section: str, jobs: list[tuple], rounds: int, against: Iterable[tuple[str, str]] = ()) -> Iterator[Row]:
    """Each job over each server, in turn, `rounds` times. A job: key, servers, load, MiB of one request or 0.

    `against` names pairs of jobs of which the first is to be divided by the second, within each round.
    """
    found: list[list[dict[str, float]]] = [[] for _ in jobs]
    for number in range(rounds):
        lab.say(f"{section}: round {number + 1} of {rounds}")
        for (_, servers, how, mib), into in zip(jobs, found):
            into.append({})
            # Every other round backwards: A B, B A.
            for server in servers if number % 2 == 0 else servers[::-1]:
                before = server.cpu()
                done = lab.load(server, **how)
                into[-1][server.name] = (server.cpu() - before) / done["requests"] / (mib or 1)
    ordered = {}
    for (key, servers, _, mib), values in zip(jobs, found):
        ordered[key] = [{server.name: value[server.name] for server in servers} for value in values]
        yield from_rounds(section, key, "us/MiB" if mib else "us", ordered[key])
    for one, base in against:
        quotients = [{name: of_one[name] / of_base[name] for name in of_base} for of_one, of_base in zip(ordered[one], ordered[base])]
        yield from_rounds(section, f"{one}, against {base}", "x", quotients)


def cpu(lab, quick: bool) -> Iterator[Row]:
    """CPU of all httpd processes for one request, or for one MiB; and their memory before and after."""
    everyone = lab.started(*lab.names())
    idle = {server.name: server.rss() for server in everyone}
    three = [server for server in everyone if server.name in CONNECTORS]
    takes_body = [server for server in everyone if server.name != "floor"]
    busy = {"connections": 8, "seconds": 0.7 if quick else 1.0}
    jobs = [("GET 13 B", everyone, get(13) | busy, 0), ("GET 1 MiB", three, get(MIB) | busy, 1), ("POST 1 MiB", takes_body, post(MIB) | busy, 1)]
    if not quick:
        few = {"connections": 2, "requests": 4}
        wide = lab.started(*some(lab, CONNECTORS), manner="one:65536")
        jobs += [("GET 10 KiB", three, get(10 * KIB) | busy, 0), ("GET 64 MiB", three, get(64 * MIB) | few, 64)]
        jobs += [("POST 13 B", three, post(13) | busy, 0), ("POST 10 KiB", three, post(10 * KIB) | busy, 0)]
        jobs += [("POST 64 MiB", three, post(64 * MIB) | few, 64)]
        jobs += [("GET 1 MiB, packets of 64 KiB", wide, get(MIB) | busy, 1), ("POST 1 MiB, packets of 64 KiB", wide, post(MIB) | busy, 1)]
        jobs += [(f"GET 13 B, {n} headers", everyone, get(13) | busy | {"headers": n}, 0) for n in (5, 30, 80)]
    yield from alternate(lab, CPU, jobs, 3 if quick else 7)
    yield Row(MEMORY, "resident in a child, idle", "MiB", idle)
    yield Row(MEMORY, "resident in a child, after load", "MiB", {server.name: server.rss() for server in everyone})
    yield growth(lab, [server for server in everyone if server.name in (*MODULES, "floor")], quick)
    lab.stop()


def growth(lab, servers, quick: bool) -> Row:
    """Memory private to a child that so many requests add, after a fifth of them that does not count."""
    requests = 30_000 if quick else 1_000_000
    grown = {}
    for server in servers:
        lab.say(f"growth over {requests} requests: {server.name}")
        lab.load(server, connections=8, requests=requests // 5)
        before = server.private()
        lab.load(server, connections=8, requests=requests)
        grown[server.name] = server.private() - before
    return Row(MEMORY, f"growth of a child over {requests} requests", "KiB", grown)


def members_cpu(lab, quick: bool) -> Iterator[Row]:
    """CPU by number of members, all numbers in the same rounds."""
    if quick:
        return
    counts = (2, 16, 64, 256)
    servers = {count: lab.started(*some(lab, (*MODULES, "floor-ajp")), members=count, threads=16) for count in counts}
    kinds = ("sticky", "no session")
    jobs = [
        (f"{count} members, {kind}", servers[count], get(13) | {"connections": 8, "seconds": 0.7, "routes": count if kind == "sticky" else 0}, 0)
        for kind in kinds
        for count in counts
    ]
    yield from alternate(lab, CPU_MEMBERS, jobs, 15, [(f"256 members, {kind}", f"2 members, {kind}") for kind in kinds])
    # A connection that rests for longer than TCP keeps back an acknowledgement costs a segment more for each reply.
    for count in counts:
        lab.say(f"segments with {count} members")
        how = get(13) | {"connections": 8, "seconds": 2, "routes": count}
        yield Row(CPU_MEMBERS, f"{count} members, sticky, TCP segments", "", {s.name: exact.segments(lab, s, **how) for s in servers[count]})
    lab.stop()


def latency(lab, quick: bool) -> Iterator[Row]:
    """Open loop: requests begin at fixed times; microseconds until the whole reply was there."""
    servers = lab.started(*lab.names())
    for rate in (1000,) if quick else (500, 2000):
        found: list[dict[str, dict]] = []
        for number in range(1 if quick else 5):
            lab.say(f"latency at {rate}/s: round {number + 1}")
            how = {"kind": "open", "rate": rate, "connections": 32, "seconds": 2 if quick else 4}
            found.append({server.name: lab.load(server, **get(13), **how) for server in servers})
        for part in ("p50", "p99", "p999"):
            yield from_rounds(LATENCY, f"{rate}/s, {part}", "us", [{name: one[part] for name, one in each.items()} for each in found])
    lab.stop()


def start_up(lab, quick: bool) -> Iterator[Row]:
    """Seconds until httpd answers, and memory of all its processes then."""
    for count in (10, 100, 1000, 10_000) if not quick else (1000,):
        for kind in ("exact", "prefix", "suffix") if not quick else ("prefix",):
            # The original needs most of a minute for each kind of the longest list.
            names = ["ours"] if count == 10_000 and kind != "prefix" else some(lab, MODULES)
            names += ["proxy_ajp"] if kind == "prefix" else []
            lab.say(f"start with {count} {kind} mounts: {', '.join(names)}")
            took, memory = {}, {}
            for name in names:
                runs = []
                for _ in range(1 if count == 10_000 and name == "original" else 3):
                    server = lab.server(name, mounts=patterns(kind, count), threads=16)
                    runs.append(server.start())
                    memory[name] = server.total()
                    server.stop()
                took[name] = min(runs)
            yield Row(START, f"{count} {kind} mounts", "s", took)
            if count >= 1000:
                yield Row(START, f"{count} {kind} mounts, memory of all processes", "MiB", memory)


JSP = """<%@page session="false" contentType="text/plain" trimDirectiveWhitespaces="true"%><%
response.setContentLength(13); out.print("hello, tomcat"); %>"""


def tomcat(lab, quick: bool) -> Iterator[Row]:
    """CPU of httpd with a real Tomcat behind it."""
    if quick:
        return
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from support.tomcat import Tomcat, TomcatError, free_ports

    pages = lab.dir / "pages"
    pages.mkdir()
    (pages / "13.jsp").write_text(JSP)
    (pages / "1048576").write_bytes(b"x" * MIB)
    java = Tomcat(lab.dir / "tomcat", "m0", free_ports(1)[0], "bench", {"/app": pages})
    behind = {"backend": java.ajp_port, "secret": "bench"}
    page, file = {"path": "/app/13.jsp"}, {"path": "/app/1048576"}
    lab.say("starting a real Tomcat")
    try:
        java.start().wait()
        servers = lab.started(*some(lab, CONNECTORS), **behind)
        # Java warms up on somebody else's account.
        for server in servers:
            lab.load(server, **page, connections=4, seconds=4)
        jobs = [("13 bytes of a servlet", servers, page | {"connections": 8, "seconds": 1.5}, 0)]
        jobs += [("a file of 1 MiB", servers, file | {"connections": 4, "seconds": 1.5}, 1)]
        yield from alternate(lab, TOMCAT, jobs, 15)
        lab.stop()
        calls = {name: _calls(lab, name, page, **behind)["backend"] for name in some(lab, CONNECTORS)}
        yield Row(CALLS, "13 bytes of a servlet, real Tomcat, backend", "", calls)
    except TomcatError as error:
        lab.say(f"no figures with a real Tomcat: {error}")
    finally:
        lab.stop()
        java.kill()


ALL = (instructions, mounts, members, system_calls, cpu, members_cpu, latency, start_up, tomcat)
