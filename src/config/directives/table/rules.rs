//! Which requests go to which worker.

use super::new;
use crate::config::directives::Inherited::{Rules, Whole};
use crate::config::directives::Repeated::Adds;
use crate::config::directives::Scope::{Anywhere, ServerOrVhost};
use crate::config::directives::Takes::{One, OneOrTwo};
use crate::config::directives::{Directive, apply};

pub(super) const ALL: &[Directive] = &[
    new("JkMount", OneOrTwo, Anywhere, "a pattern and a worker, or only a worker inside <Location>", apply::mount)
        .repeated(Adds)
        .inherited(Rules)
        .page(
            "PATTERN WORKER[;EXTENSION=VALUE]...",
            "none",
            "Requests whose path matches the pattern go to the worker. A pattern begins with a slash; `*` stands for \
             any bytes, `?` for one byte, slashes included. `/app|/*` means `/app` and `/app/*`. Inside `<Location \
             /path>` only the worker is given: the path is the pattern, without anything added to it.\n\nOf all rules \
             that match, the one with the most slashes in its pattern counts, then the longest, then that of a mount \
             file before that of a directive before `worker.NAME.mount`, then the one that stands first. A pattern \
             without wildcards has no precedence.\n\nPaths are compared as httpd decoded them, without path \
             parameters (`;...`), double slashes and dots; the query is not looked at. A second `JkMount` of the same \
             pattern replaces the worker of the first.",
        )
        .differs("many rules cost a request no more than few (D12); a path over 4095 bytes is refused with 414 (D7)."),
    new("JkUnMount", OneOrTwo, Anywhere, "a pattern and a worker, or only a worker inside <Location>", apply::unmount)
        .repeated(Adds)
        .inherited(Rules)
        .page(
            "PATTERN WORKER",
            "none",
            "Requests that match are not sent to this worker, although a `JkMount` says so. The worker `*` stands for \
             all. No other rule is asked instead: the request stays with httpd.",
        ),
    new("JkMountFile", One, ServerOrVhost, "the path of a file with rules", apply::mount_file)
        .inherited(Rules)
        .page(
            "PATH",
            "none",
            "A file of rules, one `PATTERN=WORKER` a line. `!` before a pattern excludes, as `JkUnMount` does; `-` \
             switches the line off; `#` starts a comment; `$(NAME)` in a worker stands for an earlier line `NAME=...` \
             or a variable of httpd's environment. A line that cannot be read is left out and told of. Where the file is read \
             again while httpd runs (`JkMountFileReload`), httpd's `User` must be able to read it.",
        ),
    new(
        "JkMountFileReload",
        One,
        ServerOrVhost,
        "the seconds between looks at the mount file, 0 for none",
        apply::mount_file_reload,
    )
    .page(
        "SECONDS",
        "60",
        "How many seconds must have passed before a request looks whether the mount file has changed. If its \
         modification time is another one, the file is read and its rules replace those that it gave before. Each \
         child process does so for itself. 0 switches it off.",
    )
    .differs("a file that cannot be used leaves the rules in force as they are, and the log says why once (D10); a \
              change within the second of the one before is noticed (D62)."),
    new("JkMountCopy", One, ServerOrVhost, "On, Off or (in the main server) All", apply::mount_copy)
        .inherited(Whole("`All` in the main server is `On` for each virtual host that says nothing"))
        .page(
            "On|Off|All",
            "Off",
            "Whether a virtual host takes over the rules of the main server. Its own come first, and a rule with the \
             same pattern is not taken over. The main server's mount file counts if the virtual host has none, its \
             `worker.NAME.mount` only if it has no rule of its own. `All` stands in the main server.",
        ),
    new("JkAutoAlias", One, ServerOrVhost, "the directory of the web applications", apply::auto_alias)
        .inherited(Rules)
        .page(
            "DIRECTORY",
            "none",
            "A request that no rule maps is answered with a file below this directory, if the first part of its path \
             is the name of a directory there: httpd serves the static files of the applications, Tomcat the rest. \
             `WEB-INF` and `META-INF` of an application are 404, a `.war` is 403. It has no effect in a server without \
             rules. The path is taken as it is written; `<Directory>` sections apply.",
        )
        .differs("a directory that is itself an application does not give away its `WEB-INF` (D80)."),
    new(
        "JkStripSession",
        OneOrTwo,
        ServerOrVhost,
        "On or Off, and perhaps what a session id begins with",
        apply::strip_session,
    )
    .page(
        "On|Off [MARK]",
        "Off, `;jsessionid`",
        "Removes a session id from the path of a request that stays with httpd, so that a link with \
         `;jsessionid=...` to a static file finds the file. What begins with the mark goes, up to the next `;` or \
         `/`. It has no effect in a server without rules.",
    ),
];
