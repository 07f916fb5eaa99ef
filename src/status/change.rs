//! What a changing command asks for, validated: whoever applies it checks nothing but the host's address.
//!
//! A value that mod_jk ignores silently (out of range, unreadable, not meant for the target) never becomes a change.
//! A value equal to the present one does: whoever applies it compares, and logs each real change with old and new value.

use crate::balance::{Activation, Lock, Method};
use crate::config::worker_keys::LONGEST_NAME;
use crate::text::Text;
use crate::time::{Millis, Seconds};

/// What is to be done, to workers that exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Change a balancer. May hold no change at all; that is fine too.
    UpdateLb {
        /// Its name.
        lb: Text,
        /// In the order of the reference, each setting at most once.
        changes: Vec<LbChange>,
    },
    /// Change members of a balancer, one after the other; the first that fails ends it.
    UpdateMembers {
        /// The balancer's name.
        lb: Text,
        /// At least one, in their order, each once; a member may have no changes.
        members: Vec<(Text, Vec<MemberChange>)>,
        /// The command named the members by a pattern; a failure says that further members were left alone.
        wildcard: bool,
    },
    /// Change an AJP worker that stands alone.
    UpdateAjp {
        /// Its name.
        worker: Text,
        /// In the order of the reference, each setting at most once.
        changes: Vec<AjpChange>,
    },
    /// Set the counters of a balancer and all its members to zero, and end error states.
    ResetLb {
        /// Its name.
        lb: Text,
    },
    /// The same for one member.
    ResetMember {
        /// The balancer's name.
        lb: Text,
        /// The member's name.
        member: Text,
    },
    /// Set the counters of an AJP worker to zero; its state and error time stay.
    ResetAjp {
        /// Its name.
        worker: Text,
    },
    /// Let a member in error be tried by the next request. Fails with
    /// [`Refusal::RecoverFailed`](super::Refusal::RecoverFailed) unless its state is `ERR`.
    Recover {
        /// The balancer's name.
        lb: Text,
        /// The member's name.
        member: Text,
    },
}

/// One setting of a balancer. Numbers are at most `i32::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LbChange {
    /// At least 1.
    Retries(u32),
    /// At least 1.
    RetryInterval(Millis),
    /// At least 1.
    RecoverTime(Seconds),
    /// At least 1.
    ErrorEscalationTime(Seconds),
    /// May be 0.
    MaxReplyTimeouts(u32),
    /// Requests of a session go to the member of its route.
    StickySession(bool),
    /// They fail rather than go elsewhere.
    StickySessionForce(bool),
    /// What is balanced.
    Method(Method),
    /// How exactly.
    Lock(Lock),
}

/// One setting of a member. Texts are at most [`TEXT_MAX`] bytes without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// A real change sets the values of all members to 0 (not with the method Busyness).
    Activation(Activation),
    /// 1 to `i32::MAX`. A real change computes the multipliers of all members anew.
    Factor(u32),
    /// May be empty. Sets the domain too, to what stands before the first dot, if there is a dot and the member has no
    /// domain yet. No other member has it once all changes of the command are made.
    Route(Text),
    /// Empty for none.
    Redirect(Text),
    /// Empty for none.
    Domain(Text),
    /// 0 to `i32::MAX`.
    Distance(i32),
    /// A setting of its connection.
    Ajp(AjpChange),
}

/// One setting of an AJP worker. Numbers are at most `i32::MAX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AjpChange {
    /// Where its Tomcat is; at least one of both is there, what is not given stays. The host is resolved first, and if
    /// that fails nothing is changed ([`Refusal::Unresolved`](super::Refusal::Unresolved)).
    Address {
        /// Not empty, at most [`TEXT_MAX`] bytes, no control characters.
        host: Option<Text>,
        /// 0: never contact it.
        port: Option<u16>,
    },
    /// 0 for never.
    ConnectionPoolTimeout(Seconds),
    /// 0 for none.
    PingTimeout(Millis),
    /// 0 for no probe after connecting.
    ConnectTimeout(Millis),
    /// 0 for no probe before requests.
    PrepostTimeout(Millis),
    /// 0 for ever.
    ReplyTimeout(Millis),
    /// At least 1.
    Retries(u32),
    /// At least 1.
    RetryInterval(Millis),
    /// At least 1.
    ConnectionPingInterval(Seconds),
    /// The bits of `recovery_options`.
    RecoveryOptions(u32),
    /// 0 for no limit.
    BusyLimit(u32),
    /// 8192 to 65536, a multiple of 1024.
    MaxPacketSize(u32),
}

/// Longest route, redirect, domain or host name, in bytes.
pub const TEXT_MAX: usize = LONGEST_NAME;
