//! Broken configurations and what is said about them: one row each, by severity, line and fragments of the message.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::config::diagnostic::{Diagnostic, Severity, has_errors};
use crate::config::properties::Properties;
use crate::config::uri_map_file;
use crate::config::worker_spec::{self, Defaults};

use Severity::{Error, Fault, Note, Warning};

fn workers(file: &[u8]) -> Vec<Diagnostic> {
    let (mut properties, mut out) = (Properties::new(), Vec::new());
    properties.set_server_root(b"/etc/httpd");
    properties.read_file(file, b"w", &|_| None, &mut out);
    properties.resolve_references(&mut out);
    out.extend(worker_spec::build(&properties, &Defaults { pool_size: 25 }).1);
    out
}

/// One row: the file, what is expected, at which line (0 for none), with which fragments.
type Row<'a> = (&'a str, Severity, u32, &'a [&'a str]);

fn all_said(said: &dyn Fn(&[u8]) -> Vec<Diagnostic>, rows: &[Row<'_>]) {
    for (file, severity, line, parts) in rows {
        let out = said(file.as_bytes());
        let fits = |one: &&Diagnostic| {
            one.severity == *severity
                && one.place.as_ref().map_or(0, |place| place.line) == *line
                && parts.iter().all(|part| one.message.contains(part))
        };
        let shown: Vec<_> = out.iter().map(|one| format!("{:?} {one}", one.severity)).collect();
        assert!(out.iter().any(|one| fits(&one)), "{file}\n{parts:?}\n{shown:#?}");
        assert_eq!(has_errors(&out), *severity == Error, "{file}\n{shown:#?}");
        assert!(shown.iter().all(|line| !line.contains("xyzzy")), "a secret is shown: {shown:#?}");
    }
}

/// A sound worker, so that rows show nothing but their own fault.
macro_rules! with_a {
    ($($line:literal),*) => { concat!("worker.list=a\nworker.a.host=h\n", $($line, "\n"),*) };
}

/// A sound balancer with members m (line 4) and n (line 5).
macro_rules! with_lb {
    ($($line:literal),*) => {
        concat!(
            "worker.list=x\nworker.x.type=lb\nworker.x.balance_workers=m,n\nworker.m.host=m\nworker.n.host=n\n",
            $($line, "\n"),*
        )
    };
}

#[test]
fn lines_that_say_nothing_are_told() {
    all_said(
        &workers,
        &[
            (with_a!("worker.a.port"), Warning, 3, &["ignored", "no \"=\"", "name=value"]),
            (with_a!("worker.a.port: 8009"), Warning, 3, &["ignored", "name=value"]),
            (with_a!("secret xyzzy"), Warning, 3, &["ignored"]),
            (with_a!("=8009"), Warning, 3, &["no name before the \"=\""]),
            (with_a!("worker.a.port="), Note, 3, &["worker.a.port", "counts as not set"]),
            (with_a!("worker.a.secret="), Warning, 3, &["worker.a.secret", "counts as not set"]),
            (with_a!("worker.a.port= # later"), Note, 3, &["counts as not set"]),
            ("\u{feff}worker.list=a\n", Warning, 1, &["byte order mark", "save it without"]),
            (
                with_a!("v=$(nowhere)"),
                Warning,
                3,
                &["$(nowhere)", "neither above this line nor in the environment"],
            ),
            (with_a!("worker.a.source=$(later)", "later=1.2.3.4"), Warning, 3, &["$(later)"]),
            (with_a!("v=$(open"), Warning, 3, &["without \")\""]),
            (with_a!("worker.a.secret=xyzzy#more"), Warning, 3, &["cannot be escaped", "JkWorkerProperty"]),
            (with_a!("workers.list=b"), Warning, 3, &["only a variable", "begin with \"worker.\""]),
            (with_a!("Worker.a.port=1"), Warning, 3, &["only a variable"]),
        ],
    );
    let long = [b"worker.list=a\nworker.a.host=h\nv=".to_vec(), vec![b'x'; 9000]].concat();
    let out = workers(&long);
    assert!(out.iter().any(|one| one.message.contains("longer than 8191 bytes")), "{out:?}");
}

#[test]
fn wrong_and_repeated_names_are_told() {
    all_said(
        &workers,
        &[
            (
                with_a!("worker.a.prot=8009"),
                Error,
                3,
                &["worker.a.prot", "no worker property \"prot\"", "\"port\"?"],
            ),
            (with_a!("worker.a.Port=8009"), Error, 3, &["did you mean \"port\"?"]),
            (with_a!("worker.a.secret2=xyzzy"), Error, 3, &["did you mean \"secret\"?"]),
            (with_a!("worker.a.socket-timeout=5"), Error, 3, &["did you mean \"socket_timeout\"?"]),
            (with_a!("worker.a.unheard_of=5"), Error, 3, &["no worker property \"unheard_of\""]),
            (with_a!("worker.a.=5"), Error, 3, &["no worker property \"\""]),
            (with_a!("worker.lists=b"), Error, 3, &["did you mean \"list\"?"]),
            (
                with_a!("worker.a.port=1", "worker.a.port=2"),
                Warning,
                4,
                &["was set before (w:3)", "replaces"],
            ),
            (
                with_a!("worker.a.secret=xyzzy", "worker.a.secret=xyzzy2"),
                Warning,
                4,
                &["worker.a.secret", "(w:3)"],
            ),
            (
                with_a!("worker.maintain=60", "worker.maintain=30"),
                Warning,
                4,
                &["joined with \"*\"", "one line"],
            ),
            (with_a!("v=1", "v=2"), Warning, 4, &["joined with \"*\""]),
            (with_a!("worker.a.cachesize=5"), Warning, 3, &["deprecated", "use \"connection_pool_size\""]),
            (with_a!("worker.a.mx=5"), Warning, 3, &["no effect any more", "removed"]),
            (with_lb!("worker.m.jvm_route=r"), Warning, 6, &["deprecated", "use \"route\""]),
            (with_lb!("worker.m.disabled=1"), Warning, 6, &["use \"activation\""]),
        ],
    );
}

#[test]
fn references_that_lead_nowhere_are_told() {
    all_said(
        &workers,
        &[
            (with_a!("worker.a.reference=worker.t"), Error, 3, &["no property begins with \"worker.t.\""]),
            (with_a!("worker.a.reference=worker.a"), Error, 3, &["circle", "worker.a -> worker.a"]),
            (with_a!("worker.a.reference=t", "worker.t.port=1"), Error, 3, &["write worker.t"]),
            (with_a!("worker.a.reference=worker.t.", "worker.t.port=1"), Error, 3, &["leave out the dot"]),
            (
                with_a!("worker.a.reference=tmpl", "tmpl.prot=1"),
                Warning,
                4,
                &["inherited", "did you mean \"port\""],
            ),
            (
                with_lb!("worker.m.reference=worker.t", "worker.n.reference=worker.t", "worker.t.route=r"),
                Error,
                8,
                &["\"m\" and \"n\"", "the same route \"r\""],
            ),
        ],
    );
}

#[test]
fn workers_that_cannot_be_built_are_told() {
    let long_name = "n".repeat(64);
    let long_list = format!("worker.list={long_name}\n");
    all_said(
        &workers,
        &[
            (
                with_a!("worker.a.type=ajp14", "worker.a.secretkey=xyzzy"),
                Error,
                3,
                &["\"a\"", "ajp14", "type=ajp13"],
            ),
            (with_a!("worker.a.type=ajp12"), Error, 3, &["\"a\"", "ajp12", "type=ajp13"]),
            (
                with_a!("worker.a.type=AJP13"),
                Error,
                3,
                &["unknown type \"AJP13\"", "lower case", "\"ajp13\"?"],
            ),
            (with_a!("worker.a.type=loadbalancer"), Error, 3, &["ajp13, lb or status"]),
            (&long_list, Error, 1, &["the name of worker", "64 bytes", "63"]),
            (
                with_a!("worker.a.host=hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"),
                Error,
                3,
                &["worker.a.host", "64 bytes"],
            ),
            (with_a!("worker.a.mount=/x,*.jsp"), Error, 3, &["*.jsp", "must begin with '/'"]),
            (
                "worker.list=x\nworker.x.type=lb\n",
                Error,
                2,
                &["balancer \"x\" has no members", "balance_workers"],
            ),
            ("worker.list=x\nworker.x.type=lb\nworker.x.balance_workers=,\n", Error, 3, &["has no members"]),
            (
                with_lb!("worker.m.route=r", "worker.n.route=r"),
                Error,
                7,
                &["\"m\" and \"n\"", "route \"r\"", "jvmRoute"],
            ),
            (with_lb!("worker.x.balance_workers=m"), Error, 6, &["has the member \"m\" twice"]),
            (with_lb!("worker.n.type=ajp14"), Error, 6, &["\"n\"", "type=ajp13"]),
            (with_lb!("worker.n.type=status"), Error, 3, &["\"n\"", "is of type status", "only ajp13"]),
            (
                with_lb!("worker.n.type=lb", "worker.n.balance_workers=o", "worker.o.port=1"),
                Error,
                3,
                &["member \"n\" of balancer \"x\"", "a balancer itself"],
            ),
            (
                with_lb!("worker.n.type=lb", "worker.n.balance_workers=x"),
                Error,
                3,
                &["each other", "x -> n -> x"],
            ),
            (
                with_lb!(
                    "worker.n.type=lb",
                    "worker.n.balance_workers=y",
                    "worker.y.type=lb",
                    "worker.y.balance_workers=x"
                ),
                Error,
                3,
                &["x -> n -> y -> x"],
            ),
            ("worker.list=x\nworker.x.type=lb\nworker.x.balance_workers=x\n", Error, 3, &["x -> x"]),
            (
                with_lb!("worker.m.route=rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"),
                Error,
                6,
                &["worker.m.route", "64 bytes"],
            ),
        ],
    );
}

#[test]
fn workers_that_are_hardly_meant_are_told() {
    all_said(
        &workers,
        &[
            ("", Warning, 0, &["worker.list is missing", "ajp13"]),
            ("worker.a.host=h\n", Warning, 1, &["worker \"a\" is neither in worker.list nor a member"]),
            (with_a!("worker.list=a"), Warning, 3, &["names \"a\" twice"]),
            (with_a!("worker.list=b"), Warning, 3, &["names \"b\"", "no property", "localhost:8009"]),
            (
                with_a!("worker.list=lbb", "worker.lb.type=lb"),
                Warning,
                3,
                &["\"lbb\"", "did you mean \"lb\"?"],
            ),
            (with_a!("worker.aa.port=1"), Warning, 3, &["worker \"aa\" is neither", "did you mean \"a\"?"]),
            (with_a!("worker.host=h"), Warning, 3, &["belongs to no worker", "worker.NAME.host"]),
            (
                with_lb!("worker.x.balance_workers=o"),
                Warning,
                6,
                &["worker.x.balance_workers names \"o\"", "localhost:8009"],
            ),
            (with_a!("worker.maintain=0"), Warning, 3, &["switches maintenance off"]),
            (with_a!("worker.maintain=often"), Warning, 3, &["worker.maintain", "counts as not set"]),
            (with_a!("worker.a.list=b"), Warning, 3, &["no effect", "write \"worker.list\""]),
        ],
    );
}

#[test]
fn properties_in_the_wrong_place_are_told() {
    all_said(
        &workers,
        &[
            (
                with_lb!("worker.x.socket_timeout=5"),
                Warning,
                6,
                &["no effect on a worker of type lb", "on its members"],
            ),
            (with_lb!("worker.x.ping_mode=A"), Warning, 6, &["worker.x.ping_mode", "on its members"]),
            (with_lb!("worker.x.lbfactor=2"), Warning, 6, &["on its members"]),
            (with_lb!("worker.x.read_only=1"), Warning, 6, &["it is a property of workers of type status"]),
            (
                with_lb!("worker.m.sticky_session=0"),
                Warning,
                6,
                &["on a worker of type ajp13", "workers of type lb"],
            ),
            (with_a!("worker.a.lbfactor=2"), Note, 3, &["members of a balancer"]),
            (
                "worker.list=s\nworker.s.type=status\nworker.s.port=1\n",
                Warning,
                3,
                &["on a worker of type status"],
            ),
        ],
    );
}

#[test]
fn values_that_are_hardly_meant_are_told() {
    all_said(
        &workers,
        &[
            (with_a!("worker.a.port=0"), Warning, 3, &["never contacted"]),
            (with_a!("worker.a.port=70000"), Warning, 3, &["of which 4464 is used"]),
            (with_a!("worker.a.port=ajp"), Warning, 3, &["counts as not set", "1 to 65535"]),
            (
                with_a!("worker.a.port=8009 # ajp", "worker.a.retries=0"),
                Warning,
                4,
                &["is 0; it takes a number from 1"],
            ),
            (
                with_a!("worker.a.source=h", "worker.a.connection_pool_size=0"),
                Warning,
                4,
                &["every request is refused"],
            ),
            (
                with_a!("worker.a.connection_acquire_timeout=0"),
                Warning,
                3,
                &["no waiting", "mod_jk would refuse"],
            ),
            (with_a!("worker.a.retry_interval=0"), Warning, 3, &["no pause", "mod_jk would refuse"]),
            (with_a!("worker.a.connection_pool_minsize=100"), Warning, 3, &["larger than the pool of 25"]),
            (with_a!("worker.a.socket_timeout=10ms"), Warning, 3, &["read as 10485760"]),
            (with_a!("worker.a.socket_timeout=99999999999"), Warning, 3, &["counts as not set"]),
            (with_a!("worker.a.socket_keepalive=enabled"), Warning, 3, &["true or false"]),
            (with_a!("worker.a.max_packet_size=100000"), Warning, 3, &["8192 to 65536"]),
            (with_a!("worker.a.ping_mode=on"), Warning, 3, &["\"on\"", "C, P, I, A"]),
            (with_a!("worker.a.recovery_options=64"), Warning, 3, &["0 to 31"]),
            (with_a!("worker.a.fail_on_status=5xx"), Warning, 3, &["\"5xx\"", "status codes"]),
            (with_lb!("worker.m.activation=off"), Warning, 6, &["active, disabled or stopped"]),
            (with_lb!("worker.x.method=weight"), Warning, 6, &["request, traffic"]),
            (with_lb!("worker.x.session_path=jsessionid"), Warning, 6, &["does not begin with \";\""]),
            (with_a!("worker.a.reply_timeout=\"5\""), Warning, 3, &["counts as not set"]),
        ],
    );
    let out = workers(b"worker.list=a\nworker.a.host=tomcat:8009\n");
    assert!(out.iter().any(|one| one.message.contains("two properties")), "{out:?}");
}

#[test]
fn a_line_that_many_inherit_is_told_once() {
    let file = "worker.list=a,b,c\nworker.t.retries=0\n\
                worker.a.reference=worker.t\nworker.b.reference=worker.t\nworker.c.reference=worker.t\n";
    assert_eq!(workers(file.as_bytes()).len(), 1);
}

#[test]
fn mount_files_are_told_about_line_by_line() {
    let said = |file: &[u8]| uri_map_file::read(file, b"m", &|_| None).diagnostics;
    all_said(
        &said,
        &[
            ("/a\n", Warning, 1, &["ignored", "no \"=\""]),
            ("/a=\n", Warning, 1, &["\"/a\" names no worker"]),
            ("=w\n", Warning, 1, &["no name before the \"=\""]),
            ("/ok=w\n*.jsp=w\n", Fault, 2, &["must begin with '/'", "the rule is left out"]),
            ("!-/a=w\n", Fault, 1, &["in this order", "left out"]),
            ("! /a=w\n", Fault, 1, &["left out"]),
            ("|/x=w\n", Fault, 1, &["empty pattern"]),
            ("\u{feff}/a=w\n", Fault, 1, &["byte order mark"]),
            ("/a=w\n/b=v\n/a=u\n", Warning, 3, &["\"/a\" stands above already", "replaces"]),
            ("/a=$(W)\n", Warning, 1, &["the worker of \"/a\"", "$(W)"]),
            ("X=w\n/a=w\n", Fault, 1, &["must begin with '/'"]),
            ("/a=w; reply_timeout=5\n", Warning, 1, &["unknown rule extension"]),
            ("/a=w;reply_timeout=soon\n", Warning, 1, &["whole number"]),
            ("/a=w;bogus\n", Warning, 1, &["unknown rule extension \"bogus\""]),
            ("/a//b=w\n", Warning, 1, &["matches no request"]),
            ("/a;b=w\n", Warning, 1, &["matches no request"]),
            ("/a%20b=w\n", Warning, 1, &["decoded path"]),
            ("worker.a.host=h\n", Warning, 1, &["is no rule", "JkWorkersFile"]),
            ("/a=w\nworker.a.hots=h\n", Fault, 2, &["did you mean \"host\"", "no rule of this file is used"]),
        ],
    );
}
