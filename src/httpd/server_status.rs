//! A section of the page `server-status`, where mod_status is loaded.

use super::apr::int;
use super::ffi::{self, request_rec};
use super::request::RequestView;
use super::server;
use crate::status::Scope;
use crate::status::server_status::{lines, section};
use crate::sys::clock::SystemClock;
use crate::time::Clock;
use std::ffi::c_int;

/// # Safety
/// `r` is a live request that mod_status is answering.
pub(super) unsafe fn add(r: *mut request_rec, flags: c_int) -> c_int {
    // SAFETY: by the contract; a live request has a live server.
    let live = unsafe { server::live(RequestView::new(r).server()) };
    let Some(live) = live else { return ffi::DECLINED };
    let has = |flag: u32| flags & int(flag) != 0;
    // What the status worker shows too, so that the two pages agree.
    let balancers = live.shared.registry.current().report(&Scope::Everything, SystemClock.now()).balancers;
    let text = if has(ffi::AP_STATUS_SHORT) {
        lines(&balancers)
    } else {
        section(&balancers, !has(ffi::AP_STATUS_NOTABLE))
    };
    let length = c_int::try_from(text.len()).unwrap_or(c_int::MAX);
    // SAFETY: the request is live, and the buffer has so many bytes.
    unsafe { ffi::ap_rwrite(text.as_ptr().cast(), length, r) };
    int(ffi::OK)
}
