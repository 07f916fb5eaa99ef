//! Which known name a misspelt one was meant to be.

use crate::text;

/// Longer words are not compared: the cost grows with the square of the length.
const LONGEST: usize = 64;

/// After so many names that lead nowhere no more advice is sought: each costs a look at all known names, and a
/// generated file may hold thousands.
pub(crate) const ENOUGH: usize = 10;

/// `; did you mean "..."?` with the known name nearest to `word`, or nothing if none is near.
pub(crate) fn did_you_mean<'n>(word: &[u8], names: impl IntoIterator<Item = &'n [u8]>) -> String {
    nearest(word, names).map_or_else(String::new, |name| format!("; did you mean \"{}\"?", text::show(name)))
}

/// The name nearest to `word`, if a third of its letters or less would have to change. Case does not count.
pub(crate) fn nearest<'n>(word: &[u8], names: impl IntoIterator<Item = &'n [u8]>) -> Option<&'n [u8]> {
    if word.len() > LONGEST {
        return None;
    }
    let allowed = (word.len() / 3).max(1);
    names
        .into_iter()
        .filter(|name| name.len().abs_diff(word.len()) <= allowed && *name != word)
        .map(|name| (distance(word, name), name))
        .filter(|(distance, _)| *distance <= allowed && *distance < word.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour to get from `a` to `b`.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, &letter) in a.iter().enumerate() {
        let previous = row.checked_sub(1).and_then(|row| a.get(row)).copied();
        let line = next_row(row + 1, letter, previous, b, &above, &before);
        before = core::mem::replace(&mut above, line);
    }
    at(&above, b.len())
}

/// One row of the usual table: `above` is the row of the letter before, `before` that of two letters before.
fn next_row(
    start: usize,
    letter: u8,
    previous: Option<u8>,
    b: &[u8],
    above: &[usize],
    before: &[usize],
) -> Vec<usize> {
    let same = |x: u8, y: u8| x.eq_ignore_ascii_case(&y);
    let mut line = vec![start];
    let mut left = None;
    for (column, &other) in b.iter().enumerate() {
        let changed = at(above, column) + usize::from(!same(letter, other));
        let mut best = changed.min(at(above, column + 1) + 1).min(at(&line, column) + 1);
        if let (Some(previous), Some(left), Some(column)) = (previous, left, column.checked_sub(1)) {
            if same(previous, other) && same(letter, left) {
                best = best.min(at(before, column) + 1);
            }
        }
        line.push(best);
        left = Some(other);
    }
    line
}

fn at(row: &[usize], column: usize) -> usize {
    row.get(column).copied().unwrap_or(LONGEST * 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_edits() {
        for (a, b, edits) in [
            (&b"port"[..], &b"port"[..], 0),
            (b"prot", b"port", 1),
            (b"Port", b"port", 0),
            (b"hots", b"host", 1),
            (b"lbfactr", b"lbfactor", 1),
            (b"", b"abc", 3),
            (b"abc", b"", 3),
            (b"kitten", b"sitting", 3),
        ] {
            assert_eq!(distance(a, b), edits, "{} {}", text::show(a), text::show(b));
        }
    }

    #[test]
    fn only_a_near_name_is_offered() {
        let names = [&b"host"[..], b"port", b"socket_timeout", b"lbfactor"];
        for (word, name) in [
            (&b"prot"[..], Some(&b"port"[..])),
            (b"sockettimeout", Some(b"socket_timeout")),
            (b"Host", Some(b"host")),
            (b"xyz", None),
            (b"", None),
            (b"p", None),
            (&[b'a'; 100], None),
        ] {
            assert_eq!(nearest(word, names), name, "{}", text::show(word));
        }
    }
}
