//! Start and restart: reads what directives named, checks it, makes the workers, and starts each child.
//!
//! httpd reads its configuration twice at start and once at each restart. `check` runs each time, also for
//! `apachectl configtest`, and refuses exactly what would stop the server; `start` runs after it when the server
//! is to run.

use super::apr::{Pool, bytes, int};
use super::logging::{ErrorLog, JkLog, Owned, Startup, tell};
use super::maintenance::Maintenance;
use super::plan::{Plan, ServerPlan};
use super::server::{self, Live, Shared};
use super::{ffi, plan};
use crate::config::diagnostic::Severity;
use crate::config::settings::{DEFAULT_LOG_FILE, Effective, LogTarget};
use crate::config::worker_spec::Workers;
use crate::say;
use crate::shm::board::Board;
use crate::status::Token;
use crate::sys::files;
use crate::sys::logfile::LogFile;
use crate::sys::mapping::Region;
use crate::sys::process;
use crate::text::show;
use crate::worker::Registry;
use std::ffi::{CStr, c_int};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const OK: c_int = int(ffi::OK);
const FAILED: c_int = int(ffi::HTTP_INTERNAL_SERVER_ERROR);

/// Shown in the `Server` header, in the log and by the status worker.
pub(super) const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!("mod_jk/", env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => c"mod_jk",
    };

/// Reads and checks everything; what is wrong goes to httpd's error log (or the terminal).
///
/// # Safety
/// `pconf` is httpd's configuration pool and `main` its first server; nothing else runs.
pub(super) unsafe fn check(pconf: *mut ffi::apr_pool_t, main: *mut ffi::server_rec) -> c_int {
    // SAFETY: by the contract.
    let plan = unsafe {
        server::all(main).for_each(|server| server::own_conf(pconf, main, server));
        plan::make(pconf, main)
    };
    let log = ErrorLog { server: std::ptr::null() };
    let fatal = plan.diagnostics.iter().any(|found| found.severity == Severity::Error);
    for found in &plan.diagnostics {
        if found.severity == Severity::Error || is_first_reading() {
            tell(found, &log);
        }
    }
    if fatal { FAILED } else { OK }
}

/// Whether this is the reading for a configuration test, or the first of two at a start: the administrator looks
/// on, so that warnings are shown then, and not a second time.
fn is_first_reading() -> bool {
    // SAFETY: plain queries.
    unsafe {
        ffi::ap_state_query(int(ffi::AP_SQ_MAIN_STATE)) == int(ffi::AP_SQ_MS_CREATE_PRE_CONFIG)
            || ffi::ap_state_query(int(ffi::AP_SQ_RUN_MODE)) == int(ffi::AP_SQ_RM_CONFIG_TEST)
    }
}

/// # Safety
/// As for [`check`], which ran before.
pub(super) unsafe fn start(pconf: *mut ffi::apr_pool_t, main: *mut ffi::server_rec) -> c_int {
    // SAFETY: a plain query.
    if unsafe { ffi::ap_state_query(int(ffi::AP_SQ_MAIN_STATE)) } == int(ffi::AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    // SAFETY: by the contract.
    let result = unsafe { start_with(pconf, main, plan::make(pconf, main)) };
    match result {
        Ok(()) => OK,
        Err(message) => {
            say!(&ErrorLog { server: main }, Emerg, "{message}");
            FAILED
        }
    }
}

unsafe fn start_with(
    pconf: *mut ffi::apr_pool_t,
    main: *mut ffi::server_rec,
    plan: Plan,
) -> Result<(), String> {
    // SAFETY: by the contract of `start`.
    let pool = unsafe { Pool::new(pconf) };
    let mut files = Vec::new();
    let mut logs = Vec::new();
    for ServerPlan { server, effective, .. } in &plan.servers {
        // SAFETY: the plan names live servers.
        logs.push(unsafe { open_log(pool, main, *server, effective, &mut files) }?);
    }
    let first = logs.first().ok_or("httpd has no server")?;
    let log = Startup { log: first, server: main, id: b"POST_CONFIG" };
    plan.diagnostics.iter().for_each(|found| tell(found, &log));
    let (board, token) = kept(&plan)?;
    let registry =
        Registry::new(Workers::clone(&plan.workers), board, &log).map_err(|error| error.to_string())?;
    let threaded = query(ffi::AP_MPMQ_IS_THREADED) != int(ffi::AP_MPMQ_NOT_SUPPORTED);
    let shared = Arc::new(Shared {
        registry,
        properties: plan.properties,
        token,
        wants_notes: plan.reads_notes,
        lazy_maintenance: !threaded && plan.watchdog.is_none(),
        tick: Duration::from_secs(plan.watchdog.map_or(1, |every| every.0)),
    });
    say!(&log, Info, "{} initialized", VERSION.to_string_lossy());
    for (ServerPlan { server, effective, map, .. }, log) in plan.servers.into_iter().zip(logs) {
        // SAFETY: the plan names live servers.
        if let Some(conf) = unsafe { server::conf(server) } {
            conf.go_live(Live::new(effective, log, Arc::clone(&shared), map));
        }
    }
    // SAFETY: the pool is live, the string static.
    unsafe { ffi::ap_add_version_component(pconf, VERSION.as_ptr()) };
    Ok(())
}

/// The logs that are open, by what was named; `None` where httpd's error log stands in.
type Logs = Vec<(LogTarget, Option<Arc<LogFile>>)>;

/// The log of a server; servers that name the same file share it.
unsafe fn open_log(
    pool: Pool,
    main: *mut ffi::server_rec,
    server: *mut ffi::server_rec,
    effective: &Effective,
    files: &mut Logs,
) -> Result<JkLog, String> {
    let target = if effective.log_file_given {
        effective.log_file.clone()
    } else {
        // SAFETY: the main server is live.
        LogTarget::File(unsafe { usual_log(pool, main) }.into())
    };
    let fits = |file: &Option<Arc<LogFile>>| file.is_some() || !effective.log_file_given;
    let known = files.iter().find(|(known, file)| *known == target && fits(file));
    let file = if let Some((_, file)) = known {
        file.clone()
    } else {
        let file = open(pool, &target);
        let file = if effective.log_file_given {
            Some(file.map_err(|error| format!("JkLogFile {error}"))?)
        } else {
            opened_unasked(file, &target, &ErrorLog { server })
        };
        files.push((target, file.clone()));
        file
    };
    Ok(JkLog::new(file, server, effective.log_level, effective.log_stamp.clone()))
}

/// A log that nobody named: the server starts without it too.
fn opened_unasked(
    file: Result<Arc<LogFile>, String>,
    target: &LogTarget,
    log: &ErrorLog,
) -> Option<Arc<LogFile>> {
    match file {
        Ok(file) => {
            say!(log, Warn, "no JkLogFile is set: log lines of mod_jk go to {}", show(target.name()));
            Some(file)
        }
        Err(error) => {
            say!(log, Warn, "no JkLogFile is set, and {error}: log lines of mod_jk go to httpd's error log");
            None
        }
    }
}

/// Without a `JkLogFile`: `mod_jk.log` beside the error log if that is a file, else where the original has it. An
/// error log that is a link is left out: it leads to a descriptor (`/proc/self/fd/2`, `/dev/stderr`), beside which
/// nothing can or should be made.
unsafe fn usual_log(pool: Pool, main: *mut ffi::server_rec) -> Vec<u8> {
    // SAFETY: the caller's server is live.
    let error_log = plan::below_root(pool, unsafe { bytes((*main).error_fname) });
    let folder = error_log.iter().rposition(|b| *b == b'/').and_then(|slash| error_log.get(..=slash));
    match folder {
        Some(folder) if files::is_plain(&error_log) => [folder, b"mod_jk.log"].concat(),
        Some(_) | None => plan::below_root(pool, DEFAULT_LOG_FILE),
    }
}

fn open(pool: Pool, target: &LogTarget) -> Result<Arc<LogFile>, String> {
    let opened = match target {
        LogTarget::File(name) => open_file(pool, name),
        LogTarget::Pipe(program) => open_pipe(pool, program),
    };
    opened.map(Arc::new).map_err(|error| format!("{} cannot be opened: {error}", show(target.name())))
}

fn open_file(pool: Pool, name: &[u8]) -> std::io::Result<LogFile> {
    use std::os::unix::ffi::OsStrExt;
    let path = plan::below_root(pool, name);
    LogFile::open(Path::new(std::ffi::OsStr::from_bytes(&path)))
}

fn open_pipe(pool: Pool, program: &[u8]) -> std::io::Result<LogFile> {
    let command = pool.text(&[program]);
    let mut fd = -1;
    // SAFETY: the pool is live and the command a string in it; httpd keeps the program running and the pipe's
    // descriptor open until the pool goes.
    unsafe {
        let pipe = ffi::ap_open_piped_log(pool.raw(), command);
        if pipe.is_null() {
            return Err(std::io::Error::other("its program cannot be started"));
        }
        ffi::apr_os_file_get(&raw mut fd, ffi::ap_piped_log_write_fd(pipe));
    }
    LogFile::copy_of(fd)
}

/// What survives restarts in the parent, as plain numbers in memory that httpd keeps.
#[repr(C)]
struct Kept {
    address: usize,
    length: usize,
    /// Pages of the status worker that were opened before a restart work on.
    token: [u8; Token::BYTES],
}

const KEPT: &CStr = c"mod_jk shared worker state";

/// The board of the last start if it has room for this configuration, else a new one; and the token of the last start.
fn kept(plan: &Plan) -> Result<(Board, Token), String> {
    let need = plan.room(children());
    // SAFETY: httpd keeps the block for the life of the process; only this function reads and writes it, in the
    // parent, at start-up.
    let kept = unsafe { ffi::ap_retained_data_get(KEPT.as_ptr()).cast::<Kept>().as_mut() };
    let old = kept.as_ref().and_then(|kept| {
        // SAFETY: the numbers came from `parts` in this process.
        Board::find(unsafe { Region::from_parts(kept.address, kept.length) }?)
    });
    let board = match old {
        Some(board) => board.with_room_for(need),
        None => Board::new(need.doubled()),
    };
    let board = board.map_err(|error| error.to_string())?;
    let token = match kept.as_ref() {
        Some(kept) => kept.token,
        None => process::random().map_err(|error| format!("no random numbers: {error}"))?,
    };
    let (address, length) = board.region().parts();
    // SAFETY: as above; a new block is zeroed and large enough.
    unsafe {
        let place = match kept {
            Some(kept) => std::ptr::from_mut(kept),
            None => ffi::ap_retained_data_create(KEPT.as_ptr(), size_of::<Kept>() as _).cast::<Kept>(),
        };
        *place = Kept { address, length, token };
    }
    board.next_generation();
    Ok((board, Token::new(token)))
}

/// How many child processes may live at once.
fn children() -> usize {
    usize::try_from(query(ffi::AP_MPMQ_HARD_LIMIT_DAEMONS)).unwrap_or(0).max(1)
}

pub(super) fn query(code: u32) -> c_int {
    let mut answer = 0;
    // SAFETY: writes one integer.
    unsafe { ffi::ap_mpm_query(int(code), &raw mut answer) };
    answer
}

/// # Safety
/// `pchild` is the child's pool, `main` httpd's first server.
pub(super) unsafe fn child(pchild: *mut ffi::apr_pool_t, main: *mut ffi::server_rec) {
    // SAFETY: by the contract.
    let (Some(live), pool) = (unsafe { (server::live(main), Pool::new(pchild)) }) else { return };
    live.shared.registry.join();
    pool.keep(Leaving(Arc::clone(&live.shared)));
    if !live.shared.lazy_maintenance {
        let log = Owned { log: live.log.clone(), id: b"WATCHDOG" };
        match Maintenance::start(&live.shared, log) {
            // Kept last, so that the thread ends first.
            Ok(maintenance) => {
                pool.keep(maintenance);
            }
            Err(error) => say!(
                &Startup { log: &live.log, server: main, id: b"CHILD_INIT" },
                Error,
                "the maintenance thread cannot be started, so failed members will not recover in this process: {error}"
            ),
        }
    }
}

/// Gives the child's place back when its pool goes.
struct Leaving(Arc<Shared>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.registry.leave();
    }
}
