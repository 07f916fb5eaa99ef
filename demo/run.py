#!/usr/bin/env python3
"""The whole thing on one machine: two httpds with mod_jk in front of two Tomcats that share their sessions.

    demo/run.py [--base-port N] [--address A] [--dir DIR] [--module FILE | --original] [--mpm NAME]

Needs httpd 2.4, Tomcat 10 and a Java runtime; no root, no JDK. Uses six ports, from the base port on:
front end A, front end B, AJP of node1 and node2, session replication of node1 and node2.
Everything it writes lies in DIR. Ctrl-C or SIGTERM ends it all.
"""

import argparse
import os
import secrets
import select
import shlex
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "support")]
sys.dont_write_bytecode = True

from frontend import FrontEnd, FrontEndError, library_directory  # noqa: E402
from tomcat import TomcatError, TomcatPair, catalina_home, java_program  # noqa: E402

PATIENCE = 60.0
PORTS = ("front end A", "front end B", "AJP of node1", "AJP of node2", "replication of node1", "replication of node2")


class Stop(Exception):
    """Somebody asked us to end."""


def arguments() -> argparse.Namespace:
    env = os.environ.get
    parser = argparse.ArgumentParser(description="Two httpds with mod_jk before two Tomcats that share their sessions.")
    parser.add_argument("--base-port", type=int, default=env("DEMO_BASE_PORT", "8800"),
                        help="first of six ports in a row (DEMO_BASE_PORT; default 8800)")
    parser.add_argument("--address", default=env("DEMO_ADDRESS", "127.0.0.1"),
                        help="where the front ends listen (DEMO_ADDRESS; default 127.0.0.1); the Tomcats stay local")
    parser.add_argument("--dir", type=Path, default=env("DEMO_DIR", str(HERE / "state")),
                        help="where everything is written (DEMO_DIR; default demo/state)")
    parser.add_argument("--module", type=Path, default=env("DEMO_MODULE"),
                        help="the mod_jk.so to load (DEMO_MODULE; default the one built here)")
    parser.add_argument("--mpm", default=env("DEMO_MPM", "event"), choices=("event", "worker", "prefork"),
                        help="multi-processing module of httpd (DEMO_MPM; default event)")
    parser.add_argument("--original", action="store_true", help="load the system's own mod_jk.so, to compare")
    args = parser.parse_args()
    if not 1 <= args.base_port <= 65535 - len(PORTS):
        parser.error(f"--base-port must lie between 1 and {65535 - len(PORTS)}")
    return args


def main() -> int:
    args = arguments()
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, _raise_stop)
    demo = None
    try:
        demo = Demo(args)
        demo.start()
        demo.explain()
        demo.watch()
    except Stop:
        pass
    except (TomcatError, FrontEndError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, signal.SIG_IGN)
        if demo:
            demo.stop()
    return 0


class Demo:
    """The four servers, by name, in the order in which they start."""

    def __init__(self, args: argparse.Namespace):
        self.args = args
        self.state = args.dir.resolve()
        module = _module(args)
        catalina_home(), java_program()
        ports = _free(args.base_port, args.address)
        self.state.mkdir(parents=True, exist_ok=True)
        self.pair = TomcatPair(self.state, {"/demo": HERE / "app"}, ajp_ports=ports[2:4], cluster_ports=ports[4:6],
                               properties={"fronts": f"A={ports[0]},B={ports[1]}"})
        (self.state / "cookies").unlink(missing_ok=True)
        workers = {node.name: node.ajp_port for node in self.pair.nodes}
        self.fronts = tuple(
            FrontEnd(self.state / f"front{letter}", letter, args.address, port, module, args.mpm, workers,
                     self.pair.secret)
            for letter, port in zip("AB", ports))
        self.parts = {node.name: node for node in self.pair.nodes} | {front.name: front for front in self.fronts}
        self.module = module

    def start(self) -> None:
        print(f"mod_jk   {self.module}\nTomcat   {catalina_home()}\nJava     {java_program()}\nfiles    {self.state}\n")
        for part in self.parts.values():
            self._start(part)
        with Progress("the page") as progress:
            for node in self.pair.nodes:
                progress.until(lambda: _fetch(f"{self.fronts[0].url}/demo/?warm", node.name) == b"warm")

    def explain(self) -> None:
        jar, pids = shlex.quote(str(self.state / "cookies")), shlex.quote(str(self.state))
        both = " ".join(shlex.quote(front.url + "/demo/?plain") for front in self.fronts)
        print(f"""
Ready. In a browser:  {self.fronts[0].url}/demo/   and   {self.fronts[1].url}/demo/
The Tomcats as a front end sees them:  {self.fronts[0].url}/jk-status

Or in another terminal:

1. One session, two front ends: the count rises, the Tomcat stays.
   ask() {{ curl -s -b {jar} -c {jar} {both}; }}; ask; ask; ask

2. The session cookie names the Tomcat after the dot.
   grep JSESSIONID {jar}

3. Kill that Tomcat: the other one goes on counting. ({', '.join(f'{node.name} is {node.pid}' for node in self.pair.nodes)})
   kill -9 $(cat {pids}/$(grep -o 'node[12]$' {jar})/pid); ask; ask

A part that ended can be started again: type its name here ({', '.join(self.parts)}). Ctrl-C ends everything.
""", flush=True)

    def watch(self) -> None:
        """Waits; says when a part ends; starts one again when its name is typed."""
        running = dict.fromkeys(self.parts, True)
        typed = Typed()
        while True:
            for name, part in self.parts.items():
                if running[name] and not part.alive():
                    running[name] = False
                    print(f"{name} {part.fate()}. To start it again type: {name}", flush=True)
            for name in typed.words(0.2):
                self._typed(name, running)

    def stop(self) -> None:
        print("\nStopping.", flush=True)
        for part in reversed(self.parts.values()):
            part.stop()

    def _typed(self, name: str, running: dict[str, bool]) -> None:
        part = self.parts.get(name)
        if part is None:
            print(f"no part is called {name}; there are {', '.join(self.parts)}")
        elif part.alive():
            print(f"{name} is running (pid {part.pid})")
        else:
            try:
                self._start(part)
                running[name] = True
            except (TomcatError, FrontEndError) as error:
                print(error, file=sys.stderr)

    @staticmethod
    def _start(part) -> None:
        with Progress(part.name) as progress:
            part.start()
            progress.until(part.ready)
            progress.note = f", pid {part.pid}"


class Progress:
    """A line that shows how long something has been going on."""

    def __init__(self, what: str):
        self.what, self.note, self.begin, self.said = what, "", time.monotonic(), 0.0

    def __enter__(self) -> "Progress":
        self._show("starting")
        return self

    def __exit__(self, kind, _value, _trace) -> None:
        self._show("ready" + self.note if kind is None else "failed" if kind is not Stop else "stopped", last=True)

    def until(self, done) -> None:
        while not done():
            if self._elapsed() > PATIENCE:
                raise TomcatError(f"{self.what} is not ready after {PATIENCE:.0f} s")
            if sys.stdout.isatty() or self._elapsed() - self.said > 5:
                self.said = self._elapsed()
                self._show("starting")
            time.sleep(0.1)

    def _elapsed(self) -> float:
        return time.monotonic() - self.begin

    def _show(self, word: str, last: bool = False) -> None:
        line = f"{self.what:<9}{word}, {self._elapsed():.1f} s"
        if sys.stdout.isatty():
            print(f"\r\x1b[K{line}", end="\n" if last else "", flush=True)
        elif last or self.said:
            print(line, flush=True)


class Typed:
    """What is typed on standard input, if there is one and it is ours."""

    def __init__(self):
        self.open = True

    def words(self, patience: float) -> list[str]:
        """The words typed within `patience` seconds."""
        if not self.open or not _in_foreground():
            time.sleep(patience)
            return []
        if not select.select([0], [], [], patience)[0]:
            return []
        text = os.read(0, 4096)
        self.open = bool(text)
        return text.decode(errors="replace").split()


def _in_foreground() -> bool:
    """A background job that reads from its terminal would be stopped."""
    try:
        return not os.isatty(0) or os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _module(args: argparse.Namespace) -> Path:
    if args.original:
        module = library_directory() / "mod_jk.so"
        advice = "install the package libapache2-mod-jk"
    else:
        module = args.module or HERE.parent / "target" / "release" / "libmod_jk.so"
        advice = "build it first (make build), or name one with --module"
    if not module.is_file():
        raise FrontEndError(f"no module {module}: {advice}")
    return module.resolve()


def _free(base: int, address: str) -> list[int]:
    """The ports from `base` on, or an error that names those that are taken."""
    taken = []
    for port, use in enumerate(PORTS, base):
        sock = socket.socket(socket.AF_INET6 if ":" in address and "front" in use else socket.AF_INET)
        with sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((address if "front" in use else "127.0.0.1", port))
                sock.listen(1)
            except OSError as error:
                taken.append(f"port {port} ({use}): {error.strerror}")
    if taken:
        raise FrontEndError("\n".join(taken) + f"\nChoose six other ports in a row, for example: --base-port {base + 100}"
                            f" (make run: DEMO_BASE_PORT={base + 100})")
    return list(range(base, base + len(PORTS)))


def _fetch(url: str, route: str) -> bytes:
    """The answer of one Tomcat: the route in a made-up session cookie leads to it."""
    request = urllib.request.Request(url, headers={"Cookie": f"JSESSIONID={secrets.token_hex(8)}.{route}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise FrontEndError(f"{url} answers {error.code} {error.reason}") from error
    except OSError:
        return b""


def _raise_stop(*_) -> None:
    raise Stop


if __name__ == "__main__":
    sys.exit(main())
