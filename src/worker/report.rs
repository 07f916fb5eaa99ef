//! What is told about a request after it was served, for access logs.

use crate::balance::{Activation, State};

/// A member as it was right after an attempt.
#[derive(Clone, Debug)]
pub struct MemberReport<'w> {
    /// Its name.
    pub name: &'w [u8],
    /// Its balancing value.
    pub value: u64,
    /// Attempts started on the worker.
    pub accessed: u64,
    /// Sessions begun.
    pub sessions: u64,
    /// Bytes received from the backend.
    pub read: u64,
    /// Bytes sent to the backend.
    pub sent: u64,
    /// Failed attempts.
    pub errors: u32,
    /// Requests under way.
    pub busy: u32,
    /// Its own activation.
    pub activation: Activation,
    /// Its run-time state.
    pub state: State,
}

/// How a request went.
#[derive(Debug, Default)]
pub struct Report<'w> {
    /// The first member tried.
    pub first: Option<MemberReport<'w>>,
    /// The last member tried.
    pub last: Option<MemberReport<'w>>,
    /// The route of the member that served, or was tried last.
    pub route: Option<&'w [u8]>,
    /// Status of a reply that was withheld (`use_server_errors`).
    pub withheld: Option<u16>,
}
