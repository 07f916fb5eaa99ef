"""The reply of a backend on its way to the client: headers, errors, and what `use_server_errors` makes of them."""

from __future__ import annotations

from support import ajp

from .case import Ask, Case, vhosts
from .scripts import HTML, TEXT, sends

# 7.2: headers of replies

_OLD, _FUTURE = "Tue, 15 Nov 1994 12:45:26 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"

_HEADERS: dict[str, list[tuple[str, list[tuple]]]] = {
    "Content-Type": [
        ("type-upper", [("Content-Type", "Text/HTML; Charset=UTF-8;X=Y")]),
        ("type-twice", [("Content-Type", "text/one"), ("content-type", "text/two")]),
        ("type-empty", [("Content-Type", "")]),
        ("type-odd", [("Content-Type", "no type at all ; x")]),
        ("type-none", []),
        ("type-by-name", [(b"Content-Type", "text/plain")]),
        ("type-language", [("Content-Type", "text/plain"), ("Content-Language", "de"), ("Content-Encoding", "br")]),
    ],
    "Last-Modified": [
        ("modified", [*TEXT, ("Last-Modified", _OLD)]),
        ("modified-future", [*TEXT, ("Last-Modified", _FUTURE)]),
        ("modified-odd", [*TEXT, ("Last-Modified", "yesterday")]),
        ("modified-empty", [*TEXT, ("Last-Modified", "")]),
        ("modified-twice", [*TEXT, ("Last-Modified", _OLD), ("Last-Modified", "Wed, 16 Nov 1994 12:45:26 GMT")]),
        ("modified-etag", [*TEXT, ("Last-Modified", _OLD), ("ETag", '"x"')]),
    ],
    "everything else": [
        ("cookies", [*TEXT, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Path=/"), ("Set-Cookie2", "c")]),
        ("own", [*TEXT, ("X-One", "1"), ("x-TWO", "a,b"), ("X-Two", "3"), ("X-Empty", ""), ("X-High", "\xe4\xff")]),
        ("cached", [*TEXT, ("Cache-Control", "no-cache"), ("Expires", "0"), ("Pragma", "no-cache"), ("Vary", "Cookie"), ("Vary", "X")]),
        ("engine", [*TEXT, ("Servlet-Engine", "Tomcat"), ("Status", "207 Other"), ("WWW-Authenticate", "Basic realm=x"), ("Content-Language", "en")]),
        ("many-of-them", [*TEXT, *((f"X-{n}", str(n)) for n in range(95))]),
        ("places", [*TEXT, ("X-One", "1"), ("Content-Length", "10"), ("X-Two", "2"), (b"LOCATION", "/there"), ("Content-Length", "10"), ("X-Three", "3")]),
        ("ranges", [*TEXT, ("Accept-Ranges", "none"), ("Content-Range", "x"), ("Content-MD5", "y"), ("Allow", "GET"), ("Retry-After", "1")]),
    ],
    "Date and Server": [("date", [*TEXT, ("Date", _OLD), ("Server", "Tomcat"), ("X-Powered-By", "me")])],
    "Location and Transfer-Encoding": [
        ("location", [*TEXT, ("Location", "/one"), ("location", "http://two.test/x")]),
        ("hop", [*TEXT, ("Transfer-Encoding", "chunked")]),
        ("hop-more", [*TEXT, ("Connection", "close, X-Mine"), ("X-Mine", "1"), ("Keep-Alive", "timeout=9"), ("Upgrade", "h2c"), ("Proxy-Connection", "x")]),
    ],
}  # fmt: skip

for _name, _fields in [one for ones in _HEADERS.values() for one in ones]:
    sends(_name, ajp.reply(200, _fields, b"0123456789"))

# Length

_LENGTHS = {
    "length-none": (TEXT, b"0123456789"),
    "length-right": ([*TEXT, ("Content-Length", "10")], b"0123456789"),
    "length-plus": ([*TEXT, ("Content-Length", "+10")], b"0123456789"),
    "length-zeros": ([*TEXT, ("Content-Length", "0010")], b"0123456789"),
    "length-blank": ([*TEXT, ("Content-Length", " 10 ")], b"0123456789"),
    "length-text": ([*TEXT, ("Content-Length", "ten")], b"0123456789"),
    "length-negative": ([*TEXT, ("Content-Length", "-1")], b"0123456789"),
    "length-empty": ([*TEXT, ("Content-Length", "")], b"0123456789"),
    "length-huge": ([*TEXT, ("Content-Length", "99999999999999999999")], b"0123456789"),
    "length-same": ([*TEXT, ("Content-Length", "10"), ("Content-Length", "10")], b"0123456789"),
    "length-two": ([*TEXT, ("Content-Length", "9"), ("Content-Length", "10")], b"0123456789"),
    "length-less": ([*TEXT, ("Content-Length", "20")], b"0123456789"),
    "length-more": ([*TEXT, ("Content-Length", "5")], b"0123456789"),
    "length-zero": ([*TEXT, ("Content-Length", "0")], b""),
}  # fmt: skip

for _name, (_fields, _body) in _LENGTHS.items():
    sends(_name, ajp.send_headers(200, "OK", _fields), ajp.chunks(_body), ajp.end())
sends("length-less-flushed", ajp.send_headers(200, "OK", [*TEXT, ("Content-Length", "20")]), ajp.chunk(b"0123456789"), ajp.FLUSH, ajp.end())
sends("length-more-flushed", ajp.send_headers(200, "OK", [*TEXT, ("Content-Length", "5")]), ajp.chunk(b"0123456789"), ajp.FLUSH, ajp.end())

# Status lines

_STATUSES = [200, 201, 202, 203, 204, 205, 206, 207, 226, 299, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 412, 413, 416, 417, 418, 422, 429,
             451, 499, 500, 501, 502, 503, 504, 507, 511, 599, 600, 777, 999]  # fmt: skip
for _status in _STATUSES:
    sends(f"s{_status}", ajp.reply(_status, [*HTML, ("Location", "/there"), ("X-Mine", "kept"), ("WWW-Authenticate", "Basic realm=a"), ("WWW-Authenticate", "Digest b")], b"the backend's", reason=f"Reason {_status}"))
    sends(f"s{_status}-empty", ajp.send_headers(_status, f"Reason {_status}", [("X-Mine", "kept"), ("Content-Length", "0")]), ajp.end())
    sends(f"s{_status}-bare", ajp.send_headers(_status, "", [("X-Mine", "kept")]), ajp.end())
for _status in (0, 1, 99, 100, 101, 102, 103, 1000, 65535):
    sends(f"s{_status}", ajp.reply(_status, TEXT, b"the backend's"))
sends("reason-none", ajp.send_headers(200, None, TEXT), ajp.chunk(b"x"), ajp.end())
sends("reason-none-404", ajp.send_headers(404, None, TEXT), ajp.chunk(b"x"), ajp.end())
sends("reason-long", ajp.send_headers(200, "R" * 4000, TEXT), ajp.chunk(b"x"), ajp.end())
sends("reason-high", ajp.send_headers(200, "\xe4\xff ", TEXT), ajp.chunk(b"x"), ajp.end())
sends("reason-line", ajp.send_headers(200, "A\r\nX-Evil: 1", TEXT), ajp.chunk(b"x"), ajp.end())
sends("value-line", ajp.reply(200, [*TEXT, ("X-A", "1\r\nX-Evil: 1")], b"x"))
sends("value-control", ajp.reply(200, [*TEXT, ("X-A", "\x01")], b"x"))
sends("name-space", ajp.reply(200, [*TEXT, (b"X A", "1")], b"x"))
sends("name-empty", ajp.reply(200, [*TEXT, (b"", "1")], b"x"))


def _asks(names: list[str], *rows: str, method: str = "GET", path: str = "/", close: bool = False) -> list[Ask]:
    return [Ask(f"{path}{name}", "s", method=method, rows=rows, close=close) for name in names]


REPLIES = [
    *(Case(f"headers of replies: {name}", "JkMount /* s", _asks([one for one, _ in ones], f"httpd 7.2 {name}")) for name, ones in _HEADERS.items()),
    Case(
        "headers of replies: Content-Length",
        "JkMount /* s",
        _asks([*_LENGTHS, "length-less-flushed", "length-more-flushed"], "httpd 7.2 Content-Length", close=True)
        + _asks(["length-right", "length-less", "length-none"], "httpd 7.2 Content-Length", method="HEAD"),
    ),
    Case(
        "a reply that is shorter than announced",
        "JkMount /* s\nKeepAliveTimeout 1",
        [Ask("/length-less-flushed", "s", then={"access connection": "+", "ending": "cut"})],
        rows=("httpd 7.2 Content-Length", "httpd 8.1 length and keep-alive", "httpd 11.1 #2"),
    ),
    Case("status lines", "JkMount /* s", _asks([f"s{status}{kind}" for status in _STATUSES for kind in ("", "-empty")], "httpd 7.4 error with body", "httpd 7.4 error without body")),
    Case("status lines without a reason", "JkMount /* s", _asks([*(f"s{status}-bare" for status in _STATUSES), "reason-none", "reason-none-404", "reason-long", "reason-high"], "httpd 7.4 error without body")),
    Case(
        "the same for HEAD",
        "JkMount /* s\nErrorDocument 404 \"own page\"",
        _asks([f"s{status}{kind}" for status in (200, 204, 302, 304, 401, 404, 500, 503) for kind in ("", "-empty", "-bare")], "httpd 7.4 the same for HEAD", "httpd 12 HEAD and errors without body", method="HEAD")
        + [Ask("/flushed", "s", method="HEAD", rows=("httpd 7.3 body packet",))],
    ),
    Case(
        "conditions on replies",
        "JkMount /* s",
        [
            Ask("/modified", "s", headers=(("If-Modified-Since", _OLD),)),
            Ask("/modified-etag", "s", headers=(("If-None-Match", '"x"'),)),
            Ask("/modified-etag", "s", headers=(("If-None-Match", '"y"'),), name="another version"),
            Ask("/modified-etag", "s", headers=(("If-Match", '"y"'),), name="only another version"),
            Ask("/ok", "s", headers=(("If-Unmodified-Since", _OLD),)),
        ],
        rows=("httpd 7.2 Last-Modified",),
    ),
    Case(
        "what is no status",
        "JkMount /* s",
        _asks(["s0", "s1", "s99", "s100", "s101", "s102", "s103", "s1000", "s65535"], "httpd 8 1xx", "httpd 11.1 #3", close=True),
    ),
    Case(
        "what is no header",
        "JkMount /* s",
        _asks(["reason-line", "value-line", "value-control", "name-space", "name-empty"], "httpd 7.2 everything else", close=True),
    ),
]  # fmt: skip

# 7.4: error pages of httpd instead

_ERRORS = "ErrorDocument 404 \"own page\"\nErrorDocument 500 /pages/500.html\nErrorDocument 401 \"log in\"\nErrorDocument 302 \"moved\""

ERRORS = [
    Case(
        "errors of the server instead",
        "\n".join(
            [_ERRORS, "JkMount /b/* s", "JkMount /400/* s;use_server_errors=400", "JkMount /500/* s;use_server_errors=500", "JkMount /300/* s;use_server_errors=300"]
            + ["JkMount /neg/* s;use_server_errors=-1", "JkMount /zero/* s;use_server_errors=0", "JkMount /text/* s;use_server_errors=many", "JkMount /200/* s;use_server_errors=200"]
        ),
        [
            *_asks(["s404", "s500", "s404-empty"], "httpd 7.4 error with body", path="/b/"),
            *(
                ask
                for level in ("400", "500")
                for ask in _asks(["s200", "s302", "s304", "s400", "s401", "s404", "s404-empty", "s413", "s499", "s500", "s503", "s599", "s600"], "httpd 7.4 use_server_errors", "uri-mapping 7 use_server_errors", path=f"/{level}/")
            ),
            *_asks(["s404", "s401", "s200", "s500"], "httpd 7.4 use_server_errors", path="/400/", method="HEAD"),
            *_asks(["s301", "s302", "s304", "s307"], "httpd 7.4 redirect with use_server_errors", path="/300/"),
            *_asks(["s200", "s404", "s302"], "httpd 7.4 negative use_server_errors", "httpd 11.1 #13", path="/neg/"),
            *_asks(["s200", "s404"], "uri-mapping 7 use_server_errors", path="/zero/"),
            *_asks(["s200", "s404"], "uri-mapping 7 use_server_errors", path="/text/"),
            *_asks(["s200", "s204"], "uri-mapping 7 use_server_errors", path="/200/"),
            Ask("/400/s404", "s", method="POST", body=b"x" * 9000),
            Ask("/400/s404", "s", method="POST", chunked=[b"x" * 9000], name="POST in chunks"),
        ],
        files={"docs/pages/500.html": "a page of its own"},
        rows=("httpd 7.4 errors of httpd",),
    ),
]  # fmt: skip

# 9.1 of the whole: large and many

TRANSPORT = [
    Case(
        "replies of many sizes",
        vhosts(plain="JkMount /* s", flush="JkMount /* s\nJkOptions +FlushPackets", header="JkMount /* s\nJkOptions +FlushHeader"),
        [Ask(f"/b{n}{kind}", "s", host=f"{host}.test", version=version)
         for host in ("plain", "flush", "header") for n in (100, 7999, 8000, 8184, 8185, 8193, 9000, 20000) for kind in ("", "-nolength", "-flushed") for version in ("1.1", "1.0")],
        rows=("httpd 7.3 otherwise", "httpd 7.3 end packet", "httpd 3.1 FlushPackets", "httpd 3.1 FlushHeader"),
    ),
]  # fmt: skip

sends("flushed", ajp.send_headers(200, "OK", TEXT), ajp.chunk(b"one"), ajp.FLUSH, ajp.chunk(b"two"), ajp.end())

CASES = [*REPLIES, *ERRORS, *TRANSPORT]
