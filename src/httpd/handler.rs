//! The handler: finds the worker, lets it serve, turns the outcome into what httpd expects.

use super::apr;
use super::client::Browser;
use super::ffi::{self, request_rec};
use super::forward::Parts;
use super::mapping::{self, WORKER_NAME};
use super::notes;
use super::request::{DIRECTORY, HANDLER, RequestView};
use super::request_lines;
use super::server::{self, Live};
use super::status;
use crate::config;
use crate::config::indicators::Indicator;
use crate::log::Log;
use crate::say;
use crate::sys::clock::SystemClock;
use crate::text::{atoi, show};
use crate::time::{Clock, Millis};
use crate::uri::unparsed::means;
use crate::uri::{Extensions, Lookup, clean};
use crate::worker::{Client, ClientError, Failure, Flush, Named, Report, Task};
use std::borrow::Cow;
use std::ffi::c_int;

const OK: c_int = apr::int(ffi::OK);
const DECLINED: c_int = ffi::DECLINED;
const BAD_REQUEST: c_int = apr::int(ffi::HTTP_BAD_REQUEST);
const SERVER_ERROR: c_int = apr::int(ffi::HTTP_INTERNAL_SERVER_ERROR);

/// # Safety
/// `r` is a live request with a handler.
pub(super) unsafe fn handle(r: *mut request_rec) -> c_int {
    // SAFETY: by the contract.
    let view = unsafe { RequestView::new(r) };
    // SAFETY: a live request has a live server.
    let Some(live) = (unsafe { server::live(view.server()) }) else { return DECLINED };
    let directory = live.effective.options.forward_directories() && view.handler() == DIRECTORY;
    if (view.handler() != HANDLER.to_bytes() && !directory) || view.env(c"no-jk").is_some() {
        return DECLINED;
    }
    let log = live.request_log(&view);
    match find_worker(&view, live) {
        Ok(Some(found)) => serve(&view, live, &found, &log),
        Ok(None) => view.open_body().map_or_else(|status| status, |()| DECLINED),
        Err(status) => status,
    }
}

/// The worker of a request, and what the rule says.
struct Found<'r> {
    worker: &'r [u8],
    rule: Cow<'r, Extensions>,
}

/// From the mapping hooks, else their note, else the environment, else by matching now (the handler was set
/// otherwise).
fn find_worker<'r>(view: &'r RequestView, live: &'r Live) -> Result<Option<Found<'r>>, c_int> {
    if let Some(mapped) = mapping::mapped(view) {
        let rule = mapped.rule();
        return Ok(Some(Found { worker: &rule.worker, rule: Cow::Borrowed(&rule.extensions) }));
    }
    if let Some(worker) = view.note(WORKER_NAME) {
        if mapping::is_note_its_own(view) {
            return Ok(Some(Found { worker, rule: Cow::Owned(Extensions::default()) }));
        }
        // mod_negotiation looks at a mapped variant first and then turns this request into the one for it.
        if let Some(found) = match_now(view, live)? {
            return Ok(Some(found));
        }
    }
    if let Some(text) = view.env(live.names.of(Indicator::Worker)) {
        let log = live.request_log(view);
        let mut warn = |warning| say!(&log, Warn, "{}: {warning}", show(text));
        let (worker, rule) = Extensions::parse(text, &mut warn);
        view.set_note(WORKER_NAME, worker);
        return Ok(Some(Found { worker, rule: Cow::Owned(rule) }));
    }
    match_now(view, live)
}

fn match_now<'r>(view: &'r RequestView, live: &'r Live) -> Result<Option<Found<'r>>, c_int> {
    let Some(map) = live.map(view) else { return Ok(None) };
    let uri = clean(view.uri()).map_err(|_| BAD_REQUEST)?;
    let Lookup::Rule(rule) = map.find(&uri) else { return Ok(None) };
    view.set_note(WORKER_NAME, &rule.worker);
    Ok(Some(Found {
        worker: view.note(WORKER_NAME).unwrap_or_default(),
        rule: Cow::Owned(rule.extensions.clone()),
    }))
}

fn serve(view: &RequestView, live: &Live, found: &Found<'_>, log: &dyn Log) -> c_int {
    request_lines::note(view, live);
    if view.is_proxied() {
        say!(log, Info, "a proxy request cannot be forwarded by a worker");
        return SERVER_ERROR;
    }
    if let Err(status) = view.open_body() {
        return status;
    }
    let as_written = live.effective.options.forward == config::options::Forward::CompatUnparsed;
    if as_written && !means(view.unparsed_path(), view.uri()) {
        say!(
            log,
            Info,
            "the URI as the client wrote it is not the path that rules looked at; it is not forwarded"
        );
        return BAD_REQUEST;
    }
    if view.is_aborted() {
        say!(log, Info, "the client is gone before its request was forwarded");
        return OK;
    }
    let workers = live.shared.registry.current();
    let Some(worker) = workers.worker(found.worker) else {
        say!(log, Info, "there is no worker {} in worker.list", show(found.worker));
        return SERVER_ERROR;
    };
    if live.shared.lazy_maintenance {
        live.shared.registry.maintain(SystemClock.now(), log);
    }
    notes::kind(view, live, worker.kind());
    let begun = notes::begin(live);
    if let Some(spec) = worker.status() {
        let told = status::serve(view, live, &workers, spec, log);
        notes::result(view, &Report::default(), begun);
        return told;
    }
    let mut report = Report::default();
    // SAFETY: the view's contract.
    let mut client = unsafe { Browser::new(view.raw()) };
    let service = Service { live, worker, log };
    let result = forward(view, &service, found, &mut client, &mut report);
    notes::result(view, &report, begun);
    if result.is_ok() {
        client.drain();
    }
    match finish(found.worker, result, report.withheld, &mut client, log) {
        // Whoever includes the reply in a page (mod_include) learns from this that the part is no good.
        OK => view.status_of_bad_part().unwrap_or(OK),
        told => told,
    }
}

/// Who serves a request, and where they say how it goes.
struct Service<'w> {
    live: &'w Live,
    worker: Named<'w>,
    log: &'w dyn Log,
}

fn forward<'w>(
    view: &RequestView,
    service: &Service<'w>,
    found: &Found<'_>,
    client: &mut Browser,
    report: &mut Report<'w>,
) -> Result<(), Failure> {
    let Service { live, worker, log } = *service;
    let original = mapping::mapped(view).map_or_else(|| view.uri(), |mapped| mapped.original(view));
    let parts = Parts::new(view, live, original);
    let headers = parts.headers();
    let cookies: Vec<&[u8]> = view
        .headers()
        .entries()
        .filter(|(name, _)| name.eq_ignore_ascii_case(b"cookie"))
        .map(|(_, value)| value)
        .collect();
    let options = &live.effective.options;
    let task = Task {
        request: parts.request(live, &headers),
        cookies: &cookies,
        route: view.route(),
        rule: &found.rule,
        reply_timeout: reply_timeout(view, &found.rule),
        sticky_ignore: flag(view.env(c"JK_STICKY_IGNORE"), found.rule.sticky_ignore),
        stateless: flag(view.env(c"JK_STATELESS"), found.rule.stateless),
        no_reuse: options.disable_reuse(),
        flush: Flush { head: options.flush_header(), packets: options.flush_packets() },
        wants_report: live.shared.wants_notes,
        log,
        clock: &SystemClock,
    };
    worker.serve(&task, client, report)
}

/// The environment beats the rule; zero switches the timeout off, negative numbers are ignored.
fn reply_timeout(view: &RequestView, rule: &Extensions) -> Option<Option<Millis>> {
    let limit = |ms: i32| u32::try_from(ms).ok();
    let own = view.env(c"JK_REPLY_TIMEOUT").map(atoi).and_then(limit);
    own.or(rule.reply_timeout.and_then(limit)).map(|ms| (ms > 0).then_some(Millis(ms)))
}

/// A variable that is there and empty means yes; else its number decides. Without it the rule does.
fn flag(variable: Option<&[u8]>, rule: bool) -> bool {
    variable.map_or(rule, |text| text.is_empty() || atoi(text) != 0)
}

/// What httpd is told.
fn finish(
    worker: &[u8],
    result: Result<(), Failure>,
    withheld: Option<u16>,
    client: &mut Browser,
    log: &dyn Log,
) -> c_int {
    let failure = match result {
        Ok(()) => return withheld.map_or(OK, c_int::from),
        Err(failure) => failure,
    };
    let worker = show(worker);
    match &failure {
        Failure::Client(ClientError::Write) => {
            say!(log, Info, "worker {worker}: the client went away during the reply");
            client.give_up();
            return OK;
        }
        Failure::Client(ClientError::Answered) => {
            say!(log, Info, "worker {worker}: request failed: {failure}");
            return ffi::AP_FILTER_ERROR;
        }
        Failure::Client(ClientError::Read(_)) | Failure::TooLarge(_) => {
            say!(log, Info, "worker {worker}: request failed: {failure}");
        }
        Failure::NoAddress
        | Failure::NoSlot
        | Failure::BusyLimit
        | Failure::Connect(_)
        | Failure::Probe
        | Failure::Send(_)
        | Failure::Lost(_)
        | Failure::Stopping
        | Failure::ReplyTimeout
        | Failure::Protocol(_)
        | Failure::Status { .. }
        | Failure::NoMember => say!(log, Error, "worker {worker}: request failed: {failure}"),
    }
    if client.delivered() {
        client.cut();
        return OK;
    }
    client.forget_head();
    if matches!(failure, Failure::Client(ClientError::Read(400))) {
        client.give_up();
    }
    c_int::from(failure.status())
}
