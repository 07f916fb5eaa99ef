//! Byte strings: configuration, headers and URIs have no character set, so nothing here assumes one.
#![forbid(unsafe_code)]

use core::fmt;

/// An owned byte string that does not grow.
pub type Text = Box<[u8]>;

/// White space as C's `isspace` sees it in the C locale; Rust's own test leaves out the vertical tab.
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Cuts white space (as [`is_space`]) at both ends.
pub fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| !is_space(b)).unwrap_or(text.len());
    let end = text.iter().rposition(|&b| !is_space(b)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// Where `needle` first stands in `hay`. An empty needle is found at 0.
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    // Mostly it is not there, and not even its first byte is; looking for that needs no preparation.
    let Some(first) = needle.first() else { return Some(0) };
    let start = memchr::memchr(*first, hay)?;
    memchr::memmem::find(hay.get(start..)?, needle).map(|at| start + at)
}

/// The two sides of the first `byte` in `text`; the byte itself belongs to neither.
pub fn split_once(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(byte, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The words of a list property: separated by any run of blanks, tabs and commas.
pub fn list(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| matches!(b, b' ' | b'\t' | b',')).filter(|word| !word.is_empty())
}

/// A number as C's `strtol` reads it: leading white space, an optional sign, decimal digits; what follows is
/// returned too. `None` without a digit. Saturates at the ends of `i64`.
pub fn leading_int(text: &[u8]) -> Option<(i64, &[u8])> {
    let start = text.iter().position(|&b| !is_space(b))?;
    let mut rest = text.get(start..)?;
    let negative = rest.first() == Some(&b'-');
    if matches!(rest.first(), Some(b'-' | b'+')) {
        rest = rest.get(1..)?;
    }
    let digits = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    if digits == 0 {
        return None;
    }
    let (number, rest) = rest.split_at_checked(digits)?;
    let sign = if negative { -1 } else { 1 };
    let digit = |b: &u8| sign * i64::from(b - b'0');
    let number = number.iter().fold(0i64, |sum, b| sum.saturating_mul(10).saturating_add(digit(b)));
    Some((number, rest))
}

/// A number as the `atoi` of 64-bit systems reads it: 0 without digits, of what is too large the low 32 bits.
#[allow(clippy::cast_possible_truncation)] // that is the rule
pub fn atoi(text: &[u8]) -> i32 {
    leading_int(text).map_or(0, |(number, _)| number as i32)
}

/// Whether [`atoi`] reads all that is written.
pub fn is_int(text: &[u8]) -> bool {
    leading_int(text).is_some_and(|(number, rest)| trim(rest).is_empty() && i32::try_from(number).is_ok())
}

/// Shows bytes in a message: printable ASCII as it is, everything else escaped, so that no log line can be broken
/// or coloured by what a peer sent.
pub fn show(bytes: &[u8]) -> Shown<'_> {
    Shown(bytes)
}

/// See [`show`].
#[derive(Clone, Copy, Debug)]
pub struct Shown<'b>(&'b [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.chunk_by(|a, b| plain(*a) == plain(*b)) {
            match core::str::from_utf8(chunk) {
                Ok(text) if chunk.first().is_some_and(|b| plain(*b)) => f.write_str(text)?,
                Ok(_) | Err(_) => write!(f, "{}", chunk.escape_ascii())?,
            }
        }
        Ok(())
    }
}

const fn plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trim_cuts_what_c_calls_white_space() {
        for (text, trimmed) in
            [(&b"  a b\t\r\n"[..], &b"a b"[..]), (b"\x0ba\x0c", b"a"), (b"   ", b""), (b"", b"")]
        {
            assert_eq!(trim(text), trimmed, "{}", show(text));
        }
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, number) in [
            (&b"12"[..], 12),
            (b" -7x", -7),
            (b"+3", 3),
            (b"x", 0),
            (b"", 0),
            (b"99999999999", 1_215_752_191),
            (b"-99999999999999999999", 0),
            (b"99999999999999999999", -1),
        ] {
            assert_eq!(atoi(text), number, "{}", show(text));
        }
        assert_eq!(leading_int(b"80k"), Some((80, &b"k"[..])));
        assert_eq!(leading_int(b"-"), None);
    }

    #[test]
    fn lists_split_at_blank_tab_and_comma() {
        assert_eq!(list(b" a,b\t c,,d ").collect::<Vec<_>>(), [b"a", b"b", b"c", b"d"]);
    }

    #[test]
    fn shown_bytes_cannot_break_a_line() {
        assert_eq!(show(b"a\r\nb\xe9").to_string(), "a\\r\\nb\\xe9");
    }
}
