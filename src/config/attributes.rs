//! The properties of one worker, read with their defaults.

use crate::config::properties::{Entry, Properties};
use crate::config::values;
use crate::text::{self, Text};

/// A look at the entries `worker.NAME.*`. An absent, unreadable or (for numbers) too large value is the default.
#[derive(Clone)]
pub(crate) struct Attributes<'p> {
    properties: &'p Properties,
    prefix: Vec<u8>,
}

impl<'p> Attributes<'p> {
    pub(crate) fn of(properties: &'p Properties, worker: &[u8]) -> Self {
        Self { properties, prefix: [b"worker.", worker, b"."].concat() }
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&'p Entry> {
        self.properties.get(&[&self.prefix, name.as_bytes()].concat())
    }

    /// All of them, in the order of their names; those of a worker called `NAME.x` are not among them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'p Entry, &'p [u8])> {
        let known = self.properties.with_prefix(&self.prefix);
        known
            .filter_map(|entry| Some((entry, entry.key.strip_prefix(&*self.prefix)?)))
            .filter(|(_, name)| !name.contains(&b'.'))
    }

    pub(crate) fn is_defined(&self) -> bool {
        self.all().next().is_some()
    }

    pub(crate) fn text(&self, name: &str) -> Option<Text> {
        self.entry(name).map(|entry| entry.value.clone())
    }

    pub(crate) fn text_or(&self, name: &str, default: &str) -> Text {
        self.text(name).unwrap_or_else(|| default.as_bytes().into())
    }

    pub(crate) fn int(&self, name: &str) -> Option<i32> {
        self.entry(name).and_then(|entry| values::int(&entry.value))
    }

    /// A number of which all below `low` count as `low`.
    pub(crate) fn at_least(&self, low: u32, name: &str, default: u32) -> u32 {
        self.int(name).map_or(default, |number| u32::try_from(number).unwrap_or(0).max(low))
    }

    /// A number of which 0 and less mean "none".
    pub(crate) fn positive(&self, name: &str) -> Option<u32> {
        self.int(name).and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.entry(name).and_then(|entry| values::flag(&entry.value)).unwrap_or(default)
    }

    pub(crate) fn list(&self, name: &str) -> Vec<Text> {
        self.entry(name).map_or_else(Vec::new, |entry| text::list(&entry.value).map(Text::from).collect())
    }
}
