//! The parameters of a query, decoded and masked as mod_jk does it.

use super::refusal::Refusal;
use crate::text::{self, Text};

/// Keys with values. Keys are as written; values are decoded, and `<`, `>`, `?`, `"` in both have become `@`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(Text, Text)>);

/// More parameters than this are an error; one for each member of the largest balancer is far less.
const MOST: usize = 4096;

impl Parameters {
    /// Takes up what stands in a query, without its question mark, or in the body of a form. Parts without `=` or
    /// without a key are skipped. After a bad escape nothing more is read; what was read before is kept, as it says in
    /// which form to answer.
    pub fn read(&mut self, query: &[u8]) -> Result<(), Refusal> {
        for part in query.split(|b| *b == b'&') {
            let Some((key, value)) = text::split_once(part, b'=').filter(|(key, _)| !key.is_empty()) else {
                continue;
            };
            if self.0.len() >= MOST {
                return Err(Refusal::BadQuery);
            }
            let value = decoded(value).ok_or(Refusal::BadQuery)?;
            self.set(&key.iter().map(masked).collect::<Text>(), value);
        }
        Ok(())
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| **known == *key.as_bytes()).map(|(_, value)| &**value)
    }

    /// All of them; a key stands where it was first written.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Removes a key, and tells its value.
    pub fn take(&mut self, key: &str) -> Option<Text> {
        let at = self.0.iter().position(|(known, _)| **known == *key.as_bytes())?;
        Some(self.0.remove(at).1)
    }

    /// Adds a pair; of a repeated key the last value counts.
    pub fn set(&mut self, key: &[u8], value: Text) {
        match self.0.iter_mut().find(|(known, _)| **known == *key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.into(), value)),
        }
    }
}

/// The characters by which a value could get out of a page.
const fn masked(byte: &u8) -> u8 {
    match *byte {
        b'<' | b'>' | b'?' | b'"' => b'@',
        other => other,
    }
}

/// `%XX` and `+` decoded; `None` for what is no escape and for a zero byte.
fn decoded(value: &[u8]) -> Option<Text> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => (digit(*high)? << 4 | digit(*low)?, after),
            (b'%', _) => return None,
            (b'+', after) => (b' ', after),
            (other, after) => (*other, after),
        };
        if byte == 0 {
            return None;
        }
        out.push(masked(&byte));
        rest = after;
    }
    Some(out.into())
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(query: &str) -> (Vec<String>, Result<(), Refusal>) {
        let mut parameters = Parameters::default();
        let outcome = parameters.read(query.as_bytes());
        let pairs =
            parameters.iter().map(|(key, value)| format!("{}={}", text::show(key), text::show(value)));
        (pairs.collect(), outcome)
    }

    #[test]
    fn a_query_is_read_as_mod_jk_reads_it() {
        for (query, pairs) in [
            ("cmd=show&w=lb", &["cmd=show", "w=lb"][..]),
            ("", &[]),
            ("&&a=1&", &["a=1"]),
            ("a&=x&b=", &["b="]),
            ("a=1&b=2&a=3", &["a=3", "b=2"]),
            ("a=x%20y+z%2B", &["a=x y z+"]),
            ("a=%3cb%3E&x%41=<\"?", &["a=@b@", "x%41=@@@"]),
            ("a=b=c", &["a=b=c"]),
            ("<k>=1", &["@k@=1"]),
        ] {
            assert_eq!(read(query), (pairs.iter().map(|s| (*s).to_owned()).collect(), Ok(())), "{query}");
        }
    }

    #[test]
    fn a_bad_escape_ends_it() {
        for query in ["mime=xml&w=%zz&cmd=dump", "mime=xml&w=a%00b", "mime=xml&w=%4", "mime=xml&w=%"] {
            assert_eq!(read(query), (vec!["mime=xml".to_owned()], Err(Refusal::BadQuery)), "{query}");
        }
    }

    #[test]
    fn nobody_sends_parameters_without_end() {
        let many = |n: usize| (0..n).map(|i| format!("val{i}=1&")).collect::<String>();
        assert_eq!(read(&many(MOST)).1, Ok(()));
        assert_eq!(read(&many(MOST + 1)).1, Err(Refusal::BadQuery));
    }
}
