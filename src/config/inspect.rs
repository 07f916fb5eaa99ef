//! What is to be said about the values of one worker: out of range, unreadable, without effect on its type.

use std::collections::HashSet;

use crate::config::attributes::Attributes;
use crate::config::diagnostic::{Diagnostic, Place, Severity};
use crate::config::properties::Entry;
use crate::config::status_spec::is_rating;
use crate::config::values;
use crate::config::worker_keys::{self, Key, Kind, LONGEST_NAME, Role};
use crate::text;

/// More of a value is not shown.
const SHOWN: usize = 60;

/// Collects remarks; of a line that many workers inherit each is made once.
#[derive(Default)]
pub(crate) struct Inspection {
    seen: HashSet<(Place, &'static str)>,
}

impl Inspection {
    /// Looks at all properties of a worker that plays these roles.
    pub(crate) fn worker(&mut self, from: &Attributes<'_>, roles: &[Role], out: &mut Vec<Diagnostic>) {
        for (entry, name) in from.all() {
            let Some(key) = worker_keys::find(name) else {
                out.push(Diagnostic::warning(entry.place.clone(), unknown_inherited(entry)));
                continue;
            };
            if entry.place.clone().is_none_or(|place| self.seen.insert((place, key.name))) {
                out.extend(remark(entry, key, roles));
            }
        }
    }
}

fn remark(entry: &Entry, key: &Key, roles: &[Role]) -> Option<Diagnostic> {
    if key.kind == Kind::Ignored {
        return None;
    }
    let (severity, what) = if key.concerns(roles) {
        complaint(key, &entry.value)?
    } else if entry.inherited {
        return None;
    } else {
        misfit(key, roles)
    };
    let message = format!("\"{}\" {what}", text::show(&entry.key));
    Some(Diagnostic { severity, place: entry.place.clone(), message })
}

/// Names that come in through `reference` from a prefix other than `worker.` were not checked when read.
fn unknown_inherited(entry: &Entry) -> String {
    let reason = worker_keys::check(&entry.key).err().unwrap_or_default();
    format!("inherited {reason}")
}

/// A property that says nothing about this type of worker.
fn misfit(key: &Key, roles: &[Role]) -> (Severity, String) {
    let severity = if key.applies_to == [Role::Member].as_slice() && roles.contains(&Role::Ajp) {
        Severity::Note
    } else {
        Severity::Warning
    };
    let advice = if key.applies_to.contains(&Role::Global) {
        format!("write \"worker.{}\"", key.name)
    } else if roles.contains(&Role::Lb) && key.concerns(&[Role::Ajp, Role::Member]) {
        "set it on its members".to_owned()
    } else {
        let owners: Vec<_> = key.applies_to.iter().map(|role| of_role(*role)).collect();
        format!("it is a property of {}", owners.join(" or "))
    };
    let kind = roles.first().map_or("worker", |role| a_role(*role));
    (severity, format!("has no effect on {kind}; {advice}"))
}

const fn a_role(role: Role) -> &'static str {
    match role {
        Role::Global => "the module",
        Role::Ajp => "a worker of type ajp13",
        Role::Member => "a member of a balancer",
        Role::Lb => "a worker of type lb",
        Role::Status => "a worker of type status",
    }
}

const fn of_role(role: Role) -> &'static str {
    match role {
        Role::Global => "the module",
        Role::Ajp => "workers of type ajp13",
        Role::Member => "members of a balancer",
        Role::Lb => "workers of type lb",
        Role::Status => "workers of type status",
    }
}

/// What is wrong with a value, to follow the property's name.
pub(crate) fn complaint(key: &Key, value: &[u8]) -> Option<(Severity, String)> {
    if let Some(special) = special(key.name, value) {
        return Some((Severity::Warning, special));
    }
    if matches!(key.kind, Kind::Text | Kind::Name) && is_quoted(value) {
        return Some(warning(
            "stands in quotes, which are part of the value here; leave them out".to_owned(),
        ));
    }
    match key.kind {
        Kind::Number { low, high } => number(key, value, low, high).map(warning),
        Kind::Flag => values::flag(value).is_none().then(|| warning(not_read(key, value))),
        Kind::Name => (value.len() > LONGEST_NAME).then(|| (Severity::Error, too_long(value.len()))),
        Kind::Letter(letters) => {
            let known =
                value.first().is_some_and(|first| letters.as_bytes().contains(&first.to_ascii_lowercase()));
            (!known).then(|| warning(not_read(key, value)))
        }
        Kind::Letters(letters) => {
            let known = |letter: &u8| letters.as_bytes().contains(&letter.to_ascii_uppercase());
            (!value.iter().all(known))
                .then(|| warning(format!("is \"{}\"; only {} mean something", short(value), key.range)))
        }
        Kind::Numbers => text::list(value)
            .find(|word| !is_status(word))
            .map(|word| warning(format!("contains \"{}\"; it takes {}", short(word), key.range))),
        Kind::Text | Kind::Word(_) | Kind::List | Kind::Ignored => None,
    }
}

fn warning(message: String) -> (Severity, String) {
    (Severity::Warning, message)
}

fn is_quoted(value: &[u8]) -> bool {
    [b'"', b'\'']
        .iter()
        .any(|quote| value.len() > 1 && value.starts_with(&[*quote]) && value.ends_with(&[*quote]))
}

fn not_read(key: &Key, value: &[u8]) -> String {
    format!("is \"{}\" and counts as not set; it takes {}", short(value), key.range)
}

/// `what` holds `length` bytes too many.
pub(crate) fn too_long(length: usize) -> String {
    format!("has {length} bytes; at most {LONGEST_NAME} are possible")
}

fn number(key: &Key, value: &[u8], low: i32, high: i32) -> Option<String> {
    let Some((number, rest)) = values::int_and_rest(value) else { return Some(not_read(key, value)) };
    if !text::trim(rest).is_empty() {
        return Some(format!("is \"{}\" and read as {number}; it takes {}", short(value), key.range));
    }
    let inside = (low..=high).contains(&number);
    (!inside).then(|| format!("is {number}; it takes {}", key.range))
}

fn is_status(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    digits.len() == 3 && digits.iter().all(u8::is_ascii_digit) && digits.first() != Some(&b'0')
}

/// What only some properties can have wrong.
fn special(name: &str, value: &[u8]) -> Option<String> {
    match name {
        "host" => host(value),
        "port" => port(values::int(value)?),
        "connection_pool_size" | "cachesize" => (values::int(value)? == 0)
            .then(|| "is 0, so that every request is refused; leave it out".to_owned()),
        "connection_acquire_timeout" => (values::int(value)? <= 0)
            .then(|| "means no waiting for a free connection; mod_jk would refuse every request".to_owned()),
        "retry_interval" => (values::int(value)? <= 0).then(|| {
            "means no pause; mod_jk would refuse every request unless connection_acquire_timeout is set"
                .to_owned()
        }),
        "session_path" => (!value.starts_with(b";")).then(|| {
            "does not begin with \";\", as in \";jsessionid\", and so may match inside of paths".to_owned()
        }),
        "good" | "bad" => text::list(value).find(|word| !is_rating(word)).map(|word| {
            format!("contains \"{}\", which no member ever is; write states such as a.o or e", short(word))
        }),
        _ => None,
    }
}

fn host(value: &[u8]) -> Option<String> {
    if value.starts_with(b"[") {
        return Some("must be written without brackets".to_owned());
    }
    if value.contains(&b'/') {
        return Some("is a URL or a path; write only a name or an address".to_owned());
    }
    if is_bad_ipv4(value) {
        return Some("looks like an address and is none".to_owned());
    }
    let (_, port) = text::split_once(value, b':')?;
    let is_port = !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    is_port.then(|| "contains a port; write host and port as two properties".to_owned())
}

/// Digits and dots that are no address. With fewer than four numbers the last may be large, as in `127.1`.
fn is_bad_ipv4(value: &[u8]) -> bool {
    let is_numeric = value.contains(&b'.') && value.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let is_byte = |part: &[u8]| str::from_utf8(part).is_ok_and(|text| text.parse::<u8>().is_ok());
    let parts: Vec<_> = value.split(|b| *b == b'.').collect();
    let is_address = match parts.len() {
        4 => parts.into_iter().all(is_byte),
        count => count < 4 && !parts.contains(&&b""[..]),
    };
    is_numeric && !is_address
}

fn port(number: i32) -> Option<String> {
    match number {
        1..=65535 => None,
        ..=0 => Some(format!("is {number}, so that the worker is never contacted")),
        65536.. => Some(format!("is {number}, of which {} is used; ports go to 65535", number % 65536)),
    }
}

/// As much of a value as fits a message.
fn short(value: &[u8]) -> String {
    match value.get(..SHOWN) {
        Some(start) if value.len() > SHOWN => format!("{}...", text::show(start)),
        Some(_) | None => text::show(value).to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn said(name: &str, value: &str) -> Option<String> {
        complaint(worker_keys::find(name.as_bytes()).unwrap(), value.as_bytes()).map(|(_, said)| said)
    }

    #[test]
    fn sensible_values_draw_no_remark() {
        for (name, value) in [
            ("port", "8009"),
            ("host", "fe80::1"),
            ("host", "tomcat.example.org"),
            ("host", "10.0.0.1"),
            ("host", "127.1"),
            ("socket_timeout", "0"),
            ("max_packet_size", "64k"),
            ("connect_timeout", "-1"),
            ("sticky_session", "off"),
            ("ping_mode", "cp"),
            ("fail_on_status", "500, -404"),
            ("activation", "Stopped"),
            ("method", "B"),
            ("good", "a.o,d,e.,.s"),
            ("session_path", ";sid"),
            ("distance", "-3"),
        ] {
            assert_eq!(said(name, value), None, "{name}={value}");
        }
    }

    #[test]
    fn odd_values_are_told_with_what_would_be_right() {
        for (name, value, part) in [
            ("port", "0", "never contacted"),
            ("port", "87046", "of which 21510 is used"),
            ("port", "ajp", "counts as not set; it takes 1 to 65535"),
            ("host", "[::1]", "without brackets"),
            ("host", "a:8009", "two properties"),
            ("host", "ajp://a:8009", "only a name or an address"),
            ("host", "\"a\"", "stands in quotes"),
            ("secret", "'a'", "stands in quotes"),
            ("host", "300.1.1.1", "looks like an address"),
            ("socket_timeout", "10ms", "read as 10485760"),
            ("retries", "0", "a number from 1"),
            ("reply_timeout", "-1", "a number from 0"),
            ("recovery_options", "32", "0 to 31"),
            ("max_packet_size", "100", "8192 to 65536"),
            ("connection_pool_size", "0", "every request is refused"),
            ("connection_acquire_timeout", "0", "no waiting"),
            ("retry_interval", "0", "no pause"),
            ("sticky_session", "enabled", "true or false"),
            ("ping_mode", "CX", "C, P, I, A"),
            ("fail_on_status", "500,x", "contains \"x\""),
            ("activation", "enabled", "active, disabled or stopped"),
            ("method", "W", "request, traffic"),
            ("lock", "x", "optimistic or pessimistic"),
            ("session_path", "jsessionid", "\";jsessionid\""),
            ("good", "a.x", "which no member ever is"),
        ] {
            assert!(
                said(name, value).unwrap_or_default().contains(part),
                "{name}={value}: {:?}",
                said(name, value)
            );
        }
    }

    #[test]
    fn a_long_value_is_not_shown_in_full() {
        let message = said("sticky_session", &"x".repeat(100)).unwrap();
        assert!(message.contains("xxx...") && message.len() < 160, "{message}");
    }

    #[test]
    fn a_name_of_64_bytes_is_an_error() {
        let host = worker_keys::find(b"host").unwrap();
        assert_eq!(complaint(host, &[b'a'; 63]), None);
        assert_eq!(complaint(host, &[b'a'; 64]).unwrap().0, Severity::Error);
    }
}
