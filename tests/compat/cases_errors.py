"""What goes wrong between httpd and a backend, and what the client is told."""

from __future__ import annotations

import time

from support import ajp
from support.peer import Turn

from .case import Ask, Case
from .scripts import TEXT, body, script, sends

# Backends that fail

sends("closes", then="close")
sends("resets", then="reset")
sends("end-only", ajp.end())
sends("wrong-magic", b"XY\0\2\5\1")
sends("wrong-type", ajp.packet(b"\x55\0\0"))
sends("type-0", ajp.packet(b"\0"))
sends("no-type", ajp.packet(b""))
sends("half-headers", ajp.packet(ajp.send_headers(200, "OK", TEXT)[4:-3]), then="close")
sends("count-more", ajp.send_headers(200, "OK", TEXT, count=3), ajp.chunk(b"x"), ajp.end())
sends("count-less", ajp.send_headers(200, "OK", [*TEXT, ("X-A", "1")], count=1), ajp.chunk(b"x"), ajp.end())
sends("body-first", ajp.chunk(b"x"), ajp.end())
sends("headers-twice", ajp.send_headers(200, "OK", TEXT), ajp.send_headers(200, "OK", TEXT), ajp.chunk(b"x"), ajp.end())
sends("too-large", b"AB\xff\xff\x03", then="close")
sends("truncated", ajp.send_headers(200, "OK", TEXT)[:-5], then="close")
sends("flush-first", ajp.FLUSH, ajp.reply(200, TEXT, b"flushed"))
sends("pong", ajp.PONG, ajp.reply(200, TEXT, b"pong"))
sends("reuse-0", ajp.reply(200, TEXT, b"once", reuse=0))
sends("dies-after-headers", ajp.send_headers(200, "OK", [*TEXT, ("X-First", "1")]), then="close")
sends("dies-in-body", ajp.send_headers(200, "OK", TEXT), ajp.chunks(body(9000)), then="close")
sends("dies-in-length", ajp.send_headers(200, "OK", [*TEXT, ("Content-Length", "20000")]), ajp.chunks(body(9000)), then="close")
sends("dies-flushed", ajp.send_headers(200, "OK", TEXT), ajp.chunk(b"half"), ajp.FLUSH, then="close")
sends("dies-small", ajp.send_headers(200, "OK", TEXT), ajp.chunk(b"half"), then="close")
sends("resets-in-body", ajp.send_headers(200, "OK", TEXT), ajp.chunk(b"half"), ajp.FLUSH, then="reset")
sends("fails", ajp.reply(500, TEXT, b"the backend's failure"))
sends("s503-close", ajp.reply(503, TEXT, b"unavailable"), then="close")


@script
def silent(turn: Turn) -> None:
    turn.wait_for_end(5)


@script
def slow(turn: Turn) -> None:
    turn.wait(0.4)
    turn.reply(200, b"late")


@script
def closes_later(turn: Turn) -> None:
    """The connection is closed before it can be used again."""
    turn.reply(200, b"closing")
    turn.close()


@script
def resets_later(turn: Turn) -> None:
    turn.reply(200, b"resetting")
    time.sleep(0.02)
    turn.reset()


@script
def unread(turn: Turn) -> None:
    """Answers without asking for more of the body than comes by itself."""
    if turn.unasked:
        turn.take_body_packet()
    turn.reply(200, b"unread")


@script
def reads(turn: Turn) -> None:
    turn.reply(200, str(len(turn.read_body())).encode())


@script
def reads_some(turn: Turn) -> None:
    turn.reply(200, str(len(turn.ask(3))).encode())


_TWO = """
worker.list=lb,lb1,strict
worker.lb.type=lb
worker.lb.balance_workers=m1,m2
worker.lb1.type=lb
worker.lb1.balance_workers=m3
worker.m1.host=127.0.0.1
worker.m1.port={m1}
worker.m2.host=127.0.0.1
worker.m2.port={m2}
worker.m3.host=127.0.0.1
worker.m3.port={m3}
"""

_CALM = "JkWatchdogInterval 3600"
"""No maintenance between requests: when it comes would be up to chance."""

_QUICK = "".join(f"worker.{name}.retry_interval=1\n" for name in ("s", "m1", "m2", "m3", "gone", "quick", "fs", "r1", "r2", "r3"))

_MORE = (
    "worker.list=gone,quick,fs,r1,r2,r3\nworker.gone.host=127.0.0.1\nworker.gone.port={gone}\n"
    + "".join(f"worker.{name}.reference=worker.s\n" for name in ("quick", "fs", "r1", "r2", "r3"))
    + "worker.quick.reply_timeout=100\nworker.fs.fail_on_status=404,-500\nworker.r1.recovery_options=1\nworker.r2.recovery_options=2\nworker.r3.recovery_options=3\n"
    + _QUICK
)


def _all(paths: str, worker: str = "s", path: str = "/", rows: tuple[str, ...] = (), **more) -> list[Ask]:
    return [Ask(f"{path}{name}", worker, rows=rows, **more) for name in paths.split()]


ALONE = [
    Case(
        "a backend that fails before its reply",
        "JkMount /* s\nJkMount /gone gone\nJkMount /quick/* quick\nJkMount /fs/* fs\nJkMount /own/* s;fail_on_status=404,-503\nJkMount /timed/* s;reply_timeout=100\n"
        "<Location /env>\nSetEnv JK_REPLY_TIMEOUT 100\n</Location>\n<Location /quick/env>\nSetEnv JK_REPLY_TIMEOUT 0\n</Location>\n"
        "<Location /quick/neg>\nSetEnv JK_REPLY_TIMEOUT -1\n</Location>\n<Location /timed/env>\nSetEnv JK_REPLY_TIMEOUT 5000\n</Location>\n"
        "<Location /quick/text>\nSetEnv JK_REPLY_TIMEOUT text\n</Location>\nJkMount /quick/own/* quick;reply_timeout=0\nJkMount /quick/neg2/* quick;reply_timeout=-7\nErrorDocument 502 \"own page\"",
        [
            Ask("/gone", "-", status=503, rows=("httpd 8 connect fails",)),
            Ask("/gone", "-", method="POST", body=b"abc", status=503, rows=("httpd 8 connect fails",)),
            Ask("/closes", "s", status=502, rows=("httpd 8 backend closes before the header",)),
            Ask("/closes", "s", method="HEAD", rows=("httpd 8 backend closes before the header",)),
            Ask("/resets", "s", rows=("httpd 8 backend closes before the header",)),
            Ask("/closes", "s", method="POST", body=b"abc", rows=("httpd 8 backend closes before the header",)),
            Ask("/closes", "s", method="POST", body=b"abc" * 9000, name="POST of much", rows=("httpd 8 backend closes before the header",)),
            *_all("closes_later", rows=("httpd 8 send fails",)),
            Ask("/ok", "s", pause=0.1, name="GET /ok behind closes_later", rows=("httpd 8 send fails",)),
            *_all("resets_later", rows=("httpd 8 send fails",)),
            Ask("/ok", "s", pause=0.1, name="GET /ok behind resets_later", rows=("httpd 8 send fails",)),
            *_all("wrong-magic too-large truncated", rows=("httpd 8 wrong magic",)),
            *_all("wrong-type type-0 no-type half-headers count-more body-first headers-twice", rows=("httpd 8 undecodable header",)),
            *_all("count-less pong flush-first reuse-0", rows=("httpd 8 undecodable header",)),
            Ask("/end-only", "s", status=200, rows=("httpd 8 end without header",)),
            *(Ask(path, "s", status=504, rows=("httpd 8 reply timeout", "httpd 4.1 JK_REPLY_TIMEOUT", "uri-mapping 7 reply_timeout")) for path in ("/quick/silent", "/timed/silent", "/env/silent")),
            *(Ask(path, "s", rows=("httpd 4.1 JK_REPLY_TIMEOUT", "uri-mapping 7 reply_timeout")) for path in ("/quick/env/slow", "/quick/neg/slow", "/timed/env/slow", "/quick/text/slow", "/quick/own/slow", "/quick/neg2/slow")),
            *(Ask(f"/fs/{name}", "s", rows=("httpd 8 fail_on_status", "uri-mapping 7 fail_on_status")) for name in ("error", "fails", "ok")),
            *(Ask(f"/own/{name}", "s", rows=("uri-mapping 7 fail_on_status",)) for name in ("error", "s503-close", "fails")),
        ],
        workers=_MORE,
    ),
    Case(
        "a backend that fails in its reply",
        "JkMount /* s\nJkMount /r1/* r1\nJkMount /r2/* r2\nJkMount /r3/* r3\nErrorDocument 502 \"own page\"\nKeepAliveTimeout 1",
        [
            *_all("dies-after-headers", rows=("httpd 8.1 died after the header",)),
            *_all("dies-in-body dies-small dies-flushed resets-in-body", rows=("httpd 8.1 died in the body, alone", "httpd 11.1 #1")),
            *_all("dies-in-length", rows=("httpd 8.1 length and keep-alive", "httpd 11.1 #2")),
            *(Ask(f"/{worker}/{name}", "s", rows=("httpd 8.1 recovery_options=3",)) for worker in ("r1", "r2", "r3") for name in ("dies-flushed", "closes", "dies-after-headers")),
            *(Ask(f"/{worker}/closes", "s", method="POST", body=b"abc", rows=("httpd 8.1 recovery_options=3",)) for worker in ("r1", "r2", "r3")),
        ],
        workers=_MORE,
    ),
]  # fmt: skip

IN_PAIRS = [
    *(
        Case(
            f"both members: {name}",
            f"{_CALM}\nJkMount /* lb\nKeepAliveTimeout 1",
            [Ask(f"/{name}", "m1", rows=rows), Ask("/ok", rows=rows)],
            workers=_TWO + _QUICK,
            rows=("httpd 4.2 JK_LB_FIRST", "httpd 4.2 JK_LB_LAST"),
        )
        for name, rows in (
            ("closes", ("httpd 8 all attempts failed",)),
            ("resets", ("httpd 8 all attempts failed",)),
            ("wrong-type", ("httpd 8 all attempts failed",)),
            ("dies-flushed", ("httpd 8.1 died in the body, lb of 2", "httpd 11.1 #1")),
            ("dies-after-headers", ("httpd 8.1 died after the header",)),
        )
    ),
    Case(
        "no member that could serve",
        f"{_CALM}\nJkMount /* none\nJkMount /both/* both",
        [Ask("/x", "-", status=503), Ask("/x", "-", status=503), Ask("/both/x", "-", status=503), Ask("/both/x", "-", status=503)],
        workers="worker.list=none,both\nworker.none.type=lb\nworker.none.balance_workers=a,b\nworker.a.port={m1}\nworker.a.host=127.0.0.1\nworker.a.activation=stopped\n"
        "worker.b.port={m2}\nworker.b.host=127.0.0.1\nworker.b.activation=disabled\nworker.both.type=lb\nworker.both.balance_workers=c,d\n"
        "worker.c.host=127.0.0.1\nworker.c.port={gone}\nworker.c.retry_interval=1\nworker.d.host=127.0.0.1\nworker.d.port={gone}\nworker.d.retry_interval=1\n",
        rows=("httpd 8 no usable member",),
    ),
    Case(
        "sticky sessions by force",
        f"{_CALM}\nJkMount /* strict\nJkMount /free/* free",
        [
            Ask("/x", "w1", headers=(("Cookie", "JSESSIONID=1.a"),)),
            Ask("/x", "-", headers=(("Cookie", "JSESSIONID=1.b"),), status=503, name="GET of b"),
            Ask("/x", "-", headers=(("Cookie", "JSESSIONID=1.b"),), status=503, name="GET of b again"),
            Ask("/x", headers=(("Cookie", "JSESSIONID=1.c"),), name="GET of nobody"),
            Ask("/x", headers=(("Cookie", "JSESSIONID=1"),), name="GET without a route"),
            Ask("/x;jsessionid=1.b", name="GET with a parameter"),
            Ask("/free/x", headers=(("Cookie", "JSESSIONID=1.b"),), name="GET of b where it is free"),
        ],
        workers="worker.list=strict,free\nworker.strict.type=lb\nworker.strict.balance_workers=a,b\nworker.strict.sticky_session_force=1\nworker.a.host=127.0.0.1\nworker.a.port={w1}\n"
        "worker.b.host=127.0.0.1\nworker.b.port={gone}\nworker.b.retry_interval=1\nworker.free.type=lb\nworker.free.balance_workers=a,b\n",
        rows=("httpd 8 sticky_session_force",),
    ),
]  # fmt: skip

CLIENTS = [
    Case(
        "clients that do it wrong",
        "JkMount /* s\nJkMount /e/* w1\nLimitRequestFieldSize 20000\nLimitRequestLine 20000",
        [
            Ask("/ok", "s"),
            Ask("/ok", "-", status=413, headers=(("X-Long", "x" * 8200),), name="a long header", rows=("httpd 8 too large",)),
            Ask("/ok", "s", name="after a long header", rows=("httpd 8 too large",)),
            *(Ask("/e/ok", "w1", name=f"{name} before what is too large", rows=("httpd 8 too large",)) for name in ("one", "two")),
            Ask("/e/ok", "-", status=413, headers=(("X-Long", "x" * 8200),), name="too large for an echo", rows=("httpd 8 too large",)),
            Ask("/e/ok", "w1", name="one behind what is too large", rows=("httpd 8 too large",)),
            Ask("/ok?" + "q" * 8200, "-", status=413, name="a long query", rows=("httpd 8 too large",)),
            Ask("/ok", "-", status=413, method="POST", body=b"abc", headers=(("X-Long", "x" * 8200),), name="a long header and a body", rows=("httpd 8 too large",)),
            *(Ask("/ok", headers=(("X-Long", "x" * n),), name=f"{n} bytes", rows=("httpd 8 too large",)) for n in (7900, 7950, 7990, 8000, 8010, 8020, 8030, 8040)),
            Ask("/reads", method="POST", headers=(("Content-Length", "100"),), finish=True, name="no body", rows=("httpd 8 client read error",)),
            Ask("/reads", name="a short body", finish=True, rows=("httpd 8 client read error",), raw=b"POST /reads HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"),
            Ask("/reads", name="a short body of two packets", finish=True, rows=("httpd 8 client read error",), raw=b"POST /reads HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + b"a" * 9000),
            Ask("/reads", name="half a chunk", finish=True, rows=("httpd 8 client read error",), raw=b"POST /reads HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"),
            Ask("/reads", name="no chunk", rows=("httpd 8 client read error",), raw=b"POST /reads HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"),
            Ask("/reads", name="no second chunk", rows=("httpd 8 client read error",), raw=b"POST /reads HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n0\r\n\r\n"),
            Ask("/unread", "s", method="POST", body=b"x" * 20000, name="a body nobody reads", rows=("httpd 6.4 length",)),
            Ask("/unread", "s", method="POST", chunked=[b"x" * 20000], name="chunks nobody reads", rows=("httpd 6.4 chunked",)),
            Ask("/reads_some", "s", method="POST", chunked=[b"x" * 20000], name="chunks of which three bytes are read", rows=("httpd 6.4 chunked",)),
            Ask("/unread", "s", method="POST", body=b"x", headers=(("Expect", "100-continue"),), name="expects, a body nobody reads", rows=("httpd 6.4 Expect",)),
            Ask("/unread", "s", method="POST", chunked=[b"x"], headers=(("Expect", "100-continue"),), name="expects, chunks nobody reads", rows=("httpd 6.4 Expect",)),
            Ask("/ok", "s", name="and at the end one that does it right"),
        ],
    ),
]  # fmt: skip

NUMBERS = [
    Case(
        "numbers with a factor and numbers that are none",
        f"{_CALM}\n" + "".join(f"JkMount /{name}/* {name}\n" for name in ("plain", "kilo", "text", "after", "blank", "none", "half", "wraps")),
        [Ask(f"/{name}/closes", "s", name=name) for name in ("plain", "text", "after", "blank", "none", "half", "wraps")],
        workers="".join(
            f"worker.list={name}\nworker.{name}.reference=worker.s\nworker.{name}.retry_interval=1\nworker.{name}.retries={value}\n"
            for name, value in {"plain": "3", "kilo": "1k", "text": "many", "after": "3x", "blank": "+3", "none": "0", "half": "3.9", "wraps": "4294967297"}.items()
        ),
        rows=("httpd 12 integers",),
    ),
]  # fmt: skip

CASES = [*NUMBERS, *ALONE, *IN_PAIRS, *CLIENTS]
