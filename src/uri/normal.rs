//! The clean form of a path: what mount rules are compared with.
//!
//! httpd has already decoded the path and removed its own `//`, `.` and `..`; what is left to do is to take the
//! path parameters away as a servlet container does, and to look again at what then appears. The clean form
//! decides who gets the request. It is never what is forwarded: session ids would be lost.

use core::fmt;
use std::borrow::Cow;

/// Why a path has no clean form. Both are answered with status 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclean {
    /// It does not begin with a slash and is not the `*` of `OPTIONS *`.
    NotAbsolute,
    /// A `..` leads above the root.
    EscapesRoot,
}

impl fmt::Display for Unclean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => "the path does not begin with '/'",
            Self::EscapesRoot => "a '..' in the path leads above the root",
        })
    }
}

impl std::error::Error for Unclean {}

/// Removes path parameters, then empty segments, `.`, and `x/..`; in this order, so that `/app/..;/x` is `/x`.
///
/// Every `;` counts, also one that was `%3B` on the wire, whatever the parameter's name. A lone `*` is passed on;
/// no rule matches it. The result is borrowed when nothing had to change, and then one pass was enough.
pub fn clean(uri: &[u8]) -> Result<Cow<'_, [u8]>, Unclean> {
    if uri == b"*" {
        return Ok(Cow::Borrowed(uri));
    }
    let path = uri.strip_prefix(b"/").ok_or(Unclean::NotAbsolute)?;
    if looks_clean(uri) || is_clean(path) { Ok(Cow::Borrowed(uri)) } else { rebuild(path).map(Cow::Owned) }
}

/// Whether `JkOptions +RejectUnsafeURI` refuses this clean path: it contains `%` or a backslash, which another
/// server might decode or take for a slash.
pub fn is_unsafe(clean_uri: &[u8]) -> bool {
    memchr::memchr2(b'%', b'\\', clean_uri).is_some()
}

/// No parameter, and no segment that is empty or begins with a dot. Written without an early way out, so that the
/// compiler makes it a loop over vectors.
fn looks_clean(uri: &[u8]) -> bool {
    let after = uri.get(1..).unwrap_or_default();
    let suspect = uri.iter().zip(after).fold(false, |seen, (&one, &next)| {
        seen | (next == b';') | ((one == b'/') & ((next == b'/') | (next == b'.')))
    });
    !suspect
}

/// The exact form of [`looks_clean`], for paths like `/.well-known/x`.
fn is_clean(path: &[u8]) -> bool {
    let mut segments = path.split(|b| *b == b'/');
    let last = segments.next_back().unwrap_or_default();
    memchr::memchr(b';', path).is_none() && !is_dots(last) && !segments.any(|s| s.is_empty() || is_dots(s))
}

pub(super) fn is_dots(segment: &[u8]) -> bool {
    matches!(segment, b"." | b"..")
}

/// Goes through the segments once; the passes of mod_jk can be done together, since each looks only at what the
/// earlier ones left of one segment, or takes back the segment kept before.
fn rebuild(path: &[u8]) -> Result<Vec<u8>, Unclean> {
    let mut clean = Vec::with_capacity(path.len() + 1);
    let mut folder = true;
    for segment in path.split(|b| *b == b'/') {
        let name = segment.split(|b| *b == b';').next().unwrap_or_default();
        folder = true;
        match name {
            b"" | b"." => {}
            b".." => clean.truncate(memchr::memrchr(b'/', &clean).ok_or(Unclean::EscapesRoot)?),
            _ => {
                clean.push(b'/');
                clean.extend_from_slice(name);
                folder = false;
            }
        }
    }
    if folder {
        clean.push(b'/');
    }
    Ok(clean)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::text::show;

    #[test]
    fn the_clean_form_has_no_parameters_no_double_slashes_and_no_dots() {
        for (uri, expected) in [
            (&b"/"[..], &b"/"[..]),
            (b"/a/b", b"/a/b"),
            (b"/a/b/", b"/a/b/"),
            (b"/a;x=1", b"/a"),
            (b"/a;x=1/b;y", b"/a/b"),
            (b"/;p=1/a", b"/a"),
            (b"/;", b"/"),
            (b"/a/;x", b"/a/"),
            (b"//a///b//", b"/a/b/"),
            (b"/;x/a", b"/a"),
            (b"/a/.", b"/a/"),
            (b"/./a/./b", b"/a/b"),
            (b"/a/.;x/b", b"/a/b"),
            (b"/a/x/..", b"/a/"),
            (b"/a/x/../", b"/a/"),
            (b"/a/x/../b", b"/a/b"),
            (b"/a/..", b"/"),
            (b"/app/..;/x", b"/x"),
            (b"/app/..;a=b/secret/x", b"/secret/x"),
            (b"/a/b/..;/..;/c", b"/c"),
            (b"/a//../b", b"/b"),
            (b"/a/./../b", b"/b"),
            (b"/a\\..\\b%2e%2e/C", b"/a\\..\\b%2e%2e/C"),
        ] {
            assert_eq!(clean(uri).unwrap(), expected, "{}", show(uri));
        }
    }

    #[test]
    fn a_path_that_needs_no_change_is_borrowed() {
        for uri in [&b"/"[..], b"/a.b/c..d/..e/.f/...", b"/.well-known/x", b"*", b"/a/"] {
            assert!(matches!(clean(uri), Ok(Cow::Borrowed(same)) if same == uri), "{}", show(uri));
        }
    }

    #[test]
    fn what_leads_above_the_root_or_has_none_is_refused() {
        for (uri, why) in [
            (&b""[..], Unclean::NotAbsolute),
            (b"a/b", Unclean::NotAbsolute),
            (b"**", Unclean::NotAbsolute),
            (b";/a", Unclean::NotAbsolute),
            (b"/..", Unclean::EscapesRoot),
            (b"/..;/", Unclean::EscapesRoot),
            (b"/..;/app/x", Unclean::EscapesRoot),
            (b"/a/../../a", Unclean::EscapesRoot),
            (b"/;/..;x", Unclean::EscapesRoot),
        ] {
            assert_eq!(clean(uri), Err(why), "{}", show(uri));
        }
    }

    #[test]
    fn percent_and_backslash_are_unsafe() {
        for (uri, is) in [(&b"/a%b"[..], true), (b"/a\\b", true), (b"/ok;~", false)] {
            assert_eq!(is_unsafe(uri), is, "{}", show(uri));
        }
    }
}
