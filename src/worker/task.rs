//! One request as the workers see it.

use super::client::Client;
use super::registry::Process;
use super::scratch::Scratch;
use crate::ajp::request::ForwardRequest;
use crate::log::Log;
use crate::time::{Clock, Millis};
use crate::uri::Extensions;

/// When the client gets what there is without waiting for more (`JkOptions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flush {
    /// `FlushHeader`: after the head.
    pub head: bool,
    /// `FlushPackets`: after each body packet.
    pub packets: bool,
}

/// A request on its way to a worker, with everything the rule and the environment say about it.
#[allow(missing_debug_implementations)] // holds trait objects of the host
pub struct Task<'t> {
    /// What is sent.
    pub request: ForwardRequest<'t>,
    /// Values of the request's Cookie headers.
    pub cookies: &'t [&'t [u8]],
    /// `JK_ROUTE`: stands in for the session's route.
    pub route: Option<&'t [u8]>,
    /// What the mount rule says.
    pub rule: &'t Extensions,
    /// Reply timeout of rule or environment; `Some(None)` switches it off.
    pub reply_timeout: Option<Option<Millis>>,
    /// Choose a member without looking at the session.
    pub sticky_ignore: bool,
    /// Do not count the request as a new session.
    pub stateless: bool,
    /// `DisableReuse`: the connection is closed afterwards.
    pub no_reuse: bool,
    /// When to flush.
    pub flush: Flush,
    /// Whether somebody will read a [`MemberReport`](super::MemberReport).
    pub wants_report: bool,
    /// Takes log lines.
    pub log: &'t dyn Log,
    /// Tells the time.
    pub clock: &'t dyn Clock,
}

/// What serving a request needs besides the request.
pub(super) struct Means<'m> {
    /// This process among those that share state.
    pub(super) process: &'m Process,
    /// Buffers.
    pub(super) scratch: &'m mut Scratch,
    /// Who asked.
    pub(super) client: &'m mut dyn Client,
}
