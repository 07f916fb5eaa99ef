"""What can be counted and hardly depends on how busy the machine is: instructions, system calls, segments.

Instructions come from callgrind over a httpd with one process. A workload is run with two lengths and only their
difference counts, so whatever happens once is left out.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from pathlib import Path

from server import Server


class Counted:
    """A httpd under callgrind."""

    def __init__(self, lab, name: str, **more):
        self.lab = lab
        counts = [f"LoadModule count_module {lab.module('mod_count')}"]
        self.server = lab.server(name, processes=1, threads=4, extra=counts, **more)
        self.out = self.server.dir / "out"
        # Until `measure` nothing is counted, and so nothing is slow.
        wrapper = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={self.out}/cg.%p", "--quiet"]
        self.server.start(wrapper, ("-X",))

    def measure(self, path: str = "/app/13", short: int = 100, long: int = 300, **more) -> Counter[str]:
        """Instructions of one request by object: of `long` requests less those of `short`, divided."""
        self.lab.load(self.server, path, requests=short, **more)
        self._control("start")
        self.lab.load(self.server, path, requests=short, **more)
        less, all_of_it = [self._run(path, requests, more) for requests in (short, long)]
        self._control("stop")
        return Counter({name: (all_of_it[name] - less[name]) / (long - short) for name in all_of_it})

    def _run(self, path: str, requests: int, more: dict) -> Counter[str]:
        self._control("zero")
        self.lab.load(self.server, path, requests=requests, **more)
        self._control("dump")
        return read_profile(max(self.out.glob("cg.*.*"), key=lambda file: int(file.name.split(".")[2])))

    def _control(self, what: str) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/callgrind/{what}", timeout=60) as reply:
            reply.read()

    def __enter__(self) -> Counted:
        return self

    def __exit__(self, *_) -> None:
        self.server.stop()


_NAMED = re.compile(r"c?ob=\((\d+)\)(?: (.*))?")
_COST = re.compile(r"^[+\-*\d]\S* (\d+)$")


def read_profile(path: Path) -> Counter[str]:
    """Instructions by object file, each counted where it was executed."""
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    current, inclusive = "?", False
    with open(path) as file:
        for line in file:
            if match := _NAMED.match(line):
                names[match[1]] = match[2] or names[match[1]]
                if line.startswith("ob="):
                    current = Path(names[match[1]]).name
            elif line.startswith("calls="):
                inclusive = True
            elif match := _COST.match(line):
                if not inclusive:
                    counts[current] += int(match[1])
                inclusive = False
    return counts


_MODULE = re.compile(r"(ours|original|mod_proxy.*|mod_lbmethod.*|mod_slotmem.*|mod_floor)\.so")


def grouped(counts: Counter[str]) -> dict[str, float]:
    """The objects that tables show: the module, libc, APR, httpd with its other modules, and their sum."""
    groups = {"module": 0.0, "libc": 0.0, "apr": 0.0, "httpd": 0.0}
    for name, count in counts.items():
        if _MODULE.match(name):
            groups["module"] += count
        elif name.startswith(("libc.", "libc-", "libpthread", "ld-linux")):
            groups["libc"] += count
        elif name.startswith("libapr"):
            groups["apr"] += count
        else:
            groups["httpd"] += count
    return groups | {"all": sum(groups.values())}


# System calls --------------------------------------------------------------------------------------------------------

_CALL = re.compile(r"^\d+ +(\w+)\(")
PARTS = ("backend", "client", "futex", "all")


def syscalls(lab, server: Server, path: str = "/app/13", requests: int = 300, **more) -> dict[str, float]:
    """Calls of one request on an open connection: on sockets of the backend, of the client, `futex`, and all.

    Like instructions, the difference of two lengths, long ones: now and then a connection is opened that another run
    did without. A call that waits is written twice and counted once.
    """
    lab.load(server, path, requests=requests, **more)
    few = _traced(lab, server, path, requests, more)
    many = _traced(lab, server, path, 3 * requests, more)
    return {name: (many[name] - few[name]) / (2 * requests) for name in PARTS}


def _traced(lab, server: Server, path: str, requests: int, more: dict) -> Counter[str]:
    file = server.dir / "out/strace"
    pids = [argument for pid in server.children() for argument in ("-p", str(pid))]
    tracer = subprocess.Popen(["strace", "-f", "-yy", "-qq", "-s2", "-o", file, *pids], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        _until_traced(server)
        lab.load(server, path, requests=requests, **more)
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=20)
    backends = [f"->127.0.0.{n}:{server.setup.backend}" for n in (1, 2)]
    client, counts = f"TCP:[127.0.0.1:{server.port}", Counter()
    for line in file.read_text(errors="replace").splitlines():
        if match := _CALL.match(line):
            counts["all"] += 1
            counts["futex"] += match[1] == "futex"
            # poll names its socket inside a list (which -s0 would hide), so the whole line is looked at.
            counts["backend"] += any(backend in line for backend in backends)
            counts["client"] += client in line
    return counts


def _until_traced(server: Server) -> None:
    """strace takes the threads of a process one by one."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        tasks = [task for pid in server.children() for task in Path(f"/proc/{pid}/task").iterdir()]
        if all("TracerPid:\t0\n" not in _read(task / "status") for task in tasks):
            return
        time.sleep(0.01)
    raise RuntimeError("strace cannot follow httpd here (is ptrace not allowed?)")


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


# Segments ------------------------------------------------------------------------------------------------------------


def segments(lab, server: Server, **how) -> float:
    """TCP segments of one request, of the client and of the backend; whatever else the machine sends counts too."""
    lab.load(server, **how)
    before = _segments_sent()
    requests = lab.load(server, **how)["requests"]
    return (_segments_sent() - before) / requests


def _segments_sent() -> int:
    names, values = (line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:"))
    return int(values[names.index("OutSegs")])
