//! Which requests are ours: the hooks translate_name and map_to_storage.
//!
//! The second is needed because another module (an alias, a rewrite) may have answered translate_name first. For
//! a mapped request it also ends the search for a file: `<Directory>` sections do not apply.

use super::apr;
use super::ffi::{self, request_rec};
use super::request::{DIRECTORY, HANDLER, RequestView};
use super::server::{self, Live};
use crate::log::Log;
use crate::say;
use crate::sys::files;
use crate::text::show;
use crate::uri::alias::{Alias, is_archive, is_private};
use crate::uri::{Lookup, MAX_URI, Rule, Unclean, UriMap, clean, is_unsafe};
use std::ffi::{CStr, c_char, c_int};
use std::sync::Arc;

const OK: c_int = apr::int(ffi::OK);
const DECLINED: c_int = ffi::DECLINED;
const BAD_REQUEST: c_int = apr::int(ffi::HTTP_BAD_REQUEST);
const FORBIDDEN: c_int = apr::int(ffi::HTTP_FORBIDDEN);
const NOT_FOUND: c_int = apr::int(ffi::HTTP_NOT_FOUND);
const URI_TOO_LONG: c_int = apr::int(ffi::HTTP_REQUEST_URI_TOO_LARGE);

pub(super) const WORKER_NAME: &CStr = c"JK_WORKER_NAME";

/// What mapping left with a request.
enum Mark {
    Mapped(Mapped),
    /// A sub-request that is ours left its worker's name here as a note, for access logs. The note says nothing about
    /// where this request itself belongs.
    Noted,
}

/// What mapping found out about a request.
pub(super) struct Mapped {
    map: Arc<UriMap>,
    rule: *const Rule,
    /// The URI before path parameters were removed; it is what gets forwarded. NULL where only the request itself
    /// knows it when it is served.
    original: *mut c_char,
}

/// The rule that a request matched, if mapping met it.
pub(super) fn mapped(view: &RequestView) -> Option<&Mapped> {
    match view.state::<Mark>()? {
        Mark::Mapped(mapped) => Some(mapped),
        Mark::Noted => None,
    }
}

/// Whether the note about the worker concerns the request itself.
pub(super) fn is_note_its_own(view: &RequestView) -> bool {
    match view.state::<Mark>() {
        Some(Mark::Noted) => false,
        Some(Mark::Mapped(_)) | None => true,
    }
}

impl Mapped {
    fn new(map: &Arc<UriMap>, rule: &Rule, original: *mut c_char) -> Self {
        Self { map: Arc::clone(map), rule, original }
    }

    /// The rule that matched. It lives as long as the request, also when the map is replaced meanwhile.
    pub(super) fn rule(&self) -> &Rule {
        let _ = &self.map;
        // SAFETY: the rule lies in the map, which this value keeps alive and which never changes.
        unsafe { &*self.rule }
    }

    /// The URI to forward.
    pub(super) fn original<'r>(&'r self, view: &'r RequestView) -> &'r [u8] {
        // SAFETY: NULL, or a string of the request's pool.
        unsafe { apr::maybe(self.original) }.unwrap_or_else(|| view.uri())
    }
}

/// # Safety
/// `r` is a live request.
pub(super) unsafe fn translate_name(r: *mut request_rec) -> c_int {
    // SAFETY: by the contract.
    let view = unsafe { RequestView::new(r) };
    // SAFETY: a live request has a live server.
    let Some(live) = (unsafe { server::live(view.server()) }) else { return DECLINED };
    if view.is_proxied() || view.handler() == HANDLER.to_bytes() {
        return DECLINED;
    }
    map(&view, live, true).unwrap_or(DECLINED)
}

/// # Safety
/// `r` is a live request.
pub(super) unsafe fn map_to_storage(r: *mut request_rec) -> c_int {
    // SAFETY: by the contract.
    let view = unsafe { RequestView::new(r) };
    // SAFETY: a live request has a live server.
    let Some(live) = (unsafe { server::live(view.server()) }) else { return DECLINED };
    if view.is_proxied() {
        return DECLINED;
    }
    if view.note(WORKER_NAME).is_none() || !is_note_its_own(&view) {
        if view.uri().is_empty() || view.handler() == HANDLER.to_bytes() {
            return DECLINED;
        }
        match map(&view, live, false) {
            Some(OK) => {}
            Some(refused) => return refused,
            None => return unmapped(&view, live),
        }
    }
    stored(&view)
}

/// A path up to its first parameter, which may be a session id and does not belong in a log.
fn without_parameters(uri: &[u8]) -> &[u8] {
    uri.split(|b| *b == b';').next().unwrap_or(uri)
}

/// Maps a request; `None` if it is not ours.
fn map(view: &RequestView, live: &Live, first: bool) -> Option<c_int> {
    let log = live.request_log(view);
    if view.env(c"no-jk").is_some() {
        return None;
    }
    let uri = match clean(view.uri()) {
        Ok(uri) => uri,
        Err(Unclean::NotAbsolute) if view.uri() == b"*" => return None,
        Err(reason) => {
            say!(&log, Info, "URI {} is refused: {reason}", show(without_parameters(view.uri())));
            return Some(BAD_REQUEST);
        }
    };
    if first && is_index_elsewhere(view, live, &uri) {
        return None;
    }
    let map = live.map(view)?;
    if let Some(status) = refuse(&uri, live, &map, &log) {
        return Some(status);
    }
    let Lookup::Rule(rule) = map.find(&uri) else {
        return if first { aliased(view, live, &uri) } else { None };
    };
    say!(&log, Debug, "URI {} belongs to worker {}", show(&uri), show(&rule.worker));
    claim(view, &map, rule, &uri, first);
    Some(OK)
}

/// Paths that the original leaves to local files although a rule may have meant them: too long, or unsafe. Serving
/// a file there could show a program's source, so they are refused instead.
fn refuse(uri: &[u8], live: &Live, map: &UriMap, log: &dyn Log) -> Option<c_int> {
    if uri.len() > MAX_URI && !map.is_empty() {
        say!(log, Info, "URI of {} bytes is refused: longer than {MAX_URI}", uri.len());
        return Some(URI_TOO_LONG);
    }
    if live.effective.options.reject_unsafe_uri()
        && is_unsafe(uri)
        && matches!(map.find(uri), Lookup::Rule(_))
    {
        say!(log, Info, "URI {} is refused by RejectUnsafeURI", show(uri));
        return Some(BAD_REQUEST);
    }
    None
}

/// Whether mod_dir looks for what stands in for the main request: the index file of a directory, or the
/// `FallbackResource` of what is not on disk. Only then does a mapped sub-request make the main request ours. The
/// original lets any sub-request do so that comes after the main request's own mapping, also one that merely asks what
/// would become of a URI (`RewriteCond -U`).
fn seeks_stand_in(view: RequestView, main: RequestView) -> bool {
    let falls_back = !main.is_on_disk() && main.handler().is_empty();
    view.will_run() && (main.is_directory() || falls_back)
}

/// `JkAutoAlias`: httpd looks for the index file of a directory, and this one is no file of an application.
fn is_index_elsewhere(view: &RequestView, live: &Live, uri: &[u8]) -> bool {
    let Some(folder) = &live.effective.auto_alias else { return false };
    view.main().is_some_and(|main| main.handler() == DIRECTORY)
        && files::kind(&[folder, uri].concat()) != Some(files::Kind::File)
}

/// A path that no rule maps may be a file below `JkAutoAlias`. The directory is taken as it is written.
fn aliased(view: &RequestView, live: &Live, uri: &[u8]) -> Option<c_int> {
    let folder = live.effective.auto_alias.as_deref()?;
    let context = match Alias::of(uri) {
        Alias::None => return None,
        Alias::Private => return Some(NOT_FOUND),
        Alias::Inside(context) => context,
    };
    if files::kind(&[folder, b"/", context].concat()) == Some(files::Kind::Directory) {
        // Then the directive names an application instead of the directory of all of them.
        if is_private(context) {
            return Some(NOT_FOUND);
        }
        view.set_filename(view.pool().text(&[folder, uri]));
        return Some(OK);
    }
    is_archive(context).then_some(FORBIDDEN)
}

fn claim(view: &RequestView, map: &Arc<UriMap>, rule: &Rule, uri: &[u8], first: bool) {
    let original = view.raw_uri();
    view.set_uri(view.pool().text(&[uri]));
    view.set_handler();
    view.set_note(WORKER_NAME, &rule.worker);
    view.set_state(Mark::Mapped(Mapped::new(map, rule, original)));
    let Some(main) = view.main() else { return };
    if first && seeks_stand_in(*view, main) {
        main.set_handler();
        main.set_note(WORKER_NAME, &rule.worker);
        // If what it looks for exists mod_dir turns the main request into the one for it, with that URI.
        main.set_state(Mark::Mapped(Mapped::new(map, rule, std::ptr::null_mut())));
    } else if main.is_on_disk() || view.will_run() {
        main.set_note(WORKER_NAME, &rule.worker);
        if main.state::<Mark>().is_none() {
            main.set_state(Mark::Noted);
        }
    }
}

/// A mapped request: its file name is the last part of its path, and nothing is looked for on disk. But mod_dir must
/// see whether the index file of a directory exists.
fn stored(view: &RequestView) -> c_int {
    let uri = view.uri();
    let name = uri.iter().rposition(|b| *b == b'/').and_then(|slash| uri.get(slash + 1..)).unwrap_or(uri);
    let main = view.main();
    let directory = main.as_ref().and_then(RequestView::filename).filter(|path| path.ends_with(b"/"));
    match directory {
        Some(directory) if view.find_file(directory, name) => OK,
        Some(_) => DECLINED,
        None => {
            view.set_filename(view.pool().text(&[name]));
            OK
        }
    }
}

/// A request that stays here: `JkStripSession` removes the session id that a link to a static file carries.
fn unmapped(view: &RequestView, live: &Live) -> c_int {
    let Some(marker) = &live.effective.strip_session else { return DECLINED };
    // `no-jk` says hands off, as to the original.
    if !live.has_map() || view.env(c"no-jk").is_some() {
        return DECLINED;
    }
    if let Some(uri) = crate::session::strip(view.uri(), marker) {
        view.set_uri(view.pool().text(&[&uri]));
    }
    if let Some(name) = view.filename().and_then(|name| crate::session::strip(name, marker)) {
        view.set_filename(view.pool().text(&[&name]));
    }
    DECLINED
}
