"""Which worker a path belongs to: the examples, and what other tables say of rules and their sources."""

from __future__ import annotations

import re
from pathlib import Path

from .case import Ask, Case, vhosts

INDEX = {"docs/index.html": "the index file"}


def _long(text: str) -> str:
    return re.sub(r"\{(.+?)\*(\d+)\}", lambda m: m[1] * int(m[2]), text)


def _examples() -> list[Case]:
    cases = []
    text = (Path(__file__).parent / "examples.txt").read_text()
    for block in text.split("\n# ")[1:]:
        name, *lines = block.rstrip().split("\n")
        conf = [line for line in lines if line and not re.match(r" *\d+ |file ", line)]
        rules = [line.removeprefix("file ") for line in lines if line.startswith("file ")]
        files = INDEX | ({"conf/map": "\n".join(rules) + "\n"} if rules else {})
        asks = [_example(name, m) for m in (re.match(r" *(\d+) (?:([A-Z]+) )?(\S+) +(\S+) (.+)$", line) for line in lines) if m]
        conf += ["JkMountFile conf/map"] * bool(rules)
        cases.append(Case(f"examples {name}", "\n".join(conf), asks, files=files))
    return cases


def _example(name: str, m: re.Match) -> Ask:
    number, method, target, worker, result = m.groups()
    target = _long(target)
    row = (f"uri-mapping 13 {name} #{number}",)
    if worker == "-":
        return Ask(target, "-", status=int(result), method=method or "GET", rows=row, name=f"#{number}", logged=method != "CONNECT")
    return Ask(target, worker, target if result == "=" else result, method=method or "GET", rows=row, name=f"#{number}")


def goes(paths: str, worker: str | None, table: str = "", number: int | None = None) -> list[Ask]:
    """Requests for each path: a worker's name, `-` for nobody and 404, a status for anything else that nobody gets."""
    rows = (f"{table} #{number}",) if number else (table,) if table else ()
    if worker and worker.isdigit():
        return [Ask(path, "-", status=int(worker), rows=rows) for path in paths.split()]
    return [Ask(path, worker, status=404 if worker == "-" else None, rows=rows) for path in paths.split()]


# 13.1: lines of a mount file, each in a file of its own so that no other is in the way.

LINES: list[tuple[int, str | bytes, list[tuple[str, str]]]] = [
    (245, "/t1=w1 ;reply_timeout=5", [("/t1", "500")]),
    (246, "/t2=w1; reply_timeout=5", [("/t2", "w1")]),
    (247, "/t3=w1;reply_timeout = 5", [("/t3", "w1")]),
    (248, "/t4 = w1", [("/t4", "w1")]),
    (249, "/t5=w1,w2", [("/t5", "500")]),
    (250, "/t6=W1", [("/t6", "500")]),
    (251, "/t7=w1;use_server_errors=400;bogus", [("/t7", "w1")]),
    (252, "/t8==w1", [("/t8", "500")]),
    (253, "/t9=w1 w2", [("/t9", "500")]),
    (254, "/" + "p" * 9000 + "=w1", [("/p", "-"), ("/" + "p" * 200, "-")]),
    (255, b"\xef\xbb\xbf/bom=w1", [("/bom", "-")]),
    (256, b"/crlf=w3\r\n", [("/crlf", "w3")]),
    (257, "/tab\t=\tw4", [("/tab", "w4")]),
    (258, "/a b=w5", [("/a%20b", "w5")]),
    (259, "/q?=w6", [("/qx", "w6"), ("/q%3F", "w6")]),
    (260, "/a*|/b=w1", [("/a", "w1"), ("/a/b", "w1"), ("/ax/b", "w1")]),
    (261, "|/x=w2", [("/x", "w2")]),
    (262, "/pp||=w3", [("/pp", "w3"), ("/pp%7C", "w3")]),
    (263, "/e\\x=w4", [("/e%5Cx", "w4")]),
]


def _lines() -> list[Case]:
    cases = []
    for number, line, requests in LINES:
        asks = [ask for path, worker in requests for ask in goes(path, worker, "uri-mapping 13.1", number)]
        content = line.encode() if isinstance(line, str) else line
        cases.append(Case(f"file line #{number}", "JkMountFile conf/map", asks, files={"conf/map": content + b"\n"}))
    return cases


FILES = [
    Case(
        "file with many kinds of lines",
        "JkMountFile conf/map\nJkMount /jk/* w7",
        [
            *goes("/ok /vt /x=y", None),
            *goes("/cont /cont2", None),
            *goes("/long", "w2"),
            *goes("/jk/x", "w7"),
            *goes("/env", None),
            *goes("/self", "500"),
        ],
        files={
            "conf/map": "  /ok = w1  \n\v/vt\t=\fw1\n/x%3Dy=w1\n/noworker=\n=w1\nnothing\n/cont=\\\nw1\n/cont2=w1\\\n#/no=w1\n"
            + "/long=" + " " * 8000 + "w2\n/env=$(PATH)\n/self=$(/self)\n\n\n"
        },
    ),
    Case(
        "file with variables",
        "JkMountFile conf/map",
        [*goes("/a /b", "w3"), *goes("/c", None), *goes("/d /e /f", "500"), *goes("/g", "w3")],
        files={
            "conf/map": "N=3\nW=w$(N)\n/a=$(W)\n/b=w$(N)\n/c=$(W);reply_timeout=$(N)000\n/d=$(W\n/e=$(none)\n/f=$($(N))\nN=4\n/g=w$(N)\n"
            + "worker.x.port=99\n/g=$(W)\n"
        },
    ),
    Case(
        "file with twenty variables and more in a line",
        "JkMountFile conf/map",
        goes("/a /b /c /d", "500"),
        files={"conf/map": "N=n\n" + "".join(f"/{name}=" + "$(N)" * count + "\n" for name, count in (("a", 19), ("b", 20), ("c", 21), ("d", 40)))},
        rows=("uri-mapping 12 replacements",),
    ),
    Case(
        "file with a line of 8191 bytes and one more",
        "JkMountFile conf/map",
        [*goes("/fits", "w2"), *goes("/cut", None), *goes("/rest", None), *goes("/after", "w3")],
        files={"conf/map": "/fits=" + "w2".rjust(8184) + "\n/cut=" + "w1".rjust(8186) + "/rest=w4\n/after=w3\n"},
        rows=("uri-mapping 12 line",),
    ),
    Case(
        "file with two thousand rules",
        "JkMountFile conf/map\nJkMount /r/* w7",
        [*goes("/r/1 /r/999 /r/1999", "w1"), *goes("/r/x", "w7"), *goes("/r/7/x", "w2")],
        files={"conf/map": "".join(f"/r/{n}=w1\n/r/{n}/*=w2\n" for n in range(1000)) + "".join(f"/r/{n}=w1\n" for n in range(1000, 2000))},
        rows=("uri-mapping 12 rules",),
    ),
    Case(
        "file whose variable is not known to workers",
        "JkMountFile conf/map\nJkMount /b w2",
        [*goes("/a /b", "-")],
        files={"conf/map": "/a=w1\nworker.w1.nosuch=1\n/c=w1\n"},
        rows=("uri-mapping 8.4 startup",),
        starts="error",
    ),
    Case(
        "file without any rule",
        "JkMountFile conf/map",
        [*goes("/ /index.html", "200"), *goes("/x", "-")],
        files=INDEX | {"conf/map": "# nothing\n"},
        rows=("uri-mapping 3.2 empty map",),
    ),
    Case(
        "file with only rules that are switched off",
        "JkMountFile conf/map",
        goes("/a /b", "-"),
        files={"conf/map": "-/a=w1\n-!/b=w1\n"},
    ),
]

# 13.2

_RULES = """
JkMount /a/b/c w3
JkMount /a/b/* w2
JkMount /s/[ab] w1
JkMount /t/*.j?p w2
JkMount /x/y/ w4
JkMount /*/y/ w5
JkMount /dup/* w1
JkMount /dup2/* w6
JkMount /dup/* w2
JkMount //dbl w3
JkMount /dot/./x w3
JkMount /sem;x w3
JkMount /pct%41 w3
JkMount /bs\\x w3
JkMount /-x w3
JkMount /!x w3
JkMount /** w7
JkUnMount /x/y/z* w7
"""

_RULES_ASKED = [
    (264, "/a/b/c", "w3"), (265, "/a/b/d", "w2"), (266, "/s/a", "w7"), (267, "/s/[ab]", "w1"), (268, "/t/x.jsp", "w2"), (269, "/t/x.jp", "w7"),
    (270, "/x/y/", "w4"), (271, "/q/y/", "w5"), (272, "/dup/x", "w2"), (273, "//dbl /dbl", "w7"), (274, "/dot/x /dot/./x", "w7"),
    (275, "/sem;x /sem", "w7"), (276, "/pctA", "w7"), (277, "/pct%2541", "w3"), (278, "/bs%5Cx", "w3"), (279, "/-x /!x", "w3"), (280, "/", "w7"),
    (281, "/x/y/zz", "-"), (282, "/x/y/q", "w7"),
]  # fmt: skip

MORE_RULES = Case("more rules", _RULES, [ask for n, paths, worker in _RULES_ASKED for ask in goes(paths, worker, "uri-mapping 13.2", n)])

# Where rules come from, and where they may stand.

SOURCES = [
    Case(
        "three sources and their rank",
        "JkMount /tie w1\nJkMount /two w1\nJkMount /only w1\nJkMountFile conf/map",
        [
            *goes("/tie", "w2", "uri-mapping 1 mount file"),
            *goes("/two", "w1", "uri-mapping 1 JkMount"),
            *goes("/only", "w1"),
            *goes("/wm /three/x", "w3", "uri-mapping 1 worker mount"),
            *goes("/fm", "w2"),
            *goes("/not", "-"),
        ],
        workers="worker.w3.mount=/tie /two,/wm\t/three/*  !/three/no /four|/*\nworker.w4.mount=/not !/not\n",
        files={"conf/map": "/tie=w2\n/fm=w2\n"},
    ),
    Case(
        "exclusions and disabled rules of a worker",
        "JkMount /* w1",
        [*goes("/a/x", "w3"), *goes("/a/no", "-"), *goes("/a/off/x", "w3"), *goes("/b%7C/", None), *goes("/b/y", "w1")],
        workers="worker.w3.mount=/a/* !/a/no -!/a/off/x /b|/*\n",
    ),
    Case(
        "a rule in LocationMatch is a pattern as it stands",
        "<LocationMatch /lm/.*>\nJkMount w3\n</LocationMatch>\n<Location ~ /lt/[ab]*>\nJkMount w2\n</Location>",
        [*goes("/lm/.x", "w3"), *goes("/lm/x", "-"), *goes("/lt/[ab]x", "w2"), *goes("/lt/a", "-")],
        rows=("uri-mapping 2.1 LocationMatch",),
    ),
    Case(
        "a rule in Directory has the path of the file system",
        "<Directory /srv/x>\nJkMount w1\n</Directory>\n<Directory /srv/y/*>\nJkMount w2\n</Directory>\nJkMount /a w3",
        [*goes("/srv/x /srv/x/", None), *goes("/srv/y/a", None), *goes("/x", "-"), *goes("/a", "w3")],
        rows=("uri-mapping 2.1 Directory",),
    ),
    Case(
        "a rule in htaccess",
        "<Directory ${DIR}/docs>\nAllowOverride All\n</Directory>\nJkMount /a w1",
        [*goes("/h/x", "500"), *goes("/a", "w1")],
        files={"docs/h/.htaccess": "JkMount /b w1\n", "docs/h/x": "x"},
        prepare=lambda pair: [httpd.expect_crashes(1) for httpd in pair.sides.values()],  # httpd tells it as an alert
        rows=("uri-mapping 2.1 .htaccess",),
    ),
    Case(
        "two arguments at the server, one in Location",
        "JkMount /a w1\n<Location /b>\nJkMount w2\n</Location>\n<VirtualHost *:${PORT}>\nJkMount /a w3\n<Location /b>\nJkMount w4;x=1\n</Location>\n</VirtualHost>",
        [
            Ask("/a", "w3"), Ask("/b", "w4"), Ask("/b/", "-"),
            Ask("/a", "w1", port="MAIN_PORT"), Ask("/b", "w2", port="MAIN_PORT"), Ask("/b/", "-", port="MAIN_PORT"),
        ],
        listen=("MAIN",),
        rows=("uri-mapping 2.1 server, two arguments", "uri-mapping 2.1 Location", "httpd 3 JkMount and JkUnMount"),
    ),
    Case(
        "repeated rules",
        "JkMount /a/* w1\nJkMount /* w2\nJkUnMount /a/x w1\nJkUnMount /a/x w2\nJkMount /b w1\nJkUnMount /b w3\nJkUnMount /c *\nJkMount /d/* w1\n"
        "JkUnMount /d/a *\nJkMount /a/* w3;reply_timeout=1000\nJkUnMount /e/* w2;active=1",
        [*goes("/a/x /a/y", "w3"), *goes("/b", None), *goes("/c /d/a /e/x", "-"), *goes("/d/b", "w1"), *goes("/z", "w2")],
        rows=("httpd 3 JkMount and JkUnMount",),
    ),
    Case(
        "quotes and odd characters in rules",
        'JkMount "/a b" "w1"\nJkMount \'/q"x\' w2\nJkMount "/b\\"c" w3\nJkMount /h# w4\nJkMount /p|q w5\nJkMount "/sp" "w1; reply_timeout=3"\n'
        'JkMount /c\\d w6\nJkMount /e=f w7\nJkMount "/t\tb" w1',
        [
            *goes("/a%20b", "w1"), *goes("/q%22x", "w2"), *goes("/b%22c", "w3"), *goes("/h%23", "w4"), *goes("/p /pq", "w5"), *goes("/sp", None),
            *goes("/c%5Cd", "w6"), *goes("/e=f", "w7"), *goes("/t%09b", "w1"), *goes("/q", "-"),
        ],
    ),
]  # fmt: skip

UNKNOWN = [
    Case(
        "unknown workers",
        "JkMount /u/* nosuch\nJkMount /* w1\nJkUnMount /x/* nosuch\nJkMount /lb/* lb\nJkMount /m/* m1\nJkMount /empty ;a=1",
        [
            *goes("/u/x", "500", "uri-mapping 6 rule"),
            *goes("/x/y", "w1", "uri-mapping 6 exclusion"),
            *goes("/m/x", "500", "uri-mapping 6 rule"),
            *goes("/lb/x", "m1"),
            *goes("/empty", "500"),
        ],
        workers="worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=m1\nworker.m1.host=127.0.0.1\nworker.m1.port={m1}\n",
        rows=("httpd 10.2 mount to unknown worker", "httpd 8 unknown worker", "httpd 12 could not find a worker", "uri-mapping 16 could not find a worker"),
        starts="error",
    ),
]

# 3: what is matched

FORMS = [
    Case(
        "the copy that is matched, slashes merged" if merge == "On" else "the copy that is matched, slashes kept",
        f"JkMount /app/* w1\nJkMount /* w2\nJkMount /app w3\nMergeSlashes {merge}\nAllowEncodedSlashes On",
        [
            *goes("/app;a/x /app/x;a /app/;a/;b/x /;x/app/x /app;/x /;;;/app/;x", None, "uri-mapping 3.1 parameters"),
            *goes("//app//x /app//x /app///y/ // /;x//;y/app/x /app%2F%2Fx", None, "uri-mapping 3.1 slashes"),
            *goes("/app/./x /./app/. /app/.;x /.;a/app/x /.x/app /app/.x/. /%2e/app/x /app/x/%2E", None, "uri-mapping 3.1 dots"),
            *goes("/app/../x /app/x/.. /app/x/..;y /x/..;/app/y /a/b/..;/..;/app/x /app/..x /app/...;/x", None, "uri-mapping 3.1 double dots"),
            *goes("/..;/app/x /a/..;/..;/x /..; /..;x=1 /.;/..;/a /%2e%2e;/x /%2e%2e%3b/x /a/%2e%2e%3b/%2e%2e;/y", "400", "uri-mapping 3.1 double dots"),
        ],
    )
    for merge in ("On", "Off")
] + [
    Case(
        "targets that are no path",
        "JkMount /* w1",
        [
            Ask("*", "-", method="GET", logged=False),
            Ask("*", "-", method="OPTIONS", status=200),
            Ask("x", "-", status=400, logged=False),
            Ask("x/y?z", "-", status=400, method="POST", logged=False),
            Ask("http://other.example/p;x=1", "w1", "/p;x=1"),
            Ask("http://other.example", "w1", "/"),
            Ask("ftp://other.example/p", None, logged=False),
            Ask("//host/p", None, logged=False),
            Ask("/x#y", None, logged=False),
            Ask("?q", None, logged=False),
            Ask("", None, raw=b"GET  HTTP/1.1\r\nHost: www.example.com\r\n\r\n", name="no target"),
        ],
        rows=("uri-mapping 3.2 no slash",),
        files=INDEX,
    ),
    Case(
        "a virtual host without rules refuses what leaves the root too",
        "<VirtualHost *:${PORT}>\n</VirtualHost>\n<VirtualHost *:${PORT}>\nServerName rules.test\nJkMount /a w1\n</VirtualHost>",
        [Ask("/..;/", "-", status=400), Ask("/..;/", "-", status=400, host="rules.test"), Ask("/a", "-"), Ask("/a", "w1", host="rules.test")],
        rows=("httpd 8 path above the root",),
    ),
    Case(
        "lengths at the limit",
        "JkMount /a* w1\nJkMount /long/* w2",
        [
            *goes(_long("/{a*4094}"), "w1", "uri-mapping 12 URI"),
            *goes(_long("/{a*4094};{b*100} /long/../{a*4094} /{a*4093};x/y"), None),
            Ask(_long("/{a*4095}"), "-", status=403, rows=("uri-mapping 3.2 too long", "httpd 11.1 #8"), name="one byte more"),
            Ask(_long("/a/{a*4093}b"), "-", name="one byte more, in a folder"),
            Ask(_long("/z{a*4095}"), "-", name="too long, and no rule would match"),
        ],
    ),
    Case(
        "unsafe paths",
        "<VirtualHost *:${PORT}>\nJkMount /app/* w1\nJkOptions +RejectUnsafeURI\n</VirtualHost>",
        [
            *(Ask(path, "-", status=404, rows=("uri-mapping 3.2 RejectUnsafeURI", "httpd 11.1 #8")) for path in ("/app/a%25b", "/app/%5C", "/app/x%2541")),
            *goes("/x%25y /x%5c", "-"),
            *goes("/app/a;%25=1 /app/%41 /app/%20", "w1"),
        ],
        rows=("httpd 3.1 RejectUnsafeURI",),
    ),
]  # fmt: skip

UNSAFE = [
    Case(
        f"unsafe paths and rules of the main server, {name}",
        f"JkMount /app/* w1\n{main}\n"
        + vhosts(keeps="JkMountCopy On", rejects="JkMountCopy On\nJkOptions +RejectUnsafeURI", allows="JkMountCopy On\nJkOptions -RejectUnsafeURI", own="JkMount /app/* w2", copy="JkMountCopy On\nJkMount /x w2"),
        [Ask(path, host=f"{host}.test", port=port, name=f"{path} of {host} at {port}")
         for host, port in (("keeps", "PORT"), ("rejects", "PORT"), ("allows", "PORT"), ("own", "PORT"), ("copy", "PORT"), ("main", "MAIN_PORT")) for path in ("/app/a%25b", "/app/a")],
        listen=("MAIN",),
        rows=("httpd 3.1 RejectUnsafeURI", "uri-mapping 3.2 RejectUnsafeURI"),
    )
    for name, main in (("which says nothing", ""), ("which rejects", "JkOptions +RejectUnsafeURI"))
]  # fmt: skip

# 9: main server and virtual hosts

_MAIN = """
JkMount /g/* w1
JkUnMount /g/*.gif w1
JkMount /both w1
JkMount /tie w1
JkMountFile conf/main-map
{copy}
<VirtualHost *:${{PORT}}>
{vhost}
</VirtualHost>
"""

MATRIX = [
    ("nothing", "", "", ["-", "-", "-", None, None, "-", "-"]),
    ("On", "JkMountCopy On", "", ["w1", "w1", "w2", None, None, "w7", "w1"]),
    ("own mounts", "JkMount /v/* w4\nJkMount /both w4", "", ["-", "w4", "-", "w4", None, "-", "-"]),
    ("own mounts and On", "JkMount /v/* w4\nJkMount /both w4\nJkMountCopy On", "", ["w1", "w4", "w2", "w4", None, "-", "w1"]),
    ("own file and On", "JkMountFile conf/own-map\nJkMountCopy On", "", ["w1", "w1", "-", None, "w3", "-", "w1"]),
    ("own file and All", "JkMountFile conf/own-map", "JkMountCopy All", ["w1", "w1", "-", None, "w3", "-", "w1"]),
    ("Off and All", "JkMountCopy Off", "JkMountCopy All", ["-", "-", "-", None, None, "-", "-"]),
]

_SOURCES = [
    ("Off without rules", "JkMountCopy Off", "", ["-", "-", "-", None, None, "-", "-"]),
    ("On without rules", "JkMountCopy on", "JkMountCopy On", ["w1", "w1", "w2", None, None, "w7", "w1"]),
    ("On with rules", "JkMountCopy On\nJkUnMount /g/no *\nJkMount /tie w5", "", ["w1", "w1", "w2", None, None, "-", "w5"]),
    ("All and nothing", "", "JkMountCopy all", ["w1", "w1", "w2", None, None, "w7", "w1"]),
    ("All and Off", "JkMountCopy Off\nJkMount /v/* w4", "JkMountCopy All", ["-", "-", "-", "w4", None, "-", "-"]),
    ("On in the main server", "", "JkMountCopy On", ["-", "-", "-", None, None, "-", "-"]),
]


def _copy(kind: str, row: str, vhost: str, copy: str, workers: list[str | None]) -> Case:
    paths = ["/g/x", "/both", "/fm", "/v/x", "/fv", "/wd/x", "/tie"]
    asks = [Ask(path, worker or "-") for path, worker in zip(paths, workers)]
    asks += [Ask("/g/x.gif", "-"), Ask("/g/no", None)] + [Ask(path, None, port="MAIN_PORT") for path in paths]
    return Case(
        f"mounts of a virtual host, {kind}: {row}",
        _MAIN.format(copy=copy, vhost=vhost),
        asks,
        workers="worker.w7.mount=/wd /wd/* /tie\n",
        files={"conf/main-map": "/fm=w2\n", "conf/own-map": "/fv=w3\n"},
        listen=("MAIN",),
        rows=(f"uri-mapping 9 {kind} {row}", "httpd 3 JkMountCopy"),
    )


COPIES = [_copy("matrix", *row) for row in MATRIX] + [_copy("sources", *row) for row in _SOURCES]

# 10 and 11: requests that stay here

_STRIPPED = [
    ("at the end", "/s.html;jsessionid=A.b", 200),
    ("in the middle", "/d;jsessionid=A/e.html", 200),
    ("twice", "/d;jsessionid=A/e.html;jsessionid=B", 404),
    ("with another", "/s.html;jsessionid=A;x=1", 404),
    ("prefix", "/s.html;jsessionidX=1", 200),
    ("case", "/s.html;JSESSIONID=A", 404),
    ("encoded", "/s.html%3Bjsessionid=A", 200),
]

_PAGES = {"docs/s.html": "s", "docs/d/e.html": "e", "docs/d/index.html": "index of d"}

STRIPPED = [
    Case(
        "session ids are stripped from what stays here",
        "JkMount /app/* w1\nJkStripSession On\n<VirtualHost *:${PORT}>\nJkMountCopy On\n</VirtualHost>",
        [
            *(Ask(path, "-", status=status, rows=(f"uri-mapping 10 {row}",)) for row, path, status in _STRIPPED),
            *goes("/d/;jsessionid=A /;jsessionid=A /s.html;jsessionid /s.html;jsessionid=", None),
            *goes("/s.html;x=1;jsessionid=A /d;jsessionid=A /nope;jsessionid=A/x", None),
            *goes("/app/x;jsessionid=A.b", "w1"),
        ],
        files=_PAGES,
        rows=("httpd 3 JkStripSession",),
    ),
    Case(
        "session ids are not stripped where no-jk is set",
        "<VirtualHost *:${PORT}>\nJkMount /app/* w1\nJkStripSession On\nSetEnvIf X-Off . no-jk\n</VirtualHost>",
        [
            Ask("/s.html;jsessionid=A", "-", status=200),
            Ask("/s.html;jsessionid=A", "-", status=404, headers=(("X-Off", "1"),)),
        ],
        files=_PAGES,
    ),
    Case(
        "session ids are not stripped without rules",
        "JkMount /app/* w1\nJkStripSession On\n<VirtualHost *:${PORT}>\n</VirtualHost>\n<VirtualHost *:${PORT}>\nServerName own.test\nJkStripSession On\n</VirtualHost>",
        [Ask("/s.html;jsessionid=A", "-", status=404), Ask("/s.html;jsessionid=A", "-", status=404, host="own.test")],
        files=_PAGES,
        rows=("uri-mapping 10 no map",),
    ),
    Case(
        "another mark of session ids",
        "JkMount /app/* w1\nJkStripSession On ;foo\n<VirtualHost *:${PORT}>\nJkMount /a w1\n</VirtualHost>\n<VirtualHost *:${PORT}>\nServerName own.test\n"
        "JkMount /a w1\nJkStripSession On\n</VirtualHost>\n<VirtualHost *:${PORT}>\nServerName off.test\nJkMount /a w1\nJkStripSession Off ;foo\n</VirtualHost>\n"
        "<VirtualHost *:${PORT}>\nServerName last.test\nJkMount /a w1\nJkStripSession On ;bar\nJkStripSession on\n</VirtualHost>",
        [
            Ask(f"/s.html;{mark}=A", host=host, rows=("uri-mapping 10 other text",))
            for host in ("www.example.com", "own.test", "off.test", "last.test")
            for mark in ("foo", "jsessionid", "bar")
        ],
        files=_PAGES,
        rows=("httpd 3 JkStripSession",),
    ),
]

_APPS = {
    "apps/ctx/page.html": "a page of an application",
    "apps/ctx/index.html": "the index of an application",
    "apps/ctx/WEB-INF/web.xml": "secret",
    "apps/ctx/x/WEB-INF/deep.html": "deep",
    "apps/packed.war": "an archive",
    "apps/dir.war/a.html": "in a directory",
    "apps/file": "no directory",
    "docs/local.html": "local",
    "docs/ctx/page.html": "not this one",
}

ALIASED = [
    Case(
        "files of web applications",
        "JkMount /*.jsp w1\nJkAutoAlias ${DIR}/apps\n<VirtualHost *:${PORT}>\nJkMountCopy On\n</VirtualHost>\n"
        "<VirtualHost *:${PORT}>\nServerName none.test\n</VirtualHost>\n<VirtualHost *:${PORT}>\nServerName own.test\nJkMount /own w2\n</VirtualHost>\n"
        "<VirtualHost *:${PORT}>\nServerName alone.test\nJkAutoAlias ${DIR}/apps\n</VirtualHost>",
        [
            *(Ask(path, "-", rows=("uri-mapping 11 root",)) for path in ("/", "/index.html")),
            *(Ask(path, "-", status=404, rows=("uri-mapping 11 WEB-INF",)) for path in ("/ctx/WEB-INF/web.xml", "/ctx/web-inf", "/ctx/META-INF/x", "/none/WEB-INF/")),
            *(Ask(path, "-", status=200, rows=("uri-mapping 11 directory",)) for path in ("/ctx/page.html", "/ctx/", "/ctx/page.html;x=1", "/dir.war/a.html")),
            *(Ask(path, "-", rows=("uri-mapping 11 directory",)) for path in ("/ctx", "/ctx/x/WEB-INF/deep.html", "/ctx/none", "/ctx/..;/ctx/page.html")),
            *(Ask(path, "-", status=403, rows=("uri-mapping 11 war",)) for path in ("/packed.war", "/packed.WAR", "/no.war/y")),
            *(Ask(path, "-", rows=("uri-mapping 11 else",)) for path in ("/local.html", "/file", "/none/x", "/.war")),
            Ask("/ctx/a.jsp", "w1"),
            *(Ask("/ctx/page.html", "-", host=host) for host in ("none.test", "own.test", "alone.test")),
        ],
        files=INDEX | _APPS,
        rows=("httpd 3 JkAutoAlias",),
    ),
]  # fmt: skip

CASES = [*_examples(), *_lines(), *FILES, MORE_RULES, *SOURCES, *UNKNOWN, *FORMS, *UNSAFE, *COPIES, *STRIPPED, *ALIASED]
