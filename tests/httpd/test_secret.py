"""The secret that Tomcat demands, kept out of workers.properties: in a variable of the environment or in a file (D95)."""

import pytest

from support.under_test import OURS

SECRET = "hunter2-hunter2"


def site(make, lines, conf="", **more):
    """A balancer with one member, which is a worker by itself too; `lines` say where the secret is."""
    peer, httpd = make.peer("m"), make.httpd(threads=2, **more)
    httpd.workers(
        "worker.list=lb,alone\nworker.lb.type=lb\nworker.lb.balance_workers=m\n"
        + "".join(f"worker.{name}.host=127.0.0.1\nworker.{name}.port={peer.port}\n" for name in ("m", "alone"))
        + lines
    )
    return httpd.conf(f"JkMount /lb/* lb\nJkMount /alone/* alone\n{conf}"), peer


def told(httpd, peer, path):
    """What Tomcat is told."""
    assert httpd.get(path).status == 200
    return (peer.last.attribute("secret") or b"").decode()


def appears_nowhere(httpd):
    for log in (httpd.dir / "logs").iterdir():
        assert SECRET not in log.read_text(errors="replace"), log.name


def test_it_may_come_from_the_environment(make):
    """As in the original: `$(NAME)` in any value."""
    httpd, peer = site(make, "worker.lb.secret=$(JK_SECRET)\nworker.alone.secret=$(JK_SECRET)\n", environment={"JK_SECRET": SECRET})
    httpd.start()
    assert [told(httpd, peer, path) for path in ("/lb/x", "/alone/x")] == [SECRET] * 2
    appears_nowhere(httpd)


def test_a_variable_that_is_not_set_is_told(make):
    """It stays as it stands, in both modules; ours warns."""
    httpd, peer = site(make, "worker.alone.secret=$(JK_SECRET)\n")
    if OURS:
        assert "$(JK_SECRET) is defined neither above this line nor in the environment" in httpd.configtest().stdout
    httpd.start()
    assert told(httpd, peer, "/alone/x") == "$(JK_SECRET)"


@pytest.mark.skipif(not OURS, reason="the original does not know secret_file (D95)")
class TestFile:
    def test_its_first_line_is_the_secret(self, make):
        httpd, peer = site(make, "worker.lb.secret_file=conf/jk.secret\nworker.alone.secret_file=conf/jk.secret\n", "JkLogLevel trace")
        httpd.write("conf/jk.secret", f"  {SECRET} \r\nnot this\n").chmod(0o600)
        said = httpd.configtest()
        assert (said.returncode, "jk.secret" in said.stdout) == (0, False), said.stdout
        httpd.start()
        assert [told(httpd, peer, path) for path in ("/lb/x", "/alone/x")] == [SECRET] * 2
        appears_nowhere(httpd)

    def test_a_restart_reads_it_again(self, make):
        httpd, peer = site(make, "worker.alone.secret_file=conf/jk.secret\n")
        file = httpd.write("conf/jk.secret", "old")
        file.chmod(0o600)
        httpd.start()
        assert told(httpd, peer, "/alone/x") == "old"
        file.write_text(SECRET)
        httpd.graceful()
        assert told(httpd, peer, "/alone/x") == SECRET

    def test_one_that_everybody_can_read_is_a_warning(self, make):
        httpd, peer = site(make, "worker.alone.secret_file=conf/jk.secret\n")
        httpd.write("conf/jk.secret", SECRET).chmod(0o644)
        said = httpd.configtest()
        assert said.returncode == 0
        assert "workers.properties:8: " in said.stdout and "can be read by every user" in said.stdout
        httpd.start()
        assert told(httpd, peer, "/alone/x") == SECRET

    @pytest.mark.parametrize(
        "content,what",
        [(None, "No such file"), ("", "empty first line"), ("\n" + SECRET, "empty first line"), (SECRET * 100, "more than 1024 bytes"), (..., "no regular file")],
    )
    def test_what_holds_no_secret_is_refused_with_its_place(self, make, content, what):
        httpd, _ = site(make, "worker.alone.secret_file=conf/jk.secret\n")
        if content is ...:
            (httpd.dir / "conf/jk.secret").mkdir()
        elif content is not None:
            httpd.write("conf/jk.secret", content).chmod(0o600)
        said = httpd.configtest()
        assert said.returncode != 0
        assert "workers.properties:8: " in said.stdout and what in said.stdout, said.stdout
        assert SECRET not in said.stdout

    def test_two_secrets_are_refused(self, make):
        httpd, _ = site(make, f"worker.alone.secret={SECRET}\nworker.alone.secret_file=conf/jk.secret\n")
        httpd.write("conf/jk.secret", SECRET).chmod(0o600)
        said = httpd.configtest()
        assert said.returncode != 0
        assert "only one of the two can be the secret" in said.stdout and SECRET not in said.stdout
