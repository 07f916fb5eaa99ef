//! Names that lead nowhere: workers that are used but not described, and described but not used.

use std::collections::BTreeSet;

use super::builder::Builder;
use crate::config::attributes::Attributes;
use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::nearest;
use crate::config::properties::Entry;
use crate::config::worker_keys::{self, Role};
use crate::text::{self, Text};

impl Builder<'_> {
    pub(super) fn remark_undefined(
        &mut self,
        list: &str,
        name: &[u8],
        from: &Attributes<'_>,
        place: Option<&Place>,
    ) {
        if from.is_defined() || !self.undefined.insert(name.into()) {
            return;
        }
        let near = if self.undefined.len() <= nearest::ENOUGH {
            let names = self.properties.iter().filter_map(|entry| worker_keys::worker_name(&entry.key));
            nearest::did_you_mean(name, names)
        } else {
            String::new()
        };
        let message = format!(
            "{list} names \"{}\", of which no property is set, so that it is an ajp13 worker at localhost:8009{near}",
            text::show(name)
        );
        self.out.push(Diagnostic::warning(place.cloned(), message));
    }

    /// Remarks on properties of workers that nobody uses: their names are probably misspelt.
    pub(super) fn unused(&mut self, list: &[Text]) {
        let mut used: BTreeSet<&[u8]> = list.iter().chain(&self.members).map(|name| &**name).collect();
        used.extend(self.properties.iter().filter_map(referenced));
        let known: Vec<&[u8]> = used.iter().copied().collect();
        let mut told = 0;
        for entry in self.properties.iter().filter(|entry| !entry.inherited && !entry.quoted) {
            let message = match worker_keys::worker_name(&entry.key) {
                Some(name) if used.contains(name) || is_nested(name, &used) => continue,
                Some(name) => {
                    used.insert(name);
                    told += 1;
                    let candidates = if told > nearest::ENOUGH { &[][..] } else { &known };
                    let near = nearest::did_you_mean(name, candidates.iter().copied());
                    let name = text::show(name);
                    format!(
                        "worker \"{name}\" is neither in worker.list nor a member of a balancer nor a reference{near}"
                    )
                }
                None if nameless(&entry.key) => {
                    let rest = text::show(entry.key.strip_prefix(b"worker.").unwrap_or_default());
                    format!("\"worker.{rest}\" belongs to no worker; write worker.NAME.{rest}")
                }
                None => continue,
            };
            self.out.push(Diagnostic::warning(entry.place.clone(), message));
        }
    }
}

/// `worker.host` and the like: a property that should have a worker's name before it.
fn nameless(key: &[u8]) -> bool {
    let name = key.strip_prefix(b"worker.").and_then(worker_keys::find);
    name.is_some_and(|known| !known.applies_to.contains(&Role::Global))
}

/// The name of the worker a `reference` points to.
fn referenced(entry: &Entry) -> Option<&[u8]> {
    entry.key.ends_with(b".reference").then_some(&*entry.value)?.strip_prefix(b"worker.")
}

/// `a.b` belongs to `a` where that is a reference: whoever takes over `a` gets a worker `NAME.b`.
fn is_nested(name: &[u8], used: &BTreeSet<&[u8]>) -> bool {
    let dots = name.iter().enumerate().filter(|(_, byte)| **byte == b'.');
    dots.map(|(at, _)| at).any(|at| name.get(..at).is_some_and(|start| used.contains(start)))
}
