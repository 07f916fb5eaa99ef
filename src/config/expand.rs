//! `$(name)` in values: replaced while a line is read.

use crate::text::{self, Text};

/// The most variables that are looked up for one value; mod_jk leaves further ones as they stand.
pub(crate) const MOST: usize = 21;

/// Past this many bytes nothing more is replaced, so that values that contain each other cannot fill the memory.
const LONGEST: usize = 1 << 16;

/// A value after replacement, and what could not be replaced.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expanded {
    pub(crate) text: Text,
    /// Problems, in words that fit behind the name of the property.
    pub(crate) problems: Vec<String>,
}

/// Replaces each `$(name)` by what `lookup` knows under that name. What is inserted is not looked at again; an
/// unknown name stays as it stands; a `$(` without end ends the work.
pub(crate) fn expand(value: &[u8], lookup: &mut dyn FnMut(&[u8]) -> Option<Text>) -> Expanded {
    let mut out = Vec::with_capacity(value.len());
    let mut problems = Vec::new();
    let mut rest = value;
    let mut done = 0;
    while let Some(Next { before, name, after }) = next(rest) {
        let Some(after) = after else {
            problems.push("\"$(\" without \")\" stays as it stands".to_owned());
            break;
        };
        if done == MOST {
            problems.push(format!("only the first {MOST} variables of a value are replaced"));
            break;
        }
        done += 1;
        match lookup(name) {
            Some(inserted) if out.len() + inserted.len() > LONGEST => {
                problems.push(format!("values longer than {LONGEST} bytes are not built from variables"));
                break;
            }
            Some(inserted) => {
                out.extend_from_slice(before);
                out.extend_from_slice(&inserted);
            }
            None => {
                out.extend_from_slice(&[before, b"$(", name, b")"].concat());
                problems.push(format!(
                    "$({}) is defined neither above this line nor in the environment and stays as it stands",
                    text::show(name)
                ));
            }
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    Expanded { text: out.into(), problems }
}

/// A `$(` in a text.
struct Next<'t> {
    before: &'t [u8],
    name: &'t [u8],
    /// What stands after the `)`, if there is one.
    after: Option<&'t [u8]>,
}

fn next(text: &[u8]) -> Option<Next<'_>> {
    let at = text::find(text, b"$(")?;
    let (before, rest) = text.split_at_checked(at)?;
    let inner = rest.strip_prefix(b"$(")?;
    Some(match text::split_once(inner, b')') {
        Some((name, after)) => Next { before, name, after: Some(after) },
        None => Next { before, name: inner, after: None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(value: &[u8]) -> Expanded {
        expand(value, &mut |name| match name {
            b"a" => Some(Text::from(&b"1"[..])),
            b"self" => Some(Text::from(&b"$(a)"[..])),
            _ => None,
        })
    }

    #[test]
    fn variables_are_replaced_once() {
        for (value, text, problems) in [
            (&b"x$(a)y$(a)"[..], &b"x1y1"[..], 0),
            (b"$(self)", b"$(a)", 0),
            (b"$(b)$(a)", b"$(b)1", 1),
            (b"$(a$(a))", b"$(a$(a))", 1),
            (b"$(a)$(a", b"1$(a", 1),
            (b"$a $( $", b"$a $( $", 1),
            (b"", b"", 0),
        ] {
            let got = expanded(value);
            assert_eq!((&*got.text, got.problems.len()), (text, problems), "{}", text::show(value));
        }
    }

    #[test]
    fn the_22nd_variable_stays() {
        assert_eq!(&*expanded(&b"$(a)".repeat(21)).text, b"1".repeat(21));
        let got = expanded(&b"$(a)".repeat(23));
        assert_eq!(&*got.text, [&b"1".repeat(21)[..], b"$(a)$(a)"].concat());
        assert_eq!(got.problems, ["only the first 21 variables of a value are replaced"]);
        // Unknown ones count.
        let value = [&b"$(a)".repeat(18)[..], &b"$(b)".repeat(3), b"$(a)"].concat();
        assert_eq!(&*expanded(&value).text, [&b"1".repeat(18)[..], &b"$(b)".repeat(3), b"$(a)"].concat());
    }

    #[test]
    fn values_do_not_grow_without_bound() {
        let got = expand(b"a$(big)b$(big)c", &mut |_| Some(vec![b'x'; 40_000].into()));
        assert_eq!(got.text.len(), 40_000 + "a".len() + "b$(big)c".len());
        assert_eq!(got.problems.len(), 1);
    }
}
