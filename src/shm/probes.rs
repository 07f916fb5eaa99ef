//! How the probes of maintenance ended.

use crate::shared_record;
use crate::time::Seconds;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

shared_record! {
    /// Probes of one AJP worker: pings of its idle connections, and probes of members that use it while in error.
    pub struct Probes {
        answered: AtomicU64,
        failed: AtomicU64,
        /// When the last one ended, in seconds since 1970; 0: there was none.
        last: AtomicU64,
    }
}

impl Probes {
    /// Counts one that ended.
    pub fn ended(&self, answered: bool, now: Seconds) {
        let counter = if answered { &self.answered } else { &self.failed };
        counter.fetch_add(1, Relaxed);
        self.last.store(now.0, Relaxed);
    }

    /// How many were answered.
    pub fn answered(&self) -> u64 {
        self.answered.load(Relaxed)
    }

    /// How many were not.
    pub fn failed(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    /// When the last one ended.
    pub fn last(&self) -> Option<Seconds> {
        Some(Seconds(self.last.load(Relaxed))).filter(|at| at.0 > 0)
    }

    pub(super) fn copy_from(&self, other: &Self) {
        self.fields()
            .into_iter()
            .zip(other.fields())
            .for_each(|(to, from)| to.store(from.load(Relaxed), Relaxed));
    }

    pub(super) fn clear(&self) {
        self.fields().into_iter().for_each(|field| field.store(0, Relaxed));
    }

    fn fields(&self) -> [&AtomicU64; 3] {
        [&self.answered, &self.failed, &self.last]
    }
}
