//! Workers as the status worker shows them.

use super::super::ajp::AjpWorker;
use super::super::history;
use super::super::lb::LbWorker;
use super::super::member::Member;
use super::super::registry::{Current, Worker};
use crate::balance::State;
use crate::config::worker_spec::AjpSpec;
use crate::shm::board::Board;
use crate::status::Scope;
use crate::status::report::{
    Address, AjpCommon, AjpReport, LATENCY_BOUNDS, Latency, LbReport, MemberReport, Moment, PoolReport,
    ProbeReport, Report,
};
use crate::sys::clock;
use crate::time::{Millis, Seconds};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

const _: () = assert!(LATENCY_BOUNDS.len() == crate::shm::slot::LATENCY_MS.len());

/// A point in time with the local offset.
fn moment(unix: Seconds) -> Moment {
    Moment { unix, offset: clock::utc_offset(unix.0) }
}

impl Current<'_> {
    /// The workers of a scope. What the host knows is left empty: names of the server, versions, properties, rules.
    pub fn report(&self, scope: &Scope, now: Seconds) -> Report {
        let mut report = Report { now: moment(now), maintain: self.interval(), ..Report::default() };
        for (_, worker) in self.named().filter(|(name, _)| wants(scope, name)) {
            match worker {
                Worker::Lb(lb) => report.balancers.push(balancer(lb, self.board(), now)),
                Worker::Ajp(ajp) => report.ajp_workers.push(alone(ajp, self.board(), now)),
                Worker::Status(_) => {}
            }
        }
        report
    }
}

fn wants(scope: &Scope, name: &[u8]) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::Lb { lb, .. } => **lb == *name,
        Scope::Ajp { worker } => **worker == *name,
        Scope::Configuration | Scope::Nothing => false,
    }
}

fn balancer(lb: &LbWorker, board: &Board, now: Seconds) -> LbReport {
    let spec = &lb.spec;
    LbReport {
        name: spec.name.clone(),
        sticky_session: spec.sticky_session,
        sticky_session_force: spec.sticky_session_force,
        retries: spec.retries,
        retry_interval: spec.retry_interval.0,
        recover_time: spec.recover_time.0,
        error_escalation_time: spec.error_escalation_time.0,
        max_reply_timeouts: spec.max_reply_timeouts,
        method: spec.method,
        lock: spec.lock,
        members: lb.members().map(|m| member(m, lb, board, now)).collect(),
        busy: board.busy(lb.column),
        max_busy: board.max_busy(lb.column),
        maintained: time(&lb.slot.maintained),
        last_reset: Seconds(lb.slot.last_reset.load(Relaxed)),
        map_count: 0,
        maps: Vec::new(),
    }
}

fn member(member: &Member, lb: &LbWorker, board: &Board, now: Seconds) -> MemberReport {
    let (spec, slot) = (&member.spec, member.slot);
    MemberReport {
        ajp: common(&member.worker, lb.spec.probe_interval.is_some(), board, now),
        activation: spec.activation,
        state: slot.state(),
        factor: spec.factor,
        route: spec.route.clone(),
        redirect: spec.redirect.clone(),
        domain: spec.domain.clone(),
        distance: spec.distance,
        mult: member.mult,
        value: member.value(lb.spec.method, board),
        elected: member.worker.slot.used.load(Relaxed),
        sessions: slot.sessions.load(Relaxed),
        errors: slot.errors.load(Relaxed),
        first_error: slot.first_error().map(moment),
        last_error: slot.last_error(),
    }
}

fn alone(ajp: &AjpWorker, board: &Board, now: Seconds) -> AjpReport {
    let last_error = time(&ajp.slot.error_time).map(moment);
    let state = match (last_error, ajp.slot.is_idle()) {
        (Some(_), _) => State::Error,
        (None, true) => State::Idle,
        (None, false) => State::Ok,
    };
    AjpReport {
        ajp: common(ajp, false, board, now),
        state,
        used: ajp.slot.used.load(Relaxed),
        errors: ajp.slot.errors.load(Relaxed),
        last_error,
        map_count: 0,
        maps: Vec::new(),
    }
}

/// `in_error`: whether it is probed while in error.
fn common(ajp: &AjpWorker, in_error: bool, board: &Board, now: Seconds) -> AjpCommon {
    let (spec, slot, open) = (&ajp.spec, ajp.slot, board.open_column(ajp.column));
    AjpCommon {
        name: spec.name.clone(),
        host: spec.address.host.clone(),
        port: spec.address.port,
        address: address(ajp),
        source: spec.address.source.clone(),
        connection_pool_timeout: seconds(spec.pool.idle_timeout),
        ping_timeout: millis(spec.probe.timeout),
        connect_timeout: millis(spec.probe.connect),
        prepost_timeout: millis(spec.probe.prepost),
        reply_timeout: millis(spec.reply_timeout),
        connection_ping_interval: seconds(spec.probe.interval),
        retries: spec.retries,
        retry_interval: spec.retry_interval.0,
        recovery_options: spec.recovery.bits(),
        busy_limit: spec.busy_limit.unwrap_or(0),
        max_packet_size: spec.max_packet_size,
        client_errors: slot.client_errors.load(Relaxed),
        reply_timeouts: slot.reply_timeouts.load(Relaxed),
        transferred: slot.sent.load(Relaxed),
        read: slot.read.load(Relaxed),
        busy: board.busy(ajp.column),
        max_busy: board.max_busy(ajp.column),
        connected: board.busy(open),
        max_connected: board.max_busy(open),
        last_reset: Seconds(slot.last_reset.load(Relaxed)),
        latency: Some(Latency { counts: slot.latency.counts(), sum: slot.latency.total_micros() }),
        pool: Some(pool(ajp)),
        probes: probes(ajp, in_error),
        history: history::of(ajp, board, now),
    }
}

fn address(ajp: &AjpWorker) -> Address {
    let AjpSpec { address, .. } = &ajp.spec;
    match (address.port, ajp.addresses().first()) {
        (0, _) => Address::Invalid,
        (_, Some(first)) => Address::Known(*first),
        (_, None) => Address::Unresolved,
    }
}

fn pool(ajp: &AjpWorker) -> PoolReport {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (open, idle) = ajp.pool().open_and_idle();
    PoolReport { open: small(open), idle: small(idle), limit: small(ajp.pool().size()) }
}

/// `None` if nothing asks for probes and there were none: a name that is used elsewhere too has one record.
fn probes(ajp: &AjpWorker, in_error: bool) -> Option<ProbeReport> {
    let counted = &ajp.slot.probes;
    let last = counted.last().map(moment);
    let asked_for = in_error || ajp.spec.probe.interval.is_some();
    (asked_for || last.is_some()).then(|| ProbeReport {
        answered: counted.answered(),
        failed: counted.failed(),
        last,
    })
}

fn time(field: &AtomicU64) -> Option<Seconds> {
    Some(Seconds(field.load(Relaxed))).filter(|time| time.0 > 0)
}

fn seconds(span: Option<Seconds>) -> u64 {
    span.map_or(0, |span| span.0)
}

fn millis(span: Option<Millis>) -> u32 {
    span.map_or(0, |span| span.0)
}
