//! What can be changed while the server runs: one table for each kind of target, with key, property and accepted
//! values in one entry. Reading an update, the edit forms and the reference walk these tables.

use super::change::{AjpChange, LbChange, MemberChange, TEXT_MAX};
use super::refusal::TextFault;
use crate::balance::{Activation, Lock, Method};
use crate::config::values::flag;
use crate::text::{self, Text};
use crate::time::{Millis, Seconds};

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting<C: 'static> {
    /// The parameter of `cmd=update`, and the value of `att`.
    pub key: &'static str,
    /// The property of `workers.properties`.
    pub property: &'static str,
    /// What it takes.
    pub accepts: Accepts<C>,
}

/// Which values a setting takes, and the change each makes. A number out of range changes nothing and is no error, as
/// in mod_jk; what is no value at all is one.
#[derive(Clone, Copy, Debug)]
pub enum Accepts<C: 'static> {
    /// Leading digits; what follows them does not count.
    Number {
        /// Smallest.
        least: u32,
        /// Largest.
        most: u32,
        /// What counts as what is left to the table's reader.
        change: fn(u32) -> C,
    },
    /// A switch, written as in `workers.properties`.
    Flag(fn(bool) -> C),
    /// A word of which the first character counts, or the number of its place in the list.
    Choice {
        /// The words.
        words: &'static [&'static str],
        /// `None` for other words.
        change: fn(&[u8]) -> Option<C>,
    },
    /// At most [`TEXT_MAX`] bytes without control characters.
    Text {
        /// What a message calls it.
        what: &'static str,
        /// The change.
        change: fn(Text) -> C,
    },
}

const fn number<C>(
    key: &'static str,
    property: &'static str,
    least: u32,
    change: fn(u32) -> C,
) -> Setting<C> {
    Setting { key, property, accepts: Accepts::Number { least, most: i32::MAX.unsigned_abs(), change } }
}

const fn seconds(number: u32) -> Seconds {
    Seconds(number as u64)
}

/// The port of an AJP worker, beside [`HOST`]: both together are one change.
pub const PORT: &str = "vaprt";

/// The host of an AJP worker.
pub const HOST: &str = "vahst";

/// The settings of a balancer.
pub const LB: &[Setting<LbChange>] = &[
    number("vlr", "retries", 1, LbChange::Retries),
    number("vlri", "retry_interval", 1, |n| LbChange::RetryInterval(Millis(n))),
    number("vlt", "recover_time", 1, |n| LbChange::RecoverTime(seconds(n))),
    number("vlee", "error_escalation_time", 1, |n| LbChange::ErrorEscalationTime(seconds(n))),
    number("vlx", "max_reply_timeouts", 0, LbChange::MaxReplyTimeouts),
    Setting { key: "vls", property: "sticky_session", accepts: Accepts::Flag(LbChange::StickySession) },
    Setting {
        key: "vlf",
        property: "sticky_session_force",
        accepts: Accepts::Flag(LbChange::StickySessionForce),
    },
    Setting {
        key: "vlm",
        property: "method",
        accepts: Accepts::Choice {
            words: &["Request", "Traffic", "Busyness", "Sessions", "Next"],
            change: |word| Method::known(word).map(LbChange::Method),
        },
    },
    Setting {
        key: "vll",
        property: "lock",
        accepts: Accepts::Choice {
            words: &["Optimistic", "Pessimistic"],
            change: |word| Lock::known(word).map(LbChange::Lock),
        },
    },
];

/// The settings of a member as such.
pub const MEMBER: &[Setting<MemberChange>] = &[
    Setting {
        key: "vwa",
        property: "activation",
        accepts: Accepts::Choice {
            words: &["Active", "Disabled", "Stopped"],
            change: |word| Activation::known(word).map(MemberChange::Activation),
        },
    },
    number("vwf", "lbfactor", 1, MemberChange::Factor),
    Setting {
        key: "vwn",
        property: "route",
        accepts: Accepts::Text { what: "route", change: MemberChange::Route },
    },
    Setting {
        key: "vwr",
        property: "redirect",
        accepts: Accepts::Text { what: "redirect", change: MemberChange::Redirect },
    },
    Setting {
        key: "vwc",
        property: "domain",
        accepts: Accepts::Text { what: "domain", change: MemberChange::Domain },
    },
    number("vwd", "distance", 0, |n| MemberChange::Distance(i32::try_from(n).unwrap_or(i32::MAX))),
];

/// The settings of an AJP worker, alone or as member, besides [`HOST`] and [`PORT`].
pub const AJP: &[Setting<AjpChange>] = &[
    number("vacpt", "connection_pool_timeout", 0, |n| AjpChange::ConnectionPoolTimeout(seconds(n))),
    number("vapng", "ping_timeout", 0, |n| AjpChange::PingTimeout(Millis(n))),
    number("vact", "connect_timeout", 0, |n| AjpChange::ConnectTimeout(Millis(n))),
    number("vapt", "prepost_timeout", 0, |n| AjpChange::PrepostTimeout(Millis(n))),
    number("vart", "reply_timeout", 0, |n| AjpChange::ReplyTimeout(Millis(n))),
    number("var", "retries", 1, AjpChange::Retries),
    number("vari", "retry_interval", 1, |n| AjpChange::RetryInterval(Millis(n))),
    number("vacpi", "connection_ping_interval", 1, |n| AjpChange::ConnectionPingInterval(seconds(n))),
    number("varo", "recovery_options", 0, AjpChange::RecoveryOptions),
    number("vabl", "busy_limit", 0, AjpChange::BusyLimit),
    Setting {
        key: "vamps",
        property: "max_packet_size",
        accepts: Accepts::Number {
            least: 7169, // rounded first, and then compared with the limits
            most: 65536,
            change: |n| AjpChange::MaxPacketSize(n.next_multiple_of(1024)),
        },
    },
];

impl<C> Setting<C> {
    /// The change that a value makes; `None` if it is a number out of range, an error if it must not be taken.
    pub fn read(&self, value: &[u8]) -> Result<Option<C>, TextFault> {
        match self.accepts {
            Accepts::Number { least, most, change } => {
                let number = u32::try_from(number_of(value)?).ok();
                Ok(number.filter(|number| (least..=most).contains(number)).map(change))
            }
            Accepts::Flag(change) => flag(value).map(change).map(Some).ok_or(TextFault::NoValue),
            Accepts::Choice { change, .. } => change(value).map(Some).ok_or(TextFault::NoValue),
            Accepts::Text { change, .. } => Ok(Some(change(checked(value)?))),
        }
    }

    /// What a message about a bad value calls the setting.
    pub const fn what(&self) -> &'static str {
        match self.accepts {
            Accepts::Text { what, .. } => what,
            Accepts::Number { .. } | Accepts::Flag(_) | Accepts::Choice { .. } => self.property,
        }
    }
}

/// A number, in range or not.
pub(super) fn number_of(value: &[u8]) -> Result<i64, TextFault> {
    text::leading_int(value).map(|(number, _)| number).ok_or(TextFault::NoValue)
}

/// A text that may be stored.
pub(super) fn checked(value: &[u8]) -> Result<Text, TextFault> {
    if value.len() > TEXT_MAX {
        return Err(TextFault::TooLong);
    }
    if value.iter().any(u8::is_ascii_control) {
        return Err(TextFault::ControlCharacter);
    }
    Ok(value.into())
}
