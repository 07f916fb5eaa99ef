//! How often one request may try: rounds over the members, with a pause between them.

/// What a request does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Pick a member and try it.
    Attempt,
    /// Sleep for `retry_interval`, look at the configuration and all states afresh, then ask again.
    Pause,
    /// Give up; the status of the last thing tried is the answer.
    Stop,
}

/// The retry budget of one request. Spent by asking for the next step; ask no more once an attempt has
/// answered or cannot be repeated.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    per_round: u32,
    rounds_left: u32,
    attempts: u32,
    forced: bool,
}

impl Rounds {
    /// For an lb with so many `members`: each of the `retries` rounds has `lb_retries` attempts, but no more than there are
    /// members. Both count as 1 if less.
    pub fn new(members: usize, lb_retries: u32, retries: u32) -> Self {
        let members = u32::try_from(members).unwrap_or(u32::MAX);
        Self {
            per_round: lb_retries.min(members).max(1),
            rounds_left: retries.max(1),
            attempts: 0,
            forced: false,
        }
    }

    /// Takes the next step.
    pub fn step(&mut self) -> Step {
        if self.attempts < self.per_round {
            self.attempts += 1;
            return Step::Attempt;
        }
        self.rounds_left = self.rounds_left.saturating_sub(1);
        if self.rounds_left == 0 {
            return Step::Stop;
        }
        self.attempts = 0;
        Step::Pause
    }

    /// Asked when an attempt finds no member: true once per request. The members in error are then to be put back to
    /// work, for all processes; if there were any, [`give_back`](Self::give_back).
    #[must_use]
    pub const fn may_force(&mut self) -> bool {
        !core::mem::replace(&mut self.forced, true)
    }

    /// The last attempt does not count.
    pub const fn give_back(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps as letters, and where an attempt is given back as `f`.
    fn steps(mut rounds: Rounds, force_at: Option<usize>) -> String {
        let mut text = String::new();
        loop {
            match rounds.step() {
                Step::Attempt if Some(text.len()) == force_at => {
                    assert!(rounds.may_force());
                    rounds.give_back();
                    text.push('f');
                }
                Step::Attempt => text.push('a'),
                Step::Pause => text.push('|'),
                Step::Stop => return text,
            }
        }
    }

    #[test]
    fn attempts_come_in_rounds_no_larger_than_the_lb() {
        for (members, lb_retries, retries, expected) in [
            (3, 2, 2, "aa|aa"),
            (3, 10, 2, "aaa|aaa"),
            (3, 2, 1, "aa"),
            (3, 1, 3, "a|a|a"),
            (1, 2, 2, "a|a"),
            (3, 0, 0, "a"),
            (0, 2, 2, "a|a"),
        ] {
            assert_eq!(steps(Rounds::new(members, lb_retries, retries), None), expected);
        }
    }

    #[test]
    fn a_forced_recovery_is_not_counted() {
        for (at, expected) in [(0, "faa|aa"), (1, "afa|aa"), (4, "aa|afa")] {
            assert_eq!(steps(Rounds::new(3, 2, 2), Some(at)), expected);
        }
    }

    #[test]
    fn forcing_is_allowed_once() {
        let mut rounds = Rounds::new(3, 2, 2);
        assert!(rounds.may_force());
        assert!(!rounds.may_force());
        rounds.give_back();
        assert_eq!(rounds.step(), Step::Attempt);
    }

    #[test]
    fn the_largest_settings_do_not_overflow() {
        let mut rounds = Rounds::new(usize::MAX, u32::MAX, u32::MAX);
        assert_eq!(rounds.step(), Step::Attempt);
        rounds.attempts = u32::MAX;
        assert_eq!(rounds.step(), Step::Pause);
    }
}
