//! mod_jk's XML: each attribute on a line of its own.

use super::answer::Answer;
use super::fields::{Field, Order};
use super::report::LbReport;
use super::walk::{Form, walk};
use crate::config::worker_spec::StatusSpec;

/// Appends the whole answer.
pub fn render(answer: &Answer<'_>, out: &mut Vec<u8>) {
    walk(answer, &mut Xml { spec: answer.spec, out });
}

struct Xml<'o> {
    spec: &'o StatusSpec,
    out: &'o mut Vec<u8>,
}

/// How an element ends.
#[derive(Clone, Copy)]
enum End {
    /// It has no children.
    Empty,
    /// Children follow.
    Open,
}

impl Xml<'_> {
    fn indent(&mut self, depth: usize) {
        self.out.extend(core::iter::repeat_n(b' ', depth));
    }

    fn start(&mut self, depth: usize, name: &str) {
        self.indent(depth);
        self.out.push(b'<');
        self.out.extend(&*self.spec.ns);
        self.out.extend(name.as_bytes());
        self.out.push(b'\n');
    }

    fn attribute(&mut self, depth: usize, name: &[u8], value: &[u8]) {
        self.indent(depth + 2);
        self.out.extend(name);
        self.out.extend(b"=\"");
        escape(value, self.out);
        self.out.extend(b"\"\n");
    }

    fn finish(&mut self, depth: usize, end: End) {
        self.indent(depth);
        self.out.extend(match end {
            End::Empty => &b"/>\n"[..],
            End::Open => b">\n",
        });
    }

    fn close(&mut self, depth: usize, name: &str) {
        self.indent(depth);
        self.out.extend(b"</");
        self.out.extend(&*self.spec.ns);
        self.out.extend(name.as_bytes());
        self.out.extend(b">\n");
    }

    fn element<'f>(
        &mut self,
        depth: usize,
        name: &str,
        fields: impl IntoIterator<Item = &'f Field<'f>>,
        end: End,
    ) {
        self.start(depth, name);
        for field in fields {
            self.attribute(depth, field.name.as_bytes(), field.value.bytes());
        }
        self.finish(depth, end);
    }

    fn counted(&mut self, name: &str, count: usize) {
        self.start(0, name);
        self.attribute(0, b"count", count.to_string().as_bytes());
        self.finish(0, End::Open);
    }
}

/// Text inside quotation marks. What no XML may contain becomes a replacement character.
pub(super) fn escape(text: &[u8], out: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '&' => out.extend(b"&amp;"),
            '<' => out.extend(b"&lt;"),
            '>' => out.extend(b"&gt;"),
            '"' => out.extend(b"&quot;"),
            '\t' | '\n' | '\r' => out.extend(format!("&#{};", u32::from(character)).as_bytes()),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.extend("\u{fffd}".as_bytes()),
            other => out.extend(other.encode_utf8(&mut buffer).as_bytes()),
        }
    }
}

/// The name of a property as the name of an attribute: what must not stand there becomes `_xNN_`, and so does a `_` that
/// could be taken for the begin of one.
fn attribute_name(key: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(key.len());
    for (at, byte) in key.iter().enumerate() {
        let fits = match byte {
            b'_' => key.get(at + 1) != Some(&b'x'),
            b'-' | b'.' | b'0'..=b'9' => at > 0,
            other => other.is_ascii_alphabetic(),
        };
        if fits {
            name.push(*byte);
        } else {
            name.extend(format!("_x{byte:02X}_").as_bytes());
        }
    }
    name
}

impl Form for Xml<'_> {
    const ORDER: Order = Order::Xml;

    fn begin(&mut self) {
        self.out.extend(b"<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n");
        if let Some(doctype) = &self.spec.doctype {
            self.out.extend(&**doctype);
            self.out.push(b'\n');
        }
        self.out.push(b'<');
        self.out.extend(&*self.spec.ns);
        self.out.extend(b"status\n");
        if !self.spec.xmlns.is_empty() {
            self.out.extend(b"  ");
            self.out.extend(&*self.spec.xmlns);
        }
        self.out.extend(b">\n");
    }

    fn server(&mut self, fields: &[Field<'_>]) {
        self.element(0, "server", fields, End::Empty);
    }

    fn time(&mut self, fields: &[Field<'_>]) {
        self.element(0, "time", fields, End::Empty);
    }

    fn software(&mut self, fields: &[Field<'_>]) {
        self.element(0, "software", fields, End::Empty);
    }

    fn balancers(&mut self, count: usize) {
        self.counted("balancers", count);
    }

    fn balancer(&mut self, _lb: &LbReport, fields: &[Field<'_>]) {
        self.element(2, "balancer", fields, End::Open);
    }

    fn member(&mut self, _lb: &LbReport, fields: &[Field<'_>], ending: &[Field<'_>]) {
        self.element(6, "member", fields.iter().chain(ending), End::Empty);
    }

    fn balancer_end(&mut self) {
        self.close(2, "balancer");
    }

    fn balancers_end(&mut self) {
        self.close(0, "balancers");
    }

    fn ajp_workers(&mut self, count: usize) {
        self.counted("ajp_workers", count);
    }

    fn ajp_worker(&mut self, fields: &[Field<'_>], ending: &[Field<'_>]) {
        self.element(2, "ajp", fields.iter().chain(ending), End::Empty);
    }

    fn ajp_workers_end(&mut self) {
        self.close(0, "ajp_workers");
    }

    fn map(&mut self, _worker: &[u8], _number: usize, fields: &[Field<'_>]) {
        self.element(6, "map", fields, End::Empty);
    }

    fn configuration(&mut self, properties: &[(&[u8], &[u8])]) {
        self.start(2, "configuration");
        for (key, value) in properties {
            self.attribute(2, &attribute_name(key), value);
        }
        self.finish(2, End::Empty);
    }

    fn result(&mut self, kind: &'static str, message: &str) {
        self.start(2, "result");
        self.attribute(2, b"type", kind.as_bytes());
        self.attribute(2, b"message", message.as_bytes());
        self.finish(2, End::Empty);
    }

    fn end(&mut self) {
        self.close(0, "status");
    }
}
