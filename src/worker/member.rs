//! A member of a balancer: an AJP worker, and what the balancer keeps about it.

use super::ajp::AjpWorker;
use super::report::MemberReport;
use crate::balance::Activation;
use crate::balance::method::Method;
use crate::balance::upkeep::MemberUpkeep;
use crate::config::worker_spec::MemberSpec;
use crate::log::Log;
use crate::shm::board::{Board, BoardError, Column};
use crate::shm::slot::MemberSlot;
use crate::text::{Shown, show};
use std::sync::atomic::Ordering::Relaxed;

/// A member in this process.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) spec: MemberSpec,
    pub(super) worker: AjpWorker,
    pub(super) slot: &'static MemberSlot,
    pub(super) column: Column,
    pub(super) mult: u64,
    /// Its own; a mount rule may say otherwise.
    pub(super) activation: Activation,
}

impl Member {
    pub(super) fn new(
        lb: &[u8],
        spec: &MemberSpec,
        mult: u64,
        board: &Board,
        log: &dyn Log,
    ) -> Result<Self, BoardError> {
        let worker = AjpWorker::new(spec.ajp.clone(), board, log)?;
        let (slot, column) = board.member(lb, &spec.ajp.name)?;
        // Without an address it can serve nothing: mod_jk stops such a member.
        let activation = if worker.has_address() { spec.activation } else { Activation::Stopped };
        Ok(Self { spec: spec.clone(), worker, slot, column, mult, activation })
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
            activation: self.activation,
            state: self.slot.state(),
        }
    }

    /// What maintenance looks at.
    pub(super) fn upkeep(&self, method: Method, board: &Board) -> MemberUpkeep {
        MemberUpkeep {
            state: self.slot.state(),
            activation: self.activation,
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
