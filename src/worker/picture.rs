//! The members of a balancer as one request sees them.

use super::lb::LbWorker;
use super::member::Member;
use super::registry::Process;
use crate::balance::choose::{Members, Standing, WORST, Weight};
use crate::balance::method::Method;
use crate::balance::{Activation, State};
use crate::shm::board::Column;
use crate::shm::slot::MemberSlot;
use crate::text::Text;
use crate::uri::Override;
use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering::Relaxed;

/// The picture. States are fetched when asked for, so that a sticky pick looks at one member.
pub(super) struct Picture<'p> {
    lb: &'p LbWorker,
    process: &'p Process,
    /// What the mount rule says of their activation.
    rule: &'p [(Text, Override)],
    /// What this request has found out itself. Almost always empty.
    own: RefCell<Vec<(usize, State)>>,
    /// The request has something to say that is not in the seats: by its rule, or by what it has found out.
    has_own: Cell<bool>,
}

impl<'p> Picture<'p> {
    /// `rule` is what the mount rule says of members' activation.
    pub(super) fn new(lb: &'p LbWorker, process: &'p Process, rule: &'p [(Text, Override)]) -> Self {
        let has_own = Cell::new(!rule.is_empty());
        Self { lb, process, rule, own: RefCell::default(), has_own }
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
        self.has_own.set(true);
    }

    #[allow(clippy::indexing_slicing)] // `choose` asks for members below `len` only, and there is at least one
    fn member(&self, index: usize) -> &Member {
        &self.lb.members[index.min(self.lb.members.len() - 1)]
    }

    #[allow(clippy::indexing_slicing)] // as above; there is a seat for each member
    fn seat(&self, index: usize) -> &Seat {
        &self.lb.seats[index]
    }

    /// The value of a member under the method that counts what is under way.
    fn busyness(&self, index: usize) -> u64 {
        self.member(index).value(Method::Busyness, self.process.board())
    }

    /// How a member stands that is busy, or about which the request may have something of its own to say.
    #[cold]
    #[inline(never)]
    fn special(&self, index: usize, shared: Standing) -> Standing {
        let state = self.own.borrow().iter().rev().find(|(i, _)| *i == index).map(|(_, state)| *state);
        let ruled = |(name, _): &&(Text, Override)| *name == self.member(index).spec.ajp.name;
        let activation = match self.rule.iter().rev().find(ruled) {
            None => shared.activation,
            Some((_, Override::Active)) => Activation::Active,
            Some((_, Override::Disabled)) => Activation::Disabled,
            Some((_, Override::Stopped)) => Activation::Stopped,
        };
        Standing { state: state.unwrap_or_else(|| self.awake(index, shared.state)), activation, ..shared }
    }

    /// A state, but that a busy member which has room again is well.
    fn awake(&self, index: usize, state: State) -> State {
        let member = self.member(index);
        if state == State::Busy && !member.worker.is_full(self.process.board()) && member.worker.has_room() {
            member.slot.change_state(State::Busy, State::Ok);
            return State::Ok;
        }
        state
    }
}

/// What a pick by value looks at of every member. All seats lie side by side, apart from what else a member has, so
/// that looking at hundreds of them stays cheap.
#[derive(Debug)]
pub(super) struct Seat {
    slot: &'static MemberSlot,
    distance: i64,
    activation: Activation,
}

impl Seat {
    pub(super) fn of(member: &Member) -> Self {
        Self { slot: member.slot, distance: member.spec.distance.into(), activation: member.spec.activation }
    }

    /// Whether its member, judged by its value, surely does not beat this weight, and has no need to be looked at: one
    /// that is busy has, to be found well again.
    fn is_outdone(&self, (distance, value): Weight) -> bool {
        !self.slot.is_busy() && self.distance >= distance && self.slot.value.load(Relaxed) >= value
    }

    /// How its member stands for all requests that have nothing of their own to say.
    fn standing(&self) -> Standing {
        Standing { state: self.slot.state(), activation: self.activation, distance: self.distance }
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

    fn standing(&self, index: usize) -> Standing {
        let standing = self.seat(index).standing();
        if standing.state == State::Busy || self.has_own.get() {
            return self.special(index, standing);
        }
        standing
    }

    /// One that reset this request's connection counts as well: it waits for a request to probe it.
    fn can_be_forced(&self, index: usize) -> bool {
        match self.member(index).slot.state() {
            State::Error => true,
            State::Recover => self.standing(index).state == State::Error,
            State::Idle | State::Ok | State::Force | State::Busy | State::Probe => false,
        }
    }

    fn value(&self, index: usize) -> u64 {
        match self.lb.spec.method {
            Method::Busyness => self.busyness(index),
            Method::Next | Method::Request | Method::Session | Method::Traffic => {
                self.seat(index).slot.value.load(Relaxed)
            }
        }
    }

    fn look_around(&self, start: usize, mut see: impl FnMut(usize, Standing, u64) -> Weight) {
        let has_values = self.lb.spec.method != Method::Busyness;
        let mut least = WORST;
        let (first, last) = self.lb.seats.split_at_checked(start).unwrap_or_default();
        for (seats, before) in [(last, start), (first, 0)] {
            let mut rest = seats.iter(); // `any` stops behind the first that does
            while rest.any(|seat| !(has_values && seat.is_outdone(least))) {
                let index = before + (seats.len() - rest.len() - 1);
                least = see(index, self.standing(index), self.value(index));
            }
        }
    }

    fn by_route(&self, route: &[u8]) -> Option<usize> {
        self.lb.routes.get(route).copied()
    }
}
