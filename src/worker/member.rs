//! A member of a balancer: an AJP worker, and what the balancer keeps about it.

use super::ajp::AjpWorker;
use super::edition::{self, Changed, Edition, Value};
use super::report::MemberReport;
use super::settings::{ROUTE, quoted};
use crate::balance::Activation;
use crate::balance::method::Method;
use crate::balance::upkeep::MemberUpkeep;
use crate::config::worker_spec::MemberSpec;
use crate::log::Log;
use crate::say;
use crate::shm::board::{Board, BoardError, Column};
use crate::shm::edits::Edits;
use crate::shm::slot::MemberSlot;
use crate::text::{Shown, show};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// A member in this process.
#[derive(Debug)]
pub(super) struct Member {
    /// As it is now, but for its `ajp`, which is as configured.
    pub(super) spec: MemberSpec,
    pub(super) worker: AjpWorker,
    pub(super) slot: &'static MemberSlot,
    pub(super) column: Column,
    pub(super) mult: u64,
    configured: Arc<MemberSpec>,
    edition: Edition,
}

impl Member {
    pub(super) fn new(lb: &[u8], spec: MemberSpec, board: &Board, log: &dyn Log) -> Result<Self, BoardError> {
        let worker = AjpWorker::new(spec.ajp.clone(), board, log)?;
        let (slot, column) = board.member(lb, &spec.ajp.name)?;
        edition::review(&spec, board, column, log);
        Ok(Self::now(Arc::new(spec), Edition::first(board, column), worker, slot, column))
    }

    fn now(
        configured: Arc<MemberSpec>,
        edition: Edition,
        worker: AjpWorker,
        slot: &'static MemberSlot,
        column: Column,
    ) -> Self {
        let (edition, edits) = edition.renew();
        Self {
            spec: edition::edited(&unchanged(&configured, &worker), &edits),
            worker,
            slot,
            column,
            mult: 1,
            configured,
            edition,
        }
    }

    /// The same member with what was changed since.
    pub(super) fn renewed(&self) -> Self {
        let (worker, configured) = (self.worker.renewed(), Arc::clone(&self.configured));
        Self::now(configured, self.edition, worker, self.slot, self.column)
    }

    /// Whether something was changed since.
    pub(super) fn is_outdated(&self) -> bool {
        self.edition.is_outdated() || self.worker.is_outdated()
    }

    /// What is changed is changed against this.
    pub(super) fn configured(&self) -> &MemberSpec {
        &self.configured
    }

    /// Changes settings, as [`edition::change`] does.
    pub(super) fn change(&self, edits: &mut Edits, wanted: &[(&str, Value)]) -> Vec<Changed> {
        let unchanged = unchanged(&self.configured, &self.worker);
        edition::change(&*self.configured, &unchanged, edits, wanted)
    }

    /// Whether its route is another than the configured one.
    pub(super) fn has_changed_route(&self) -> bool {
        self.spec.route != self.configured.route
    }

    /// Takes the configured route again, as `other` has this one too; false if that cannot be done.
    pub(super) fn give_up_route(&mut self, other: &[u8], board: &Board, log: &dyn Log) -> bool {
        let name = self.name();
        let done = board.edit(self.column, |edits| {
            let route = edits.texts.get_mut(ROUTE);
            route.and_then(|edit| edit.take_if(|edit| edit.value == self.spec.route)).is_some()
        });
        if let Err(error) = done {
            say!(log, Error, "worker {name}: its route stays that of {} too: {error}", show(other));
            return false;
        }
        let route = quoted(&self.spec.route);
        say!(
            log,
            Info,
            "worker {name}: route {route} is that of {} now, so the change to it is given up",
            show(other)
        );
        *self = self.renewed();
        true
    }

    /// Its name, for log lines.
    pub(super) fn name(&self) -> Shown<'_> {
        show(&self.spec.ajp.name)
    }

    /// The number that the balancing method compares.
    pub(super) fn value(&self, method: Method, board: &Board) -> u64 {
        // Counting what is open, rather than adding and subtracting, is what a killed child cannot falsify.
        match method {
            Method::Busyness => u64::from(board.busy(self.column)).saturating_mul(self.mult),
            Method::Next | Method::Request | Method::Session | Method::Traffic => {
                self.slot.value.load(Relaxed)
            }
        }
    }

    /// What it looks like now.
    pub(super) fn report<'w>(&'w self, method: Method, board: &Board) -> MemberReport<'w> {
        let worker = self.worker.slot;
        MemberReport {
            name: &self.spec.ajp.name,
            value: self.value(method, board),
            accessed: worker.used.load(Relaxed),
            sessions: self.slot.sessions.load(Relaxed),
            read: worker.read.load(Relaxed),
            sent: worker.sent.load(Relaxed),
            errors: self.slot.errors.load(Relaxed),
            busy: board.busy(self.worker.column),
            activation: self.spec.activation,
            state: self.slot.state(),
        }
    }

    /// What maintenance looks at.
    pub(super) fn upkeep(&self, method: Method, board: &Board) -> MemberUpkeep {
        MemberUpkeep {
            state: self.slot.state(),
            activation: self.spec.activation,
            value: self.value(method, board),
            elected: self.slot.elected.load(Relaxed),
            elected_before: self.slot.elected_before.load(Relaxed),
            first_error: self.slot.first_error(),
            last_error: self.slot.last_error(),
            reply_timeouts: self.worker.slot.reply_timeouts.load(Relaxed),
        }
    }

    /// Carries over what maintenance changed; requests may have changed the rest meanwhile.
    pub(super) fn take_over(&self, before: &MemberUpkeep, after: &MemberUpkeep, method: Method) {
        if method != Method::Busyness {
            match after.value.checked_sub(before.value) {
                Some(more) => {
                    self.slot.value.fetch_add(more, Relaxed);
                }
                None => self.slot.lower_value(before.value - after.value),
            }
        }
        if after.state != before.state {
            self.slot.change_state(before.state, after.state);
        }
        self.slot.elected_before.store(after.elected_before, Relaxed);
        let less = before.reply_timeouts.saturating_sub(after.reply_timeouts);
        let counter = &self.worker.slot.reply_timeouts;
        let _ = counter.fetch_update(Relaxed, Relaxed, |n| Some(n.saturating_sub(less)));
    }
}

/// What a member is as long as nothing is changed. Without an address it can serve nothing: mod_jk stops such a member.
/// That is no word of the configuration, so it must not pass for one when changes are compared with it: the next restart
/// may find the address again.
fn unchanged(configured: &MemberSpec, worker: &AjpWorker) -> MemberSpec {
    let mut spec = configured.clone();
    if !worker.has_configured_address() {
        spec.activation = Activation::Stopped;
    }
    spec
}
