//! Specs with what administrators changed: as configured, plus the edits that stand in shared memory.

use super::settings::{Editable, HOST, PORT, quoted};
use crate::config::worker_spec::AjpSpec;
use crate::log::Log;
use crate::say;
use crate::shm::board::{Board, Column};
use crate::shm::edits::{Edit, EditSlot, Edits};
use crate::text::{Text, show};
use std::net::SocketAddr;

/// Which edits of a worker this process has taken over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edition {
    slot: Option<&'static EditSlot>,
    version: u32,
}

impl Edition {
    /// None yet.
    pub(super) fn first(board: &Board, column: Column) -> Self {
        Self { slot: board.edits_of(column), version: 0 }
    }

    /// Whether there are others by now.
    pub(super) fn is_outdated(&self) -> bool {
        self.slot.is_some_and(|slot| slot.version() != self.version)
    }

    /// The edits of now.
    pub(super) fn renew(&self) -> (Self, Edits) {
        let Some(slot) = self.slot else { return (*self, Edits::default()) };
        // First: if they change meanwhile, the next look finds the version outdated.
        let version = slot.version();
        (Self { version, ..*self }, slot.read())
    }
}

/// A spec as it is now.
pub(super) fn edited<S: Editable>(configured: &S, edits: &Edits) -> S {
    let mut spec = configured.clone();
    for (setting, edit) in S::NUMBERS.iter().zip(&edits.numbers) {
        edit.iter().for_each(|edit| (setting.set)(&mut spec, edit.value));
    }
    for (setting, edit) in S::TEXTS.iter().zip(&edits.texts) {
        edit.iter().for_each(|edit| (setting.set)(&mut spec, edit.value.clone()));
    }
    spec
}

/// A value that a setting is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Of one among [`Editable::NUMBERS`].
    Number(u64),
    /// Of one among [`Editable::TEXTS`].
    Text(Text),
}

/// What really changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) setting: &'static str,
    pub(super) old: String,
    pub(super) new: String,
}

/// Changes settings, named by their properties. Values that are as wanted already stay untouched. `unchanged` is the spec
/// without any edit: as configured, but for numbers that could not be.
pub(super) fn change<S: Editable>(
    configured: &S,
    unchanged: &S,
    edits: &mut Edits,
    wanted: &[(&str, Value)],
) -> Vec<Changed> {
    wanted
        .iter()
        .filter_map(|(name, value)| match value {
            Value::Number(new) => change_number(configured, unchanged, edits, name, *new),
            Value::Text(new) => change_text(configured, edits, name, new),
        })
        .collect()
}

fn change_number<S: Editable>(
    configured: &S,
    unchanged: &S,
    edits: &mut Edits,
    name: &str,
    new: u64,
) -> Option<Changed> {
    let mut table = S::NUMBERS.iter().zip(&mut edits.numbers);
    let (setting, edit) = table.find(|(setting, _)| setting.name == name)?;
    let (was, unchanged) = ((setting.get)(configured), (setting.get)(unchanged));
    let old = edit.as_ref().map_or(unchanged, |edit| edit.value);
    if old == new {
        return None;
    }
    // Where it could not be as configured, that it is to be so has to be written down too.
    *edit = (new != was || unchanged != was).then_some(Edit { value: new, was });
    Some(Changed { setting: setting.name, old: (setting.shown)(old), new: (setting.shown)(new) })
}

fn change_text<S: Editable>(configured: &S, edits: &mut Edits, name: &str, new: &Text) -> Option<Changed> {
    let mut table = S::TEXTS.iter().zip(&mut edits.texts);
    let (setting, edit) = table.find(|(setting, _)| setting.name == name)?;
    let was = (setting.get)(configured);
    let old = edit.as_ref().map_or_else(|| was.clone(), |edit| edit.value.clone());
    if old == *new {
        return None;
    }
    *edit = (new != was).then(|| Edit { value: new.clone(), was: was.clone() });
    Some(Changed { setting: setting.name, old: quoted(&old), new: quoted(new) })
}

/// Changes where a worker is: host, port and addresses as one.
pub(super) fn change_address(configured: &AjpSpec, edits: &mut Edits, to: &Place) -> Vec<Changed> {
    let was = &configured.address;
    let present = edited(configured, edits).address;
    let (Some(port), Some(host)) = (edits.numbers.get_mut(PORT), edits.texts.get_mut(HOST)) else {
        return Vec::new();
    };
    // Kept even if they are as configured: the configured name may have been resolved to something else.
    *port = Some(Edit { value: to.port.into(), was: was.port.into() });
    *host = Some(Edit { value: to.host.clone(), was: was.host.clone() });
    edits.addresses.clone_from(&to.addresses);
    let place = |host: &[u8], port: u16| format!("{}:{port}", show(host));
    let (old, new) = (place(&present.host, present.port), place(&to.host, to.port));
    vec![Changed { setting: "address", old, new }]
}

/// Where a worker is to be.
pub(super) struct Place {
    pub(super) host: Text,
    pub(super) port: u16,
    /// What the host is resolved to; empty if the port is 0.
    pub(super) addresses: Vec<SocketAddr>,
}

/// At a restart: lets go of edits whose configured value has changed since. The file is newer.
pub(super) fn review<S: Editable>(configured: &S, board: &Board, column: Column, log: &dyn Log) {
    let mut dropped = Vec::new();
    let done = board.edit(column, |edits| {
        dropped = outdated(configured, edits);
        S::mend(edits);
        !dropped.is_empty()
    });
    if let Err(error) = done {
        say!(
            log,
            Error,
            "worker {}: changes made at run time stay as they are: {error}",
            show(configured.name())
        );
    }
    for Dropped { setting, now, edit } in dropped {
        say!(
            log,
            Info,
            "worker {}: {setting} is {now} now in the configuration, so the change to {edit} is given up",
            show(configured.name())
        );
    }
}

struct Dropped {
    setting: &'static str,
    now: String,
    edit: String,
}

fn outdated<S: Editable>(configured: &S, edits: &mut Edits) -> Vec<Dropped> {
    let mut dropped = Vec::new();
    for (setting, edit) in S::NUMBERS.iter().zip(&mut edits.numbers) {
        let now = (setting.get)(configured);
        if let Some(edit) = edit.take_if(|edit| edit.was != now) {
            let (now, edit) = ((setting.shown)(now), (setting.shown)(edit.value));
            dropped.push(Dropped { setting: setting.name, now, edit });
        }
    }
    for (setting, edit) in S::TEXTS.iter().zip(&mut edits.texts) {
        let now = (setting.get)(configured);
        if let Some(edit) = edit.take_if(|edit| edit.was != *now) {
            dropped.push(Dropped { setting: setting.name, now: quoted(now), edit: quoted(&edit.value) });
        }
    }
    dropped
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::balance::Activation;
    use crate::config::properties::Properties;
    use crate::config::worker_spec::{self, Defaults, LbSpec, MemberSpec, WorkerSpec};

    fn lb() -> LbSpec {
        let file = b"worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=m\nworker.m.distance=-3\n";
        let mut properties = Properties::new();
        properties.read_file(file, b"w", &|_| None, &mut Vec::new());
        let (workers, _) = worker_spec::build(&properties, &Defaults { pool_size: 4 });
        let WorkerSpec::Lb(lb) = &workers.workers[0] else { unreachable!() };
        lb.clone()
    }

    fn member() -> MemberSpec {
        lb().members.remove(0)
    }

    fn numbers_come_back<S: Editable>(spec: &S) {
        for (index, setting) in S::NUMBERS.iter().enumerate() {
            let present = (setting.get)(spec);
            for value in [present, u64::from(present == 0)] {
                let mut changed = spec.clone();
                (setting.set)(&mut changed, value);
                assert_eq!((setting.get)(&changed), value, "{}", setting.name);
                for (other, untouched) in S::NUMBERS.iter().enumerate().filter(|(other, _)| *other != index) {
                    let (before, after) = ((untouched.get)(spec), (untouched.get)(&changed));
                    assert_eq!(before, after, "{} changes number {other}", setting.name);
                }
            }
        }
    }

    #[test]
    fn each_number_is_one_setting() {
        numbers_come_back(&lb());
        numbers_come_back(&member());
        numbers_come_back(&member().ajp);
    }

    #[test]
    fn what_changes_is_told_and_what_does_not_is_not() {
        let (spec, mut edits) = (member(), Edits::default());
        let wanted = [
            ("distance", Value::Number(2)),
            ("lbfactor", Value::Number(1)),
            ("route", Value::Text(b"r"[..].into())),
        ];
        let told: Vec<_> = change(&spec, &spec, &mut edits, &wanted)
            .into_iter()
            .map(|c| (c.setting, c.old, c.new))
            .collect();
        let text = |text: &str| text.to_owned();
        assert_eq!(told, [("distance", text("-3"), text("2")), ("route", text("'m'"), text("'r'"))]);
        let now = edited(&spec, &edits);
        assert_eq!((now.distance, &*now.route, now.factor), (2, &b"r"[..], 1));
        assert_eq!(change(&spec, &spec, &mut edits, &wanted), []);
        assert_eq!(change(&spec, &spec, &mut edits, &[("route", Value::Text(b"m"[..].into()))]).len(), 1);
        assert_eq!(edits.texts, Edits::default().texts, "as configured is not changed");
    }

    #[test]
    fn what_could_not_be_as_configured_is_changed_against_the_configuration() {
        let spec = member();
        let stopped = MemberSpec { activation: Activation::Stopped, ..spec.clone() };
        for (steps, now, back) in [
            (&[][..], Activation::Stopped, Activation::Active),
            (&[Activation::Stopped], Activation::Stopped, Activation::Active),
            (&[Activation::Active], Activation::Active, Activation::Active),
            (&[Activation::Disabled], Activation::Disabled, Activation::Disabled),
            (&[Activation::Disabled, Activation::Stopped], Activation::Stopped, Activation::Stopped),
        ] {
            let mut edits = Edits::default();
            for step in steps {
                let wanted = [("activation", Value::Number(step.code().into()))];
                change(&spec, &stopped, &mut edits, &wanted);
            }
            assert!(outdated(&spec, &mut edits).is_empty(), "{steps:?}: the file is as it was");
            let seen = (edited(&stopped, &edits).activation, edited(&spec, &edits).activation);
            assert_eq!(seen, (now, back), "{steps:?}");
        }
    }

    #[test]
    fn a_newer_configuration_wins_over_what_it_speaks_of() {
        let (mut spec, mut edits) = (member(), Edits::default());
        change(&spec, &spec, &mut edits, &[("distance", Value::Number(2)), ("lbfactor", Value::Number(5))]);
        spec.factor = 3;
        let dropped: Vec<_> =
            outdated(&spec, &mut edits).into_iter().map(|d| (d.setting, d.now, d.edit)).collect();
        assert_eq!(dropped, [("lbfactor", "3".to_owned(), "5".to_owned())]);
        let now = edited(&spec, &edits);
        assert_eq!((now.factor, now.distance), (3, 2));
    }

    #[test]
    fn an_address_is_given_up_as_a_whole() {
        let (mut spec, mut edits) = (member().ajp, Edits::default());
        let addresses: Vec<SocketAddr> = vec!["127.0.0.1:9".parse().unwrap()];
        let told = change_address(&spec, &mut edits, &Place { host: b"x"[..].into(), port: 9, addresses });
        assert_eq!((&*told[0].old, &*told[0].new), ("localhost:8009", "x:9"));
        spec.address.port = 8010;
        assert_eq!(outdated(&spec, &mut edits).len(), 1);
        AjpSpec::mend(&mut edits);
        assert_eq!(edits, Edits::default());
    }
}
