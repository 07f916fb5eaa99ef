//! The compiled map: which rule a path belongs to.
//!
//! mod_jk sorts all rules (more slashes, then longer, then the weightier source, then the earlier one) and tries
//! one after the other, at every request. Here the place in that order is a rule's rank, and an index finds
//! the best rank that matches. A property test compares the answers with the walk (`twin`).

use core::cmp::Reverse;
use std::collections::HashMap;

use super::index::{Index, IndexBuilder, Rank};
use super::pattern;
use super::rule::Rule;

/// The longest clean path, in bytes, that mod_jk maps. The caller looks at this before it asks [`UriMap::find`],
/// because a longer path must be refused, not served from somewhere else.
pub const MAX_URI: usize = 4095;

/// All rules of one server, ready to be asked by all threads. Never changes; a reload makes a new one.
#[derive(Clone, Debug, Default)]
pub struct UriMap {
    /// In search order: a rule's place is its rank.
    rules: Vec<Rule>,
    mounts: Option<Index>,
    /// Exclusions for all workers.
    excluded_for_all: Option<Index>,
    /// Exclusions for one worker each.
    excluded: Vec<Index>,
    /// For each rule the place of its worker in `excluded`; empty if that is empty.
    exclusions: Vec<Option<usize>>,
}

/// The answer of a [`UriMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Lookup<'m> {
    /// The request belongs to this rule's worker.
    Rule(&'m Rule),
    /// This rule won, and an exclusion for its worker matches too: not mapped, and no other rule is asked.
    Excluded(&'m Rule),
    /// No rule matches.
    None,
}

impl UriMap {
    /// Compiles rules, given in the order in which they were written.
    ///
    /// For a reload the rules of the old map that are not from the file, in the order of [`rules`](Self::rules),
    /// followed by the rules of the file, give the same map as all in their original order.
    pub fn new(mut rules: Vec<Rule>) -> Self {
        rules.sort_by_cached_key(|rule| {
            Reverse((pattern::slashes(&rule.pattern), rule.pattern.len(), rule.source))
        });
        let mut mounts = IndexBuilder::default();
        let mut for_all = IndexBuilder::default();
        let mut groups: HashMap<&[u8], IndexBuilder<'_>> = HashMap::new();
        for (at, rule) in rules.iter().enumerate().filter(|(_, rule)| !rule.disabled) {
            let builder = match &*rule.worker {
                _ if !rule.exclusion => &mut mounts,
                b"*" => &mut for_all,
                worker => groups.entry(worker).or_default(),
            };
            builder.add(Rank::new(at), &rule.pattern);
        }
        let (mounts, excluded_for_all) = (mounts.build(), for_all.build());
        let (names, builders): (Vec<&[u8]>, Vec<_>) = groups.into_iter().unzip();
        let places: HashMap<&[u8], usize> = names.into_iter().zip(0..).collect();
        let place = |rule: &Rule| places.get(&*rule.worker).copied();
        let exclusions = if places.is_empty() { Vec::new() } else { rules.iter().map(place).collect() };
        // No group is empty, so the places hold.
        let excluded = builders.into_iter().filter_map(IndexBuilder::build).collect();
        Self { rules, mounts, excluded_for_all, excluded, exclusions }
    }

    /// The rule for a path in its clean form ([`normal::clean`](super::normal::clean)). Allocates nothing.
    pub fn find(&self, clean_uri: &[u8]) -> Lookup<'_> {
        if clean_uri.first() != Some(&b'/') {
            return Lookup::None;
        }
        let Some(winner) = self.mounts.as_ref().and_then(|index| index.best(clean_uri)) else {
            return Lookup::None;
        };
        match self.rules.get(winner.place()) {
            Some(rule) if self.is_excluded(winner, clean_uri) => Lookup::Excluded(rule),
            Some(rule) => Lookup::Rule(rule),
            None => Lookup::None,
        }
    }

    fn is_excluded(&self, winner: Rank, uri: &[u8]) -> bool {
        let own = self.exclusions.get(winner.place()).copied().flatten();
        let own = own.and_then(|place| self.excluded.get(place));
        let all = self.excluded_for_all.as_ref();
        own.into_iter().chain(all).any(|index| index.best(uri).is_some())
    }

    /// All rules, disabled ones and exclusions too, in the order in which mod_jk would try them.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Whether there is no rule at all; disabled rules and exclusions count.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}
