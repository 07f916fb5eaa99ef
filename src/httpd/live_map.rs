//! The mount rules that requests are mapped by, and how they change when the mount file does.
//!
//! Requests look at the file in passing, once per interval and process, and one of them reads it while the others go
//! on with the rules in force. New rules are put in place at once for all threads; old ones are freed when the last
//! request that uses them has ended. What a look means is decided in `config::reload`.

use super::logging::tell;
use super::plan::environment;
use crate::config::mounts::{Mounted, rules};
use crate::config::reload::{Outcome, Step, Version, Watch};
use crate::config::uri_map_file::{self, UriMapFile};
use crate::config::worker_spec::Workers;
use crate::config::{check, diagnostic::Diagnostic};
use crate::log::Log;
use crate::say;
use crate::sys::files;
use crate::text::{Text, show};
use crate::time::Seconds;
use crate::uri::{Source, UriMap};
use arc_swap::{ArcSwap, Guard};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

/// The rules of one server, or of several that share them.
pub(super) struct LiveMap {
    map: ArcSwap<UriMap>,
    /// The first second in which a request looks at the file.
    next_look: AtomicU64,
    file: Option<MountFile>,
}

/// The rules in force for as long as one request looks at them.
pub(super) type Current = Guard<Arc<UriMap>>;

/// A mount file and what is known about it.
pub(super) struct MountFile {
    name: Text,
    workers: Arc<Workers>,
    watch: Mutex<Watch>,
}

const NEVER: u64 = u64::MAX;

impl LiveMap {
    /// Puts `rules` in force, those of `file` among them.
    pub(super) fn new(rules: &[Mounted], file: Option<MountFile>) -> Self {
        let map = UriMap::new(self::rules(rules.iter().cloned()));
        let next = file.as_ref().and_then(|file| lock(&file.watch).next());
        Self { map: ArcSwap::from_pointee(map), next_look: next.map_or(NEVER, |next| next.0).into(), file }
    }

    /// The rules in force, after a look at the file if that is due.
    pub(super) fn current(&self, now: Seconds, log: &dyn Log) -> Current {
        if now.0 >= self.next_look.load(Relaxed) {
            self.look(now, log);
        }
        self.map.load()
    }

    /// Looks at the file, unless another thread is about to.
    #[cold]
    fn look(&self, now: Seconds, log: &dyn Log) {
        let Some(file) = &self.file else { return };
        let mut watch = match file.watch.try_lock() {
            Ok(watch) => watch,
            Err(TryLockError::Poisoned(watch)) => watch.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if !watch.is_due(now) {
            return;
        }
        let step = watch.look(now, version(&file.name));
        // First: whatever becomes of the rest, not every request tries again.
        self.next_look.store(watch.next().map_or(NEVER, |next| next.0), Relaxed);
        let said = match step {
            Step::Keep => None,
            Step::Say(what) => Some(what),
            Step::Read(version) => watch.read(now, version, self.reload(file, log)),
        };
        if let Some(what) = said {
            say!(log, Error, "{}: {what}; the rules in force stay", show(&file.name));
        }
    }

    /// Reads the file and puts its rules in the place of those that came from it before.
    fn reload(&self, file: &MountFile, log: &dyn Log) -> Outcome {
        let UriMapFile { rules, mut diagnostics } = match content(&file.name) {
            Ok(content) => content,
            Err(reason) => return Outcome::Unreadable(reason),
        };
        match rules {
            Some(rules) => {
                diagnostics.extend(check::check_rules(&file.workers, &rules));
                diagnostics.iter().for_each(|found| tell(found, log));
                self.replace(&rules);
                say!(log, Info, "{}: read again, {} rules", show(&file.name), rules.len());
            }
            None => {
                if let Some(Diagnostic { message, .. }) = diagnostics.last_mut() {
                    message.push_str("; the rules in force stay");
                }
                diagnostics.iter().for_each(|found| tell(found, log));
            }
        }
        Outcome::Done
    }

    fn replace(&self, rules: &[Mounted]) {
        let current = self.map.load();
        let stay = current.rules().filter(|rule| rule.source != Source::File).cloned();
        let new = rules.iter().map(|mounted| mounted.rule.clone());
        self.map.store(Arc::new(UriMap::new(stay.chain(new).collect())));
    }
}

impl MountFile {
    /// Reads a mount file at start. `every` is how often it is looked at again.
    pub(super) fn open(
        name: &[u8],
        every: Option<Seconds>,
        now: Seconds,
        workers: &Arc<Workers>,
    ) -> (Self, Result<UriMapFile, String>) {
        let mut watch = Watch::new(every, now);
        let read = version(name).and_then(|version| {
            let content = content(name);
            let outcome =
                content.as_ref().map_or_else(|why| Outcome::Unreadable(why.clone()), |_| Outcome::Done);
            let _ = watch.read(now, version, outcome);
            content
        });
        (Self { name: name.into(), workers: Arc::clone(workers), watch: watch.into() }, read)
    }
}

fn lock(watch: &Mutex<Watch>) -> std::sync::MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

fn version(name: &[u8]) -> Result<Version, String> {
    let found = files::entry(name).map_err(|error| format!("cannot be looked at: {error}"))?;
    match found.kind {
        files::Kind::File => {
            let (seconds, nanos) = found.modified;
            Ok(Version { seconds, nanos, size: found.size })
        }
        files::Kind::Directory | files::Kind::Other => Err("is no regular file".to_owned()),
    }
}

fn content(name: &[u8]) -> Result<UriMapFile, String> {
    let bytes = files::read(name).map_err(|error| format!("cannot be read: {error}"))?;
    Ok(uri_map_file::read(&bytes, name, &environment))
}
