"""Which worker gets a request: every recorded set of rules, each in a virtual host of its own."""

import os

import pytest

from recorded import mappings
from support.under_test import OURS, deviates

SETS = mappings.table()
UNSAFE = "D7: what RejectUnsafeURI hits, or is longer than can be matched, is refused and never falls through to local files"


@pytest.fixture(scope="module")
def peers(make_shared):
    return {name: make_shared.peer(name) for name in mappings.WORKERS}


@pytest.fixture(scope="module")
def site(make_shared, peers):
    return mappings.server(make_shared.httpd(), peers).start()


def refused(rules, request):
    """The original lets these fall through, to whatever lies on the disk."""
    long = len(request) > 4099 and ";" not in request
    return long or ("RejectUnsafeURI" in "".join(rules.conf) and ("%25" in request or "%5C" in request))


@pytest.mark.parametrize("rules", SETS, ids=lambda rules: rules.name)
def test_requests_go_where_the_original_sends_them(site, peers, rules):
    for request, recorded in rules.rows:
        seen = mappings.outcome(site, peers, rules, request)
        if refused(rules, request) and OURS:
            assert seen in ("400", "403", "414"), UNSAFE
        else:
            assert seen == recorded, request[:100]


def test_unsafe_characters_do_not_reach_a_file(make):
    """A file of that name exists."""
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.port={peer.port}\n").conf("JkMount /* w\nJkOptions +RejectUnsafeURI")
    httpd.document("a%b", "source")
    got = httpd.start().get("/a%25b")
    assert got.status == deviates(UNSAFE, ours=got.status if 400 <= got.status < 500 else 400, theirs=200)
    assert peer.requests == []


# The mount file while the server runs ------------------------------------------------------------------------------------


class MountFile:
    """A server with `/base` mounted by directive and a mount file that is checked each second."""

    def __init__(self, make, text, reload=1):
        self.peers = [make.peer(name) for name in ("w1", "w2", "w3", "w4")]
        self.httpd = make.httpd(threads=1)
        lines = [f"worker.{p.name}.host=127.0.0.1\nworker.{p.name}.port={p.port}" for p in self.peers]
        self.httpd.workers("worker.list=w1,w2,w3,w4\n" + "\n".join(lines) + "\n")
        self.httpd.conf(f"JkMount /base w1\nJkMountFile conf/map\nJkMountFileReload {reload}")
        self.time = 1_600_000_000
        self.write(text)
        self.httpd.start()

    def write(self, text, mode=0o644):
        """Each version has a modification time of its own, whatever the clock of the file system."""
        path = self.httpd.write("conf/map", text, mode)
        self.time += 10
        os.utime(path, (self.time, self.time))

    def who(self, target):
        got = self.httpd.get(target)
        return got.body.decode() if got.status == 200 else str(got.status)

    def becomes(self, target, name):
        self.httpd.wait_until(lambda: self.who(target) == name, f"{target} at {name}", 10)

    def pause(self):
        """Longer than the interval, so that a check has happened with the request that follows."""
        self.peers[0].stopping.wait(2.2)
        self.who("/base")


def test_a_changed_mount_file_is_used(make):
    site = MountFile(make, "/a=w2\n")
    assert (site.who("/base"), site.who("/a"), site.who("/b")) == ("w1", "w2", "404")
    site.write("/b=w3\n")
    site.becomes("/b", "w3")
    assert (site.who("/base"), site.who("/a")) == ("w1", "404")
    site.write("")
    site.becomes("/b", "404")
    assert site.who("/base") == "w1"


def test_reload_can_be_off(make):
    site = MountFile(make, "/a=w2\n", reload=0)
    site.write("/a=w3\n")
    site.pause()
    assert site.who("/a") == "w2"


def test_a_vanished_mount_file_changes_nothing(make):
    site = MountFile(make, "/a=w2\n")
    (site.httpd.dir / "conf/map").unlink()
    site.pause()
    assert site.who("/a") == "w2"


def test_a_broken_mount_file_changes_nothing(make):
    site = MountFile(make, "/a=w2\n")
    site.write("/a=w3\n")
    site.becomes("/a", "w3")
    site.write("worker.x.nonsense=1\n/a=w4\n")
    site.pause()
    assert site.who("/a") == deviates("D10: the running map stays", ours="w3", theirs="w2")
    site.write("/a=w4\n")
    site.becomes("/a", "w4")


def test_many_rules_survive_a_broken_reload(make):
    many = "".join(f"/r{n}/*=w{n % 4 + 1}\n" for n in range(600))
    site = MountFile(make, many)
    assert site.who("/r599/x") == "w4"
    site.write("worker.x.nonsense=1\n" + many)
    if OURS:
        for _ in range(3):
            site.pause()
            assert site.who("/r599/x") == "w4", "D10"
    else:
        site.httpd.expect_crashes(10)
        site.pause()
    site.write(many)
    site.becomes("/r598/x", "w3")


def test_an_unreadable_mount_file_changes_nothing(make):
    if os.geteuid() != 0:
        pytest.skip("children run as the user of the test, who can read every file it writes")
    site = MountFile(make, "/a=w2\n")
    site.write("/a=w3\n")
    site.becomes("/a", "w3")
    site.write("/a=w4\n", mode=0o600)
    seen = []
    for _ in range(3):
        site.pause()
        seen.append(site.who("/a"))
    if OURS:
        assert seen == ["w3"] * 3, "D10"
    else:
        assert "w2" in seen, "the original alternates between old generations"
