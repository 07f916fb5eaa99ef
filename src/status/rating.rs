//! Which members of a balancer count as good, degraded or bad.

use super::report::{LbReport, MemberReport};
use crate::balance::{Activation, State};
use crate::config::worker_spec::StatusSpec;
use crate::text::Text;

/// How a member looks to the properties `good` and `bad` of a status worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rating {
    /// An entry of `good` fits, and none of `bad`.
    Good,
    /// No entry fits.
    Degraded,
    /// An entry of `bad` fits.
    Bad,
}

/// How many members have each rating.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratings {
    /// Good ones.
    pub good: u32,
    /// Degraded ones.
    pub degraded: u32,
    /// Bad ones.
    pub bad: u32,
}

/// Rates one member.
pub fn rate(spec: &StatusSpec, member: &MemberReport) -> Rating {
    let any = |entries: &[Text]| entries.iter().any(|entry| fits(entry, member));
    if any(&spec.bad) {
        Rating::Bad
    } else if any(&spec.good) {
        Rating::Good
    } else {
        Rating::Degraded
    }
}

/// Rates all members of a balancer.
pub fn count(spec: &StatusSpec, lb: &LbReport) -> Ratings {
    let mut ratings = Ratings::default();
    for member in &lb.members {
        *match rate(spec, member) {
            Rating::Good => &mut ratings.good,
            Rating::Degraded => &mut ratings.degraded,
            Rating::Bad => &mut ratings.bad,
        } += 1;
    }
    ratings
}

/// Whether all that the entry names is so.
fn fits(entry: &[u8], member: &MemberReport) -> bool {
    let mut letters = StatusSpec::letters(entry).peekable();
    letters.peek().is_some() && letters.all(|letter| has(member, letter))
}

fn has(member: &MemberReport, letter: u8) -> bool {
    match letter {
        b'a' => member.activation == Activation::Active,
        b'd' => member.activation == Activation::Disabled,
        b's' => member.activation == Activation::Stopped,
        b'o' => member.state == State::Ok,
        b'i' | b'n' => member.state == State::Idle,
        b'b' => member.state == State::Busy,
        b'r' => matches!(member.state, State::Recover | State::Force | State::Probe),
        b'e' => member.state == State::Error,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::Activation::{Active, Disabled, Stopped};

    fn spec(good: &str, bad: &str) -> StatusSpec {
        let list = |text: &str| text.split(',').map(|entry| entry.as_bytes().into()).collect();
        StatusSpec { good: list(good), bad: list(bad), ..crate::status::tests::sample::spec() }
    }

    fn counted(spec: &StatusSpec, members: &[(Activation, State)]) -> (u32, u32, u32) {
        let members = members.iter().map(|&(activation, state)| MemberReport {
            activation,
            state,
            ..MemberReport::default()
        });
        let Ratings { good, degraded, bad } =
            count(spec, &LbReport { members: members.collect(), ..LbReport::default() });
        (good, degraded, bad)
    }

    #[test]
    fn members_are_rated_as_mod_jk_rates_them() {
        let standard = spec("a.o,a.i,a.b,a.r", "e,s");
        for (spec, members, rated) in [
            (&standard, &[(Active, State::Ok), (Disabled, State::Ok), (Active, State::Error)][..], (1, 1, 1)),
            (&standard, &[(Stopped, State::Ok), (Active, State::Force), (Active, State::Busy)], (2, 0, 1)),
            (
                &standard,
                &[(Active, State::Probe), (Active, State::Recover), (Active, State::Idle)],
                (3, 0, 0),
            ),
            (
                &spec("a,d", "s"),
                &[(Active, State::Error), (Disabled, State::Ok), (Stopped, State::Ok)],
                (2, 0, 1),
            ),
            (
                &spec("a.o", "i"),
                &[(Active, State::Ok), (Active, State::Idle), (Active, State::Idle)],
                (1, 0, 2),
            ),
            (&spec("active.ok", "stopped"), &[(Active, State::Ok), (Stopped, State::Ok)], (1, 0, 1)),
            (&spec("x,a.x,a..o,a..,", "."), &[(Active, State::Ok)], (0, 1, 0)),
            (
                &spec("d.", ".s,..e"),
                &[(Disabled, State::Ok), (Stopped, State::Ok), (Active, State::Error)],
                (1, 0, 2),
            ),
            (
                &spec("a.o.n,a.i.", "s"),
                &[(Active, State::Ok), (Active, State::Idle), (Disabled, State::Ok)],
                (2, 1, 0),
            ),
        ] {
            assert_eq!(counted(spec, members), rated, "{spec:?}");
        }
    }
}
