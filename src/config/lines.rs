//! The lines of workers.properties and uriworkermap files, and the name and value on one.
//!
//! mod_jk reads with a buffer of 8192 bytes as C strings, so a longer line falls into pieces, each taken for a line
//! of its own, and a zero byte ends what it sees of a line.

use memchr::memchr;

use crate::text;

/// The most bytes of one piece, its line feed included.
pub(crate) const LONGEST: usize = 8191;

/// A line, or a piece of an over-long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'f> {
    /// Number of the line in the file, from 1; all pieces of a long line have the same.
    pub(crate) number: u32,
    /// Its bytes, the line feed included.
    pub(crate) text: &'f [u8],
    /// This is not the beginning of a line but the rest of one.
    pub(crate) rest: bool,
}

/// Cuts a file into lines as mod_jk does.
pub(crate) fn lines(file: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut left = file;
    let mut number = 1u32;
    let mut rest = false;
    core::iter::from_fn(move || {
        let window = left.get(..LONGEST.min(left.len()))?;
        let end = memchr(b'\n', window).map_or(window.len(), |at| at + 1);
        let (text, after) = left.split_at_checked(end).filter(|_| end > 0)?;
        let line = Line { number, text, rest };
        rest = !text.ends_with(b"\n");
        number = number.saturating_add(u32::from(!rest));
        left = after;
        Some(line)
    })
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said<'l> {
    /// Nothing: blank, or a comment.
    Nothing,
    /// Words without a `=`, or nothing before it: mod_jk ignores them.
    Nonsense(&'l [u8]),
    /// A name with nothing after its `=`: mod_jk takes it as not written.
    Empty(&'l [u8]),
    /// A name and its value, both trimmed, neither empty.
    Pair {
        /// Before the first `=`.
        key: &'l [u8],
        /// After it.
        value: &'l [u8],
    },
}

/// Reads a line of a file: `#` anywhere starts a comment, there is no way to escape it.
pub(crate) fn read(line: &[u8]) -> Said<'_> {
    let line = before(line, 0);
    parse(before(line, b'#'))
}

/// Reads the argument of `JkWorkerProperty`, where `#` is an ordinary character.
pub(crate) fn parse(line: &[u8]) -> Said<'_> {
    let line = text::trim(line);
    if line.is_empty() {
        return Said::Nothing;
    }
    let Some((key, value)) = text::split_once(line, b'=') else { return Said::Nonsense(line) };
    let (key, value) = (text::trim(key), text::trim(value));
    match (key.is_empty(), value.is_empty()) {
        (true, _) => Said::Nonsense(line),
        (false, true) => Said::Empty(key),
        (false, false) => Said::Pair { key, value },
    }
}

/// Whether a `#` follows a word without a blank, so that it may have been meant as part of the value.
pub(crate) fn comment_touches_value(line: &[u8]) -> bool {
    let visible = before(line, b'#');
    visible.len() < line.len()
        && text::split_once(visible, b'=').is_some()
        && visible.last().is_some_and(|b| !text::is_space(*b))
}

fn before(line: &[u8], byte: u8) -> &[u8] {
    memchr(byte, line).and_then(|at| line.get(..at)).unwrap_or(line)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_name_and_a_value_around_its_first_equals_sign() {
        let pair = |key, value| Said::Pair { key, value };
        for (line, said) in [
            (&b"worker.list=a\n"[..], pair(b"worker.list", b"a")),
            (b"  a b \t=\t c d \r\n", pair(b"a b", b"c d")),
            (b"a=b=c", pair(b"a", b"b=c")),
            (b"a=b#c", pair(b"a", b"b")),
            (b"a=\"b\"", pair(b"a", b"\"b\"")),
            (b"a=b\0c", pair(b"a", b"b")),
            (b"!a:b=c", pair(b"!a:b", b"c")),
            (b"\xef\xbb\xbfa=b", pair(b"\xef\xbb\xbfa", b"b")),
            (b"a=", Said::Empty(b"a")),
            (b"a= #x", Said::Empty(b"a")),
            (b"=b", Said::Nonsense(b"=b")),
            (b"a: b", Said::Nonsense(b"a: b")),
            (b"# a=b", Said::Nothing),
            (b" \x0b\r\n", Said::Nothing),
            (b"", Said::Nothing),
        ] {
            assert_eq!(read(line), said, "{}", text::show(line));
        }
    }

    #[test]
    fn a_directive_keeps_its_hash() {
        assert_eq!(parse(b" a=b#c "), Said::Pair { key: b"a", value: b"b#c" });
    }

    #[test]
    fn lines_are_counted_and_long_ones_fall_into_pieces() {
        let long = [vec![b'x'; 9000], b"\nb\n\nc".to_vec()].concat();
        let seen: Vec<_> = lines(&long).map(|line| (line.number, line.text.len(), line.rest)).collect();
        assert_eq!(seen, [(1, 8191, false), (1, 810, true), (2, 2, false), (3, 1, false), (4, 1, false)]);
        assert_eq!(lines(b"").count(), 0);
    }

    #[test]
    fn a_line_of_8191_bytes_leaves_its_line_feed_behind() {
        let file = [vec![b'x'; 8191], b"\ny".to_vec()].concat();
        let seen: Vec<_> = lines(&file).map(|line| (line.number, line.text.len())).collect();
        assert_eq!(seen, [(1, 8191), (1, 1), (2, 1)]);
    }

    #[test]
    fn a_hash_glued_to_a_value_is_noticed() {
        for (line, touches) in
            [(&b"a=b#c"[..], true), (b"a=b #c", false), (b"#a=b", false), (b"a=b", false), (b"a#b=c", false)]
        {
            assert_eq!(comment_touches_value(line), touches, "{}", text::show(line));
        }
    }
}
