"""A httpd for measuring, one for each thing that is compared, and what the kernel says about its processes.

Plain on purpose: an access log in the common format, the modules any server has, nothing that reads notes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

APACHE = os.environ.get("HTTPD") or shutil.which("apache2") or shutil.which("httpd") or "/usr/sbin/apache2"
MODULES = Path(os.environ.get("HTTPD_MODULES", "/usr/lib/apache2/modules"))
USUAL = "authz_core dir mime alias env setenvif".split()
USER = next((name for name in ("www-data", "daemon", "nobody") if name in {p.pw_name for p in pwd.getpwall()}), None)


@dataclass
class Setup:
    """What is asked of a httpd, beside what connects it to the backend."""

    backend: int
    """Port of the backend."""
    members: int = 2
    mounts: list[str] = field(default_factory=list)
    """Patterns that no request of ours matches."""
    packet: int = 8192
    processes: int = 2
    threads: int = 64
    secret: str = ""
    extra: list[str] = field(default_factory=list)
    """Further lines of httpd.conf."""


def jk(module: Path, setup: Setup) -> tuple[list[str], dict[str, str]]:
    """Lines of httpd.conf and further files for mod_jk, whoever made it."""
    names = [f"m{n}" for n in range(setup.members)]
    keys = ["worker.list=lb", "worker.lb.type=lb", f"worker.lb.balance_workers={','.join(names)}"]
    for name in names:
        keys += [f"worker.{name}.type=ajp13", f"worker.{name}.host=127.0.0.1", f"worker.{name}.port={setup.backend}"]
        keys += [f"worker.{name}.max_packet_size={setup.packet}"] if setup.packet != 8192 else []
        keys += [f"worker.{name}.secret={setup.secret}"] if setup.secret else []
    lines = [f"LoadModule jk_module {module}", "JkWorkersFile conf/workers.properties", "JkLogFile logs/mod_jk.log"]
    lines += ["JkLogLevel info", "JkShmFile run/jk-shm", "JkMount /app/* lb"]
    lines += [f"JkMount {pattern} lb" for pattern in setup.mounts]
    return lines, {"conf/workers.properties": "\n".join(keys) + "\n"}


def proxy(setup: Setup) -> tuple[list[str], dict[str, str]]:
    """The same for mod_proxy_ajp, with its balancer."""
    lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in
             "proxy proxy_ajp proxy_balancer slotmem_shm lbmethod_byrequests".split()]
    lines += [f"ProxyIOBufferSize {setup.packet}"] if setup.packet != 8192 else []
    more = f" secret={setup.secret}" if setup.secret else ""
    hosts = ["127.0.0.1"] if setup.secret else ["127.0.0.1", "127.0.0.2"]
    # Without the variable httpd takes the backend's Content-Length away, and the replies would not be alike.
    lines += ["SetEnv ap_trust_cgilike_cl 1", "<Proxy balancer://lb>"]
    lines += [f"BalancerMember ajp://{host}:{setup.backend} route=m{n}{more}" for n, host in enumerate(hosts)]
    lines += ["ProxySet stickysession=JSESSIONID|jsessionid", "</Proxy>"]
    lines += [f"ProxyPass {pattern.rstrip('*')} balancer://lb{pattern.rstrip('*')}" for pattern in setup.mounts]
    return lines + ["ProxyPass /app balancer://lb/app"], {}


def floor(module: Path, setup: Setup, ajp: bool) -> tuple[list[str], dict[str, str]]:
    """A lower bound."""
    return [f"LoadModule floor_module {module}", f"FloorAjp {setup.backend} {setup.members}" if ajp else "Floor On"], {}


class Server:
    """One httpd in a directory of its own, run as an ordinary user so that tools may look into it."""

    def __init__(self, directory: Path, name: str, lines: list[str], files: dict[str, str], setup: Setup):
        self.dir, self.name, self.setup = directory, name, setup
        for folder in ("conf", "logs", "run", "docs/static", "out"):
            (self.dir / folder).mkdir(parents=True)
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        files = files | {"conf/mime.types": "text/plain txt\n", "docs/static/13.txt": "hello, floor\n"}
        files["conf/httpd.conf"] = "\n".join(self._config() + lines + setup.extra) + "\n"
        for file, text in files.items():
            (self.dir / file).write_text(text)
        if _drops():
            entry = pwd.getpwnam(USER)
            for path in (self.dir, *self.dir.rglob("*")):
                os.chown(path, entry.pw_uid, entry.pw_gid)

    def _config(self) -> list[str]:
        s = self.setup
        lines = [f"ServerRoot {self.dir}", "DefaultRuntimeDir run", "PidFile run/httpd.pid", "Mutex default:run"]
        lines += [f"Listen 127.0.0.1:{self.port}", "ServerName localhost"]
        lines += [f"<IfModule !{name}_module>\nLoadModule {name}_module {MODULES}/mod_{name}.so\n</IfModule>"
                  for name in ["mpm_event", "unixd", "log_config", *USUAL]]
        lines += [f"StartServers {s.processes}", f"ServerLimit {s.processes}", f"ThreadLimit {s.threads}"]
        lines += [f"ThreadsPerChild {s.threads}", f"MaxRequestWorkers {s.processes * s.threads}"]
        lines += [f"MinSpareThreads {s.processes * s.threads}", f"MaxSpareThreads {(s.processes + 1) * s.threads}"]
        lines += ["TypesConfig conf/mime.types", "ErrorLog logs/error.log", "LogLevel warn"]
        lines += ['LogFormat "%h %l %u %t \\"%r\\" %>s %b" common', "CustomLog logs/access.log common"]
        return lines + ["DocumentRoot docs", "KeepAliveTimeout 30", "MaxKeepAliveRequests 0", "Timeout 60"]

    def start(self, wrapper: list[str] = (), arguments: list[str] = ("-DFOREGROUND",), patience: float = 300) -> float:
        """Starts and waits until it answers; the seconds that took."""
        command = [*wrapper, APACHE, "-d", str(self.dir), "-f", str(self.dir / "conf/httpd.conf"), *arguments]
        who = {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []} if _drops() else {}
        self.said = self.dir / "out/console.log"
        began = time.monotonic()
        with open(self.said, "ab") as said:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                            start_new_session=True, cwd=self.dir, env=ENVIRONMENT, **who)
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - began > patience:
                self.stop()
                raise RuntimeError(f"{self.name} does not start: {self.said.read_text()[-2000:]}{self.errors()[-2000:]}")
            time.sleep(0.002)
        return time.monotonic() - began

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as sock:
                sock.sendall(b"GET /static/13.txt HTTP/1.0\r\n\r\n")
                return sock.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def errors(self) -> str:
        log = self.dir / "logs/error.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def stop(self) -> None:
        """Ends it, whatever state it is in."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            pass
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def pids(self) -> list[int]:
        """All its processes that live: those of the session that it leads."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            fields = _stat(int(entry))
            if fields and int(fields[3]) == self.process.pid and fields[0] != "Z":
                found.append(int(entry))
        return found

    def children(self) -> list[int]:
        return [pid for pid in self.pids() if pid != self.process.pid]

    def cpu(self) -> float:
        """Microseconds of CPU that its processes have used; the scheduler's own count, not ticks."""
        return sum(_cpu(pid) for pid in self.pids())

    def rss(self) -> float:
        """MiB resident in a child, the mean of all."""
        return self._mean("Rss") / 1024

    def private(self) -> float:
        """KiB that are private to a child, the mean of all."""
        return self._mean("Private_Dirty") + self._mean("Private_Clean")

    def total(self) -> float:
        """MiB of all its processes, shared pages counted by their share."""
        return sum(_rollup(pid).get("Pss", 0) for pid in self.pids()) / 1024

    def _mean(self, what: str) -> float:
        children = self.children()
        return sum(_rollup(pid).get(what, 0) for pid in children) / max(1, len(children))


ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C", "TZ": "UTC"}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _drops() -> bool:
    return os.geteuid() == 0 and USER is not None


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _cpu(pid: int) -> float:
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(task.read_text().split()[0])
        except OSError:
            pass
    return total / 1000


def _rollup(pid: int) -> dict[str, int]:
    """KiB by kind of memory."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    return {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
