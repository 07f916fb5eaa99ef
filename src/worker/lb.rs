//! A balancer: asks `balance` for a member, lets that member serve, tells `balance` how it went, and does what it
//! says.

use super::ajp::Served;
use super::client::Client;
use super::failure::Failure;
use super::member::Member;
use super::picture::Picture;
use super::registry::Process;
use super::report::Report;
use super::scratch::Scratch;
use super::task::Task;
use crate::ajp::request::Recipient;
use crate::balance::State;
use crate::balance::choose::{Choice, Members, Wanted, choose};
use crate::balance::method::{Change, Method, multipliers};
use crate::balance::rounds::{Rounds, Step};
use crate::balance::upkeep::{self, Event, MemberUpkeep, Schedule};
use crate::balance::verdict::{Facts, Times, judge};
use crate::config::worker_spec::LbSpec;
use crate::log::Log;
use crate::say;
use crate::session::{Session, SessionKeys};
use crate::shm::board::{Board, BoardError, Column};
use crate::shm::slot::LbSlot;
use crate::text::{Text, show};
use crate::time::Seconds;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A balancer in this process.
#[derive(Debug)]
pub(super) struct LbWorker {
    pub(super) spec: LbSpec,
    pub(super) members: Vec<Member>,
    /// Which member answers to a route.
    pub(super) routes: HashMap<Text, usize>,
    slot: &'static LbSlot,
    column: Column,
    /// Where the next value pick of this process starts looking.
    next: AtomicUsize,
}

impl LbWorker {
    pub(super) fn new(spec: LbSpec, board: &Board, log: &dyn Log) -> Result<Self, BoardError> {
        let (slot, column) = board.lb(&spec.name)?;
        let factors: Vec<u32> = spec.members.iter().map(|member| member.factor).collect();
        let members: Vec<Member> = spec
            .members
            .iter()
            .zip(multipliers(&factors))
            .map(|(member, mult)| Member::new(&spec.name, member, mult, board, log))
            .collect::<Result<_, _>>()?;
        let mut routes = HashMap::new();
        for (index, member) in members.iter().enumerate() {
            routes.entry(member.spec.route.clone()).or_insert(index);
        }
        Ok(Self { spec, members, routes, slot, column, next: AtomicUsize::new(0) })
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    /// Serves a request: members in turn until one has answered or nothing may be tried any more.
    pub(super) fn serve<'w>(
        &'w self,
        process: &Process,
        task: &Task<'_>,
        scratch: &mut Scratch,
        client: &mut dyn Client,
        report: &mut Report<'w>,
    ) -> Result<(), Failure> {
        let _busy = process.enter(self.column);
        let picture = Picture { lb: self, process, rule: &task.rule.activations, own: RefCell::default() };
        let session = self.session(task);
        let mut rounds = Rounds::new(self.members.len(), self.spec.lb_retries, self.spec.retries);
        let mut last = Failure::NoMember;
        let mut first_pick = true;
        loop {
            match rounds.step() {
                Step::Attempt => {}
                Step::Pause => {
                    std::thread::sleep(Duration::from_millis(self.spec.retry_interval.0.into()));
                    picture.own.borrow_mut().clear();
                    continue;
                }
                Step::Stop => return Err(last),
            }
            let Some((index, sticky)) = self.pick(&picture, &session, task, first_pick) else {
                if rounds.may_force() && self.force(&picture, task.log) {
                    rounds.give_back();
                } else {
                    last = Failure::NoMember;
                }
                continue;
            };
            first_pick = false;
            let Some(member) = self.members.get(index) else { return Err(Failure::NoMember) };
            let Served { result, again, .. } = self.attempt(
                member,
                &picture,
                index,
                sticky,
                session.exists(),
                task,
                scratch,
                client,
                report,
            );
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

    fn pick(
        &self,
        picture: &Picture<'_, '_>,
        session: &Session<'_>,
        task: &Task<'_>,
        first: bool,
    ) -> Option<(usize, bool)> {
        let routes = if first { *session } else { session.first_only() };
        let mut routes = routes.routes();
        let wanted = Wanted {
            routes: &mut routes,
            has_session: session.exists(),
            force: self.spec.sticky_session_force,
            stateless: task.stateless,
        };
        match choose(picture, wanted, self.next.load(Relaxed)) {
            Choice::Member { index, sticky, next, .. } => {
                if let Some(next) = next {
                    self.next.store(next, Relaxed);
                }
                Some((index, sticky))
            }
            Choice::None => None,
        }
    }

    /// Puts all members in error back to work; false if there were none.
    fn force(&self, picture: &Picture<'_, '_>, log: &dyn Log) -> bool {
        let mut any = false;
        for (index, member) in self.members.iter().enumerate() {
            if picture.state(index) == State::Error {
                say!(
                    log,
                    Info,
                    "lb {}: all members are in error, {} is tried again",
                    show(&self.spec.name),
                    show(&member.spec.ajp.name)
                );
                member.worker.slot.reply_timeouts.store(0, Relaxed);
                member.slot.set_state(State::Force);
                picture.note(index, State::Force);
                any = true;
            }
        }
        any
    }

    #[allow(clippy::too_many_arguments)] // one attempt needs all of it, and it is called once
    fn attempt<'w>(
        &'w self,
        member: &'w Member,
        picture: &Picture<'_, '_>,
        index: usize,
        sticky: bool,
        has_session: bool,
        task: &Task<'_>,
        scratch: &mut Scratch,
        client: &mut dyn Client,
        report: &mut Report<'w>,
    ) -> Served {
        let process = picture.process;
        say!(
            task.log,
            Debug,
            "lb {}: member {} is tried",
            show(&self.spec.name),
            show(&member.spec.ajp.name)
        );
        let state = member.slot.state();
        member.slot.change_state(state, state.picked());
        let served = match member.worker.take() {
            Err(failure) => Served {
                result: Err(failure),
                again: true,
                reach: super::failure::Reach::default(),
                bytes: 0,
            },
            Ok(lease) => {
                let _busy = process.enter(member.column);
                self.count_start(member, has_session, task.stateless);
                let cookie = self.cookie(member, sticky, task);
                let to = Recipient {
                    secret: member.worker.secret(),
                    route: Some(&member.spec.route),
                    activation: picture.activation(index).short().as_bytes(),
                };
                member.worker.serve(lease, process, task, &to, cookie.as_deref(), scratch, client)
            }
        };
        if let Change::Add(more) = self.spec.method.on_end(member.mult, served.bytes) {
            member.slot.value.fetch_add(more, Relaxed);
        }
        self.settle(member, picture, index, &served, task);
        report.route = Some(&member.spec.route);
        report.delivered = served.reach.delivered;
        if task.wants_report {
            let now = member.report(self.spec.method, process.board());
            report.first.get_or_insert_with(|| now.clone());
            report.last = Some(now);
        }
        served
    }

    fn count_start(&self, member: &Member, has_session: bool, stateless: bool) {
        member.slot.elected.fetch_add(1, Relaxed);
        if self.spec.method != Method::Busyness {
            let more = self.spec.method.on_start(member.mult, has_session, stateless);
            member.slot.value.fetch_add(more, Relaxed);
        }
        if !has_session && !stateless {
            member.slot.sessions.fetch_add(1, Relaxed);
        }
    }

    /// The cookie that tells the client its route, if the balancer or the rule wants one and the session does not
    /// live here already.
    fn cookie(&self, member: &Member, sticky: bool, task: &Task<'_>) -> Option<Vec<u8>> {
        if sticky || !(self.spec.set_session_cookie || task.rule.set_session_cookie) {
            return None;
        }
        let name = task.rule.session_cookie.as_deref().unwrap_or(&self.spec.session_cookie);
        let path = task.rule.session_cookie_path.as_deref().unwrap_or(&self.spec.session_cookie_path);
        let secure: &[u8] = if task.request.is_ssl { b";Secure" } else { b"" };
        Some([name, b"=.", &member.spec.route, b";PATH=", path, b";HttpOnly", secure].concat())
    }

    fn settle(
        &self,
        member: &Member,
        picture: &Picture<'_, '_>,
        index: usize,
        served: &Served,
        task: &Task<'_>,
    ) {
        let slot = member.slot;
        let outcome = match &served.result {
            Ok(_) => crate::balance::Outcome::Answered,
            Err(failure) => failure.outcome(),
        };
        let shared = slot.state();
        let now = task.clock.now();
        let facts = Facts {
            now,
            shared,
            others_busy: served.result.is_err() && picture.process.board().busy(member.column) > 0,
            escalation: self.spec.error_escalation_time,
            first_error: slot.first_error(),
            reply_timeouts: member.worker.slot.reply_timeouts.load(Relaxed),
            max_reply_timeouts: self.spec.max_reply_timeouts,
        };
        let verdict = judge(outcome, &facts);
        if let Some(state) = verdict.shared {
            if state == State::Error && shared != State::Error {
                let name = show(&member.spec.ajp.name);
                say!(task.log, Info, "lb {}: member {name} is now in error", show(&self.spec.name));
            }
            slot.set_state(state);
        }
        if let Some(state) = verdict.own {
            picture.note(index, state);
        }
        if verdict.counts_error {
            slot.errors.fetch_add(1, Relaxed);
        }
        match verdict.times {
            Times::Clear if facts.first_error.is_some() || shared == State::Error => slot.works(),
            Times::Clear | Times::Keep => {}
            Times::Stamp => slot.failed(now, false),
            Times::Now => slot.failed(now, true),
        }
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
