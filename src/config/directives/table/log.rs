//! What is written to which log.

use super::new;
use crate::config::directives::Scope::ServerOrVhost;
use crate::config::directives::Takes::One;
use crate::config::directives::{Directive, apply};
use crate::config::indicators::Indicator;

pub(super) const ALL: &[Directive] = &[
    new("JkLogFile", One, ServerOrVhost, "the path of the log file, or a program after a |", apply::log_file)
        .page(
            "PATH|\"|PROGRAM ARGUMENT...\"",
            "`mod_jk.log` beside httpd's error log, or in `logs` if that is no file",
            "Where log lines go. A relative path begins at `ServerRoot`. Behind a `|` stands a program that gets the \
             lines; httpd starts it without a shell and starts it again when it ends. Servers may share a file. \
             If the default cannot be opened, lines go to httpd's error log.",
        )
        .differs("another default (D51); programs that httpd starts do not inherit the file (D23)."),
    new("JkLogLevel", One, ServerOrVhost, "trace, debug, info, warn, error or emerg", apply::log_level)
        .page(
            "trace|debug|info|warn|error|emerg",
            "info",
            "Which lines are written: those of this level and above. Any other word counts as `info`.",
        )
        .differs("nothing that a client does is told above `info`; secrets, session ids and packets are told at no \
                  level (D22)."),
    new(
        "JkLogStampFormat",
        One,
        ServerOrVhost,
        "a format for strftime, with %Q for milliseconds or %q for microseconds",
        apply::log_stamp,
    )
    .page(
        "FORMAT",
        "`\"[%a %b %d %H:%M:%S.%Q %Y] \"`",
        "How a line begins: a format of `strftime`, in local time. `%Q` stands for milliseconds; without one `%q` \
         stands for microseconds. Either must stand within the first 63 bytes, and a format with one is cut there.",
    ),
    new(
        "JkRequestLogFormat",
        One,
        ServerOrVhost,
        "a format of the line for each request",
        apply::request_log,
    )
    .page(
        "FORMAT",
        "none: no such lines",
        "One line for each request that a worker was asked to serve, written to the `JkLogFile` at any level, behind \
         the stamp. `\\n`, `\\t` and `\\\\` are escapes. `-` stands for what there is not.\n\n\
         | | | | |\n|---|---|---|---|\n\
         | `%b` | bytes of the body, `-` without one | `%B` | the same, 0 without one |\n\
         | `%H` | protocol | `%m` | method |\n\
         | `%p` | port of `ServerName`, else that of the scheme | `%q` | query with its `?`, or nothing |\n\
         | `%r` | request line | `%s` | status |\n\
         | `%T` | seconds it took, with six digits | `%U` | path, as it was compared with rules |\n\
         | `%v` | `ServerName` | `%V` | name by `UseCanonicalName` |\n\
         | `%w` | worker | `%R` | route |\n\n\
         A letter that is not in the table switches the lines off, with a warning at start.",
    )
    .differs("control characters are written as `\\xNN` (D61)."),
    new(
        "JkRequestIdIndicator",
        One,
        ServerOrVhost,
        "the variable with the id of a request",
        |settings, args, _| apply::indicator(settings, args, Indicator::RequestId),
    )
    .page(
        "NAME",
        Indicator::RequestId.default_name(),
        "The variable whose value stands in brackets in each log line about a request. Without it `UNIQUE_ID`, which \
         mod_unique_id sets, else `NO-ID`. Lines about no request name what was going on, such as `POST_CONFIG`.",
    )
    .differs("mod_jk 1.2.48 does not know it (D57)."),
];
