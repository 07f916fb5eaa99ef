"""Beside other modules: who gets a request when several want it, sub-requests, and what others make of replies."""

from __future__ import annotations

from .case import Ask, Case, vhosts

_AT = {"/al/x": "an aliased file", "/x": "a file"}

# 2.2: mapping and the file system

MAPPED = [
    Case(
        "directories, files and locations",
        "<Directory />\nRequire all denied\n</Directory>\n<Files secret>\nRequire all denied\n</Files>\n<Location /closed>\nRequire all denied\n</Location>\n"
        "<FilesMatch \"\\.txt$\">\nHeader set X-Files yes\n</FilesMatch>\n<Location /a>\nHeader set X-Location yes\n</Location>\nJkMount /* w1\nJkUnMount /local/* w1",
        [
            *(Ask(path, "w1", rows=("httpd 2.2 Directory and Files",)) for path in ("/x", "/secret", "/d/", "/a/x.txt", "/ht/x")),
            Ask("/local/x", "-", status=403, rows=("httpd 2.2 Directory and Files",)),
            Ask("/a/b", "w1", then={"header x-location": "X-Location: yes"}, rows=("httpd 2.2 Location",)),
            Ask("/closed/x", "-", status=403, rows=("httpd 2.2 Location",)),
            Ask("/closed;x/x", "-", status=403, rows=("httpd 2.2 Location",)),
        ],
        files={"docs/local/x": "x", "docs/ht/.htaccess": "Require all denied\n", "docs/ht/x": "x"},
        rows=("httpd 2 map_to_storage",),
    ),
    Case(
        "alias and redirect",
        "Alias /al ${DIR}/other\nAliasMatch ^/am/(.*) ${DIR}/other/$1\nRedirect /al/moved /elsewhere\nRedirectMatch 301 ^/re/(.*)\\.old$ /new/$1\n"
        "JkMount /al/* w1\nJkMount /am/* w1\nJkMount /re/* w1\nScriptAlias /cgi ${DIR}/other\nJkMount /cgi/* w2",
        [
            Ask("/al/x", "w1", "/al/x", rows=("httpd 2.2 Alias",)),
            Ask("/am/x", "w1", "/am/x", rows=("httpd 2.2 Alias",)),
            Ask("/cgi/x", rows=("httpd 2.2 Alias",)),
            Ask("/al", "-", rows=("httpd 2.2 Alias",)),
            Ask("/al/moved/x", "-", status=302, rows=("httpd 2.2 Redirect",)),
            Ask("/re/x.old", "-", status=301, rows=("httpd 2.2 Redirect",)),
            Ask("/re/x", "w1", rows=("httpd 2.2 Redirect",)),
        ],
        files={"other/x": "an aliased file"},
        rows=("httpd 2 map_to_storage", "httpd 2 translate_name"),
    ),
    Case(
        "rewriting",
        "SetEnv JK_REMOTE_PORT 1\nRewriteEngine On\nRewriteRule ^/pt/(.*) /b/$1 [PT]\nRewriteRule ^/nopt/(.*) /b/$1\nRewriteRule ^/both/(.*) /c/$1 [PT,QSA,E=SEEN:$1]\n"
        "RewriteRule ^/nojk/ - [E=no-jk:1]\nRewriteRule ^/to$ /x? [R]\nRewriteRule ^/gone - [G]\nRewriteRule ^/no$ - [F]\n"
        "RewriteRule ^/handler/ - [H=jakarta-servlet,E=JK_WORKER_NAME:w3]\nRewriteRule ^/free/ - [H=jakarta-servlet,E=JK_WORKER_NAME:w3]\n"
        "RewriteRule ^/p/(.*) http://127.0.0.1:${PORT}/b/$1 [P]\nRewriteRule ^/qs /b/q?z=1 [PT]\nRewriteRule ^/esc/(.*) /b/%20$1 [PT,NE]\n"
        "JkMount /b/* w1\nJkMount /c/* w2\nJkMount /nopt/* w4\nJkMount /handler/* w1\nJkMount /nojk/* w1\nJkMount /p/* w1\nJkMount /gone w1\nJkMount /no w1\nJkEnvVar SEEN",
        [
            Ask("/pt/x%20y?q", "w1", "/b/x%20y", rows=("httpd 2.2 RewriteRule with PT",)),
            Ask("/both/x?q=1", "w2", "/c/x", rows=("httpd 2.2 RewriteRule with PT",), then={"packet.SEEN": b"x"}),
            Ask("/qs?a=b", "w1", "/b/q", rows=("httpd 2.2 RewriteRule with PT",), then={"packet.query_string": b"z=1"}),
            Ask("/esc/x", "w1", rows=("httpd 2.2 RewriteRule with PT",)),
            Ask("/nopt/x", "w4", "/nopt/x", rows=("httpd 2.2 RewriteRule without PT",)),
            Ask("/nojk/x", "-", status=200, rows=("httpd 2.2 RewriteRule E=no-jk", "httpd 4.1 no-jk")),
            Ask("/handler/x", "w1", rows=("httpd 2.2 RewriteRule H= beside a mount",)),
            Ask("/free/x", "w3", rows=("httpd 2.2 RewriteRule H= beside a mount",)),
            Ask("/p/x", "w1", "/b/x", logged=False, rows=("httpd 2.2 RewriteRule P",)),
            Ask("/to", "-", status=302),
            Ask("/gone", "-", status=410),
            Ask("/no", "-", status=403),
        ],
        files={"docs/nojk/x": "a file"},
        modules="proxy proxy_http",
    ),
    Case(
        "requests of a proxy",
        "SetEnv JK_REMOTE_PORT 1\nProxyPass /p http://127.0.0.1:${PORT}/b\nProxyPass /no !\nJkMount /* w1\n<Location /late>\nSetHandler jakarta-servlet\n</Location>\n"
        "RewriteEngine On\nRewriteRule ^/late/(.*) http://127.0.0.1:${PORT}/b/$1 [P]\nRewriteRule ^/late2/(.*) http://127.0.0.1:${PORT}/b/$1 [P,H=jakarta-servlet]",
        [Ask("/p/x", "w1", "/b/x", logged=False), Ask("/no/x", "w1", "/no/x"), Ask("/late/x", logged=False, rows=("httpd 8 proxyreq in the handler",)), Ask("/late2/x", logged=False, rows=("httpd 8 proxyreq in the handler",))],
        modules="proxy proxy_http",
        rows=("httpd 2.2 RewriteRule P", "httpd 2 translate_name"),
    ),
    Case(
        "no-jk at each time",
        "SetEnvIf Request_URI \\.gif$ no-jk\nSetEnvIf Request_URI \\.png$ no-jk=0\nSetEnvIf Request_URI \\.jpg$ !no-jk\nBrowserMatch robot no-jk\n"
        "JkMount /* w1\n<Location /late>\nSetEnv no-jk 1\n</Location>\n<Location /sh>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME w2\nSetEnv no-jk 1\n</Location>\n"
        "<Location /bare>\nSetHandler jakarta-servlet\n</Location>\n<Location /free>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME w2\n</Location>\n"
        "JkUnMount /sh/* w1\nJkUnMount /bare/* w1\nJkUnMount /free/* w1",
        [
            Ask("/a.gif", "-", status=200), Ask("/a.png", "-", status=200), Ask("/a.jpg", "w1"), Ask("/x", "w1"),
            Ask("/late/x", "-", status=404), Ask("/sh/x", "-", status=200), Ask("/bare/x", "-", status=200), Ask("/bare/no", "-", status=404),
            Ask("/a.jpg", "-", status=404, headers=(("User-Agent", "a robot"),)), Ask("/free/x", "w2"), Ask("/free/a/..;/x", "w2"), Ask("/free/;a//x", "w2"),
            Ask("/free/..;/..;/x", "-", status=400),
        ],
        files=dict.fromkeys(("docs/a.gif", "docs/a.png", "docs/late/x", "docs/sh/x", "docs/bare/x"), "a file"),
        rows=("httpd 4.1 no-jk", "httpd 2 handler", "httpd 1 handler name", "httpd 12 implicit worker", "uri-mapping 16 implicit mapping"),
    ),
    Case(
        "workers named in the environment",
        "<Location /sh>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME w2\n</Location>\n<Location /sh/ext>\nSetEnv JK_WORKER_NAME \"w2;use_server_errors=400\"\n</Location>\n"
        "<Location /sh/unknown>\nSetEnv JK_WORKER_NAME nosuch\n</Location>\n<Location /sh/empty>\nSetEnv JK_WORKER_NAME \"\"\n</Location>\n"
        "<Location /sh/odd>\nSetEnv JK_WORKER_NAME \"w2; bogus=1\"\n</Location>\n<Location /sh/s>\nSetEnv JK_WORKER_NAME \"s;use_server_errors=400\"\n</Location>\n"
        "<Location /mapped>\nSetEnv JK_WORKER_NAME w3\n</Location>\n<Location /x.foo>\nSetEnv JK_WORKER_NAME w3\n</Location>\nAddHandler jakarta-servlet .foo\n"
        "JkMount /mapped/* w1\nJkMount /sh/mapped w1",
        [
            Ask("/sh/x", "w2"), Ask("/sh/ext/x", "w2"), Ask("/sh/unknown/x", "-", status=500), Ask("/sh/empty/x", "-"), Ask("/sh/odd/x", "w2"),
            Ask("/sh/s/error", "s", status=404), Ask("/mapped/x", "w1"), Ask("/sh/mapped", "w1"), Ask("/x.foo", "w3"), Ask("/x.foo/a;b/c?d", "w3"),
            Ask("/sh/x", "w2", method="POST", body=b"abc"), Ask("/sh;j=1/x", "-", status=404),
        ],
        files={"docs/x.foo": "source"},
        rows=("httpd 4.1 JK_WORKER_NAME", "httpd 2 handler", "httpd 1 handler name", "uri-mapping 7 use_server_errors"),
    ),
]  # fmt: skip

# 2.3: between mapping and handler, and behind it

BETWEEN = [
    Case(
        "handlers of others",
        "JkMount /* w1\n<Location /own>\nSetHandler default-handler\n</Location>\n<Location /status>\nSetHandler server-status\n</Location>\n"
        "AddHandler type-map .var\n<Location /none>\nSetHandler none\n</Location>\n<Location /same>\nSetHandler jakarta-servlet\n</Location>",
        [
            Ask("/own/x", "-", status=404, rows=("httpd 2.3 SetHandler",), then={"note WORKER_NAME": "w1"}),
            Ask("/same/x", "w1", rows=("httpd 2.3 SetHandler",)),
            Ask("/none/x", rows=("httpd 2.3 SetHandler",)),
            Ask("/app/a.var", "-", status=404, rows=("httpd 2.3 AddHandler",)),
            Ask("/app/a.txt", "w1", rows=("httpd 2.3 AddHandler",)),
        ],
        files={"docs/own/x": "a file"},
        modules="negotiation status",
    ),
    Case(
        "types, encodings and languages by name",
        "AddType application/x-mine .mine\nAddEncoding x-gzip .gz\nAddLanguage en .en\nAddCharset utf-8 .u8\nAddType text/x-y;charset=z .y\nForceType text/x-none\n"
        "<Location /forced>\nForceType text/x-forced\n</Location>\nJkMount /* s\n" + "<Location /charset>\nAddDefaultCharset utf-8\n</Location>",
        [
            Ask("/ok", "s"),
            Ask("/notype", "s", rows=("httpd 2.3 AddType",)),
            Ask("/forced/notype", "s", rows=("httpd 2.3 AddType",)),
            *(Ask(f"/{script}.{end}", "s", rows=("httpd 2.3 AddType", "httpd 2.3 AddEncoding and AddLanguage")) for script in ("ok", "notype") for end in ("mine", "gz", "txt.gz", "en", "html.en", "u8", "y", "mine.u8")),
            *(Ask(f"/charset/{script}", "s", rows=("httpd 2.3 AddDefaultCharset",)) for script in ("ok", "notype", "html", "html-charset", "xml", "typed")),
        ],
    ),
    Case(
        "byte ranges",
        "JkMount /* s",
        [
            *(
                Ask(f"/{script}", "s", headers=(("Range", f"bytes={what}"),), name=f"{what} of {script}", rows=("httpd 2.3 byte ranges",))
                for script in ("b100", "b100-nolength", "b7999", "b8000", "b8183", "b8184", "b8185", "b8191", "b8192", "b8193", "b9000", "b20000", "b20000-flushed")
                for what in ("0-1", "5-", "-3", "0-1,4-5", "200000-", "x", "0-0,0-0,0-0")
            ),
            Ask("/b100-partial", "s", status=206, headers=(("Range", "bytes=0-1"),), rows=("httpd 2.3 byte ranges",)),
            Ask("/b100-etag", "s", headers=(("Range", "bytes=0-1"), ("If-Range", '"one"')), name="the same version", rows=("httpd 2.3 byte ranges",)),
            Ask("/b100-etag", "s", headers=(("Range", "bytes=0-1"), ("If-Range", '"two"')), name="another version", rows=("httpd 2.3 byte ranges",)),
            Ask("/b100", "s", method="HEAD", headers=(("Range", "bytes=0-1"),), name="HEAD of b100", rows=("httpd 2.3 byte ranges",)),
            Ask("/error", "s", headers=(("Range", "bytes=0-1"),), name="of an error", rows=("httpd 2.3 byte ranges",)),
        ],
    ),
    Case(
        "filters",
        "JkMount /* s\n<Location /gz>\nSetOutputFilter DEFLATE\n</Location>\n<Location /sub>\nAddOutputFilterByType SUBSTITUTE text/html text/x-mine\nSubstitute s/b/XX/\n</Location>\n"
        "<Location /headers>\nHeader set X-Set yes\nHeader unset Content-Type\nHeader append Set-Cookie more\nRequestHeader set X-Asked here\nRequestHeader unset Accept\n</Location>\n"
        "<Location /in>\nSetInputFilter DEFLATE\n</Location>",
        [
            *(Ask(f"/gz/{script}", "s", headers=(("Accept-Encoding", "gzip"),), rows=("httpd 2.3 filters",)) for script in ("ok", "b100", "b20000", "none", "error", "empty", "html")),
            *(Ask(f"/gz/{script}", "s", method="HEAD", headers=(("Accept-Encoding", "gzip"),), rows=("httpd 2.3 filters",)) for script in ("b100", "b20000")),
            *(Ask(f"/sub/{script}", "s", rows=("httpd 2.3 filters",)) for script in ("ok", "html", "html-charset", "typed")),
            Ask("/headers/many", "s", headers=(("Accept", "x"),), rows=("httpd 2.3 filters",), then={"packet.header x-asked": b"here", "packet.header accept": None}),
            Ask("/headers/error", "s", rows=("httpd 2.3 filters",)),
        ],
        modules="deflate filter substitute",
    ),
]  # fmt: skip

# 5.3: sub-requests

_PAGES = {
    "docs/empty/x.txt": "no index", "docs/html/index.html": "static index", "docs/jsp/index.jsp": "source", "docs/both/index.html": "static", "docs/both/index.jsp": "source",
    "docs/ssi/virtual.shtml": '[<!--#include virtual="/a.jsp?x=1" -->]', "docs/ssi/file.shtml": '[<!--#include file="b.jsp" -->]', "docs/ssi/b.jsp": "source",
    "docs/ssi/post.shtml": '[<!--#include virtual="/a.jsp" -->][<!--#include virtual="/s/error" -->][<!--#include virtual="/c.jsp" -->]',
    "docs/look/page.txt": "a page", "docs/look2/page.txt": "a page", "docs/page.html": "an error page",
}  # fmt: skip

_SUB = """
JkMount /*.jsp w1
JkMount /s/* s
DirectoryIndex index.jsp index.html
<Directory ${DIR}/docs/both>
DirectoryIndex index.html index.jsp
</Directory>
<Directory ${DIR}/docs/ssi>
Options +Includes
AddOutputFilter INCLUDES .shtml
AddType text/html .shtml
</Directory>
RewriteEngine On
<Directory ${DIR}/docs/look>
RewriteEngine On
RewriteCond /any.jsp -U
RewriteRule . - [E=looked:1]
</Directory>
<Directory ${DIR}/docs/look2>
RewriteEngine On
RewriteCond %{LA-U:REQUEST_FILENAME} .
RewriteRule . - [E=looked:1]
</Directory>
"""

SUB_REQUESTS = [
    Case(
        "index files",
        _SUB,
        [
            Ask("/empty/", "w1", "/empty/", rows=("httpd 5.3 directory without index file",)),
            Ask("/empty/?q=1", "w1", "/empty/", rows=("httpd 5.3 directory without index file",)),
            Ask("/empty/", "w1", method="POST", body=b"abc", rows=("httpd 5.3 directory without index file",)),
            Ask("/empty/", "w1", method="HEAD", rows=("httpd 5.3 directory without index file",)),
            Ask("/html/", "-", status=200, rows=("httpd 5.3 index.html on disk",)),
            Ask("/both/", "-", status=200, rows=("httpd 5.3 index.html on disk",)),
            Ask("/jsp/", "w1", "/jsp/index.jsp", rows=("httpd 5.3 index.jsp on disk",)),
            Ask("/jsp/?a=b", "w1", rows=("httpd 5.3 index.jsp on disk",)),
            Ask("/html", "-", status=301, rows=("httpd 5.3 directory without slash",)),
            Ask("/empty", "-", status=301, rows=("httpd 5.3 directory without slash",)),
            Ask("/nosuch/", "-", status=404, rows=("httpd 5.3 no such directory",)),
            Ask("/", rows=("httpd 5.3 directory without index file",)),
        ],
        files=_PAGES,
        modules="include autoindex",
        rows=("httpd 2 map_to_storage",),
    ),
    Case(
        "included and looked at",
        _SUB,
        [
            Ask("/ssi/virtual.shtml", rows=("httpd 5.3 include virtual",), then={"note WORKER_NAME": "w1"}),
            Ask("/ssi/virtual.shtml?y=2", rows=("httpd 5.3 include virtual",)),
            Ask("/ssi/virtual.shtml", method="POST", body=b"abc", name="POST", rows=("httpd 5.3 include virtual",)),
            Ask("/ssi/post.shtml", rows=("httpd 5.3 include virtual",)),
            Ask("/ssi/file.shtml", "-", rows=("httpd 5.3 include file",)),
            Ask("/look/page.txt", "w1", rows=("httpd 5.3 look-ahead", "httpd 11.1 #6")),
            Ask("/look2/page.txt", rows=("httpd 5.3 look-ahead",)),
        ],
        files=_PAGES,
        modules="include",
    ),
    *(
        Case(
            f"ForwardDirectories{' beside autoindex' if modules else ''}",
            "JkOptions +ForwardDirectories\nDirectoryIndex index.html\nSetEnvIf Request_URI ^/named JK_WORKER_NAME=w1\nSetEnvIf Request_URI ^/listed JK_WORKER_NAME=w1\n"
            "<Directory ${DIR}/docs/listed>\nOptions Indexes\n</Directory>\nJkMount /rule/* w2\nJkUnMount /rule/d/* w2",
            [
                *(Ask(path, rows=("httpd 5.3 ForwardDirectories with JK_WORKER_NAME", "httpd 3.1 ForwardDirectories")) for path in ("/named/", "/listed/", "/named/d/", "/named", "/named/html/", "/named/no/")),
                *(Ask(path, rows=("httpd 5.3 ForwardDirectories with nothing", "httpd 3.1 ForwardDirectories")) for path in ("/bare/", "/", "/rule/d/")),
            ],
            files=dict.fromkeys(("docs/named/x", "docs/named/d/x", "docs/named/html/index.html", "docs/listed/x", "docs/bare/x", "docs/rule/d/x"), "a file"),
            modules=modules,
            rows=("httpd 12 implicit worker",),
        )
        for modules in ("", "autoindex")
    ),
    Case(
        "error pages at a worker",
        "ErrorDocument 404 /err/notfound?why=404\nErrorDocument 403 /err/forbidden\nErrorDocument 500 /err/error\nErrorDocument 413 /err/ok\nErrorDocument 503 /nowhere\n"
        "JkMount /err/* w1\nJkMount /err/error s\nJkMount /s/* s;use_server_errors=400\nJkMount /unknown nosuch\n<Location /closed>\nRequire all denied\n</Location>\n"
        "JkMount /closed/mapped w2\nJkMount /gone gone\nJkEnvVar REDIRECT_STATUS\nJkEnvVar REDIRECT_URL\nJkEnvVar REDIRECT_REQUEST_METHOD",
        [
            Ask("/missing?a=b", "w1", "/err/notfound", then={"packet.query_string": b"why=404"}),
            Ask("/missing", "w1", method="HEAD"),
            Ask("/closed/x", "w1"),
            Ask("/closed/mapped", "w1"),
            Ask("/s/error"),
            Ask("/unknown", "s"),
            Ask("/gone", status=503),
            Ask("/missing", method="POST", chunked=[b"abc"], name="chunked POST"),
            Ask("/missing", method="POST", body=b"", name="empty POST"),
            Ask("/missing", None, method="POST", body=b"a body", name="POST with a body", rows=("httpd 11.1 #5",)),
        ],
        workers="worker.list=gone\nworker.gone.host=127.0.0.1\nworker.gone.port={gone}\nworker.gone.retries=1\n",
        rows=("httpd 5.3 ErrorDocument", "httpd 7.4 errors of httpd"),
    ),
]  # fmt: skip

CASES = [*MAPPED, *BETWEEN, *SUB_REQUESTS]
