//! A request to a status worker: what httpd knows of it goes to the room `status`, and the answer to httpd.
//!
//! Whether something may be seen or changed is decided there; here it is fetched, done and sent.

use super::apr::{Table, bytes, int};
use super::client::Browser;
use super::ffi;
use super::request::RequestView;
use super::rules_shown;
use super::server::Live;
use super::startup::VERSION;
use crate::config::indicators::Indicator;
use crate::config::worker_spec::StatusSpec;
use crate::log::Log;
use crate::say;
use crate::status::html::policy;
use crate::status::{
    Answer, Asked, Command, Content, Mime, Options, Plan, Provenance, Refusal, Report, Request, Scope,
    format, plan, read,
};
use crate::sys::clock::SystemClock;
use crate::text::show;
use crate::time::Clock;
use crate::worker::{Client, ClientError, Current, Then};
use std::ffi::{CStr, c_int};

const OK: c_int = int(ffi::OK);
const TOO_LARGE: c_int = int(ffi::HTTP_REQUEST_ENTITY_TOO_LARGE);

/// Most bytes of a form. The largest page has a few hundred fields.
const FORM_MAX: usize = 64 * 1024;
const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// Answers a request to the status worker of `spec`.
pub(super) fn serve(
    view: &RequestView,
    live: &Live,
    workers: &Current<'_>,
    spec: &StatusSpec,
    log: &dyn Log,
) -> c_int {
    // SAFETY: the view's contract.
    let mut client = unsafe { Browser::new(view.raw()) };
    let form = match form(view, &mut client) {
        Ok(form) => form,
        Err(status) => return status,
    };
    let user = view.env(live.names.of(Indicator::RemoteUser)).or_else(|| view.user());
    let token = &live.shared.token;
    let query = view.query().unwrap_or_default();
    let request = Request { query, form: form.as_deref(), user, from: provenance(view), token };
    let asked = read(spec, &request);
    let shown = act(view, live, workers, &asked, log);
    if let Err(refusal) = &shown {
        say!(log, Info, "status worker {}: {refusal}", show(&spec.name));
    }
    let result = match &shown {
        Ok(Some((scope, report))) => Ok(Content::Shown { scope, report }),
        Ok(None) => Ok(Content::Done),
        Err(refusal) => Err(refusal),
    };
    send(view, &mut client, &Answer { spec, asked: &asked, path: view.uri(), token, result })
}

/// Does what was asked for. What there is to show, or `None` if something was done.
fn act(
    view: &RequestView,
    live: &Live,
    workers: &Current<'_>,
    asked: &Asked,
    log: &dyn Log,
) -> Result<Option<(Scope, Report)>, Refusal> {
    let command = asked.command.as_ref().map_err(Refusal::clone)?;
    match plan(command, &workers.inventory())? {
        Plan::Do(action) => {
            let done = workers.apply(&action, SystemClock.now(), log);
            // At once, so that idle connections to an address that was left are closed.
            let _ = live.shared.registry.current();
            done.map(|()| None)
        }
        Plan::Show(scope) => {
            let report = report(view, live, workers, command, &scope);
            if scope == Scope::Configuration && report.configuration.is_empty() {
                return Err(Refusal::DumpFailed);
            }
            Ok(Some((scope, report)))
        }
    }
}

fn report(
    view: &RequestView,
    live: &Live,
    workers: &Current<'_>,
    command: &Command,
    scope: &Scope,
) -> Report {
    let mut report = workers.report(scope, SystemClock.now());
    report.server_name = view.server_name().into();
    report.server_port = view.server_port();
    // SAFETY: httpd's own text, which does not change while it runs.
    report.web_server = unsafe { bytes(ffi::ap_get_server_description()) }.into();
    report.jk_version = VERSION.to_bytes().into();
    if *scope == Scope::Configuration {
        report.configuration.clone_from(&live.shared.properties);
    }
    rules_shown::add(&mut report, view, !command.options.has(Options::HIDE_MAPS));
    report
}

fn provenance(view: &RequestView) -> Provenance<'_> {
    let all = view.headers();
    Provenance::find(|wanted| {
        let found = all.entries().find(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()));
        found.map(|(_, value)| value)
    })
}

/// The body of a POST, if it is that of a form; `Err` is the status to return.
fn form(view: &RequestView, client: &mut Browser) -> Result<Option<Vec<u8>>, c_int> {
    let kind = view.headers().get(c"Content-Type").unwrap_or_default();
    let kind = kind.split(|b| *b == b';').next().unwrap_or_default();
    if view.method() != b"POST" || !kind.trim_ascii().eq_ignore_ascii_case(FORM) {
        return Ok(None);
    }
    match client.body(FORM_MAX + 1) {
        Ok(part) if part.len > FORM_MAX => Err(TOO_LARGE),
        Ok(part) => Ok(Some(part.slices.iter().flat_map(|slice| slice.iter().copied()).collect())),
        Err(ClientError::Read(status)) => Err(c_int::from(status)),
        Err(ClientError::Answered | ClientError::Write) => Err(ffi::AP_FILTER_ERROR),
    }
}

fn send(view: &RequestView, client: &mut Browser, answer: &Answer<'_>) -> c_int {
    let mut body = Vec::new();
    let content_type = format::render(answer, &mut body);
    let r = view.raw();
    let content_type = view.pool().text(&[content_type.as_bytes()]);
    // SAFETY: the request is live; the type is a string of its pool.
    let headers = unsafe {
        (*r).status = c_int::from(answer.http_status());
        (*r).status_line = std::ptr::null();
        ffi::ap_set_content_type(r, content_type);
        Table::new((*r).headers_out)
    };
    for (name, value) in HEADERS {
        headers.set(name.as_ptr(), value.as_ptr());
    }
    if answer.asked.mime == Mime::Html {
        let policy = policy(answer.spec.css.as_deref());
        headers.set(c"Content-Security-Policy".as_ptr(), view.pool().text(&[policy.as_bytes()]));
    }
    if client.deliver(&[&body], Then::End).is_err() {
        client.give_up();
    }
    OK
}

/// What every answer says besides its type. Nobody keeps it, guesses another type, or shows it in a frame.
const HEADERS: [(&CStr, &CStr); 4] = [
    (c"Cache-Control", c"no-cache"),
    (c"Pragma", c"no-cache"),
    (c"X-Content-Type-Options", c"nosniff"),
    (c"X-Frame-Options", c"DENY"),
];
