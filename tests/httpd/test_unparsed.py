"""`ForwardURICompatUnparsed`: the URI is forwarded as the client wrote it, unless rules looked at another path."""

import pytest

from support.under_test import deviates

HOSTS = {
    "plain": "JkMount /app/* w",
    "decoded": "JkMount /app/* w\nAllowEncodedSlashes On",
    "encoded": "JkMount /app* w\nAllowEncodedSlashes NoDecode",
    "rewritten": "JkMount /app/* w\nRewriteEngine On\nRewriteRule ^/old/(.*) /app/$1 [PT]",
    "index": "JkMount /*.jsp w\nDirectoryIndex index.jsp",
}
GUARD = "JkOptions +ForwardURICompatUnparsed\n<Location /app/admin>\nRequire all denied\n</Location>"


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w")


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd()
    httpd.workers(f"worker.list=w\nworker.w.port={peer.port}\n")
    for name, text in HOSTS.items():
        httpd.conf(f"<VirtualHost *:${{PORT}}>\nServerName {name}.example\n{GUARD}\n{text}\n</VirtualHost>")
    httpd.document("dir/index.jsp", "source")
    httpd.document("empty/x.txt", "x")
    return httpd.start()


ROWS = [
    # What reads the same here and there.
    ("plain", "/app/x", 200, 200),
    ("plain", "/app/%78;p=%31", 200, 200),
    ("plain", "/app/y/..;/x", 200, 200),
    ("plain", "/app//a/./b/../x", 200, 200),
    ("plain", "/app/a%20b%25", 200, 200),
    ("plain", "/app/admin/x", 403, 403),
    ("decoded", "/app/a%2Fb", 200, 200),
    # What httpd rewrote, or looked for in a directory.
    ("rewritten", "/old/x", 200, 200),
    ("index", "/dir/", 200, 200),
    ("index", "/empty/", 200, 200),
    # What httpd guarded as something else.
    ("plain", "/app/..%3b/app/x", 400, 200),
    ("plain", "/app/x%3bp", 400, 200),
    ("plain", "/app/a/b/..;/../admin", 400, 200),
    ("plain", "/app/%2e%2e/app/x", 400, 200),
    ("plain", "/app/x%5c..%5cadmin", 400, 200),
    ("encoded", "/app/x%2F..%2Fadmin", 400, 200),
    ("encoded", "/app%2Fadmin", 400, 200),
    ("rewritten", "/old/a/..%3b/x", 400, 200),
]


@pytest.mark.parametrize(("host", "target", "ours", "theirs"), ROWS, ids=[f"{row[0]}:{row[1]}" for row in ROWS])
def test_as_written_only_what_was_guarded(site, peer, host, target, ours, theirs):
    peer.forget()
    status = deviates("D8", ours=ours, theirs=theirs) if ours != theirs else ours
    assert site.get(target, host=f"{host}.example").status == status
    assert [request.uri for request in peer.requests] == ([target.encode()] if status == 200 else [])
