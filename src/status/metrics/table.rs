//! What is measured, one entry each.

use crate::balance::{Activation, State};
use crate::status::report::{AjpCommon, AjpReport, LbReport, MemberReport};

/// One thing that is measured.
pub struct Family {
    /// Its name; a counter's samples have `_total` behind it.
    pub name: &'static str,
    /// `bytes` or `seconds`, and then the end of the name too; empty for counts of things.
    pub unit: &'static str,
    /// What it is.
    pub help: &'static str,
    pub(super) samples: Samples,
}

/// Where the numbers come from.
pub(super) enum Samples {
    /// One that only grows, per worker.
    Counter(fn(&Seen<'_>) -> Option<u64>),
    /// One that goes up and down, per worker.
    Gauge(fn(&Seen<'_>) -> Option<i128>),
    /// One per balancer.
    OfBalancer(fn(&LbReport) -> i128),
    /// Which of the words holds, per worker.
    OneOf(&'static [&'static str], fn(&Seen<'_>) -> Option<&'static str>),
    /// How long attempts took, per worker.
    Durations,
    /// Members of each rating, per balancer.
    Ratings,
    /// Probes by their end, per worker.
    Probes,
    /// Versions.
    Build,
}

impl Family {
    /// The type in OpenMetrics' words.
    pub const fn kind(&self) -> &'static str {
        match self.samples {
            Samples::Counter(_) | Samples::Probes => "counter",
            Samples::Gauge(_) | Samples::OfBalancer(_) | Samples::Ratings => "gauge",
            Samples::OneOf(..) => "stateset",
            Samples::Durations => "histogram",
            Samples::Build => "info",
        }
    }
}

/// A worker as it is measured: alone or as member of a balancer.
pub(super) struct Seen<'r> {
    pub(super) balancer: Option<&'r [u8]>,
    pub(super) ajp: &'r AjpCommon,
    pub(super) member: Option<&'r MemberReport>,
    pub(super) state: State,
    pub(super) requests: u64,
    pub(super) errors: u32,
    pub(super) error_time: Option<u64>,
}

impl<'r> Seen<'r> {
    pub(super) fn member(lb: &'r LbReport, member: &'r MemberReport) -> Self {
        Self {
            balancer: Some(&lb.name),
            ajp: &member.ajp,
            member: Some(member),
            state: member.state,
            requests: member.elected,
            errors: member.errors,
            error_time: member.first_error.map(|at| at.unix.0),
        }
    }

    pub(super) fn alone(worker: &'r AjpReport) -> Self {
        Self {
            balancer: None,
            ajp: &worker.ajp,
            member: None,
            state: worker.state,
            requests: worker.used,
            errors: worker.errors,
            error_time: worker.last_error.map(|at| at.unix.0),
        }
    }
}

const STATES: &[&str] = &[
    State::Idle.label(),
    State::Ok.label(),
    State::Recover.label(),
    State::Force.label(),
    State::Busy.label(),
    State::Error.label(),
    State::Probe.label(),
];

const ACTIVATIONS: &[&str] =
    &[Activation::Active.short(), Activation::Disabled.short(), Activation::Stopped.short()];

const fn family(name: &'static str, unit: &'static str, help: &'static str, samples: Samples) -> Family {
    Family { name, unit, help, samples }
}

/// All that is measured.
pub const FAMILIES: &[Family] = &[
    family("modjk_build", "", "Versions of module and server.", Samples::Build),
    family(
        "modjk_worker_requests",
        "",
        "Attempts sent to the worker. A worker in several balancers has one number, shown in each.",
        Samples::Counter(|w| Some(w.requests)),
    ),
    family(
        "modjk_worker_errors",
        "",
        "Attempts that failed because of the worker.",
        Samples::Counter(|w| Some(w.errors.into())),
    ),
    family(
        "modjk_worker_client_errors",
        "",
        "Requests that failed because of their client.",
        Samples::Counter(|w| Some(w.ajp.client_errors.into())),
    ),
    family(
        "modjk_worker_reply_timeouts",
        "",
        "Reply timeouts; halved by each maintenance.",
        Samples::Gauge(|w| Some(w.ajp.reply_timeouts.into())),
    ),
    family(
        "modjk_worker_sent_bytes",
        "bytes",
        "Bytes sent to the worker.",
        Samples::Counter(|w| Some(w.ajp.transferred)),
    ),
    family(
        "modjk_worker_received_bytes",
        "bytes",
        "Bytes received from the worker.",
        Samples::Counter(|w| Some(w.ajp.read)),
    ),
    family(
        "modjk_worker_sessions",
        "",
        "Requests without a session sent to the member.",
        Samples::Counter(|w| w.member.map(|m| m.sessions)),
    ),
    family(
        "modjk_worker_busy",
        "",
        "Requests at the worker now, over all processes.",
        Samples::Gauge(|w| Some(w.ajp.busy.into())),
    ),
    family(
        "modjk_worker_busy_max",
        "",
        "Most requests at the worker at once since the last reset.",
        Samples::Gauge(|w| Some(w.ajp.max_busy.into())),
    ),
    family(
        "modjk_worker_busy_limit",
        "",
        "Most requests allowed at the worker at once; none if it is missing.",
        Samples::Gauge(|w| (w.ajp.busy_limit > 0).then_some(w.ajp.busy_limit.into())),
    ),
    family(
        "modjk_worker_connections",
        "",
        "Open connections to the worker, over all processes.",
        Samples::Gauge(|w| Some(w.ajp.connected.into())),
    ),
    family(
        "modjk_worker_connections_max",
        "",
        "Most open connections at once since the last reset.",
        Samples::Gauge(|w| Some(w.ajp.max_connected.into())),
    ),
    family(
        "modjk_worker_state",
        "",
        "How the worker is doing.",
        Samples::OneOf(STATES, |w| Some(w.state.label())),
    ),
    family(
        "modjk_worker_activation",
        "",
        "What an administrator lets the member do.",
        Samples::OneOf(ACTIVATIONS, |w| w.member.map(|m| m.activation.short())),
    ),
    family(
        "modjk_worker_lbfactor",
        "",
        "The member's share of the load.",
        Samples::Gauge(|w| w.member.map(|m| m.factor.into())),
    ),
    family(
        "modjk_worker_lbvalue",
        "",
        "The number that the balancing method compares.",
        Samples::Gauge(|w| w.member.map(|m| m.value.into())),
    ),
    family(
        "modjk_worker_error_time_seconds",
        "seconds",
        "When the present failures began, since 1970; missing while there are none.",
        Samples::Gauge(|w| w.error_time.map(Into::into)),
    ),
    family(
        "modjk_worker_reset_time_seconds",
        "seconds",
        "When the worker's counters began, since 1970.",
        Samples::Gauge(|w| Some(w.ajp.last_reset.0.into())),
    ),
    family(
        "modjk_worker_duration_seconds",
        "seconds",
        "How long attempts took, from taking a connection to the end of the reply.",
        Samples::Durations,
    ),
    family(
        "modjk_worker_probes",
        "",
        "Probes by maintenance, of idle connections and of members in error, by how they ended.",
        Samples::Probes,
    ),
    family(
        "modjk_pool_open",
        "",
        "Open connections of the process that answers.",
        Samples::Gauge(|w| w.ajp.pool.map(|pool| pool.open.into())),
    ),
    family(
        "modjk_pool_idle",
        "",
        "Connections of the process that answers which wait for a request.",
        Samples::Gauge(|w| w.ajp.pool.map(|pool| pool.idle.into())),
    ),
    family(
        "modjk_pool_limit",
        "",
        "Most connections that the process that answers may open.",
        Samples::Gauge(|w| w.ajp.pool.map(|pool| pool.limit.into())),
    ),
    family(
        "modjk_balancer_busy",
        "",
        "Requests in the balancer now, over all processes.",
        Samples::OfBalancer(|lb| lb.busy.into()),
    ),
    family(
        "modjk_balancer_busy_max",
        "",
        "Most requests in the balancer at once since the last reset.",
        Samples::OfBalancer(|lb| lb.max_busy.into()),
    ),
    family(
        "modjk_balancer_members",
        "",
        "Members of the balancer by rating, as the status worker's good and bad say.",
        Samples::Ratings,
    ),
];
