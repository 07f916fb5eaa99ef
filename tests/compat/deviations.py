"""Everything in which ours may differ from the original, in one place.

`LISTED`: on purpose, with the row of docs/COMPATIBILITY.md. `LATER`: not built yet. `OPEN`: found, and not decided.
A difference that matches nothing here fails its case. So does an entry of which a case it names shows nothing: with
`LISTED` because the list is wrong then, with the other two because there is something to take off it.

`cases` are patterns over names, `case: what was asked`. `fields` are those of an outcome, as patterns, with what ours
shows there: a value, a function that knows whether it is right, or ANY.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

ANY = object()


@dataclass(frozen=True, eq=False)
class Deviation:
    id: str
    cases: str | tuple[str, ...]
    fields: dict[str, object]
    reason: str

    def covering(self, where: str) -> list[str]:
        """Those of its patterns that mean this."""
        return [one for one in ([self.cases] if isinstance(self.cases, str) else self.cases) if fnmatchcase(where, one)]

    def allows(self, name: str, ours: object) -> bool:
        """What is said of a field by its name counts more than what is said by patterns."""
        if name in self.fields:
            return _fits(self.fields[name], ours)
        return any(fnmatchcase(name, pattern) and _fits(wanted, ours) for pattern, wanted in self.fields.items())


def _fits(wanted: object, value: object) -> bool:
    if wanted is ANY:
        return True
    return bool(wanted(value)) if callable(wanted) else wanted == value


def answer(status: int, **more: object) -> dict[str, object]:
    """Another status, with httpd's page for it and all that goes with it."""
    names = ["reason", "ending", "header *", "order of headers", "body", "access bytes", "access connection", "note *"]
    return {"status": status, "access status": str(status)} | dict.fromkeys(names, ANY) | more


def refused(status: int) -> dict[str, object]:
    """The same, and no backend hears of it."""
    return answer(status, worker=None) | {"packet*": None, "at backends": []} | {"ending": ANY}


def forwards(**more: object) -> dict[str, object]:
    """Another request for the backend: the packet, the fields named here, and what counts its bytes."""
    names = ["packet", "header content-length", "access bytes", "note LB_*_TRANSFERRED", "note LB_*_READ"]
    return dict.fromkeys(names, ANY) | {f"packet.{name}": value for name, value in more.items()}


def invalid() -> dict[str, object]:
    """A reply that ours refuses, after it has tried again."""
    return answer(502, log="error") | {"at backends": ANY, "packet*": ANY}


CUT = {"ending": "cut", "access connection": "-", "body": ANY, "header *": ANY, "order of headers": ANY, "access bytes": ANY, "log": "error", "note *": ANY, "access status": ANY}

QUIET = {"log": "quiet"}

_UNKNOWN_WORKERS = (
    "examples R40: #140", "examples R41: #143", "examples R43: #150", "examples R53: #202", "file line #245: *", "file line #249: *",
    "file line #250: *", "file line #252: *", "file line #253: *", "file with many kinds of lines: GET /cont", "file with many kinds of lines: GET /cont2",
    "file with many kinds of lines: GET /env", "file with many kinds of lines: GET /self", "file with variables: GET /[def]", "file with twenty variables *", "unknown workers: GET /u/x", "unknown workers: GET /m/x", "unknown workers: GET /empty",
)  # fmt: skip

_AMBIGUOUS = ("%3[Bb]", "%5[Cc]", "%2[Ee]", "%2[Ff]", ";*/.", "/.*;", "//*/..", "//..", "\\")
"""What a servlet container may read otherwise than httpd."""

_HIDDEN = tuple(f"the URI as unparsed: GET {path}" for path in ("/a/%41+%20%22%3B;p=%31", "/a/%2f%2F/b", "/a/%2e%2e%2fb", "/a%2Fb"))

_INVALID = ("wrong-type", "type-0", "no-type", "count-more", "body-first", "headers-twice", "pong", "end-only")
_BREAKS = ("/dies-in-body", "/dies-small", "/dies-flushed", "/resets-in-body", "/dies-in-length", "/r[123]/dies-flushed")

_STOPS = (
    "a name of 64 bytes", "an unknown type", "a type of old", "a balancer without members", "a mount without a slash", "an unknown property", "a circle of references",
    "a log in no folder",
)  # fmt: skip
_HARDLY_MEANT = (
    "options of no effect", "words in any case", "an unknown request log format", "a port that is no number", "a worker without a property", 'JkWorkerProperty ""',
    "JkWorkerProperty a b", "JkWorkerProperty =x", "JkWorkerProperty a",
)  # fmt: skip

ONCE = {"ending": "cut", "at backends": ["s"], "packet2": None, "status": 200, "access status": "200", "access connection": "-"} | dict.fromkeys(
    ("body", "reason", "access bytes", "header content-length", "header content-type", "header transfer-encoding", "order of headers"), ANY
)
TOLD_AGAIN = dict.fromkeys(("packet[2-9]", "packet[2-9].route", "note WORKER_ROUTE", "note LB_*"), ANY)

LISTED: list[Deviation] = [
    Deviation("D7", ("examples R44: #15[34]", "unsafe paths: GET /app/*%*"), answer(400), "RejectUnsafeURI refuses instead of looking for a file"),
    Deviation("D7", ("examples R58: #226", "lengths at the limit: *"), answer(414, log="quiet"), "a path that is too long is refused"),
    Deviation("D7", ("generated * RejectUnsafeURI *: *%*", "generated * RejectUnsafeURI *: *\\*"), refused(400), "RejectUnsafeURI refuses, whatever lies there"),
    Deviation("D7", "generated *: long *", refused(414), "a path that is too long is refused"),
    Deviation(
        "D5",
        tuple(f"generated forms *{end}" for end in (";jsessionid=", "%3bjsessionid=", "%3Bjsessionid=", "jsessionid=[?]*")),
        dict.fromkeys(("header x-peer", "header x-packet", "worker", "at backends", "packet", "packet.route"), ANY),
        "the search for an id ends where the path ends",
    ),
    Deviation("D8", tuple(f"generated * ForwardURICompatUnparsed *: *{one}*" for one in (*_AMBIGUOUS, " http:", " http:[!/]", " http:/[!/]")), refused(400), "what is guarded is what is forwarded"),
    Deviation(
        "D22",
        ("examples R48: #175", "the copy that is matched*: GET *..*", "the copy that is matched*: GET /*?2e?2e*", "a virtual host without rules refuses *"),
        QUIET,
        "what a client does wrong is no emergency",
    ),
    Deviation("D56", _UNKNOWN_WORKERS, QUIET, "an unknown worker is told at info"),
    Deviation(
        "D4",
        tuple(f"headers of replies: Location and Transfer-Encoding: GET /{name}" for name in ("hop", "hop-more")),
        {"ending": "length", "header content-length": "Content-Length: 10", "header *": None, "order of headers": ANY, "body": b"0123456789", "access connection": "+"},
        "headers of one hop end here",
    ),
    Deviation("D4", ("what is no status: *", "what is no header: GET /value-*"), invalid() | {"interim": [], "ending": "length"}, "what is no HTTP is refused"),
    Deviation("D27", "what is no header: GET /name-*", invalid(), "an invalid reply is 502"),
    Deviation("D28", "what is no header: GET /reason-line", {"reason": "A"}, "a reason ends at its first control character"),
    Deviation("D29", tuple(f"headers of replies: Content-Length: GET /length-{name}" for name in ("plus", "text", "negative", "empty", "huge", "two")), invalid(), "a length that is none"),
    Deviation("D30", "headers of replies: Content-Length: GET /length-more*", {"body": b"01234", "*": ANY}, "what is more than announced is cut off"),
    Deviation("D31", ("headers of replies: Content-Length: GET /length-less*", "a reply that is shorter than announced: *"), CUT, "less than announced is visible"),
    Deviation(
        "D86",
        "replies of many sizes: GET /b*-nolength",
        {"ending": "length", "header transfer-encoding": None, "header content-length": ANY, "order of headers": ANY, "access bytes": ANY, "access connection": ANY, "header connection": ANY},
        "what came at once has a length",
    ),
    Deviation("D59", "a backend that fails before its reply: POST*", {"at backends": ["s"], "packet2": None, "other packets": ANY}, "no order is placed twice"),
    Deviation("D27", tuple(f"a backend that fails before its reply: GET /{name}" for name in _INVALID), answer(502, log="error") | {"packet*": ANY, "at backends": ANY}, "an invalid reply is 502"),
    Deviation("D1", tuple(f"a backend that fails in its reply: GET {path}" for path in _BREAKS), ONCE, "what breaks off ends there"),
    Deviation("D16", "both members: *: GET /*s", TOLD_AGAIN, "each member is told its own route"),
    Deviation("D19", "both members: resets: GET /resets", {"note LB_FIRST_STATE": "ERR/REC"}, "one reset is not a dead backend"),
    Deviation("D27", "both members: wrong-type: *", answer(502, log="error") | TOLD_AGAIN, "an invalid reply is 502, and the member keeps its state"),
    Deviation("D1", "both members: dies-flushed: *", {"at backends": lambda names: len(names) == 1, "*": ANY}, "what breaks off ends there, and no other member is asked"),
    Deviation("D16", "no member that could serve: GET /both/x", {"note WORKER_ROUTE": "d"}, "the route is that of the last member"),
    Deviation("D16", "sticky sessions by force: GET of b where it is free", TOLD_AGAIN | {"packet": ANY, "packet.route": b"a"}, "each member is told its own route"),
    Deviation(
        "D22",
        ("clients that do it wrong: a long *", "clients that do it wrong: too large *", "clients that do it wrong: [78]??? bytes"),
        QUIET,
        "what a client does wrong is no error of the server",
    ),
    Deviation("D97", "clients that do it wrong: one behind what is too large", {"header x-reused": "X-Reused: 1"}, "a connection over which nothing was sent is as good as before"),
    Deviation(
        "D16",
        ("notes of requests: GET /down/x", "notes of requests: once more", "cookies that balancers set: GET /down/x"),
        forwards(route=b"e") | TOLD_AGAIN | {"header set-cookie": "Set-Cookie: JSESSIONID=.e;PATH=/;HttpOnly", "order of headers": ANY},
        "each member is told its own route, and the client gets one cookie",
    ),
    Deviation("D16", "cookies that balancers set: GET /name/x", {"header set-cookie": "Set-Cookie: RULE=.a;PATH=/;HttpOnly"}, "a rule's cookie has its own name"),
    Deviation("D16", "cookies that balancers set: GET /path/x", {"header set-cookie": "Set-Cookie: JSESSIONID=.a;PATH=/rule;HttpOnly"}, "and its own path"),
    Deviation("D16", "cookies that balancers set: GET /ownname/x", {"header set-cookie": "Set-Cookie: RULE=.f;PATH=/rule;HttpOnly"}, "and both"),
    Deviation("D56", "notes of requests: GET /no/x", QUIET, "an unknown worker is told at info"),
    Deviation("D11", tuple(f"start: {name}" for name in _STOPS), {"configuration test": "no", "log": "quiet"}, "what stops the server is refused before"),
    Deviation("D11", "a graceful restart with broken workers", {"configuration test": "no"}, "so the running one is left alone"),
    Deviation("D48", tuple(f"start: {name}" for name in _HARDLY_MEANT), {"log": "warn"}, "what is hardly meant is told"),
    Deviation("D50", "start: shared memory in no folder", {"start": "runs", "log": ANY, "answer to *": ANY}, "no file is written"),
    Deviation("D54", "start: a name of 6[13] bytes", {"start": "runs", "log": ANY}, "names may have 63 bytes"),
    Deviation("D57", "start: JkRequestIdIndicator", {"configuration test": "yes", "start": "runs", "log": "quiet"}, "log lines have an id"),
    Deviation("D11", "hooks", {"Check Configuration": ANY}, "a configuration test sees all"),
    Deviation("D99", "exported symbols", {"others": "none"}, "nothing but the module is visible"),
    Deviation("D52", "names it goes by", {"Server": ["mod_jk/0.1.0"], "starts in the log": ["mod_jk/0.1.0 initialized"]}, "the version is ours"),
    Deviation("D50", "files of shared memory", {"files": 0, "modes": []}, "no file is written"),
    Deviation("D10", "step [56]: GET /[ab]", {"*": ANY}, "the rules in force stay"),
    Deviation("D22", "what clients write", {"emerg": False, "secret": False}, "no emergencies by clients, no secrets"),
    Deviation("D57", "form of lines", {"ids": ["[NO-ID]", "[my-id]"]}, "log lines have an id"),
    Deviation(
        "D55",
        tuple(f"numbers with a factor and numbers that are none: {name}" for name in ("text", "wraps")),
        {"at backends": ["s", "s"], "packet2": ANY},
        "a number that is none counts as not set",
    ),
    Deviation("D102", "unsafe paths and rules of the main server, which says nothing: /app/a%25b of rejects *", refused(400), "a virtual host's own RejectUnsafeURI counts"),
    Deviation(
        "D102",
        "unsafe paths and rules of the main server, which rejects: /app/a%25b of allows *",
        {"status": 200, "worker": "w1", "*": ANY},
        "also when it switches it off",
    ),
    Deviation(
        "D7",
        tuple(f"unsafe paths and rules of the main server, which rejects: /app/a%25b of {host} *" for host in ("keeps", "rejects", "own", "copy", "main")),
        answer(400),
        "RejectUnsafeURI refuses instead of looking for a file",
    ),
    Deviation("D98", "a backend that fails before its reply: GET /reuse-0", QUIET, "a backend may close a connection"),
    Deviation("D100", "clients that do it wrong: no *chunk", answer(400), "who sends no chunks is told so"),
    Deviation(
        "D96",
        "clients that do it wrong: chunks of which three bytes are read",
        {"body": b"3", "header content-length": ANY, "access bytes": ANY, "other packets": ANY},
        "the backend gets what it asks for",
    ),
    Deviation(
        "D82",
        "clients that do it wrong: expects, chunks nobody reads",
        {"interim": [], "header connection": "Connection: close", "order of headers": ANY, "access connection": "-"},
        "nobody is told to send what nobody reads",
    ),
    Deviation("D8", _HIDDEN, answer(400, worker=None) | {"at backends": [], "packet*": None, "header x-*": None, "header *": ANY}, "what could be read otherwise than httpd does is refused"),
    Deviation("D20", "bodies of requests: chunks of more than allowed", answer(413), "a chunked body over the limit is answered"),
    Deviation("D21", "indicators: GET /keeps", forwards(AJP_LOCAL_ADDR=b"198.51.100.1"), "JkLocalAddrIndicator is inherited"),
    Deviation("D21", "indicators without a directive: GET /keeps", forwards(AJP_LOCAL_ADDR=b"198.51.100.3"), "so is its default"),
    Deviation(
        "D21", "options of the main server: an address: physical", forwards(AJP_REMOTE_PORT=lambda port: port.isdigit() and port != b"0"), "the last of two addresses counts"
    ),
    Deviation("D48", "a watchdog that is none: start", {"log": "warn"}, "odd numbers are told"),
    Deviation("D56", "workers by directives alone: GET /c", QUIET, "an unknown worker is told at info"),
    Deviation("D9", "included and looked at: GET /look/page.txt", {"status": 200, "worker": None, "body": b"a page", "*": ANY}, "who only asks does not take over"),
    Deviation("D20", "error pages at a worker: POST with a body", {"status": 200, "worker": "w1", "packet.header content-length": b"0", "*": ANY}, "the page is sent"),
    Deviation("D22", "no-jk at each time: GET /free/..;/..;/x", QUIET, "what a client does wrong is no emergency"),
    Deviation(
        "D43",
        "error pages at a worker: chunked POST",
        forwards(headers=["host", "X-Test-Id", "content-length"]) | {"packet.header content-length": b"0", "packet.header transfer-encoding": None, "other packets": None},
        "no body is announced that is not there",
    ),
    Deviation("D56", ("workers named in the environment: GET /sh/[ue]*", "error pages at a worker: GET /unknown"), QUIET, "an unknown worker is told at info"),
    Deviation("D85", "the URI as unparsed: GET http://*", forwards(uri=b"/a/x;y"), "scheme and host are no part of the path"),
    Deviation("D10", "file whose variable is not known to workers: GET /b", {"*": ANY}, "the rules that are no line of the file stay"),
]

LATER: list[Deviation] = [
]

OPEN: list[Deviation] = []
