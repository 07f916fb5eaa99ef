//! What the outcome of an attempt does: to the member for everybody, to the member for this request, to the request.

use super::cure::Cure;
use super::state::State;
use crate::time::Seconds;

/// How an attempt on a member ended, its own retries included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The backend's reply went to the client.
    Answered,
    /// The head of the request does not fit into a packet.
    TooLarge,
    /// The request body could not be read from the client.
    ClientRead,
    /// The reply could not be written to the client.
    ClientWrite,
    /// The module itself failed, for want of memory.
    Internal,
    /// The backend sent something that is not AJP.
    Malformed,
    /// The reply's status is a negative entry of `fail_on_status`.
    SoftStatus,
    /// The reply's status is a positive entry of `fail_on_status`.
    HardStatus,
    /// No packet came within `reply_timeout`.
    ReplyTimeout,
    /// No connection became free within `connection_acquire_timeout`.
    NoSlot,
    /// `busy_limit` is reached.
    BusyLimit,
    /// The request did not get through: no connection, no CPong, or sending failed.
    Unreachable,
    /// The backend ended the connection before or inside its reply.
    Lost,
    /// The backend, or somebody between, reset the connection before or inside the reply. mod_jk takes it for a reply
    /// timeout.
    Reset,
    /// `socket_timeout` passed before the reply was complete.
    Silent,
    /// The exchange went wrong in a way that allows no other attempt.
    Unrecoverable,
}

/// What is known when an attempt ends.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Now.
    pub now: Seconds,
    /// The member's shared state.
    pub shared: State,
    /// Whether the member is serving other requests, in any process.
    pub others_busy: bool,
    /// `error_escalation_time`: how long a member may fail some requests while it serves others.
    pub escalation: Seconds,
    /// When the member's present row of errors began.
    pub first_error: Option<Seconds>,
    /// The member's reply timeouts, this one included.
    pub reply_timeouts: u32,
    /// How many of them are forgiven.
    pub max_reply_timeouts: u32,
    /// What was to bring the member back if it is in error.
    pub cure: Cure,
    /// Whether a probe brought the member back, and no request has succeeded since.
    pub on_trial: bool,
}

/// What is to be done after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    /// The member's new shared state, `None` if it is to stay.
    pub shared: Option<State>,
    /// What this request notes about the member in its own picture, `None` for nothing.
    pub own: Option<State>,
    /// Whether it counts as an error of the member.
    pub counts_error: bool,
    /// Whether it counts as an error of the client; once per request (mod_jk counts an abort twice).
    pub client_error: bool,
    /// What becomes of the member's two error times.
    pub times: Times,
    /// What brings the member back if this was its failure; of no meaning where the times are kept or forgotten.
    pub cure: Cure,
    /// Whether another attempt may follow, provided the exchange can be repeated at all.
    pub go_on: bool,
    /// What the client gets if nothing follows.
    pub answer: Answer,
}

/// What becomes of the times of a member's first and last error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Both are forgotten.
    Clear,
    /// The last one is now; the first one too if there was none.
    Stamp,
    /// Both are now.
    Now,
    /// Both stay.
    Keep,
}

impl Times {
    /// The times of the first and last error after this.
    #[must_use]
    pub fn apply(
        self,
        first: Option<Seconds>,
        last: Option<Seconds>,
        now: Seconds,
    ) -> (Option<Seconds>, Option<Seconds>) {
        match self {
            Self::Clear => (None, None),
            Self::Stamp => (first.or(Some(now)), Some(now)),
            Self::Now => (Some(now), Some(now)),
            Self::Keep => (first, last),
        }
    }
}

/// The last word to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The backend's reply, already sent.
    Backend,
    /// An error page of this status.
    Status(u16),
    /// Nothing: the client's connection counts as aborted. The status is for the log.
    Aborted(u16),
}

/// Judges an attempt.
pub fn judge(outcome: Outcome, facts: &Facts) -> Verdict {
    let verdict = verdict(outcome, facts);
    // What only time can cure is not cured sooner because an older request failed in another way.
    let cure = if facts.shared == State::Error { verdict.cure.min(facts.cure) } else { verdict.cure };
    Verdict { cure, ..verdict }
}

fn verdict(outcome: Outcome, facts: &Facts) -> Verdict {
    match outcome {
        Outcome::Answered => Verdict { own: None, ..well(facts, Answer::Backend) },
        Outcome::TooLarge => client(facts, Answer::Status(413)),
        Outcome::ClientRead => client(facts, Answer::Aborted(400)),
        Outcome::ClientWrite => client(facts, Answer::Aborted(200)),
        Outcome::Internal => unclear(facts, 500),
        Outcome::Malformed => unclear(facts, 502),
        Outcome::SoftStatus => Verdict { go_on: true, ..well(facts, Answer::Status(503)) },
        Outcome::HardStatus => out_of_service(facts, 503),
        Outcome::ReplyTimeout if facts.reply_timeouts > facts.max_reply_timeouts => {
            out_of_service(facts, 504)
        }
        Outcome::ReplyTimeout => unclear(facts, 504),
        Outcome::NoSlot if facts.shared == State::Error => busy(None),
        Outcome::NoSlot | Outcome::BusyLimit => busy(change(facts, State::Busy)),
        Outcome::Unreachable => Verdict { cure: Cure::Pong, ..fault(facts, 503) },
        Outcome::Lost => lost(facts),
        Outcome::Reset => reset(facts),
        Outcome::Silent => fault(facts, 502),
        Outcome::Unrecoverable => Verdict { go_on: false, ..fault(facts, 500) },
    }
}

/// The member did its part, so whatever was held against it is forgotten: a slow old request that ends well even
/// ends an error.
fn well(facts: &Facts, answer: Answer) -> Verdict {
    Verdict {
        shared: change(facts, State::Ok),
        own: Some(State::Error),
        counts_error: false,
        client_error: false,
        times: Times::Clear,
        cure: Cure::Time,
        go_on: false,
        answer,
    }
}

/// The client's fault.
fn client(facts: &Facts, answer: Answer) -> Verdict {
    Verdict { client_error: true, ..well(facts, answer) }
}

/// Nothing to hold against the member, but this request has had enough of it.
fn unclear(facts: &Facts, status: u16) -> Verdict {
    Verdict {
        shared: change(facts, facts.shared.tried()),
        own: Some(State::Error),
        counts_error: false,
        client_error: false,
        times: Times::Keep,
        cure: Cure::Time,
        go_on: true,
        answer: Answer::Status(status),
    }
}

/// The member is out for everybody.
fn out_of_service(facts: &Facts, status: u16) -> Verdict {
    Verdict {
        shared: change(facts, State::Error),
        counts_error: true,
        times: Times::Now,
        ..unclear(facts, status)
    }
}

/// The attempt did not begin.
fn busy(shared: Option<State>) -> Verdict {
    Verdict {
        shared,
        own: Some(State::Busy),
        counts_error: false,
        client_error: false,
        times: Times::Keep,
        cure: Cure::Time,
        go_on: true,
        answer: Answer::Status(503),
    }
}

/// The member failed: for everybody if that is all we know of it, for this request alone while it serves others.
fn fault(facts: &Facts, status: u16) -> Verdict {
    let state = if escalates(facts) { State::Error } else { facts.shared.tried() };
    Verdict {
        shared: change(facts, state),
        counts_error: true,
        times: Times::Stamp,
        ..unclear(facts, status)
    }
}

/// The connection broke off, with a request on it. A probe that is answered may end such an error, but not twice in a
/// row: a Tomcat that answers probes and breaks off requests would be given one every second.
fn lost(facts: &Facts) -> Verdict {
    let cure = if facts.on_trial { Cure::Time } else { Cure::Pong };
    Verdict { cure, ..fault(facts, 502) }
}

/// Like any loss, except that one alone does not put the member out: the next request that picks it is a probe, and
/// others go elsewhere meanwhile. Whatever comes before a success is then judged as usual.
fn reset(facts: &Facts) -> Verdict {
    let verdict = lost(facts);
    if facts.first_error.is_none() && verdict.shared == Some(State::Error) {
        return Verdict { shared: change(facts, State::Recover), ..verdict };
    }
    verdict
}

/// Whether a fault is the whole member's.
fn escalates(facts: &Facts) -> bool {
    !facts.others_busy
        || facts.escalation == Seconds(0)
        || facts.first_error.is_some_and(|first| facts.now.since(first) >= facts.escalation)
}

/// A state to store, unless it stands there already.
fn change(facts: &Facts, state: State) -> Option<State> {
    (facts.shared != state).then_some(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Seconds = Seconds(1000);

    fn facts(shared: State) -> Facts {
        Facts {
            now: NOW,
            shared,
            others_busy: true,
            escalation: Seconds(30),
            first_error: None,
            reply_timeouts: 1,
            max_reply_timeouts: 3,
            cure: Cure::Pong,
            on_trial: false,
        }
    }

    const STATES: [State; 7] =
        [State::Idle, State::Ok, State::Recover, State::Force, State::Busy, State::Error, State::Probe];

    /// What happens to the shared state, for the tables below.
    #[derive(Clone, Copy, Debug)]
    enum Shared {
        /// It becomes this, whatever it was.
        Is(State),
        /// It becomes this, except that an error stays.
        ButError(State),
    }

    #[test]
    fn each_outcome_has_its_row() {
        use Outcome::*;
        use State::{Busy, Error, Ok};
        for (outcome, shared, own, counts_error, client_error, times, go_on, answer) in [
            (Answered, Shared::Is(Ok), None, false, false, Times::Clear, false, Answer::Backend),
            (TooLarge, Shared::Is(Ok), Some(Error), false, true, Times::Clear, false, Answer::Status(413)),
            (ClientRead, Shared::Is(Ok), Some(Error), false, true, Times::Clear, false, Answer::Aborted(400)),
            (
                ClientWrite,
                Shared::Is(Ok),
                Some(Error),
                false,
                true,
                Times::Clear,
                false,
                Answer::Aborted(200),
            ),
            (
                Internal,
                Shared::ButError(Ok),
                Some(Error),
                false,
                false,
                Times::Keep,
                true,
                Answer::Status(500),
            ),
            (
                Malformed,
                Shared::ButError(Ok),
                Some(Error),
                false,
                false,
                Times::Keep,
                true,
                Answer::Status(502),
            ),
            (SoftStatus, Shared::Is(Ok), Some(Error), false, false, Times::Clear, true, Answer::Status(503)),
            (HardStatus, Shared::Is(Error), Some(Error), true, false, Times::Now, true, Answer::Status(503)),
            (
                ReplyTimeout,
                Shared::ButError(Ok),
                Some(Error),
                false,
                false,
                Times::Keep,
                true,
                Answer::Status(504),
            ),
            (
                NoSlot,
                Shared::ButError(Busy),
                Some(Busy),
                false,
                false,
                Times::Keep,
                true,
                Answer::Status(503),
            ),
            (BusyLimit, Shared::Is(Busy), Some(Busy), false, false, Times::Keep, true, Answer::Status(503)),
            (
                Unreachable,
                Shared::ButError(Ok),
                Some(Error),
                true,
                false,
                Times::Stamp,
                true,
                Answer::Status(503),
            ),
            (Lost, Shared::ButError(Ok), Some(Error), true, false, Times::Stamp, true, Answer::Status(502)),
            (Reset, Shared::ButError(Ok), Some(Error), true, false, Times::Stamp, true, Answer::Status(502)),
            (Silent, Shared::ButError(Ok), Some(Error), true, false, Times::Stamp, true, Answer::Status(502)),
            (
                Unrecoverable,
                Shared::ButError(Ok),
                Some(Error),
                true,
                false,
                Times::Stamp,
                false,
                Answer::Status(500),
            ),
        ] {
            for before in STATES {
                let verdict = judge(outcome, &facts(before));
                let after = match shared {
                    Shared::Is(state) => state,
                    Shared::ButError(_) if before == Error => Error,
                    Shared::ButError(state) => state,
                };
                let shared = (before != after).then_some(after);
                let cure =
                    if matches!(outcome, Unreachable | Lost | Reset) { Cure::Pong } else { Cure::Time };
                let expected =
                    Verdict { shared, own, counts_error, client_error, times, cure, go_on, answer };
                assert_eq!(verdict, expected, "{outcome:?} {before:?}");
            }
        }
    }

    #[test]
    fn reply_timeouts_beyond_the_limit_put_a_member_out() {
        for (count, limit, out) in [(1, 0, true), (1, 3, false), (3, 3, false), (4, 3, true), (0, 0, false)] {
            let facts = Facts { reply_timeouts: count, max_reply_timeouts: limit, ..facts(State::Ok) };
            let verdict = judge(Outcome::ReplyTimeout, &facts);
            assert_eq!(verdict.shared, out.then_some(State::Error), "{count} of {limit}");
            assert_eq!(verdict.counts_error, out);
            assert_eq!(verdict.times, if out { Times::Now } else { Times::Keep });
            assert_eq!((verdict.go_on, verdict.answer), (true, Answer::Status(504)));
        }
    }

    #[test]
    fn a_fault_is_the_whole_members_if_it_serves_nobody_else_or_has_failed_for_long() {
        for (others_busy, escalation, first_error, global) in [
            (false, 30, None, true),
            (true, 30, None, false),
            (true, 0, None, true),
            (true, 30, Some(1000), false),
            (true, 30, Some(971), false),
            (true, 30, Some(970), true),
            (true, 30, Some(0), true),
            (true, 30, Some(1001), false), // the clock was set back
        ] {
            for outcome in [Outcome::Unreachable, Outcome::Lost, Outcome::Silent, Outcome::Unrecoverable] {
                let facts = Facts {
                    others_busy,
                    escalation: Seconds(escalation),
                    first_error: first_error.map(Seconds),
                    ..facts(State::Ok)
                };
                let verdict = judge(outcome, &facts);
                assert_eq!(verdict.shared, global.then_some(State::Error), "{facts:?}");
                assert_eq!((verdict.own, verdict.counts_error), (Some(State::Error), true));
                assert_eq!(verdict.times, Times::Stamp);
            }
        }
    }

    #[test]
    fn one_failure_per_second_beside_a_slow_request_escalates_after_half_the_recovery_time() {
        let mut first = None;
        let mut last = None;
        for (second, shared) in [(0, None), (1, None), (2, None), (3, None), (4, Some(State::Error))] {
            let facts = Facts {
                now: Seconds(1000 + second),
                escalation: Seconds(4),
                first_error: first,
                ..facts(State::Ok)
            };
            let verdict = judge(Outcome::Unreachable, &facts);
            (first, last) = verdict.times.apply(first, last, facts.now);
            assert_eq!(verdict.shared, shared, "second {second}");
            assert_eq!((first, last), (Some(Seconds(1000)), Some(facts.now)));
        }
        let verdict = judge(Outcome::Answered, &Facts { first_error: first, ..facts(State::Error) });
        assert_eq!(verdict.shared, Some(State::Ok));
        assert_eq!(verdict.times.apply(first, last, NOW), (None, None));
    }

    #[test]
    fn a_single_reset_makes_the_next_request_a_probe_and_the_second_puts_the_member_out() {
        let alone = Facts { others_busy: false, ..facts(State::Ok) };
        for (first_error, escalation, shared) in
            [(None, 30, State::Recover), (None, 0, State::Recover), (Some(999), 30, State::Error)]
        {
            let facts = Facts {
                first_error: Option::map(first_error, Seconds),
                escalation: Seconds(escalation),
                ..alone
            };
            let verdict = judge(Outcome::Reset, &facts);
            assert_eq!(verdict.shared, Some(shared), "{facts:?}");
            assert_eq!((verdict.answer, verdict.times), (Answer::Status(502), Times::Stamp));
        }
    }

    #[test]
    fn a_probe_cures_what_it_can_judge() {
        use Outcome::*;
        for (outcome, shared, before, on_trial, cure) in [
            (Unreachable, State::Ok, Cure::Time, false, Cure::Pong),
            (Unreachable, State::Probe, Cure::Pong, true, Cure::Pong),
            (Lost, State::Ok, Cure::Time, false, Cure::Pong),
            (Reset, State::Ok, Cure::Time, false, Cure::Pong),
            // it answered a probe, and broke off the request after it
            (Lost, State::Probe, Cure::Pong, true, Cure::Time),
            (Reset, State::Probe, Cure::Pong, true, Cure::Time),
            // it answers, but not as it should
            (HardStatus, State::Ok, Cure::Pong, false, Cure::Time),
            (ReplyTimeout, State::Ok, Cure::Pong, false, Cure::Time),
            (Silent, State::Ok, Cure::Pong, false, Cure::Time),
            (Unrecoverable, State::Ok, Cure::Pong, false, Cure::Time),
            // an older request that fails in another way ends no sentence, and may lengthen it
            (Unreachable, State::Error, Cure::Time, false, Cure::Time),
            (Lost, State::Error, Cure::Time, false, Cure::Time),
            (Lost, State::Error, Cure::Pong, false, Cure::Pong),
            (HardStatus, State::Error, Cure::Pong, false, Cure::Time),
        ] {
            let facts = Facts { cure: before, on_trial, reply_timeouts: 9, ..facts(shared) };
            assert_eq!(judge(outcome, &facts).cure, cure, "{outcome:?} {facts:?}");
        }
    }

    #[test]
    fn error_times_follow_the_verdict() {
        let (old, older) = (Some(Seconds(5)), Some(Seconds(3)));
        for (times, first, last, after) in [
            (Times::Clear, older, old, (None, None)),
            (Times::Stamp, None, None, (Some(NOW), Some(NOW))),
            (Times::Stamp, older, old, (older, Some(NOW))),
            (Times::Now, older, old, (Some(NOW), Some(NOW))),
            (Times::Keep, older, old, (older, old)),
        ] {
            assert_eq!(times.apply(first, last, NOW), after, "{times:?}");
        }
    }
}
