"""Notes for access logs, what rules say of balancers, and what the environment says of one request."""

from __future__ import annotations

from .case import Ask, Case

_PAIR = """
worker.list=lb,other,down,cookie,named,st
worker.lb.type=lb
worker.lb.balance_workers=a,b
worker.other.type=lb
worker.other.balance_workers=c,d
worker.other.method=S
worker.down.type=lb
worker.down.balance_workers=gone,e
worker.cookie.type=lb
worker.cookie.balance_workers=f,g
worker.cookie.set_session_cookie=1
worker.cookie.session_cookie=OWN
worker.cookie.session_cookie_path=/own
worker.cookie.session_path=;own
worker.named.type=lb
worker.named.balance_workers=h,i
worker.named.session_cookie=SID
worker.named.session_path=;sid
worker.st.type=status
""" + "".join(f"worker.{name}.host=127.0.0.1\nworker.{name}.port={{{port}}}\n" for name, port in zip("abcdefghi", ["w1", "w2"] * 2 + ["w2", "w3", "w4", "w5", "w6"])) + (
    "worker.gone.host=127.0.0.1\nworker.gone.port={gone}\nworker.gone.retry_interval=1\nworker.b.activation=disabled\nworker.b.route=rb\nworker.b.lbfactor=3\n"
)  # fmt: skip

_CALM = "JkWatchdogInterval 3600\n"


def _id(route: str, name: str = "JSESSIONID") -> tuple[tuple[str, str], ...]:
    return (("Cookie", f"{name}=1.{route}"),)


def _rows(*names: str) -> tuple[str, ...]:
    return tuple(f"uri-mapping 7 {name}" for name in names)


NOTES = [
    Case(
        "notes of requests",
        _CALM + "JkMount /plain/* w1\nJkMount /lb/* lb\nJkMount /down/* down\nJkMount /gone gone\nJkMount /no/* nosuch\nJkMount /listed listed\n"
        "<Location /plain/route>\nSetEnv JK_ROUTE there\n</Location>\n<Location /lb/route>\nSetEnv JK_ROUTE rb\n</Location>\nJkMount /own/* w1\n"
        "<Location /own>\nSetHandler default-handler\n</Location>\n<Location /sh>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME \"w3;reply_timeout=9000\"\n</Location>",
        [
            Ask("/plain/x", "w1", then={"note WORKER_NAME": "w1", "note WORKER_TYPE": "ajp13", "note WORKER_ROUTE": "-", "note REQUEST_DURATION": "a duration", "note LB_FIRST_NAME": "-"}),
            Ask("/plain/route", "w1", then={"note WORKER_ROUTE": "there"}, rows=("httpd 4.1 JK_ROUTE",)),
            Ask("/lb/x", "w1", then={"note WORKER_NAME": "lb", "note WORKER_TYPE": "lb", "note WORKER_ROUTE": "a", "note LB_FIRST_NAME": "a", "note LB_LAST_STATE": "OK"}),
            Ask("/lb/x", "w1", then={"note LB_FIRST_ACCESSED": "2"}),
            Ask("/lb/x", "w2", headers=_id("rb"), then={"note LB_FIRST_NAME": "b", "note LB_FIRST_ACTIVATION": "DIS", "note LB_FIRST_SESSIONS": "0"}, name="sticky"),
            Ask("/lb/x", "w1", method="POST", body=b"x" * 9000),
            Ask("/lb/route", "w2", then={"note WORKER_ROUTE": "rb"}, rows=("httpd 4.1 JK_ROUTE",)),
            Ask("/lb/x;jsessionid=1.rb", "w2"),
            Ask("/down/x", "w2", then={"note LB_FIRST_NAME": "gone", "note LB_LAST_NAME": "e", "note LB_FIRST_STATE": "ERR"}),
            Ask("/down/x", "w2", name="once more"),
            Ask("/gone", "-", status=503, then={"note REQUEST_DURATION": "a duration"}),
            Ask("/no/x", "-", status=500, then={"note WORKER_NAME": "nosuch", "note WORKER_TYPE": "-"}),
            Ask("/own/x", "-", then={"note WORKER_NAME": "w1", "note WORKER_TYPE": "-"}),
            Ask("/sh/x", "w3", then={"note WORKER_NAME": "w3"}),
            Ask("/static", "-", then={"note WORKER_NAME": "-"}),
        ],
        workers=_PAIR + "worker.list=gone\n",
        rows=tuple(f"httpd 4.2 {name}" for name in ("JK_WORKER_NAME", "JK_WORKER_TYPE", "JK_WORKER_ROUTE", "JK_REQUEST_DURATION", "JK_LB_FIRST", "JK_LB_LAST")),
    ),
    *(
        Case(
            f"notes with method {method} and probes",
            _CALM + "JkMount /* p",
            [Ask("/x", name=f"GET {n}", headers=_id("pb") if n % 3 == 2 else ()) for n in range(9)] + [Ask("/x", method="POST", body=b"x" * 20000)],
            workers=f"worker.list=p\nworker.p.type=lb\nworker.p.balance_workers=pa,pb\nworker.p.method={method}\nworker.pa.host=127.0.0.1\nworker.pa.port={{w1}}\n"
            "worker.pa.ping_mode=A\nworker.pa.ping_timeout=5000\nworker.pb.host=127.0.0.1\nworker.pb.port={w2}\nworker.pb.lbfactor=2\n",
            rows=("httpd 4.2 JK_LB_FIRST", "httpd 4.2 JK_LB_LAST"),
        )
        for method in ("R", "S", "T", "B", "N")
    ),
]  # fmt: skip

RULES = [
    Case(
        "what rules say of balancers",
        _CALM + "JkMount /lb/* lb\nJkMount /nosession/* lb;sticky_ignore=1\nJkMount /stateless/* other;stateless=1\nJkMount /count/* other\n"
        "JkMount /act/* lb;active=b\nJkMount /dis/* lb;disabled=a,b\nJkMount /stop/* \"lb;stopped=a b\"\nJkMount /stop2/* lb;stopped=a\nJkMount /twice/* lb;active=a;disabled=a;stopped=a\n"
        "JkMount /swap/* lb;active=b;stopped=a\nJkMount /none/* lb;disabled=nosuch\nJkMount /again/* lb;stopped=a;stopped=b\nJkMount /plain/* w1;active=w1;session_cookie=X;sticky_ignore=1\n"
        "JkMount /cookie/* lb;session_cookie=SID\nJkMount /path/* lb;session_path=;sid\nJkMount /path2/* lb;session_path=sid\nJkMount /bogus/* lb;bogus=1;sticky_ignore\n"
        "<Location /lb/env>\nSetEnv JK_STICKY_IGNORE 1\n</Location>\n<Location /lb/envempty>\nSetEnv JK_STICKY_IGNORE \"\"\n</Location>\n<Location /lb/env0>\nSetEnv JK_STICKY_IGNORE 0\n</Location>\n"
        "<Location /nosession/env0>\nSetEnv JK_STICKY_IGNORE 0\n</Location>\n<Location /nosession/text>\nSetEnv JK_STICKY_IGNORE text\n</Location>\n"
        "<Location /count/env>\nSetEnv JK_STATELESS 1\n</Location>\n<Location /stateless/env0>\nSetEnv JK_STATELESS 0\n</Location>\n<Location /count/envempty>\nSetEnv JK_STATELESS \"\"\n</Location>",
        [
            *(Ask(path, "w2", headers=_id("rb"), rows=("httpd 4.1 JK_STICKY_IGNORE",)) for path in ("/lb/x", "/lb/env0/x", "/nosession/env0/x", "/nosession/text/x")),
            *(Ask(path, "w1", headers=_id("rb"), rows=("httpd 4.1 JK_STICKY_IGNORE", *_rows("sticky_ignore"))) for path in ("/nosession/x", "/lb/env/x", "/lb/envempty/x")),
            *(Ask(path, rows=("httpd 4.1 JK_STATELESS", *_rows("stateless"))) for path in ("/stateless/1", "/stateless/2", "/count/1", "/stateless/3", "/count/2", "/count/env/3", "/count/envempty/4", "/stateless/env0/5", "/count/6")),
            Ask("/act/x", rows=_rows("active, disabled, stopped")),
            Ask("/act/y", rows=_rows("active, disabled, stopped")),
            *(Ask(f"/{path}/x", rows=_rows("active, disabled, stopped")) for path in ("dis", "stop", "stop2", "twice", "swap", "none", "again", "plain")),
            *(Ask(f"/{path}/x", headers=_id(route), name=f"/{path} to {route}", rows=_rows("active, disabled, stopped")) for path in ("dis", "stop", "stop2", "twice", "swap", "again") for route in ("a", "rb")),
            Ask("/cookie/x", "w2", headers=_id("rb", "SID"), rows=_rows("session_cookie")),
            Ask("/cookie/x", "w1", headers=_id("rb"), name="the usual cookie", rows=_rows("session_cookie")),
            Ask("/cookie/x;jsessionid=1.rb", "w2", rows=_rows("session_cookie")),
            *(Ask(f"/{path}/x;{name}=1.rb", rows=_rows("session_path")) for path in ("path", "path2") for name in ("sid", "jsessionid", "xsid")),
            Ask("/bogus/x", headers=_id("rb"), rows=_rows("anything else")),
        ],
        workers=_PAIR,
        starts="warn",
        rows=_rows("anything else", "active, disabled, stopped"),
    ),
    Case(
        "cookies that balancers set",
        _CALM + "JkMount /lb/* lb\nJkMount /set/* lb;set_session_cookie=1\nJkMount /name/* lb;set_session_cookie=1;session_cookie=RULE\n"
        "JkMount /path/* lb;set_session_cookie=1;session_cookie_path=/rule\nJkMount /own/* cookie\nJkMount /off/* cookie;set_session_cookie=0\nJkMount /down/* down;set_session_cookie=1\n"
        "JkMount /ownname/* cookie;session_cookie=RULE;session_cookie_path=/rule\n<Location /set/secure>\nSetEnv HTTPS on\n</Location>",
        [
            Ask("/lb/x", then={"header set-cookie": None}, rows=_rows("set_session_cookie")),
            Ask("/set/x", then={"header set-cookie": "Set-Cookie: JSESSIONID=.a;PATH=/;HttpOnly"}, rows=_rows("set_session_cookie")),
            Ask("/set/secure", rows=_rows("set_session_cookie")),
            Ask("/set/x", headers=_id("a"), then={"header set-cookie": None}, name="sticky", rows=_rows("set_session_cookie")),
            Ask("/set/x", headers=_id("zz"), name="of nobody", rows=_rows("set_session_cookie")),
            Ask("/own/x", then={"header set-cookie": "Set-Cookie: OWN=.f;PATH=/own;HttpOnly"}, rows=_rows("set_session_cookie", "session_cookie_path")),
            Ask("/off/x", rows=_rows("set_session_cookie")),
            Ask("/name/x", rows=_rows("session_cookie", "set_session_cookie")),
            Ask("/path/x", rows=_rows("session_cookie_path")),
            Ask("/ownname/x", rows=_rows("session_cookie_path", "session_cookie")),
            Ask("/down/x", rows=("httpd 11.1 #12",)),
        ],
        workers=_PAIR,
    ),
    Case(
        "odd values in rules",
        "JkMount /a w1;reply_timeout=\nJkMount /b w1;reply_timeout=text\nJkMount /c w1;=1\nJkMount /d w1;;\nJkMount /e w1;use_server_errors=400;use_server_errors=500\n"
        "JkMount /f w1;fail_on_status=text\nJkMount /g w1;fail_on_status=200;fail_on_status=404\nJkMount /h w1;reply_timeout=5;reply_timeout=9999\nJkMount /i w1;REPLY_TIMEOUT=1\n"
        "JkMount /j st;reply_timeout=1\nJkMount /k s;fail_on_status=\nJkMount /l \"w1;fail_on_status=200 404\"",
        [Ask(path) for path in "/a /b /c /d /e /f /g /h /i /k /l".split()],
        workers=_PAIR + "worker.w1.retries=1\n",
        rows=_rows("reply_timeout", "fail_on_status", "use_server_errors", "anything else"),
        starts="warn",
    ),
]  # fmt: skip

CASES = [*NOTES, *RULES]
