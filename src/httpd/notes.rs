//! What a request's notes tell access logs: `%{JK_LB_LAST_NAME}n` and the like.
//!
//! They are formatted only if something in the configuration can read them (`startup` looks for that); route and
//! duration also for the line of `JkRequestLogFormat`.

use super::request::RequestView;
use super::server::Live;
use crate::worker::{MemberReport, Report};
use std::ffi::CStr;
use std::time::Instant;

/// Notes the worker's type, before it serves.
pub(super) fn kind(view: &RequestView, live: &Live, kind: &str) {
    if live.shared.wants_notes {
        view.set_note(c"JK_WORKER_TYPE", kind.as_bytes());
    }
}

/// Looks at the clock, if the duration will be noted.
pub(super) fn begin(live: &Live) -> Option<Instant> {
    (live.shared.wants_notes || live.request_lines.is_some()).then(Instant::now)
}

/// Notes how it went since it was `begun`.
pub(super) fn result(view: &RequestView, report: &Report<'_>, begun: Option<Instant>) {
    if let Some(begun) = begun {
        let duration = begun.elapsed();
        if let Some(route) = view.route().or(report.route).filter(|route| !route.is_empty()) {
            view.set_note(c"JK_WORKER_ROUTE", route);
        }
        let duration = format!("{}.{:06}", duration.as_secs(), duration.subsec_micros());
        view.set_note(c"JK_REQUEST_DURATION", duration.as_bytes());
    }
    if let Some(first) = &report.first {
        member(view, first, &FIRST);
    }
    if let Some(last) = &report.last {
        member(view, last, &LAST);
    }
}

type Names = [&'static CStr; 10];

const FIRST: Names = [
    c"JK_LB_FIRST_NAME",
    c"JK_LB_FIRST_VALUE",
    c"JK_LB_FIRST_ACCESSED",
    c"JK_LB_FIRST_SESSIONS",
    c"JK_LB_FIRST_READ",
    c"JK_LB_FIRST_TRANSFERRED",
    c"JK_LB_FIRST_ERRORS",
    c"JK_LB_FIRST_BUSY",
    c"JK_LB_FIRST_ACTIVATION",
    c"JK_LB_FIRST_STATE",
];

const LAST: Names = [
    c"JK_LB_LAST_NAME",
    c"JK_LB_LAST_VALUE",
    c"JK_LB_LAST_ACCESSED",
    c"JK_LB_LAST_SESSIONS",
    c"JK_LB_LAST_READ",
    c"JK_LB_LAST_TRANSFERRED",
    c"JK_LB_LAST_ERRORS",
    c"JK_LB_LAST_BUSY",
    c"JK_LB_LAST_ACTIVATION",
    c"JK_LB_LAST_STATE",
];

fn member(view: &RequestView, member: &MemberReport<'_>, names: &Names) {
    let [name, value, accessed, sessions, read, sent, errors, busy, activation, state] = names;
    view.set_note(name, member.name);
    for (note, number) in [
        (value, member.value),
        (accessed, member.accessed),
        (sessions, member.sessions),
        (read, member.read),
        (sent, member.sent),
        (errors, member.errors.into()),
        (busy, member.busy.into()),
    ] {
        view.set_note(note, number.to_string().as_bytes());
    }
    view.set_note(activation, member.activation.short().as_bytes());
    view.set_note(state, member.state.label().as_bytes());
}
