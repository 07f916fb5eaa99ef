//! Finds, among many patterns, the one of best rank that matches a path.
//!
//! Three trees within each other: over what patterns begin with, over what those end with, and, where many
//! share both ends, over the longest text between their wildcards. A pattern is tried as a glob only when the path
//! contains all of these; one with nothing between its ends never is.

use std::collections::HashMap;

use super::pattern::{self, Shape};
use super::tree::{Back, Front, Tree};
use crate::text::Text;

/// The place of a rule in the search order; the smaller wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u32);

impl Rank {
    /// Behind all rules: nothing found.
    const NONE: Self = Self(u32::MAX);

    pub(super) fn new(place: usize) -> Self {
        u32::try_from(place).map_or(Self::NONE, Self)
    }

    pub(super) fn place(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// See the head of this file.
#[derive(Clone, Debug)]
pub(super) struct Index {
    heads: Tree<Front, Head>,
}

/// The patterns that share what stands before their first wildcard.
#[derive(Clone, Debug)]
struct Head {
    /// Nothing follows.
    exact: Rank,
    /// Only stars follow, as in `/app/*`.
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
    /// More between the ends.
    globs: Globs,
    /// Many of these, by the longest text in each.
    pieces: Option<Box<Tree<Front, Globs>>>,
    least: Rank,
}

/// What stands between the ends of some patterns, best rank first.
#[derive(Clone, Debug, Default)]
struct Globs(Vec<(Rank, Text)>);

impl Index {
    /// The best rank of a pattern that matches.
    pub(super) fn best(&self, uri: &[u8]) -> Option<Rank> {
        // Longest beginning first: these rank high, so that most others are passed by.
        let mut best = Rank::NONE;
        for (head, rest) in self.heads.along(uri) {
            if head.least < best {
                best = head.best(rest, best);
            }
        }
        (best < Rank::NONE).then_some(best)
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
    fn best(&self, between: &[u8], mut best: Rank) -> Rank {
        best = self.globs.best(between, best.min(self.any));
        if let Some(pieces) = &self.pieces {
            for start in 0..between.len() {
                let after = between.get(start..).unwrap_or_default();
                for (globs, _) in pieces.along(after) {
                    best = globs.best(between, best);
                }
            }
        }
        best
    }
}

impl Globs {
    fn best(&self, between: &[u8], best: Rank) -> Rank {
        let better = self.0.iter().take_while(|(rank, _)| *rank < best);
        let mut matching = better.filter(|(_, middle)| pattern::matches(middle, between));
        matching.next().map_or(best, |(rank, _)| *rank)
    }
}

/// Sorts patterns by their ends.
#[derive(Default)]
pub(super) struct IndexBuilder<'p> {
    heads: HashMap<&'p [u8], HeadBuilder<'p>>,
}

#[derive(Default)]
struct HeadBuilder<'p> {
    exact: Option<Rank>,
    open: Option<Rank>,
    tails: HashMap<&'p [u8], TailBuilder<'p>>,
}

#[derive(Default)]
struct TailBuilder<'p> {
    any: Option<Rank>,
    globs: Vec<(Rank, &'p [u8])>,
}

impl<'p> IndexBuilder<'p> {
    /// Adds a pattern; the ranks must rise, so that the first of equal patterns stays.
    pub(super) fn add(&mut self, rank: Rank, pattern: &'p [u8]) {
        let shape = Shape::of(pattern);
        let head = self.heads.entry(shape.head()).or_default();
        match shape {
            Shape::Exact(_) => _ = head.exact.get_or_insert(rank),
            Shape::Ends { tail: b"", .. } => _ = head.open.get_or_insert(rank),
            Shape::Ends { tail, .. } => _ = head.tails.entry(tail).or_default().any.get_or_insert(rank),
            Shape::Glob { middle, tail, .. } => {
                head.tails.entry(tail).or_default().globs.push((rank, middle))
            }
        }
    }

    /// `None` if there was no pattern.
    pub(super) fn build(self) -> Option<Index> {
        let heads: Vec<_> = self.heads.into_iter().map(|(head, builder)| (head, builder.build())).collect();
        (!heads.is_empty()).then(|| Index { heads: Tree::new(heads) })
    }
}

impl HeadBuilder<'_> {
    fn build(self) -> Head {
        let (exact, open) = (self.exact.unwrap_or(Rank::NONE), self.open.unwrap_or(Rank::NONE));
        let tails: Vec<_> = self.tails.into_iter().map(|(tail, builder)| (tail, builder.build())).collect();
        let least = tails.iter().map(|(_, tail)| tail.least).fold(exact.min(open), Rank::min);
        let tails = (!tails.is_empty()).then(|| Box::new(Tree::new(tails)));
        Head { exact, open, tails, least }
    }
}

impl TailBuilder<'_> {
    /// From how many globs on it pays to look for texts at each place of a path.
    const MANY: usize = 8;

    fn build(self) -> Tail {
        let any = self.any.unwrap_or(Rank::NONE);
        let least = self.globs.first().map_or(any, |(rank, _)| any.min(*rank));
        let many = self.globs.len() >= Self::MANY;
        let (mut globs, mut pieces) = (Globs(Vec::new()), HashMap::<&[u8], Globs>::new());
        for (rank, middle) in self.globs {
            let piece = pattern::longest_literal(middle);
            let list = if many && !piece.is_empty() { pieces.entry(piece).or_default() } else { &mut globs };
            list.0.push((rank, middle.into()));
        }
        let pieces = (!pieces.is_empty()).then(|| Box::new(Tree::new(pieces.into_iter().collect())));
        Tail { any, globs, pieces, least }
    }
}
