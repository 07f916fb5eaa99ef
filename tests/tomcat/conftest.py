"""A pair of Tomcats for the whole run, and httpds in front of them."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from support.httpd import Httpd
from support.under_test import deviates
from support.tomcat import TomcatPair, free_ports
from tomcat_app import workers_for

APP = Path(__file__).resolve().parent / "app"


@pytest.fixture(scope="session")
def _pair(tmp_path_factory):
    one, two, three, four, wide = free_ports(5)
    pair = TomcatPair(tmp_path_factory.mktemp("tomcat"), {"/app": APP}, ajp_ports=(one, two), cluster_ports=(three, four),
                      wide_ports=(wide, None))
    try:
        yield pair.start()
    finally:
        pair.stop()


@pytest.fixture
def pair(_pair) -> TomcatPair:
    """Both Tomcats, running; a test may kill or pause them."""
    for node in _pair.nodes:
        if not node.alive():
            node.start().wait()
    yield _pair
    for node in _pair.nodes:
        node.resume()


def _check_and_kill(httpd: Httpd) -> None:
    if httpd.process:
        httpd.check()
        httpd.kill()


# The original 1.2.48, event MPM: now and then a child ends with SIGSEGV on SIGTERM, no request being under way.
end = deviates("a child that is told to end does not crash", ours=Httpd.stop, theirs=_check_and_kill)


def _maker(scope):
    @pytest.fixture(scope=scope)
    def maker(_pair):
        made: list[Httpd] = []

        def make(mpm: str | None = None, *, modules: str = "", **more) -> Httpd:
            httpd = Httpd(tempfile.mkdtemp(prefix="mod_jk-tomcat-"), mpm=mpm, modules=modules)
            made.append(httpd)
            return httpd.workers(workers_for(_pair, **more))

        yield make
        try:
            for httpd in made:
                end(httpd)
        finally:
            for httpd in made:
                httpd.kill()
                if not os.environ.get("JK_KEEP"):
                    shutil.rmtree(httpd.dir, ignore_errors=True)

    return maker


# Each makes httpds with the workers of `workers_for`, which end with its scope; a test may kill them before.
front_end = _maker("function")
front_end_class = _maker("class")
front_end_module = _maker("module")
