//! `JkRequestLogFormat` at work: the hook log_transaction.

use super::apr;
use super::ffi::{self, request_rec};
use super::mapping::WORKER_NAME;
use super::request::RequestView;
use super::server::{self, Live};
use crate::request_log::Facts;
use std::ffi::{CStr, c_int};

const OK: c_int = apr::int(ffi::OK);
const DECLINED: c_int = ffi::DECLINED;

/// Says that a worker was asked for; nobody else writes this note.
const SERVED: &CStr = c"JK_SERVED";

/// Notes that this request gets a line, if such lines are wanted.
pub(super) fn note(view: &RequestView, live: &Live) {
    if live.request_lines.is_some() {
        view.set_note(SERVED, b"1");
    }
}

/// # Safety
/// `r` is a live request.
pub(super) unsafe fn log_transaction(r: *mut request_rec) -> c_int {
    // SAFETY: by the contract.
    let view = unsafe { RequestView::new(r) };
    // SAFETY: a live request has a live server.
    let Some(live) = (unsafe { server::live(view.server()) }) else { return DECLINED };
    let Some(format) = &live.request_lines else { return DECLINED };
    if view.note(SERVED).is_some() {
        let mut line = Vec::with_capacity(256);
        format.render(&facts(&view), &mut line);
        live.log.write_plain(&line);
    }
    OK
}

fn facts(view: &RequestView) -> Facts<'_> {
    let some = |text| Some(text).filter(|text: &&[u8]| !text.is_empty());
    Facts {
        bytes: view.bytes_sent(),
        protocol: some(view.protocol()),
        method: some(view.method()),
        port: view.configured_port(),
        query: view.query(),
        line: view.request_line(),
        route: view.note(c"JK_WORKER_ROUTE"),
        status: view.status(),
        duration: view.note(c"JK_REQUEST_DURATION"),
        path: some(view.uri()),
        server_name: view.configured_name(),
        given_name: some(view.server_name()),
        worker: view.note(WORKER_NAME),
    }
}
