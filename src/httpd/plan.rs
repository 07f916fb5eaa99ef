//! Everything that the configuration asks for, read and checked but not yet in force.

use super::apr::{Pool, bytes, int};
use super::startup::query;
use super::{ffi, server};
use crate::config::check;
use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::properties::Properties;
use crate::config::settings::{Effective, MapSource, Settings};
use crate::config::uri_map_file;
use crate::config::worker_spec::{self, Defaults, WorkerSpec, Workers};
use crate::shm::board::Room;
use crate::text::show;
use crate::uri::{Rule, UriMap};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::Arc;

/// The plan.
pub(super) struct Plan {
    pub(super) workers: Workers,
    pub(super) servers: Vec<ServerPlan>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// `JkWatchdogInterval`, if it asks for a thread.
    pub(super) watchdog: Option<u32>,
    /// Whether anything in the configuration may read this module's notes.
    pub(super) reads_notes: bool,
}

/// One server's part.
pub(super) struct ServerPlan {
    pub(super) server: *mut ffi::server_rec,
    pub(super) effective: Effective,
    pub(super) map: Option<Arc<UriMap>>,
}

impl Plan {
    /// How many records of shared state it needs.
    pub(super) fn room(&self, children: usize) -> Room {
        let mut room = Room { ajp: 0, members: 0, lbs: 0, children };
        for worker in &self.workers.workers {
            match worker {
                WorkerSpec::Ajp(_) => room.ajp += 1,
                WorkerSpec::Lb(lb) => {
                    room.lbs += 1;
                    room.members += lb.members.len();
                    room.ajp += lb.members.len();
                }
                WorkerSpec::Status(_) => {}
            }
        }
        room
    }
}

/// Reads all files that directives name, and checks the whole.
///
/// # Safety
/// `pconf` is httpd's configuration pool and `main` its first server, all of whose configuration has been read.
pub(super) unsafe fn make(pconf: *mut ffi::apr_pool_t, main: *mut ffi::server_rec) -> Plan {
    // SAFETY: by the contract.
    let pool = unsafe { Pool::new(pconf) };
    let mut diagnostics = Vec::new();
    // SAFETY: by the contract.
    let main_settings = unsafe { server::conf(main) }.map(|conf| &conf.settings);
    let empty = Settings::default();
    let main_settings = main_settings.unwrap_or(&empty);
    let workers = workers(pool, main_settings, &mut diagnostics);
    // SAFETY: by the contract.
    let all: Vec<(*mut ffi::server_rec, &Settings)> = unsafe {
        server::all(main).filter_map(|s| Some((s, &server::conf(s)?.settings))).collect()
    };
    let mut reader = MapReader { pool, workers: &workers, diagnostics: &mut diagnostics, main_map: None };
    let servers = all
        .iter()
        .map(|(server, settings)| ServerPlan {
            server: *server,
            effective: settings.effective(),
            map: reader.map(settings, *server == main),
        })
        .collect();
    let watchdog = main_settings.globals.watchdog_interval.filter(|seconds| *seconds > 0);
    Plan { workers, servers, diagnostics, watchdog, reads_notes: reads_notes() }
}
