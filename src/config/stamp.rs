//! `JkLogStampFormat`: a text for `strftime` in which `%Q` stands for milliseconds or `%q` for microseconds.
//!
//! `strftime` knows neither, so the format is cut around the field: the host renders what stands before and after,
//! this file the digits between.

use crate::text::Text;

/// The format of mod_jk, with its trailing blank.
pub const DEFAULT: &[u8] = b"[%a %b %d %H:%M:%S.%Q %Y] ";

/// The most bytes of a format with a field, which counts with its digits; the rest is cut off.
const LONGEST: usize = 63;

/// The part of a second that a stamp shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fraction {
    /// `%Q`: three digits.
    Millis,
    /// `%q`: six digits.
    Micros,
}

impl Fraction {
    /// Appends the digits for so many microseconds after the full second.
    pub fn render(self, micros: u32, out: &mut Vec<u8>) {
        let (value, digits) = match self {
            Self::Millis => (micros / 1000 % 1000, 100),
            Self::Micros => (micros % 1_000_000, 100_000),
        };
        let mut unit = digits;
        while unit > 0 {
            out.push(b'0' + u8::try_from(value / unit % 10).unwrap_or(0));
            unit /= 10;
        }
    }

    const fn digits(self) -> usize {
        match self {
            Self::Millis => 3,
            Self::Micros => 6,
        }
    }

    const fn letter(self) -> u8 {
        match self {
            Self::Millis => b'Q',
            Self::Micros => b'q',
        }
    }
}

/// A format, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// What `strftime` renders first.
    pub before: Text,
    /// The digits that follow, and what `strftime` renders after them.
    pub fraction: Option<(Fraction, Text)>,
}

impl Stamp {
    /// Looks for the first `%Q`, and only without one for the first `%q`. A field must lie in the first 63 bytes,
    /// digits included, to which the format is then cut; without a field a format may have any length.
    pub fn parse(format: &[u8]) -> Self {
        let found = [Fraction::Millis, Fraction::Micros]
            .into_iter()
            .find_map(|fraction| Some((fraction, field(format, fraction.letter())?)));
        found
            .and_then(|(fraction, at)| Self::cut(format, fraction, at))
            .unwrap_or_else(|| Self { before: format.into(), fraction: None })
    }

    fn cut(format: &[u8], fraction: Fraction, at: usize) -> Option<Self> {
        let room = LONGEST.checked_sub(at + fraction.digits())?;
        let (before, after) = (format.get(..at)?, format.get(at + 2..)?);
        let after = after.get(..room).unwrap_or(after);
        Some(Self { before: before.into(), fraction: Some((fraction, after.into())) })
    }
}

impl Default for Stamp {
    fn default() -> Self {
        Self::parse(DEFAULT)
    }
}

/// Where `%` and the letter stand; `%%` is a percent sign.
fn field(format: &[u8], letter: u8) -> Option<usize> {
    let mut at = 0;
    while let Some([first, second]) = format.get(at..at + 2) {
        match (first, second) {
            (b'%', second) if *second == letter => return Some(at),
            (b'%', _) => at += 2,
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_cut_around_its_first_field() {
        let long = [&[b'x'; 59][..], b"%Qyz"].concat();
        let longer = [&[b'x'; 61][..], b"%Qyz"].concat();
        let micros = [&[b'x'; 57][..], b"%qyz"].concat();
        let plain = [b'x'; 100];
        for (format, before, fraction) in [
            (&b"%H:%M:%S.%Q %Y "[..], &b"%H:%M:%S."[..], Some((Fraction::Millis, &b" %Y "[..]))),
            (b"%S.%q", b"%S.", Some((Fraction::Micros, b""))),
            (b"%q %Q", b"%q ", Some((Fraction::Millis, b""))),
            (b"%Q%Q", b"", Some((Fraction::Millis, b"%Q"))),
            (b"%%Q", b"%%Q", None),
            (b"%", b"%", None),
            (b"", b"", None),
            (&long, &[b'x'; 59], Some((Fraction::Millis, b"y"))),
            (&micros, &[b'x'; 57], Some((Fraction::Micros, b""))),
            (&longer, &longer, None),
            (&plain, &plain, None),
        ] {
            let wanted = Stamp {
                before: before.into(),
                fraction: fraction.map(|(fraction, after)| (fraction, after.into())),
            };
            assert_eq!(Stamp::parse(format), wanted, "{}", format.escape_ascii());
        }
    }

    #[test]
    fn fractions_have_all_their_digits() {
        for (fraction, micros, digits) in [
            (Fraction::Millis, 7_999, &b"007"[..]),
            (Fraction::Millis, 999_999, b"999"),
            (Fraction::Micros, 42, b"000042"),
            (Fraction::Micros, 1_000_001, b"000001"),
            (Fraction::Millis, u32::MAX, b"967"),
        ] {
            let mut out = Vec::new();
            fraction.render(micros, &mut out);
            assert_eq!(out, digits, "{micros}");
        }
    }
}
