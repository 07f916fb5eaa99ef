//! The compiled map: which rule a path belongs to.
//!
//! mod_jk sorts all rules (more slashes, then longer, then the weightier source, then the earlier one) and tries
//! one after the other, at every request. Here the place in that order is a rule's [`Rank`], and an index finds
//! the best rank that matches: a tree over what patterns begin with, whose nodes hold trees over what they end
//! with. Only patterns with text between wildcards are tried one by one, and only those that share both ends with
//! the path. A property test compares the answers with the walk (`twin`).

use core::cmp::Reverse;
use std::collections::HashMap;

use super::pattern::{self, Pairs, Shape};
use super::rule::Rule;
use super::tree::{Back, Front, Tree};
use crate::text::Text;

/// The longest clean path, in bytes, that mod_jk maps. The caller looks at this before it asks [`UriMap::find`],
/// because a longer path must be refused, not served from somewhere else.
pub const MAX_URI: usize = 4095;

/// All rules of one server, ready to be asked by all threads. Never changes; a reload makes a new one.
#[derive(Clone, Debug, Default)]
pub struct UriMap {
    /// In search order.
    rules: Box<[Ranked]>,
    mounts: Index,
    /// Exclusions for all workers.
    excluded_for_all: Index,
    /// Exclusions for one worker each.
    excluded: Box<[Index]>,
}

#[derive(Clone, Debug)]
struct Ranked {
    rule: Rule,
    /// The exclusions for this rule's worker, in `excluded`.
    exclusions: Option<usize>,
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
        let exclusions: Vec<_> = rules.iter().map(|rule| places.get(&*rule.worker).copied()).collect();
        let excluded = builders.into_iter().map(IndexBuilder::build).collect();
        let ranked = rules.into_iter().zip(exclusions).map(|(rule, exclusions)| Ranked { rule, exclusions });
        Self { rules: ranked.collect(), mounts, excluded_for_all, excluded }
    }

    /// The rule for a path in its clean form ([`normal::clean`](super::normal::clean)). Allocates nothing.
    pub fn find(&self, clean_uri: &[u8]) -> Lookup<'_> {
        if clean_uri.first() != Some(&b'/') {
            return Lookup::None;
        }
        let winner = self.mounts.best(clean_uri);
        match self.rules.get(winner.place()) {
            None => Lookup::None,
            Some(ranked) if self.is_excluded(ranked, clean_uri) => Lookup::Excluded(&ranked.rule),
            Some(ranked) => Lookup::Rule(&ranked.rule),
        }
    }

    fn is_excluded(&self, winner: &Ranked, uri: &[u8]) -> bool {
        let own = winner.exclusions.and_then(|at| self.excluded.get(at));
        self.excluded_for_all.best(uri) < Rank::NONE || own.is_some_and(|index| index.best(uri) < Rank::NONE)
    }

    /// All rules, disabled ones and exclusions too, in the order in which mod_jk would try them.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter().map(|ranked| &ranked.rule)
    }

    /// Whether there is no rule at all; disabled rules and exclusions count.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// The place of a rule in the search order; the smaller wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(u32);

impl Rank {
    /// Behind all rules: nothing found.
    const NONE: Self = Self(u32::MAX);

    fn new(place: usize) -> Self {
        u32::try_from(place).map_or(Self::NONE, Self)
    }

    fn place(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Finds the best rank among some patterns.
#[derive(Clone, Debug)]
struct Index {
    heads: Tree<Front, Head>,
}

/// The patterns that share what stands before their first wildcard.
#[derive(Clone, Debug)]
struct Head {
    /// Nothing follows.
    exact: Rank,
    /// Only stars follow.
    open: Rank,
    /// More follows; by what stands after the last wildcard.
    tails: Option<Box<Tree<Back, Tail>>>,
    /// The best rank here, to pass by when a better one is known.
    least: Rank,
}

/// The patterns that share both ends.
#[derive(Clone, Debug)]
struct Tail {
    /// Only stars between the ends.
    any: Rank,
    /// More between the ends, best rank first.
    globs: Box<[Glob]>,
    least: Rank,
}

/// A pattern without its ends.
#[derive(Clone, Debug)]
struct Glob {
    rank: Rank,
    needed: Pairs,
    middle: Text,
}

impl Default for Index {
    fn default() -> Self {
        IndexBuilder::default().build()
    }
}

impl Index {
    /// The best rank whose pattern matches, or [`Rank::NONE`].
    fn best(&self, uri: &[u8]) -> Rank {
        // Longest beginning first: these rules rank high, so that most others are passed by.
        let mut best = Rank::NONE;
        for (head, rest) in self.heads.along(uri) {
            if head.least < best {
                best = head.best(rest, best);
            }
        }
        best
    }
}

impl Head {
    fn best(&self, rest: &[u8], mut best: Rank) -> Rank {
        best = best.min(self.open);
        if rest.is_empty() {
            best = best.min(self.exact);
        }
        for (tail, between) in self.tails.iter().flat_map(|tails| tails.along(rest)) {
            if tail.least < best {
                best = tail.best(between, best);
            }
        }
        best
    }
}

impl Tail {
    /// From how many candidates on it pays to collect the pairs of the text first.
    const MANY: usize = 8;

    fn best(&self, between: &[u8], mut best: Rank) -> Rank {
        best = best.min(self.any);
        let pairs = (self.globs.len() >= Self::MANY).then(|| Pairs::in_text(between));
        let possible = |glob: &&Glob| pairs.is_none_or(|pairs| pairs.cover(glob.needed));
        let better = self.globs.iter().take_while(|glob| glob.rank < best).filter(possible);
        let mut matching = better.filter(|glob| pattern::matches(&glob.middle, between));
        matching.next().map_or(best, |glob| glob.rank)
    }
}

/// Sorts patterns by their ends.
#[derive(Default)]
struct IndexBuilder<'p> {
    heads: HashMap<&'p [u8], HeadBuilder<'p>>,
}

#[derive(Default)]
struct HeadBuilder<'p> {
    exact: Option<Rank>,
    tails: HashMap<&'p [u8], TailBuilder>,
}

#[derive(Default)]
struct TailBuilder {
    any: Option<Rank>,
    globs: Vec<Glob>,
}

impl<'p> IndexBuilder<'p> {
    /// Adds a pattern; the ranks must rise, so that the first of equal patterns stays.
    fn add(&mut self, rank: Rank, pattern: &'p [u8]) {
        match Shape::of(pattern) {
            Shape::Exact(path) => {
                self.heads.entry(path).or_default().exact.get_or_insert(rank);
            }
            Shape::Ends { head, tail } => {
                self.tail(head, tail).any.get_or_insert(rank);
            }
            Shape::Glob { head, middle, tail } => {
                let glob = Glob { rank, needed: Pairs::in_pattern(middle), middle: middle.into() };
                self.tail(head, tail).globs.push(glob);
            }
        }
    }

    fn tail(&mut self, head: &'p [u8], tail: &'p [u8]) -> &mut TailBuilder {
        self.heads.entry(head).or_default().tails.entry(tail).or_default()
    }

    fn build(self) -> Index {
        let heads = self.heads.into_iter().map(|(head, builder)| (head, builder.build()));
        Index { heads: Tree::new(heads.collect()) }
    }
}

impl HeadBuilder<'_> {
    fn build(mut self) -> Head {
        let exact = self.exact.unwrap_or(Rank::NONE);
        // `/app/*` needs no second tree.
        let open = self.tails.get_mut(&b""[..]).and_then(|tail| tail.any.take()).unwrap_or(Rank::NONE);
        let tails: Vec<_> = self.tails.into_iter().map(|(tail, builder)| (tail, builder.build())).collect();
        let tails: Vec<_> = tails.into_iter().filter(|(_, tail)| tail.least < Rank::NONE).collect();
        let least = tails.iter().map(|(_, tail)| tail.least).fold(exact.min(open), Rank::min);
        let tails = (!tails.is_empty()).then(|| Box::new(Tree::new(tails)));
        Head { exact, open, tails, least }
    }
}

impl TailBuilder {
    fn build(self) -> Tail {
        let any = self.any.unwrap_or(Rank::NONE);
        let least = self.globs.first().map_or(any, |glob| any.min(glob.rank));
        Tail { any, globs: self.globs.into(), least }
    }
}
