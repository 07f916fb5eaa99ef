"""`JkAutoAlias`: what no rule maps is looked for among the files of the web applications."""

import pytest

ROWS = [
    ("/app/a.txt", 200, "file of app"),
    ("/app/a.txt;p=1", 200, "file of app"),
    ("/app/b.jsp", 200, "w"),
    ("/app/none.txt", 404, None),
    ("/app/WEB-INF/web.xml", 404, None),
    ("/app/meta-inf/x", 404, None),
    ("/none/WEB-INF/x", 404, None),
    ("/app/x/WEB-INF/deep.txt", 200, "deep"),
    ("/app/", 200, "index of app"),
    ("/app.war", 403, None),
    ("/app.WAR/y", 403, None),
    ("/dir.war/z.txt", 200, "a directory"),
    ("/local.txt", 200, "local"),
    ("/", 200, "index of docs"),
    ("/app/closed/c.txt", 403, None),
]


@pytest.fixture(scope="module")
def site(make_shared):
    peer, httpd = make_shared.peer("w"), make_shared.httpd()
    httpd.workers(f"worker.list=w\nworker.w.port={peer.port}\n")
    httpd.conf("JkMount /*.jsp w\nJkAutoAlias ${DIR}/apps\nDirectoryIndex index.jsp index.html\n")
    httpd.conf("<Directory ${DIR}/apps/app/closed>\nRequire all denied\n</Directory>")
    for name, text in {
        "app/a.txt": "file of app", "app/WEB-INF/web.xml": "secret", "app/META-INF/x": "secret", "app/index.html": "index of app",
        "app/x/WEB-INF/deep.txt": "deep", "app.war": "archive", "dir.war/z.txt": "a directory", "app/closed/c.txt": "closed",
    }.items():
        httpd.write(f"apps/{name}", text)
    httpd.document("local.txt", "local")
    httpd.document("index.html", "index of docs")
    return httpd.start()


@pytest.mark.parametrize(("target", "status", "body"), ROWS, ids=[row[0] for row in ROWS])
def test_files_of_applications_are_served_as_by_the_original(site, target, status, body):
    got = site.get(target)
    assert (got.status, got.body.decode() if body else None) == (status, body)
