//! The records: one per AJP worker, per balancer, and per member of a balancer.
//!
//! Each begins with a [`Tag`] that says whose it is. Counters are relaxed atomics: each is exact by itself, no two
//! of them form a unit. Zero is the start value of everything.

use super::probes::Probes;
use crate::balance::{Cure, State};
use crate::shared_record;
use crate::time::Seconds;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};
use std::time::Duration;

/// Longest name that fits a record; the configuration refuses longer ones.
pub const NAME_MAX: usize = 63;

shared_record! {
    /// Whose record this is, and since when.
    pub struct Tag {
        /// The last (re)start whose configuration named the owner; 0: the record is free.
        pub generation: AtomicU32,
        name_len: AtomicU8,
        parent_len: AtomicU8,
        name: [AtomicU8; NAME_MAX],
        parent: [AtomicU8; NAME_MAX],
    }
}

impl Tag {
    /// Whether the record belongs to `name` inside `parent` (empty for workers that stand alone).
    pub(super) fn is(&self, parent: &[u8], name: &[u8]) -> bool {
        same(&self.name, &self.name_len, name) && same(&self.parent, &self.parent_len, parent)
    }

    pub(super) fn copy_from(&self, other: &Self) {
        for (to, from) in self.name.iter().zip(&other.name).chain(self.parent.iter().zip(&other.parent)) {
            to.store(from.load(Relaxed), Relaxed);
        }
        self.name_len.store(other.name_len.load(Relaxed), Relaxed);
        self.parent_len.store(other.parent_len.load(Relaxed), Relaxed);
        self.generation.store(other.generation.load(Relaxed), Relaxed);
    }

    pub(super) fn set(&self, parent: &[u8], name: &[u8]) {
        put(&self.name, &self.name_len, name);
        put(&self.parent, &self.parent_len, parent);
    }
}

fn same(field: &[AtomicU8; NAME_MAX], len: &AtomicU8, text: &[u8]) -> bool {
    usize::from(len.load(Relaxed)) == text.len()
        && field.iter().zip(text).all(|(byte, wanted)| byte.load(Relaxed) == *wanted)
}

fn put(field: &[AtomicU8; NAME_MAX], len: &AtomicU8, text: &[u8]) {
    for (byte, value) in field.iter().zip(text) {
        byte.store(*value, Relaxed);
    }
    len.store(u8::try_from(text.len().min(NAME_MAX)).unwrap_or(0), Relaxed);
}

/// Upper ends of the classes into which durations are sorted, in milliseconds. One more class takes what
/// is longer than all.
pub const LATENCY_MS: [u32; 13] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000];

shared_record! {
    /// How many attempts took how long.
    pub struct Latency {
        classes: [AtomicU64; LATENCY_MS.len() + 1],
        /// All durations together, in microseconds.
        total: AtomicU64,
    }
}

impl Latency {
    /// Counts one attempt.
    pub fn add(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = LATENCY_MS.iter().take_while(|end| u64::from(**end) * 1000 < micros).count();
        if let Some(class) = self.classes.get(class) {
            class.fetch_add(1, Relaxed);
        }
        self.total.fetch_add(micros, Relaxed);
    }

    /// Attempts per class; classes do not include one another.
    pub fn counts(&self) -> [u64; LATENCY_MS.len() + 1] {
        self.classes.each_ref().map(|class| class.load(Relaxed))
    }

    /// All durations together, in microseconds.
    pub fn total_micros(&self) -> u64 {
        self.total.load(Relaxed)
    }

    fn copy_from(&self, other: &Self) {
        for (to, from) in self.classes.iter().zip(&other.classes) {
            to.store(from.load(Relaxed), Relaxed);
        }
        self.total.store(other.total.load(Relaxed), Relaxed);
    }

    fn clear(&self) {
        self.classes.iter().for_each(|class| class.store(0, Relaxed));
        self.total.store(0, Relaxed);
    }
}

shared_record! {
    /// What is counted per AJP worker name, wherever the name is used (alone or in several balancers).
    pub struct AjpSlot {
        /// Whose record this is.
        pub tag: Tag,
        /// Attempts started.
        pub used: AtomicU64,
        /// Bytes received from the backend.
        pub read: AtomicU64,
        /// Bytes sent to the backend.
        pub sent: AtomicU64,
        /// Attempts that failed because of the backend.
        pub errors: AtomicU32,
        /// Requests that failed because of their client.
        pub client_errors: AtomicU32,
        /// Reply timeouts; halved by maintenance.
        pub reply_timeouts: AtomicU32,
        /// When an attempt last failed; 0: never, or it works again.
        pub error_time: AtomicU64,
        /// When counting began, in seconds since 1970.
        pub last_reset: AtomicU64,
        /// How long attempts took, from taking a connection to the end of the reply.
        pub latency: Latency,
        /// How its probes ended.
        pub probes: Probes,
        /// `used` at the last maintenance.
        used_before: AtomicU64,
        /// `used` when it was last found idle.
        used_when_idle: AtomicU64,
    }
}

shared_record! {
    /// What a balancer keeps per member.
    pub struct MemberSlot {
        /// Whose record this is: the member's name inside the balancer's.
        pub tag: Tag,
        state: AtomicU32,
        /// The number that the balancing methods compare.
        pub value: AtomicU64,
        /// Sessions begun here (requests without a session id).
        pub sessions: AtomicU64,
        /// Attempts that failed because of this member.
        pub errors: AtomicU32,
        /// Attempts started through this balancer.
        pub elected: AtomicU64,
        /// `elected` at the last maintenance.
        pub elected_before: AtomicU64,
        first_error: AtomicU64,
        last_error: AtomicU64,
        /// What ends its error.
        cure: AtomicU32,
        /// 1: a probe brought it back, and no request has succeeded since.
        on_trial: AtomicU32,
        /// Nobody begins a probe before this time, in seconds since 1970.
        probe_after: AtomicU64,
    }
}

/// Seconds that the right to probe a member is kept by who waits for the answer. A process that is killed meanwhile
/// keeps it no longer.
const PROBE_HOLD: u64 = 3;

impl MemberSlot {
    /// The run-time state.
    pub fn state(&self) -> State {
        State::from_code(self.state.load(Relaxed))
    }

    /// Whether the run-time state is [`State::Busy`].
    pub fn is_busy(&self) -> bool {
        self.state.load(Relaxed) == State::Busy as u32
    }

    /// Sets the run-time state.
    pub fn set_state(&self, state: State) {
        self.state.store(state as u32, Relaxed);
    }

    /// Moves from one state to another only if nobody else has changed it meanwhile.
    pub fn change_state(&self, from: State, to: State) -> bool {
        self.state.compare_exchange(from as u32, to as u32, Relaxed, Relaxed).is_ok()
    }

    /// When the present row of failures began.
    pub fn first_error(&self) -> Option<Seconds> {
        moment(&self.first_error)
    }

    /// When it last failed.
    pub fn last_error(&self) -> Option<Seconds> {
        moment(&self.last_error)
    }

    /// What brings it back if it is in error. Without a time a success was noted right after the error, and a probe may
    /// tell which of them counts; maintenance takes such an error for older than any.
    pub fn cure(&self) -> Cure {
        let cure = Cure::from_code(self.cure.load(Relaxed));
        if self.last_error().is_some() { cure } else { Cure::Pong }
    }

    /// Whether a probe brought it back, and no request has succeeded since.
    pub fn on_trial(&self) -> bool {
        self.on_trial.load(Relaxed) != 0
    }

    /// Ends its error because a probe was answered; false if it is in error no more.
    pub fn begin_trial(&self) -> bool {
        // First: the request that picks it is to find it on trial.
        let before = self.on_trial.swap(1, Relaxed);
        let begun = self.change_state(State::Error, State::Recover);
        if !begun {
            self.on_trial.store(before, Relaxed);
        }
        begun
    }

    /// Whether nothing is held against it.
    pub fn is_clean(&self) -> bool {
        self.first_error().is_none() && self.last_error().is_none() && !self.on_trial()
    }

    /// Takes the right to probe it: true for one caller per `interval`.
    pub fn claim_probe(&self, now: Seconds, interval: Seconds) -> bool {
        let after = self.probe_after.load(Relaxed);
        // A clock that was set back must not put probes off.
        let due = now.0 >= after || after - now.0 > interval.0.max(PROBE_HOLD);
        let next = now.0 + interval.0;
        due && self.probe_after.compare_exchange(after, next, Relaxed, Relaxed).is_ok()
    }

    /// Keeps that right while an answer is waited for; to be said every second.
    pub fn hold_probe(&self, now: Seconds) {
        self.probe_after.store(now.0 + PROBE_HOLD, Relaxed);
    }

    /// Gives the right up: the next probe may follow after `interval`.
    pub fn release_probe(&self, now: Seconds, interval: Seconds) {
        self.probe_after.store(now.0 + interval.0, Relaxed);
    }

    /// Records a failure: `first` too if it is the first of a row or the row starts anew.
    pub fn failed(&self, now: Seconds, anew: bool, cure: Cure) {
        self.cure.store(cure as u32, Relaxed);
        self.last_error.store(now.0, Relaxed);
        if anew {
            self.first_error.store(now.0, Relaxed);
        } else {
            let _ = self.first_error.compare_exchange(0, now.0, Relaxed, Relaxed);
        }
    }

    /// Forgets failures: the member works.
    pub fn works(&self) {
        self.first_error.store(0, Relaxed);
        self.last_error.store(0, Relaxed);
        self.cure.store(Cure::Time as u32, Relaxed);
        self.on_trial.store(0, Relaxed);
    }

    pub(super) fn copy_times(&self, other: &Self) {
        self.first_error.store(other.first_error.load(Relaxed), Relaxed);
        self.last_error.store(other.last_error.load(Relaxed), Relaxed);
        self.cure.store(other.cure.load(Relaxed), Relaxed);
        self.on_trial.store(other.on_trial.load(Relaxed), Relaxed);
    }

    /// Lowers the balancing value, not below zero.
    pub fn lower_value(&self, by: u64) {
        let _ = self.value.fetch_update(Relaxed, Relaxed, |value| Some(value.saturating_sub(by)));
    }
}

fn moment(field: &AtomicU64) -> Option<Seconds> {
    match field.load(Relaxed) {
        0 => None,
        at => Some(Seconds(at)),
    }
}

shared_record! {
    /// What is kept per balancer.
    pub struct LbSlot {
        /// Whose record this is.
        pub tag: Tag,
        /// When its members were last maintained, in seconds.
        pub maintained: AtomicU64,
        /// When counting began, in seconds since 1970.
        pub last_reset: AtomicU64,
    }
}

impl AjpSlot {
    /// Takes over another record's content.
    pub(super) fn copy_from(&self, other: &Self) {
        self.tag.copy_from(&other.tag);
        for (to, from) in self.counters().into_iter().zip(other.counters()) {
            to.store(from.load(Relaxed), Relaxed);
        }
        for (to, from) in self.small_counters().into_iter().zip(other.small_counters()) {
            to.store(from.load(Relaxed), Relaxed);
        }
        self.error_time.store(other.error_time.load(Relaxed), Relaxed);
        self.last_reset.store(other.last_reset.load(Relaxed), Relaxed);
        self.latency.copy_from(&other.latency);
        self.probes.copy_from(&other.probes);
    }

    /// Whether there was no attempt since the last maintenance found that there was none since the one before.
    pub fn is_idle(&self) -> bool {
        self.used.load(Relaxed) == self.used_when_idle.load(Relaxed)
    }

    /// The maintenance that one process does for all: finds out whether it is idle.
    pub fn maintain(&self) {
        let used = self.used.load(Relaxed);
        if self.used_before.swap(used, Relaxed) == used {
            self.used_when_idle.store(used, Relaxed);
        }
    }

    /// Back to the start. `now` is in seconds since 1970.
    pub(super) fn clear(&self, now: u64) {
        self.error_time.store(0, Relaxed);
        self.errors.store(0, Relaxed);
        self.reset(now);
    }

    /// Counts from zero again; errors and the time of the last one stay. `now` is in seconds since 1970.
    pub fn reset(&self, now: u64) {
        self.counters().iter().for_each(|counter| counter.store(0, Relaxed));
        self.client_errors.store(0, Relaxed);
        self.reply_timeouts.store(0, Relaxed);
        self.latency.clear();
        self.probes.clear();
        self.last_reset.store(now, Relaxed);
    }

    fn counters(&self) -> [&AtomicU64; 5] {
        [&self.used, &self.read, &self.sent, &self.used_before, &self.used_when_idle]
    }

    fn small_counters(&self) -> [&AtomicU32; 3] {
        [&self.errors, &self.client_errors, &self.reply_timeouts]
    }
}

impl MemberSlot {
    /// Takes over another record's content.
    pub(super) fn copy_from(&self, other: &Self) {
        self.tag.copy_from(&other.tag);
        self.set_state(other.state());
        self.copy_times(other);
        for (to, from) in [
            (&self.value, &other.value),
            (&self.sessions, &other.sessions),
            (&self.elected, &other.elected),
            (&self.elected_before, &other.elected_before),
        ] {
            to.store(from.load(Relaxed), Relaxed);
        }
        self.errors.store(other.errors.load(Relaxed), Relaxed);
    }

    /// Back to the start: idle, without errors, nothing counted.
    pub fn clear(&self) {
        self.works();
        self.probe_after.store(0, Relaxed);
        self.set_state(State::Idle);
        for counter in [&self.value, &self.sessions, &self.elected, &self.elected_before] {
            counter.store(0, Relaxed);
        }
        self.errors.store(0, Relaxed);
    }
}

impl LbSlot {
    /// Takes over another record's content.
    pub(super) fn copy_from(&self, other: &Self) {
        self.tag.copy_from(&other.tag);
        self.maintained.store(other.maintained.load(Relaxed), Relaxed);
        self.last_reset.store(other.last_reset.load(Relaxed), Relaxed);
    }

    /// Back to the start. `now` is in seconds since 1970.
    pub(super) fn clear(&self, now: u64) {
        self.maintained.store(0, Relaxed);
        self.last_reset.store(now, Relaxed);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::sys::mapping::Region;

    #[test]
    fn a_duration_counts_in_the_first_class_that_it_fits() {
        let region = Region::new(size_of::<Latency>()).unwrap();
        let latency = &region.records::<Latency>(0, 1).unwrap()[0];
        for (micros, class) in
            [(0, 0), (1000, 0), (1001, 1), (2000, 1), (99_999, 6), (10_000_000, 12), (10_000_001, 13)]
        {
            latency.clear();
            latency.add(Duration::from_micros(micros));
            assert_eq!(latency.counts().iter().position(|n| *n == 1), Some(class), "{micros} us");
            assert_eq!(latency.total_micros(), micros);
        }
    }

    #[test]
    fn a_trial_begins_with_the_end_of_an_error_alone() {
        let region = Region::new(size_of::<MemberSlot>()).unwrap();
        let slot = &region.records::<MemberSlot>(0, 1).unwrap()[0];
        for state in [State::Idle, State::Ok, State::Recover, State::Force, State::Busy, State::Probe] {
            slot.set_state(state);
            assert!(!slot.begin_trial() && slot.is_clean(), "an older request has succeeded: {state:?}");
            assert_eq!(slot.state(), state);
        }
        slot.set_state(State::Error);
        assert!(slot.begin_trial() && !slot.is_clean(), "though it has no times");
        assert_eq!(slot.state(), State::Recover);
        assert!(!slot.begin_trial() && slot.on_trial(), "it is still that of the first");
        slot.works();
        assert!(slot.is_clean());
    }

    #[test]
    fn a_success_amid_the_notes_of_a_failure_leaves_an_error_that_a_probe_ends() {
        const STEPS: [fn(&MemberSlot); 4] = [
            |slot| slot.set_state(State::Error),
            |slot| slot.failed(Seconds(1000), false, Cure::Pong),
            |slot| slot.set_state(State::Ok),
            MemberSlot::works,
        ];
        let region = Region::new(size_of::<MemberSlot>()).unwrap();
        let slot = &region.records::<MemberSlot>(0, 1).unwrap()[0];
        for order in [[0, 1, 2, 3], [0, 2, 1, 3], [0, 2, 3, 1], [2, 0, 1, 3], [2, 0, 3, 1], [2, 3, 0, 1]] {
            slot.clear();
            order.iter().for_each(|&step: &usize| STEPS[step](slot));
            assert!(slot.state() == State::Ok || slot.cure() == Cure::Pong, "{order:?}");
        }
        slot.failed(Seconds(1000), true, Cure::Time);
        assert_eq!(slot.cure(), Cure::Time, "what only time cures has a time");
    }

    #[test]
    fn what_nobody_used_between_two_maintenances_is_idle() {
        let region = Region::new(size_of::<AjpSlot>()).unwrap();
        let slot = &region.records::<AjpSlot>(0, 1).unwrap()[0];
        assert!(slot.is_idle(), "at the start");
        slot.used.fetch_add(1, Relaxed);
        assert!(!slot.is_idle());
        slot.maintain();
        assert!(!slot.is_idle(), "it was used before this maintenance");
        slot.maintain();
        assert!(slot.is_idle());
        slot.used.fetch_add(1, Relaxed);
        assert!(!slot.is_idle(), "at once");
        slot.reset(0);
        assert!(slot.is_idle());
    }

    #[test]
    fn probes_are_counted_until_a_reset() {
        let region = Region::new(2 * size_of::<AjpSlot>()).unwrap();
        let [slot, other] = region.records::<AjpSlot>(0, 2).unwrap() else { panic!("two records") };
        let seen = |slot: &AjpSlot| (slot.probes.answered(), slot.probes.failed(), slot.probes.last());
        assert_eq!(seen(slot), (0, 0, None));
        slot.probes.ended(true, Seconds(7));
        slot.probes.ended(false, Seconds(8));
        slot.probes.ended(false, Seconds(9));
        other.copy_from(slot);
        assert_eq!(seen(other), (1, 2, Some(Seconds(9))));
        slot.reset(10);
        assert_eq!(seen(slot), (0, 0, None));
    }

    #[test]
    fn one_process_at_a_time_has_the_right_to_probe() {
        let region = Region::new(size_of::<MemberSlot>()).unwrap();
        let slot = &region.records::<MemberSlot>(0, 1).unwrap()[0];
        let claim = |now| slot.claim_probe(Seconds(now), Seconds(2));
        assert_eq!([claim(100), claim(100), claim(101), claim(102)], [true, false, false, true]);
        slot.hold_probe(Seconds(103));
        assert_eq!([claim(104), claim(105)], [false, false], "it is waited for the answer");
        slot.release_probe(Seconds(105), Seconds(2));
        assert_eq!([claim(106), claim(107)], [false, true]);
        slot.hold_probe(Seconds(107));
        assert!(claim(110), "who waited is gone");
        assert!(claim(50), "the clock was set back");
    }
}
