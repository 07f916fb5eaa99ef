"""An independent dissector reads what the module sends: tshark must find nothing wrong with it.

Once live, so that the segments are the real ones, and once from a file made of what a backend recorded, each exchange
in a stream of its own. Only there are chunked uploads: in a longer stream the dissector takes their body packets for
requests, also those of the original, and loses its way after the empty packet that ends a large one.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time

import pytest

from recorded import packets
from support import ajp, pcap
from support.client import Client
from support.peer import Connection, echo

@pytest.fixture(scope="module", autouse=True)
def tshark_is_here():
    if not shutil.which("tshark"):
        pytest.fail("tshark is missing: make deps installs it")


REQUESTS = [
    dict(target="/a/get?q=1&r=%20"),
    dict(target="/a/head", method="HEAD"),
    dict(target="/a/small", method="POST", body=b"a=1&b=two"),
    dict(target="/a/patch", method="PATCH", headers=[("X-Dup", "1"), ("X-Dup", "2"), ("Accept-Charset", "utf-8")]),
    dict(target="/a/large", method="POST", body=b"x" * 40_000),
    dict(target="/lb/x;x=1", headers=[("Cookie", "JSESSIONID=AB12.m1"), ("Accept-Language", "de")]),
]


class Capture:
    """What passes on the loopback interface from and to one port."""

    def __init__(self, port: int, file):
        self.file = file
        self.process = subprocess.Popen(
            ["tshark", "-i", "lo", "-f", f"tcp port {port}", "-w", str(file)], stderr=subprocess.PIPE, text=True
        )
        said = iter(self.process.stderr.readline, "")
        if not any("Capture started" in line for line in said):
            pytest.fail("tshark cannot capture on lo: these tests run as root")

    def stop(self, expected: int):
        """Waits until that many bytes are in the file, which is written in batches."""
        deadline = time.monotonic() + 20
        while not (self.file.exists() and self.file.stat().st_size > expected) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)


def test_tshark_reads_our_packets(make, tmp_path):
    peer, httpd = make.peer("w"), make.httpd()

    def read_all(turn):
        turn.read_body()
        turn.reply(200, b"ok")

    peer.default = read_all
    httpd.workers(
        f"worker.list=w,lb\nworker.w.host=127.0.0.1\nworker.w.port={peer.port}\nworker.w.secret=s3cr3t\n"
        f"worker.lb.type=lb\nworker.lb.balance_workers=m1\nworker.m1.host=127.0.0.1\nworker.m1.port={peer.port}\n"
    )
    httpd.conf("JkMount /a/* w\nJkMount /lb/* lb\nSetEnv TENANT acme\nJkEnvVar TENANT").start()
    capture = Capture(peer.port, tmp_path / "packets.pcapng")
    with Client(httpd.port) as client:
        for request in REQUESTS:
            assert client.ask(**request).status == 200, request
    capture.stop(sum(len(connection.received) for connection in peer.connections))
    fields = ["-e", "ajp13.method", "-e", "ajp13.uri", "-e", "_ws.malformed", "-e", "_ws.expert.message"]
    read = subprocess.run(
        ["tshark", "-r", str(capture.file), "-d", f"tcp.port=={peer.port},ajp13", "-Y", "ajp13", "-T", "fields", *fields],
        check=True, capture_output=True, text=True,
    ).stdout
    rows = [line.split("\t") for line in read.splitlines()]
    seen = [uri for row in rows for uri in row[1].split(",")]
    for request in REQUESTS:
        assert request["target"].split("?")[0] in seen, read
    for row in rows:
        assert not row[2], f"malformed: {row}"


# From a recording ----------------------------------------------------------------------------------------------------

TSHARK = ["tshark", "-n", "-d", "tcp.port==8009,ajp13", "-o", "tcp.check_checksum:FALSE", "-o", "ip.check_checksum:FALSE"]
WRONG = "_ws.malformed || (ajp13 && _ws.expert.severity >= 6291456)"
"""Anything that is no packet, and warnings or errors about one."""


@pytest.fixture(scope="module")
def recording(make_shared, tmp_path_factory):
    """All recorded requests, bodies of several packets in both forms, and probes."""
    peer = make_shared.peer("w", echo)
    httpd = packets.server(make_shared.httpd(modules=packets.MODULES), peer).start()
    for case in packets.CASES:
        with Client(httpd.ports[case.port], tls=case.port == "TLS_PORT") as client:
            client.send(case.raw())
            assert client.read(case.line.split()[0]).status in (200, 206)
    for size in (0, 1, 8186, 20_000):
        assert httpd.ask("/t/x", "POST", body=b"x" * size).status == 200
        assert httpd.ask("/t/x", "POST", chunked=[b"x" * size] if size else []).status == 200
    probed = make_shared.peer("p")
    second = make_shared.httpd()
    second.workers(f"worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port={probed.port}\nworker.w.ping_mode=A\n")
    second.conf("JkMount /* w").start()
    for _ in range(3):
        assert second.get("/x").status == 200
    peer.stop()
    probed.stop()
    connections = peer.connections + probed.connections
    return pcap.write(tmp_path_factory.mktemp("recording") / "ajp.pcap", connections), connections


def tshark(file, *arguments) -> list[str]:
    done = subprocess.run([*TSHARK, "-r", str(file), *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_nothing_is_malformed(recording):
    file, _ = recording
    assert tshark(file, "-Y", WRONG) == []


def test_every_request_is_seen_with_its_uri(recording):
    file, connections = recording
    seen = tshark(file, "-Y", "ajp13.code == 2", "-T", "fields", "-e", "ajp13.uri")
    sent = [request.uri.decode("latin-1") for connection in connections for request in connection.requests]
    assert sorted(seen) == sorted(sent)


def test_probes_are_seen(recording):
    file, connections = recording
    seen = tshark(file, "-Y", "ajp13.code == 10", "-T", "fields", "-e", "ajp13.len")
    assert len(seen) == sum(connection.pings for connection in connections) > 0
    assert set(seen) == {"1"}


def test_a_broken_packet_would_be_noticed(recording, tmp_path):
    """The check can fail: a request that is cut, in a frame of the right length."""
    _, connections = recording
    whole = connections[0].packets[0]
    cut = ajp.TO_CONTAINER + ajp.word(40) + whole[4:44]
    fake = Connection(0, connections[0].sock, wire=[("in", cut)])
    assert tshark(pcap.write(tmp_path / "broken.pcap", [fake]), "-Y", WRONG) != []
