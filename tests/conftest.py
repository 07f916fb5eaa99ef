"""Fixtures all system tests share: servers and backends that are looked after, and the name of the module under test."""

import subprocess

import pytest

from support import httpd as httpd_module
from support import under_test
from support.httpd import Failed, Httpd
from support.peer import Peer


def pytest_report_header(config):
    version = subprocess.run([httpd_module.APACHE, "-v"], capture_output=True, text=True).stdout.splitlines()[0]
    return f"{version}; MPM {under_test.MPM}; module under test: {under_test.UNDER_TEST}, {under_test.module_path()}"


def pytest_sessionstart(session):
    if not under_test.module_path().exists():
        raise pytest.UsageError(f"{under_test.module_path()} does not exist: build it, or set JK_MODULE or JK_ORIGINAL")


@pytest.fixture(scope="session")
def module_name() -> str:
    """`ours` or `theirs`."""
    return under_test.UNDER_TEST


@pytest.fixture(autouse=True)
def no_crash(request):
    """Whatever a test is about: no child of any httpd may crash during it."""
    yield
    for server in list(httpd_module.alive):
        server.check()


def _keeper(scope):
    @pytest.fixture(scope=scope)
    def keeper():
        kept, peers = [], []

        class Keeper:
            """Makes servers and backends that end with the scope."""

            def httpd(self, **more) -> Httpd:
                kept.append(Httpd(**more))
                return kept[-1]

            def peer(self, name="peer", *arguments, **more) -> Peer:
                peers.append(Peer(name, *arguments, **more))
                return peers[-1]

        yield Keeper()
        for peer in peers:
            peer.stop()
        faults = []
        for server in kept:
            try:
                server.close()
            except Failed as error:
                faults.append(str(error))
        faults += [fault for peer in peers for fault in peer.failures]
        assert not faults, "\n".join(faults)

    return keeper


make = _keeper("function")
make_shared = _keeper("module")
