//! The maintenance of an lb that one process does for all: values fade, errors escalate or end, idle members are
//! marked.

use super::method::Method;
use super::state::{Activation, State};
use crate::time::Seconds;

/// What maintenance sees and changes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberUpkeep {
    /// Its shared state.
    pub state: State,
    /// Its own activation; what rules say is not seen here.
    pub activation: Activation,
    /// Its value under the balancing method.
    pub value: u64,
    /// How often it was picked so far.
    pub elected: u64,
    /// `elected` as the last maintenance left it.
    pub elected_before: u64,
    /// When its present row of errors began.
    pub first_error: Option<Seconds>,
    /// When it last failed.
    pub last_error: Option<Seconds>,
    /// Its reply timeouts; they fade.
    pub reply_timeouts: u32,
}

impl MemberUpkeep {
    fn usable(&self) -> bool {
        self.state.usable() && self.activation == Activation::Active
    }

    /// The same member with its error ended before its time: it has answered a probe. `None` if there is no error to end.
    /// `largest` is the largest value of all members. Carry over the difference, as after [`maintain`].
    #[must_use]
    pub fn healed(mut self, method: Method, largest: u64) -> Option<Self> {
        (self.state == State::Error).then(|| {
            self.recover(method, largest);
            self
        })
    }

    /// Lets the next request be a probe; `largest` is the largest value of all members.
    fn recover(&mut self, method: Method, largest: u64) {
        self.state = State::Recover;
        self.value = method.on_recovery(self.value, largest);
        self.reply_timeouts = 0;
    }

    fn force(&mut self) {
        self.state = State::Force;
        self.reply_timeouts = 0;
    }
}

/// The lb's part: how it balances, its times, and the time.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Its balancing method.
    pub method: Method,
    /// Whole maintenance intervals since its last maintenance, see [`intervals`].
    pub intervals: u64,
    /// How long a member stays in error.
    pub recover_time: Seconds,
    /// `error_escalation_time`.
    pub escalation: Seconds,
    /// Now.
    pub now: Seconds,
}

/// How many whole intervals of `maintain` seconds have passed since `last`; 0 if `maintain` is 0, which means never.
pub const fn intervals(last: Seconds, now: Seconds, maintain: Seconds) -> u64 {
    match now.since(last).0.checked_div(maintain.0) {
        Some(count) => count,
        None => 0,
    }
}

/// Something worth a log line; the number is the member's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was in error for long enough: the next request is a probe.
    Recovering(usize),
    /// Its errors have lasted too long.
    Escalated(usize),
    /// It was put back to work because all are in error.
    Forced(usize),
    /// Nobody picked it since the last maintenance.
    Idle(usize),
}

/// Does the maintenance. Changes `members` in place; others may have changed theirs meanwhile, so carry over differences
/// rather than totals.
#[must_use]
pub fn maintain(members: &mut [MemberUpkeep], schedule: &Schedule) -> Vec<Event> {
    fade(members, schedule);
    let largest = members.iter().map(|member| member.value).max().unwrap_or(0);
    let mut events = Vec::new();
    for (index, member) in members.iter_mut().enumerate() {
        events.extend(review(member, schedule, largest).map(|event| event(index)));
        member.elected_before = member.elected;
    }
    if members.iter().all(|member| member.state == State::Error) {
        for (index, member) in members.iter_mut().enumerate() {
            member.force();
            events.push(Event::Forced(index));
        }
    }
    events
}

/// Lets values and reply timeouts fade, the latter under every method.
fn fade(members: &mut [MemberUpkeep], schedule: &Schedule) {
    let usable = members.iter().filter(|member| member.usable());
    let least = usable.map(|member| member.value).min().unwrap_or(0);
    for member in members {
        member.value = schedule.method.decay(member.value, schedule.intervals, least);
        let halvings = u32::try_from(schedule.intervals).unwrap_or(u32::MAX);
        member.reply_timeouts = member.reply_timeouts.checked_shr(halvings).unwrap_or(0);
    }
}

/// Moves one member on. `largest` is the largest value of all.
fn review(member: &mut MemberUpkeep, schedule: &Schedule, largest: u64) -> Option<fn(usize) -> Event> {
    let age = |time: Option<Seconds>| time.map(|time| schedule.now.since(time));
    match member.state {
        State::Error => {
            // An error without a time is older than any; one of the future was before a clock was set back.
            let distance = |time: Seconds| schedule.now.0.abs_diff(time.0);
            member.last_error.is_none_or(|last| distance(last) > schedule.recover_time.0).then(|| {
                member.recover(schedule.method, largest);
                Event::Recovering as fn(usize) -> Event
            })
        }
        State::Idle | State::Ok | State::Force | State::Busy | State::Probe
            if age(member.first_error).is_some_and(|age| age >= schedule.escalation) =>
        {
            member.state = State::Error;
            Some(Event::Escalated)
        }
        State::Ok if member.elected == member.elected_before => {
            member.state = State::Idle;
            Some(Event::Idle)
        }
        State::Idle | State::Ok | State::Recover | State::Force | State::Busy | State::Probe => None,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    const NOW: Seconds = Seconds(1000);

    fn schedule(method: Method, intervals: u64) -> Schedule {
        Schedule { method, intervals, recover_time: Seconds(60), escalation: Seconds(30), now: NOW }
    }

    /// A member that was picked since the last maintenance.
    fn member(state: State, value: u64) -> MemberUpkeep {
        MemberUpkeep {
            state,
            activation: Activation::Active,
            value,
            elected: 5,
            elected_before: 4,
            first_error: None,
            last_error: None,
            reply_timeouts: 0,
        }
    }

    /// A member whose errors began and ended so many seconds ago.
    fn failed(state: State, first: u64, last: u64) -> MemberUpkeep {
        MemberUpkeep {
            first_error: Some(Seconds(NOW.0 - first)),
            last_error: Some(Seconds(NOW.0 - last)),
            ..member(state, 0)
        }
    }

    fn values(members: &[MemberUpkeep]) -> Vec<u64> {
        members.iter().map(|member| member.value).collect()
    }

    #[test]
    fn intervals_are_counted_whole() {
        for (last, now, maintain, count) in
            [(0, 119, 60, 1), (0, 120, 60, 2), (100, 60, 60, 0), (0, 60, 0, 0), (0, u64::MAX, 1, u64::MAX)]
        {
            assert_eq!(intervals(Seconds(last), Seconds(now), Seconds(maintain)), count);
        }
    }

    #[test]
    fn values_fade_by_method() {
        for (method, intervals, before, after) in [
            (Method::Request, 1, [10, 10, 10], [5, 5, 5]),
            (Method::Request, 2, [15, 15, 15], [3, 3, 3]),
            (Method::Request, 64, [10, 10, 10], [0, 0, 0]),
            (Method::Session, 65, [10, 10, 10], [0, 0, 0]),
            (Method::Traffic, 1, [40468, 2024, 1771], [20234, 1012, 885]),
            (Method::Busyness, 9, [12, 6, 2], [12, 6, 2]),
            (Method::Next, 1, [12, 9, 8], [4, 1, 0]),
            (Method::Next, 7, [12, 9, 8], [4, 1, 0]),
        ] {
            let mut members = before.map(|value| member(State::Ok, value));
            assert_eq!(maintain(&mut members, &schedule(method, intervals)), []);
            assert_eq!(values(&members), after, "{method:?} {intervals}");
        }
    }

    #[test]
    fn next_subtracts_the_smallest_value_of_the_usable_members() {
        for (third, expected) in [
            (member(State::Error, 2), [0, 0, 0]),
            (MemberUpkeep { activation: Activation::Disabled, ..member(State::Ok, 2) }, [0, 0, 0]),
            (member(State::Ok, 2), [8, 8, 0]),
        ] {
            let mut members = [
                member(State::Ok, 10),
                member(State::Ok, 10),
                MemberUpkeep { last_error: Some(NOW), ..third },
            ];
            let _events = maintain(&mut members, &schedule(Method::Next, 1));
            assert_eq!(values(&members), expected, "{third:?}");
        }
        let mut none_usable = [MemberUpkeep { activation: Activation::Stopped, ..member(State::Ok, 2) }];
        let _events = maintain(&mut none_usable, &schedule(Method::Next, 1));
        assert_eq!(values(&none_usable), [2]);
    }

    #[test]
    fn reply_timeouts_fade_under_every_method() {
        for method in [Method::Busyness, Method::Next, Method::Request, Method::Session, Method::Traffic] {
            for (intervals, after) in [(0, 9), (1, 4), (3, 1), (32, 0), (33, 0), (u64::MAX, 0)] {
                let mut members = [MemberUpkeep { reply_timeouts: 9, ..member(State::Ok, 0) }];
                let _events = maintain(&mut members, &schedule(method, intervals));
                assert_eq!(members[0].reply_timeouts, after, "{method:?} {intervals}");
            }
        }
    }

    #[test]
    fn states_move_at_their_time() {
        let idle = |state| MemberUpkeep { elected_before: 5, ..member(state, 0) };
        let will_fail =
            |seconds| MemberUpkeep { last_error: Some(Seconds(NOW.0 + seconds)), ..member(State::Error, 0) };
        for (before, after, event) in [
            (failed(State::Error, 60, 60), State::Error, None),
            (failed(State::Error, 61, 61), State::Recover, Some(Event::Recovering(0))),
            (failed(State::Error, 99, 60), State::Error, None),
            (member(State::Error, 0), State::Recover, Some(Event::Recovering(0))),
            (will_fail(1), State::Error, None),
            (will_fail(61), State::Recover, Some(Event::Recovering(0))),
            (failed(State::Ok, 29, 0), State::Ok, None),
            (failed(State::Ok, 30, 0), State::Error, Some(Event::Escalated(0))),
            (failed(State::Idle, 30, 0), State::Error, Some(Event::Escalated(0))),
            (failed(State::Busy, 30, 0), State::Error, Some(Event::Escalated(0))),
            (failed(State::Probe, 99, 99), State::Error, Some(Event::Escalated(0))),
            (failed(State::Force, 99, 99), State::Error, Some(Event::Escalated(0))),
            (failed(State::Force, 29, 29), State::Force, None),
            (failed(State::Recover, 99, 99), State::Recover, None),
            (member(State::Ok, 0), State::Ok, None),
            (idle(State::Ok), State::Idle, Some(Event::Idle(0))),
            (idle(State::Busy), State::Busy, None),
            (idle(State::Recover), State::Recover, None),
            (idle(State::Force), State::Force, None),
        ] {
            let mut members = [before, member(State::Ok, 0)];
            let events = maintain(&mut members, &schedule(Method::Request, 1));
            assert_eq!(members[0].state, after, "{before:?}");
            assert_eq!(events, Vec::from_iter(event), "{before:?}");
            assert_eq!(members[0].elected_before, 5);
        }
    }

    #[test]
    fn a_member_comes_back_with_the_largest_value_after_fading() {
        for (method, expected) in [(Method::Request, [7, 7, 6]), (Method::Busyness, [1, 14, 12])] {
            let back = MemberUpkeep { value: 1, reply_timeouts: 9, ..failed(State::Error, 61, 61) };
            let mut members = [back, member(State::Ok, 14), member(State::Ok, 12)];
            let events = maintain(&mut members, &schedule(method, 1));
            assert_eq!(events, [Event::Recovering(0)]);
            assert_eq!(values(&members), expected, "{method:?}");
            assert_eq!(members[0].reply_timeouts, 0);
        }
    }

    #[test]
    fn when_all_are_in_error_all_are_put_back_to_work() {
        let first = MemberUpkeep { value: 8, reply_timeouts: 9, ..failed(State::Error, 9, 9) };
        let mut members = [first, failed(State::Ok, 40, 0)];
        let events = maintain(&mut members, &schedule(Method::Request, 1));
        assert_eq!(events, [Event::Escalated(1), Event::Forced(0), Event::Forced(1)]);
        assert_eq!(members.map(|member| member.state), [State::Force, State::Force]);
        assert_eq!(members[0].reply_timeouts, 0);
        assert_eq!(values(&members), [4, 0]);
        for other in [State::Recover, State::Busy, State::Probe] {
            let mut members = [failed(State::Error, 9, 9), member(other, 0)];
            let _events = maintain(&mut members, &schedule(Method::Request, 1));
            assert_eq!(members[0].state, State::Error, "beside {other:?}");
        }
        assert_eq!(maintain(&mut [], &schedule(Method::Request, 1)), []);
    }

    #[test]
    fn an_answered_probe_ends_an_error_and_nothing_else() {
        for (method, value) in [(Method::Request, 9), (Method::Busyness, 1)] {
            let sick = MemberUpkeep { value: 1, reply_timeouts: 3, ..failed(State::Error, 2, 2) };
            let healed = MemberUpkeep { state: State::Recover, value, reply_timeouts: 0, ..sick };
            assert_eq!(sick.healed(method, 9), Some(healed), "{method:?}");
        }
        for state in [State::Idle, State::Ok, State::Recover, State::Force, State::Busy, State::Probe] {
            assert_eq!(member(state, 1).healed(Method::Request, 9), None, "{state:?}");
        }
    }
}
