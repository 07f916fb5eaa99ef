//! `JkRequestLogFormat`: the line that is written for each request a worker was asked to serve.
//!
//! Pure: a format is [parsed](Format::parse) when the configuration is read, and rendered with what the host tells of
//! a request. The letters are mod_jk's, fewer than those of httpd's `LogFormat`, and without `%%`, `%>s`, `%{..}x`.
#![forbid(unsafe_code)]

use crate::text::Text;
use std::io::Write as _;

/// What a letter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `%b`: bytes of the body, `-` for none.
    BytesOrDash,
    /// `%B`: bytes of the body.
    Bytes,
    /// `%H`: the protocol.
    Protocol,
    /// `%m`: the method.
    Method,
    /// `%p`: the server's port.
    Port,
    /// `%q`: a question mark and the query, or nothing.
    Query,
    /// `%r`: the request line.
    RequestLine,
    /// `%R`: the route of the member that served.
    Route,
    /// `%s`: the status.
    Status,
    /// `%T`: how long it took, in seconds.
    Duration,
    /// `%U`: the path, without path parameters.
    Path,
    /// `%v`: the server's `ServerName`.
    ServerName,
    /// `%V`: its name as `UseCanonicalName` says.
    GivenName,
    /// `%w`: the worker.
    Worker,
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Text),
    Field(Field),
}

/// A format, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format(Vec<Piece>);

/// What is told of a request. Texts are as the client or httpd wrote them; `None` is written as `-`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'r> {
    /// Bytes of the body that were sent; `None`: there was no body, not even an empty one.
    pub bytes: Option<u64>,
    /// The protocol, such as `HTTP/1.1`.
    pub protocol: Option<&'r [u8]>,
    /// The method.
    pub method: Option<&'r [u8]>,
    /// The port.
    pub port: u16,
    /// The query without its question mark.
    pub query: Option<&'r [u8]>,
    /// The request line.
    pub line: Option<&'r [u8]>,
    /// The route.
    pub route: Option<&'r [u8]>,
    /// The status.
    pub status: i32,
    /// The duration as it is to be written.
    pub duration: Option<&'r [u8]>,
    /// The path.
    pub path: Option<&'r [u8]>,
    /// `ServerName`.
    pub server_name: Option<&'r [u8]>,
    /// The name by `UseCanonicalName`.
    pub given_name: Option<&'r [u8]>,
    /// The worker.
    pub worker: Option<&'r [u8]>,
}

impl Field {
    const fn parse(letter: u8) -> Option<Self> {
        Some(match letter {
            b'b' => Self::BytesOrDash,
            b'B' => Self::Bytes,
            b'H' => Self::Protocol,
            b'm' => Self::Method,
            b'p' => Self::Port,
            b'q' => Self::Query,
            b'r' => Self::RequestLine,
            b'R' => Self::Route,
            b's' => Self::Status,
            b'T' => Self::Duration,
            b'U' => Self::Path,
            b'v' => Self::ServerName,
            b'V' => Self::GivenName,
            b'w' => Self::Worker,
            _ => return None,
        })
    }

    fn render(self, facts: &Facts<'_>, out: &mut Vec<u8>) {
        match self {
            Self::BytesOrDash => match facts.bytes {
                Some(bytes) => number(bytes, out),
                None => out.push(b'-'),
            },
            Self::Bytes => number(facts.bytes.unwrap_or(0), out),
            Self::Protocol => text(facts.protocol, out),
            Self::Method => text(facts.method, out),
            Self::Port => number(facts.port, out),
            Self::Query => query(facts.query, out),
            Self::RequestLine => line(facts.line, out),
            Self::Route => text(facts.route, out),
            Self::Status => number(facts.status, out),
            Self::Duration => text(facts.duration, out),
            Self::Path => text(facts.path, out),
            Self::ServerName => text(facts.server_name, out),
            Self::GivenName => text(facts.given_name, out),
            Self::Worker => text(facts.worker, out),
        }
    }
}

impl Format {
    /// Takes a format apart. A backslash before `n`, `t` or a backslash is an escape, else it is itself.
    ///
    /// # Errors
    /// The `%` and letter that stand for nothing; mod_jk then writes no lines at all.
    pub fn parse(format: &[u8]) -> Result<Self, Text> {
        let mut pieces = Vec::new();
        let mut text = Vec::new();
        let mut rest = format;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match (first, after.first()) {
                (b'%', letter) => {
                    let field = letter.copied().and_then(Field::parse);
                    let field = field
                        .ok_or_else(|| Text::from([b"%", after.get(..1).unwrap_or_default()].concat()))?;
                    flush(&mut text, &mut pieces);
                    pieces.push(Piece::Field(field));
                    rest = after.get(1..).unwrap_or_default();
                }
                (b'\\', Some(escaped @ (b'n' | b't' | b'\\'))) => {
                    text.push(match escaped {
                        b'n' => b'\n',
                        b't' => b'\t',
                        other => *other,
                    });
                    rest = after.get(1..).unwrap_or_default();
                }
                (byte, _) => text.push(*byte),
            }
        }
        flush(&mut text, &mut pieces);
        Ok(Self(pieces))
    }

    /// Appends what the format says of a request.
    pub fn render(&self, facts: &Facts<'_>, out: &mut Vec<u8>) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Field(field) => field.render(facts, out),
            }
        }
    }
}

fn flush(text: &mut Vec<u8>, pieces: &mut Vec<Piece>) {
    if !text.is_empty() {
        pieces.push(Piece::Text(std::mem::take(text).into()));
    }
}

fn number(value: impl std::fmt::Display, out: &mut Vec<u8>) {
    let _ = write!(out, "{value}"); // a vector takes everything
}

fn text(value: Option<&[u8]>, out: &mut Vec<u8>) {
    safe(value.filter(|value| !value.is_empty()).unwrap_or(b"-"), out);
}

fn query(value: Option<&[u8]>, out: &mut Vec<u8>) {
    if let Some(query) = value {
        out.push(b'?');
        safe(query, out);
    }
}

/// The request line; a password in an absolute URI is no matter of a log.
fn line(value: Option<&[u8]>, out: &mut Vec<u8>) {
    match value.and_then(without_password) {
        Some((before, after)) => {
            safe(before, out);
            out.extend_from_slice(b"XXXXXXXX");
            safe(after, out);
        }
        None => text(value, out),
    }
}

/// What stands before and behind the password, if there is one.
fn without_password(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = crate::text::find(line, b"://")? + 3;
    let rest = line.get(start..)?;
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b' ')).unwrap_or(rest.len());
    let is_path = line.get(..start)?.contains(&b'?') || line.get(..start - 3)?.contains(&b'/');
    let at = rest.get(..end)?.iter().rposition(|b| *b == b'@').filter(|_| !is_path)?;
    let colon = rest.get(..at)?.iter().position(|b| *b == b':')?;
    Some((line.get(..start + colon + 1)?, line.get(start + at..)?))
}

/// Control characters could end the line or steer a terminal: they are written as `\xNN`.
fn safe(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        if byte.is_ascii_control() {
            let _ = write!(out, "\\x{byte:02x}"); // as above
        } else {
            out.push(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::show;

    const FACTS: Facts<'_> = Facts {
        bytes: Some(5),
        protocol: Some(b"HTTP/1.1"),
        method: Some(b"GET"),
        port: 80,
        query: Some(b"a=b"),
        line: Some(b"GET /x;p?a=b HTTP/1.1"),
        route: Some(b"r1"),
        status: 200,
        duration: Some(b"0.000587"),
        path: Some(b"/x"),
        server_name: Some(b"www.example.com"),
        given_name: Some(b"other"),
        worker: Some(b"lb"),
    };

    fn rendered(format: &[u8], facts: &Facts<'_>) -> String {
        let mut out = Vec::new();
        Format::parse(format).unwrap().render(facts, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_letter_has_its_field() {
        let none = Facts::default();
        for (format, all, nothing) in [
            (&b"%b %B"[..], "5 5", "- 0"),
            (b"%H|%m|%p", "HTTP/1.1|GET|80", "-|-|0"),
            (b"%U%q", "/x?a=b", "-"),
            (b"%r", "GET /x;p?a=b HTTP/1.1", "-"),
            (b"%s%T", "2000.000587", "0-"),
            (b"%v %V %w %R", "www.example.com other lb r1", "- - - -"),
            (b"plain", "plain", "plain"),
        ] {
            assert_eq!(rendered(format, &FACTS), all, "{}", show(format));
            assert_eq!(rendered(format, &none), nothing, "{}", show(format));
        }
    }

    #[test]
    fn three_escapes_are_known_and_other_backslashes_stay() {
        for (format, line) in [
            (&br"a\n%m\tb\\c\d"[..], "a\nGET\tb\\c\\d"),
            (br"a\", "a\\"),
            (br"\%m", "\\GET"),
            (br"\\n", "\\n"),
            (b"", ""),
        ] {
            assert_eq!(rendered(format, &FACTS), line, "{}", show(format));
        }
    }

    #[test]
    fn a_letter_that_stands_for_nothing_is_named() {
        for (format, wrong) in
            [(&b"x%"[..], &b"%"[..]), (b"%%", b"%%"), (b"%m %>s", b"%>"), (b"%{a}x", b"%{"), (b"%Z%m", b"%Z")]
        {
            assert_eq!(Format::parse(format).unwrap_err().to_vec(), wrong, "{}", show(format));
        }
    }

    #[test]
    fn a_password_is_masked() {
        for (line, shown) in [
            (&b"GET http://u:pw@h/x HTTP/1.1"[..], "GET http://u:XXXXXXXX@h/x HTTP/1.1"),
            (b"GET http://u:p@w@h HTTP/1.1", "GET http://u:XXXXXXXX@h HTTP/1.1"),
            (b"GET http://u@h:80/x HTTP/1.1", "GET http://u@h:80/x HTTP/1.1"),
            (b"GET http://h:80/x@y HTTP/1.1", "GET http://h:80/x@y HTTP/1.1"),
            (b"GET /x?u=http://u:pw@h/ HTTP/1.1", "GET /x?u=http://u:pw@h/ HTTP/1.1"),
            (b"GET /a://u:pw@h HTTP/1.1", "GET /a://u:pw@h HTTP/1.1"),
        ] {
            assert_eq!(rendered(b"%r", &Facts { line: Some(line), ..FACTS }), shown);
        }
    }

    #[test]
    fn what_a_client_writes_cannot_end_the_line() {
        let facts = Facts { path: Some(b"/a\r\n\x1b\x7f\\"), query: Some(b"\n"), ..FACTS };
        assert_eq!(rendered(b"%U%q\\n", &facts), "/a\\x0d\\x0a\\x1b\\x7f\\?\\x0a\n");
    }
}
