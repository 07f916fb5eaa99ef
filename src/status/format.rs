//! The forms of an answer: one row each.

use super::answer::{Answer, Content};
use super::command::Mime;
use super::{html, json, metrics, properties, text_lines, xml};

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
pub const FORMATS: &[Format] = &[HTML, XML, TEXT, PROPERTIES, JSON, METRICS];

const HTML: Format =
    Format { mime: Mime::Html, content_type: "text/html", help: "a page for people", render: html::render };

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

const JSON: Format = Format {
    mime: Mime::Json,
    content_type: "application/json",
    help: "one JSON object, described by [status.schema.json](status.schema.json)",
    render: json::render,
};

const METRICS: Format = Format {
    mime: Mime::Metrics,
    content_type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
    help: "OpenMetrics text, for Prometheus",
    render: metrics::render,
};

/// Appends the body of an answer in the form that was asked for, and tells its `Content-Type`.
pub fn render(answer: &Answer<'_>, out: &mut Vec<u8>) -> &'static str {
    let format = chosen(answer);
    (format.render)(answer, out);
    format.content_type
}

/// The form of an answer. There is no way to say in metrics that something went well or wrong.
fn chosen(answer: &Answer<'_>) -> &'static Format {
    let asked = FORMATS.iter().find(|format| format.mime == answer.asked.mime).unwrap_or(&TEXT);
    match (asked.mime, answer.result) {
        (Mime::Metrics, Err(_) | Ok(Content::Done)) => &TEXT,
        (_, Ok(_) | Err(_)) => asked,
    }
}
