//! Writing HTML that cannot be broken by what it shows.
//!
//! Markup is `&'static str`, so that it comes from this source; everything else goes through [`Page::text`] or an
//! attribute, which escape. There is no way to write a value as it is.

use core::fmt;

use super::link::Link;

/// A page being written.
#[derive(Debug, Default)]
pub(super) struct Page {
    out: Vec<u8>,
}

/// An element whose attributes are being written. Ends with [`with`](Tag::with), [`text`](Tag::text) or
/// [`void`](Tag::void).
#[must_use = "the element is not complete"]
pub(super) struct Tag<'p> {
    page: &'p mut Page,
    name: &'static str,
}

/// What can be shown: as text, or as the value of an attribute.
pub(super) trait Show {
    /// Writes it, escaped.
    fn show(&self, out: &mut Escape<'_>);
}

/// Escapes what is written to it.
pub(super) struct Escape<'p>(&'p mut Vec<u8>);

impl Page {
    /// Markup of our own.
    pub(super) fn raw(&mut self, markup: &'static str) {
        self.out.extend_from_slice(markup.as_bytes());
    }

    /// Text.
    pub(super) fn text(&mut self, value: impl Show) {
        value.show(&mut Escape(&mut self.out));
    }

    /// Begins an element.
    pub(super) fn tag(&mut self, name: &'static str) -> Tag<'_> {
        self.raw("<");
        self.raw(name);
        Tag { page: self, name }
    }

    /// The bytes of the page.
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }
}

impl Tag<'_> {
    /// An attribute with a value.
    pub(super) fn attr(self, name: &'static str, value: impl Show) -> Self {
        self.page.raw(" ");
        self.page.raw(name);
        self.page.raw("=\"");
        self.page.text(value);
        self.page.raw("\"");
        self
    }

    /// The attribute `class`.
    pub(super) fn class(self, names: &'static str) -> Self {
        if names.is_empty() { self } else { self.attr("class", names) }
    }

    /// An attribute that is there or not.
    pub(super) fn flag(self, name: &'static str, set: bool) -> Self {
        if set {
            self.page.raw(" ");
            self.page.raw(name);
        }
        self
    }

    /// Content, and the end of the element.
    pub(super) fn with(self, content: impl FnOnce(&mut Page)) {
        self.page.raw(">");
        content(self.page);
        self.page.raw("</");
        self.page.raw(self.name);
        self.page.raw(">");
    }

    /// Text as the only content.
    pub(super) fn text(self, value: impl Show) {
        self.with(|page| page.text(value));
    }

    /// An element without content and end tag.
    pub(super) fn void(self) {
        self.page.raw(">");
    }
}

impl Escape<'_> {
    /// Bytes of any kind; what is no UTF-8, and control characters HTML does not know, become the replacement mark.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            chunk.valid().bytes().for_each(|byte| self.byte(byte));
            if !chunk.invalid().is_empty() {
                self.0.extend_from_slice(REPLACED.as_bytes());
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        match byte {
            b'&' => self.0.extend_from_slice(b"&amp;"),
            b'<' => self.0.extend_from_slice(b"&lt;"),
            b'>' => self.0.extend_from_slice(b"&gt;"),
            b'"' => self.0.extend_from_slice(b"&quot;"),
            b'\'' => self.0.extend_from_slice(b"&#39;"),
            b'\t' | b'\n' => self.0.push(byte),
            0..=0x1f | 0x7f => self.0.extend_from_slice(REPLACED.as_bytes()),
            _ => self.0.push(byte),
        }
    }
}

const REPLACED: &str = "\u{fffd}";

impl fmt::Write for Escape<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.byte(byte));
        Ok(())
    }
}

impl Show for &[u8] {
    fn show(&self, out: &mut Escape<'_>) {
        out.bytes(self);
    }
}

impl Show for &Box<[u8]> {
    fn show(&self, out: &mut Escape<'_>) {
        out.bytes(self);
    }
}

impl Show for &str {
    fn show(&self, out: &mut Escape<'_>) {
        out.bytes(self.as_bytes());
    }
}

impl Show for &Link<'_> {
    fn show(&self, out: &mut Escape<'_>) {
        out.bytes(self.bytes());
    }
}

/// One after the other.
macro_rules! shown_in_a_row {
    ($($kind:ident)+) => {
        impl<$($kind: Show),+> Show for ($($kind,)+) {
            fn show(&self, out: &mut Escape<'_>) {
                #[allow(non_snake_case)]
                let ($($kind,)+) = self;
                $($kind.show(out);)+
            }
        }
    };
}

shown_in_a_row!(A B);
shown_in_a_row!(A B C);
shown_in_a_row!(A B C D);

impl Show for fmt::Arguments<'_> {
    fn show(&self, out: &mut Escape<'_>) {
        let _never_fails = fmt::Write::write_fmt(out, *self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::default();
        write(&mut page);
        String::from_utf8(page.finish()).unwrap_or_default()
    }

    #[test]
    fn text_stays_text() {
        for (text, shown) in [
            (&b"node1"[..], "node1"),
            (b"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
            (b"a&b", "a&amp;b"),
            (b"&amp;", "&amp;amp;"),
            ("Köln".as_bytes(), "Köln"),
            (b"K\xf6ln", "K\u{fffd}ln"),
            (b"a\0b\x1b[31m\x7f", "a\u{fffd}b\u{fffd}[31m\u{fffd}"),
        ] {
            assert_eq!(
                written(|page| {
                    page.text(text);
                }),
                shown
            );
        }
    }

    #[test]
    fn no_value_leaves_its_attribute() {
        let shown = written(|page| page.tag("b").attr("title", "\" onclick=\"evil()").text("x"));
        assert_eq!(shown, "<b title=\"&quot; onclick=&quot;evil()\">x</b>");
    }

    #[test]
    fn elements_nest_and_end() {
        let shown = written(|page| {
            page.tag("p").class("a").flag("hidden", true).flag("inert", false).with(|page| {
                page.tag("br").void();
                page.text(format_args!("{}<", 1));
            });
        });
        assert_eq!(shown, "<p class=\"a\" hidden><br>1&lt;</p>");
    }
}
