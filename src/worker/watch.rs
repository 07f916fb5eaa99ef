//! What the thread for maintenance does all the time, between its rounds of maintenance: it receives what idle
//! connections were asked for, it takes the samples that the status worker shows, and it probes members in error, so
//! that no request has to find out that one is back.

use super::failure::Failure;
use super::history;
use super::lb::LbWorker;
use super::member::Member;
use super::probe::{Probe, Sign};
use super::registry::Registry;
use crate::balance::{Activation, Cure, State};
use crate::log::Log;
use crate::say;
use crate::sys::readiness::Bell;
use crate::text::show;
use crate::time::Seconds;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The work of that thread. Nothing in it waits for a backend.
pub struct Watch<'r> {
    registry: &'r Registry,
    probes: Vec<Call>,
}

/// A probe of a member.
struct Call {
    lb: Arc<LbWorker>,
    index: usize,
    interval: Seconds,
    probe: Probe,
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("probes", &self.probes.len()).finish_non_exhaustive()
    }
}

impl<'r> Watch<'r> {
    /// Nothing is under way yet.
    pub fn new(registry: &'r Registry) -> Self {
        Self { registry, probes: Vec::new() }
    }

    /// Waits for `longest`, or until there is something to do. True once `bell` was rung.
    pub fn wait(&self, bell: &Bell, longest: Duration) -> bool {
        let sockets: Vec<_> = self.probes.iter().map(|call| call.probe.awaited()).collect();
        bell.wait(&sockets, longest)
    }

    /// Looks at everything once; after a restart, at the connections of this process alone.
    pub fn round(&mut self, now: Seconds, log: &dyn Log) {
        let in_force = self.registry.is_in_force();
        for ajp in self.registry.current().backends() {
            ajp.hear(now, log);
            if in_force {
                history::extend(ajp, self.registry.board(), now);
            }
        }
        if !in_force {
            // The right to probe that came with them ends by itself.
            self.probes.clear();
        } else if self.registry.is_maintained() {
            self.look(now, log);
            self.begin(now, log);
        }
    }

    /// Looks at the probes that are under way.
    fn look(&mut self, now: Seconds, log: &dyn Log) {
        let board = self.registry.board();
        self.probes.retain_mut(|Call { lb, index, interval, probe }| {
            let Some(member) = lb.members.get(*index) else { return false };
            // If it was changed meanwhile, the answer may be that of another Tomcat.
            let sign = (hopes(member) && !member.is_outdated()).then(|| probe.look());
            match sign {
                Some(Sign::NotYet) => {
                    member.slot.hold_probe(now);
                    return true;
                }
                Some(Sign::Pong) => {
                    member.worker.slot.probes.ended(true, now);
                    if lb.heal(*index, board) {
                        let (lb, member) = (show(&lb.spec.name), member.name());
                        say!(log, Info, "lb {lb}: member {member} answers again, it is tried next");
                    }
                }
                Some(Sign::None(failure)) => failed(lb, member, &failure, now, log),
                None => {}
            }
            member.slot.release_probe(now, *interval);
            false
        });
    }

    /// Begins the probes that are due, of members that no other process is probing.
    fn begin(&mut self, now: Seconds, log: &dyn Log) {
        for lb in self.registry.current().balancers() {
            let Some(interval) = lb.spec.probe_interval else { continue };
            for (index, member) in lb.members.iter().enumerate().filter(|(_, member)| hopes(member)) {
                // What was open to a Tomcat that is gone may look alive until it is used.
                member.worker.drop_idle();
                if !member.slot.claim_probe(now, interval) {
                    continue;
                }
                match Probe::begin(&member.worker) {
                    Ok(probe) => {
                        member.slot.hold_probe(now);
                        self.probes.push(Call { lb: Arc::clone(lb), index, interval, probe });
                    }
                    Err(failure) => failed(lb, member, &failure, now, log),
                }
            }
        }
    }
}

fn failed(lb: &LbWorker, member: &Member, failure: &Failure, now: Seconds, log: &dyn Log) {
    member.worker.slot.probes.ended(false, now);
    say!(log, Debug, "lb {}: member {} is still in error: {failure}", show(&lb.spec.name), member.name());
}

/// Whether an answer could bring the member back.
fn hopes(member: &Member) -> bool {
    member.slot.state() == State::Error
        && member.slot.cure() == Cure::Pong
        && member.spec.activation != Activation::Stopped
}
