//! mod_jk's properties: one value a line, `prefix.worker.key=value`.
//!
//! Some of it is odd and kept all the same, as scripts read it: a list is a key that is repeated, the times of a member's
//! last reset and error stand under the name of its balancer, and two keys contain a blank.

use super::answer::Answer;
use super::fields::{Field, Order};
use super::report::LbReport;
use super::walk::{Form, walk};

/// Appends the whole answer.
pub fn render(answer: &Answer<'_>, out: &mut Vec<u8>) {
    walk(answer, &mut Lines { prefix: &answer.spec.prefix, out });
}

/// Keys that are not called here as they are elsewhere.
const OTHER_NAMES: &[(&str, &str)] =
    &[("error_time_unix_seconds", "error_time_unix seconds"), ("error_time_ago", "error_time_ago seconds")];

struct Lines<'o> {
    prefix: &'o [u8],
    out: &'o mut Vec<u8>,
}

impl Lines<'_> {
    /// `parts` are joined by dots, behind the prefix.
    fn line(&mut self, parts: &[&[u8]], value: &[u8]) {
        push(self.prefix, self.out);
        for part in parts {
            self.out.push(b'.');
            push(part, self.out);
        }
        self.out.push(b'=');
        push(value, self.out);
        self.out.push(b'\n');
    }

    fn global(&mut self, kind: &str, fields: &[Field<'_>]) {
        for field in fields {
            self.line(&[[kind, field.name].concat().as_bytes()], field.value.bytes());
        }
    }

    fn of(&mut self, owner: &[u8], fields: &[Field<'_>]) {
        for field in fields {
            let other = OTHER_NAMES.iter().find(|(name, _)| *name == field.name);
            self.line(&[owner, other.map_or(field.name, |(_, here)| here).as_bytes()], field.value.bytes());
        }
    }
}

/// Control characters are written as Java's properties have them; all else stays.
fn push(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if byte.is_ascii_control() {
            out.extend(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.push(*byte);
        }
    }
}

/// The name, which always comes first, and the fields behind it.
fn named<'f, 'r>(fields: &'f [Field<'r>]) -> (&'f [u8], &'f [Field<'r>]) {
    fields.split_first().map_or((b"", fields), |(name, rest)| (name.value.bytes(), rest))
}

impl Form for Lines<'_> {
    const ORDER: Order = Order::Lines;

    fn begin(&mut self) {}

    fn server(&mut self, fields: &[Field<'_>]) {
        self.global("server_", fields);
    }

    fn time(&mut self, fields: &[Field<'_>]) {
        self.global("time_", fields);
    }

    fn software(&mut self, fields: &[Field<'_>]) {
        self.global("", fields);
    }

    fn balancers(&mut self, count: usize) {
        self.line(&[b"lb_count"], count.to_string().as_bytes());
    }

    fn balancer(&mut self, _lb: &LbReport, fields: &[Field<'_>]) {
        let (name, fields) = named(fields);
        self.line(&[b"list"], name);
        self.of(name, fields);
    }

    fn member(&mut self, lb: &LbReport, fields: &[Field<'_>], ending: &[Field<'_>]) {
        let (name, fields) = named(fields);
        self.line(&[&lb.name, b"balance_workers"], name);
        self.of(name, fields);
        self.of(&lb.name, ending);
    }

    fn balancer_end(&mut self) {}

    fn balancers_end(&mut self) {}

    fn ajp_workers(&mut self, count: usize) {
        self.line(&[b"ajp_count"], count.to_string().as_bytes());
    }

    fn ajp_worker(&mut self, fields: &[Field<'_>], ending: &[Field<'_>]) {
        let (name, fields) = named(fields);
        self.line(&[name, b"list"], name);
        self.of(name, fields);
        self.of(name, ending);
    }

    fn ajp_workers_end(&mut self) {}

    fn map(&mut self, worker: &[u8], number: usize, fields: &[Field<'_>]) {
        let (_, fields) = named(fields);
        for field in fields {
            let number = number.to_string();
            self.line(&[worker, b"map", number.as_bytes(), field.name.as_bytes()], field.value.bytes());
        }
    }

    fn configuration(&mut self, properties: &[(&[u8], &[u8])]) {
        for (key, value) in properties {
            push(key, self.out);
            self.out.push(b'=');
            push(value, self.out);
            self.out.push(b'\n');
        }
    }

    fn result(&mut self, kind: &'static str, message: &str) {
        self.line(&[b"result", b"type"], kind.as_bytes());
        self.line(&[b"result", b"message"], message.as_bytes());
    }

    fn end(&mut self) {}
}
