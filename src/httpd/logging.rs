//! Where log lines go: the server's `JkLogFile`, and httpd's error log for what concerns start-up.

use super::ffi;
use crate::config::diagnostic::{Diagnostic, Severity};
use crate::config::stamp::Stamp;
use crate::log::{Level, Log, Origin};
use crate::say;
use crate::sys::logfile::LogFile;
use crate::sys::{clock, process};
use std::ffi::{CString, c_char, c_int};
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// Longest line without its line end; longer ones are cut and end in dots.
const LINE_MAX: usize = 1021;

/// The log of one server.
#[derive(Clone, Debug)]
pub(super) struct JkLog {
    /// `None`: everything goes to httpd's error log.
    file: Option<Arc<LogFile>>,
    server: Server,
    level: Level,
    stamp: Stamp,
}

/// The server whose log it is.
#[derive(Clone, Copy, Debug)]
struct Server(*const ffi::server_rec);

// SAFETY: httpd's logging calls, the only use of it, may come from any thread. A server lives as long as its
// configuration, and what holds logs, the threads of this module too, ends before that.
unsafe impl Send for Server {}
// SAFETY: as above.
unsafe impl Sync for Server {}

impl JkLog {
    /// `server` is one of the configuration that the log is kept with.
    pub(super) fn new(
        file: Option<Arc<LogFile>>,
        server: *const ffi::server_rec,
        level: Level,
        stamp: Stamp,
    ) -> Self {
        Self { file, server: Server(server), level, stamp }
    }

    /// Whether lines of this level are wanted.
    pub(super) fn keeps(&self, level: Level) -> bool {
        level >= self.level
    }

    /// Writes a line; `id` is that of the request, or the name of a phase.
    pub(super) fn write(&self, id: &[u8], level: Level, origin: Origin, message: fmt::Arguments<'_>) {
        let Some(file) = &self.file else {
            return to_server_log(self.server.0, level, origin, &message.to_string());
        };
        let mut line = self.stamped();
        let _ = write!(
            Appender(&mut line),
            "[{}] [{}:{}] [{}] {}::{} ({}): {message}",
            crate::text::show(id),
            process::id(),
            thread_number(),
            level.label(),
            origin.module.rsplit("::").next().unwrap_or_default(),
            origin.file.rsplit('/').next().unwrap_or_default(),
            origin.line,
        );
        line.iter_mut().filter(|byte| byte.is_ascii_control()).for_each(|byte| *byte = b' ');
        Self::append(file, line);
    }

    /// Writes a line as it stands behind a stamp, at any level.
    pub(super) fn write_plain(&self, text: &[u8]) {
        let Some(file) = &self.file else {
            let origin = Origin { module: module_path!(), file: file!(), line: line!() };
            let text = crate::text::show(text).to_string();
            return to_server_log(self.server.0, Level::Info, origin, &text);
        };
        let mut line = self.stamped();
        line.extend_from_slice(text);
        Self::append(file, line);
    }

    /// The beginning of a line.
    fn stamped(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(256);
        let (seconds, micros) = clock::now();
        clock::local_time(&self.stamp.before, seconds, &mut line);
        if let Some((fraction, after)) = &self.stamp.fraction {
            fraction.render(micros, &mut line);
            clock::local_time(after, seconds, &mut line);
        }
        line
    }

    fn append(file: &LogFile, mut line: Vec<u8>) {
        if line.len() > LINE_MAX {
            line.truncate(LINE_MAX - 3);
            line.extend_from_slice(b"...");
        }
        line.push(b'\n');
        if file.append(&line).is_err() {
            to_error_log("a line could not be written to the JkLogFile (disk full, or its program ended?)");
        }
    }
}

fn thread_number() -> u64 {
    // SAFETY: pthread_self cannot fail and has no precondition.
    unsafe { libc::pthread_self() }
}

struct Appender<'v>(&'v mut Vec<u8>);

impl fmt::Write for Appender<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// A log of its own with a fixed id, for a thread.
pub(super) struct Owned {
    pub(super) log: JkLog,
    pub(super) id: &'static [u8],
}

impl Log for Owned {
    fn enabled(&self, level: Level) -> bool {
        self.log.keeps(level)
    }

    fn line(&self, level: Level, origin: Origin, message: fmt::Arguments<'_>) {
        self.log.write(self.id, level, origin, message);
    }
}

/// Start-up: lines go to the `JkLogFile`, and those from `warn` on to httpd's error log too.
pub(super) struct Startup<'l> {
    pub(super) log: &'l JkLog,
    pub(super) server: *const ffi::server_rec,
    pub(super) id: &'l [u8],
}

impl Log for Startup<'_> {
    fn enabled(&self, level: Level) -> bool {
        self.log.keeps(level) || level >= Level::Warn
    }

    fn line(&self, level: Level, origin: Origin, message: fmt::Arguments<'_>) {
        if self.log.keeps(level) {
            self.log.write(self.id, level, origin, message);
        }
        if level >= Level::Warn && self.log.file.is_some() {
            to_server_log(self.server, level, origin, &message.to_string());
        }
    }
}

/// httpd's error log alone: for the time before a `JkLogFile` is open.
pub(super) struct ErrorLog {
    pub(super) server: *const ffi::server_rec,
}

impl Log for ErrorLog {
    fn enabled(&self, level: Level) -> bool {
        level >= Level::Warn
    }

    fn line(&self, level: Level, origin: Origin, message: fmt::Arguments<'_>) {
        to_server_log(self.server, level, origin, &message.to_string());
    }
}

/// Tells what was found in the configuration.
pub(super) fn tell(found: &Diagnostic, log: &dyn Log) {
    match found.severity {
        Severity::Error | Severity::Fault => say!(log, Error, "{found}"),
        Severity::Warning => say!(log, Warn, "{found}"),
        Severity::Note => say!(log, Debug, "{found}"),
    }
}

/// Writes a line at `error` to httpd's error log.
pub(super) fn to_error_log(text: &str) {
    let origin = Origin { module: module_path!(), file: file!(), line: line!() };
    to_server_log(std::ptr::null(), Level::Error, origin, text);
}

pub(super) fn to_server_log(server: *const ffi::server_rec, level: Level, origin: Origin, text: &str) {
    let file = CString::new(origin.file).unwrap_or_default();
    // SAFETY: `server` is NULL or a live server; the text's length is passed with it.
    unsafe {
        ffi::jk_shim_log_server(
            file.as_ptr(),
            c_int::try_from(origin.line).unwrap_or(0),
            severity(level),
            0,
            server,
            text.as_ptr().cast::<c_char>(),
            c_int::try_from(text.len()).unwrap_or(c_int::MAX),
        );
    }
}

fn severity(level: Level) -> c_int {
    super::apr::int(match level {
        Level::Trace => ffi::APLOG_TRACE1,
        Level::Debug => ffi::APLOG_DEBUG,
        Level::Info => ffi::APLOG_INFO,
        Level::Warn => ffi::APLOG_WARNING,
        Level::Error => ffi::APLOG_ERR,
        Level::Emerg => ffi::APLOG_EMERG,
    })
}
