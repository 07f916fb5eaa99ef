//! Every answer that was recorded from the original, rendered here from values.

use super::sample;
use crate::config::worker_spec::StatusSpec;
use crate::status::*;
use crate::text::Text;

const TOKEN: Token = Token::new([0; Token::BYTES]);

/// What one of the recorded status workers answers to a query.
pub(super) fn answer_to(spec: &StatusSpec, query: &str, report: Report) -> String {
    let asked = read(
        spec,
        &Request {
            query: query.as_bytes(),
            form: None,
            user: None,
            from: Provenance::default(),
            token: &TOKEN,
        },
    );
    let planned = asked.command.clone().and_then(|command| plan(&command, &inventory()));
    let shown = match &planned {
        Ok(Plan::Show(scope)) => Some((scope, gathered(scope, report))),
        Ok(Plan::Do(_)) | Err(_) => None,
    };
    let result = match (&planned, &shown) {
        (Err(refusal), _) => Err(refusal),
        (Ok(_), Some((scope, report))) => Ok(Content::Shown { scope, report }),
        (Ok(_), None) => Ok(Content::Done),
    };
    let mut out = Vec::new();
    format::render(&Answer { spec, asked: &asked, path: b"/st", token: &TOKEN, result }, &mut out);
    String::from_utf8(out).unwrap()
}

fn inventory() -> Inventory {
    let member = |name: &str| (sample::text(name), sample::text(name));
    Inventory(vec![
        (sample::text("lb"), Listed::Lb(["m1", "m2", "m3"].map(member).to_vec())),
        (sample::text("st"), Listed::Status),
        (sample::text("solo"), Listed::Ajp),
        (sample::text("gone"), Listed::Ajp),
    ])
}

/// The part of the report that is asked for.
fn gathered(scope: &Scope, mut report: Report) -> Report {
    let keeps = |wanted: &Text, name: &Text| wanted == name;
    match scope {
        Scope::Everything => {}
        Scope::Lb { lb, .. } => {
            report.balancers.retain(|known| keeps(lb, &known.name));
            report.ajp_workers.clear();
        }
        Scope::Ajp { worker } => {
            report.ajp_workers.retain(|known| keeps(worker, &known.ajp.name));
            report.balancers.clear();
        }
        Scope::Configuration | Scope::Nothing => {
            report.balancers.clear();
            report.ajp_workers.clear();
        }
    }
    report
}

macro_rules! recorded {
    ($file:expr) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded/status/", $file))
    };
}

/// A case: its recordings, the query, the status worker.
macro_rules! case {
    ($name:literal, $query:literal, $spec:expr) => {
        (
            $name,
            [
                recorded!(concat!($name, ".xml")),
                recorded!(concat!($name, ".txt")),
                recorded!(concat!($name, ".properties")),
            ],
            $query,
            $spec,
        )
    };
}

#[test]
fn answers_are_those_of_the_original_byte_for_byte() {
    for (name, recorded, query, spec) in [
        case!("list", "cmd=list", sample::spec()),
        case!("list-bare", "opt=3", sample::spec()),
        case!("list-without-members", "opt=17", sample::spec()),
        case!("list-ajp-only", "opt=8", sample::spec()),
        case!("list-nothing", "opt=24", sample::spec()),
        case!("list-own-names", "", sample::own()),
        case!("show-lb", "cmd=show&w=lb", sample::spec()),
        case!("show-member", "cmd=show&w=lb&sw=m3&opt=2", sample::spec()),
        case!("show-lb-bare", "cmd=show&w=lb&opt=3", sample::spec()),
        case!("show-ajp", "cmd=show&w=solo", sample::spec()),
        case!("show-ajp-in-error", "cmd=show&w=gone", sample::spec()),
        case!("show-status", "cmd=show&w=st", sample::spec()),
        case!("version", "cmd=version", sample::spec()),
        case!("dump", "cmd=dump", sample::spec()),
        case!("edit", "cmd=edit&w=lb", sample::spec()),
        case!("update", "cmd=update&w=lb&vlr=2", sample::spec()),
        case!("error", "cmd=show&w=nosuch", sample::spec()),
        case!("denied", "", sample::closed()),
    ] {
        for (mime, recorded) in ["xml", "txt", "prop"].into_iter().zip(recorded) {
            let ours = answer_to(&spec, &format!("mime={mime}&{query}"), sample::report());
            // The original puts a `<` inside an attribute, which no XML may have.
            let well_formed = recorded.replace("\"<!DOCTYPE status>\"", "\"&lt;!DOCTYPE status&gt;\"");
            assert_eq!(ours, well_formed, "{name} as {mime}");
        }
    }
    let ours = answer_to(&sample::spec(), "mime=foo", sample::report());
    assert_eq!(ours, recorded!("bad-mime.properties"));
}

#[test]
fn no_text_gets_out_of_its_place() {
    let mut report = sample::report();
    report.balancers[0].members.truncate(1);
    report.balancers[0].members[0].route = sample::text("a&b'<c>\"d\ne\u{1}\\f");
    report.balancers[0].members[0].domain = (&b"\xff \xc3\xa9"[..]).into();
    report.ajp_workers.clear();
    report.configuration = vec![
        (sample::text("worker.x$1:_x2.p-q"), sample::text("<v & \"w\">")),
        (sample::text("9\nk"), sample::text("a\nb")),
    ];
    for (query, piece) in [
        ("mime=xml&opt=2", "route=\"a&amp;b'&lt;c&gt;&quot;d&#10;e\u{fffd}\\f\"\n"),
        ("mime=xml&opt=2", "domain=\"\u{fffd} \u{e9}\"\n"),
        ("mime=txt&opt=2", " route=\"a&b'<c>\\x22d\\x0ae\\x01\\f\" redirect=\"\" "),
        ("mime=prop&opt=2", "\nworker.m1.route=a&b'<c>\"d\\u000ae\\u0001\\f\nworker.m1.redirect=\n"),
        (
            "mime=xml&cmd=dump",
            "    worker.x_x24_1_x3A__x5F_x2.p-q=\"&lt;v &amp; &quot;w&quot;&gt;\"\n    _x39__x0A_k=\"a&#10;b\"\n",
        ),
        ("mime=txt&cmd=dump", "\n9\\x0ak=a\\x0ab\n"),
        ("mime=prop&cmd=dump", "\n9\\u000ak=a\\u000ab\n"),
    ] {
        let mut report = report.clone();
        if !query.contains("xml") {
            report.balancers[0].members[0].domain = Text::default();
        }
        let ours = answer_to(&sample::spec(), query, report);
        assert!(ours.contains(piece), "{query}: {piece:?}\n{ours}");
    }
}
