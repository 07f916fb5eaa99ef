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
        let more = |n: usize| n.saturating_mul(2).saturating_add(32);
        Self {
            ajp: more(self.ajp),
            members: more(self.members),
            lbs: more(self.lbs),
            children: more(self.children),
        }
    }
}
