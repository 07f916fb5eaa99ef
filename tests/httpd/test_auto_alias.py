"""`JkAutoAlias`: what no rule maps is looked for among the files of the web applications; and how httpd's search for
the index of a directory, and its listing, meet files that are mapped."""

import pytest

from support.under_test import deviates

APPS = {
    "app/index.html": "index of app",
    "app/a.txt": "file of app",
    "app/a b&c+d.txt": "odd name",
    "app/page.jsp": "source",
    "app/WEB-INF/web.xml": "secret",
    "app/META-INF/x": "secret",
    "app/x/WEB-INF/deep.txt": "deep",
    "app/closed/c.txt": "closed",
    "my app/f.txt": "with blank",
    "100%25/f.txt": "with percent",
    "jsp/index.jsp": "source of index",
    "bare/x.txt": "x",
    "file.txt": "no application",
    "app.war": "archive",
    "dir.war/z.txt": "a directory",
    "WEB-INF/web.xml": "secret",
}
DOCS = {
    "local.txt": "local",
    "index.html": "index of docs",
    "app/only-docs.txt": "hidden by the application",
    "bare/index.html": "index of docs/bare",
    "docs-jsp/index.jsp": "source of index",
    "docs-html/index.html": "index of docs-html",
    "nothing/x.txt": "x",
    "list/one.jsp": "source",
    "list/two.txt": "two",
    "nodir.war/a.txt": "in docs",
    "WEB-INF/d.txt": "in docs",
}
PRIVATE = "D80: not even if the directive names an application"

# Host, path, status, body or the URI that is forwarded.
ROWS = [
    ("alias", "/app/a.txt", 200, "file of app"),
    ("alias", "/app/a.txt?q=1", 200, "file of app"),
    ("alias", "/app/a.txt;p=1", 200, "file of app"),
    ("alias", "/app;p/./x/..//a.txt", 200, "file of app"),
    ("alias", "/app/a%20b&c+d.txt", 200, "odd name"),
    ("alias", "/my%20app/f.txt", 200, "with blank"),
    ("alias", "/100%2525/f.txt", 200, "with percent"),
    ("alias", "/app/none.txt", 404, None),
    ("alias", "/app/only-docs.txt", 404, None),
    ("alias", "/app/a.txt/more", 404, None),
    ("alias", "/app/closed/c.txt", 403, None),
    ("alias", "/app", 301, None),
    ("alias", "/app/", 200, "index of app"),
    ("alias", "/file.txt", 404, None),
    ("alias", "/local.txt", 200, "local"),
    ("alias", "/", 200, "index of docs"),
    # What an application keeps to itself.
    ("alias", "/app/WEB-INF", 404, None),
    ("alias", "/app/WEB-INF/web.xml", 404, None),
    ("alias", "/app/;p/web-inf;q/web.xml", 404, None),
    ("alias", "/app/meta-inf/x", 404, None),
    ("alias", "/none/WEB-INF/x", 404, None),
    ("alias", "/app/WEB-INFX", 404, None),
    ("alias", "/app/x/WEB-INF/deep.txt", 200, "deep"),
    ("alias", "/WEB-INF/web.xml", deviates(PRIVATE, ours=404, theirs=200), deviates(PRIVATE, ours=None, theirs="secret")),
    ("alias", "/WEB-INF", deviates(PRIVATE, ours=404, theirs=301), None),
    # Archives.
    ("alias", "/app.war", 403, None),
    ("alias", "/app.WAR/y", 403, None),
    ("alias", "/none.war", 403, None),
    ("alias", "/.war", 403, None),
    ("alias", "/nodir.war/a.txt", 403, None),
    ("alias", "/dir.war/z.txt", 200, "a directory"),
    # Rules come first; the index of a directory is looked for among the applications, then in docs.
    ("alias", "/app/page.jsp", 200, b"/app/page.jsp"),
    ("alias", "/none/page.jsp", 200, b"/none/page.jsp"),
    ("alias", "/jsp/", 200, b"/jsp/index.jsp"),
    ("alias", "/bare/", 200, "index of docs/bare"),
    ("alias", "/docs-jsp/", 200, b"/docs-jsp/index.jsp"),
    ("alias", "/docs-html/", 200, "index of docs-html"),
    ("alias", "/nothing/", 403, None),
    # Without JkAutoAlias.
    ("mounts", "/app/a.txt", 404, None),
    ("mounts", "/app/only-docs.txt", 200, "hidden by the application"),
    ("mounts", "/nodir.war/a.txt", 200, "in docs"),
    ("mounts", "/WEB-INF/d.txt", 200, "in docs"),
    ("mounts", "/docs-jsp/", 200, b"/docs-jsp/index.jsp"),
    ("mounts", "/docs-jsp/;p=1", 404, None),
    ("mounts", "/docs-html/", 200, "index of docs-html"),
    ("mounts", "/nothing/", 200, b"/nothing/"),
    ("mounts", "/nothing", 301, None),
    ("mounts", "/none/", 404, None),
    # Without any rule it has no effect.
    ("no-rules", "/app/a.txt", 404, None),
    ("no-rules", "/app/only-docs.txt", 200, "hidden by the application"),
    ("no-rules", "/app.war", 404, None),
]


@pytest.fixture(scope="module")
def peer(make_shared):
    return make_shared.peer("w")


@pytest.fixture(scope="module")
def site(make_shared, peer):
    httpd = make_shared.httpd(modules="autoindex")
    httpd.workers(f"worker.list=w\nworker.w.port={peer.port}\n")
    httpd.conf("DirectoryIndex index.html index.jsp\n<Directory ${DIR}/apps/app/closed>\nRequire all denied\n</Directory>")
    hosts = {
        "alias": "JkMount /*.jsp w\nJkAutoAlias ${DIR}/apps",
        "mounts": "JkMount /*.jsp w",
        "no-rules": "JkAutoAlias ${DIR}/apps",
        "list": "JkMount /*.jsp w\nDirectoryIndex disabled\n<Location /list>\nOptions +Indexes\nIndexOptions FancyIndexing\n</Location>",
    }
    for name, text in hosts.items():
        httpd.conf(f"<VirtualHost *:${{PORT}}>\nServerName {name}.example\n{text}\n</VirtualHost>")
    for name, text in APPS.items():
        httpd.write(f"apps/{name}", text)
    for name, text in DOCS.items():
        httpd.document(name, text)
    return httpd.start()


@pytest.mark.parametrize(("host", "target", "status", "seen"), ROWS, ids=[f"{row[0]}:{row[1]}" for row in ROWS])
def test_files_of_applications_are_served_as_by_the_original(site, peer, host, target, status, seen):
    peer.forget()
    got = site.get(target, host=f"{host}.example")
    assert got.status == status
    assert [request.uri for request in peer.requests] == ([seen] if isinstance(seen, bytes) else [])
    if isinstance(seen, str):
        assert got.body.decode() == seen


def test_a_listing_shows_mapped_files_with_their_size(site, peer):
    peer.forget()
    listing = site.get("/list/", host="list.example").body.decode()
    sizes = {name: line.split()[-1] for line in listing.splitlines() for name in ("one.jsp", "two.txt") if f">{name}<" in line}
    assert sizes == {"one.jsp": "6", "two.txt": "3"}, listing
    assert peer.requests == []
