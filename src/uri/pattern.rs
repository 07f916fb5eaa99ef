//! One mount pattern: what kind it is, how much it weighs, whether it matches.
//!
//! `?` is one byte and `*` any number of bytes, a slash included; nothing else is special and there is no escape.

/// A pattern cut where an index can take hold of it. The whole of a path must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape<'p> {
    /// No wildcard: the path itself.
    Exact(&'p [u8]),
    /// Text around one run of stars: `/app/*`, `/*.jsp`, `/app/*.do`.
    Ends {
        /// Before the stars.
        head: &'p [u8],
        /// After the stars.
        tail: &'p [u8],
    },
    /// Anything else with a wildcard.
    Glob {
        /// Before the first wildcard.
        head: &'p [u8],
        /// From the first wildcard to the last.
        middle: &'p [u8],
        /// After the last wildcard.
        tail: &'p [u8],
    },
}

impl<'p> Shape<'p> {
    /// Classifies a pattern.
    pub fn of(pattern: &'p [u8]) -> Self {
        let Some((first, last)) = wildcards(pattern) else { return Self::Exact(pattern) };
        let (head, rest) = pattern.split_at_checked(first).unwrap_or_default();
        let (middle, tail) = rest.split_at_checked(last + 1 - first).unwrap_or_default();
        if middle.iter().all(|b| *b == b'*') {
            Self::Ends { head, tail }
        } else {
            Self::Glob { head, middle, tail }
        }
    }

    /// What a path that matches begins with.
    pub fn head(self) -> &'p [u8] {
        match self {
            Self::Exact(head) | Self::Ends { head, .. } | Self::Glob { head, .. } => head,
        }
    }
}

/// Where the first and the last wildcard stand.
fn wildcards(pattern: &[u8]) -> Option<(usize, usize)> {
    Some((memchr::memchr2(b'*', b'?', pattern)?, memchr::memrchr2(b'*', b'?', pattern)?))
}

/// The number of slashes in a pattern: what counts first when rules compete, before the length.
pub fn slashes(pattern: &[u8]) -> usize {
    memchr::memchr_iter(b'/', pattern).count()
}

/// Whether `pattern` matches the whole of `text`. Goes back only to the last star seen, so the cost is at most the
/// product of the two lengths.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    #[cfg(test)]
    TRIALS.set(TRIALS.get() + 1);
    let (mut pattern, mut text) = (pattern, text);
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', [])), _) | (None, None) => return true,
            (Some((b'*', after)), _) => {
                retry = Some((after, text));
                pattern = after;
            }
            // A star that took more would leave even less for what is missing.
            (Some(_), None) => return false,
            (Some((want, after)), Some((have, left))) if want == have || *want == b'?' => {
                (pattern, text) = (after, left);
            }
            (Some(_) | None, Some(_)) => {
                let Some((after, [_, from @ ..])) = retry else { return false };
                retry = Some((after, from));
                (pattern, text) = (after, from);
            }
        }
    }
}

#[cfg(test)]
thread_local! {
    /// How often [`matches`] ran in this thread.
    pub(super) static TRIALS: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// The longest text in a pattern without a wildcard; what it matches contains it.
pub(super) fn longest_literal(pattern: &[u8]) -> &[u8] {
    pattern.split(|b| matches!(b, b'*' | b'?')).max_by_key(|piece| piece.len()).unwrap_or_default()
}

/// Why a pattern that is allowed can match no path at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// It contains `;`, but path parameters are removed before rules are compared.
    Parameter,
    /// It contains `//`, but runs of slashes are made one.
    DoubleSlash,
    /// It has a segment `.` or `..`, but these are resolved.
    DotSegment,
}

/// Whether `pattern` contains what no clean path does.
pub fn unreachable(pattern: &[u8]) -> Option<Unreachable> {
    if memchr::memchr(b';', pattern).is_some() {
        Some(Unreachable::Parameter)
    } else if memchr::memmem::find(pattern, b"//").is_some() {
        Some(Unreachable::DoubleSlash)
    } else if pattern.split(|b| *b == b'/').any(|s| matches!(s, b"." | b"..")) {
        Some(Unreachable::DotSegment)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::show;

    #[test]
    fn a_pattern_is_cut_at_its_first_and_last_wildcard() {
        fn glob<'p>(head: &'p [u8], middle: &'p [u8], tail: &'p [u8]) -> Shape<'p> {
            Shape::Glob { head, middle, tail }
        }
        for (pattern, shape) in [
            (&b"/app"[..], Shape::Exact(b"/app")),
            (b"/s/[ab]", Shape::Exact(b"/s/[ab]")),
            (b"/app/*", Shape::Ends { head: b"/app/", tail: b"" }),
            (b"/**", Shape::Ends { head: b"/", tail: b"" }),
            (b"/a/**/b", Shape::Ends { head: b"/a/", tail: b"/b" }),
            (b"/a?c", glob(b"/a", b"?", b"c")),
            (b"/*/servlet/*", glob(b"/", b"*/servlet/*", b"")),
            (b"*", Shape::Ends { head: b"", tail: b"" }),
        ] {
            assert_eq!(Shape::of(pattern), shape, "{}", show(pattern));
        }
    }

    #[test]
    fn star_and_question_mark_cross_slashes_and_count_bytes() {
        for (pattern, text, fits) in [
            (&b"/a*b*c"[..], &b"/abcbc"[..], true),
            (b"/a*b*c", b"/a/b/c", true),
            (b"/a*b*c", b"/abcb", false),
            (b"/a?c", b"/a/c", true),
            (b"/a?c", b"/ac", false),
            (b"/a??", b"/abcd", false),
            (b"/*/*", b"//", true),
            (b"*aab", b"aaaab", true),
            (b"*a?b*", b"aaaab", true),
            (b"/t/*.j?p", b"/t/x.jp", false),
            (b"/q?", b"/q\xc3\xa4", false),
            (b"/q??", b"/q\xc3\xa4", true),
            (b"", b"", true),
            (b"", b"a", false),
            (b"**", b"", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{} {}", show(pattern), show(text));
        }
    }

    #[test]
    fn a_hostile_text_does_not_blow_up_a_pattern_of_many_stars() {
        let text = [b'a'; 4095];
        assert!(!matches(b"*a*a*a*a*a*a*a*a*a*a*a*a*b", &text));
    }

    #[test]
    fn the_longest_literal_stands_between_two_wildcards() {
        for (pattern, literal) in [(&b"*/a?/servlet/*b?"[..], &b"/servlet/"[..]), (b"?*?", b""), (b"", b"")] {
            assert_eq!(longest_literal(pattern), literal, "{}", show(pattern));
        }
    }

    #[test]
    fn patterns_with_what_cleaning_removes_are_unreachable() {
        for (pattern, why) in [
            (&b"/sem;x"[..], Some(Unreachable::Parameter)),
            (b"//dbl", Some(Unreachable::DoubleSlash)),
            (b"/dot/./x", Some(Unreachable::DotSegment)),
            (b"/dot/..", Some(Unreachable::DotSegment)),
            (b"/dot/.*", None),
            (b"/.?/x", None),
            (b"/*/*", None),
        ] {
            assert_eq!(unreachable(pattern), why, "{}", show(pattern));
        }
    }
}
