//! What an administrator may change of a worker at run time, as tables: where each setting lies in a spec, and how it
//! is shown in log lines.

use crate::balance::{Activation, Lock, Method};
use crate::config::worker_spec::{AjpSpec, LbSpec, MemberSpec, Recovery};
use crate::shm::edits::{Edits, NUMBERS, TEXTS};
use crate::text::{Text, show};
use crate::time::{Millis, Seconds};

/// A spec with settings that can be changed. The place of a setting in its table is its place in shared memory.
pub(super) trait Editable: Clone + 'static {
    /// Numbers, and all that can be told by one.
    const NUMBERS: &'static [Number<Self>];
    /// Texts.
    const TEXTS: &'static [Words<Self>];
    /// Whose spec it is, for log lines.
    fn name(&self) -> &[u8];
    /// Lets go of edits that make no sense without one that is gone.
    fn mend(_edits: &mut Edits) {}
}

/// A setting that is a number.
pub(super) struct Number<S> {
    /// Its property.
    pub(super) name: &'static str,
    /// What it is; 0 for what is switched off.
    pub(super) get: fn(&S) -> u64,
    /// Changes it; only with values that `get` may give.
    pub(super) set: fn(&mut S, u64),
    /// How log lines show it.
    pub(super) shown: fn(u64) -> String,
}

/// A setting that is a text.
pub(super) struct Words<S> {
    /// Its property.
    pub(super) name: &'static str,
    /// What it is.
    pub(super) get: fn(&S) -> &Text,
    /// Changes it.
    pub(super) set: fn(&mut S, Text),
}

/// Place of `port` among the numbers of an AJP worker.
pub(super) const PORT: usize = 0;
/// Place of `host` among its texts.
pub(super) const HOST: usize = 0;
/// Place of `route` among the texts of a member.
pub(super) const ROUTE: usize = 0;

impl Editable for AjpSpec {
    const NUMBERS: &'static [Number<Self>] = &[
        number("port", |s| s.address.port.into(), |s, n| s.address.port = u16::try_from(n).unwrap_or(0)),
        number(
            "connection_pool_timeout",
            |s| seconds(s.pool.idle_timeout),
            |s, n| s.pool.idle_timeout = Some(Seconds(n)).filter(|limit| limit.0 > 0),
        ),
        number("ping_timeout", |s| millis(s.probe.timeout), |s, n| s.probe.timeout = some_millis(n)),
        number("connect_timeout", |s| millis(s.probe.connect), |s, n| s.probe.connect = some_millis(n)),
        number("prepost_timeout", |s| millis(s.probe.prepost), |s, n| s.probe.prepost = some_millis(n)),
        number("reply_timeout", |s| millis(s.reply_timeout), |s, n| s.reply_timeout = some_millis(n)),
        number("retries", |s| s.retries.into(), |s, n| s.retries = small(n)),
        number("retry_interval", |s| s.retry_interval.0.into(), |s, n| s.retry_interval = Millis(small(n))),
        number(
            "connection_ping_interval",
            |s| seconds(s.probe.interval),
            |s, n| s.probe.interval = Some(Seconds(n)).filter(|interval| interval.0 > 0),
        ),
        number("recovery_options", |s| s.recovery.bits().into(), |s, n| s.recovery = Recovery::of(small(n))),
        number(
            "busy_limit",
            |s| s.busy_limit.unwrap_or(0).into(),
            |s, n| s.busy_limit = Some(small(n)).filter(|limit| *limit > 0),
        ),
        number("max_packet_size", |s| s.max_packet_size.into(), |s, n| s.max_packet_size = small(n)),
    ];
    const TEXTS: &'static [Words<Self>] =
        &[Words { name: "host", get: |s| &s.address.host, set: |s, text| s.address.host = text }];

    fn name(&self) -> &[u8] {
        &self.name
    }

    /// Host, port and what they were resolved to are one.
    fn mend(edits: &mut Edits) {
        let (numbers, texts) = (&mut edits.numbers[PORT], &mut edits.texts[HOST]);
        if numbers.is_none() || texts.is_none() {
            (*numbers, *texts) = (None, None);
            edits.addresses.clear();
        }
    }
}

impl Editable for MemberSpec {
    const NUMBERS: &'static [Number<Self>] = &[
        Number {
            name: "activation",
            get: |s| s.activation.code().into(),
            set: |s, n| s.activation = Activation::from_code(small(n)),
            shown: |n| Activation::from_code(small(n)).name().to_owned(),
        },
        number("lbfactor", |s| s.factor.into(), |s, n| s.factor = small(n)),
        Number {
            name: "distance",
            get: |s| s.distance.cast_unsigned().into(),
            set: |s, n| s.distance = small(n).cast_signed(),
            shown: |n| small(n).cast_signed().to_string(),
        },
    ];
    const TEXTS: &'static [Words<Self>] = &[
        Words { name: "route", get: |s| &s.route, set: |s, text| s.route = text },
        Words { name: "redirect", get: |s| &s.redirect, set: |s, text| s.redirect = text },
        Words { name: "domain", get: |s| &s.domain, set: |s, text| s.domain = text },
    ];

    fn name(&self) -> &[u8] {
        &self.ajp.name
    }
}

impl Editable for LbSpec {
    const NUMBERS: &'static [Number<Self>] = &[
        number("retries", |s| s.retries.into(), |s, n| s.retries = small(n)),
        number("retry_interval", |s| s.retry_interval.0.into(), |s, n| s.retry_interval = Millis(small(n))),
        number("recover_time", |s| s.recover_time.0, |s, n| s.recover_time = Seconds(n)),
        number(
            "error_escalation_time",
            |s| s.error_escalation_time.0,
            |s, n| s.error_escalation_time = Seconds(n),
        ),
        number("max_reply_timeouts", |s| s.max_reply_timeouts.into(), |s, n| s.max_reply_timeouts = small(n)),
        switch("sticky_session", |s| s.sticky_session.into(), |s, n| s.sticky_session = n != 0),
        switch(
            "sticky_session_force",
            |s| s.sticky_session_force.into(),
            |s, n| s.sticky_session_force = n != 0,
        ),
        Number {
            name: "method",
            get: |s| s.method.code().into(),
            set: |s, n| s.method = Method::from_code(small(n)),
            shown: |n| Method::from_code(small(n)).label().to_owned(),
        },
        Number {
            name: "lock",
            get: |s| s.lock.code().into(),
            set: |s, n| s.lock = Lock::from_code(small(n)),
            shown: |n| Lock::from_code(small(n)).label().to_owned(),
        },
    ];
    const TEXTS: &'static [Words<Self>] = &[];

    fn name(&self) -> &[u8] {
        &self.name
    }
}

const fn number<S>(name: &'static str, get: fn(&S) -> u64, set: fn(&mut S, u64)) -> Number<S> {
    Number { name, get, set, shown: |n| n.to_string() }
}

const fn switch<S>(name: &'static str, get: fn(&S) -> u64, set: fn(&mut S, u64)) -> Number<S> {
    Number { name, get, set, shown: |n| if n == 0 { "False" } else { "True" }.to_owned() }
}

/// How log lines show a text.
pub(super) fn quoted(text: &[u8]) -> String {
    format!("'{}'", show(text))
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn seconds(span: Option<Seconds>) -> u64 {
    span.map_or(0, |span| span.0)
}

fn millis(span: Option<Millis>) -> u64 {
    span.map_or(0, |span| span.0.into())
}

fn some_millis(number: u64) -> Option<Millis> {
    Some(Millis(small(number))).filter(|millis| millis.0 > 0)
}

const fn fits<S: Editable>() -> bool {
    S::NUMBERS.len() <= NUMBERS && S::TEXTS.len() <= TEXTS
}
const _: () = assert!(fits::<AjpSpec>() && fits::<MemberSpec>() && fits::<LbSpec>());
