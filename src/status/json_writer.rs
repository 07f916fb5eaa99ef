//! Writing JSON: commas, quotation marks, escapes.

use core::fmt::Display;

/// Appends JSON to bytes. Values follow one another as they are written; a key comes before each value of an object.
pub(super) struct Json<'o> {
    out: &'o mut Vec<u8>,
    /// Something stands before the next value or key in the same object or array.
    follows: bool,
}

impl<'o> Json<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, follows: false }
    }

    pub(super) fn key(&mut self, name: &str) -> &mut Self {
        self.text(name.as_bytes());
        self.out.push(b':');
        self.follows = false;
        self
    }

    pub(super) fn object(&mut self, content: impl FnOnce(&mut Self)) {
        self.inside(b'{', b'}', content);
    }

    pub(super) fn array(&mut self, content: impl FnOnce(&mut Self)) {
        self.inside(b'[', b']', content);
    }

    fn inside(&mut self, open: u8, close: u8, content: impl FnOnce(&mut Self)) {
        self.comma();
        self.out.push(open);
        self.follows = false;
        content(self);
        self.out.push(close);
        self.follows = true;
    }

    /// What is no UTF-8 becomes a replacement character.
    pub(super) fn text(&mut self, text: &[u8]) {
        self.comma();
        self.out.push(b'"');
        for character in String::from_utf8_lossy(text).chars() {
            self.character(character);
        }
        self.out.push(b'"');
        self.follows = true;
    }

    fn character(&mut self, character: char) {
        match character {
            '"' | '\\' => self.out.extend([b'\\', if character == '"' { b'"' } else { b'\\' }]),
            // A '<' too, so that the answer is harmless inside a page.
            '\0'..='\x1f' | '<' | '\x7f' => {
                self.out.extend(format!("\\u{:04x}", u32::from(character)).as_bytes());
            }
            other => self.out.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }

    pub(super) fn number(&mut self, number: impl Display) {
        self.raw(&number.to_string());
    }

    pub(super) fn truth(&mut self, yes: bool) {
        self.raw(if yes { "true" } else { "false" });
    }

    pub(super) fn null(&mut self) {
        self.raw("null");
    }

    fn raw(&mut self, text: &str) {
        self.comma();
        self.out.extend(text.as_bytes());
        self.follows = true;
    }

    fn comma(&mut self) {
        if self.follows {
            self.out.push(b',');
        }
    }

    /// The value, or `null` without one.
    pub(super) fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let mut out = Vec::new();
        let mut json = Json::new(&mut out);
        json.object(|json| {
            json.key("a").array(|json| {
                json.number(1);
                json.object(|_| {});
                json.array(|_| {});
                json.truth(false);
            });
            json.key("b\"").text(b"\\ \" \n \x7f <\xff \xc3\xa9");
            json.key("c").maybe(None::<u8>, |json, n| json.number(n));
            json.key("d").maybe(Some(2), |json, n| json.number(n));
        });
        let text = String::from_utf8_lossy(&out);
        assert_eq!(
            text,
            "{\"a\":[1,{},[],false],\"b\\\"\":\"\\\\ \\\" \\u000a \\u007f \\u003c\u{fffd} \u{e9}\",\"c\":null,\"d\":2}"
        );
    }
}
