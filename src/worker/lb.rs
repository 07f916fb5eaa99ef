//! A balancer: asks `balance` for a member, lets that member serve, tells `balance` how it went, and does what it
//! says.

use super::ajp::Served;
use super::edition::{self, Edition};
use super::failure::Failure;
use super::member::Member;
use super::picture::{Picture, Seat};
use super::report::Report;
use super::task::{Means, Task};
use super::visit::Visit;
use crate::balance::method::multipliers;
use crate::balance::rounds::{Rounds, Step};
use crate::balance::upkeep::{self, Event, MemberUpkeep, Schedule};
use crate::config::worker_spec::LbSpec;
use crate::log::Log;
use crate::say;
use crate::session::{Session, SessionKeys};
use crate::shm::board::{Board, BoardError, Column};
use crate::shm::slot::LbSlot;
use crate::text::{Text, show};
use crate::time::Seconds;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A balancer in this process.
#[derive(Debug)]
pub(super) struct LbWorker {
    /// As it is now; its members are in `members`.
    pub(super) spec: LbSpec,
    pub(super) members: Vec<Member>,
    /// What a pick looks at of each of them.
    pub(super) seats: Vec<Seat>,
    /// Which member answers to a route.
    pub(super) routes: HashMap<Text, usize>,
    pub(super) slot: &'static LbSlot,
    pub(super) column: Column,
    /// Where the next value pick of this process starts looking.
    pub(super) next: Arc<AtomicUsize>,
    configured: Arc<LbSpec>,
    edition: Edition,
}

impl LbWorker {
    pub(super) fn new(mut spec: LbSpec, board: &Board, log: &dyn Log) -> Result<Self, BoardError> {
        let (slot, column) = board.lb(&spec.name)?;
        edition::review(&spec, board, column, log);
        let mut members = std::mem::take(&mut spec.members)
            .into_iter()
            .map(|member| Member::new(&spec.name, member, board, log))
            .collect::<Result<Vec<_>, _>>()?;
        part_routes(&mut members, board, log);
        let (edition, next) = (Edition::first(board, column), Arc::default());
        Ok(Self::now(Arc::new(spec), edition, members, slot, column, next))
    }

    fn now(
        configured: Arc<LbSpec>,
        edition: Edition,
        mut members: Vec<Member>,
        slot: &'static LbSlot,
        column: Column,
        next: Arc<AtomicUsize>,
    ) -> Self {
        let factors: Vec<u32> = members.iter().map(|member| member.spec.factor).collect();
        let mut routes = HashMap::new();
        for (index, (member, mult)) in members.iter_mut().zip(multipliers(&factors)).enumerate() {
            member.mult = mult;
            routes.entry(member.spec.route.clone()).or_insert(index);
        }
        let (edition, edits) = edition.renew();
        let spec = edition::edited(&*configured, &edits);
        let seats = members.iter().map(Seat::of).collect();
        Self { spec, members, seats, routes, slot, column, next, configured, edition }
    }

    /// The same balancer with what was changed since.
    pub(super) fn renewed(&self) -> Self {
        let members = self.members.iter().map(Member::renewed).collect();
        let (configured, next) = (Arc::clone(&self.configured), Arc::clone(&self.next));
        Self::now(configured, self.edition, members, self.slot, self.column, next)
    }

    /// Whether something was changed since, in it or in a member.
    pub(super) fn is_outdated(&self) -> bool {
        self.edition.is_outdated() || self.members.iter().any(Member::is_outdated)
    }

    /// What is changed is changed against this.
    pub(super) fn configured(&self) -> &LbSpec {
        &self.configured
    }

    /// The member of this name.
    pub(super) fn member(&self, name: &[u8]) -> Option<&Member> {
        self.members.iter().find(|member| *member.spec.ajp.name == *name)
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    /// Serves a request: members in turn until one has answered or nothing may be tried any more.
    pub(super) fn serve<'w>(
        &'w self,
        task: &Task<'_>,
        means: &mut Means<'_>,
        report: &mut Report<'w>,
    ) -> Result<(), Failure> {
        let _busy = means.process.enter(self.column);
        let picture = Picture::new(self, means.process, &task.rule.activations);
        let session = self.session(task);
        let mut visit = Visit { lb: self, picture, session, task, picked: false };
        let mut rounds = Rounds::new(self.members.len(), self.spec.lb_retries, self.spec.retries);
        let mut last = Failure::NoMember;
        loop {
            match rounds.step() {
                Step::Attempt => {}
                Step::Pause => {
                    std::thread::sleep(Duration::from_millis(self.spec.retry_interval.0.into()));
                    visit.picture.forget();
                    continue;
                }
                Step::Stop => return Err(last),
            }
            let Some(pick) = visit.pick() else {
                if rounds.may_force() && visit.force() {
                    rounds.give_back();
                } else {
                    last = Failure::NoMember;
                }
                continue;
            };
            let Served { result, again, .. } = visit.attempt(&pick, means, report);
            match result {
                Ok(answer) => {
                    report.withheld = answer.withheld;
                    return Ok(());
                }
                Err(failure) if !again => return Err(failure),
                Err(failure) => last = failure,
            }
        }
    }

    fn session<'t>(&'t self, task: &'t Task<'t>) -> Session<'t> {
        if !self.spec.sticky_session || task.sticky_ignore {
            return Session::none();
        }
        let keys = SessionKeys {
            cookie: task.rule.session_cookie.as_deref().unwrap_or(&self.spec.session_cookie),
            path: task.rule.session_path.as_deref().unwrap_or(&self.spec.session_path),
        };
        Session::find(task.request.uri, task.cookies, task.route, &keys)
    }

    /// The maintenance that one process does for all: decay, recovery, escalation, idle marking.
    pub(super) fn maintain(&self, interval: Seconds, now: Seconds, board: &Board, log: &dyn Log) {
        let last = Seconds(self.slot.maintained.swap(now.0, Relaxed));
        let before: Vec<MemberUpkeep> =
            self.members.iter().map(|m| m.upkeep(self.spec.method, board)).collect();
        let mut after = before.clone();
        let schedule = Schedule {
            method: self.spec.method,
            intervals: if last == Seconds(0) { 0 } else { upkeep::intervals(last, now, interval) },
            recover_time: self.spec.recover_time,
            escalation: self.spec.error_escalation_time,
            now,
        };
        let events = upkeep::maintain(&mut after, &schedule);
        for (member, (before, after)) in self.members.iter().zip(before.iter().zip(&after)) {
            member.take_over(before, after, self.spec.method);
        }
        for event in events {
            self.tell(event, log);
        }
    }

    /// Ends the error of a member that has answered a probe; false if there is none to end any more.
    pub(super) fn heal(&self, index: usize, board: &Board) -> bool {
        let Some(member) = self.members.get(index) else { return false };
        let method = self.spec.method;
        let largest = self.members.iter().map(|m| m.value(method, board)).max().unwrap_or(0);
        let before = member.upkeep(method, board);
        let Some(after) = before.healed(method, largest) else { return false };
        if !member.slot.begin_trial() {
            return false;
        }
        // Its state is changed by now; what may have become of it since stays.
        member.take_over(&before, &MemberUpkeep { state: before.state, ..after }, method);
        true
    }

    fn tell(&self, event: Event, log: &dyn Log) {
        let name = |index: usize| show(self.members.get(index).map_or(b"".as_slice(), |m| &m.spec.ajp.name));
        let lb = show(&self.spec.name);
        match event {
            Event::Recovering(i) => {
                say!(log, Info, "lb {lb}: member {} may recover, it is tried next", name(i))
            }
            Event::Escalated(i) => say!(log, Info, "lb {lb}: member {} is now in error for all", name(i)),
            Event::Forced(i) => {
                say!(log, Info, "lb {lb}: all members are in error, {} is tried again", name(i))
            }
            Event::Idle(i) => say!(log, Debug, "lb {lb}: member {} is idle", name(i)),
        }
    }
}

/// At a restart: gives up changed routes that another member has by now. The file is newer, and sessions of one of the
/// two would go to the other.
fn part_routes(members: &mut [Member], board: &Board, log: &dyn Log) {
    // A route that is given up makes room for the configured one, which a third member may have taken.
    while let Some((index, other)) = shared_route(members) {
        let given_up = members.get_mut(index).is_some_and(|member| member.give_up_route(&other, board, log));
        if !given_up {
            return;
        }
    }
}

/// A member with a changed route that another has too, and the name of that one. Empty routes lead nowhere.
fn shared_route(members: &[Member]) -> Option<(usize, Text)> {
    let mut changed = members.iter().enumerate().filter(|(_, member)| member.has_changed_route());
    changed.find_map(|(index, member)| {
        let route = Some(&member.spec.route).filter(|route| !route.is_empty())?;
        let mut others = members.iter().enumerate().filter(|(other, _)| *other != index);
        let (_, other) = others.find(|(_, other)| other.spec.route == *route)?;
        Some((index, other.spec.ajp.name.clone()))
    })
}
