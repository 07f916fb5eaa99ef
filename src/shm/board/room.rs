//! How large a board is.

/// How many records of each kind a board has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// AJP workers.
    pub ajp: usize,
    /// Members of balancers.
    pub members: usize,
    /// Balancers.
    pub lbs: usize,
    /// Child processes that may live at once, old generations included.
    pub children: usize,
}

impl Room {
    /// Twice as much, and some: so that a configuration may grow at restarts before the board has to.
    #[must_use]
    pub fn doubled(self) -> Self {
        self.with(self, |n, _| n.saturating_mul(2).saturating_add(32))
    }

    /// Room for both.
    pub(super) fn and(self, other: Self) -> Self {
        self.with(other, usize::saturating_add)
    }

    /// Room for either, whichever it will be.
    pub(super) fn or(self, other: Self) -> Self {
        self.with(other, usize::max)
    }

    /// Whether there is room for `need`.
    pub(super) fn has(self, need: Self) -> bool {
        self.or(need) == self
    }

    fn with(self, other: Self, how: fn(usize, usize) -> usize) -> Self {
        Self {
            ajp: how(self.ajp, other.ajp),
            members: how(self.members, other.members),
            lbs: how(self.lbs, other.lbs),
            children: how(self.children, other.children),
        }
    }
}
