//! What there is to show, as plain values of one moment. The room `worker` fills it in; the formats read it.
//!
//! Numbers are those of the moment, raw: ratings, times to go and rates are computed from them here in the room, so
//! that all formats agree. Fields that mod_jk does not know are optional; the old formats never show them.

use core::net::SocketAddr;

use crate::balance::{Activation, Lock, Method, State};
use crate::text::Text;
use crate::time::Seconds;

/// A point in time with the local clock's offset at that time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Since 1970.
    pub unix: Seconds,
    /// Seconds that local time is ahead of UTC (east is positive), summer time included.
    pub offset: i32,
}

/// All that a status worker may show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The host name the client used, or `ServerName`.
    pub server_name: Text,
    /// The port of the front end.
    pub server_port: u16,
    /// When the report was made.
    pub now: Moment,
    /// httpd's own description of itself and its modules.
    pub web_server: Text,
    /// `mod_jk/` and the version.
    pub jk_version: Text,
    /// Time between two rounds of maintenance (`worker.maintain`); 0 if there are none.
    pub maintain: Seconds,
    /// The balancers of `worker.list`, in its order.
    pub balancers: Vec<LbReport>,
    /// The AJP workers of `worker.list`, in its order.
    pub ajp_workers: Vec<AjpReport>,
    /// The properties the server was started with, in the order of the file and each once, `ServerRoot` first. Whoever
    /// fills this in may leave secrets in; they are dropped when the list is rendered.
    pub configuration: Vec<(Text, Text)>,
}

/// One balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LbReport {
    /// The worker's name.
    pub name: Text,
    /// Requests of a session go to the member of its route.
    pub sticky_session: bool,
    /// They fail rather than go elsewhere.
    pub sticky_session_force: bool,
    /// Rounds over the members.
    pub retries: u32,
    /// Pause between rounds, in milliseconds. Only forms and the new formats show it.
    pub retry_interval: u32,
    /// Seconds a failed member is left alone.
    pub recover_time: u64,
    /// Seconds during which errors of some requests are no error of the member.
    pub error_escalation_time: u64,
    /// Reply timeouts that are no error of the member.
    pub max_reply_timeouts: u32,
    /// What is balanced.
    pub method: Method,
    /// How exactly.
    pub lock: Lock,
    /// In the order of `balance_workers`; all of them, even if one alone is to be shown.
    pub members: Vec<MemberReport>,
    /// Requests in this balancer now, over all processes.
    pub busy: u32,
    /// The largest number there was since the last reset.
    pub max_busy: u32,
    /// When its members were last maintained; `None` before the first time.
    pub maintained: Option<Seconds>,
    /// When its counters were last set to zero; the start of the server counts.
    pub last_reset: Seconds,
    /// How many rules lead to it, in all virtual hosts. True even if `maps` was left empty.
    pub map_count: u32,
    /// Those rules; empty if the command does not show them.
    pub maps: Vec<MapReport>,
}

/// One member of a balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberReport {
    /// Its connection to one Tomcat: settings and what is counted per AJP worker.
    pub ajp: AjpCommon,
    /// What it may do.
    pub activation: Activation,
    /// How it is doing.
    pub state: State,
    /// Share of the load.
    pub factor: u32,
    /// Its jvmRoute; may be empty.
    pub route: Text,
    /// Route of its preferred stand-in; empty for none.
    pub redirect: Text,
    /// Its group; empty for none.
    pub domain: Text,
    /// Members of a smaller one are preferred.
    pub distance: i32,
    /// What one request adds to `value`.
    pub mult: u64,
    /// The number that the balancing method compares.
    pub value: u64,
    /// Attempts sent through the member's AJP record, by whichever balancer.
    pub elected: u64,
    /// Requests without a session id.
    pub sessions: u64,
    /// Attempts that failed because of the member.
    pub errors: u32,
    /// When the present row of failures began.
    pub first_error: Option<Moment>,
    /// When it last failed; its recovery counts from here.
    pub last_error: Option<Seconds>,
}

/// An AJP worker that is itself in `worker.list`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AjpReport {
    /// Settings and counters, as for a member.
    pub ajp: AjpCommon,
    /// How it is doing: `Ok`, `Idle`, or `Error` while an error time is set. Only HTML and the new formats show it.
    pub state: State,
    /// Attempts started.
    pub used: u64,
    /// Attempts that failed because of the backend.
    pub errors: u32,
    /// When it last failed; `None` once it works again.
    pub last_error: Option<Moment>,
    /// How many rules lead to it, in all virtual hosts. True even if `maps` was left empty.
    pub map_count: u32,
    /// Those rules; empty if the command does not show them.
    pub maps: Vec<MapReport>,
}

/// What a member and an AJP worker that stands alone have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AjpCommon {
    /// The worker's name.
    pub name: Text,
    /// Host as it was written, not resolved.
    pub host: Text,
    /// Port; 0 if it is never contacted.
    pub port: u16,
    /// What the host was resolved to.
    pub address: Address,
    /// The local address connections come from, as it was written.
    pub source: Option<Text>,
    /// Seconds after which an idle connection is closed; 0 for never.
    pub connection_pool_timeout: u64,
    /// Milliseconds a probe is waited for where nothing else is said; 0 for none.
    pub ping_timeout: u32,
    /// Milliseconds for the probe after connecting; 0 for no such probe.
    pub connect_timeout: u32,
    /// Milliseconds for the probe before a request; 0 for no such probe.
    pub prepost_timeout: u32,
    /// Milliseconds for each packet of a reply; 0 for ever.
    pub reply_timeout: u32,
    /// Seconds of idling after which maintenance probes; 0 for never.
    pub connection_ping_interval: u64,
    /// Attempts of one request.
    pub retries: u32,
    /// Pause between them, in milliseconds. Only forms and the new formats show it.
    pub retry_interval: u32,
    /// The bits of `recovery_options`.
    pub recovery_options: u32,
    /// Most requests at once over all processes; 0 for no limit.
    pub busy_limit: u32,
    /// Most bytes of a packet.
    pub max_packet_size: u32,
    /// Requests that failed because of their client.
    pub client_errors: u32,
    /// Reply timeouts, halved by maintenance.
    pub reply_timeouts: u32,
    /// Bytes sent to the backend.
    pub transferred: u64,
    /// Bytes received from it.
    pub read: u64,
    /// Requests at the backend now, over all processes.
    pub busy: u32,
    /// The largest number there was since the last reset.
    pub max_busy: u32,
    /// Connections that are open, over all processes.
    pub connected: u32,
    /// The largest number there was since the last reset.
    pub max_connected: u32,
    /// When the counters were last set to zero; the start of the server counts.
    pub last_reset: Seconds,
    /// How long attempts took, if that is measured.
    pub latency: Option<Latency>,
    /// The connections of the process that answers, if it has a pool for the worker.
    pub pool: Option<PoolReport>,
    /// Probes by maintenance, if there are any.
    pub probes: Option<ProbeReport>,
    /// Samples of the past, oldest first, if they are taken.
    pub history: Vec<Sample>,
}

/// What a host was resolved to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Address {
    /// This address.
    Known(SocketAddr),
    /// The port is 0.
    #[default]
    Invalid,
    /// The answering process has not taken over a change yet, or the host had no address.
    Unresolved,
}

/// Upper ends of the latency buckets, in milliseconds; one more bucket takes all that was slower.
pub const LATENCY_BOUNDS: [u32; 13] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000];

/// How long attempts took, from taking a connection to the end of the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Attempts per bucket, NOT summed up: entry i counts those longer than bound i-1 and not longer than bound i
    /// (see [`LATENCY_BOUNDS`]); the last entry those longer than every bound.
    pub counts: [u64; LATENCY_BOUNDS.len() + 1],
    /// Time of all of them together, in microseconds.
    pub sum: u64,
}

/// The connections of one process to one worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolReport {
    /// Open ones, in use or not.
    pub open: u32,
    /// Open ones that wait for a request.
    pub idle: u32,
    /// Most that may be open.
    pub limit: u32,
}

/// How probes by maintenance went since the last reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeReport {
    /// Probes that were answered.
    pub answered: u64,
    /// Probes that were not.
    pub failed: u64,
    /// When the last one ended.
    pub last: Option<Moment>,
}

/// A look at a worker's counters in the past. Counters only grow between resets, so that the difference of two
/// samples is what happened between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When it was taken.
    pub at: Seconds,
    /// Attempts started until then.
    pub requests: u64,
    /// Attempts that had failed because of the backend.
    pub errors: u64,
    /// Requests at the backend at that moment.
    pub busy: u32,
    /// Bytes sent to the backend until then.
    pub transferred: u64,
    /// Bytes received from it until then.
    pub read: u64,
}

/// One rule that leads to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapReport {
    /// The server it belongs to: `name` or `name:port` of the main server, `name [address:port]` of a virtual host.
    pub server: Text,
    /// The pattern.
    pub uri: Text,
    /// How it matches.
    pub matching: Matching,
    /// An exclusion: requests that match do not go to the worker.
    pub unmount: bool,
    /// Switched off.
    pub disabled: bool,
    /// Where it was written.
    pub source: crate::uri::Source,
    /// Milliseconds; -1 if the rule does not say.
    pub reply_timeout: i32,
    /// Sessions are ignored.
    pub sticky_ignore: bool,
    /// Requests neither have nor begin sessions.
    pub stateless: bool,
    /// Statuses that count as failures, as written, joined by commas; empty for none.
    pub fail_on_status: Text,
    /// Names of members that are active for this rule, joined by commas; empty for none.
    pub active: Text,
    /// Names of members that are disabled for it.
    pub disabled_members: Text,
    /// Names of members that are stopped for it.
    pub stopped_members: Text,
    /// The smallest status of a reply that is replaced by an error page of httpd; 0 for none, negative for pages
    /// without a body only.
    pub use_server_errors: i32,
}

/// How a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// It has no wildcard.
    Exact,
    /// It has `*` or `?`.
    Wildcard,
}
