//! What this module keeps per server: the directives as given, and what they amount to once httpd runs.

use super::apr::Pool;
use super::live_map::{Current, LiveMap};
use super::logging::JkLog;
use super::request::{RequestView, c_name};
use super::{ffi, module};
use crate::config::indicators::Indicator;
use crate::config::settings::{self, Effective, Settings};
use crate::log::{Level, Log, Origin};
use crate::request_log::Format;
use crate::status::Token;
use crate::text::Text;
use crate::worker::Registry;
use std::ffi::{CStr, CString, c_void};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A server's configuration, in httpd's vector of them.
#[derive(Default)]
pub(super) struct ServerConf {
    /// The directives.
    pub(super) settings: Settings,
    /// What they amount to; made once all of the configuration was read.
    live: OnceLock<Live>,
}

/// A server in operation.
pub(super) struct Live {
    pub(super) effective: Effective,
    pub(super) names: Names,
    pub(super) log: JkLog,
    /// `JkRequestLogFormat`; `None`: no lines.
    pub(super) request_lines: Option<Format>,
    pub(super) shared: Arc<Shared>,
    map: Option<Arc<LiveMap>>,
}

/// What all servers share.
pub(super) struct Shared {
    pub(super) registry: Registry,
    /// The properties the workers were made of.
    pub(super) properties: Vec<(Text, Text)>,
    /// Proves that a form came from a page of the status worker.
    pub(super) token: Token,
    /// Something in the configuration may read notes.
    pub(super) wants_notes: bool,
    /// No thread does maintenance: requests do it in passing.
    pub(super) lazy_maintenance: bool,
    /// `JkWatchdogInterval`: pause between two rounds of maintenance by a thread.
    pub(super) tick: Duration,
}

/// Names of environment variables, as C strings for httpd's tables.
pub(super) struct Names {
    by_indicator: [CString; Indicator::ALL.len()],
    /// `JkEnvVar`, in the order of [`Effective`]'s list.
    pub(super) env: Vec<CString>,
    /// Some name may be one of httpd's common variables (`HTTP_*`, `REMOTE_*`, ...).
    pub(super) may_be_common: bool,
}

impl Names {
    pub(super) fn new(effective: &Effective) -> Self {
        let renamed =
            |indicator: &Indicator| effective.names.of(*indicator) != indicator.default_name().as_bytes();
        Self {
            may_be_common: !effective.env.is_empty() || Indicator::ALL.iter().any(renamed),
            by_indicator: Indicator::ALL.map(|indicator| c_name(effective.names.of(indicator))),
            env: effective.env.iter().map(|var| c_name(&var.name)).collect(),
        }
    }

    /// The name to look for.
    pub(super) fn of(&self, indicator: Indicator) -> &CStr {
        self.by_indicator.get(indicator as usize).map_or(c"", |name| name)
    }
}

impl Live {
    pub(super) fn new(
        effective: Effective,
        log: JkLog,
        shared: Arc<Shared>,
        map: Option<Arc<LiveMap>>,
    ) -> Self {
        let request_lines = effective.request_log.as_deref().and_then(|format| Format::parse(format).ok());
        Self { names: Names::new(&effective), request_lines, effective, log, shared, map }
    }

    /// The log for what happens to a request; its lines carry the request's id.
    pub(super) fn request_log<'l>(&'l self, view: &'l RequestView) -> RequestLog<'l> {
        RequestLog { live: self, view }
    }

    /// The mount rules in force; `None`: this server has none.
    pub(super) fn map(&self, view: &RequestView) -> Option<Current> {
        Some(self.map.as_ref()?.current(view.time(), &self.request_log(view)))
    }

    /// Whether this server has mount rules.
    pub(super) fn has_map(&self) -> bool {
        self.map.is_some()
    }
}

/// The log of one request. The id is looked for when a line is written, which is seldom.
pub(super) struct RequestLog<'l> {
    live: &'l Live,
    view: &'l RequestView,
}

impl RequestLog<'_> {
    fn id(&self) -> &[u8] {
        let named = self.view.env(self.live.names.of(Indicator::RequestId));
        named.or_else(|| self.view.env(c"UNIQUE_ID")).unwrap_or(b"NO-ID")
    }
}

impl Log for RequestLog<'_> {
    fn enabled(&self, level: Level) -> bool {
        self.live.log.keeps(level)
    }

    fn line(&self, level: Level, origin: Origin, message: fmt::Arguments<'_>) {
        self.live.log.write(self.id(), level, origin, message);
    }
}

impl ServerConf {
    pub(super) fn go_live(&self, live: Live) {
        // A second call in one generation cannot happen; if it did, the first one would stay.
        let _ = self.live.set(live);
    }
}

/// # Safety
/// `pool` is httpd's configuration pool.
pub(super) unsafe fn create(pool: *mut ffi::apr_pool_t) -> *mut c_void {
    // SAFETY: by the contract; the pool outlives the configuration.
    unsafe { Pool::new(pool) }.keep(ServerConf::default()).cast()
}

/// # Safety
/// `main` and `vhost` came from this module; `pool` is httpd's configuration pool.
pub(super) unsafe fn merge(pool: *mut ffi::apr_pool_t, main: *mut c_void, vhost: *mut c_void) -> *mut c_void {
    // SAFETY: by the contract.
    let (main, vhost) = unsafe { (&*main.cast::<ServerConf>(), &*vhost.cast::<ServerConf>()) };
    let settings = settings::merge(&main.settings, &vhost.settings);
    // SAFETY: as in `create`.
    unsafe { Pool::new(pool) }.keep(ServerConf { settings, live: OnceLock::new() }).cast()
}

fn place(server: *mut ffi::server_rec) -> *mut *mut c_void {
    // SAFETY: every caller hands in a live server; its vector has a place for each module.
    unsafe { (*server).module_config.cast::<*mut c_void>().add(module::index()) }
}

/// # Safety
/// `server` is a live server, and nobody changes its settings meanwhile.
pub(super) unsafe fn conf<'s>(server: *mut ffi::server_rec) -> Option<&'s ServerConf> {
    // SAFETY: the place holds what `create` or `merge` gave, or NULL.
    unsafe { (*place(server)).cast::<ServerConf>().as_ref() }
}

/// # Safety
/// `server` is a live server whose configuration is being read, by this thread alone.
pub(super) unsafe fn settings<'s>(server: *mut ffi::server_rec) -> Option<&'s mut Settings> {
    // SAFETY: as in `conf`.
    unsafe { (*place(server)).cast::<ServerConf>().as_mut() }.map(|conf| &mut conf.settings)
}

/// Gives a virtual host without any Jk directive a configuration of its own: httpd lets it share the main
/// server's, whose mounts it must not have.
///
/// # Safety
/// `main` and `server` are live servers whose configuration has been read; `pool` is the configuration pool.
pub(super) unsafe fn own_conf(
    pool: *mut ffi::apr_pool_t,
    main: *mut ffi::server_rec,
    server: *mut ffi::server_rec,
) {
    // SAFETY: by the contract.
    unsafe {
        if server != main && *place(server) == *place(main) {
            *place(server) = merge(pool, *place(main), create(pool));
        }
    }
}

/// What a server in operation has; `None` before httpd has started.
///
/// # Safety
/// `server` is a live server.
pub(super) unsafe fn live<'s>(server: *mut ffi::server_rec) -> Option<&'s Live> {
    // SAFETY: by the contract.
    unsafe { conf(server) }?.live.get()
}

/// All servers, the main one first.
///
/// # Safety
/// `main` is the first of httpd's list of servers.
pub(super) unsafe fn all(main: *mut ffi::server_rec) -> impl Iterator<Item = *mut ffi::server_rec> {
    let first = Some(main).filter(|server| !server.is_null());
    std::iter::successors(first, |server| {
        // SAFETY: httpd's list of servers is NULL-terminated.
        Some(unsafe { (**server).next }).filter(|next| !next.is_null())
    })
}
