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
}

/// A span in milliseconds: timeouts and pauses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u32);

/// Who tells the time.
pub trait Clock {
    /// Wall-clock seconds now.
    fn now(&self) -> Seconds;
}
