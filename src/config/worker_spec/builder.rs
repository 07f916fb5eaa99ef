//! Builds the workers of `worker.list` one by one.

use std::collections::BTreeSet;

use super::balancer;
use super::{AjpSpec, Defaults, LbSpec, PoolSpec, StatusSpec, WorkerSpec, Workers};
use crate::config::attributes::Attributes;
use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::inspect::{self, Inspection};
use crate::config::mounts::Mounted;
use crate::config::nearest;
use crate::config::properties::Properties;
use crate::config::values;
use crate::config::worker_keys::{self, LONGEST_NAME, Role};
use crate::text::{self, Text};
use crate::time::Seconds;
use crate::uri::rule::{self, Source};

/// The worker that exists when none is listed.
const IMPLICIT: &[u8] = b"ajp13";

/// Builds the workers of `worker.list`. References must have been resolved. A worker with an error is left out.
pub fn build(properties: &Properties, defaults: &Defaults) -> (Workers, Vec<Diagnostic>) {
    let mut builder = Builder {
        properties,
        pool_size: defaults.pool_size,
        members: balancer::members(properties),
        inspection: Inspection::default(),
        undefined: BTreeSet::new(),
        out: Vec::new(),
    };
    let list = builder.list();
    let workers = list.iter().filter_map(|name| builder.worker(name)).collect();
    let maintain = builder.maintain();
    builder.unused(&list);
    let list_place = properties.get(b"worker.list").and_then(|entry| entry.place.clone());
    let workers = Workers { list, list_place, workers, maintain };
    (workers, builder.out)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Ajp,
    Lb,
    Status,
}

pub(super) struct Builder<'p> {
    pub(super) properties: &'p Properties,
    pub(super) pool_size: u32,
    /// The members of every balancer, listed or not.
    pub(super) members: BTreeSet<Text>,
    pub(super) inspection: Inspection,
    /// Names of which it was said that they have no property.
    pub(super) undefined: BTreeSet<Text>,
    pub(super) out: Vec<Diagnostic>,
}

impl Builder<'_> {
    /// The names of `worker.list`, each once.
    fn list(&mut self) -> Vec<Text> {
        let entry = self.properties.get(b"worker.list");
        let place = entry.and_then(|entry| entry.place.clone());
        let mut list: Vec<Text> = Vec::new();
        let mut seen = BTreeSet::new();
        for name in entry.map(|entry| &*entry.value).into_iter().flat_map(text::list) {
            if seen.insert(name) {
                list.push(name.into());
            } else {
                let message = format!("worker.list names \"{}\" twice", text::show(name));
                self.out.push(Diagnostic::warning(place.clone(), message));
            }
        }
        if list.is_empty() {
            let message =
                "worker.list is missing, so that the only worker is \"ajp13\", by default at localhost:8009";
            self.out.push(Diagnostic::warning(place, message));
            list.push(IMPLICIT.into());
        }
        list
    }

    /// Builds one worker of the list.
    fn worker(&mut self, name: &[u8]) -> Option<WorkerSpec> {
        let from = Attributes::of(self.properties, name);
        let list = self.properties.get(b"worker.list").and_then(|entry| entry.place.clone());
        if list.is_some() {
            self.remark_undefined("worker.list", name, &from, list.as_ref());
        }
        let kind = self.accept(name, &from, list)?;
        let mounts = self.mounts(name, &from);
        Some(match kind {
            Type::Ajp => WorkerSpec::Ajp(AjpSpec { mounts, ..self.ajp(name, &from) }),
            Type::Lb => WorkerSpec::Lb(LbSpec { mounts, ..self.lb(name, &from)? }),
            Type::Status => {
                self.inspection.worker(&from, &[Role::Status], &mut self.out);
                let status = StatusSpec::read(name, &from);
                self.remark_ratings(&status);
                WorkerSpec::Status(StatusSpec { mounts, ..status })
            }
        })
    }

    /// The type of a worker if both its name and its type are possible.
    pub(super) fn accept(
        &mut self,
        name: &[u8],
        from: &Attributes<'_>,
        place: Option<Place>,
    ) -> Option<Type> {
        if name.len() > LONGEST_NAME {
            let message =
                format!("the name of worker \"{}\" {}", text::show(name), inspect::too_long(name.len()));
            self.error(place, message);
            return None;
        }
        let Some(entry) = from.entry("type") else { return Some(Type::Ajp) };
        let kind = type_of(&entry.value);
        if kind.is_none() {
            self.error(entry.place.clone(), bad_type(name, &entry.value));
        }
        kind
    }

    fn ajp(&mut self, name: &[u8], from: &Attributes<'_>) -> AjpSpec {
        let roles: &[Role] =
            if self.members.contains(name) { &[Role::Ajp, Role::Member] } else { &[Role::Ajp] };
        self.inspection.worker(from, roles, &mut self.out);
        let ajp = AjpSpec::read(name, from, self.pool_size);
        self.remark_pool(from, &ajp.pool);
        ajp
    }

    fn mounts(&mut self, name: &[u8], from: &Attributes<'_>) -> Vec<Mounted> {
        let Some(entry) = from.entry("mount") else { return Vec::new() };
        let mut rules = Vec::new();
        for pattern in text::list(&entry.value) {
            let mut warn = |warning: rule::RuleWarning| {
                self.out.push(Diagnostic::warning(entry.place.clone(), warning.to_string()));
            };
            for rule in rule::parse(pattern, name, Source::WorkerMount, false, &mut warn) {
                match rule {
                    Ok(rule) => rules.push(Mounted { rule, place: entry.place.clone() }),
                    Err(error) => self.out.push(Diagnostic::error(entry.place.clone(), error.to_string())),
                }
            }
        }
        rules
    }

    fn maintain(&mut self) -> Option<Seconds> {
        let entry = self.properties.get(b"worker.maintain");
        let seconds = entry.and_then(|entry| values::int(&entry.value)).unwrap_or(60);
        if let Some(entry) = entry {
            let complaint =
                worker_keys::find(b"maintain").and_then(|key| inspect::complaint(key, &entry.value));
            let off = "switches maintenance off: idle connections stay and failed members never come back";
            let what = if seconds <= 0 { Some(off.to_owned()) } else { complaint.map(|(_, what)| what) };
            self.out.extend(
                what.map(|what| {
                    Diagnostic::warning(entry.place.clone(), format!("\"worker.maintain\" {what}"))
                }),
            );
        }
        u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Seconds)
    }

    pub(super) fn remark_pool(&mut self, from: &Attributes<'_>, pool: &PoolSpec) {
        let Some(entry) = from.entry("connection_pool_minsize").filter(|entry| !entry.inherited) else {
            return;
        };
        if pool.min_size > pool.size {
            let message = format!(
                "\"{}\" is larger than the pool of {}, so that idle connections are never closed",
                text::show(&entry.key),
                pool.size
            );
            self.out.push(Diagnostic::warning(entry.place.clone(), message));
        }
    }

    pub(super) fn error(&mut self, place: Option<Place>, message: String) {
        let error = Diagnostic::error(place, message);
        if !self.out.contains(&error) {
            self.out.push(error);
        }
    }
}

pub(super) fn type_of(word: &[u8]) -> Option<Type> {
    match word {
        b"ajp13" => Some(Type::Ajp),
        b"lb" => Some(Type::Lb),
        b"status" => Some(Type::Status),
        _ => None,
    }
}

pub(super) fn type_of_worker(properties: &Properties, name: &[u8]) -> Option<Type> {
    Attributes::of(properties, name).entry("type").map_or(Some(Type::Ajp), |entry| type_of(&entry.value))
}

fn bad_type(name: &[u8], word: &[u8]) -> String {
    let (name, shown) = (text::show(name), text::show(word));
    if matches!(word, b"ajp12" | b"ajp14") {
        return format!(
            "worker \"{name}\" has the type {shown}, which Tomcat no longer speaks; write type=ajp13"
        );
    }
    let near = nearest::did_you_mean(word, [&b"ajp13"[..], b"lb", b"status"]);
    format!(
        "worker \"{name}\" has the unknown type \"{shown}\"; it must be ajp13, lb or status, in lower case{near}"
    )
}
