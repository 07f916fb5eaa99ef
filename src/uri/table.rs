//! Rules as they are written, before they are compiled: one table per server, and one per mount file.
//!
//! The key is the text of the rule: `/app|/*`, and `!/app/x` for `JkUnMount /app/x`. mod_jk keeps such a table
//! too, and it can be noticed: a second rule with the same key replaces the worker but stands where the first
//! stood, and one pattern cannot be unmounted for two named workers.

use std::collections::HashMap;

use super::rule::{self, Rule, RuleError, RuleWarning, Source};
use crate::text::Text;

/// An ordered table of rules as written. `At` is where a rule stands (file and line), for messages.
#[derive(Clone, Debug)]
pub struct RuleTable<At = ()> {
    slots: HashMap<Text, Slot<At>>,
}

#[derive(Clone, Debug)]
struct Slot<At> {
    position: usize,
    worker: Text,
    at: At,
}

/// One row of a [`RuleTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'t, At> {
    /// Prefixes, pattern and shorthand.
    pub key: &'t [u8],
    /// The worker with its extensions.
    pub worker: &'t [u8],
    /// Where the worker was given last.
    pub at: &'t At,
}

/// What [`RuleTable::rules`] has to say about an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The rule is left out; the others are not.
    Error(RuleError),
    /// The rule is used.
    Warning(RuleWarning),
}

impl<At> Default for RuleTable<At> {
    fn default() -> Self {
        Self { slots: HashMap::new() }
    }
}

impl<At> RuleTable<At> {
    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// `JkMount pattern worker`; gives the worker this replaces.
    pub fn mount(&mut self, pattern: &[u8], worker: &[u8], at: At) -> Option<Text> {
        self.set(pattern, worker, at)
    }

    /// `JkUnMount pattern worker`; gives the worker this replaces.
    pub fn unmount(&mut self, pattern: &[u8], worker: &[u8], at: At) -> Option<Text> {
        self.set(&[b"!", pattern].concat(), worker, at)
    }

    /// A line of a mount file; gives the worker this replaces, which deserves a warning.
    pub fn set(&mut self, key: &[u8], worker: &[u8], at: At) -> Option<Text> {
        if let Some(slot) = self.slots.get_mut(key) {
            slot.at = at;
            return Some(core::mem::replace(&mut slot.worker, worker.into()));
        }
        let slot = Slot { position: self.slots.len(), worker: worker.into(), at };
        self.slots.insert(key.into(), slot);
        None
    }

    /// The worker with its extensions that was given last for this key; mount files use it for `$(name)`.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.slots.get(key).map(|slot| &*slot.worker)
    }

    /// All rows, in the order in which their keys first came.
    pub fn entries(&self) -> Vec<Entry<'_, At>> {
        let mut slots: Vec<_> = self.slots.iter().collect();
        slots.sort_unstable_by_key(|(_, slot)| slot.position);
        slots.into_iter().map(|(key, slot)| Entry { key, worker: &slot.worker, at: &slot.at }).collect()
    }

    /// Adds the rules of the main server to those of a virtual host (`JkMountCopy`): after its own, and only where
    /// it has not the same key.
    pub fn inherit(&mut self, main: &Self)
    where
        At: Clone,
    {
        for entry in main.entries() {
            if !self.slots.contains_key(entry.key) {
                self.set(entry.key, entry.worker, entry.at.clone());
            }
        }
    }

    /// Reads all rows into rules, in order, for [`UriMap::new`](super::UriMap::new).
    pub fn rules(&self, source: Source, remark: &mut dyn FnMut(&Entry<'_, At>, Remark)) -> Vec<Rule> {
        let mut rules = Vec::with_capacity(self.slots.len());
        for entry in self.entries() {
            let mut warn = |warning| remark(&entry, Remark::Warning(warning));
            for rule in rule::parse(entry.key, entry.worker, source, true, &mut warn) {
                match rule {
                    Ok(rule) => rules.push(rule),
                    Err(error) => remark(&entry, Remark::Error(error)),
                }
            }
        }
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<At>(table: &RuleTable<At>) -> String {
        let entries = table.entries().into_iter();
        let lines = entries.map(|e| format!("{}={}", e.key.escape_ascii(), e.worker.escape_ascii()));
        lines.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_same_key_replaces_the_worker_and_keeps_the_position() {
        let mut table = RuleTable::default();
        assert_eq!(table.mount(b"/a", b"w1", 1), None);
        table.mount(b"/b", b"w1", 2);
        table.unmount(b"/a", b"w1", 3);
        assert_eq!(table.unmount(b"/a", b"w2", 4).as_deref(), Some(&b"w1"[..]));
        assert_eq!(table.mount(b"/a", b"w3", 5).as_deref(), Some(&b"w1"[..]));
        assert_eq!(written(&table), "/a=w3 /b=w1 !/a=w2");
        assert_eq!(table.entries().iter().map(|e| *e.at).collect::<Vec<_>>(), [5, 2, 4]);
        assert_eq!(table.get(b"!/a"), Some(&b"w2"[..]));
    }

    #[test]
    fn a_virtual_host_takes_what_it_has_not_itself_after_its_own() {
        let (mut main, mut host) = (RuleTable::default(), RuleTable::default());
        main.mount(b"/g/*", b"w1", ());
        main.unmount(b"/g/*.gif", b"w1", ());
        main.mount(b"/both", b"w1", ());
        host.mount(b"/v/x", b"w4", ());
        host.mount(b"/both", b"w4", ());
        host.inherit(&main);
        assert_eq!(written(&host), "/v/x=w4 /both=w4 /g/*=w1 !/g/*.gif=w1");
    }

    #[test]
    fn a_bad_row_is_remarked_on_and_the_others_stay() {
        let mut table = RuleTable::default();
        for (line, key, worker) in [(1, "X", "w3"), (2, "/a|/*", "w1;foo"), (3, "*.jsp", "w1")] {
            table.set(key.as_bytes(), worker.as_bytes(), line);
        }
        let mut said = Vec::new();
        let rules = table.rules(Source::File, &mut |entry, remark| {
            said.push((*entry.at, matches!(remark, Remark::Error(_))));
        });
        assert_eq!(rules.iter().map(|r| &*r.pattern).collect::<Vec<_>>(), [&b"/a"[..], b"/a/*"]);
        assert_eq!(said, [(1, true), (2, false), (3, true)]);
    }
}
