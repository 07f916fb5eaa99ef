"""The story of a session: it stays with its Tomcat over every front end, and outlives each of them.

What Tomcat does with a session that arrives at the other node (its JvmRouteBinderValve): it renames it, the part
after the dot becomes the route of the new node, and sends the new name as a cookie. A client with cookies follows by
itself. A page that writes its links with `encodeURL` shows the new name in them; a client that goes on with the old
name names a session that no longer exists.
"""

import itertools

import pytest
from tomcat_app import said

MPMS = ("event", "worker", "prefork")


class CookieVisitor:
    """Keeps its session as a browser does."""

    def __init__(self):
        self.cookie = None

    def visit(self, httpd) -> dict[str, str]:
        headers = [("Cookie", self.cookie)] if self.cookie else []
        reply = httpd.get("/app/counter.jsp", headers=headers)
        page = said(reply)
        if new := reply.all("set-cookie"):
            assert len(new) == 1, new
            self.cookie = new[0].split(";")[0]
        assert self.cookie == f"JSESSIONID={page['session']}"
        return page


class LinkVisitor:
    """Takes no cookies, follows the links of the page."""

    def __init__(self):
        self.link = "/app/counter.jsp"

    def visit(self, httpd) -> dict[str, str]:
        page = said(httpd.get(self.link))
        self.link = page["link"]
        assert self.link == f"/app/counter.jsp;jsessionid={page['session']}"
        return page


@pytest.mark.parametrize("visitor_type", [CookieVisitor, LinkVisitor], ids=["cookie", "path"])
@pytest.mark.parametrize("mpm", MPMS)
def test_a_session_survives_the_loss_of_a_front_end_and_of_its_tomcat(pair, front_end, mpm, visitor_type):
    a, b = (front_end(mpm).conf("JkMount /app|/* lb").start() for _ in "ab")
    visitor, counts = visitor_type(), itertools.count(1)

    def visits(httpd, node=None):
        page = visitor.visit(httpd)
        assert page["count"] == str(next(counts))
        assert page["session"].endswith("." + page["node"])
        assert node is None or page["node"] == node
        return page["node"]

    home = visits(a)
    for number in range(19):
        visits((b, a)[number % 2], home)

    a.kill()
    for _ in range(5):
        visits(b, home)

    pair[home].kill()
    refuge = pair.other(home).name
    for _ in range(5):
        visits(b, refuge)


def test_sessions_of_both_tomcats_survive_the_loss_of_one(pair, front_end):
    httpd = front_end().conf("JkMount /app|/* lb").start()
    visitors = [CookieVisitor() for _ in range(6)]
    homes = [visitor.visit(httpd)["node"] for visitor in visitors]
    assert set(homes) == {"node1", "node2"}
    pair["node1"].kill()
    for count in ("2", "3"):
        for visitor in visitors:
            page = visitor.visit(httpd)
            assert (page["count"], page["node"]) == (count, "node2")


def test_a_tomcat_that_comes_back_gets_sessions_again(pair, front_end):
    httpd = front_end(balancer="recover_time=1")
    httpd.workers((httpd.dir / "conf/workers.properties").read_text() + "worker.maintain=1\n")
    httpd.conf("JkMount /app|/* lb").start()
    old = CookieVisitor()
    while old.visit(httpd)["node"] != "node1":
        old = CookieVisitor()
    pair["node1"].kill()
    assert old.visit(httpd)["node"] == "node2"
    pair["node1"].start().wait()

    httpd.wait_until(lambda: CookieVisitor().visit(httpd)["node"] == "node1", "a new session at node1", 20)
    assert old.visit(httpd)["node"] == "node2"
