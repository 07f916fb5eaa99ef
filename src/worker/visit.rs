//! One request at a balancer: which member next, and what the attempt there means for it.

use super::ajp::Served;
use super::lb::LbWorker;
use super::member::Member;
use super::picture::Picture;
use super::report::Report;
use super::task::{Means, Task};
use crate::ajp::request::Recipient;
use crate::balance::choose::{Choice, Members, Wanted, choose};
use crate::balance::method::{Change, Method};
use crate::balance::verdict::{Facts, Times, judge};
use crate::balance::{Outcome, State};
use crate::say;
use crate::session::Session;
use crate::text::{Shown, show};
use std::sync::atomic::Ordering::Relaxed;

/// One request at a balancer.
pub(super) struct Visit<'w, 'v> {
    pub(super) lb: &'w LbWorker,
    pub(super) picture: Picture<'v>,
    pub(super) session: Session<'v>,
    pub(super) task: &'v Task<'v>,
    /// A member was picked already.
    pub(super) picked: bool,
}

/// A member that was picked.
pub(super) struct Pick<'w> {
    index: usize,
    member: &'w Member,
    sticky: bool,
}

impl<'w> Visit<'w, '_> {
    /// The member to try next.
    pub(super) fn pick(&mut self) -> Option<Pick<'w>> {
        // mod_jk looks at the first session id only from the second pick on.
        let session = if self.picked { self.session.first_only() } else { self.session };
        let wanted = Wanted {
            routes: &mut session.routes(),
            has_session: session.exists(),
            force: self.lb.spec.sticky_session_force,
            stateless: self.task.stateless,
        };
        match choose(&self.picture, wanted, self.lb.next.load(Relaxed)) {
            Choice::Member { index, sticky, next, .. } => {
                if let Some(next) = next {
                    self.lb.next.store(next, Relaxed);
                }
                self.picked = true;
                Some(Pick { index, member: self.lb.members.get(index)?, sticky })
            }
            Choice::None => None,
        }
    }

    /// Puts all members in error back to work; false if there were none.
    pub(super) fn force(&self) -> bool {
        let mut any = false;
        for (index, member) in self.lb.members.iter().enumerate() {
            if self.picture.can_be_forced(index) {
                let (lb, name) = (self.lb_name(), member.name());
                say!(self.task.log, Info, "lb {lb}: all members are in error, {name} is tried again");
                member.worker.slot.reply_timeouts.store(0, Relaxed);
                member.slot.set_state(State::Force);
                self.picture.note(index, State::Force);
                any = true;
            }
        }
        any
    }

    /// Lets the member serve, and notes how it went.
    pub(super) fn attempt(&self, pick: &Pick<'w>, means: &mut Means<'_>, report: &mut Report<'w>) -> Served {
        let Pick { index, member, sticky } = *pick;
        say!(self.task.log, Debug, "lb {}: member {} is tried", self.lb_name(), member.name());
        let state = member.slot.state();
        member.slot.change_state(state, state.picked());
        let served = match member.worker.take() {
            Err(failure) => {
                say!(self.task.log, Error, "lb {}: member {}: {failure}", self.lb_name(), member.name());
                Served { result: Err(failure), again: true, bytes: 0 }
            }
            Ok(lease) => {
                let _busy = means.process.enter(member.column);
                self.count_start(member);
                let cookie = self.cookie(member, sticky);
                let to = Recipient {
                    secret: member.worker.secret(),
                    route: self.task.route.or(Some(&member.spec.route)),
                    activation: self.picture.standing(index).activation.short().as_bytes(),
                };
                member.worker.serve(lease, self.task, &to, cookie.as_deref(), means)
            }
        };
        if let Change::Add(more) = self.lb.spec.method.on_end(member.mult, served.bytes) {
            member.slot.value.fetch_add(more, Relaxed);
        }
        self.settle(pick, &served);
        report.route = Some(&member.spec.route);
        if self.task.wants_report {
            let now = member.report(self.lb.spec.method, means.process.board());
            report.first.get_or_insert_with(|| now.clone());
            report.last = Some(now);
        }
        served
    }

    fn count_start(&self, member: &Member) {
        member.slot.elected.fetch_add(1, Relaxed);
        let has_session = self.session.exists();
        if self.lb.spec.method != Method::Busyness {
            let more = self.lb.spec.method.on_start(member.mult, has_session, self.task.stateless);
            member.slot.value.fetch_add(more, Relaxed);
        }
        if !has_session && !self.task.stateless {
            member.slot.sessions.fetch_add(1, Relaxed);
        }
    }

    /// The cookie that tells the client its route, if the balancer or the rule wants one and the session does not
    /// live here already.
    fn cookie(&self, member: &Member, sticky: bool) -> Option<Vec<u8>> {
        let (spec, rule) = (&self.lb.spec, self.task.rule);
        if sticky || !(spec.set_session_cookie || rule.set_session_cookie) {
            return None;
        }
        let name = rule.session_cookie.as_deref().unwrap_or(&spec.session_cookie);
        let path = rule.session_cookie_path.as_deref().unwrap_or(&spec.session_cookie_path);
        let secure: &[u8] = if self.task.request.is_ssl { b";Secure" } else { b"" };
        Some([name, b"=.", &member.spec.route, b";PATH=", path, b";HttpOnly", secure].concat())
    }

    /// Does what the verdict says.
    fn settle(&self, pick: &Pick<'_>, served: &Served) {
        let (member, slot) = (pick.member, pick.member.slot);
        let outcome = served.result.as_ref().map_or_else(|failure| failure.outcome(), |_| Outcome::Answered);
        let now = self.task.clock.now();
        let facts = Facts {
            now,
            shared: slot.state(),
            others_busy: served.result.is_err() && self.picture.busy(member.column) > 0,
            escalation: self.lb.spec.error_escalation_time,
            first_error: slot.first_error(),
            reply_timeouts: member.worker.slot.reply_timeouts.load(Relaxed),
            max_reply_timeouts: self.lb.spec.max_reply_timeouts,
            cure: slot.cure(),
            on_trial: slot.on_trial(),
        };
        let verdict = judge(outcome, &facts);
        if let Some(state) = verdict.shared {
            if state == State::Error {
                say!(self.task.log, Info, "lb {}: member {} is now in error", self.lb_name(), member.name());
            }
            slot.set_state(state);
        }
        if let Some(state) = verdict.own {
            self.picture.note(pick.index, state);
        }
        if verdict.counts_error {
            slot.errors.fetch_add(1, Relaxed);
        }
        match verdict.times {
            Times::Clear if !slot.is_clean() => slot.works(),
            Times::Clear | Times::Keep => {}
            Times::Stamp => slot.failed(now, false, verdict.cure),
            Times::Now => slot.failed(now, true, verdict.cure),
        }
    }

    fn lb_name(&self) -> Shown<'_> {
        show(&self.lb.spec.name)
    }
}
