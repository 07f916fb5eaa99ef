//! The members of a balancer as one request sees them.

use super::lb::LbWorker;
use super::member::Member;
use super::registry::Process;
use crate::balance::choose::Members;
use crate::balance::{Activation, State};
use crate::shm::board::Column;
use crate::text::Text;
use crate::uri::Override;
use std::cell::RefCell;

/// The picture. States are fetched when asked for, so that a sticky pick looks at one member.
pub(super) struct Picture<'p> {
    lb: &'p LbWorker,
    process: &'p Process,
    /// What the mount rule says of their activation.
    rule: &'p [(Text, Override)],
    /// What this request has found out itself. Almost always empty.
    own: RefCell<Vec<(usize, State)>>,
}

impl<'p> Picture<'p> {
    /// `rule` is what the mount rule says of members' activation.
    pub(super) fn new(lb: &'p LbWorker, process: &'p Process, rule: &'p [(Text, Override)]) -> Self {
        Self { lb, process, rule, own: RefCell::default() }
    }

    /// Forgets what was noted, except of a member that reset this request's connection: it waits for a request to
    /// probe it, and that is not the one it has just failed.
    pub(super) fn forget(&self) {
        self.own.borrow_mut().retain(|(index, state)| {
            *state == State::Error && self.member(*index).slot.state() == State::Recover
        });
    }

    /// How many requests are under way for a record, over all processes.
    pub(super) fn busy(&self, column: Column) -> u32 {
        self.process.board().busy(column)
    }

    /// Notes a state that holds for this request alone.
    pub(super) fn note(&self, index: usize, state: State) {
        self.own.borrow_mut().push((index, state));
    }

    #[allow(clippy::indexing_slicing)] // `choose` asks for members below `len` only, and there is at least one
    fn member(&self, index: usize) -> &Member {
        &self.lb.members[index.min(self.lb.members.len() - 1)]
    }
}

impl Members for Picture<'_> {
    fn len(&self) -> usize {
        self.lb.members.len()
    }

    fn route(&self, index: usize) -> &[u8] {
        &self.member(index).spec.route
    }

    fn domain(&self, index: usize) -> &[u8] {
        &self.member(index).spec.domain
    }

    fn redirect(&self, index: usize) -> &[u8] {
        &self.member(index).spec.redirect
    }

    fn distance(&self, index: usize) -> i32 {
        self.member(index).spec.distance
    }

    fn activation(&self, index: usize) -> Activation {
        let member = self.member(index);
        let ruled = self.rule.iter().rev().find(|(name, _)| *name == member.spec.ajp.name);
        match ruled {
            None => member.spec.activation,
            Some((_, Override::Active)) => Activation::Active,
            Some((_, Override::Disabled)) => Activation::Disabled,
            Some((_, Override::Stopped)) => Activation::Stopped,
        }
    }

    fn state(&self, index: usize) -> State {
        if let Some((_, state)) = self.own.borrow().iter().rev().find(|(i, _)| *i == index) {
            return *state;
        }
        let member = self.member(index);
        let state = member.slot.state();
        if state == State::Busy && !member.worker.is_full(self.process.board()) && member.worker.has_room() {
            member.slot.change_state(State::Busy, State::Ok);
            return State::Ok;
        }
        state
    }

    fn value(&self, index: usize) -> u64 {
        self.member(index).value(self.lb.spec.method, self.process.board())
    }

    fn by_route(&self, route: &[u8]) -> Option<usize> {
        self.lb.routes.get(route).copied()
    }
}
