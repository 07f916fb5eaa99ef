"""A real httpd with a generated configuration in a directory of its own.

    with Httpd(threads=4) as httpd:
        httpd.workers("worker.list=w\nworker.w.port=8009\n")
        httpd.conf("JkMount /* w")
        httpd.start()
        httpd.get("/x")

Ports are free ones and stand in the configuration as `${PORT}` and `${NAME_PORT}` for each further `listen`.
`check` fails when a child crashed; `stop` fails when a process stays behind. Both run by themselves at the end.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import client, memcheck, under_test
from .client import Client, Reply

APACHE = os.environ.get("HTTPD", shutil.which("apache2") or shutil.which("httpd") or "/usr/sbin/apache2")

ALWAYS = "unixd authn_core authz_core authz_host log_config mime dir alias setenvif env headers rewrite".split()

NOTES = "WORKER_NAME WORKER_TYPE WORKER_ROUTE REQUEST_DURATION".split() + [
    f"LB_{place}_{what}"
    for place in ("FIRST", "LAST")
    for what in "NAME VALUE ACCESSED SESSIONS READ TRANSFERRED ERRORS BUSY ACTIVATION STATE".split()
]
_FIELDS = ["id", "status", "request", "bytes", "connection"] + NOTES
_FORMAT = r"%{X-Test-Id}i\t%>s\t%r\t%B\t%X" + "".join(rf"\t%{{JK_{note}}}n" for note in NOTES)

_CRASH = re.compile(r"exit signal|panicked|memory allocation of|\[(?:core|mpm_\w+):(?:emerg|alert)\]")

alive: list[Httpd] = []
"""Every httpd that was started and not stopped; the tests' end looks after them."""


class Failed(AssertionError):
    """httpd did something no test may pass with."""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _free_port_besides(taken) -> int:
    """The system may offer the same port again, as nobody listens there yet."""
    return next(port for port in iter(free_port, None) if port not in taken)


def unprivileged_user() -> str | None:
    """Whom children run as; None when the tests do not run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("www-data", "daemon", "nobody") if name in names)


class Httpd:
    """One server: configuration, process, logs.

    `processes` x `threads` requests at once; on prefork that many children, so `threads=1` means one process on every
    MPM. The other MPMs get 4 threads at least: event closes kept-alive connections while no thread is idle.
    """

    def __init__(
        self,
        directory: Path | str | None = None,
        *,
        mpm: str | None = None,
        module: Path | str | None = None,
        processes: int = 1,
        threads: int = 8,
        modules: str = "",
        jk: bool = True,
        jk_log_level: str = "info",
        environment: dict[str, str] | None = None,
    ):
        self._owned = directory is None
        self.dir = Path(directory or tempfile.mkdtemp(prefix="mod_jk-httpd-"))
        self.dir.mkdir(parents=True, exist_ok=True)
        self.dir.chmod(0o755)
        for name in ("conf", "logs", "run", "docs"):
            (self.dir / name).mkdir(exist_ok=True)
        self.mpm = mpm or under_test.MPM
        self.module = Path(module or under_test.module_path()).resolve()
        self.processes, self.threads = processes, threads if self.mpm == "prefork" else max(threads, 4)
        self.extra_modules, self.jk, self.jk_log_level = modules.split(), jk, jk_log_level
        self.environment = environment or {}
        self.ports: dict[str, int] = {"PORT": 0}
        self._text: list[str] = []
        self._before: list[str] = []
        self._crashes_allowed = 0
        self._log_at = 0
        self.process: subprocess.Popen | None = None

    # Configuration -------------------------------------------------------------------------------------------------

    def conf(self, text: str) -> Httpd:
        """More lines for the main server, or whole `<VirtualHost *:${PORT}>` sections."""
        self._text.append(text)
        return self

    def replace_conf(self, text: str) -> Httpd:
        """Only these lines instead of all that was said with `conf`, for the next start or restart."""
        self._text = [text]
        return self

    def workers(self, text: str) -> Httpd:
        """The content of workers.properties; may be said again before a restart."""
        self.write("conf/workers.properties", text)
        return self

    def listen(self, name: str) -> Httpd:
        """One more port, as `${NAME_PORT}` in the configuration and `ports["NAME_PORT"]` here."""
        self.ports[f"{name}_PORT"] = 0
        return self

    def write(self, name: str, text: str | bytes, mode: int = 0o644) -> Path:
        """A file below the server's directory."""
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    def document(self, name: str, text: str = "static") -> Path:
        """A file that httpd serves itself."""
        return self.write(f"docs/{name}", text)

    @property
    def port(self) -> int:
        return self.ports["PORT"]

    @property
    def config_file(self) -> Path:
        return self.dir / "conf/httpd.conf"

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def write_config(self) -> Path:
        """Writes httpd.conf as it stands now; tests that run httpd themselves begin here."""
        for name, port in self.ports.items():
            self.ports[name] = port or _free_port_besides(self.ports.values())
        return self.write("conf/httpd.conf", "\n".join(self._config()) + "\n")

    def _config(self) -> list[str]:
        lines = [f"Define {name} {port}" for name, port in self.ports.items()]
        lines += [f"Define DIR {self.dir}", f"ServerRoot {self.dir}", "DefaultRuntimeDir run", "PidFile run/httpd.pid"]
        lines += [f"Listen 127.0.0.1:{port}" for port in self.ports.values()]
        lines += ["ServerName www.example.com"]
        lines += [_load(f"mpm_{self.mpm}")] + [_load(name) for name in ALWAYS + self.extra_modules]
        if (user := unprivileged_user()) is not None:
            lines += [f"User {user}", f"Group #{pwd.getpwnam(user).pw_gid}"]
        lines += self._mpm_lines()
        lines += ["TypesConfig conf/mime.types", "ErrorLog logs/error.log", "LogLevel info"]
        lines += ['ErrorLogFormat "[%t] [%-m:%l] [pid %P] %E: %M"']
        lines += [f'LogFormat "{_FORMAT}" notes', "CustomLog logs/access.log notes"]
        lines += ["DocumentRoot docs", "<Directory />", "AllowOverride None", "Require all granted", "</Directory>"]
        lines += ["Timeout 30", "KeepAliveTimeout 10", "MaxKeepAliveRequests 0"]
        lines += ["GracefulShutdownTimeout 10", "Mutex default:run"]
        if self.jk:
            lines += [f"LoadModule jk_module {self.module}", "JkLogFile logs/mod_jk.log", "JkShmFile run/jk-shm"]
            lines += [f"JkLogLevel {self.jk_log_level}"]
            if (self.dir / "conf/workers.properties").exists():
                lines += ["JkWorkersFile conf/workers.properties"]
        self.write("conf/mime.types", "text/plain txt\ntext/html html\n")
        return lines + self._text

    def _mpm_lines(self) -> list[str]:
        if self.mpm == "prefork":
            n = self.processes * self.threads
            return [f"{key} {n}" for key in ("StartServers", "MinSpareServers", "MaxSpareServers", "ServerLimit", "MaxRequestWorkers")]
        total = self.processes * self.threads
        return [
            f"StartServers {self.processes}",
            f"ServerLimit {self.processes}",
            f"ThreadLimit {self.threads}",
            f"ThreadsPerChild {self.threads}",
            f"MaxRequestWorkers {total}",
            f"MinSpareThreads {total}",
            f"MaxSpareThreads {total + self.threads}",
        ]

    # Running -------------------------------------------------------------------------------------------------------

    def command(self, *arguments: str) -> list[str]:
        return [APACHE, "-d", str(self.dir), "-f", str(self.config_file), *arguments]

    def configtest(self) -> subprocess.CompletedProcess:
        """`httpd -t` with the configuration as it stands; `returncode`, and all it says in `stdout`."""
        self.write_config()
        return subprocess.run(
            self.command("-t"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=60, env=_environment() | self.environment
        )

    def start(self) -> Httpd:
        """Starts and waits until it answers."""
        for _ in range(5):
            outcome = self.try_start()
            if outcome is None:
                return self
            if "could not bind" not in outcome and "Address already in use" not in outcome:
                break
            self.ports = {name: 0 for name in self.ports}
        raise Failed(f"httpd does not start:\n{outcome}")

    def try_start(self, wrapper: list[str] = (), arguments: list[str] = ("-DFOREGROUND",)) -> str | None:
        """None once the server listens; else what it said before it gave up."""
        self.write_config()
        self._said = open(self.dir / "logs/console.log", "ab")
        self.process = subprocess.Popen(
            [*wrapper, *memcheck.wrapper(self.dir), *self.command(*arguments)], stdout=self._said, stderr=self._said, stdin=subprocess.DEVNULL, env=_environment() | self.environment, start_new_session=True
        )
        patience = 600 if memcheck.ON else 60
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return self._gave_up()
            if (self.dir / "run/httpd.pid").exists() and self._listens():
                alive.append(self)
                return None
            time.sleep(0.01)
        self.kill()
        return f"neither started nor gave up within {patience} s\n{self._all_it_said()}"

    def _gave_up(self) -> str:
        self._said.close()
        self.exit_code = self.process.returncode
        self.process = None
        return f"exit code {self.exit_code}\n{self._all_it_said()}"

    def _all_it_said(self) -> str:
        console = (self.dir / "logs/console.log").read_text(errors="replace")
        return f"{console}\n{self.error_log()[-3000:]}"

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    @property
    def pid(self) -> int:
        """The parent process."""
        return int((self.dir / "run/httpd.pid").read_text())

    def children(self) -> list[int]:
        """Child processes that serve requests."""
        parent = self.pid
        return [p.pid for p in _session(self.process.pid) if p.parent == parent and p.state != "Z" and p.name.startswith(("apache2", "httpd", "memcheck"))]

    def graceful(self, wait: bool = True) -> None:
        """A graceful restart with the configuration as it stands; waits until only the new generation takes requests."""
        self.write_config()
        restarts, old = self.error_log().count(_RESUMED), self.children()
        os.kill(self.pid, signal.SIGUSR1)
        if wait:
            self.wait_until(lambda: not self.running() or self._took_over(restarts, old), "graceful restart")

    def _took_over(self, restarts: int, old: list[int]) -> bool:
        """Old children serve on until they are told, and may be there for long after."""
        if self.error_log().count(_RESUMED) <= restarts or not set(self.children()) - set(old):
            return False
        listening = _listening_sockets(self.port)
        return not any(listening & _open_files(child) for child in old)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, *, graceful: bool = False) -> None:
        """Stops and checks. It may be started again."""
        if self.process is None:
            return
        try:
            self.check()
            self._let_children_finish_starting()
            if self.running():
                os.kill(self.pid, signal.SIGWINCH if graceful else signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                raise Failed("httpd did not stop within 30 s") from None
            self._no_leftovers()
            self.check()
            if found := memcheck.found(self.dir):
                raise Failed(f"memcheck:\n{found}")
        finally:
            self.kill()

    def close(self) -> None:
        """Stops, checks, removes its directory if it was ours; JK_KEEP=1 leaves that for a look at the logs."""
        try:
            self.stop()
        finally:
            self._forget()

    def _let_children_finish_starting(self) -> None:
        """The event MPM of 2.4.71 crashes now and then, with no module of ours in it, if it is stopped meanwhile."""
        if self.mpm == "prefork" or not self.running():
            return
        deadline = time.monotonic() + 5
        while any(_threads(child) < self.threads + 2 for child in self.children()) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)

    def _no_leftovers(self) -> None:
        session, deadline = self.process.pid, time.monotonic() + 5
        while left := [p for p in _session(session) if p.state != "Z"]:
            if time.monotonic() > deadline:
                raise Failed(f"left behind: {[(p.pid, p.name) for p in left]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends everything at once, without a check."""
        if self.process is None:
            return
        # The parent first: it could make another child meanwhile.
        self.process.kill()
        self.process.wait()
        for process in _session(self.process.pid):
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self in alive:
            alive.remove(self)
        self._said.close()
        self.process = None

    def _forget(self) -> None:
        if self._owned and not os.environ.get("JK_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self) -> Httpd:
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self.close()
        else:
            self.kill()
            self._forget()

    # Looking -------------------------------------------------------------------------------------------------------

    def error_log(self) -> str:
        return _read(self.dir / "logs/error.log")

    def jk_log(self) -> str:
        return _read(self.dir / "logs/mod_jk.log")

    def expect_crashes(self, n: int = 1) -> None:
        """The original crashes here: so many children may. Said before the check that follows."""
        self._crashes_allowed += n

    def crashes(self) -> list[str]:
        """Lines about crashed children since the last check."""
        self._settle()
        return [line for line in self.error_log()[self._log_at :].splitlines() if _CRASH.search(line)]

    def check(self) -> None:
        """Fails if a child crashed, or anything panicked, since the last check."""
        lines = self.crashes()
        self._log_at = len(self.error_log())
        allowed, self._crashes_allowed = self._crashes_allowed, 0
        if len(lines) > allowed:
            raise Failed("a child of httpd crashed:\n" + "\n".join(lines))

    def _settle(self) -> None:
        """The parent reaps, and so reports, dead children once a second: wait until none is left unreaped."""
        if not self.running():
            return
        deadline = time.monotonic() + 5
        while any(p.state == "Z" and p.parent == self.process.pid for p in _session(self.process.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)

    def logged(self, name: str | Reply, seconds: float = 10) -> dict[str, str]:
        """The access log's line for one request, by field: id, status, request, bytes, connection, and every note."""
        wanted = name.id if isinstance(name, Reply) else name

        def line():
            found = [fields for fields in (one.split("\t") for one in self._access_lines()) if fields[0] == wanted]
            return dict(zip(_FIELDS, found[-1])) if found else None

        return self.wait_until(line, f"line of {wanted} in the access log", seconds)

    def access_log(self) -> list[dict[str, str]]:
        return [dict(zip(_FIELDS, line.split("\t"))) for line in self._access_lines()]

    def _access_lines(self) -> list[str]:
        """Whole lines: of one that is being written the first part can be there already."""
        text = _read(self.dir / "logs/access.log")
        return text[: text.rfind("\n") + 1].splitlines()

    def wait_until(self, condition, what: str, seconds: float = 20):
        """Polls until the condition is true and gives its value; no test depends on how long that takes."""
        deadline = time.monotonic() + seconds
        while True:
            if value := condition():
                return value
            if time.monotonic() > deadline:
                raise Failed(f"waited {seconds} s for {what}\n{self.error_log()[-2000:]}")
            time.sleep(0.01)

    # Asking --------------------------------------------------------------------------------------------------------

    def client(self, *, port: str = "PORT", **more) -> Client:
        return Client(self.ports[port], **more)

    def get(self, target: str = "/", **more) -> Reply:
        return client.fetch(self.port, target, **more)

    def ask(self, target: str, method: str, **more) -> Reply:
        return client.fetch(self.port, target, method, **more)


class _Process:
    def __init__(self, pid: int, name: str, state: str, parent: int, session: int):
        self.pid, self.name, self.state, self.parent, self.session = pid, name, state, parent, session


def _session(session: int) -> list[_Process]:
    """All processes of a session; httpd is started as the leader of its own."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        name = stat[stat.index("(") + 1 : stat.rindex(")")]
        state, parent, _, sid, *_ = stat[stat.rindex(")") + 2 :].split()
        if int(sid) == session:
            found.append(_Process(int(entry), name, state, int(parent), int(sid)))
    return found


_RESUMED = "resuming normal operations"


def _listening_sockets(port: int) -> set[str]:
    """Names, as in /proc/PID/fd, of the sockets that listen on the port."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}


def _open_files(pid: int) -> set[str]:
    found = set()
    try:
        for entry in os.listdir(f"/proc/{pid}/fd"):
            try:
                found.add(os.readlink(f"/proc/{pid}/fd/{entry}"))
            except FileNotFoundError:
                pass  # closed meanwhile
    except OSError:
        pass  # the process has ended
    return found


def _threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 1 << 16  # it has ended


def _load(name: str) -> str:
    """Distributions differ in what they build in."""
    return f"<IfModule !{name}_module>\nLoadModule {name}_module {under_test.MODULES}/mod_{name}.so\n</IfModule>"


def _environment() -> dict[str, str]:
    """Only what httpd needs, so that results do not depend on who runs the tests."""
    return {"PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), "LANG": "C", "TZ": "UTC", "RUST_BACKTRACE": "1"}


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
