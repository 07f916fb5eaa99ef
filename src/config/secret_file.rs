//! `worker.NAME.secret_file`: a secret that stands in a file of its own, so that workers.properties may be readable.

use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::properties::{Entry, Properties};
use crate::text::{self, Text};

/// The beginning of a file as the host found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its first bytes, at least its first line if that is of a sensible length.
    pub bytes: Vec<u8>,
    /// Whether every user of the machine may read it.
    pub open_to_all: bool,
}

/// Reads a file by the name that the administrator gave; the error is in words that follow that name.
pub type Files<'f> = &'f dyn Fn(&[u8]) -> Result<Found, String>;

const FILE: &[u8] = b".secret_file";

/// The longest secret, in bytes: it has to fit into a request packet beside everything else.
const LONGEST: usize = 1024;

/// Reads the files that properties name, and sets `secret` to what they hold. References must have been resolved.
pub(crate) fn fill_in(properties: &mut Properties, files: Files<'_>, out: &mut Vec<Diagnostic>) {
    let named: Vec<Entry> = properties.iter().filter(|entry| is_ours(entry)).cloned().collect();
    for entry in named {
        let key = entry.key.strip_suffix(FILE).unwrap_or_default();
        let key = [key, b".secret"].concat();
        match properties.get(&key) {
            // What a worker has of its own replaces what it inherits.
            Some(secret) if entry.inherited && !secret.inherited => continue,
            Some(secret) if entry.inherited == secret.inherited => {
                add(out, Diagnostic::error(entry.place.clone(), both(&entry, secret.place.as_ref())));
                continue;
            }
            Some(_) | None => {}
        }
        match read(&entry, files, out) {
            Ok(secret) => properties.set_secret(&key, secret, &entry),
            Err(message) => add(out, Diagnostic::error(entry.place.clone(), message)),
        }
    }
}

fn is_ours(entry: &Entry) -> bool {
    entry.key.starts_with(b"worker.") && entry.key.ends_with(FILE)
}

/// The first line of the file, blanks at its ends cut off.
fn read(entry: &Entry, files: Files<'_>, out: &mut Vec<Diagnostic>) -> Result<Text, String> {
    let told = |what: &str| format!("\"{}\": {} {what}", text::show(&entry.key), text::show(&entry.value));
    let found = files(&entry.value).map_err(|reason| told(&reason))?;
    let line = found.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let secret = text::trim(line);
    if secret.is_empty() {
        return Err(told("has an empty first line; it must be the secret"));
    }
    if secret.len() > LONGEST {
        return Err(told(&format!("has a first line of more than {LONGEST} bytes; it must be the secret")));
    }
    if found.open_to_all {
        let message = told("can be read by every user; make it readable only for the one who starts httpd");
        add(out, Diagnostic::warning(entry.place.clone(), message));
    }
    Ok(secret.into())
}

fn both(entry: &Entry, other: Option<&Place>) -> String {
    let place = other.map_or_else(String::new, |place| format!(" ({place})"));
    format!(
        "\"{}\" is set beside \"secret\"{place}; only one of the two can be the secret",
        text::show(&entry.key)
    )
}

/// What many workers inherit is told once.
fn add(out: &mut Vec<Diagnostic>, new: Diagnostic) {
    if !out.iter().any(|known| known.place == new.place && known.severity == new.severity) {
        out.push(new);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::diagnostic::Severity::{self, Error, Warning};

    fn file(name: &[u8]) -> Result<Found, String> {
        let (bytes, open_to_all): (&[u8], bool) = match name {
            b"good" => (b"hush\n", false),
            b"crlf" => (b" hu sh#1 \r\nsecond", false),
            b"open" => (b"hush", true),
            b"empty" => (b"\nhush", false),
            b"long" => (&[b'x'; 1025], false),
            _ => return Err("cannot be read: no such file".to_owned()),
        };
        Ok(Found { bytes: bytes.to_vec(), open_to_all })
    }

    /// The secret of worker `a`, and what was said: how bad, and on which line.
    fn secret(lines: &str) -> (Option<String>, Vec<(Severity, u32, String)>) {
        let (mut properties, mut out) = (Properties::new(), Vec::new());
        properties.read_file(lines.as_bytes(), b"w", &|_| None, &mut out);
        properties.resolve_references(&mut out);
        assert_eq!(out, []);
        fill_in(&mut properties, &file, &mut out);
        let secret = properties.get(b"worker.a.secret");
        let secret = secret.map(|entry| String::from_utf8(entry.value.to_vec()).unwrap());
        (secret, out.into_iter().map(|d| (d.severity, d.place.unwrap().line, d.message)).collect())
    }

    #[test]
    fn the_first_line_is_the_secret() {
        for (lines, expected) in [
            ("worker.a.secret_file=good", "hush"),
            ("worker.a.secret_file=crlf", "hu sh#1"),
            // the nearer one counts
            ("worker.t.secret=old\nworker.a.reference=worker.t\nworker.a.secret_file=good", "hush"),
            ("worker.t.secret_file=good\nworker.a.reference=worker.t\nworker.a.secret=mine", "mine"),
            ("worker.t.secret_file=good\nworker.a.reference=worker.t", "hush"),
        ] {
            assert_eq!(secret(lines), (Some(expected.to_owned()), vec![]), "{lines}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        for (lines, severity, line, part) in [
            ("worker.a.secret_file=none", Error, 1, "none cannot be read: no such file"),
            ("worker.a.secret_file=empty", Error, 1, "empty first line"),
            ("worker.a.secret_file=long", Error, 1, "more than 1024 bytes"),
            ("worker.a.secret_file=open", Warning, 1, "every user"),
            ("worker.a.secret=x\nworker.a.secret_file=good", Error, 2, "beside \"secret\" (w:1)"),
            ("worker.t.secret_file=none\nworker.a.reference=worker.t", Error, 1, "cannot be read"),
        ] {
            let (_, said) = secret(lines);
            let [(how, place, message)] = said.as_slice() else { panic!("{lines}: {said:?}") };
            assert_eq!((*how, *place), (severity, line), "{lines}");
            assert!(message.contains(part) && !message.contains("hush"), "{lines}: {message}");
        }
    }
}
