"""An independent dissector reads what the module sends: tshark must find no malformed packet.

No chunked upload is among the requests: the dissector takes its body packets for requests, also those of the
original, and loses its way after the empty packet that ends a large one.
"""

import shutil
import signal
import subprocess
import time

import pytest

from support.client import Client

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
    if not shutil.which("tshark"):
        pytest.fail("tshark is missing: make deps installs it")
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
