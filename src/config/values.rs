//! How property values are read, by the rules of mod_jk since 1.2.50. `None` means "take the default".

use crate::text;

/// A number: leading blanks and a sign are fine; `k` or `m` right behind the digits multiplies by 1024 or 1048576;
/// what else follows is ignored. `None` without digits or outside `i32`, also after multiplying.
pub(crate) fn int(value: &[u8]) -> Option<i32> {
    int_and_rest(value).map(|(number, _)| number)
}

/// As [`int`], with what follows the number.
pub(crate) fn int_and_rest(value: &[u8]) -> Option<(i32, &[u8])> {
    let (number, rest) = text::leading_int(value)?;
    let (factor, rest) = match rest.split_first() {
        Some((b'k' | b'K', rest)) => (1 << 10, rest),
        Some((b'm' | b'M', rest)) => (1 << 20, rest),
        Some(_) | None => (1, rest),
    };
    let number = i32::try_from(number).ok()?.checked_mul(factor)?;
    Some((number, rest))
}

/// A switch: a word beginning with t or y, `on`, `1`; or with f or n, `off`, `0`; in any case.
pub(crate) fn flag(value: &[u8]) -> Option<bool> {
    if value == b"1" || value.eq_ignore_ascii_case(b"on") {
        return Some(true);
    }
    if value == b"0" || value.eq_ignore_ascii_case(b"off") {
        return Some(false);
    }
    match value.first() {
        Some(b't' | b'T' | b'y' | b'Y') => Some(true),
        Some(b'f' | b'F' | b'n' | b'N') => Some(false),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_carry_a_factor_right_behind_the_digits() {
        for (value, number) in [
            (&b"8009"[..], Some(8009)),
            (b" +5", Some(5)),
            (b"-1", Some(-1)),
            (b"8k", Some(8192)),
            (b"8K", Some(8192)),
            (b"8kfoo", Some(8192)),
            (b"8 k", Some(8)),
            (b"10ms", Some(10 << 20)),
            (b"80 10", Some(80)),
            (b"60*30", Some(60)),
            (b"abc", None),
            (b"", None),
            (b"2147483647", Some(i32::MAX)),
            (b"2147483648", None),
            (b"-2147483648", Some(i32::MIN)),
            (b"2048m", None),
            (b"99999999999999999999", None),
        ] {
            assert_eq!(int(value), number, "{}", text::show(value));
        }
    }

    #[test]
    fn switches_are_read_by_their_first_letter() {
        for (value, on) in [
            (&b"true"[..], Some(true)),
            (b"YES", Some(true)),
            (b"t", Some(true)),
            (b"On", Some(true)),
            (b"1", Some(true)),
            (b"false", Some(false)),
            (b"nope", Some(false)),
            (b"OFF", Some(false)),
            (b"0", Some(false)),
            (b"00", None),
            (b"2", None),
            (b"offx", None),
            (b"enabled", None),
            (b"", None),
        ] {
            assert_eq!(flag(value), on, "{}", text::show(value));
        }
    }
}
