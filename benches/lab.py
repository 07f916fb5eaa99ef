"""What stands beside the servers: tools built for the benchmark, the backend, the clients, a place to work in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from server import Server, Setup, floor, jk, proxy

TOP = Path(__file__).resolve().parents[1]
NAMES = ("ours", "original", "proxy_ajp", "floor", "floor-ajp")
MANNERS = ("one:8192", "three:8192", "one:65536")


class Lab:
    """Built tools, one running backend, and servers by name."""

    def __init__(self, ours: Path, original: Path | None):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        self.target = Path(os.environ.get("CARGO_TARGET_DIR", TOP / "target")).resolve()
        self.began = time.monotonic()
        self.dir = Path(tempfile.mkdtemp(prefix="mod_jk-bench-"))
        self.dir.chmod(0o755)
        self.ours = shutil.copy(ours, self.dir / "ours.so")
        self.original = shutil.copy(original, self.dir / "original.so") if original and original.is_file() else None
        self.tool = self._build_tool()
        self.backend = subprocess.Popen([self.tool, "backend", *MANNERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = dict(zip(MANNERS, map(int, self.backend.stdout.readline().split())))
        self.servers: list[Server] = []

    def names(self) -> list[str]:
        """What can be compared here."""
        return [name for name in NAMES if name != "original" or self.original]

    def say(self, text: str) -> None:
        """Progress, with the time since the start."""
        print(f"bench: {time.monotonic() - self.began:6.1f} s  {text}", file=sys.stderr, flush=True)

    def _build_tool(self) -> str:
        self.say("building the backend and the clients")
        target = self.target / "bench-tools"
        subprocess.run(["cargo", "build", "--release", "--locked", "-q"], cwd=TOP / "benches/tools", check=True,
                       env=os.environ | {"CARGO_TARGET_DIR": str(target)})
        return shutil.copy(target / "release/jk-bench", self.dir)

    def module(self, name: str) -> Path:
        """A module of the benchmark's own, built when it is first asked for."""
        built = self.dir / f".libs/{name}.so"
        if not built.exists():
            source = shutil.copy(TOP / f"benches/modules/{name}.c", self.dir)
            apxs = os.environ.get("APXS") or shutil.which("apxs") or shutil.which("apxs2") or "apxs"
            done = subprocess.run([apxs, "-c", str(source)], cwd=self.dir, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{name}.c does not compile:\n{done.stderr[:2000]}")
        return built

    def server(self, name: str, *, manner: str = "one:8192", **more) -> Server:
        """A server that is not started yet. `more` are fields of `Setup`."""
        setup = Setup(**({"backend": self.ports[manner], "packet": int(manner.split(":")[1])} | more))
        parts = {
            "ours": lambda: jk(self.ours, setup),
            "original": lambda: jk(self.original, setup),
            "proxy_ajp": lambda: proxy(setup),
            "floor": lambda: floor(self.module("mod_floor"), setup, False),
            "floor-ajp": lambda: floor(self.module("mod_floor"), setup, True),
        }[name]()
        server = Server(self.dir / f"{name}-{len(self.servers)}", name, *parts, setup)
        self.servers.append(server)
        return server

    def started(self, *names: str, **more) -> list[Server]:
        servers = [self.server(name, **more) for name in names]
        for server in servers:
            server.start()
        return servers

    def stop(self) -> None:
        """Stops all servers."""
        for server in self.servers:
            server.stop()

    def load(self, server: Server, path: str = "/app/13", kind: str = "load", **more) -> dict:
        """Runs a client over a server; fails if a reply was not what it should be."""
        arguments = [f"{key}={value}" for key, value in ({"port": server.port, "path": path} | more).items()]
        done = subprocess.run([self.tool, kind, *arguments], capture_output=True, text=True, check=True, timeout=900)
        result = json.loads(done.stdout)
        if result["errors"] or not result["requests"]:
            raise RuntimeError(f"{server.name}, {path} {more}: {result}\n{server.errors()[-1000:]}")
        return result

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_) -> None:
        self.stop()
        self.backend.stdin.close()
        self.backend.wait(10)
        if not os.environ.get("JK_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)
