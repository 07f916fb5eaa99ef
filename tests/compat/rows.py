"""What there is to cover: the rows of all tables that describe the original, under `httpd` and `uri-mapping`.

A row is called by its table and a word or two of its own, such as `httpd 2.2 alias` or `uri-mapping 13 R14 #88`. The
number is that of the section of the description. `NOT_RUN` says of some why nothing can be run over both.
"""

from __future__ import annotations

_EXAMPLES = {
    1: 13, 2: 13, 3: 5, 4: 5, 5: 4, 6: 10, 7: 6, 8: 3, 9: 6, 10: 6, 11: 5, 12: 3, 13: 8, 14: 3, 15: 3, 16: 2, 17: 2, 18: 3, 19: 2, 20: 1,
    21: 1, 22: 1, 23: 2, 24: 3, 25: 1, 26: 1, 27: 2, 28: 1, 29: 4, 30: 1, 31: 4, 32: 2, 33: 1, 34: 2, 35: 1, 36: 1, 37: 1, 38: 2, 39: 5, 40: 3,
    41: 2, 42: 4, 43: 4, 44: 4, 45: 10, 46: 1, 47: 2, 48: 11, 49: 3, 50: 3, 51: 9, 52: 3, 53: 4, 54: 7, 55: 6, 56: 6, 57: 3, 58: 3, 59: 3,
    60: 2, 61: 3, 62: 3, 63: 2, 64: 4,
}  # fmt: skip


def _examples() -> list[str]:
    out, number = [], 0
    for rules, count in _EXAMPLES.items():
        for _ in range(count):
            number += 1
            out.append(f"R{rules:02} #{number}")
    return out


INDICATORS = (
    "JkHTTPSIndicator JkSSLPROTOCOLIndicator JkCERTSIndicator JkCIPHERIndicator JkCERTCHAINPrefix JkSESSIONIndicator JkKEYSIZEIndicator"
    " JkRemoteHostIndicator JkRemoteAddrIndicator JkRemotePortIndicator JkRemoteUserIndicator JkAuthTypeIndicator JkLocalNameIndicator"
    " JkLocalPortIndicator JkLocalAddrIndicator JkIgnoreCLIndicator"
).split()  # fmt: skip

DIRECTIVES = [
    "JkWorkersFile", "JkWorkerProperty", "JkShmFile", "JkShmSize", "JkMountFile", "JkMountFileReload", "JkMount and JkUnMount", "JkMountCopy",
    "JkAutoAlias", "JkStripSession", "JkWorkerIndicator", "JkWatchdogInterval", "JkLogFile", "JkLogLevel", "JkLogStampFormat",
    "JkRequestLogFormat", "JkRequestIdIndicator", "JkExtractSSL", *INDICATORS, "JkOptions", "JkEnvVar",
]  # fmt: skip

TABLES: dict[str, list[str]] = {
    "httpd 1": [
        "exported symbol", "module name", "IfModule", "file", "Server component", "version in the log", "handler name", "per-directory config",
        "module magic", "tag in the error log",
    ],
    "httpd 2": ["post_config", "child_init", "translate_name", "map_to_storage", "handler", "log_transaction"],
    "httpd 2.2": [
        "Directory and Files", "Location", "Alias", "Redirect", "RewriteRule with PT", "RewriteRule without PT", "RewriteRule P",
        "RewriteRule E=no-jk", "RewriteRule H= beside a mount",
    ],
    "httpd 2.3": ["SetHandler", "AddHandler", "AddType", "AddEncoding and AddLanguage", "AddDefaultCharset", "byte ranges", "filters"],
    "httpd 3": DIRECTIVES,
    "httpd 3.1": [
        "ForwardURIProxy", "ForwardURICompat", "ForwardURICompatUnparsed", "ForwardURIEscaped", "ForwardDirectories", "ForwardLocalAddress",
        "ForwardPhysicalAddress", "FlushPackets", "FlushHeader", "DisableReuse", "ForwardKeySize", "ForwardSSLCertChain", "RejectUnsafeURI",
        "CollapseSlashes",
    ],
    "httpd 4.1": [
        "no-jk", "JK_WORKER_NAME", "UNIQUE_ID", "JK_REPLY_TIMEOUT", "JK_STICKY_IGNORE", "JK_STATELESS", "JK_ROUTE", "remote values",
        "JK_LOCAL_NAME and JK_LOCAL_ADDR", "JK_LOCAL_PORT", "JK_IGNORE_CL", "HTTPS and SSL_*", "JkEnvVar names",
    ],
    "httpd 4.2": ["JK_WORKER_NAME", "JK_WORKER_TYPE", "JK_WORKER_ROUTE", "JK_REQUEST_DURATION", "JK_LB_FIRST", "JK_LB_LAST"],
    "httpd 5.3": [
        "directory without index file", "index.html on disk", "index.jsp on disk", "directory without slash", "no such directory",
        "ForwardDirectories with JK_WORKER_NAME", "ForwardDirectories with nothing", "include virtual", "include file", "look-ahead",
        "ErrorDocument",
    ],
    "httpd 5.4": ["any token", "OPTIONS *", "OPTIONS path", "TRACE", "CONNECT", "absolute form", "HEAD", "HTTP/0.9 and 1.0"],
    "httpd 6.1": [f"#{n}" for n in range(1, 17)],
    "httpd 6.2": ["ForwardURIProxy", "ForwardURIEscaped", "ForwardURICompat", "ForwardURICompatUnparsed"],
    "httpd 6.3": [
        "remote addr", "remote port", "remote host", "server name", "server port", "local addr", "scheme", "user and auth type", "protocol",
    ],
    "httpd 6.4": [
        "no length", "length 0", "length", "chunked", "length and chunked", "JK_IGNORE_CL with a length", "JK_IGNORE_CL without a length",
        "two lengths", "Expect",
    ],
    "httpd 6.5": ["SSLEngine alone", "StdEnvVars", "ExportCertData", "JkExtractSSL Off", "-ForwardKeySize", "+ForwardSSLCertChain"],
    "httpd 7.2": ["Content-Type", "Content-Length", "Location and Transfer-Encoding", "Last-Modified", "everything else", "Date and Server"],
    "httpd 7.3": ["header packet", "body packet", "empty body packet", "end packet", "otherwise"],
    "httpd 7.4": [
        "error with body", "error without body", "the same for HEAD", "use_server_errors", "redirect with use_server_errors",
        "negative use_server_errors", "errors of httpd",
    ],
    "httpd 8": [
        "path above the root", "unknown worker", "proxyreq in the handler", "no free endpoint", "connect fails", "send fails",
        "backend closes before the header", "wrong magic", "undecodable header", "reply timeout", "fail_on_status", "busy_limit", "too large",
        "client read error", "client write error", "end without header", "no usable member", "all attempts failed", "sticky_session_force", "1xx",
    ],
    "httpd 8.1": ["died after the header", "died in the body, alone", "died in the body, lb of 2", "recovery_options=3", "length and keep-alive"],
    "httpd 9.1": ["1.2.48", "trunk"],
    "httpd 9.4": [f"line {n}" for n in range(1, 5)],
    "httpd 10.2": [
        "file missing", "no workers at all", "unknown type, no members, bad mount", "unknown attribute", "reference loop", "host unknown",
        "port no number", "listed without property", "mount to unknown worker", "bad lines in the mount file", "log directory missing",
        "shm directory missing", "no JkLogFile", "at graceful restart",
    ],
    "httpd 11.1": [f"#{n}" for n in range(1, 16)],
    "httpd 12": [
        "JkRequestIdIndicator", "implicit worker", "HEAD and errors without body", "could not find a worker", "default files", "mode of shm",
        "exported symbols", "name length", "packet bounds", "status worker", "debug log at start", "integers", "1.2.51",
    ],
    "uri-mapping 1": ["mount file", "JkMount", "worker mount", "discovery"],
    "uri-mapping 2.1": [
        "server, two arguments", "server, one argument", "Location", "Location, two arguments", "LocationMatch", "Directory", "Files and If",
        ".htaccess",
    ],
    "uri-mapping 3.1": ["parameters", "slashes", "dots", "double dots"],
    "uri-mapping 3.2": ["no slash", "empty map", "too long", "RejectUnsafeURI"],
    "uri-mapping 6": ["rule", "exclusion"],
    "uri-mapping 7": [
        "reply_timeout", "sticky_ignore", "stateless", "active, disabled, stopped", "fail_on_status", "use_server_errors", "session_cookie",
        "session_path", "set_session_cookie", "session_cookie_path", "anything else",
    ],
    "uri-mapping 8.4": ["startup", "reload"],
    "uri-mapping 9 sources": [
        "Off without rules", "On without rules", "On with rules", "All and nothing", "All and Off", "On in the main server",
    ],
    "uri-mapping 9 matrix": ["nothing", "On", "own mounts", "own mounts and On", "own file and On", "own file and All", "Off and All"],
    "uri-mapping 10": [
        "at the end", "in the middle", "twice", "with another", "prefix", "case", "encoded", "no map", "other text",
    ],
    "uri-mapping 11": ["root", "WEB-INF", "directory", "war", "else"],
    "uri-mapping 12": ["URI", "line", "rules", "worker name", "replacements"],
    "uri-mapping 13": _examples(),
    "uri-mapping 13.1": [f"#{n}" for n in range(245, 264)],
    "uri-mapping 13.2": [f"#{n}" for n in range(264, 283)],
    "uri-mapping 13.3": [f"step {n}" for n in range(1, 9)],
    "uri-mapping 16": ["implicit mapping", "matching", "name length", "log lines", "map dump", "could not find a worker"],
}

ALL = [f"{table} {row}" for table, rows in TABLES.items() for row in rows]

_SYSTEM = "without these directives the original writes into the log folder of the system"

NOT_RUN: dict[str, str] = {
    "httpd 10.2 no JkLogFile": _SYSTEM,
    "httpd 12 default files": _SYSTEM,
    "httpd 12 packet bounds": "the original reads memory behind a packet that is too short, and what lies there is up to chance",
    "httpd 12 status worker": "the tests of the status worker run over both modules one after the other",
    "httpd 12 1.2.51": "it says that nothing changes",
    "uri-mapping 1 discovery": "there is nothing that could be configured",
}
"""Rows no case can stand for, and why."""

_known = set(ALL)


def missing(covered: dict[str, list[str]]) -> list[str]:
    """Rows that nothing stands for, and no reason is given why nothing can."""
    return [row for row in ALL if row not in covered and row not in NOT_RUN]


def check(row: str) -> None:
    if row not in _known:
        raise ValueError(f"there is no row {row!r}")
