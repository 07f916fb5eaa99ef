//! Addresses of this page: what a link leads to. Nothing but our own path and a query can come out, so no link can
//! lead to a script.

use crate::status::command::{Command, Kind, Mime, Options};

/// A link under construction.
#[derive(Clone, Debug)]
pub(super) struct Link<'c> {
    out: Vec<u8>,
    command: Option<&'c Command>,
    any: bool,
}

impl<'c> Link<'c> {
    /// The start page: what `path` answers without a query.
    pub(super) fn start(path: &[u8]) -> Self {
        Self { out: escaped_path(path), command: None, any: false }
    }

    /// A command; the options of `command` stay as they are.
    pub(super) fn to(path: &[u8], command: &'c Command, kind: Kind) -> Self {
        let link = Self { command: Some(command), ..Self::start(path) };
        match kind {
            Kind::List => link,
            Kind::Show
            | Kind::Edit
            | Kind::Update
            | Kind::Reset
            | Kind::Version
            | Kind::Recover
            | Kind::Dump => link.and("cmd", kind.name().as_bytes()),
        }
    }

    /// The same view as `command` shows, in another form.
    pub(super) fn same(path: &[u8], command: &'c Command, mime: Mime) -> Self {
        let link =
            Self::to(path, command, command.kind).about(command.worker.as_deref(), command.member.as_deref());
        match mime {
            Mime::Html => link,
            Mime::Xml | Mime::Text | Mime::Properties | Mime::Json | Mime::Metrics => {
                link.and("mime", mime.name().as_bytes())
            }
        }
    }

    /// Names the worker and the member.
    pub(super) fn about(self, worker: Option<&[u8]>, member: Option<&[u8]>) -> Self {
        let link = worker.map_or(self.clone(), |name| self.and("w", name));
        match member {
            Some(name) => link.and("sw", name),
            None => link,
        }
    }

    /// A parameter.
    pub(super) fn and(mut self, key: &'static str, value: &[u8]) -> Self {
        self.out.push(if self.any { b'&' } else { b'?' });
        self.any = true;
        self.out.extend_from_slice(key.as_bytes());
        self.out.push(b'=');
        for byte in value {
            escape(*byte, is_plain_in_query, &mut self.out);
        }
        self
    }

    /// The options of the command that is shown, as the last parameter.
    pub(super) fn end(self) -> Self {
        let options = self.command.map_or(Options(0), |command| command.options);
        self.with_options(options)
    }

    /// Other options, as the last parameter.
    pub(super) fn with_options(self, options: Options) -> Self {
        if options.0 == 0 { self } else { self.and("opt", options.0.to_string().as_bytes()) }
    }

    /// As it stands in an attribute, before escaping for HTML.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.out
    }
}

/// A path as it may stand in a link; one that begins with two slashes would name another host.
fn escaped_path(path: &[u8]) -> Vec<u8> {
    let start = path.iter().position(|byte| *byte != b'/').unwrap_or(path.len());
    let mut out = vec![b'/'];
    for byte in path.get(start..).unwrap_or_default() {
        escape(*byte, is_plain_in_path, &mut out);
    }
    out
}

fn escape(byte: u8, is_plain: fn(u8) -> bool, out: &mut Vec<u8>) {
    if is_plain(byte) {
        out.push(byte);
    } else {
        out.extend_from_slice(format!("%{byte:02X}").as_bytes());
    }
}

fn is_plain_in_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/' | b':')
}

fn is_plain_in_path(byte: u8) -> bool {
    is_plain_in_query(byte) || matches!(byte, b'@' | b'!' | b'$' | b'(' | b')' | b'*' | b'+' | b',' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(link: &Link<'_>) -> String {
        String::from_utf8_lossy(link.bytes()).into_owned()
    }

    #[test]
    fn a_path_cannot_name_another_host_or_end_early() {
        for (path, shown) in [
            (&b"/jk-status"[..], "/jk-status"),
            (b"//evil.example/x", "/evil.example/x"),
            (b"/a b?c#d;e%\"<'&", "/a%20b%3Fc%23d%3Be%25%22%3C%27%26"),
            (b"", "/"),
            ("/ä\\".as_bytes(), "/%C3%A4%5C"),
        ] {
            assert_eq!(text(&Link::start(path)), shown);
        }
    }

    #[test]
    fn values_are_escaped() {
        let link = Link::start(b"/s").and("w", b"a&sw=b c").and("sw", b"<\"'>%+");
        assert_eq!(text(&link), "/s?w=a%26sw%3Db%20c&sw=%3C%22%27%3E%25%2B");
    }
}
