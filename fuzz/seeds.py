"""Writes fuzz/seeds: where the fuzz targets begin, made of what was recorded and of what is shipped.

    python3 fuzz/seeds.py

The files are kept in the repository, so that `cargo test` needs no Python. Run it again when a target reads its input
in another way.
"""

import json
import re
import shutil
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
SEEDS = TOP / "fuzz/seeds"
sys.path.insert(0, str(TOP / "tests"))

from support import ajp  # noqa: E402

PLAIN = [("Content-Type", "text/plain"), ("Content-Length", "5")]
HEAD = ajp.send_headers(200, "OK", PLAIN)
REPLIES = {
    "whole": HEAD + ajp.chunk(b"hello") + ajp.end(),
    "no-length": ajp.send_headers(200, "OK", [("Set-Cookie", "a=b")]) + ajp.chunk(b"hel") + ajp.FLUSH + ajp.chunk(b"lo") + ajp.end(0),
    "redirect": ajp.send_headers(302, "302", [("Location", "/x"), ("Content-Length", "0"), ("X-Own", "y\tz")]) + ajp.end(),
    "not-modified": ajp.send_headers(304, None, [("Connection", "x-hop, close"), ("X-Hop", "1")]) + ajp.end(),
    "pulls-body": ajp.get_body(8186) + ajp.get_body(0) + HEAD + ajp.chunk(b"hello") + ajp.end(),
    "short": HEAD + ajp.chunk(b"he") + ajp.end(),
    "surplus": HEAD + ajp.chunk(b"hello, world") + ajp.end(),
    "every-code": ajp.send_headers(200, "OK", [(name, "1") for name in ajp.RESPONSE_HEADERS]) + ajp.end(),
}


def replies():
    for name, stream in REPLIES.items():
        for kind in (0, 1, 2, 7):
            yield f"{name}-{kind}", bytes([kind, 2, 3, 0, 200]) + stream


def requests():
    """The input of the target that makes it build the recorded request."""
    for file in sorted((TOP / "tests/recorded/packets").glob("*.hex")):
        lines = [line.split("#")[0].split() for line in file.read_text().splitlines()]
        raw = bytes.fromhex("".join("".join(words[1:]) for words in lines if words and re.fullmatch(r"[0-9a-f]{4}", words[0])))
        yield file.stem, _as_input(ajp.decode_forward(raw))


def _as_input(request: ajp.Forward) -> bytes:
    def text(value: bytes) -> bytes:
        if len(value) < 64:
            return bytes([len(value)]) + value
        wanted = min(-(-len(value) // 600), 16)
        return bytes([239 + wanted]) + value.ljust(wanted * 600, b"x")[: wanted * 600]

    def maybe(value: bytes | None) -> bytes:
        return b"\x01" if value is None else b"\x00" + text(value)

    of = request.attribute
    chunked = request.content_length is None
    kind = int(request.is_ssl) | (2 if chunked else 4 if request.content_length else 0) | 8
    out = bytes([kind]) + text(b"TENANT") + text(b"acme") + text(request.method.encode()) + text(request.protocol) + text(request.uri)
    out += maybe(request.remote_addr) + maybe(request.remote_host)
    out += text(request.server_name) + request.server_port.to_bytes(2, "big")
    out += maybe(of("remote_user")) + maybe(of("auth_type")) + maybe(of("query_string"))
    out += maybe(of("ssl_cert")) + maybe(of("ssl_cipher")) + maybe(of("ssl_session")) + b"\x80" + maybe(of("AJP_SSL_PROTOCOL"))
    out += maybe(of("AJP_REMOTE_PORT")) + maybe(of("AJP_LOCAL_ADDR"))
    out += maybe(of("secret")) + maybe(of("route")) + text(of("JK_LB_ACTIVATION") or b"ACT")
    codes = {name: n for n, name in enumerate(ajp.REQUEST_HEADERS.values())}
    for name, value in request.headers:
        out += (bytes([codes[name]]) if name in codes else b"\x0f" + text(name.encode("latin-1"))) + text(value)
    return out


def sessions():
    rows = (TOP / "tests/vectors/session-vectors.tsv").read_text().splitlines()
    for n, row in enumerate(row.split("\t") for row in rows if not row.startswith("#") and not row.startswith("label")):
        yield f"{n:02}", "\n".join([f"JSESSIONID ;jsessionid {row[3]}".strip(), row[1], *json.loads(row[2])]).encode()


def _groups():
    """The worked examples of mapping: rules and paths of each group."""
    rules, paths = [], []
    for line in (TOP / "src/uri/examples.txt").read_text().splitlines() + ["#"]:
        if line.startswith("#") and (rules or paths):
            yield rules, paths
            rules, paths = [], []
        elif line.startswith("/"):
            paths.append(line.split()[0])
        elif line.startswith("file "):
            rules.append(line[5:])
        elif line.startswith("JkMount "):
            rules.append("=".join(line.split()[1:3]))


def paths():
    seen = {path for _, paths in _groups() for path in paths if re.search(r"//|[.;%\\]", path)}
    for n, path in enumerate(sorted(seen)[::3]):
        yield f"{n:02}", path.encode()


def mount_files():
    yield "shipped", (TOP / "apache-conf/uriworkermap.properties").read_bytes()
    for n, (rules, _) in enumerate(_groups()):
        if n % 3 == 0 and rules:
            yield f"{n:02}", "\n".join(rules).encode()


def workers():
    yield "shipped", (TOP / "apache-conf/workers.properties").read_bytes()
    yield "variables", b"v=1\nv=2\nworker.list=$(v),$(HOME),$(none)\nworker.a.host=$(worker.list\nx_path=a\nx_path=b\n"
    yield "references", b"worker.list=a\nworker.a.reference=worker.t\nworker.t.reference=worker.u\nworker.u.port=80 10\nworker.u.type=ajp13\n"
    yield "balancer", b"worker.list=l\nworker.l.type=lb\nworker.l.balance_workers=a,b\nworker.a.route=r\nworker.b.activation=d\nworker.b.fail_on_status=500,-404\n"
    yield "status", b"worker.list=s\nworker.s.type=status\nworker.s.user=a\nworker.s.ns=-\nworker.s.good=a.o\n"
    yield "faults", b"\xef\xbb\xbfworker.list=l\nworker.l.type=lb\nworker.l.port = 10ms # x\r\nworker.l.Host=\nworker.x.prot=1\nworker.list=l,l\n"


def status():
    from recorded.status import CASES

    for case in (case for case in CASES if case.name in ("list", "show-member", "dump", "update", "error")):
        for mime in ("html", "xml", "txt", "prop", "json", "metrics"):
            yield f"{case.name}-{mime}", f"mime={mime}&{case.query}\n<m\"1 & \u00e9>".encode()
    changes = "vwa=d&vwn=r%20x&vwr=&vwc=a%26b&vahst=h&vaprt=70000&vamps=9000&vls=0&vlm=B&vlr=12x"
    yield "update", f"cmd=update&mime=txt&w=lb&sw=m*&{changes}\n".encode()
    yield "mass", b"cmd=update&mime=prop&w=lb&att=vwn&val0=m2&val1=m1\n"
    yield "form", b"cmd=list\ntoken=" + b"0" * 32 + b"&cmd=reset&w=lb&sw=m1"


def main():
    shutil.rmtree(SEEDS, ignore_errors=True)
    for target, seeds in {
        "ajp_reply": replies,
        "ajp_request": requests,
        "session": sessions,
        "status": status,
        "uri_normal": paths,
        "uriworkermap": mount_files,
        "workers_properties": workers,
    }.items():
        (SEEDS / target).mkdir(parents=True)
        for name, data in seeds():
            (SEEDS / target / name).write_bytes(data)


main()
