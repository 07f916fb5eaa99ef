//! The last ten minutes of each AJP worker: a look at its counters every ten seconds.
//!
//! Every process would take each look, and who comes first has the right to. Where a look is kept follows from its
//! time, so that one writer need not know of the last. Readers pass over a look that is just being written.

use crate::shared_record;
use crate::time::Seconds;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64, fence};

/// From one look to the next, in seconds.
const PERIOD: u64 = 10;

/// How many looks are kept.
const LOOKS: usize = 60;

/// For how long they are kept, in seconds.
const REACH: u64 = PERIOD * LOOKS as u64;

/// What a worker's counters said at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// When that was.
    pub at: Seconds,
    /// Attempts started.
    pub used: u64,
    /// Attempts that failed because of the backend.
    pub errors: u32,
    /// Requests under way.
    pub busy: u32,
    /// Bytes sent to the backend.
    pub sent: u64,
    /// Bytes received from it.
    pub read: u64,
}

shared_record! {
    /// Where one look is kept.
    struct Place {
        /// In seconds since 1970; 0: the place is empty, or just being written.
        at: AtomicU64,
        used: AtomicU64,
        sent: AtomicU64,
        read: AtomicU64,
        errors: AtomicU32,
        busy: AtomicU32,
    }
}

impl Place {
    fn put(&self, look: &Look) {
        self.at.store(0, Relaxed);
        fence(Release);
        self.used.store(look.used, Relaxed);
        self.sent.store(look.sent, Relaxed);
        self.read.store(look.read, Relaxed);
        self.errors.store(look.errors, Relaxed);
        self.busy.store(look.busy, Relaxed);
        self.at.store(look.at.0, Release);
    }

    fn get(&self) -> Option<Look> {
        let at = self.at.load(Acquire);
        let look = Look {
            at: Seconds(at),
            used: self.used.load(Relaxed),
            errors: self.errors.load(Relaxed),
            busy: self.busy.load(Relaxed),
            sent: self.sent.load(Relaxed),
            read: self.read.load(Relaxed),
        };
        fence(Acquire);
        (at != 0 && self.at.load(Relaxed) == at).then_some(look)
    }
}

shared_record! {
    /// The last looks at one worker.
    pub struct Course {
        /// The period that was looked at last, counted since 1970.
        period: AtomicU64,
        places: [Place; LOOKS],
    }
}

impl Course {
    /// Takes the right to look: true for one caller per period.
    pub fn claim(&self, now: Seconds) -> bool {
        let (period, last) = (now.0 / PERIOD, self.period.load(Relaxed));
        // Who is late by a moment has no right, but a clock that was set back must not put looks off.
        let due = period > last || last - period > 1;
        due && self.period.compare_exchange(last, period, Relaxed, Relaxed).is_ok()
    }

    /// Keeps a look, in place of the one before ten minutes.
    pub fn keep(&self, look: &Look) {
        let place = usize::try_from(look.at.0 / PERIOD).unwrap_or(0) % LOOKS;
        if let Some(place) = self.places.get(place) {
            place.put(look);
        }
    }

    /// The looks of the last ten minutes, oldest first.
    pub fn looks(&self, now: Seconds) -> Vec<Look> {
        let recent = |look: &Look| look.at <= now && now.since(look.at).0 < REACH;
        let mut looks: Vec<Look> = self.places.iter().filter_map(Place::get).filter(recent).collect();
        looks.sort_unstable_by_key(|look| look.at);
        looks
    }

    /// Takes over another record's content.
    pub(super) fn copy_from(&self, other: &Self) {
        self.period.store(other.period.load(Relaxed), Relaxed);
        other.places.iter().filter_map(Place::get).for_each(|look| self.keep(&look));
    }

    /// Back to the start.
    pub(super) fn clear(&self) {
        self.period.store(0, Relaxed);
        self.places.iter().for_each(|place| place.at.store(0, Relaxed));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::sys::mapping::Region;
    use std::sync::atomic::AtomicBool;

    fn courses() -> &'static [Course] {
        Region::new(2 * size_of::<Course>()).unwrap().records(0, 2).unwrap()
    }

    fn look(at: u64) -> Look {
        Look { at: Seconds(at), used: at, sent: at, read: at, errors: 0, busy: 0 }
    }

    fn times(course: &Course, now: u64) -> Vec<u64> {
        course.looks(Seconds(now)).iter().map(|look| look.at.0).collect()
    }

    #[test]
    fn one_look_is_taken_in_each_period() {
        let course = &courses()[0];
        let claim = |now| course.claim(Seconds(now));
        assert_eq!([claim(1005), claim(1005), claim(1009), claim(1010)], [true, false, false, true]);
        assert!(!claim(1009), "who comes late has no right");
        assert!(claim(500), "the clock was set back");
        assert_eq!([claim(505), claim(1020)], [false, true]);
    }

    #[test]
    fn looks_are_kept_for_ten_minutes() {
        let course = &courses()[0];
        assert_eq!(times(course, 5000), [] as [u64; 0]);
        (1..=100).for_each(|n| course.keep(&look(5000 + n * 10)));
        assert_eq!(times(course, 6000), (41..=100).map(|n| 5000 + n * 10).collect::<Vec<_>>());
        assert_eq!(times(course, 6580).len(), 2, "nobody looked since");
        assert_eq!(
            times(course, 5700).last(),
            Some(&5700),
            "what is to come was before a clock was set back"
        );
        assert_eq!(course.looks(Seconds(6000))[0], look(5410));
    }

    #[test]
    fn a_course_moves_and_ends() {
        let [course, other] = courses() else { panic!("two records") };
        assert!(course.claim(Seconds(1000)));
        course.keep(&look(1000));
        other.copy_from(course);
        assert_eq!((times(other, 1001), other.claim(Seconds(1001))), (vec![1000], false));
        other.clear();
        assert_eq!((times(other, 1001), other.claim(Seconds(1001))), (vec![], true));
    }

    #[test]
    fn half_a_look_is_never_seen() {
        let (course, stop) = (&courses()[0], AtomicBool::new(false));
        std::thread::scope(|scope| {
            // All of them lie in one place.
            let writes = (1..).take_while(|_| !stop.load(Relaxed));
            scope.spawn(|| writes.for_each(|n| course.keep(&look(n * REACH))));
            let (mut last, mut changes) = (None, 0);
            while changes < 1000 {
                let seen = course.places[0].get();
                let is_whole = seen.is_none_or(|seen| seen == look(seen.at.0));
                stop.store(!is_whole, Relaxed);
                assert!(is_whole, "{seen:?}");
                changes += u32::from(seen.is_some() && seen != last);
                last = seen.or(last);
            }
            stop.store(true, Relaxed);
        });
    }
}
