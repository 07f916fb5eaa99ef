//! Changes by the status worker: they go to shared memory, and every process takes them over at its next request.

use super::super::ajp::AjpWorker;
use super::super::edition::{Changed, Place, Value, change, change_address, edited};
use super::super::lb::LbWorker;
use super::super::member::Member;
use super::super::registry::{Current, Worker};
use super::super::resolve;
use crate::balance::State;
use crate::balance::method::Method;
use crate::log::Log;
use crate::say;
use crate::shm::board::Column;
use crate::shm::edits::{ADDRESSES, Edits};
use crate::status::Refusal;
use crate::status::change::{Action, AjpChange, LbChange, MemberChange};
use crate::text::{Text, show, split_once};
use crate::time::Seconds;
use std::sync::atomic::Ordering::Relaxed;

impl Current<'_> {
    /// Does what a command asks for. Each real change is logged with old and new value. Waits for the resolver if a
    /// host is to be changed, and holds no lock meanwhile.
    ///
    /// # Errors
    /// What could not be done. What was done before that stays.
    pub fn apply(&self, action: &Action, now: Seconds, log: &dyn Log) -> Result<(), Refusal> {
        match action {
            Action::UpdateLb { lb, changes } => {
                let lb = self.balancer(lb).ok_or(Refusal::UpdateFailed)?;
                let wanted: Vec<_> = changes.iter().map(lb_value).collect();
                let how = |edits: &mut Edits| change(lb.configured(), lb.configured(), edits, &wanted);
                self.edit(&lb.spec.name, lb.column, how, log).map(drop)
            }
            Action::UpdateMembers { lb, members, wildcard } => {
                let lb = self.balancer(lb).ok_or(Refusal::UpdateFailed)?;
                members.iter().try_for_each(|(name, changes)| {
                    let member = lb.member(name).ok_or(Refusal::UpdateFailed)?;
                    self.update_member(lb, member, changes, *wildcard, log)
                })
            }
            Action::UpdateAjp { worker, changes } => match self.get(worker) {
                Some(Worker::Ajp(ajp)) => self.update_ajp(ajp, changes.iter(), false, log),
                Some(Worker::Lb(_) | Worker::Status(_)) | None => Err(Refusal::UpdateFailed),
            },
            Action::ResetLb { lb } => {
                let lb = self.balancer(lb).ok_or(Refusal::ResetFailed)?;
                self.board().reset_max_busy(lb.column);
                lb.slot.last_reset.store(now.0, Relaxed);
                lb.members().for_each(|member| self.reset_member(member, now));
                say!(log, Info, "lb {}: reset", show(&lb.spec.name));
                Ok(())
            }
            Action::ResetMember { lb, member } => {
                let lb = self.balancer(lb).ok_or(Refusal::ResetFailed)?;
                let member = lb.member(member).ok_or(Refusal::ResetFailed)?;
                self.reset_member(member, now);
                say!(log, Info, "lb {}: member {} reset", show(&lb.spec.name), member.name());
                Ok(())
            }
            Action::ResetAjp { worker } => match self.get(worker) {
                Some(Worker::Ajp(ajp)) => {
                    ajp.slot.errors.store(0, Relaxed);
                    self.reset_ajp(ajp, now);
                    say!(log, Info, "worker {}: reset", show(&ajp.spec.name));
                    Ok(())
                }
                Some(Worker::Lb(_) | Worker::Status(_)) | None => Err(Refusal::ResetFailed),
            },
            Action::Recover { lb, member } => {
                let lb = self.balancer(lb).ok_or(Refusal::RecoverFailed)?;
                let member = lb.member(member).ok_or(Refusal::RecoverFailed)?;
                self.recover(lb, member, log)
            }
        }
    }

    fn balancer(&self, name: &[u8]) -> Option<&LbWorker> {
        match self.get(name)? {
            Worker::Lb(lb) => Some(lb),
            Worker::Ajp(_) | Worker::Status(_) => None,
        }
    }

    fn update_member(
        &self,
        lb: &LbWorker,
        member: &Member,
        changes: &[MemberChange],
        wildcard: bool,
        log: &dyn Log,
    ) -> Result<(), Refusal> {
        // First: if its new host has no address, nothing is changed.
        self.update_ajp(&member.worker, changes.iter().filter_map(ajp_change), wildcard, log)?;
        let mut wanted: Vec<_> = changes.iter().filter_map(member_value).collect();
        let how = |edits: &mut Edits| {
            wanted.extend(domain_of_route(member, edits, &wanted));
            member.change(edits, &wanted)
        };
        let changed = self.edit(&member.spec.ajp.name, member.column, how, log)?;
        if lb.spec.method != Method::Busyness && changed.iter().any(|c| c.setting == "activation") {
            lb.members().for_each(|member| member.slot.value.store(0, Relaxed));
        }
        Ok(())
    }

    fn update_ajp<'c>(
        &self,
        ajp: &AjpWorker,
        changes: impl Iterator<Item = &'c AjpChange> + Clone,
        wildcard: bool,
        log: &dyn Log,
    ) -> Result<(), Refusal> {
        let mut place = None;
        for change in changes.clone() {
            if let AjpChange::Address { host, port } = change {
                place = new_place(ajp, host.as_ref(), *port, wildcard)?;
            }
        }
        let wanted: Vec<_> = changes.filter_map(ajp_value).collect();
        let how = |edits: &mut Edits| {
            let mut changed = place.map_or_else(Vec::new, |to| change_address(ajp.configured(), edits, &to));
            changed.extend(change(ajp.configured(), ajp.configured(), edits, &wanted));
            changed
        };
        self.edit(&ajp.spec.name, ajp.column, how, log).map(drop)
    }

    fn edit(
        &self,
        name: &[u8],
        column: Column,
        how: impl FnOnce(&mut Edits) -> Vec<Changed>,
        log: &dyn Log,
    ) -> Result<Vec<Changed>, Refusal> {
        let mut changed = Vec::new();
        let done = self.board().edit(column, |edits| {
            changed = how(edits);
            !changed.is_empty()
        });
        if let Err(error) = done {
            say!(log, Error, "worker {}: cannot be changed: {error}", show(name));
            return Err(Refusal::UpdateFailed);
        }
        for Changed { setting, old, new } in &changed {
            say!(log, Info, "worker {}: {setting} is changed from {old} to {new}", show(name));
        }
        Ok(changed)
    }

    fn reset_member(&self, member: &Member, now: Seconds) {
        member.slot.clear();
        self.reset_ajp(&member.worker, now);
    }

    fn reset_ajp(&self, ajp: &AjpWorker, now: Seconds) {
        ajp.slot.reset(now.0);
        self.board().reset_max_busy(ajp.column);
        self.board().reset_max_busy(self.board().open_column(ajp.column));
    }

    fn recover(&self, lb: &LbWorker, member: &Member, log: &dyn Log) -> Result<(), Refusal> {
        let method = lb.spec.method;
        let largest = lb.members().map(|member| member.value(method, self.board())).max().unwrap_or(0);
        if !member.slot.change_state(State::Error, State::Recover) {
            return Err(Refusal::RecoverFailed);
        }
        member.worker.slot.reply_timeouts.store(0, Relaxed);
        if method != Method::Busyness {
            member.slot.value.store(largest, Relaxed);
        }
        let (lb, name) = (show(&lb.spec.name), member.name());
        say!(log, Info, "lb {lb}: member {name} may recover, it is tried next");
        Ok(())
    }
}

/// Where the worker is to be; `None` if it is there already.
fn new_place(
    ajp: &AjpWorker,
    host: Option<&Text>,
    port: Option<u16>,
    wildcard: bool,
) -> Result<Option<Place>, Refusal> {
    let present = &ajp.spec.address;
    let (host, port) = (host.unwrap_or(&present.host), port.unwrap_or(present.port));
    let same = *host == present.host && port == present.port;
    if same && (port == 0 || !ajp.addresses().is_empty()) {
        return Ok(None);
    }
    let mut addresses = match port {
        0 => Vec::new(),
        _ => resolve::addresses(host, port, present.prefer_ipv6).unwrap_or_default(),
    };
    if port != 0 && addresses.is_empty() {
        let worker = ajp.spec.name.clone();
        return Err(Refusal::Unresolved { host: host.clone(), port, worker, wildcard });
    }
    addresses.truncate(ADDRESSES);
    Ok(Some(Place { host: host.clone(), port, addresses }))
}

/// A member without a domain gets one from a new route, as at the start.
fn domain_of_route(
    member: &Member,
    edits: &Edits,
    wanted: &[(&'static str, Value)],
) -> Option<(&'static str, Value)> {
    let route = wanted.iter().find_map(|(name, value)| match value {
        Value::Text(route) if *name == "route" => Some(route),
        Value::Text(_) | Value::Number(_) => None,
    })?;
    let present = edited(member.configured(), edits);
    let given = wanted.iter().any(|(name, _)| *name == "domain");
    let (domain, _) = split_once(route, b'.').filter(|_| present.domain.is_empty() && !given)?;
    (present.route != *route).then(|| ("domain", Value::Text(domain.into())))
}

type Named = (&'static str, Value);

fn lb_value(change: &LbChange) -> Named {
    let (name, number) = match *change {
        LbChange::Retries(n) => ("retries", n.into()),
        LbChange::RetryInterval(span) => ("retry_interval", span.0.into()),
        LbChange::RecoverTime(span) => ("recover_time", span.0),
        LbChange::ErrorEscalationTime(span) => ("error_escalation_time", span.0),
        LbChange::MaxReplyTimeouts(n) => ("max_reply_timeouts", n.into()),
        LbChange::StickySession(on) => ("sticky_session", on.into()),
        LbChange::StickySessionForce(on) => ("sticky_session_force", on.into()),
        LbChange::Method(method) => ("method", method.code().into()),
        LbChange::Lock(lock) => ("lock", lock.code().into()),
    };
    (name, Value::Number(number))
}

fn member_value(change: &MemberChange) -> Option<Named> {
    match change {
        MemberChange::Activation(activation) => Some(("activation", Value::Number(activation.code().into()))),
        MemberChange::Factor(n) => Some(("lbfactor", Value::Number((*n).into()))),
        MemberChange::Distance(n) => Some(("distance", Value::Number(n.cast_unsigned().into()))),
        MemberChange::Route(text) => Some(("route", Value::Text(text.clone()))),
        MemberChange::Redirect(text) => Some(("redirect", Value::Text(text.clone()))),
        MemberChange::Domain(text) => Some(("domain", Value::Text(text.clone()))),
        MemberChange::Ajp(_) => None,
    }
}

fn ajp_change(change: &MemberChange) -> Option<&AjpChange> {
    match change {
        MemberChange::Ajp(change) => Some(change),
        MemberChange::Activation(_)
        | MemberChange::Factor(_)
        | MemberChange::Route(_)
        | MemberChange::Redirect(_)
        | MemberChange::Domain(_)
        | MemberChange::Distance(_) => None,
    }
}

fn ajp_value(change: &AjpChange) -> Option<Named> {
    let (name, number) = match *change {
        AjpChange::Address { .. } => return None,
        AjpChange::ConnectionPoolTimeout(span) => ("connection_pool_timeout", span.0),
        AjpChange::PingTimeout(span) => ("ping_timeout", span.0.into()),
        AjpChange::ConnectTimeout(span) => ("connect_timeout", span.0.into()),
        AjpChange::PrepostTimeout(span) => ("prepost_timeout", span.0.into()),
        AjpChange::ReplyTimeout(span) => ("reply_timeout", span.0.into()),
        AjpChange::Retries(n) => ("retries", n.into()),
        AjpChange::RetryInterval(span) => ("retry_interval", span.0.into()),
        AjpChange::ConnectionPingInterval(span) => ("connection_ping_interval", span.0),
        AjpChange::RecoveryOptions(bits) => ("recovery_options", bits.into()),
        AjpChange::BusyLimit(n) => ("busy_limit", n.into()),
        AjpChange::MaxPacketSize(n) => ("max_packet_size", n.into()),
    };
    Some((name, Value::Number(number)))
}
