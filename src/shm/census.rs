//! How many requests are under way and how many connections are open: counted per child process, added up when
//! asked for. A child that was killed takes its counts with it.
//!
//! Beside the rows of the children lies one gauge per column: the sum as it goes, and the highest it ever was. It
//! serves the peak alone; nothing is decided by it, so a count that a child was killed in the middle of may be off.

use crate::shared_record;
use crate::sys::process;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

shared_record! {
    /// The sum of a column, and the highest it was since the last reset.
    pub(super) struct Gauge {
        now: AtomicU32,
        peak: AtomicU32,
    }
}

/// Which record a count belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(pub(super) usize);

impl Column {
    /// The column of the record that stands so many behind this one's.
    pub(super) fn plus(self, index: usize) -> Self {
        Self(self.0 + index)
    }
}

/// This process's place among the children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child {
    pub(super) place: usize,
}

/// The counts of all children.
#[derive(Clone, Copy, Debug)]
pub(super) struct Census {
    /// Places that were ever taken: the rows from here on are empty.
    pub(super) places: &'static AtomicU32,
    pub(super) pids: &'static [AtomicU32],
    /// One row per child, one column per record.
    pub(super) counts: &'static [AtomicU32],
    /// One per column.
    pub(super) gauges: &'static [Gauge],
}

impl Gauge {
    pub(super) fn copy_peak(&self, other: &Self) {
        self.peak.store(other.peak.load(Relaxed), Relaxed);
    }
}

impl Census {
    /// Takes a place for this process. Without a free one the last place is shared, and a killed child may then
    /// leave counts behind.
    pub(super) fn join(&self) -> Child {
        let me = process::id();
        let Some(place) = self.pids.iter().position(|pid| take_place(pid, me)) else {
            return Child { place: self.pids.len().saturating_sub(1) };
        };
        self.places.fetch_max(u32::try_from(place + 1).unwrap_or(u32::MAX), Relaxed);
        self.clear_row(place);
        Child { place }
    }

    /// Gives the place back; the counts of a child that ends in order are zero by then.
    pub(super) fn leave(&self, child: Child) {
        if let Some(pid) = self.pids.get(child.place) {
            let _ = pid.compare_exchange(process::id(), 0, AcqRel, Relaxed);
        }
    }

    /// Clears the counts of children that no longer exist.
    pub(super) fn bury(&self) {
        for (place, pid) in self.pids.iter().enumerate() {
            let id = pid.load(Acquire);
            if id != 0
                && !process::exists(id)
                && pid.compare_exchange(id, process::id(), AcqRel, Relaxed).is_ok()
            {
                self.clear_row(place);
                pid.store(0, Release);
            }
        }
    }

    /// The sum of a column over all children.
    pub(super) fn sum(&self, column: Column) -> u32 {
        let taken = self.pids.iter().enumerate().take(self.taken()).filter(|(_, pid)| pid.load(Relaxed) != 0);
        taken.filter_map(|(place, _)| self.row(place).get(column.0)).map(|n| n.load(Relaxed)).sum()
    }

    /// The highest sum of a column since the last reset.
    pub(super) fn peak(&self, column: Column) -> u32 {
        self.gauges.get(column.0).map_or(0, |gauge| gauge.peak.load(Relaxed))
    }

    /// Starts measuring the peak anew, from what is under way.
    pub(super) fn reset_peak(&self, column: Column) {
        let now = self.sum(column);
        if let Some(gauge) = self.gauges.get(column.0) {
            gauge.now.store(now, Relaxed);
            gauge.peak.store(0, Relaxed);
        }
    }

    /// Counts something until the guard is dropped.
    pub(super) fn enter(&self, child: Child, column: Column) -> Counted {
        let cells = self.row(child.place).get(column.0).zip(self.gauges.get(column.0));
        if let Some((count, gauge)) = cells {
            count.fetch_add(1, Relaxed);
            let now = gauge.now.fetch_add(1, Relaxed).saturating_add(1);
            if now > gauge.peak.load(Relaxed) {
                gauge.peak.fetch_max(now, Relaxed);
            }
        }
        Counted(cells)
    }

    fn clear_row(&self, place: usize) {
        for (count, gauge) in self.row(place).iter().zip(self.gauges) {
            less(&gauge.now, count.swap(0, Relaxed));
        }
    }

    /// Nothing is counted under this number any more: its record has a new owner.
    pub(super) fn clear(&self, column: Column) {
        let columns = self.gauges.len().max(1);
        for count in self.counts.iter().skip(column.0).step_by(columns).take(self.taken()) {
            count.store(0, Relaxed);
        }
        if let Some(gauge) = self.gauges.get(column.0) {
            gauge.now.store(0, Relaxed);
            gauge.peak.store(0, Relaxed);
        }
    }

    /// How many places were ever taken.
    fn taken(&self) -> usize {
        usize::try_from(self.places.load(Relaxed)).unwrap_or(0)
    }

    fn row(&self, place: usize) -> &'static [AtomicU32] {
        let columns = self.gauges.len();
        self.counts.get(place * columns..(place + 1) * columns).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn kill(&self, child: Child) {
        if let Some(pid) = self.pids.get(child.place) {
            pid.store(u32::MAX >> 1, Relaxed);
        }
    }
}

fn take_place(pid: &AtomicU32, me: u32) -> bool {
    let holder = pid.load(Acquire);
    (holder == 0 || holder == me || !process::exists(holder))
        && pid.compare_exchange(holder, me, AcqRel, Relaxed).is_ok()
}

/// Counts down, but not below zero: another process may just have started the count anew.
fn less(count: &AtomicU32, by: u32) {
    if by > 0 {
        let _ = count.fetch_update(Relaxed, Relaxed, |n| Some(n.saturating_sub(by)));
    }
}

/// Something counted, a request under way or an open connection; dropping it ends it, on every path.
#[derive(Debug)]
#[must_use]
pub struct Counted(Option<(&'static AtomicU32, &'static Gauge)>);

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some((count, gauge)) = self.0 {
            less(count, 1);
            less(&gauge.now, 1);
        }
    }
}
