"""A private Tomcat 10, or two that replicate their sessions, for the demo and the tests.

Knows how to write a CATALINA_BASE that starts fast, and how to start, kill, pause, restart and
stop the Java process. Uses the installed Tomcat as CATALINA_HOME and its built-in JSP compiler,
so a Java runtime is enough; no JDK. Python standard library only.

Nothing outlives its owner: each Java process is asked to die with the thread that started it
(Linux), and whatever is left is killed at exit. Start Tomcats from the main thread.
"""

import atexit
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

CPING = b"\x12\x34\x00\x01\x0a"
CPONG = b"AB\x00\x01\x09"
HOMES = ("/usr/share/tomcat10", "/opt/tomcat10", "/opt/tomcat")
# Tomcat's JSP compiler must understand the class files of the runtime: prefer the system's own.
JAVAS = ("/usr/lib/jvm/default-java/bin/java", "/usr/lib/jvm/default-runtime/bin/java")
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)
_started: "set[Tomcat]" = set()


class TomcatError(RuntimeError):
    """A Tomcat that cannot run here; the text says what to do about it."""


def catalina_home() -> Path:
    """The installed Tomcat 10: $CATALINA_HOME, else the usual places."""
    candidates = [os.environ["CATALINA_HOME"]] if os.environ.get("CATALINA_HOME") else HOMES
    for home in candidates:
        if Path(home, "bin/bootstrap.jar").is_file():
            return Path(home)
    raise TomcatError(f"no Tomcat 10 in {', '.join(candidates)}: install the package tomcat10, or set CATALINA_HOME")


def java_program() -> str:
    """The Java runtime: $DEMO_JAVA, else the system's default, else the PATH."""
    found = os.environ.get("DEMO_JAVA") or next((java for java in JAVAS if os.access(java, os.X_OK)), None)
    found = found or shutil.which("java")
    if not found:
        raise TomcatError("no Java runtime: install the package default-jre-headless, or set DEMO_JAVA")
    return found


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody used a moment ago, all different."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports


def die_with(sig: int):
    """A `preexec_fn`: the kernel sends `sig` to the new process when the thread that started it ends."""
    parent = os.getpid()

    def in_child() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def answers_cping(port: int, timeout: float = 1.0) -> bool:
    """Whether an AJP connector on 127.0.0.1 says CPONG to a CPING."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
            sock.settimeout(timeout)
            sock.sendall(CPING)
            answer = b""
            while len(answer) < len(CPONG):
                piece = sock.recv(len(CPONG) - len(answer))
                if not piece:
                    return False
                answer += piece
            return answer == CPONG
    except OSError:
        return False


@dataclass
class Cluster:
    """Session replication over TCP between members that know each other from the start."""

    name: str
    port: int
    peers: dict[str, int] = field(default_factory=dict)


@dataclass(eq=False)
class Tomcat:
    """One Tomcat with its own CATALINA_BASE.

    `apps` maps context paths to directories. `wide_port`, if given, is a second AJP connector with
    packetSize 65536. `properties` become Java system properties; the applications also find the
    name of the node as `node`.
    """

    base: Path
    name: str
    ajp_port: int
    secret: str
    apps: dict[str, Path]
    cluster: Cluster | None = None
    wide_port: int | None = None
    properties: dict[str, str] = field(default_factory=dict)
    java_options: tuple[str, ...] = ("-Xmx128m",)
    process: subprocess.Popen | None = None

    @property
    def log(self) -> Path:
        return self.base / "logs" / "tomcat.log"

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> "Tomcat":
        """Writes the configuration and starts Java; `wait` or `ready` tell when it serves."""
        home = catalina_home()
        self._write_base()
        options = {"catalina.home": home, "catalina.base": self.base, "java.io.tmpdir": self.base / "temp",
                   "java.security.egd": "file:/dev/./urandom", "java.awt.headless": "true",
                   "java.util.logging.manager": "org.apache.juli.ClassLoaderLogManager",
                   "java.util.logging.config.file": self.base / "conf" / "logging.properties",
                   "node": self.name} | self.properties
        classpath = f"{home}/bin/bootstrap.jar:{home}/bin/tomcat-juli.jar"
        command = [java_program(), "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *self.java_options,
                   *(f"-D{key}={value}" for key, value in options.items()),
                   "-cp", classpath, "org.apache.catalina.startup.Bootstrap", "start"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, cwd=self.base, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, preexec_fn=die_with(signal.SIGKILL))
        _started.add(self)
        (self.base / "pid").write_text(f"{self.process.pid}\n")
        return self

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        """Whether it serves: Tomcat opens its connectors after the applications are up."""
        if self.process is None or self.process.poll() is not None:
            raise TomcatError(f"Tomcat {self.name} {self.fate()}; the end of {self.log}:\n{self.log_tail()}")
        return all(answers_cping(port) for port in (self.ajp_port, self.wide_port) if port)

    def wait(self, timeout: float = 90) -> "Tomcat":
        """Returns when it serves; fails with the end of its log if it dies or takes too long."""
        deadline = time.monotonic() + timeout
        while not self.ready():
            if time.monotonic() > deadline:
                raise TomcatError(f"Tomcat {self.name} is not ready after {timeout} s; {self.log}:\n{self.log_tail()}")
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        """SIGKILL, as a crash or a power cut would do it."""
        self._end(signal.SIGKILL, 10)

    def stop(self, patience: float = 5) -> None:
        """SIGTERM, then SIGKILL when it has not gone after `patience` seconds."""
        self.resume()
        self._end(signal.SIGTERM, patience)

    def restart(self) -> "Tomcat":
        """Starts it again, on the same ports and with the compiled pages of before, and waits."""
        self.stop()
        return self.start().wait()

    def pause(self) -> None:
        """SIGSTOP: its sockets still accept, nothing answers. Returns when the last thread stands still."""
        if self.alive():
            os.killpg(self.process.pid, signal.SIGSTOP)
            while any(state != "T" for state in _thread_states(self.process.pid)):
                time.sleep(0.005)

    def resume(self) -> None:
        if self.alive():
            os.killpg(self.process.pid, signal.SIGCONT)

    def fate(self) -> str:
        """How the process ended, in words."""
        code = self.process.poll() if self.process else None
        if self.process is None:
            return "was not started"
        if code is None:
            return "is running"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"

    def log_tail(self, lines: int = 15) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError as error:
            return str(error)

    def _end(self, sig: int, patience: float) -> None:
        if self.process is None:
            return
        for last_word in (sig, signal.SIGKILL):
            if self.process.poll() is None:
                os.killpg(self.process.pid, last_word)
            try:
                self.process.wait(patience)
                break
            except subprocess.TimeoutExpired:
                patience = 10
        _started.discard(self)

    def _write_base(self) -> None:
        for folder in ("conf", "logs", "temp", "work", "webapps"):
            (self.base / folder).mkdir(parents=True, exist_ok=True)
        files = {"server.xml": self._server_xml(), "web.xml": WEB_XML, "catalina.properties": CATALINA_PROPERTIES,
                 "logging.properties": LOGGING_PROPERTIES}
        for name, text in files.items():
            path = self.base / "conf" / name
            path.unlink(missing_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)

    def _server_xml(self) -> str:
        ports = [(self.ajp_port, 8192)] + ([(self.wide_port, 65536)] if self.wide_port else [])
        connectors = "\n".join(CONNECTOR.format(port=port, packet=packet, secret=quoteattr(self.secret))
                               for port, packet in ports)
        contexts = "\n".join(CONTEXT.format(path=quoteattr(path), base=quoteattr(str(folder)))
                             for path, folder in self.apps.items())
        return SERVER_XML.format(name=self.name, connectors=connectors, contexts=contexts,
                                 cluster=_cluster_xml(self.name, self.cluster) if self.cluster else "")


class TomcatPair:
    """Two Tomcats, `node1` and `node2`, that serve the same applications and share their sessions."""

    def __init__(self, directory: Path, apps: dict[str, Path], *, ajp_ports=None, cluster_ports=None, wide_ports=None,
                 properties=None, java_options=("-Xmx128m",)):
        self.secret = secrets.token_hex(16)
        ajp, cluster, wide = (ports or (None, None) for ports in (ajp_ports, cluster_ports, wide_ports))
        if None in (*ajp, *cluster):
            *ajp, one, two = free_ports(4)
            cluster = (one, two)
        names = ("node1", "node2")
        # A name of its own for each run: members of an old one must not join.
        group = secrets.token_hex(8)
        self.nodes = tuple(
            Tomcat(Path(directory) / name, name, ajp[i], self.secret, apps, wide_port=wide[i],
                   cluster=Cluster(group, cluster[i], {names[1 - i]: cluster[1 - i]}),
                   properties=dict(properties or {}), java_options=tuple(java_options))
            for i, name in enumerate(names))

    def __getitem__(self, name: str) -> Tomcat:
        return next(node for node in self.nodes if node.name == name)

    def other(self, name: str) -> Tomcat:
        return next(node for node in self.nodes if node.name != name)

    def start(self) -> "TomcatPair":
        """One after the other: two that ask each other for their sessions at once would wait in vain."""
        for node in self.nodes:
            node.start().wait()
        return self

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


def _thread_states(pid: int) -> list[str]:
    """One letter per thread, as in ps; none when the process is gone."""
    states = []
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            states.append(stat.read_text().rpartition(")")[2].split()[0])
        except OSError:
            pass
    return [state for state in states if state not in "ZX"]


@atexit.register
def _kill_what_is_left() -> None:
    for tomcat in list(_started):
        tomcat.kill()


def _cluster_xml(name: str, cluster: Cluster) -> str:
    member = '<{element} className="org.apache.catalina.tribes.membership.StaticMember" host="127.0.0.1" ' \
             'port="{port}" domain="{domain}" uniqueId="{id}"/>'
    members = [("LocalMember", name, cluster.port)] + [("Member", peer, port) for peer, port in cluster.peers.items()]
    return CLUSTER.format(port=cluster.port, members="\n".join(
        member.format(element=element, port=port, domain=cluster.name, id=_unique_id(cluster.name, who))
        for element, who, port in members))


def _unique_id(group: str, name: str) -> str:
    """Sixteen bytes, as Tomcat wants them written, the same in the eyes of every member."""
    text = (name.encode() + group.encode())[:16].ljust(16, b".")
    return "{" + ",".join(str(byte) for byte in text) + "}"


CONNECTOR = """    <Connector protocol="AJP/1.3" address="127.0.0.1" port="{port}" packetSize="{packet}" secret={secret}
               maxThreads="50" minSpareThreads="2" tomcatAuthentication="false" maxPostSize="-1"
               allowedRequestAttributesPattern=".*"/>"""

CONTEXT = """        <Context path={path} docBase={base} reloadable="false" crossContext="false"
                 containerSciFilter="org.apache.tomcat.websocket.server.WsSci"/>"""

SERVER_XML = """<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1" shutdown="-">
  <Service name="Catalina">
{connectors}
    <Engine name="Catalina" defaultHost="localhost" jvmRoute="{name}">
{cluster}
      <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false" unpackWARs="false">
        <Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false" showServerInfo="false"/>
{contexts}
      </Host>
    </Engine>
  </Service>
</Server>
"""

# channelSendOptions 6: a response ends only after the other node has acknowledged the session.
CLUSTER = """      <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6">
        <Manager className="org.apache.catalina.ha.session.DeltaManager" expireSessionsOnShutdown="false"
                 notifyListenersOnReplication="true" stateTransferTimeout="10"/>
        <Channel className="org.apache.catalina.tribes.group.GroupChannel">
          <Membership className="org.apache.catalina.tribes.membership.StaticMembershipService"
                      expirationTime="3000" connectTimeout="500" rpcTimeout="1000">
            {members}
          </Membership>
          <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="127.0.0.1"
                    port="{port}" autoBind="0" minThreads="2" maxThreads="6"/>
          <Sender className="org.apache.catalina.tribes.transport.ReplicationTransmitter">
            <Transport className="org.apache.catalina.tribes.transport.nio.PooledParallelSender" timeout="2000"/>
          </Sender>
          <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector"
                       connectTimeout="500"/>
          <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>
        </Channel>
        <Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter=""/>
        <Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/>
        <ClusterListener className="org.apache.catalina.ha.session.ClusterSessionListener"/>
      </Cluster>"""

WEB_XML = """<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0" metadata-complete="true">
  <servlet>
    <servlet-name>default</servlet-name>
    <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
    <load-on-startup>1</load-on-startup>
  </servlet>
  <servlet>
    <servlet-name>jsp</servlet-name>
    <servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class>
    <init-param><param-name>development</param-name><param-value>false</param-value></init-param>
    <init-param><param-name>fork</param-name><param-value>false</param-value></init-param>
    <init-param><param-name>xpoweredBy</param-name><param-value>false</param-value></init-param>
    <load-on-startup>3</load-on-startup>
  </servlet>
  <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
  <servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>*.jsp</url-pattern></servlet-mapping>
  <welcome-file-list><welcome-file>index.jsp</welcome-file></welcome-file-list>
</web-app>
"""

CATALINA_PROPERTIES = """common.loader="${catalina.base}/lib","${catalina.home}/lib","${catalina.home}/lib/*.jar"
server.loader=
shared.loader=
tomcat.util.scan.StandardJarScanFilter.jarsToSkip=*
"""

LOGGING_PROPERTIES = """handlers = java.util.logging.ConsoleHandler
.handlers = java.util.logging.ConsoleHandler
java.util.logging.ConsoleHandler.level = ALL
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
.level = INFO
"""
