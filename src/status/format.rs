//! The forms of an answer: one row each.

use super::answer::Answer;
use super::command::Mime;
use super::{properties, text_lines, xml};

/// One form of an answer.
#[derive(Debug)]
pub struct Format {
    /// What is asked for with `mime`.
    pub mime: Mime,
    /// `Content-Type` of the answer.
    pub content_type: &'static str,
    /// What it is, for the reference.
    pub help: &'static str,
    /// Appends the whole body.
    pub render: fn(&Answer<'_>, &mut Vec<u8>),
}

/// All forms, in the order of [`Mime::ALL`].
pub const FORMATS: &[Format] = &[XML, TEXT, PROPERTIES];

const XML: Format =
    Format { mime: Mime::Xml, content_type: "text/xml", help: "mod_jk's XML", render: xml::render };

const TEXT: Format = Format {
    mime: Mime::Text,
    content_type: "text/plain",
    help: "mod_jk's lines of text",
    render: text_lines::render,
};

const PROPERTIES: Format = Format {
    mime: Mime::Properties,
    content_type: "text/plain",
    help: "mod_jk's properties",
    render: properties::render,
};

/// Appends the body of an answer in the form that was asked for, and tells its `Content-Type`.
pub fn render(answer: &Answer<'_>, out: &mut Vec<u8>) -> &'static str {
    let format = FORMATS.iter().find(|format| format.mime == answer.asked.mime).unwrap_or(&TEXT);
    (format.render)(answer, out);
    format.content_type
}
