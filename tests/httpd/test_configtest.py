"""Broken and odd configurations: what `httpd -t` says, whether the server starts, and whether the message helps.

For ours the two agree: what would stop the server is refused by `httpd -t`, with file and line.
"""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass

import pytest

from support.httpd import Httpd
from support.under_test import OURS, deviates

TEST_FIRST = "D11: configtest refuses exactly what stops the server"

GOOD = "worker.list=w\nworker.w.type=ajp13\nworker.w.host=127.0.0.1\nworker.w.port=8009\n"
"""Four lines, so that a fault that is appended stands in line 5."""
LB = "worker.list=lb\nworker.lb.type=lb\n"


@dataclass
class Row:
    name: str
    workers: str | None = GOOD
    conf: str = ""
    test: bool = True
    """Whether the original's `httpd -t` accepts it."""
    start: bool | str = True
    """Whether the original starts: yes, no, or `crash`."""
    ours: bool | None = None
    """Whether ours accepts and starts it, where that differs from whether the original starts."""
    why: str = ""
    line: int | None = None
    """Line of workers.properties that ours must name; None: the place is httpd.conf, or there is no message."""
    says: str = ""
    """A word that ours must use."""


def stops(name, workers=GOOD, line=None, **more):
    """Passes the original's configtest, and then it does not start."""
    return Row(name, workers, start=more.pop("start", False), line=line, **more)


def refused(name, conf, workers=GOOD, **more):
    """Refused at once, by both."""
    return Row(name, workers, conf, test=False, start=False, **more)


def chain(hops: int) -> str:
    """A worker that refers to another one, and so on."""
    links = "".join(f"worker.w{n}.reference=worker.w{n + 1}\n" for n in range(hops))
    return f"worker.list=w0\n{links}worker.w{hops}.host=127.0.0.1\n"


ROWS = [
    Row("nothing wrong"),
    Row("no workers file", None),
    Row("empty workers file", ""),
    # workers.properties
    stops("unknown property", GOOD + "worker.w.prot=8009\n", 5, says="port"),
    stops("property in capitals", GOOD + "worker.w.Host=x\n", 5, says="host"),
    stops("unknown type", "worker.list=w\nworker.w.type=ajp15\n", 2, says="ajp13"),
    stops("type in capitals", "worker.list=w\nworker.w.type=AJP13\n", 2, says="ajp13"),
    stops("balancer without members", LB, 2, says="balance_workers"),
    stops("balancer with an empty list", LB + "worker.lb.balance_workers=\n", 2),
    stops("two members with one route", LB + "worker.lb.balance_workers=a,b\nworker.a.route=r\nworker.b.route=r\n", 5, says="route"),
    stops("one member twice", LB + "worker.lb.balance_workers=a,a\n", 3),
    stops("balancer in a balancer", LB + "worker.lb.balance_workers=inner\nworker.inner.type=lb\nworker.inner.balance_workers=a\n", 3),
    stops("balancer in itself", LB + "worker.lb.balance_workers=lb\n", 3, start="crash"),
    stops(
        "balancers in each other",
        "worker.list=lb,two\nworker.lb.type=lb\nworker.lb.balance_workers=two\nworker.two.type=lb\nworker.two.balance_workers=lb\n",
        3,
        start="crash",
        says="two",
    ),
    stops("reference to nothing", GOOD + "worker.w.reference=worker.template\n", 5),
    stops("reference to itself", GOOD + "worker.w.reference=worker.w\n", 5),
    stops("references in a circle", "worker.list=w\nworker.w.reference=worker.x\nworker.x.reference=worker.w\n", 2),
    Row("references over 19 hops", chain(19)),
    stops("references over 20 hops", chain(20), 2),
    stops("name of 64 bytes", f"worker.list={'n' * 64}\n", 1),
    stops("name of 62 bytes", f"worker.list={'n' * 62}\n", ours=True, why="names have 63 bytes since 1.2.49"),
    stops("host of 64 bytes", f"worker.list=w\nworker.w.host={'h' * 64}\n", 2),
    stops("route of 64 bytes", LB + f"worker.lb.balance_workers=a\nworker.a.route={'r' * 64}\n", 4),
    stops("mount of a worker without slash", GOOD + "worker.w.mount=app\n", 5),
    stops("ajp14 without a key", GOOD + "worker.w.type=ajp14\n", 5, says="ajp13"),
    Row("ajp12", GOOD + "worker.w.type=ajp12\n", ours=False, why="workers 8: ajp12 is gone, the start fails with advice", line=5, says="ajp13"),
    Row("name in the list without properties", "worker.list=w,other\nworker.w.port=8009\n"),
    Row("host that does not resolve", "worker.list=w\nworker.w.host=no-such-host.invalid\n"),
    Row("port that is no number", "worker.list=w\nworker.w.port=http\n"),
    Row("port 0", "worker.list=w\nworker.w.port=0\n"),
    Row("member without properties", LB + "worker.lb.balance_workers=a,b\n"),
    Row("pool of size 0", GOOD + "worker.w.connection_pool_size=0\n"),
    Row("line without equals sign", GOOD + "nonsense\n"),
    Row("one property twice", GOOD + "worker.w.port=8010\n"),
    Row("deprecated property", GOOD + "worker.w.cachesize=10\n"),
    Row("property of a worker that nobody uses", GOOD + "worker.x.port=1\n"),
    # httpd.conf
    refused("workers file missing", "JkWorkersFile conf/absent", None),
    refused("workers file is a directory", "JkWorkersFile conf", None),
    refused("workers file twice", "JkWorkersFile conf/workers.properties"),
    refused("workers file in a virtual host", "<VirtualHost *:${PORT}>\nJkWorkersFile conf/workers.properties\n</VirtualHost>", None),
    refused("mount file missing", "JkMountFile conf/absent"),
    refused("unknown property by directive", "JkWorkerProperty worker.w.prot=8009"),
    refused("mount without slash", "JkMount *.jsp w"),
    refused("mount with a mark of the mount file", "JkMount !/x w"),
    refused("mount without worker", "JkMount /x"),
    refused("mount with a path in a location", "<Location /x>\nJkMount /x w\n</Location>"),
    refused("mount in a file section", "<Files x>\nJkMount w\n</Files>"),
    refused("unmount without slash", "JkUnMount x w"),
    refused("mounts copied how?", "JkMountCopy Maybe"),
    refused("mounts copied to all from a virtual host", "<VirtualHost *:${PORT}>\nJkMountCopy All\n</VirtualHost>"),
    refused("unknown option", "JkOptions +ForwardSSLKeySize"),
    refused("form of the URI taken away", "JkOptions -ForwardURIProxy"),
    refused("blank after the sign", "JkOptions + FlushPackets"),
    refused("extraction how?", "JkExtractSSL Maybe"),
    refused("strip how?", "JkStripSession Maybe"),
    refused("empty argument", 'JkLogFile ""'),
    refused("two log files in one line", "JkLogFile a b"),
    refused("unknown directive", "JkNonsense On"),
    Row("request id indicator", conf="JkRequestIdIndicator ID", test=False, start=False, ours=True, why="a directive since 1.2.49"),
    stops("log in a missing directory", conf="JkLogFile absent/mod_jk.log"),
    stops("shared memory in a missing directory", conf="JkShmFile absent/shm", ours=True, why="httpd 10: JkShmFile is accepted, no file is made"),
    Row("mount of an unknown worker", conf="JkMount /x nosuch"),
    Row("unknown log level", conf="JkLogLevel loud"),
    Row("property by directive without equals sign", conf="JkWorkerProperty nonsense"),
    Row("unknown specifier in the request log", conf='JkRequestLogFormat "%w %z"'),
    Row("number that is none", conf="JkShmSize many\nJkMountFileReload never\nJkWatchdogInterval often"),
    Row("old options", conf="JkOptions +CollapseSlashesAll"),
]


def configured(row: Row, httpd: Httpd) -> Httpd:
    if row.workers is not None:
        httpd.workers(row.workers)
    return httpd.conf(row.conf)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_outcome(make, row):
    httpd = configured(row, make.httpd(threads=2))
    if row.ours is not None:
        accepted = deviates(row.why, ours=(row.ours, row.ours), theirs=(row.test, row.start))
    elif row.test == row.start:
        accepted = (row.test, row.start)
    else:
        accepted = deviates(TEST_FIRST, ours=(False, False), theirs=(row.test, row.start))
    tested = httpd.configtest()
    assert (tested.returncode == 0) == accepted[0], tested.stdout
    assert list((httpd.dir / "run").iterdir()) == [], "configtest leaves nothing behind"
    said = httpd.try_start()
    if accepted[1] is True:
        assert said is None, said
        assert httpd.get("/").status in (403, 404)
        httpd.stop()
        return
    assert said is not None, "httpd started"
    assert httpd.exit_code in ((-11, -6) if accepted[1] == "crash" else (1,)), said
    if OURS:
        names_its_place(row, httpd, tested.stdout)


def names_its_place(row: Row, httpd: Httpd, message: str):
    """One message that tells which file and line to change."""
    if row.line is not None:
        assert re.search(rf"workers\.properties(:| line |, line ){row.line}\b", message), message
    else:
        assert re.search(r"(httpd\.conf(:| line |, line )\d+|line \d+ of \S*httpd\.conf)", message), message
    assert row.says in message


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
