//! Whether a path as the client wrote it may be forwarded, though rules looked at another form of it.

use super::normal::clean;
use std::borrow::Cow;

/// Whether a servlet container makes of `unparsed` the path that was matched and guarded here. A container takes
/// parameters away before it decodes, so a `;` that was `%3B` is a part of the name there; that is why `/a/..%3b/x`
/// is one thing here and another there. Slashes may have been left encoded (`AllowEncodedSlashes NoDecode`).
fn means(unparsed: &[u8], guarded: &[u8]) -> bool {
    let Ok(guarded) = clean(guarded) else { return false };
    let without: Vec<u8> = unparsed
        .split(|b| *b == b'/')
        .map(|segment| segment.split(|b| *b == b';').next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(&b'/');
    let there = decode(&without, |_| true);
    let here = decode(&guarded, |byte| byte == b'/');
    !there.contains(&b';')
        && clean(&there).is_ok_and(|there| there == guarded || there == Cow::Borrowed(&*here))
}

/// Whether a path means to a servlet container what it means here, as far as it was not rewritten: an administrator who
/// rewrites a path and forwards it as written wants just that.
pub fn is_unambiguous(unparsed: &[u8]) -> bool {
    means(unparsed, &decode(unparsed, |_| true))
}

/// Decodes the `%XX` of those bytes that are `wanted`.
fn decode(text: &[u8], wanted: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits
            .and_then(|two| u8::from_str_radix(two, 16).ok())
            .filter(|byte| *first == b'%' && wanted(*byte));
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::show;

    #[test]
    fn encoded_semicolons_before_dots_are_ambiguous() {
        for (path, unambiguous) in [
            (&b"/app/x"[..], true),
            (b"/app/%41%20b;p=%31/c", true),
            (b"/app/a//b/./c/../d", true),
            (b"/app/x/..;/y", true),
            (b"/app/admin/..%3b/pub/x", false),
            (b"/app/admin/%2e%2e%3B/pub/x", false),
            (b"/app/a%3bb", false),
            (b"/../x", false),
        ] {
            assert_eq!(is_unambiguous(path), unambiguous, "{}", path.escape_ascii());
        }
    }

    #[test]
    fn only_what_means_the_same_path_there_is_forwarded_as_written() {
        for (unparsed, guarded, same) in [
            (&b"/app/x"[..], &b"/app/x"[..], true),
            (b"/app/%78;p=1", b"/app/x", true),
            (b"/app;p/y/../x", b"/app/x", true),
            (b"/app//./x", b"/app/x", true),
            (b"/app/a%25b", b"/app/a%b", true),
            (b"/app/a%2Fb", b"/app/a%2Fb", true),
            (b"/app/a%2fb", b"/app/a/b", true),
            (b"/app/a%252Fb", b"/app/a%2Fb", true),
            (b"/app/a%2F..%2Fb", b"/app/a%2F..%2Fb", false),
            (b"/app/..%3b/x", b"/x", false),
            (b"/app/..%3B/x", b"/app/x", false),
            (b"/app/x%3Bjsessionid=1", b"/app/x", false),
            (b"/old", b"/new", false),
            (b"/..;/x", b"/x", false),
            (b"*", b"/x", false),
        ] {
            assert_eq!(means(unparsed, guarded), same, "{} {}", show(unparsed), show(guarded));
        }
    }
}
