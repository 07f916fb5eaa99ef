//! Everything that the configuration asks for, read and checked but not yet in force.

use super::apr::{Pool, bytes};
use super::listeners;
use super::live_map::{LiveMap, MountFile};
use super::startup::query;
use super::{ffi, server};
use crate::config::check;
use crate::config::diagnostic::Diagnostic;
use crate::config::map_source::{MapSource, OwnMap, main_map, map_source};
use crate::config::mounts::Mounted;
use crate::config::properties::Properties;
use crate::config::secret_file::Found;
use crate::config::settings::{Effective, Settings};
use crate::config::worker_spec::{self, Defaults, WorkerSpec, Workers};
use crate::shm::Room;
use crate::sys::clock::SystemClock;
use crate::sys::files;
use crate::text::{Text, find, show};
use crate::time::{Clock, Seconds};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

/// The plan.
pub(super) struct Plan {
    pub(super) workers: Arc<Workers>,
    /// All properties, as the status worker shows them.
    pub(super) properties: Vec<(Text, Text)>,
    pub(super) servers: Vec<ServerPlan>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// `JkWatchdogInterval`, if it asks for a thread.
    pub(super) watchdog: Option<Seconds>,
    /// Whether anything in the configuration may read this module's notes.
    pub(super) reads_notes: bool,
}

/// One server's part.
pub(super) struct ServerPlan {
    pub(super) server: *mut ffi::server_rec,
    pub(super) effective: Effective,
    pub(super) map: Option<Arc<LiveMap>>,
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
    let (pool, all) = unsafe {
        let settings = |server| Some((server, &server::conf(server)?.settings));
        (Pool::new(pconf), server::all(main).filter_map(settings).collect::<Vec<_>>())
    };
    let empty = Settings::default();
    let main_settings = all.first().map_or(&empty, |(_, settings)| *settings);
    let mut out = Vec::new();
    for (server, settings) in &all {
        out.extend(settings.notices.iter().cloned());
        if *server != main {
            // SAFETY: the server is live.
            let name = unsafe { server_name(*server) };
            out.extend(check::check_vhost(&name, main_settings, settings));
        }
    }
    let (workers, properties) = workers(pool, main_settings, &mut out);
    let workers = Arc::new(workers);
    let mut maps = Maps { main: main_settings, workers: &workers, read: Vec::new(), out: &mut out };
    let servers = all
        .iter()
        .map(|(server, settings)| ServerPlan {
            server: *server,
            effective: settings.effective(),
            map: maps.of(settings, *server == main),
        })
        .collect();
    let read: Vec<Vec<Mounted>> = maps.read.into_iter().map(|(mounted, _)| mounted).collect();
    let vhosts: Vec<_> = all.iter().skip(1).map(|(_, settings)| *settings).collect();
    let main_rules = read.first().map_or(&[][..], Vec::as_slice);
    // SAFETY: by the contract.
    let taken = unsafe { listeners::all_taken(main) };
    out.extend(check::check_reach(main_settings, main_rules, &vhosts, taken));
    out.extend(check::check(&workers, &read.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    let watchdog = main_settings.globals.watchdog.filter(|every| *every > Seconds(0));
    Plan { workers, properties, servers, diagnostics: out, watchdog, reads_notes: reads_notes() }
}

/// How a server is called in messages.
unsafe fn server_name(server: *mut ffi::server_rec) -> String {
    // SAFETY: the caller's server is live.
    let (name, file, line) =
        unsafe { (bytes((*server).server_hostname), bytes((*server).defn_name), (*server).defn_line_number) };
    format!("the virtual host {} ({}:{line})", show(name), show(file))
}

fn workers(pool: Pool, main: &Settings, out: &mut Vec<Diagnostic>) -> (Workers, Vec<(Text, Text)>) {
    let file = main.globals.workers_file.as_deref().map(|name| (name, files::read(name)));
    let file = file.and_then(|(name, content)| {
        content
            .map_err(|error| {
                out.push(Diagnostic::error(None, format!("{} cannot be read: {error}", show(name))))
            })
            .ok()
    });
    let root = below_root(pool, b"");
    let root = root.strip_suffix(b"/").unwrap_or(&root);
    let properties =
        main.globals.properties(file.as_deref(), root, &environment, &|name| secret(pool, name), out);
    let (workers, found) = worker_spec::build(&properties, &Defaults { pool_size: threads_per_child() });
    out.extend(found);
    (workers, pairs(&properties))
}

/// What `cmd=dump` tells: `JkWorkerProperty` lines, `ServerRoot`, the file, and what came by `reference`.
fn pairs(properties: &Properties) -> Vec<(Text, Text)> {
    properties.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}

/// How many requests a child serves at once; 1 on prefork.
fn threads_per_child() -> u32 {
    u32::try_from(query(ffi::AP_MPMQ_MAX_THREADS)).unwrap_or(1).max(1)
}

/// The beginning of a file that holds a secret.
fn secret(pool: Pool, name: &[u8]) -> Result<Found, String> {
    let (bytes, open_to_all) =
        files::read_private(&below_root(pool, name)).map_err(|error| format!("cannot be read: {error}"))?;
    Ok(Found { bytes, open_to_all })
}

/// A variable of httpd's own environment.
pub(super) fn environment(name: &[u8]) -> Option<Vec<u8>> {
    std::env::var_os(OsStr::from_bytes(name)).map(OsStringExt::into_vec)
}

/// A path as httpd resolves it: below ServerRoot if it is relative.
pub(super) fn below_root(pool: Pool, path: &[u8]) -> Vec<u8> {
    let Ok(path) = CString::new(path) else { return Vec::new() };
    // SAFETY: the pool is live; the answer is a string in it, or NULL for a path that cannot be resolved.
    let absolute = unsafe { bytes(ffi::ap_server_root_relative(pool.raw(), path.as_ptr())) };
    if absolute.is_empty() { path.into_bytes() } else { absolute.to_vec() }
}

/// Makes the maps of all servers; those that share the main server's get the same one.
struct Maps<'p> {
    main: &'p Settings,
    workers: &'p Arc<Workers>,
    /// The maps made so far with their rules, the main server's first.
    read: Vec<(Vec<Mounted>, Arc<LiveMap>)>,
    out: &'p mut Vec<Diagnostic>,
}

impl Maps<'_> {
    fn of(&mut self, settings: &Settings, is_main: bool) -> Option<Arc<LiveMap>> {
        if is_main {
            return self.of_main();
        }
        match map_source(self.main, settings) {
            MapSource::None => None,
            MapSource::Main => self.read.first().map(|(_, map)| Arc::clone(map)),
            MapSource::Own(own) => Some(self.make(&own, Vec::new())),
        }
    }

    fn of_main(&mut self) -> Option<Arc<LiveMap>> {
        let from_workers: Vec<Mounted> =
            self.workers.workers.iter().flat_map(WorkerSpec::mounts).cloned().collect();
        let has_rules = self.main.has_own_rules() || !from_workers.is_empty();
        let map = self.make(&main_map(self.main), from_workers);
        has_rules.then_some(map)
    }

    fn make(&mut self, own: &OwnMap, from_workers: Vec<Mounted>) -> Arc<LiveMap> {
        let mut mounted = own.directives(self.out);
        mounted.extend(from_workers);
        let file = own.file.as_deref().map(|name| self.open(name, own.reload, &mut mounted));
        let map = Arc::new(LiveMap::new(&mounted, file));
        self.read.push((mounted, Arc::clone(&map)));
        map
    }

    fn open(&mut self, name: &[u8], every: Option<Seconds>, mounted: &mut Vec<Mounted>) -> MountFile {
        let (file, read) = MountFile::open(name, every, SystemClock.now(), self.workers);
        match read {
            Ok(content) => {
                self.out.extend(content.diagnostics);
                mounted.extend(content.rules.unwrap_or_default());
            }
            Err(reason) => {
                let message = format!("{} {reason}; its rules are missing", show(name));
                self.out.push(Diagnostic::fault(None, message));
            }
        }
        file
    }
}

/// Whether anything in the configuration may read this module's notes: a log format, a header, an expression.
/// Their text names the notes, all of which begin alike; a module that reads notes by itself has no text.
fn reads_notes() -> bool {
    // SAFETY: httpd keeps the tree of the configuration that it has just read.
    let tree = unsafe { ffi::ap_conftree };
    // SAFETY: as above.
    unsafe { any_line(tree, &|args| find(args, b"JK_").is_some()) }
}

/// # Safety
/// `line` is NULL or a directive of httpd's tree.
unsafe fn any_line(mut line: *const ffi::ap_directive_t, wanted: &dyn Fn(&[u8]) -> bool) -> bool {
    // SAFETY: by the contract; the tree's depth is that of nested sections.
    while let Some(directive) = unsafe { line.as_ref() } {
        // SAFETY: arguments are NULL or strings.
        if wanted(unsafe { bytes(directive.args) }) || unsafe { any_line(directive.first_child, wanted) } {
            return true;
        }
        line = directive.next;
    }
    false
}
