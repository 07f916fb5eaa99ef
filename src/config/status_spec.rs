//! A status page as it was asked for.

use crate::config::attributes::Attributes;
use crate::config::mounts::Mounted;
use crate::text::Text;

/// A worker of type `status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSpec {
    /// The worker's name.
    pub name: Text,
    /// URL of a style sheet.
    pub css: Option<Text>,
    /// Changes are refused.
    pub read_only: bool,
    /// Who may see it; empty for everybody.
    pub users: Vec<Text>,
    /// Names are compared regardless of case.
    pub user_case_insensitive: bool,
    /// What counts as good: entries such as `a.o`; see the status room.
    pub good: Vec<Text>,
    /// What counts as bad.
    pub bad: Vec<Text>,
    /// First part of names in the properties format.
    pub prefix: Text,
    /// Prefix of XML elements with its colon, or empty.
    pub ns: Text,
    /// Attribute of the XML root, or empty.
    pub xmlns: Text,
    /// Line after the XML declaration.
    pub doctype: Option<Text>,
    /// Rules of `worker.NAME.mount`.
    pub mounts: Vec<Mounted>,
}

impl StatusSpec {
    /// Reads a status page.
    pub(crate) fn read(name: &[u8], from: &Attributes<'_>) -> Self {
        Self {
            name: name.into(),
            css: from.text("css"),
            read_only: from.flag("read_only", false),
            users: from.list("user"),
            user_case_insensitive: from.flag("user_case_insensitive", false),
            good: ratings(from, "good", "a.o,a.i,a.b,a.r"),
            bad: ratings(from, "bad", "e,s"),
            prefix: from.text_or("prefix", "worker"),
            ns: or_dash(from.text_or("ns", "jk:")),
            xmlns: or_dash(from.text_or("xmlns", "xmlns:jk=\"http://tomcat.apache.org\"")),
            doctype: from.text("doctype"),
            mounts: Vec::new(),
        }
    }

    /// The letters that count of an entry of `good` or `bad`: the first of its word, or of two words joined by a dot. As
    /// in mod_jk dots before the first word do not matter, nor does an empty second one, nor what follows it.
    pub fn letters(entry: &[u8]) -> impl Iterator<Item = u8> {
        let start = entry.iter().position(|b| *b != b'.').unwrap_or(entry.len());
        let words = entry.get(start..).unwrap_or_default().splitn(2, |b| *b == b'.');
        words.filter_map(|word| word.first()).map(u8::to_ascii_lowercase)
    }

    /// An entry of `good` and one of `bad` that the same member may fit, if there are such.
    pub(crate) fn contradiction(&self) -> Option<(&[u8], &[u8])> {
        let pairs = self.good.iter().flat_map(|good| self.bad.iter().map(move |bad| (&**good, &**bad)));
        pairs.into_iter().find(|(good, bad)| have_a_member(good, bad))
    }
}

/// Whether a member can fit both entries: they want no two different activations or states.
fn have_a_member(one: &[u8], other: &[u8]) -> bool {
    let agree = |known: &[u8]| {
        let mut wanted = [one, other].into_iter().flat_map(StatusSpec::letters).map(same_state);
        let first = wanted.find(|letter| known.contains(letter));
        wanted.all(|letter| !known.contains(&letter) || Some(letter) == first)
    };
    is_rating(one) && is_rating(other) && agree(b"ads") && agree(b"oibre")
}

/// Whether an entry speaks of activations and states, and of nothing else.
pub(crate) fn is_rating(entry: &[u8]) -> bool {
    let mut letters = StatusSpec::letters(entry).peekable();
    letters.peek().is_some() && letters.all(|letter| b"adsoinbre".contains(&letter))
}

/// `n` is another letter for `i`.
fn same_state(letter: u8) -> u8 {
    if letter == b'n' { b'i' } else { letter }
}

fn ratings(from: &Attributes<'_>, name: &str, default: &str) -> Vec<Text> {
    let given = from.list(name);
    if given.is_empty() { default.split(',').map(|word| word.as_bytes().into()).collect() } else { given }
}

/// A value that begins with `-` stands for nothing, as an empty one counts as not set.
fn or_dash(value: Text) -> Text {
    if value.starts_with(b"-") { Text::default() } else { value }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::config::properties::Properties;

    fn read(file: &str) -> StatusSpec {
        let mut properties = Properties::new();
        properties.read_file(file.as_bytes(), b"w", &|_| None, &mut Vec::new());
        StatusSpec::read(b"s", &Attributes::of(&properties, b"s"))
    }

    #[test]
    fn a_dash_takes_the_name_space_away() {
        let plain = read("");
        assert_eq!((&*plain.ns, &*plain.xmlns), (&b"jk:"[..], &b"xmlns:jk=\"http://tomcat.apache.org\""[..]));
        let bare = read("worker.s.ns=-\nworker.s.xmlns=-none");
        assert_eq!((&*bare.ns, &*bare.xmlns), (&b""[..], &b""[..]));
    }

    #[test]
    fn ratings_that_contradict_each_other_are_found() {
        for (good, bad, found) in [
            ("a.o,a.i,a.b,a.r", "e,s", None),
            ("a", "e", Some("a e")),
            ("d,a.o", "o.b,ACTIVE", Some("a.o ACTIVE")),
            ("a.n", "s,idle", Some("a.n idle")),
            ("a.o", "d.o,a.e,i", None),
            ("x,a.x,.", "a,o", None),
            ("o.e", "o", None),
        ] {
            let status = read(&format!("worker.s.good={good}\nworker.s.bad={bad}"));
            let shown = status.contradiction().map(|(good, bad)| {
                format!("{} {}", String::from_utf8_lossy(good), String::from_utf8_lossy(bad))
            });
            assert_eq!(shown.as_deref(), found, "{good} against {bad}");
        }
    }

    #[test]
    fn lists_may_be_repeated() {
        let status = read("worker.s.user=a b\nworker.s.user=c\nworker.s.bad=e\nworker.s.read_only=t");
        assert_eq!(status.users.iter().map(|user| &user[..]).collect::<Vec<_>>(), [b"a", b"b", b"c"]);
        assert_eq!((status.good.len(), status.bad.len(), status.read_only), (4, 1, true));
    }
}
