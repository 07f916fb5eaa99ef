"""The connector's own rules: secret, packet size, environment variables; and a Tomcat that stands still."""

import time

import pytest
from tomcat_app import body, download, said, said_in, sha256, upload

MIB = 1 << 20
OCTETS = ("Content-Type", "application/octet-stream")
STICKY_TO_NODE1 = [("Cookie", "JSESSIONID=0123456789ABCDEF.node1")]


def test_tomcat_refuses_a_wrong_secret_with_403(pair, front_end):
    httpd = front_end(secret="wrong").conf("JkMount /app|/* one\nJkMount /bal|/* lb").start()
    for target in ("/app/echo.jsp", "/bal/echo.jsp"):
        for method, more in (("GET", {}), ("POST", {"headers": [OCTETS], "body": body(20_000)})):
            reply = httpd.ask(target, method, **more)
            assert (reply.status, reply.whole) == (403, True), reply


def test_environment_variables_become_attributes(pair, front_end):
    httpd = front_end().conf("JkMount /app|/* lb\nJkEnvVar TEST_TENANT\nJkEnvVar TEST_REGION north")
    page = said(httpd.conf("SetEnv TEST_TENANT acme").start().get("/app/echo.jsp"))
    assert (page["TEST_TENANT"], page["TEST_REGION"]) == ("acme", "north")


class TestWidePackets:
    """`max_packet_size` and the connector's `packetSize` at 65536."""

    @pytest.fixture(scope="class")
    def httpd(self, front_end_class):
        return front_end_class().conf("JkMount /app|/* wide").conf("<VirtualHost *:${NARROW_PORT}>\nJkMount /app|/* one\n</VirtualHost>").listen("NARROW").start()

    @pytest.mark.parametrize("size", [0, 1, 8187, 65529, 65530, 65531, 200_000])
    def test_request_bodies_arrive(self, pair, httpd, size):
        page = said(httpd.ask("/app/echo.jsp", "POST", headers=[OCTETS], body=body(size)))
        assert (page["length"], page["sha256"]) == (str(size), sha256(size))

    @pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
    def test_16_mib_arrive(self, pair, httpd, chunked):
        status, answer = upload(httpd.port, "/app/echo.jsp", 16 * MIB, chunked=chunked)
        assert (status, said_in(answer)["sha256"]) == (200, sha256(16 * MIB))

    @pytest.mark.parametrize("size", [65527, 65528, 65529, 16 * MIB])
    def test_response_bodies_come_back(self, pair, httpd, size):
        reply, length, digest = download(httpd.port, f"/app/big.jsp?n={size}")
        assert (reply.status, length, digest) == (200, size, sha256(size))

    def test_many_request_headers_fit(self, pair, httpd):
        headers = [(f"X-{n}", "v" * 8000) for n in range(7)]
        page = said(httpd.get("/app/echo.jsp", headers=headers))
        assert all(page[f"header.x-{n}"] == "v" * 8000 for n in range(7))
        assert httpd.client(port="NARROW_PORT").ask("/app/echo.jsp", headers=headers).status == 413

    def test_a_long_response_header_fits(self, pair, httpd):
        assert httpd.get("/app/echo.jsp?reply=60000").header("x-long") == "r" * 60000


class TestATomcatThatStandsStill:
    """SIGSTOP: its port still accepts connections, nothing answers."""

    def test_reply_timeout_answers_504(self, pair, front_end):
        httpd = front_end(member="reply_timeout=1000 retries=1").conf("JkMount /app|/* one").start()
        assert httpd.get("/app/echo.jsp").status == 200
        pair["node1"].pause()
        begin = time.monotonic()
        assert httpd.get("/app/echo.jsp").status == 504
        assert 0.9 < time.monotonic() - begin < 10
        pair["node1"].resume()
        assert said(httpd.get("/app/echo.jsp"))["node"] == "node1"

    def test_ping_timeout_answers_503(self, pair, front_end):
        httpd = front_end(member="ping_mode=A ping_timeout=1000 retries=1").conf("JkMount /app|/* one").start()
        assert httpd.get("/app/echo.jsp").status == 200
        pair["node1"].pause()
        begin = time.monotonic()
        assert httpd.get("/app/echo.jsp").status == 503
        assert 0.9 < time.monotonic() - begin < 10
        pair["node1"].resume()
        assert said(httpd.get("/app/echo.jsp"))["node"] == "node1"

    @pytest.mark.parametrize("member", ["reply_timeout=1000 retries=1 recovery_options=0", "ping_mode=A ping_timeout=1000 retries=1"], ids=["reply timeout", "ping timeout"])
    def test_a_balancer_goes_on_with_the_other(self, pair, front_end, member):
        httpd = front_end(member=member).conf("JkMount /app|/* lb").start()
        assert said(httpd.get("/app/echo.jsp", headers=STICKY_TO_NODE1))["node"] == "node1"
        pair["node1"].pause()
        begin = time.monotonic()
        page = said(httpd.ask("/app/echo.jsp", "POST", headers=[*STICKY_TO_NODE1, OCTETS], body=body(5000)))
        assert (page["node"], page["sha256"]) == ("node2", sha256(5000))
        assert 0.9 < time.monotonic() - begin < 10
        again = httpd.get("/app/echo.jsp", headers=STICKY_TO_NODE1)
        assert said(again)["node"] == "node2"
        assert httpd.logged(again)["LB_FIRST_NAME"] == "node2", "the member was not taken out of service"

    def test_without_a_tomcat_a_plain_worker_answers_503(self, pair, front_end):
        httpd = front_end().conf("JkMount /app|/* one").start()
        pair["node1"].kill()
        assert httpd.get("/app/echo.jsp").status == 503

    def test_a_slow_answer_within_the_timeout_is_waited_for(self, pair, front_end):
        httpd = front_end(member="reply_timeout=10000").conf("JkMount /app|/* one").start()
        assert httpd.get("/app/slow.jsp?ms=800").body == b"node=node1"
