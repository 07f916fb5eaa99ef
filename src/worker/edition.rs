//! Specs with what administrators changed: as configured, plus the edits that stand in shared memory.

use super::settings::{Editable, quoted};
use crate::log::Log;
use crate::say;
use crate::shm::board::{Board, Column};
use crate::shm::edits::{EditSlot, Edits};
use crate::text::show;

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

/// At a restart: lets go of edits whose configured value has changed since. The file is newer.
pub(super) fn review<S: Editable>(configured: &S, board: &Board, column: Column, log: &dyn Log) {
    let mut dropped = Vec::new();
    board.edit(column, |edits| {
        dropped = outdated(configured, edits);
        S::mend(edits);
        !dropped.is_empty()
    });
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
