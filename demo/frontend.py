"""An httpd of its own with mod_jk, configured for the demo and nothing else.

Knows how to write a complete httpd.conf and workers.properties, how to start httpd in the foreground,
and how to tell why it did not start.
"""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tomcat import die_with

LIBRARIES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules",
             "/usr/local/apache2/modules")
PROGRAMS = ("apache2", "httpd", "/usr/sbin/apache2", "/usr/sbin/httpd", "/usr/local/apache2/bin/httpd")
# Some builds of httpd have these inside, others as files.
MODULES = ("unixd", "log_config", "authn_core", "authz_core", "authz_host", "alias", "headers")
# Whom the child processes run as when root starts the demo.
USERS = ("www-data", "apache", "daemon", "nobody")


class FrontEndError(RuntimeError):
    """An httpd that cannot run here; the text says what to do about it."""


def library_directory() -> Path:
    """Where httpd keeps its modules: as apxs says, else the usual places."""
    for apxs in filter(None, (os.environ.get("APXS"), shutil.which("apxs"), shutil.which("apxs2"))):
        asked = subprocess.run([apxs, "-q", "LIBEXECDIR"], capture_output=True, text=True, check=False)
        if asked.returncode == 0 and Path(asked.stdout.strip()).is_dir():
            return Path(asked.stdout.strip())
    for place in LIBRARIES:
        if Path(place).is_dir():
            return Path(place)
    raise FrontEndError(f"no httpd modules in {', '.join(LIBRARIES)}: install the package apache2")


def httpd_program() -> str:
    for program in filter(None, (os.environ.get("HTTPD"), *PROGRAMS)):
        if found := shutil.which(program):
            return found
    raise FrontEndError("no httpd: install the package apache2, or set HTTPD")


@dataclass
class FrontEnd:
    """One httpd. `workers` gives the AJP port of each Tomcat by its jvmRoute."""

    directory: Path
    letter: str
    address: str
    port: int
    module: Path
    mpm: str
    workers: dict[str, int]
    secret: str
    process: subprocess.Popen | None = None

    @property
    def name(self) -> str:
        return f"front{self.letter}"

    @property
    def url(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        self._kill_group()
        for folder in ("conf", "logs", "run"):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        config = self.directory / "conf" / "httpd.conf"
        config.write_text(self._httpd_conf())
        workers = self.directory / "conf" / "workers.properties"
        workers.unlink(missing_ok=True)
        workers.touch(mode=0o600)
        workers.write_text(self._workers())
        with open(self.directory / "logs" / "start.log", "wb") as log:
            self.process = subprocess.Popen([httpd_program(), "-f", str(config), "-DFOREGROUND"], cwd=self.directory,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                            preexec_fn=die_with(signal.SIGTERM))

    def ready(self) -> bool:
        if not self.alive():
            raise FrontEndError(f"{self.name} {self.fate()}. What httpd said:\n{self._said()}")
        try:
            host, port = re.fullmatch(r"http://\[?([^\]]*?)\]?:(\d+)", self.url).groups()
            socket.create_connection((host, int(port)), timeout=1).close()
            return True
        except OSError:
            return False

    def alive(self) -> bool:
        if self.process is not None and self.process.poll() is None:
            return True
        # Children of a killed httpd would go on serving.
        self._kill_group()
        return False

    def fate(self) -> str:
        code = self.process.poll() if self.process else None
        if code is None:
            return "is not running"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                pass
        self._kill_group()

    def _kill_group(self) -> None:
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()

    def _said(self) -> str:
        logs = [self.directory / "logs" / name for name in ("start.log", "error.log", "mod_jk.log")]
        return "\n".join(line for log in logs if log.is_file()
                         for line in log.read_text(errors="replace").splitlines()[-8:])

    def _workers(self) -> str:
        members = "\n".join(f"""
worker.{route}.type=ajp13
worker.{route}.host=127.0.0.1
worker.{route}.port={port}
worker.{route}.secret={self.secret}
worker.{route}.ping_mode=A""" for route, port in self.workers.items())
        return f"""# Written by demo/run.py. The name of a member is its route: the jvmRoute of its Tomcat.
worker.list=balancer,jk-status
worker.jk-status.type=status
worker.balancer.type=lb
worker.balancer.balance_workers={','.join(self.workers)}
worker.balancer.sticky_session=true
{members}
"""

    def _httpd_conf(self) -> str:
        libraries = library_directory()
        inside = subprocess.run([httpd_program(), "-l"], capture_output=True, text=True, check=False).stdout
        wanted = [name for name in (f"mpm_{self.mpm}", *MODULES) if f"mod_{name}.c" not in inside]
        loads = "\n".join(f'LoadModule {name}_module "{libraries}/mod_{name}.so"' for name in wanted
                          if f"  {name.removeprefix('mpm_')}.c" not in inside)
        return f"""# Written by demo/run.py.
ServerRoot "{self.directory}"
PidFile run/httpd.pid
DefaultRuntimeDir run
ServerName localhost
Listen {f'[{self.address}]' if ':' in self.address else self.address}:{self.port}
{loads}
LoadModule jk_module "{self.module}"
{self._user()}
ErrorLog logs/error.log
LogFormat "%h %t \\"%r\\" %>s %b %{{JK_WORKER_ROUTE}}n %{{JK_REQUEST_DURATION}}n" demo
CustomLog logs/access.log demo

JkWorkersFile conf/workers.properties
JkLogFile logs/mod_jk.log
JkLogLevel info
JkShmFile run/jk-runtime-status

# The page shows which front end it came through.
RequestHeader set X-Front-End "{self.letter}"
JkMount /demo|/* balancer
# Only this machine may see and change the workers.
<Location /jk-status>
    JkMount jk-status
    Require local
</Location>
RedirectMatch "^/$" "/demo/"
"""

    @staticmethod
    def _user() -> str:
        """httpd refuses to serve as root, and needs no `User` from anybody else."""
        if os.geteuid() != 0:
            return ""
        for name in USERS:
            try:
                return f'User {name}\nGroup "#{pwd.getpwnam(name).pw_gid}"'
            except KeyError:
                continue
        raise FrontEndError(f"started by root, and none of the users {', '.join(USERS)} exists to serve as")
