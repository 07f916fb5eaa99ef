#!/usr/bin/env python3
"""The module in containers: an httpd and two Tomcats, each a host of its own on a private network.

    container/test.py --module target/release/mod_jk.so [--keep]

What only separate hosts can show: an installation as an administrator makes it, names resolved by a name server,
client addresses that differ from the proxy's, a backend that is cut off from the network, a clean end of the
container. Needs docker and, for the Debian base image, what container/base.sh says. BASE names another base
image, DOCKER another client program. Python standard library only. Closes with `N passed, N failed`.
"""

import argparse
import http.client
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent
DOCKER = os.environ.get("DOCKER", "docker")
RUN = f"mod-jk-test-{os.getpid()}"
LABEL = "mod-jk-test"  # on our images, so that replaced ones can be told from anybody else's
SECRET = "only-for-this-test"  # as in httpd/workers.properties
CRASH = re.compile(r"exit signal|panicked|Segmentation fault|\[(?:core|mpm_\w+):(?:emerg|alert)\]|double free|corrupt")
PATIENCE = 120.0
LOADERS, RESTARTS = 4, 5


class Unmet(Exception):
    """Something is not as it must be; the text says what."""


def need(true: bool, otherwise: str) -> None:
    if not true:
        raise Unmet(otherwise)


def docker(*arguments: str, timeout: float = PATIENCE) -> str:
    """What docker says, both outputs in one; Unmet when it fails."""
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run([DOCKER, *arguments], **both, text=True, errors="replace", timeout=timeout)
    need(done.returncode == 0, f"{DOCKER} {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout.strip()


def wait_until(true, what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        need(time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


# Images --------------------------------------------------------------------------------------------------------


def build_images(module: Path) -> None:
    """`mod-jk-test` from an installation into an empty tree, then the two images of the test."""
    base = subprocess.run([HERE / "base.sh"], stdout=subprocess.PIPE, text=True)
    need(base.returncode == 0, "no base image; see above")
    base = base.stdout.strip()
    print(f"building on {base}", flush=True)
    tree = TOP / "target/container"
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "etc/apache2/mods-available").mkdir(parents=True)
    install = ["make", "-s", "-C", TOP, "install", f"MODULE={module}", f"DESTDIR={tree}"]
    install += ["LIBEXECDIR=/usr/lib/apache2/modules", "SYSCONFDIR=/etc/apache2"]
    need(subprocess.run(install).returncode == 0, "make install failed")
    build("mod-jk-test", HERE / "Containerfile", tree, BASE=base)
    build("mod-jk-test-httpd", HERE / "test/httpd/Containerfile", HERE / "test/httpd", HTTPD="mod-jk-test")
    build("mod-jk-test-tomcat", HERE / "test/tomcat/Containerfile", HERE / "test/tomcat", BASE=base)
    subprocess.run([DOCKER, "image", "prune", "-f", "--filter", f"label={LABEL}"], capture_output=True)


def build(tag: str, containerfile: Path, context: Path, **arguments: str) -> None:
    began = time.monotonic()
    print(f"building {tag} ... ", end="", flush=True)
    given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    # The host's network: packages come as they come to this machine, whatever the containers' network can reach.
    given += ["--network", "host", "--label", LABEL, "--force-rm"]
    docker("build", "-q", "-f", str(containerfile), "-t", tag, *given, str(context), timeout=900)
    print(f"{time.monotonic() - began:.0f} s", flush=True)


# Containers ----------------------------------------------------------------------------------------------------


class Stage:
    """The network and the containers on it; leaving it removes them."""

    def __init__(self, keep: bool):
        self.keep = keep
        self.names: list[str] = []

    def __enter__(self) -> "Stage":
        docker("network", "create", RUN)
        return self

    def __exit__(self, *_) -> None:
        self._save_logs()
        if self.keep:
            print(f"kept: network {RUN}, containers {' '.join(self.names)}")
            return
        for name in self.names:
            subprocess.run([DOCKER, "rm", "-f", "-v", name], capture_output=True)
        subprocess.run([DOCKER, "network", "rm", RUN], capture_output=True)

    def run(self, host: str, image: str, *options: str) -> str:
        name = f"{RUN}-{host}"
        self.names.append(name)
        at = ["--name", name, "--hostname", host, "--network", RUN, "--network-alias", host]
        docker("run", "-d", *at, *options, image)
        return name

    def _save_logs(self) -> None:
        folder = TOP / "target/container-logs"
        folder.mkdir(parents=True, exist_ok=True)
        for name in self.names:
            said = subprocess.run([DOCKER, "logs", name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
            (folder / f"{name.removeprefix(RUN + '-')}.log").write_bytes(said)


class Site:
    """What all cases share: where the httpd is, and who the Tomcats are."""

    def __init__(self, stage: Stage):
        self.stage = stage
        for node in ("node1", "node2"):
            stage.run(node, "mod-jk-test-tomcat", "-e", f"NODE={node}", "-e", f"SECRET={SECRET}")
        for node in ("node1", "node2"):
            wait_until(lambda: "Server startup in" in docker("logs", self.name(node)), f"{node} started")
        self.httpd = stage.run("httpd", "mod-jk-test-httpd", "-p", "127.0.0.1::80")
        self.port = int(docker("port", self.httpd, "80").splitlines()[0].rpartition(":")[2])
        wait_until(self.listens, "httpd answers")

    def name(self, host: str) -> str:
        return f"{RUN}-{host}"

    def address(self, host: str) -> str:
        return docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self.name(host))

    def listens(self) -> bool:
        try:
            return self.ask("GET", "/")[0] == 200
        except OSError:
            return False

    def ask(
        self, method: str, path: str, body: bytes | None = None, cookie: str | None = None
    ) -> tuple[int, bytes, str | None]:
        """Status, body and the session cookie to send next, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Connection": "close"} | ({"Cookie": cookie} if cookie else {})
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            set_cookie = reply.getheader("Set-Cookie")
            return reply.status, reply.read(), set_cookie.split(";")[0] if set_cookie else cookie
        finally:
            connection.close()

    def count(self, cookie: str | None = None) -> tuple[int, str, str, str]:
        """One visit of the counting page: count, node, client address as Tomcat sees it, cookie."""
        status, body, cookie = self.ask("GET", "/app/count.jsp", cookie=cookie)
        need(status == 200, f"/app/count.jsp answered {status}: {body[:200]!r}")
        count, node, address = body.decode().split()
        return int(count), node, address, cookie or ""

    def log(self) -> str:
        return docker("logs", self.httpd)


# Cases: each is a fact; they run in this order -----------------------------------------------------------------


def the_installed_configuration_is_valid(site: Site) -> None:
    said = docker("exec", site.httpd, "apachectl", "configtest")
    need("Syntax OK" in said, f"apachectl configtest does not say Syntax OK: {said}")
    said = docker("exec", site.httpd, "apachectl", "-M")
    need("jk_module (shared)" in said, f"apachectl -M does not list jk_module: {said}")


def new_sessions_go_to_both_tomcats(site: Site) -> None:
    nodes = {site.count()[1] for _ in range(6)}
    need(nodes == {"node1", "node2"}, f"six new sessions went to {nodes}")


def a_session_stays_with_its_tomcat(site: Site) -> None:
    for _ in range(2):
        _, home, _, cookie = site.count()
        need(cookie.startswith("JSESSIONID=") and cookie.endswith(f".{home}"), f"cookie {cookie} from {home}")
        for visit in range(2, 12):
            count, node, _, _ = site.count(cookie)
            need((count, node) == (visit, home), f"visit {visit} of a session of {home}: count {count} at {node}")


def tomcat_sees_the_address_of_the_client(site: Site) -> None:
    gateway = docker("network", "inspect", "-f", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", RUN)
    seen = site.count()[2]
    need(seen == gateway, f"Tomcat saw {seen}, the client is {gateway}, httpd is {site.address('httpd')}")


def bodies_come_back_as_they_were_sent(site: Site) -> None:
    for size in (0, 1, 8185, 8186, 8187, 65_536, 3_000_000):
        body = secrets.token_bytes(size)
        status, echo, _ = site.ask("POST", "/app/echo.jsp", body)
        need(status == 200 and echo == body, f"{size} bytes: status {status}, {len(echo)} bytes back")


def a_worker_without_the_secret_is_refused(site: Site) -> None:
    status, body, _ = site.ask("GET", "/stranger/")
    need(status == 403, f"status {status}: {body[:200]!r}")


class Load:
    """Clients that ask one request after the other and verify each answer, until told to stop."""

    def __init__(self, site: Site):
        self.site, self.done, self.faults, self.end = site, 0, [], threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(LOADERS)]

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.end.set()
        for thread in self.threads:
            thread.join(60)

    def _work(self) -> None:
        while not self.end.is_set():
            body = secrets.token_bytes(20_000)
            try:
                status, echo, _ = self.site.ask("POST", "/app/echo.jsp", body)
                fault = None if status == 200 and echo == body else f"status {status}, {len(echo)} bytes back"
            except (OSError, http.client.HTTPException) as error:
                fault = repr(error)
            with self.lock:
                self.done += 1
                if fault:
                    self.faults.append(fault)
            time.sleep(0.005)


def graceful_restarts_lose_no_request(site: Site) -> None:
    with Load(site) as load:
        for restart in range(1, RESTARTS + 1):
            before, resumed = load.done, site.log().count("resuming normal operations")
            wait_until(lambda: load.done >= before + 50, "50 requests between restarts", 60)
            docker("exec", site.httpd, "apachectl", "graceful")
            wait_until(lambda: site.log().count("resuming normal operations") > resumed, f"restart {restart}", 60)
        before = load.done
        wait_until(lambda: load.done >= before + 50, "50 requests after the last restart", 60)
    print(f"  {load.done} requests during {RESTARTS} restarts", flush=True)
    need(not load.faults, f"{len(load.faults)} of {load.done} failed: {load.faults[:3]}")


def a_session_moves_when_its_tomcat_is_cut_off(site: Site) -> None:
    _, home, _, cookie = site.count()
    docker("network", "disconnect", RUN, site.name(home))
    for visit in range(5):
        _, node, _, cookie = site.count(cookie)
        need(node != home, f"visit {visit + 1} was answered by {home}, which has no network")


def no_child_of_httpd_crashed(site: Site) -> None:
    crashes = [line for line in site.log().splitlines() if CRASH.search(line)]
    need(not crashes, "\n".join(crashes[:10]))


def stopping_is_clean(site: Site) -> None:
    docker("exec", site.httpd, "apachectl", "stop")
    code = docker("wait", site.httpd, timeout=30)
    need(code == "0", f"httpd ended with exit code {code}")
    need("caught SIGTERM, shutting down" in site.log(), "the error log does not say that httpd shut down")
    need("still did not exit" not in site.log(), "children had to be killed")


CASES = [
    the_installed_configuration_is_valid,
    new_sessions_go_to_both_tomcats,
    a_session_stays_with_its_tomcat,
    tomcat_sees_the_address_of_the_client,
    bodies_come_back_as_they_were_sent,
    a_worker_without_the_secret_is_refused,
    graceful_restarts_lose_no_request,
    a_session_moves_when_its_tomcat_is_cut_off,
    stopping_is_clean,
    no_child_of_httpd_crashed,
]


def run_cases(keep: bool) -> list[str]:
    """The names of the cases that failed; all of them when the containers do not even start."""
    failed = [case.__name__ for case in CASES]
    with Stage(keep) as stage:
        try:
            site = Site(stage)
        except (Unmet, subprocess.TimeoutExpired) as error:
            print(f"the containers do not start: {error}", flush=True)
            return failed
        for case in CASES:
            began = time.monotonic()
            try:
                case(site)
                failed.remove(case.__name__)
                verdict = "ok"
            except (Unmet, OSError, ValueError, http.client.HTTPException, subprocess.TimeoutExpired) as error:
                verdict = f"FAILED: {error or type(error).__name__}"
            print(f"{case.__name__.replace('_', ' ')} ({time.monotonic() - began:.1f} s) ... {verdict}", flush=True)
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description="Test mod_jk.so in containers.")
    parser.add_argument("--module", type=Path, default=TOP / "target/release/mod_jk.so", help="the module to install")
    parser.add_argument("--keep", action="store_true", help="leave the containers and their network for a look")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the stage is left in order
    failed = [case.__name__ for case in CASES]
    try:
        build_images(args.module.resolve())
        failed = run_cases(args.keep)
    except (Unmet, OSError, subprocess.TimeoutExpired) as error:
        print(f"container test: {error}", flush=True)
    if failed:
        print("logs: target/container-logs/")
    print(f"{len(CASES) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
