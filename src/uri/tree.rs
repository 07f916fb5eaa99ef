//! A radix tree over byte strings that are the beginnings (or the ends) of paths.
//!
//! One walk finds all keys that a path begins with, and stops at the first byte that no key shares: the cost
//! depends on the path, not on the number of keys. Built once, never changed; nothing is allocated by a walk.

use core::marker::PhantomData;
use core::ops::Range;

/// From which side a tree reads its keys and the texts.
pub(super) trait Side {
    /// The bytes of `text`, nearest to this side first.
    fn bytes(text: &[u8]) -> impl Iterator<Item = u8>;
    /// The nearest `count` bytes and the others, both in the order of the text; `None` if there are too few.
    fn cut(text: &[u8], count: usize) -> Option<(&[u8], &[u8])>;
}

/// Keys are beginnings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Front;

impl Side for Front {
    fn bytes(text: &[u8]) -> impl Iterator<Item = u8> {
        text.iter().copied()
    }
    fn cut(text: &[u8], count: usize) -> Option<(&[u8], &[u8])> {
        text.split_at_checked(count)
    }
}

/// Keys are ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Back;

impl Side for Back {
    fn bytes(text: &[u8]) -> impl Iterator<Item = u8> {
        text.iter().rev().copied()
    }
    fn cut(text: &[u8], count: usize) -> Option<(&[u8], &[u8])> {
        let (others, nearest) = text.split_at_checked(text.len().checked_sub(count)?)?;
        Some((nearest, others))
    }
}

/// What each key leads to.
#[derive(Clone, Debug)]
pub(super) struct Tree<S, T> {
    /// Breadth first, so that the children of a node are neighbours; the root is the first.
    nodes: Box<[Node<T>]>,
    /// For each node the first byte of its label; one search over a slice of it finds a child.
    first_bytes: Box<[u8]>,
    /// The texts of all labels.
    labels: Box<[u8]>,
    side: PhantomData<S>,
}

#[derive(Clone, Debug)]
struct Node<T> {
    /// What this node's key has more than its parent's, in `labels`.
    label: Range<usize>,
    children: Range<usize>,
    /// The length of the whole key.
    depth: usize,
    /// The nearest node above that leads to something.
    above: Option<usize>,
    load: Option<T>,
}

impl<S: Side, T> Tree<S, T> {
    /// Builds the tree; the keys must differ from each other.
    pub(super) fn new(mut entries: Vec<(&[u8], T)>) -> Self {
        entries.sort_by(|(a, _), (b, _)| S::bytes(a).cmp(S::bytes(b)));
        let (keys, loads): (Vec<&[u8]>, Vec<T>) = entries.into_iter().unzip();
        let mut builder = Builder::<S, T> {
            loads: loads.into_iter().map(Some).collect(),
            waiting: vec![Span { keys: 0..keys.len(), parent_depth: 0, above: None }],
            keys,
            nodes: Vec::new(),
            first_bytes: Vec::new(),
            labels: Vec::new(),
            side: PhantomData,
        };
        while let Some(span) = builder.waiting.get(builder.nodes.len()).cloned() {
            builder.add(&span);
        }
        Self {
            nodes: builder.nodes.into(),
            first_bytes: builder.first_bytes.into(),
            labels: builder.labels.into(),
            side: PhantomData,
        }
    }

    /// What the keys at this side of `text` lead to, longest key first, each with what the key leaves of the text.
    pub(super) fn along<'t, 'x>(&'t self, text: &'x [u8]) -> Along<'t, 'x, S, T> {
        Along { at: self.descend(text), tree: self, text }
    }

    /// The deepest node whose key stands at this side of `text`.
    fn descend(&self, text: &[u8]) -> Option<usize> {
        let (mut reached, mut next, mut rest) = (None, 0, text);
        while let Some(node) = self.nodes.get(next) {
            #[cfg(test)]
            VISITS.set(VISITS.get() + 1);
            let label = self.labels.get(node.label.clone()).unwrap_or_default();
            match S::cut(rest, label.len()) {
                // Labels are short: a call of memcmp would cost more than it saves.
                Some((near, left)) if near.iter().eq(label) => rest = left,
                Some(_) | None => break,
            }
            reached = Some(next);
            let Some(child) = S::bytes(rest).next().and_then(|byte| self.child(node, byte)) else { break };
            next = child;
        }
        reached
    }

    fn child(&self, node: &Node<T>, byte: u8) -> Option<usize> {
        let first_bytes = self.first_bytes.get(node.children.clone())?;
        let at = match first_bytes.len() {
            0..16 => first_bytes.iter().position(|first| *first == byte)?,
            16.. => memchr::memchr(byte, first_bytes)?,
        };
        Some(node.children.start + at)
    }
}

#[cfg(test)]
thread_local! {
    /// How many nodes walks in this thread have looked at on their way down.
    pub(super) static VISITS: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// The walk back from the deepest node; see [`Tree::along`].
pub(super) struct Along<'t, 'x, S, T> {
    tree: &'t Tree<S, T>,
    text: &'x [u8],
    at: Option<usize>,
}

impl<'t, 'x, S: Side, T> Iterator for Along<'t, 'x, S, T> {
    type Item = (&'t T, &'x [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let node = self.tree.nodes.get(self.at?)?;
            self.at = node.above;
            if let Some(load) = &node.load {
                let (_, left) = S::cut(self.text, node.depth)?;
                return Some((load, left));
            }
        }
    }
}

/// A node to be made: the sorted keys that go through it.
#[derive(Clone)]
struct Span {
    keys: Range<usize>,
    parent_depth: usize,
    above: Option<usize>,
}

struct Builder<'k, S, T> {
    keys: Vec<&'k [u8]>,
    loads: Vec<Option<T>>,
    /// Node `n` is made from entry `n`; its children are appended.
    waiting: Vec<Span>,
    nodes: Vec<Node<T>>,
    first_bytes: Vec<u8>,
    labels: Vec<u8>,
    side: PhantomData<S>,
}

impl<S: Side, T> Builder<'_, S, T> {
    fn add(&mut self, span: &Span) {
        let depth = self.shared(&span.keys);
        let label = self.label(span, depth);
        // Of keys that differ, only the first of a sorted run can end here.
        let ends_here = self.keys.get(span.keys.start).is_some_and(|key| key.len() == depth);
        let load = if ends_here { self.loads.get_mut(span.keys.start).and_then(Option::take) } else { None };
        let above = if load.is_some() { Some(self.nodes.len()) } else { span.above };
        let first_child = self.waiting.len();
        self.branch(span.keys.start + usize::from(ends_here)..span.keys.end, depth, above);
        let children = first_child..self.waiting.len();
        self.nodes.push(Node { label, children, depth, above: span.above, load });
    }

    /// How many bytes all of these sorted keys share.
    fn shared(&self, keys: &Range<usize>) -> usize {
        let run = self.keys.get(keys.clone()).unwrap_or_default();
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return 0 };
        S::bytes(first).zip(S::bytes(last)).take_while(|(a, b)| a == b).count()
    }

    fn label(&mut self, span: &Span, depth: usize) -> Range<usize> {
        let start = self.labels.len();
        let whole = self.keys.get(span.keys.start).and_then(|key| S::cut(key, depth));
        let label = whole.and_then(|(key, _)| S::cut(key, span.parent_depth)).unwrap_or_default().1;
        self.first_bytes.push(S::bytes(label).next().unwrap_or_default());
        self.labels.extend_from_slice(label);
        start..self.labels.len()
    }

    /// Appends one child for each byte that follows at `depth`.
    fn branch(&mut self, keys: Range<usize>, depth: usize, above: Option<usize>) {
        let next = |key: &&[u8]| S::bytes(key).nth(depth);
        let mut start = keys.start;
        for run in self.keys.get(keys).unwrap_or_default().chunk_by(|a, b| next(a) == next(b)) {
            let end = start + run.len();
            self.waiting.push(Span { keys: start..end, parent_depth: depth, above });
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<S: Side>(keys: &[&'static str], text: &str) -> Vec<(&'static str, String)> {
        let tree = Tree::<S, _>::new(keys.iter().map(|key| (key.as_bytes(), *key)).collect());
        let walk = tree.along(text.as_bytes());
        walk.map(|(key, left)| (*key, left.escape_ascii().to_string())).collect()
    }

    #[test]
    fn all_beginnings_are_found_longest_first() {
        let keys = ["/", "/app/", "/app", "/application", "/b", ""];
        for (text, expected) in [
            ("/app/x", &[("/app/", "x"), ("/app", "/x"), ("/", "app/x"), ("", "/app/x")][..]),
            ("/applicatio", &[("/app", "licatio"), ("/", "applicatio"), ("", "/applicatio")]),
            (
                "/application",
                &[("/application", ""), ("/app", "lication"), ("/", "application"), ("", "/application")],
            ),
            ("/c", &[("/", "c"), ("", "/c")]),
            ("x", &[("", "x")]),
            ("", &[("", "")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(key, left)| (*key, (*left).to_owned())).collect();
            assert_eq!(found::<Front>(&keys, text), expected, "{text}");
        }
    }

    #[test]
    fn all_ends_are_found_longest_first() {
        let keys = [".jsp", "p", "x.jsp", ".do", ".jspx"];
        for (text, expected) in [
            ("/x.jsp", &[("x.jsp", "/"), (".jsp", "/x"), ("p", "/x.js")][..]),
            ("/y.jsp", &[(".jsp", "/y"), ("p", "/y.js")]),
            ("jsp", &[("p", "js")]),
            ("/a.do", &[(".do", "/a")]),
            ("", &[]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(key, left)| (*key, (*left).to_owned())).collect();
            assert_eq!(found::<Back>(&keys, text), expected, "{text}");
        }
    }

    #[test]
    fn a_tree_without_keys_finds_nothing() {
        assert_eq!(found::<Front>(&[], "/x"), []);
    }

    #[test]
    fn an_unrelated_text_is_left_at_its_first_foreign_byte() {
        let keys: Vec<String> = (0..1000).map(|n| format!("/ctx{n}/")).collect();
        let tree = Tree::<Front, _>::new(keys.iter().map(|key| (key.as_bytes(), ())).collect());
        assert_eq!(tree.descend(b"/index.html"), None);
        assert_eq!(tree.nodes.first().map(|root| root.depth), Some(4));
    }
}
