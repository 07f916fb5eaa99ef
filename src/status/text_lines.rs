//! mod_jk's lines of text: one item a line, `Label: key=value key=value`.

use super::answer::Answer;
use super::fields::{Field, Order};
use super::report::LbReport;
use super::walk::{Form, walk};

/// Appends the whole answer.
pub fn render(answer: &Answer<'_>, out: &mut Vec<u8>) {
    walk(answer, &mut Lines { out });
}

struct Lines<'o> {
    out: &'o mut Vec<u8>,
}

impl Lines<'_> {
    fn line<'f>(&mut self, label: &str, fields: impl IntoIterator<Item = &'f Field<'f>>) {
        self.out.extend(label.as_bytes());
        for field in fields {
            self.out.push(b' ');
            self.out.extend(field.name.as_bytes());
            self.out.push(b'=');
            self.value(field.value.bytes(), field.quoted);
        }
        self.out.push(b'\n');
    }

    fn value(&mut self, value: &[u8], quoted: bool) {
        if quoted {
            self.out.push(b'"');
            value.iter().for_each(|byte| self.byte(*byte, b'"'));
            self.out.push(b'"');
        } else {
            value.iter().for_each(|byte| self.byte(*byte, b' '));
        }
    }

    /// What would end the value or the line is written as `\xNN`. All else stays, a backslash too.
    fn byte(&mut self, byte: u8, end: u8) {
        if byte == end || byte.is_ascii_control() {
            self.out.extend(format!("\\x{byte:02x}").as_bytes());
        } else {
            self.out.push(byte);
        }
    }

    fn count(&mut self, label: &str, count: usize) {
        self.out.extend(format!("{label} count={count}\n").as_bytes());
    }
}

impl Form for Lines<'_> {
    const ORDER: Order = Order::Lines;

    fn begin(&mut self) {}

    fn server(&mut self, fields: &[Field<'_>]) {
        self.line("Server:", fields);
    }

    fn time(&mut self, fields: &[Field<'_>]) {
        self.line("Time:", fields);
    }

    fn software(&mut self, fields: &[Field<'_>]) {
        self.line("Software:", fields);
    }

    fn balancers(&mut self, count: usize) {
        self.count("Balancer Workers:", count);
    }

    fn balancer(&mut self, _lb: &LbReport, fields: &[Field<'_>]) {
        self.line("Balancer Worker:", fields);
    }

    fn member(&mut self, _lb: &LbReport, fields: &[Field<'_>], ending: &[Field<'_>]) {
        self.line("Member:", fields.iter().chain(ending));
    }

    fn balancer_end(&mut self) {}

    fn balancers_end(&mut self) {}

    fn ajp_workers(&mut self, count: usize) {
        self.count("AJP Workers:", count);
    }

    fn ajp_worker(&mut self, fields: &[Field<'_>], ending: &[Field<'_>]) {
        self.line("AJP Worker:", fields.iter().chain(ending));
    }

    fn ajp_workers_end(&mut self) {}

    fn map(&mut self, _worker: &[u8], _number: usize, fields: &[Field<'_>]) {
        self.line("Map:", fields);
    }

    fn configuration(&mut self, properties: &[(&[u8], &[u8])]) {
        self.out.extend(b"Configuration:\n");
        for (key, value) in properties {
            key.iter().for_each(|byte| self.byte(*byte, b'='));
            self.out.push(b'=');
            value.iter().for_each(|byte| self.byte(*byte, b'\n'));
            self.out.push(b'\n');
        }
    }

    fn result(&mut self, kind: &'static str, message: &str) {
        self.out.extend(format!("Result: type={kind} message=").as_bytes());
        self.value(message.as_bytes(), true);
        self.out.push(b'\n');
    }

    fn end(&mut self) {}
}
