//! `docs/reference/status.md` and the schema beside it: nothing that the tables of the room `status` know may be missing.

#![allow(clippy::unwrap_used, clippy::panic)] // a test: it fails by panicking

use mod_jk::config::worker_keys::{self, Key, Unit};
use mod_jk::status::command::{Kind, Mime, Options};
use mod_jk::status::format::FORMATS;
use mod_jk::status::metrics::FAMILIES;
use mod_jk::status::refusal::{FINISHED, Refusal, TextFault};
use mod_jk::status::settings::{self, Accepts, Setting};
use std::fs;
use std::path::Path;

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Fails unless some line of the page begins with this.
fn has_row(page: &str, row: &str) {
    assert!(page.lines().any(|line| line.starts_with(row)), "docs/reference/status.md has no row {row}");
}

#[test]
fn every_command_and_format_has_its_row() {
    let page = file("docs/reference/status.md");
    for kind in Kind::ALL {
        has_row(&page, &format!("| `{}` | ", kind.name()));
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` | ", kind.name()))).unwrap();
        assert_eq!(row.ends_with("| yes |"), kind.needs_writing(), "{row}");
        assert_eq!(row.contains("| `w`"), kind.needs_worker(), "{row}");
    }
    assert!(FORMATS.iter().map(|format| format.mime).eq(Mime::ALL));
    for format in FORMATS {
        has_row(
            &page,
            &format!("| `{}` | `{}` | {} |", format.mime.name(), format.content_type, format.help),
        );
    }
}

#[test]
fn every_bit_has_its_row() {
    let page = file("docs/reference/status.md");
    for bit in [
        Options::HIDE_MEMBERS,
        Options::HIDE_MAPS,
        Options::HIDE_LEGEND,
        Options::HIDE_BALANCERS,
        Options::HIDE_AJP_WORKERS,
        Options::READ_ONLY,
        Options::HIDE_LB_CONFIGURATION,
        Options::HIDE_LB_SUMMARY,
        Options::HIDE_AJP_CONFIGURATION,
        Options::HIDE_HISTORY,
    ] {
        has_row(&page, &format!("| {bit} | "));
    }
}

#[test]
fn every_setting_has_its_row_with_its_range() {
    let page = file("docs/reference/status.md");
    settings::LB.iter().for_each(|one| has_row(&page, &row(one)));
    settings::MEMBER.iter().for_each(|one| has_row(&page, &row(one)));
    settings::AJP.iter().for_each(|one| has_row(&page, &row(one)));
    has_row(&page, &format!("| `{}` | `host` | a text", settings::HOST));
    has_row(&page, &format!("| `{}` | `port` | 0 to 65535", settings::PORT));
}

fn row<C>(setting: &Setting<C>) -> String {
    let Setting { key, property, accepts } = setting;
    let value = match accepts {
        Accepts::Number { least, most: 0x7fff_ffff, .. } => format!("from {least}{}", unit(property)),
        Accepts::Number { least, most, .. } => format!("{least} to {most}"),
        Accepts::Flag(_) => "true or false".to_owned(),
        Accepts::Choice { words, .. } => format!("{}, or the number of its place from 0", words.join(", ")),
        Accepts::Text { .. } => "a text".to_owned(),
    };
    format!("| `{key}` | `{property}` | {value}")
}

/// As the property has it; so the tables cannot disagree.
fn unit(property: &str) -> String {
    let known: &Key = worker_keys::TABLE.iter().find(|key| key.name == property).unwrap();
    match known.unit {
        Unit::None => String::new(),
        Unit::Seconds | Unit::Millis | Unit::Bytes => format!(", {}", known.unit.label()),
    }
}

#[test]
fn every_message_has_its_row() {
    let page = file("docs/reference/status.md");
    let bad_text = |fault| Refusal::BadText {
        what: "route",
        value: (*b"x").into(),
        worker: (*b"m1").into(),
        fault,
        wildcard: false,
    };
    let unresolved =
        Refusal::Unresolved { host: (*b"h").into(), port: 8009, worker: (*b"m1").into(), wildcard: false };
    has_row(&page, &format!("| {FINISHED} | "));
    for refusal in [
        Refusal::Denied,
        Refusal::Foreign,
        Refusal::BadQuery,
        Refusal::ReadOnly,
        Refusal::UnknownCommand,
        Refusal::UnknownMime,
        Refusal::NoWorker,
        Refusal::EmptyMember,
        Refusal::UnknownWorker,
        Refusal::UnknownMember,
        Refusal::NoMembers,
        Refusal::Wildcard,
        bad_text(TextFault::TooLong),
        unresolved,
        Refusal::UpdateFailed,
        Refusal::ResetFailed,
        Refusal::RecoverFailed,
        Refusal::DumpFailed,
    ] {
        has_row(&page, &format!("| {refusal} | "));
    }
    for fault in [TextFault::ControlCharacter, TextFault::Duplicate, TextFault::NoValue] {
        let message = bad_text(fault).to_string();
        let piece = message.split("'x' ").nth(1).and_then(|rest| rest.split(" for sub worker").next());
        assert!(page.contains(&format!("`{}`", piece.unwrap())), "{message}");
    }
}

#[test]
fn every_family_of_metrics_has_its_row() {
    let page = file("docs/reference/status.md");
    for family in FAMILIES {
        has_row(&page, &format!("| `{}` | {} | {} |", family.name, family.kind(), family.help));
        assert!(family.unit.is_empty() || family.name.ends_with(&format!("_{}", family.unit)));
        assert!(family.help.ends_with('.') && !family.help.contains(['\\', '\n', '|']), "{}", family.name);
    }
}

#[test]
fn the_schema_knows_every_key_that_is_written_and_no_other() {
    let written = pieces(&file("src/status/json.rs"), "key(\"");
    let schema = file("docs/reference/status.schema.json");
    let known = schema_keys(&schema);
    assert!(written.len() > 60, "{written:?}");
    for key in &written {
        assert!(known.contains(key), "the schema does not know {key}");
    }
    for key in &known {
        assert!(written.contains(key), "the schema knows {key}, which is never written");
    }
}

/// What stands between each `mark` and the next quotation mark.
fn pieces(text: &str, mark: &str) -> Vec<String> {
    text.split(mark).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// The names inside each `properties`, told by their indentation.
fn schema_keys(schema: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for line in schema.lines() {
        let depth = line.len() - line.trim_start().len();
        open.retain(|outer| *outer < depth);
        if open.last().is_some_and(|outer| depth == outer + 2) {
            keys.extend(line.split('"').nth(1).map(str::to_owned));
        }
        if line.ends_with("\"properties\": {") {
            open.push(depth);
        }
    }
    keys
}
