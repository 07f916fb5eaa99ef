//! What a member is allowed to do (activation, set by people) and how it is doing (state, found out at run time).

/// Whether an administrator lets a member work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Activation {
    /// Gets every kind of request.
    #[default]
    Active = 0,
    /// Gets only requests of its sessions, and those of members that name it as their redirect.
    Disabled = 1,
    /// Gets nothing.
    Stopped = 2,
}

impl Activation {
    /// Reads a word by its first character, letter in any case or digit; like mod_jk, takes any other for `Active`.
    pub fn parse(word: &[u8]) -> Self {
        Self::known(word).unwrap_or_default()
    }

    /// Reads a word as [`parse`](Self::parse) does, `None` if it names no activation.
    pub fn known(word: &[u8]) -> Option<Self> {
        match word.first()? {
            b'a' | b'A' | b'0' => Some(Self::Active),
            b'd' | b'D' | b'1' => Some(Self::Disabled),
            b's' | b'S' | b'2' => Some(Self::Stopped),
            _ => None,
        }
    }

    /// From its number in shared memory; `Active` for a number that none has.
    pub const fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Disabled,
            2 => Self::Stopped,
            _ => Self::Active,
        }
    }

    /// Its number in shared memory.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The short text of status reports, notes and the request attribute `JK_LB_ACTIVATION`.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Active => "ACT",
            Self::Disabled => "DIS",
            Self::Stopped => "STP",
        }
    }

    /// The word an administrator writes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Disabled => "Disabled",
            Self::Stopped => "Stopped",
        }
    }
}

/// How a member of an lb is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// No request since the last maintenance; where everything starts.
    #[default]
    Idle = 0,
    /// The last attempt left it in peace.
    Ok = 1,
    /// Was in error; the next request that picks it is the probe.
    Recover = 2,
    /// Was in error; put back to work because nobody else could.
    Force = 3,
    /// No free connection, or its `busy_limit` is reached.
    Busy = 4,
    /// Gets nothing until it recovers.
    Error = 5,
    /// A request is trying it right now.
    Probe = 6,
}

impl State {
    /// Reads a state by its first character, letter in any case or digit; like mod_jk, takes any other for `Idle`.
    pub fn parse(word: &[u8]) -> Self {
        Self::known(word).unwrap_or_default()
    }

    /// Reads a state as [`parse`](Self::parse) does, `None` if the word names none.
    pub fn known(word: &[u8]) -> Option<Self> {
        match word.first()? {
            b'i' | b'I' | b'n' | b'N' | b'0' => Some(Self::Idle),
            b'o' | b'O' | b'1' => Some(Self::Ok),
            b'r' | b'R' | b'2' => Some(Self::Recover),
            b'f' | b'F' | b'3' => Some(Self::Force),
            b'b' | b'B' | b'4' => Some(Self::Busy),
            b'e' | b'E' | b'5' => Some(Self::Error),
            b'p' | b'P' | b'6' => Some(Self::Probe),
            _ => None,
        }
    }

    /// From its number in shared memory; `Idle` for a number that none has.
    pub const fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Ok,
            2 => Self::Recover,
            3 => Self::Force,
            4 => Self::Busy,
            5 => Self::Error,
            6 => Self::Probe,
            _ => Self::Idle,
        }
    }

    /// Its number in shared memory and in status reports.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The text of status reports and notes.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Idle => "OK/IDLE",
            Self::Ok => "OK",
            Self::Recover => "ERR/REC",
            Self::Force => "ERR/FRC",
            Self::Busy => "OK/BUSY",
            Self::Error => "ERR",
            Self::Probe => "ERR/PRB",
        }
    }

    /// Whether a request may pick the member, as far as its state goes.
    pub const fn usable(self) -> bool {
        match self {
            Self::Idle | Self::Ok | Self::Recover | Self::Force => true,
            Self::Busy | Self::Error | Self::Probe => false,
        }
    }

    /// The shared state once a request has picked the member: a recovering one is now being probed.
    #[must_use]
    pub const fn picked(self) -> Self {
        match self {
            Self::Recover => Self::Probe,
            Self::Idle | Self::Ok | Self::Force | Self::Busy | Self::Error | Self::Probe => self,
        }
    }

    /// The shared state after an attempt that says neither good nor bad: only an error stays.
    #[must_use]
    pub const fn tried(self) -> Self {
        match self {
            Self::Error => Self::Error,
            Self::Idle | Self::Ok | Self::Recover | Self::Force | Self::Busy | Self::Probe => Self::Ok,
        }
    }

    /// The shared state as a new request finds it. A busy member is well again once it serves fewer requests (over
    /// all processes) than its `busy_limit`, 0 being none, and this process has a free connection for it.
    #[must_use]
    pub const fn refreshed(self, busy: u32, busy_limit: u32, free_connection: bool) -> Self {
        match self {
            Self::Busy if free_connection && (busy_limit == 0 || busy < busy_limit) => Self::Ok,
            Self::Idle | Self::Ok | Self::Recover | Self::Force | Self::Busy | Self::Error | Self::Probe => {
                self
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 7] =
        [State::Idle, State::Ok, State::Recover, State::Force, State::Busy, State::Error, State::Probe];

    #[test]
    fn an_activation_is_read_by_its_first_character() {
        for (word, activation) in [
            (&b"Active"[..], Some(Activation::Active)),
            (b"dis", Some(Activation::Disabled)),
            (b"D", Some(Activation::Disabled)),
            (b"1", Some(Activation::Disabled)),
            (b"stopped", Some(Activation::Stopped)),
            (b"2x", Some(Activation::Stopped)),
            (b"", None),
            (b"x", None),
            (b" d", None),
        ] {
            assert_eq!(Activation::known(word), activation, "{}", word.escape_ascii());
            assert_eq!(Activation::parse(word), activation.unwrap_or(Activation::Active));
        }
    }

    #[test]
    fn a_state_is_read_by_its_first_character() {
        for (word, state) in [
            (&b"idle"[..], Some(State::Idle)),
            (b"N/A", Some(State::Idle)),
            (b"ok", Some(State::Ok)),
            (b"R", Some(State::Recover)),
            (b"frc", Some(State::Force)),
            (b"busy", Some(State::Busy)),
            (b"E", Some(State::Error)),
            (b"prb", Some(State::Probe)),
            (b"", None),
            (b"7", None),
        ] {
            assert_eq!(State::known(word), state, "{}", word.escape_ascii());
            assert_eq!(State::parse(word), state.unwrap_or(State::Idle));
        }
    }

    #[test]
    fn codes_lead_back_and_unknown_ones_to_the_default() {
        for state in STATES {
            assert_eq!(State::from_code(state.code()), state);
            assert_eq!(State::parse(state.code().to_string().as_bytes()), state);
        }
        assert_eq!(State::from_code(7), State::Idle);
        for activation in [Activation::Active, Activation::Disabled, Activation::Stopped] {
            assert_eq!(Activation::from_code(activation.code()), activation);
            assert_eq!(Activation::parse(activation.name().as_bytes()), activation);
            assert_eq!(Activation::parse(activation.short().as_bytes()), activation);
        }
        assert_eq!(Activation::from_code(u32::MAX), Activation::Active);
    }

    #[test]
    fn states_move_as_requests_come_and_go() {
        for (state, label, usable, picked, tried) in [
            (State::Idle, "OK/IDLE", true, State::Idle, State::Ok),
            (State::Ok, "OK", true, State::Ok, State::Ok),
            (State::Recover, "ERR/REC", true, State::Probe, State::Ok),
            (State::Force, "ERR/FRC", true, State::Force, State::Ok),
            (State::Busy, "OK/BUSY", false, State::Busy, State::Ok),
            (State::Error, "ERR", false, State::Error, State::Error),
            (State::Probe, "ERR/PRB", false, State::Probe, State::Ok),
        ] {
            assert_eq!(
                (state.label(), state.usable(), state.picked(), state.tried()),
                (label, usable, picked, tried)
            );
        }
    }

    #[test]
    fn a_busy_member_is_well_again_below_its_limit_with_a_free_connection() {
        for (busy, limit, free, state) in [
            (9, 0, true, State::Ok),
            (9, 0, false, State::Busy),
            (2, 3, true, State::Ok),
            (3, 3, true, State::Busy),
            (2, 3, false, State::Busy),
        ] {
            assert_eq!(State::Busy.refreshed(busy, limit, free), state, "{busy} {limit} {free}");
        }
        assert_eq!(State::Error.refreshed(0, 0, true), State::Error);
    }
}
