"""Broken configurations before a server that runs, and large ones. `tests/compat/broken.py` lists what is broken and how."""

from __future__ import annotations

import subprocess
import time

import pytest

from support import client
from support.under_test import deviates

TEST_FIRST = "D11: configtest refuses exactly what stops the server"

GOOD = "worker.list=w\nworker.w.type=ajp13\nworker.w.host=127.0.0.1\nworker.w.port=8009\n"


def test_a_running_server_is_not_hurt_by_a_test_of_a_broken_file(make):
    httpd = make.httpd(threads=2)
    httpd.workers(GOOD).conf("JkMount /w/* w").start()
    httpd.workers(GOOD + "worker.w.prot=8009\n")
    tested = subprocess.run(httpd.command("-t"), capture_output=True, text=True)
    assert (tested.returncode == 0) == deviates(TEST_FIRST, ours=False, theirs=True)
    assert httpd.get("/").status in (403, 404)
    httpd.workers(GOOD)


def test_a_broken_file_at_a_restart_ends_the_server_so_test_first(make):
    """httpd offers no way back once it has begun to read the new configuration; the test before tells."""
    httpd = make.httpd(threads=2)
    httpd.workers(GOOD).conf("JkMount /w/* w").start()
    httpd.workers(GOOD + "worker.w.prot=8009\n")
    httpd.graceful()
    httpd.wait_until(lambda: not httpd.running(), "the end of the server")


def test_what_was_accepted_silently_is_at_most_a_warning(make):
    """A workers.properties with everything odd in it that the original accepts."""
    httpd = make.httpd(threads=2)
    odd = "worker.maintain=60\nworker.maintain=30\nnonsense\n=x\nworker.w.route=\nworker.w.sysprops=x\nworker.w.retries=abc\nx.y=z\n"
    httpd.workers(GOOD + odd).conf("JkMount /w/* w").start()
    assert httpd.get("/").status in (403, 404)


MAIN = "JkMount /a/* w"


@pytest.mark.parametrize(
    ("vhosts", "taken"),
    [
        (["*:${PORT}", "*:${OTHER_PORT}"], True),
        (["*"], True),
        (["_default_:*"], True),
        (["127.0.0.2:${PORT} 127.0.0.1:${PORT}", "127.0.0.1"], True),
        (["*:${PORT}"], False),
        (["127.0.0.2"], False),
    ],
)
def test_mounts_that_no_request_can_reach_are_told(make, vhosts, taken):
    httpd = make.httpd(threads=2).listen("OTHER")
    sections = "".join(f"\n<VirtualHost {vhost}>\nServerName v.example\n</VirtualHost>" for vhost in vhosts)
    httpd.workers(GOOD.replace("8009", "9")).conf(MAIN + sections).start()
    tested = subprocess.run(httpd.command("-t"), capture_output=True, text=True)
    line = httpd.config_file.read_text().splitlines().index(MAIN) + 1
    told = f"{httpd.config_file}:{line}: the rules of the main server, from here on, reach no request" in tested.stderr
    assert told == (taken and deviates("D48: what is hardly meant is told", ours=True, theirs=False)), tested.stderr
    replies = [client.fetch(port, "/a/x").status for port in httpd.ports.values()]
    assert (503 not in replies) == taken, "what is told is true"


def test_many_rules_load_in_linear_time(make):
    n = deviates("D12: linear load", ours=20_000, theirs=1_000)
    httpd = make.httpd(threads=2)
    httpd.workers(GOOD)
    httpd.write("conf/map", "".join(f"/context{i}/*=w\n" for i in range(n)))
    httpd.conf("".join(f"JkMount /app{i}/* w\n" for i in range(n)) + "JkMountFile conf/map")
    begun = time.monotonic()
    httpd.start()
    assert time.monotonic() - begun < 30
    assert httpd.get("/").status in (403, 404)
