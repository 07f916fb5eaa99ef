//! Whether a path as the client wrote it may be forwarded (`JkOptions +ForwardURICompatUnparsed`), though rules and
//! access control looked at what httpd made of it.
//!
//! httpd decodes, removes dots, and then this module takes the parameters away. A servlet container takes the
//! parameters away first and decodes what is left. Where the two come to different paths, one was guarded and the
//! other would be served.

use std::borrow::Cow;

use super::normal::{clean, is_dots};

/// Whether `unparsed`, the path of the request line, names for a servlet container what `guarded`, httpd's path,
/// named here.
///
/// A path without dots, empty segments and encoded slashes reads the same everywhere; if `guarded` is another one all
/// the same, the configuration says so (a rewrite, the index file of a directory), and mod_jk forwards what the client
/// wrote.
pub fn means(unparsed: &[u8], guarded: &[u8]) -> bool {
    let Some(decoded) = decoded(unparsed) else { return false };
    let Ok(there) = clean(&decoded) else { return false };
    let is_plain = matches!(there, Cow::Borrowed(_)) && !has_escape(unparsed, b'/');
    is_plain || clean(guarded).is_ok_and(|here| here == there)
}

/// The path without parameters, decoded; `None` if it can be read in more than one way.
fn decoded(unparsed: &[u8]) -> Option<Vec<u8>> {
    if !unparsed.starts_with(b"/")
        || unparsed.contains(&b'\\')
        || has_escape(unparsed, b'\\')
        || has_escape(unparsed, b';')
    {
        return None;
    }
    let segments: Option<Vec<Vec<u8>>> = unparsed.split(|b| *b == b'/').map(segment).collect();
    Some(segments?.join(&b'/'))
}

/// One segment, decoded. Dots and slashes may not both be at work in an encoded form, nor slashes in a parameter.
fn segment(text: &[u8]) -> Option<Vec<u8>> {
    let end = memchr::memchr(b';', text).unwrap_or(text.len());
    let (name, parameters) = text.split_at_checked(end)?;
    let decoded = decode(name);
    let hides_dots = decoded != name && decoded.split(|b| *b == b'/').any(|s| s.is_empty() || is_dots(s));
    (!hides_dots && !has_escape(parameters, b'/')).then_some(decoded)
}

fn has_escape(text: &[u8], byte: u8) -> bool {
    text.windows(3).any(|window| escaped(window) == Some(byte))
}

/// The byte that `%XX` stands for.
fn escaped(text: &[u8]) -> Option<u8> {
    let [b'%', high, low] = text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*high)? << 4 | digit(*low)?)
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        match rest.get(..3).and_then(escaped) {
            Some(byte) => {
                out.push(byte);
                rest = rest.get(3..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::show;

    fn all(rows: &[(&str, &str, bool)]) {
        for (unparsed, guarded, same) in rows {
            let (unparsed, guarded) = (unparsed.as_bytes(), guarded.as_bytes());
            assert_eq!(means(unparsed, guarded), *same, "{} {}", show(unparsed), show(guarded));
        }
    }

    #[test]
    fn what_names_the_same_path_there_is_forwarded_as_written() {
        all(&[
            ("/", "/", true),
            ("/app/x", "/app/x", true),
            ("/app/x;jsessionid=1.r", "/app/x;jsessionid=1.r", true),
            ("/app/%78;p=%31", "/app/x;p=1", true),
            ("/app/a%25b%3fc", "/app/a%b?c", true),
            ("/app/a%252Fb", "/app/a%2Fb", true),
            ("/app;p/y/../x", "/app/x", true),
            ("/app//./x", "/app/x", true),
            ("/app/y/..;/x", "/app/y/..;/x", true),
            ("/app/%+f", "/app/%+f", true),
            // AllowEncodedSlashes On.
            ("/app/a%2fb", "/app/a/b", true),
        ]);
    }

    #[test]
    fn a_semicolon_a_slash_a_backslash_and_dots_may_not_hide_in_an_escape() {
        all(&[
            ("/app/..%3b/x", "/app/..;/x", false),
            ("/app/..%3B/x", "/app/..;/x", false),
            ("/app/x%3Bjsessionid=1", "/app/x;jsessionid=1", false),
            ("/app/%2e%2e/x", "/x", false),
            ("/app/%2e/x", "/app/x", false),
            ("/app/.%2E;p/x", "/x", false),
            ("/app/a%5cb", "/app/a\\b", false),
            ("/app/a\\b", "/app/a\\b", false),
            // AllowEncodedSlashes NoDecode: a container may decode it.
            ("/app%2fadmin", "/app%2fadmin", false),
            ("/app/a%2F..%2Fb", "/app/a%2F..%2Fb", false),
            ("/app/a%2F..%2Fb", "/app/b", false),
            ("/app/%2Fb", "/app/b", false),
            ("/app;a%2Fb/x", "/app;a/b/x", false),
            ("/app;a%2Fb/x", "/app;a%2Fb/x", false),
        ]);
    }

    #[test]
    fn dots_that_httpd_and_a_container_count_differently_are_refused() {
        all(&[
            // httpd takes "..;" for a name, which ".." then removes.
            ("/app/x/..;/../admin", "/app/x/admin", false),
            ("/app/..;/..", "/app/", false),
            ("/..;/x", "/x", false),
            ("*", "*", false),
            ("", "/", false),
        ]);
    }

    #[test]
    fn what_the_configuration_made_of_a_plain_path_is_its_own_affair() {
        all(&[
            ("/old/x", "/new/x", true),
            ("/dir/", "/dir/index.jsp", true),
            ("/old;p/x%20y", "/new/x", true),
            ("/old/../x", "/new/x", false),
            ("/old//x", "/new/x", false),
            ("/old%2fx", "/new/x", false),
        ]);
    }
}
