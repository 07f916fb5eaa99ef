//! The fields of mod_jk's formats, in the order in which they show them. XML, text and properties only differ in how
//! a field is written, but for what [`Order`] tells.

use core::fmt;

use super::answer::Answer;
use super::rating;
use super::report::{
    Address, AjpCommon, AjpReport, LbReport, MapReport, Matching, MemberReport, Moment, Report,
};
use crate::uri::Source;

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field<'r> {
    pub(super) name: &'static str,
    pub(super) value: Value<'r>,
    /// The text format writes quotation marks around it.
    pub(super) quoted: bool,
}

/// A value that still has to be escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<'r> {
    /// A word of ours.
    Word(&'static str),
    /// Bytes of a configuration, a client or a system.
    Bytes(&'r [u8]),
    /// Text made for this field.
    Made(String),
}

impl Value<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Word(word) => word.as_bytes(),
            Self::Bytes(bytes) => bytes,
            Self::Made(text) => text.as_bytes(),
        }
    }
}

/// What differs between the formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// `connection_ping_interval` stands before `retries`.
    Xml,
    /// It stands behind.
    Lines,
}

fn plain<'r>(name: &'static str, value: Value<'r>) -> Field<'r> {
    Field { name, value, quoted: false }
}

fn number<'r>(name: &'static str, value: impl fmt::Display) -> Field<'r> {
    plain(name, Value::Made(value.to_string()))
}

fn word<'r>(name: &'static str, value: &'static str) -> Field<'r> {
    plain(name, Value::Word(value))
}

fn bytes<'r>(name: &'static str, value: &'r [u8]) -> Field<'r> {
    plain(name, Value::Bytes(value))
}

fn quoted(field: Field<'_>) -> Field<'_> {
    Field { quoted: true, ..field }
}

const fn truth(yes: bool) -> &'static str {
    if yes { "True" } else { "False" }
}

pub(super) fn server(report: &Report) -> Vec<Field<'_>> {
    vec![bytes("name", &report.server_name), number("port", report.server_port)]
}

pub(super) fn time(report: &Report) -> Vec<Field<'_>> {
    let [datetime, zone, unix] = moment(report.now);
    vec![
        plain("datetime", Value::Made(datetime)),
        plain("tz", Value::Made(zone)),
        plain("unix", Value::Made(unix)),
    ]
}

fn moment(at: Moment) -> [String; 3] {
    [at.compact(), at.zone(), at.unix.0.to_string()]
}

pub(super) fn software(report: &Report) -> Vec<Field<'_>> {
    vec![quoted(bytes("web_server", &report.web_server)), bytes("jk_version", &report.jk_version)]
}

pub(super) fn lb<'r>(answer: &Answer<'_>, report: &Report, lb: &'r LbReport) -> Vec<Field<'r>> {
    let rated = rating::count(answer.spec, lb);
    let maintenance = report.to_maintenance(lb);
    vec![
        bytes("name", &lb.name),
        word("type", "lb"),
        word("sticky_session", truth(lb.sticky_session)),
        word("sticky_session_force", truth(lb.sticky_session_force)),
        number("retries", lb.retries),
        number("recover_time", lb.recover_time),
        number("error_escalation_time", lb.error_escalation_time),
        number("max_reply_timeouts", lb.max_reply_timeouts),
        word("method", lb.method.label()),
        word("lock", lb.lock.label()),
        number("member_count", lb.members.len()),
        number("good", rated.good),
        number("degraded", rated.degraded),
        number("bad", rated.bad),
        number("busy", lb.busy),
        number("max_busy", lb.max_busy),
        number("map_count", lb.map_count),
        number("time_to_maintenance_min", maintenance.min),
        number("time_to_maintenance_max", maintenance.max),
        number("last_reset_at", lb.last_reset.0),
        number("last_reset_ago", report.ago(lb.last_reset)),
    ]
}

pub(super) fn member<'r>(
    report: &Report,
    lb: &LbReport,
    member: &'r MemberReport,
    order: Order,
) -> Vec<Field<'r>> {
    let recovery = report.to_recovery(lb, member);
    let mut fields = settings(&member.ajp, order);
    fields.extend([
        word("activation", member.activation.short()),
        number("lbfactor", member.factor),
        quoted(bytes("route", &member.route)),
        quoted(bytes("redirect", &member.redirect)),
        quoted(bytes("domain", &member.domain)),
        number("distance", member.distance),
        word("state", member.state.label()),
        number("lbmult", member.mult),
        number("lbvalue", member.value),
        number("elected", member.elected),
        number("sessions", member.sessions),
        number("errors", member.errors),
    ]);
    fields.extend(counters(&member.ajp));
    fields.extend([number("time_to_recover_min", recovery.min), number("time_to_recover_max", recovery.max)]);
    fields
}

pub(super) fn ajp<'r>(worker: &'r AjpReport, order: Order) -> Vec<Field<'r>> {
    let mut fields = settings(&worker.ajp, order);
    fields.extend([number("used", worker.used), number("errors", worker.errors)]);
    fields.extend(counters(&worker.ajp));
    fields.push(number("map_count", worker.map_count));
    fields
}

/// What stands last for members and AJP workers; the properties format writes it elsewhere.
pub(super) fn ending<'r>(report: &Report, ajp: &AjpCommon, error: Option<Moment>) -> Vec<Field<'r>> {
    let mut fields =
        vec![number("last_reset_at", ajp.last_reset.0), number("last_reset_ago", report.ago(ajp.last_reset))];
    if let Some(error) = error {
        let [datetime, zone, unix] = moment(error);
        fields.extend([
            plain("error_time_datetime", Value::Made(datetime)),
            plain("error_time_tz", Value::Made(zone)),
            plain("error_time_unix_seconds", Value::Made(unix)),
            number("error_time_ago", report.ago(error.unix)),
        ]);
    }
    fields
}

pub(super) fn map(id: usize, map: &MapReport) -> Vec<Field<'_>> {
    let mut fields = vec![
        number("id", id),
        bytes("server", &map.server),
        bytes("uri", &map.uri),
        plain("type", Value::Made(map_type(map))),
        word("source", map_source(map)),
        number("reply_timeout", map.reply_timeout),
        number("sticky_ignore", u8::from(map.sticky_ignore)),
        number("stateless", u8::from(map.stateless)),
        bytes("fail_on_status", &map.fail_on_status),
        bytes("active", &map.active),
        bytes("disabled", &map.disabled_members),
        bytes("stopped", &map.stopped_members),
        number("use_server_errors", map.use_server_errors),
    ];
    fields.iter_mut().skip(1).for_each(|field| field.quoted = true);
    fields
}

/// `Exact` or `Wildchar`, after what makes the rule special.
pub(super) fn map_type(map: &MapReport) -> String {
    let kind = match map.matching {
        Matching::Exact => "Exact",
        Matching::Wildcard => "Wildchar",
    };
    let [disabled, unmount] = [(map.disabled, "Disabled "), (map.unmount, "Unmount ")]
        .map(|(yes, word)| if yes { word } else { "" });
    [disabled, unmount, kind].concat()
}

/// Where a rule was written.
pub(super) const fn map_source(map: &MapReport) -> &'static str {
    match map.source {
        Source::WorkerMount => "worker definition",
        Source::Directive => "JkMount",
        Source::File => "uriworkermap",
    }
}

fn settings(ajp: &AjpCommon, order: Order) -> Vec<Field<'_>> {
    let ping_interval = number("connection_ping_interval", ajp.connection_ping_interval);
    let retries = number("retries", ajp.retries);
    let (first, second) = match order {
        Order::Xml => (ping_interval, retries),
        Order::Lines => (retries, ping_interval),
    };
    vec![
        bytes("name", &ajp.name),
        word("type", "ajp13"),
        bytes("host", &ajp.host),
        number("port", ajp.port),
        plain("address", Value::Made(address(ajp.address))),
        bytes("source", ajp.source.as_deref().unwrap_or(b"undefined")),
        number("connection_pool_timeout", ajp.connection_pool_timeout),
        number("ping_timeout", ajp.ping_timeout),
        number("connect_timeout", ajp.connect_timeout),
        number("prepost_timeout", ajp.prepost_timeout),
        number("reply_timeout", ajp.reply_timeout),
        first,
        second,
        number("recovery_options", ajp.recovery_options),
        number("busy_limit", ajp.busy_limit),
        number("max_packet_size", ajp.max_packet_size),
    ]
}

/// mod_jk writes no brackets around IPv6 addresses.
pub(super) fn address(address: Address) -> String {
    match address {
        Address::Known(socket) => format!("{}:{}", socket.ip(), socket.port()),
        Address::Invalid => "invalid".to_owned(),
        Address::Unresolved => "unresolved".to_owned(),
    }
}

fn counters<'r>(ajp: &AjpCommon) -> [Field<'r>; 8] {
    [
        number("client_errors", ajp.client_errors),
        number("reply_timeouts", ajp.reply_timeouts),
        number("transferred", ajp.transferred),
        number("read", ajp.read),
        number("busy", ajp.busy),
        number("max_busy", ajp.max_busy),
        number("connected", ajp.connected),
        number("max_connected", ajp.max_connected),
    ]
}
