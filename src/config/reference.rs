//! `reference`: a worker takes over the properties of another prefix.

use std::collections::BTreeSet;

use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::properties::{Entry, Properties};
use crate::text::{self, Text};

/// The most references from one to the next; mod_jk gives up at the 20th.
const MOST_HOPS: usize = 19;

/// Bytes that may be copied. Prefixes that contain each other multiply; no real configuration comes near this.
const MOST_BYTES: usize = 32 << 20;

/// `to` takes over what `from` has; both end in a dot.
struct Hop {
    to: Text,
    from: Text,
    place: Option<Place>,
}

/// What was copied so far, and how much more may be.
struct Work {
    done: BTreeSet<Text>,
    left: usize,
}

impl Properties {
    /// Copies what each `worker.x.reference=worker.y` inherits. The nearest value wins, the order of lines does not
    /// matter. To be called once, after everything is read.
    pub fn resolve_references(&mut self, out: &mut Vec<Diagnostic>) {
        let starts: Vec<Hop> = self.iter().filter(|entry| is_reference(entry)).filter_map(hop).collect();
        let mut work = Work { done: BTreeSet::new(), left: MOST_BYTES };
        for start in starts {
            match self.chain(start) {
                Ok(chain) => self.inherit_chain(chain, &mut work, out),
                Err(diagnostic) => out.push(diagnostic),
            }
        }
    }

    /// Follows a reference to its end.
    fn chain(&self, start: Hop) -> Result<Vec<Hop>, Diagnostic> {
        let mut chain = vec![start];
        while let Some(next) = chain.last().and_then(|last| self.get(&reference_of(&last.from))).and_then(hop)
        {
            if chain.iter().any(|hop| hop.to == next.to) {
                return Err(looped(&chain));
            }
            if chain.len() == MOST_HOPS {
                return Err(too_many(&chain));
            }
            chain.push(next);
        }
        Ok(chain)
    }

    /// Copies from the far end to the near one, so that the nearest value wins.
    fn inherit_chain(&mut self, chain: Vec<Hop>, work: &mut Work, out: &mut Vec<Diagnostic>) {
        for hop in chain.into_iter().rev() {
            if !work.done.insert(hop.to.clone()) {
                continue;
            }
            if let Err(message) = self.inherit(&hop, &mut work.left) {
                out.push(Diagnostic::error(hop.place, message));
            }
        }
    }

    fn inherit(&mut self, hop: &Hop, left: &mut usize) -> Result<(), String> {
        let size = |entry: &Entry| entry.key.len() + hop.to.len() + entry.value.len();
        let bytes: usize = self.with_prefix(&hop.from).map(size).sum();
        if bytes == 0 {
            return Err(self.not_found(hop));
        }
        *left = left.checked_sub(bytes).ok_or_else(too_much)?;
        for entry in self.copy_with_prefix(&hop.from) {
            let rest = entry.key.strip_prefix(&*hop.from).unwrap_or_default();
            let key: Text = [&hop.to, rest].concat().into();
            if self.get(&key).is_none() {
                self.append(Entry { key, inherited: true, quoted: false, ..entry });
            }
        }
        Ok(())
    }

    fn not_found(&self, hop: &Hop) -> String {
        let value = hop.from.strip_suffix(b".").unwrap_or_default();
        let full = [b"worker.", value, b"."].concat();
        let advice = if value.ends_with(b".") {
            "; leave out the dot at the end".to_owned()
        } else if self.with_prefix(&full).next().is_some() {
            format!("; write worker.{}", text::show(value))
        } else {
            String::new()
        };
        let to = text::show(hop.to.strip_suffix(b".").unwrap_or_default());
        format!(
            "{to}.reference={}: no property begins with \"{}\"{advice}",
            text::show(value),
            text::show(&hop.from)
        )
    }
}

/// A line without a worker's name is none.
fn is_reference(entry: &Entry) -> bool {
    entry.key.starts_with(b"worker.")
        && entry.key.ends_with(b".reference")
        && &*entry.key != b"worker.reference"
}

fn reference_of(prefix: &[u8]) -> Vec<u8> {
    [prefix, b"reference"].concat()
}

fn hop(entry: &Entry) -> Option<Hop> {
    let to = entry.key.strip_suffix(b"reference")?.into();
    Some(Hop { to, from: [&entry.value, &b"."[..]].concat().into(), place: entry.place.clone() })
}

fn looped(chain: &[Hop]) -> Diagnostic {
    Diagnostic::error(place(chain), format!("references go round in a circle: {}", way(chain)))
}

fn too_many(chain: &[Hop]) -> Diagnostic {
    let message = format!("more than {MOST_HOPS} references follow each other: {}", way(chain));
    Diagnostic::error(place(chain), message)
}

fn too_much() -> String {
    format!("references copy more than {MOST_BYTES} bytes; do their prefixes contain each other?")
}

fn place(chain: &[Hop]) -> Option<Place> {
    chain.first().and_then(|hop| hop.place.clone())
}

fn way(chain: &[Hop]) -> String {
    let name = |prefix: &[u8]| text::show(prefix.strip_suffix(b".").unwrap_or(prefix)).to_string();
    let mut names: Vec<_> = chain.iter().map(|hop| name(&hop.to)).collect();
    names.extend(chain.last().map(|hop| name(&hop.from)));
    names.join(" -> ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn resolve(file: &str) -> (Properties, Vec<Diagnostic>) {
        let (mut properties, mut out) = (Properties::new(), Vec::new());
        properties.read_file(file.as_bytes(), b"w", &|_| None, &mut out);
        properties.resolve_references(&mut out);
        (properties, out)
    }

    #[test]
    fn the_nearest_value_wins_whatever_the_order_of_lines() {
        let (properties, out) = resolve(
            "worker.a.reference=worker.t\nworker.a.port=1\nworker.t.reference=worker.u\nworker.t.host=h\n\
             worker.u.host=other\nworker.u.port=3\nworker.u.retries=4\nworker.u.x.host=deep",
        );
        assert_eq!(out, []);
        for (key, value) in [
            ("worker.a.port", "1"),
            ("worker.a.host", "h"),
            ("worker.a.retries", "4"),
            ("worker.a.x.host", "deep"),
            ("worker.a.reference", "worker.t"),
            ("worker.t.port", "3"),
        ] {
            assert_eq!(&*properties.get(key.as_bytes()).unwrap().value, value.as_bytes(), "{key}");
        }
    }

    #[test]
    fn variables_can_be_inherited_too() {
        let (properties, out) = resolve("tmpl.port=8010\nworker.a.reference=tmpl");
        assert_eq!(out, []);
        assert_eq!(&*properties.get(b"worker.a.port").unwrap().value, b"8010");
    }

    #[test]
    fn a_reference_of_no_worker_is_none() {
        let (properties, out) = resolve("worker.reference=worker.t\nworker.t.port=7\nworker.a.port=1");
        assert_eq!((properties.get(b"worker.port"), out), (None, vec![]));
    }

    fn row(hops: usize) -> String {
        let one = |n: usize| format!("worker.w{n}.reference=worker.w{}\n", n + 1);
        (0..hops).map(one).collect::<String>() + &format!("worker.w{hops}.host=far\n")
    }

    #[test]
    fn nineteen_hops_succeed_and_twenty_fail() {
        let (properties, out) = resolve(&row(19));
        assert_eq!(out, []);
        assert_eq!(&*properties.get(b"worker.w0.host").unwrap().value, b"far");
        let (_, out) = resolve(&row(20));
        assert!(out.iter().any(|one| one.message.contains("more than 19 references")), "{out:?}");
    }

    #[test]
    fn what_leads_nowhere_is_an_error() {
        for (file, part) in [
            ("worker.a.reference=worker.a", "circle: worker.a -> worker.a"),
            ("worker.a.reference=worker.b\nworker.b.reference=worker.a", "worker.a -> worker.b -> worker.a"),
            ("worker.a.reference=worker.t", "no property begins with \"worker.t.\""),
            ("worker.a.reference=t\nworker.t.host=h", "write worker.t"),
            ("worker.a.reference=worker.t.\nworker.t.host=h", "leave out the dot"),
        ] {
            let (_, out) = resolve(file);
            assert!(out.iter().any(|one| one.message.contains(part)), "{file}: {out:?}");
        }
    }

    #[test]
    fn prefixes_that_contain_each_other_come_to_an_end() {
        let file: String = (0..40).map(|n| format!("worker.a{n}.reference=worker\n")).collect();
        let (properties, out) = resolve(&file);
        assert!(
            properties.len() < 1_000_000 && out.iter().any(|one| one.message.contains("contain each other"))
        );
    }
}
