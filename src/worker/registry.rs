//! All workers of one configuration, by name.
//!
//! The parent makes the registry at each (re)start; every child inherits it by fork and adds what is its own: its
//! place among the children, its connections.

use super::ajp::AjpWorker;
use super::client::Client;
use super::failure::Failure;
use super::history;
use super::lb::LbWorker;
use super::report::Report;
use super::scratch::Shelf;
use super::task::{Means, Task};
use crate::ajp::request::Recipient;
use crate::balance::Activation;
use crate::config::worker_spec::{StatusSpec, WorkerSpec, Workers};
use crate::log::Log;
use crate::shm::board::{Board, BoardError, Child, Column, Counted};
use crate::text::{Text, show};
use crate::time::Seconds;
use arc_swap::{ArcSwap, Guard};
use once_cell::sync::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

/// All workers of one configuration.
#[derive(Debug)]
pub struct Registry {
    /// The workers as they are now. Requests keep those that they began with.
    roster: ArcSwap<Roster>,
    renewing: Mutex<()>,
    board: Board,
    /// The board's generation to which they belong.
    generation: u32,
    process: OnceCell<Process>,
    shelf: Shelf,
    /// `worker.maintain`; `None`: never.
    maintain: Option<Seconds>,
    maintained: AtomicU64,
}

/// The workers as they are at one moment, with all changes that were made at run time.
#[derive(Debug)]
pub(super) struct Roster {
    /// In the order of `worker.list`.
    workers: Vec<(Text, Worker)>,
    by_name: Arc<HashMap<Text, usize>>,
    /// How many changes had been made on the board.
    edits: u32,
}

#[derive(Clone, Debug)]
pub(super) enum Worker {
    Ajp(Arc<AjpWorker>),
    Lb(Arc<LbWorker>),
    Status(Arc<StatusSpec>),
}

/// Why the workers cannot be made.
#[derive(Debug)]
pub struct RegistryError {
    worker: Text,
    error: BoardError,
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker {}: {}", show(&self.worker), self.error)
    }
}

/// This process among those that share the board.
#[derive(Debug)]
pub struct Process {
    board: Board,
    child: Child,
}

impl Process {
    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    pub(super) fn enter(&self, column: Column) -> Counted {
        self.board.enter(self.child, column)
    }
}

impl Registry {
    /// Makes all workers.
    ///
    /// # Errors
    /// When the board has no room.
    pub fn new(specs: Workers, board: Board, log: &dyn Log) -> Result<Self, RegistryError> {
        let edits = board.edits();
        let mut workers = Vec::new();
        for spec in specs.workers {
            let name: Text = spec.name().into();
            let worker = match spec {
                WorkerSpec::Ajp(spec) => AjpWorker::new(spec, &board, log).map(|w| Worker::Ajp(Arc::new(w))),
                WorkerSpec::Lb(spec) => LbWorker::new(spec, &board, log).map(|w| Worker::Lb(Arc::new(w))),
                WorkerSpec::Status(spec) => Ok(Worker::Status(Arc::new(spec))),
            };
            let worker = worker.map_err(|error| RegistryError { worker: name.clone(), error })?;
            workers.push((name, worker));
        }
        let by_name = workers.iter().enumerate().map(|(index, (name, _))| (name.clone(), index)).collect();
        let roster = Roster { workers, by_name: Arc::new(by_name), edits };
        Ok(Self {
            roster: ArcSwap::from_pointee(roster),
            renewing: Mutex::default(),
            generation: board.generation(),
            board,
            process: OnceCell::new(),
            shelf: Shelf::default(),
            maintain: specs.maintain,
            maintained: AtomicU64::new(0),
        })
    }

    /// The workers of now, for as long as one request needs them.
    pub fn current(&self) -> Current<'_> {
        let mut roster = self.roster.load();
        if roster.edits != self.board.edits() {
            self.renew();
            roster = self.roster.load();
        }
        Current { registry: self, roster }
    }

    /// Takes over what was changed. Whoever comes meanwhile waits for microseconds: everything was resolved by who
    /// changed it.
    #[cold]
    fn renew(&self) {
        let _turn = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
        let (old, edits) = (self.roster.load(), self.board.edits());
        if old.edits != edits {
            self.roster.store(Arc::new(old.renewed(edits)));
        }
    }

    /// Whether there is any maintenance (`worker.maintain`).
    pub(super) fn is_maintained(&self) -> bool {
        self.maintain.is_some()
    }

    /// Whether there was no restart since. A child that is held up by a request has the configuration of before, and
    /// what it would find out about members may be wrong of those that have their names and records now.
    pub(super) fn is_in_force(&self) -> bool {
        self.board.generation() == self.generation
    }

    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    /// Makes this process one of the children. Called once after the fork; before it, and in a process where it
    /// was forgotten, the first request does it.
    pub fn join(&self) {
        self.process();
    }

    /// Gives the place back; for a child that ends in order.
    pub fn leave(&self) {
        if let Some(process) = self.process.get() {
            process.board.leave(process.child);
        }
    }

    fn process(&self) -> &Process {
        self.process.get_or_init(|| Process { board: self.board, child: self.board.join() })
    }

    /// Does what is due: closes idle connections of this process and, once per interval for all processes, lets
    /// the balancers' values decay and failed members recover. After a restart it cares for its connections alone.
    pub fn maintain(&self, now: Seconds, log: &dyn Log) {
        let Some(interval) = self.maintain else { return };
        let last = self.maintained.load(Relaxed);
        if !now.is_due(Seconds(last), interval)
            || self.maintained.compare_exchange(last, now.0, Relaxed, Relaxed).is_err()
        {
            return;
        }
        let in_force = self.is_in_force();
        let all = in_force && self.board.maintenance_due(now, interval);
        if all {
            self.board.bury();
        }
        let current = self.current();
        for ajp in current.backends() {
            ajp.tidy(now, log);
            if in_force {
                history::extend(ajp, &self.board, now);
            }
        }
        if all {
            current.alone().for_each(|ajp| ajp.slot.maintain());
            current.balancers().for_each(|lb| lb.maintain(interval, now, &self.board, log));
        }
    }
}

impl Roster {
    /// The same with what was changed since; workers that nobody changed are shared.
    fn renewed(&self, edits: u32) -> Self {
        let renewed = |worker: &Worker| match worker {
            Worker::Ajp(ajp) if ajp.is_outdated() => Worker::Ajp(Arc::new(ajp.renewed())),
            Worker::Lb(lb) if lb.is_outdated() => Worker::Lb(Arc::new(lb.renewed())),
            Worker::Ajp(_) | Worker::Lb(_) | Worker::Status(_) => worker.clone(),
        };
        let workers = self.workers.iter().map(|(name, worker)| (name.clone(), renewed(worker))).collect();
        Self { workers, by_name: Arc::clone(&self.by_name), edits }
    }

    fn get(&self, name: &[u8]) -> Option<&Worker> {
        self.workers.get(*self.by_name.get(name)?).map(|(_, worker)| worker)
    }
}

/// The workers as a request found them. What is changed while it runs concerns those that come later.
#[derive(Debug)]
pub struct Current<'r> {
    registry: &'r Registry,
    roster: Guard<Arc<Roster>>,
}

impl Current<'_> {
    /// The worker `name`, to be asked several things with one look-up.
    pub fn worker(&self, name: &[u8]) -> Option<Named<'_>> {
        self.get(name).map(|worker| Named { registry: self.registry, worker })
    }

    /// All AJP workers, alone or in balancers.
    pub(super) fn backends(&self) -> impl Iterator<Item = &AjpWorker> {
        self.alone().chain(self.balancers().flat_map(|lb| lb.members()).map(|member| &member.worker))
    }

    /// The AJP workers that stand in `worker.list` themselves.
    fn alone(&self) -> impl Iterator<Item = &AjpWorker> {
        self.workers().filter_map(|worker| match worker {
            Worker::Ajp(ajp) => Some(&**ajp),
            Worker::Lb(_) | Worker::Status(_) => None,
        })
    }

    /// All balancers.
    pub(super) fn balancers(&self) -> impl Iterator<Item = &Arc<LbWorker>> {
        self.workers().filter_map(|worker| match worker {
            Worker::Lb(lb) => Some(lb),
            Worker::Ajp(_) | Worker::Status(_) => None,
        })
    }

    fn workers(&self) -> impl Iterator<Item = &Worker> {
        self.named().map(|(_, worker)| worker)
    }

    /// All workers with their names, in the order of `worker.list`.
    pub(super) fn named(&self) -> impl Iterator<Item = (&[u8], &Worker)> {
        self.roster.workers.iter().map(|(name, worker)| (&**name, worker))
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&Worker> {
        self.roster.get(name)
    }

    pub(super) fn board(&self) -> &Board {
        &self.registry.board
    }

    /// Time between two rounds of maintenance; 0 if there are none.
    pub(super) fn interval(&self) -> Seconds {
        self.registry.maintain.unwrap_or(Seconds(0))
    }
}

/// One worker as a request found it.
#[derive(Clone, Copy, Debug)]
pub struct Named<'r> {
    registry: &'r Registry,
    worker: &'r Worker,
}

impl<'r> Named<'r> {
    /// Its type as `JK_WORKER_TYPE` tells it.
    pub fn kind(self) -> &'static str {
        match self.worker {
            Worker::Ajp(_) => "ajp13",
            Worker::Lb(_) => "lb",
            Worker::Status(_) => "status",
        }
    }

    /// What it is to look like; `None` if it is no status worker.
    pub fn status(self) -> Option<&'r Arc<StatusSpec>> {
        match self.worker {
            Worker::Status(spec) => Some(spec),
            Worker::Ajp(_) | Worker::Lb(_) => None,
        }
    }

    /// Serves a request.
    ///
    /// # Errors
    /// Why it failed. Only the client knows whether part of a reply was delivered by then.
    pub fn serve(
        self,
        task: &Task<'_>,
        client: &mut dyn Client,
        report: &mut Report<'r>,
    ) -> Result<(), Failure> {
        let mut scratch = self.registry.shelf.take();
        scratch.kept.clear();
        let mut means = Means { process: self.registry.process(), scratch: &mut scratch, client };
        let result = match self.worker {
            Worker::Lb(lb) => lb.serve(task, &mut means, report),
            Worker::Ajp(ajp) => serve_alone(ajp, task, &mut means, report),
            Worker::Status(_) => Err(Failure::NoMember),
        };
        self.registry.shelf.put_back(scratch);
        result
    }
}

fn serve_alone(
    ajp: &AjpWorker,
    task: &Task<'_>,
    means: &mut Means<'_>,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let lease = ajp.take()?;
    let to = Recipient {
        secret: ajp.secret(),
        route: task.route,
        activation: Activation::Active.short().as_bytes(),
    };
    let served = ajp.serve(lease, task, &to, None, means);
    served.result.map(|answer| report.withheld = answer.withheld)
}
