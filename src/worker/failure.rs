//! Why an attempt failed: what it means for the client, for the member, and for another try.

use super::client::ClientError;
use crate::ajp::exchange::{Class, ProtocolError};
use crate::ajp::request::TooLarge;
use crate::balance::Outcome;
use crate::config::worker_spec::Recovery;
use crate::sys::socket::is_silence;
use std::fmt;
use std::io;

/// Why an attempt failed.
#[derive(Debug)]
pub enum Failure {
    /// The request does not fit into one packet.
    TooLarge(TooLarge),
    /// The worker has no usable address.
    NoAddress,
    /// All connections stayed in use.
    NoSlot,
    /// `busy_limit` is reached.
    BusyLimit,
    /// No connection could be opened.
    Connect(io::Error),
    /// The backend did not answer a probe.
    Probe,
    /// The request could not be sent.
    Send(io::Error),
    /// The connection ended, or `socket_timeout` passed, before the reply was complete.
    Lost(io::Error),
    /// The backend is being stopped and the application has not seen the request.
    Stopping,
    /// `reply_timeout` passed.
    ReplyTimeout,
    /// The backend sent what is no valid reply.
    Protocol(ProtocolError),
    /// The status is one that `fail_on_status` names; hard: the member is in error.
    Status {
        /// The status.
        code: u16,
        /// Whether the member is taken for broken.
        hard: bool,
    },
    /// The client failed.
    Client(ClientError),
    /// No member can take the request.
    NoMember,
}

impl Failure {
    /// The HTTP status that stands for it, if nothing has reached the client yet.
    pub fn status(&self) -> u16 {
        match self {
            Self::TooLarge(_) => 413,
            Self::NoAddress
            | Self::NoSlot
            | Self::BusyLimit
            | Self::Connect(_)
            | Self::Probe
            | Self::Send(_)
            | Self::Stopping
            | Self::Status { .. }
            | Self::NoMember => 503,
            Self::Lost(_) | Self::Protocol(_) => 502,
            Self::ReplyTimeout => 504,
            Self::Client(ClientError::Read(status)) => *status,
            Self::Client(ClientError::Write | ClientError::Answered) => 400,
        }
    }

    /// What it means for the member that was tried.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::TooLarge(_) => Outcome::TooLarge,
            Self::NoSlot => Outcome::NoSlot,
            Self::BusyLimit => Outcome::BusyLimit,
            Self::NoAddress | Self::Connect(_) | Self::Probe | Self::Send(_) => Outcome::Unreachable,
            Self::Lost(error) if error.kind() == io::ErrorKind::ConnectionReset => Outcome::Reset,
            Self::Lost(error) if is_silence(error) => Outcome::Silent,
            Self::Lost(_) | Self::Stopping => Outcome::Lost,
            Self::ReplyTimeout => Outcome::ReplyTimeout,
            Self::Protocol(_) => Outcome::Malformed,
            Self::Status { hard: true, .. } => Outcome::HardStatus,
            Self::Status { hard: false, .. } => Outcome::SoftStatus,
            Self::Client(ClientError::Read(_) | ClientError::Answered) => Outcome::ClientRead,
            Self::Client(ClientError::Write) => Outcome::ClientWrite,
            Self::NoMember => Outcome::Internal,
        }
    }

    /// Whether it is one of those that `recovery_options` speak of: the exchange broke off.
    fn broke_off(&self) -> bool {
        match self {
            Self::Lost(_) | Self::Stopping | Self::ReplyTimeout => true,
            Self::Protocol(error) => error.class() == Class::Framing,
            Self::TooLarge(_)
            | Self::NoAddress
            | Self::NoSlot
            | Self::BusyLimit
            | Self::Connect(_)
            | Self::Probe
            | Self::Send(_)
            | Self::Status { .. }
            | Self::Client(_)
            | Self::NoMember => false,
        }
    }

    /// Whether it is the backend's part of an exchange that went wrong.
    pub(super) fn is_backends(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Stopping | Self::ReplyTimeout | Self::Protocol(_))
    }

    /// Whether the client is to blame.
    pub fn is_clients(&self) -> bool {
        matches!(self, Self::Client(_) | Self::TooLarge(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(too_large) => write!(f, "{too_large}"),
            Self::NoAddress => {
                f.write_str("the worker has no usable address (host does not resolve, or port is 0)")
            }
            Self::NoSlot => {
                f.write_str("no free connection (connection_pool_size, connection_acquire_timeout)")
            }
            Self::BusyLimit => f.write_str("busy_limit is reached"),
            Self::Connect(error) => {
                write!(
                    f,
                    "cannot connect: {error} (is Tomcat started, and is this the port of its AJP connector?)"
                )
            }
            Self::Probe => f.write_str("no answer to cping"),
            Self::Send(error) => write!(f, "cannot send the request: {error}"),
            Self::Lost(error) => write!(f, "connection lost before the reply was complete: {error}"),
            Self::Stopping => f.write_str("Tomcat is being stopped and has not taken the request"),
            Self::ReplyTimeout => f.write_str("no reply within reply_timeout"),
            Self::Protocol(error) => write!(f, "invalid reply: {error}"),
            Self::Status { code, .. } => write!(f, "status {code} is in fail_on_status"),
            Self::Client(ClientError::Read(_)) => {
                f.write_str("the client did not send its request body as it should")
            }
            Self::Client(ClientError::Answered) => f.write_str("httpd has answered the client itself"),
            Self::Client(ClientError::Write) => f.write_str("the client is gone"),
            Self::NoMember => f.write_str("no member can take the request"),
        }
    }
}

/// How far an attempt got; it decides whether the request may be asked again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// The request was sent, wholly or in part.
    pub sent: bool,
    /// The backend asked for more of the request body and was answered: that part is gone.
    pub pulled: bool,
    /// The head of the reply was seen.
    pub head: bool,
    /// Something of the reply may have reached the client.
    pub delivered: bool,
}

/// Whether the same request may be asked again, here or elsewhere.
///
/// mod_jk's rule: yes, unless a bit of `recovery_options` forbids it for what happened, or part of the body was
/// consumed. Where nothing is configured, a request that the backend may have executed is asked again only if its
/// method says that this is harmless; mod_jk repeats a POST even then. Bits 8 and 16 lift bit 1 for HEAD and GET; with both, GET is not lifted, as in mod_jk. Ours besides:
/// never once something may have reached the client.
pub(super) fn may_ask_again(options: Recovery, failure: &Failure, reach: Reach, method: &[u8]) -> bool {
    if reach.delivered || reach.pulled || failure.is_clients() {
        return false;
    }
    let executed = reach.sent && failure.is_backends();
    if executed && options.is_default() && !is_idempotent(method) {
        return false;
    }
    if !failure.broke_off() {
        return true;
    }
    if reach.head {
        return !options.stop_after_headers();
    }
    let lifted =
        if options.retry_head() { method == b"HEAD" } else { options.retry_get() && method == b"GET" };
    !options.stop_after_send() || lifted
}

/// Methods whose repetition does no more than one request (RFC 9110 section 9.2.2, RFC 4918, RFC 3253, RFC 5323).
pub(super) fn is_idempotent(method: &[u8]) -> bool {
    matches!(
        method,
        b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE" | b"PUT" | b"DELETE" | b"PROPFIND" | b"REPORT" | b"SEARCH"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_options_decide_what_is_asked_again() {
        let before = Reach { sent: true, ..Reach::default() };
        let after = Reach { head: true, ..before };
        for (options, reach, method, again) in [
            (0, before, &b"POST"[..], true),
            (0, after, b"POST", true),
            (1, before, b"GET", false),
            (1, after, b"GET", true),
            (2, before, b"GET", true),
            (2, after, b"GET", false),
            (1 | 16, before, b"GET", true),
            (1 | 16, before, b"HEAD", false),
            (1 | 8, before, b"HEAD", true),
            (1 | 8 | 16, before, b"HEAD", true),
            (1 | 8 | 16, before, b"GET", false),
            (2 | 16, after, b"GET", false),
        ] {
            let lost = Failure::Lost(io::ErrorKind::ConnectionReset.into());
            assert_eq!(
                may_ask_again(Recovery::of(options), &lost, reach, method),
                again,
                "{options} {reach:?}"
            );
        }
    }

    #[test]
    fn by_default_only_harmless_requests_are_repeated_after_they_were_sent() {
        let sent = Reach { sent: true, ..Reach::default() };
        let unsent = Reach::default();
        let lost = || Failure::Lost(io::ErrorKind::UnexpectedEof.into());
        for (failure, reach, method, again) in [
            (lost(), sent, &b"GET"[..], true),
            (lost(), sent, b"PUT", true),
            (lost(), sent, b"POST", false),
            (Failure::ReplyTimeout, sent, b"POST", false),
            (Failure::Stopping, sent, b"GET", true),
            (Failure::Stopping, sent, b"POST", false),
            (Failure::Status { code: 503, hard: false }, sent, b"POST", true),
            (Failure::Probe, unsent, b"POST", true),
        ] {
            assert_eq!(may_ask_again(Recovery::default(), &failure, reach, method), again, "{failure}");
        }
    }

    #[test]
    fn nothing_is_asked_again_once_the_client_saw_something() {
        let reach = Reach { sent: true, head: true, delivered: true, pulled: false };
        let status = Failure::Status { code: 500, hard: true };
        assert!(!may_ask_again(Recovery::of(0), &status, reach, b"GET"));
        let pulled = Reach { delivered: false, pulled: true, ..reach };
        assert!(!may_ask_again(Recovery::of(0), &Failure::ReplyTimeout, pulled, b"GET"));
    }
}
