"""`demo/run.py` keeps what it prints: its own command lines are run as they stand."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import under_test

RUN = Path(__file__).resolve().parents[2] / "demo" / "run.py"
PORTS = 6


def six_ports() -> int:
    for base in range(18800, 30000, 10):
        try:
            for port in range(base, base + PORTS):
                socket.create_server(("127.0.0.1", port)).close()
            return base
        except OSError:
            continue
    raise AssertionError("no six free ports in a row")


class Demo:
    def __init__(self, directory: Path, *more: str):
        self.directory, self.base, self.said = directory, six_ports(), directory / "said"
        directory.mkdir(exist_ok=True)
        command = [sys.executable, str(RUN), "--module", str(under_test.module_path()), "--mpm", under_test.MPM,
                   "--dir", str(directory / "state"), "--base-port", str(self.base), *more]
        with open(self.said, "wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT)

    def waits_for(self, pattern: str, seconds: float = 60) -> str:
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.said.read_text(), re.MULTILINE)):
            assert self.process.poll() is None and time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.05)
        return found[0]

    def line_of(self, step: int) -> str:
        """The command printed under a numbered step."""
        return re.search(rf"^{step}\. .*\n   (.*)$", self.said.read_text(), re.MULTILINE)[1]

    def ends(self, seconds: float = 20) -> int:
        return self.process.wait(seconds)

    def nothing_is_left(self) -> None:
        left = [pid for pid in os.listdir("/proc") if pid.isdigit() and str(self.directory).encode() in _command(pid)]
        assert not left, [_command(pid) for pid in left]


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def demo(tmp_path):
    demo = Demo(tmp_path / "demo")
    yield demo
    demo.process.terminate()
    demo.ends()


def shell(command: str) -> list[str]:
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout.splitlines()


def test_the_printed_lines_do_what_is_said_about_them(demo):
    demo.waits_for("^Ready")
    counted = shell(demo.line_of(1))
    home = re.search(r"node=(\w+)", counted[0])[1]
    for number, line in enumerate(counted, 1):
        assert line.startswith(f"count={number} node={home} front={'BA'[number % 2]} session="), counted
    assert len(counted) == 6

    assert shell(demo.line_of(2))[0].endswith("." + home)

    function = demo.line_of(1).split("};")[0] + "}; "
    refuge = {"node1": "node2", "node2": "node1"}[home]
    counted = shell(function + demo.line_of(3))
    assert [line.split(" session")[0] for line in counted] == [
        f"count={number} node={refuge} front={'BA'[number % 2]}" for number in (7, 8, 9, 10)]
    assert counted[0].endswith(f"moved-from={home}")

    demo.waits_for(f"^{home} was killed by SIGKILL")
    demo.process.stdin.write(f"{home}\n".encode())
    demo.process.stdin.flush()
    demo.waits_for(rf"(?s)^{home} was killed.*^{home} +ready")

    demo.process.send_signal(signal.SIGINT)
    assert demo.ends() == 0
    demo.nothing_is_left()


def test_a_taken_port_is_named(tmp_path):
    blocked = six_ports() + 3
    with socket.create_server(("127.0.0.1", blocked)):
        demo = Demo(tmp_path, "--base-port", str(blocked - 3))
        assert demo.ends() == 1
    said = demo.said.read_text()
    assert re.findall(r"^port (\d+) \((.*?)\): Address already in use", said, re.MULTILINE) == [(str(blocked), "AJP of node2")]
    assert "--base-port" in said
    demo.nothing_is_left()


def test_nothing_outlives_a_killed_demo(demo):
    demo.waits_for("^frontA +ready")
    demo.process.kill()
    demo.ends()
    deadline = time.monotonic() + 10
    while True:
        try:
            return demo.nothing_is_left()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
