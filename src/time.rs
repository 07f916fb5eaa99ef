//! Time as the pure rooms see it: handed in, never read.
#![forbid(unsafe_code)]

/// Whole seconds of wall-clock time since 1970, or a number of them. mod_jk measures recovery, idle times and
/// maintenance in whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub u64);

impl Seconds {
    /// How long it is since `earlier`; zero if the clock was set back.
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// Whether what was done at `last` is to be done again now, `interval` later. Who read the clock a moment before the
    /// one who did it has to wait, but a clock that was set back puts nothing off.
    pub const fn is_due(self, last: Self, interval: Self) -> bool {
        self.since(last).0 >= interval.0 || last.since(self).0 > interval.0
    }
}

/// A span in milliseconds: timeouts and pauses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u32);

/// Who tells the time.
pub trait Clock {
    /// Wall-clock seconds now.
    fn now(&self) -> Seconds;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_due_again_after_the_interval() {
        for (now, interval, due) in [
            (1000, 60, false),
            (1059, 60, false),
            (1060, 60, true),
            (999, 60, false),
            (999, 1, false),
            (939, 60, true),
            (0, 60, true),
            (1000, 0, true),
        ] {
            assert_eq!(Seconds(now).is_due(Seconds(1000), Seconds(interval)), due, "{now} {interval}");
        }
    }
}
