//! The connections of one worker in one child process: how many there may be, and which is lent next.
//!
//! The lock guards a short list and is never held while a connection is opened, probed, used or closed. The
//! connection given back last is lent first, so that the ones a quiet time leaves over can age and be closed.

use super::connection::Connection;
use crate::ajp::control::Tail;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The connections of one worker.
#[derive(Debug)]
pub(super) struct Pool {
    size: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    lent: usize,
    waiting: usize,
    /// Counts how often the backend's address changed.
    era: u32,
}

impl Pool {
    /// A pool that lends at most `size` connections at once.
    pub(super) fn new(size: usize) -> Self {
        Self { size, state: Mutex::default(), freed: Condvar::new() }
    }

    /// The right to use one connection: an idle one if there is one. `None` if all stay in use for `wait`.
    pub(super) fn take(&self, wait: Duration) -> Option<Lease<'_>> {
        let mut state = self.lock();
        if state.lent >= self.size {
            state = self.wait(state, wait)?;
        }
        state.lent += 1;
        let connection = state.idle.pop();
        Some(Lease { pool: self, connection, vouched: true })
    }

    /// Begins a new era: connections of earlier ones lead to an address that is left. Idle ones are closed, others when
    /// they are given back.
    pub(super) fn move_on(&self) -> u32 {
        let mut state = self.lock();
        state.era = state.era.wrapping_add(1);
        let (era, left) = (state.era, std::mem::take(&mut state.idle));
        drop(state);
        drop(left);
        era
    }

    /// Lets the idle time of all idle connections begin now.
    pub(super) fn restart_idling(&self) {
        self.lock().idle.iter_mut().for_each(Connection::restart_idling);
    }

    /// How many connections are open, and how many of them idle. One that is just being opened counts as open.
    pub(super) fn open_and_idle(&self) -> (usize, usize) {
        let state = self.lock();
        (state.lent + state.idle.len(), state.idle.len())
    }

    /// The most that can be lent at once.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Whether a connection could be lent at once.
    pub(super) fn has_room(&self) -> bool {
        self.lock().lent < self.size
    }

    fn wait<'s>(&self, mut state: MutexGuard<'s, State>, wait: Duration) -> Option<MutexGuard<'s, State>> {
        let deadline = Instant::now() + wait;
        while state.lent >= self.size {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.size == 0 {
                return None;
            }
            state.waiting += 1;
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
        }
        Some(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held cannot have left the list half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out connections that `old` picks, longest idle first, as long as more than `keep` would be left open.
    pub(super) fn weed(&self, keep: usize, old: impl Fn(&Connection) -> bool) -> Vec<Connection> {
        let mut state = self.lock();
        let mut spare = (state.idle.len() + state.lent).saturating_sub(keep);
        let picked = state.idle.extract_if(.., |connection| {
            let picked = spare > 0 && old(connection);
            spare -= usize::from(picked);
            picked
        });
        picked.collect()
    }

    /// Takes out the idle connections that `wanted` picks. They leave their places to others meanwhile.
    pub(super) fn take_out(&self, wanted: impl Fn(&Connection) -> bool) -> Vec<Connection> {
        self.lock().idle.extract_if(.., |connection| wanted(connection)).collect()
    }

    /// Puts connections back among the idle ones, each where its age belongs. Those for which there is no place any
    /// more are closed.
    pub(super) fn put_back(&self, connections: Vec<Connection>) {
        let mut surplus = Vec::new();
        let mut state = self.lock();
        for connection in connections {
            if connection.era() == state.era && state.idle.len() + state.lent < self.size {
                let at = state.idle.partition_point(|other| other.idle_since() <= connection.idle_since());
                state.idle.insert(at, connection);
            } else {
                surplus.push(connection);
            }
        }
        drop(state);
        drop(surplus);
    }

    fn give_back(&self, connection: Option<Connection>) {
        let mut state = self.lock();
        state.lent = state.lent.saturating_sub(1);
        let left = match connection {
            Some(connection) if connection.era() == state.era => {
                state.idle.push(connection);
                None
            }
            left => left,
        };
        let wake = state.waiting > 0;
        drop(state);
        drop(left);
        if wake {
            self.freed.notify_one();
        }
    }
}

/// The right to use one connection, and the connection itself once there is one. Dropping it gives the right back,
/// and the connection only if somebody vouched for it: one that a panic leaves in mid-exchange is closed.
#[derive(Debug)]
pub(super) struct Lease<'p> {
    pool: &'p Pool,
    connection: Option<Connection>,
    /// The connection is clean.
    vouched: bool,
}

impl Lease<'_> {
    /// The connection, if one is open. From now on it counts as unclean.
    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        self.vouched = false;
        self.connection.as_mut()
    }

    /// Puts a fresh connection in.
    pub(super) fn put(&mut self, connection: Connection) -> &mut Connection {
        self.vouched = false;
        self.connection.insert(connection)
    }

    /// Closes the connection. Tells the time, as [`keep`](Self::keep) does.
    pub(super) fn close(&mut self) -> Instant {
        self.connection = None;
        Instant::now()
    }

    /// Closes the connection and takes another idle one, if there is one.
    pub(super) fn next_idle(&mut self) {
        self.connection = None;
        self.connection = self.pool.lock().idle.pop();
    }

    /// Whether the pool may have another connection, so that this one can be put aside.
    pub(super) fn can_put_aside(&self) -> bool {
        let state = self.pool.lock();
        state.idle.len() + state.lent < self.pool.size
    }

    /// Puts the connection aside, to be lent when its backend is done, and takes another idle one if that is wanted and
    /// there is one. It is closed instead if there would be more connections than the pool may have.
    pub(super) fn put_aside(&mut self, take_next: bool) {
        let connection = self.connection.take();
        let mut state = self.pool.lock();
        let fits = connection.as_ref().is_some_and(|connection| connection.era() == state.era);
        let room = fits && state.idle.len() + state.lent < self.pool.size;
        self.connection = if take_next { state.idle.pop() } else { None };
        if room {
            // Where those wait that were idle longest: it is not asked again soon.
            state.idle.splice(0..0, connection);
        }
    }

    /// Vouches for the connection: its exchange ended cleanly, or but for the packet that ends the reply, of which so
    /// much has come. Tells since when it is idle.
    pub(super) fn keep(&mut self, owed_end: Option<Tail>) -> Instant {
        let Some(connection) = &mut self.connection else { return Instant::now() };
        self.vouched = true;
        connection.rest(owed_end)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.pool.give_back(self.connection.take().filter(|_| self.vouched));
    }
}
