//! How members are compared, and the arithmetic of their values.
//!
//! Each member has a *value* that all processes share; a value pick takes the member with the lowest. What raises
//! it is the method's choice, by how much is the member's *multiplier*: the smaller its `lbfactor`, the larger.
//! All sums saturate: a value that cannot grow any more is a bad one, a wrapped one would draw all requests.

/// How a balancer compares its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// By requests under way.
    Busyness,
    /// By new sessions, levelled by the smallest count at each maintenance.
    Next,
    /// By requests.
    #[default]
    Request,
    /// By new sessions.
    Session,
    /// By bytes.
    Traffic,
}

impl Method {
    /// mod_jk looks at the first character only and takes anything unknown for `Request`.
    pub fn parse(word: &[u8]) -> Self {
        Self::known(word).unwrap_or_default()
    }

    /// Reads a word as [`parse`](Self::parse) does, `None` if it names no method.
    pub fn known(word: &[u8]) -> Option<Self> {
        match word.first()? {
            b'r' | b'R' | b'0' => Some(Self::Request),
            b't' | b'T' | b'1' => Some(Self::Traffic),
            b'b' | b'B' | b'2' => Some(Self::Busyness),
            b's' | b'S' | b'3' => Some(Self::Session),
            b'n' | b'N' | b'4' => Some(Self::Next),
            _ => None,
        }
    }

    /// From its number in shared memory; `Request` for a number that none has.
    pub const fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Traffic,
            2 => Self::Busyness,
            3 => Self::Session,
            4 => Self::Next,
            _ => Self::Request,
        }
    }

    /// Its number, as configuration and the status worker know it.
    pub const fn code(self) -> u32 {
        match self {
            Self::Request => 0,
            Self::Traffic => 1,
            Self::Busyness => 2,
            Self::Session => 3,
            Self::Next => 4,
        }
    }

    /// The word in status reports.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Busyness => "Busyness",
            Self::Next => "Next",
            Self::Request => "Request",
            Self::Session => "Sessions",
            Self::Traffic => "Traffic",
        }
    }

    /// What is added to the member's value when an attempt gets its connection. `mult` is the member's multiplier.
    /// Failed and sticky attempts count too; `stateless` hides a request from the methods that count sessions.
    pub const fn on_start(self, mult: u64, has_session: bool, stateless: bool) -> u64 {
        match self {
            Self::Request | Self::Busyness => mult,
            Self::Session | Self::Next => {
                if has_session || stateless {
                    0
                } else {
                    mult
                }
            }
            Self::Traffic => 0,
        }
    }

    /// What becomes of the member's value when an attempt ends; `bytes` were read and sent for it.
    pub const fn on_end(self, mult: u64, bytes: u64) -> Change {
        match self {
            Self::Traffic => Change::Add(bytes.saturating_mul(mult)),
            Self::Busyness => Change::Sub(mult),
            Self::Request | Self::Session | Self::Next => Change::None,
        }
    }

    /// The value after a maintenance that comes `intervals` whole intervals after the last one. `least` is the smallest
    /// value among the usable members. However long the server was idle, old values fade (mod_jk shifts by
    /// `intervals` unchecked and keeps all after 64 of them).
    #[must_use]
    pub fn decay(self, value: u64, intervals: u64, least: u64) -> u64 {
        match self {
            Self::Request | Self::Session | Self::Traffic => faded(value, intervals),
            Self::Next => value.saturating_sub(least),
            Self::Busyness => value,
        }
    }

    /// The value with which a member comes back from an error: the largest of its lb, so that it is neither flooded nor
    /// starved. Open requests are what they are, so `Busyness` keeps its own.
    #[must_use]
    pub const fn on_recovery(self, value: u64, largest: u64) -> u64 {
        match self {
            Self::Request | Self::Session | Self::Traffic | Self::Next => largest,
            Self::Busyness => value,
        }
    }
}

/// `value` halved once for each interval, 0 when there were more of them than bits.
fn faded(value: u64, intervals: u64) -> u64 {
    u32::try_from(intervals).ok().and_then(|bits| value.checked_shr(bits)).unwrap_or(0)
}

/// What is to be done to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Change {
    /// Raise it, at most to the end of `u64`.
    Add(u64),
    /// Lower it, at least to 0.
    Sub(u64),
    /// Leave it.
    None,
}

impl Change {
    /// The changed value.
    pub const fn apply(self, value: u64) -> u64 {
        match self {
            Self::Add(more) => value.saturating_add(more),
            Self::Sub(less) => value.saturating_sub(less),
            Self::None => value,
        }
    }
}

/// How strictly processes agree on values while one of them picks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lock {
    /// Picks of one process exclude one another.
    #[default]
    Optimistic,
    /// Picks of all processes do.
    Pessimistic,
}

impl Lock {
    /// mod_jk looks at the first character only and takes anything unknown for `Optimistic`.
    pub fn parse(word: &[u8]) -> Self {
        Self::known(word).unwrap_or_default()
    }

    /// Reads a word as [`parse`](Self::parse) does, `None` if it names no lock.
    pub fn known(word: &[u8]) -> Option<Self> {
        match word.first()? {
            b'o' | b'O' | b'0' => Some(Self::Optimistic),
            b'p' | b'P' | b'1' => Some(Self::Pessimistic),
            _ => None,
        }
    }

    /// From its number in shared memory; `Optimistic` for a number that none has.
    pub const fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Pessimistic,
            _ => Self::Optimistic,
        }
    }

    /// Its number, as configuration and the status worker know it.
    pub const fn code(self) -> u32 {
        match self {
            Self::Optimistic => 0,
            Self::Pessimistic => 1,
        }
    }

    /// The word in status reports.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Optimistic => "Optimistic",
            Self::Pessimistic => "Pessimistic",
        }
    }
}

/// The multipliers of members with these `lbfactor`s (0 counts as 1): their least common multiple over each factor.
///
/// mod_jk lets that multiple wrap. Here the largest multiplier is kept at 2^32, so that values have room for 2^32
/// requests between two maintenances: factors that would need more are put in proportion instead, rounded to
/// whole numbers.
pub fn multipliers(factors: &[u32]) -> Vec<u64> {
    let weights = || factors.iter().map(|&factor| u64::from(factor.max(1)));
    let least = weights().min().unwrap_or(1);
    match common_multiple(weights()).filter(|multiple| multiple / u128::from(least) <= LARGEST) {
        Some(multiple) => weights().map(|weight| quotient(multiple, weight)).collect(),
        None => {
            let scale = LARGEST * u128::from(least);
            weights().map(|weight| quotient(scale + u128::from(weight / 2), weight)).collect()
        }
    }
}

/// `None` if no multiplier could come out below [`LARGEST`].
fn common_multiple(mut weights: impl Iterator<Item = u64>) -> Option<u128> {
    weights.try_fold(1u128, |multiple, weight| {
        let weight = u128::from(weight);
        let larger = multiple / gcd(multiple, weight) * weight;
        (larger <= LARGEST * u128::from(u32::MAX)).then_some(larger)
    })
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

fn quotient(of: u128, by: u64) -> u64 {
    u64::try_from(of / u128::from(by.max(1))).unwrap_or(u64::MAX)
}

const LARGEST: u128 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [Method; 5] =
        [Method::Busyness, Method::Next, Method::Request, Method::Session, Method::Traffic];

    #[test]
    fn a_method_is_read_by_its_first_character() {
        for (word, method) in [
            (&b"Request"[..], Some(Method::Request)),
            (b"t", Some(Method::Traffic)),
            (b"BUSY", Some(Method::Busyness)),
            (b"sessions", Some(Method::Session)),
            (b"Next", Some(Method::Next)),
            (b"", None),
            (b"5", None),
            (b"quick", None),
        ] {
            assert_eq!(Method::known(word), method, "{}", word.escape_ascii());
            assert_eq!(Method::parse(word), method.unwrap_or(Method::Request));
        }
        for method in METHODS {
            assert_eq!(Method::from_code(method.code()), method);
            assert_eq!(Method::parse(method.label().as_bytes()), method);
            assert_eq!(Method::parse(method.code().to_string().as_bytes()), method);
        }
        assert_eq!(Method::from_code(5), Method::Request);
    }

    #[test]
    fn a_lock_is_read_by_its_first_character() {
        for (word, lock) in [
            (&b"o"[..], Some(Lock::Optimistic)),
            (b"Pessimistic", Some(Lock::Pessimistic)),
            (b"1", Some(Lock::Pessimistic)),
            (b"", None),
            (b"x", None),
        ] {
            assert_eq!(Lock::known(word), lock);
            assert_eq!(Lock::parse(word), lock.unwrap_or(Lock::Optimistic));
        }
        for lock in [Lock::Optimistic, Lock::Pessimistic] {
            assert_eq!(Lock::from_code(lock.code()), lock);
            assert_eq!(Lock::parse(lock.label().as_bytes()), lock);
        }
    }

    #[test]
    fn multipliers_are_the_least_common_multiple_over_the_factor() {
        for (factors, mults) in [
            (&[1, 2, 3][..], &[6u64, 3, 2][..]),
            (&[1, 1, 2], &[2, 2, 1]),
            (&[2, 3, 4, 5, 6], &[30, 20, 15, 12, 10]),
            (&[7], &[1]),
            (&[0, 2], &[2, 1]),
            (&[], &[]),
            (&[4_000_000_000, 4_000_000_000], &[1, 1]),
        ] {
            assert_eq!(multipliers(factors), mults, "{factors:?}");
        }
    }

    #[test]
    fn factors_without_a_small_common_multiple_keep_their_proportion() {
        let primes = [1_999_999_943, 1_999_999_973, 2_147_483_647, 4_294_967_291, 1_000_003];
        for factors in [&primes[..], &[1, u32::MAX, u32::MAX - 1], &(1..=300).collect::<Vec<_>>()] {
            let mults = multipliers(factors);
            let largest = mults.iter().copied().max().unwrap_or(0);
            let least = factors.iter().copied().min().unwrap_or(0);
            assert!(largest <= 1 << 32, "{largest}");
            for (&factor, &mult) in factors.iter().zip(&mults) {
                let exact = largest * u64::from(least) / u64::from(factor);
                assert!(mult >= 1, "{factor}");
                assert!(mult.abs_diff(exact) <= 1, "{factor}: {mult} {exact}");
            }
        }
    }

    #[test]
    fn each_method_moves_values_at_its_own_time() {
        // method; start without session, with one, stateless; end with 100 bytes; all with multiplier 3
        for (method, fresh, known, stateless, end) in [
            (Method::Request, 3, 3, 3, Change::None),
            (Method::Session, 3, 0, 0, Change::None),
            (Method::Next, 3, 0, 0, Change::None),
            (Method::Traffic, 0, 0, 0, Change::Add(300)),
            (Method::Busyness, 3, 3, 3, Change::Sub(3)),
        ] {
            assert_eq!(method.on_start(3, false, false), fresh, "{method:?}");
            assert_eq!(method.on_start(3, true, false), known, "{method:?}");
            assert_eq!(method.on_start(3, false, true), stateless, "{method:?}");
            assert_eq!(method.on_end(3, 100), end, "{method:?}");
        }
    }

    #[test]
    fn changes_stop_at_both_ends() {
        assert_eq!(Change::Add(2).apply(u64::MAX - 1), u64::MAX);
        assert_eq!(Change::Sub(2).apply(1), 0);
        assert_eq!(Change::None.apply(7), 7);
        assert_eq!(Method::Traffic.on_end(u64::MAX, 2), Change::Add(u64::MAX));
    }

    #[test]
    fn values_fade_however_long_the_server_slept() {
        for (method, value, intervals, least, after) in [
            (Method::Request, 10, 1, 0, 5),
            (Method::Request, 15, 2, 0, 3),
            (Method::Session, 15, 2, 0, 3),
            (Method::Traffic, u64::MAX, 63, 0, 1),
            (Method::Traffic, u64::MAX, 64, 0, 0),
            (Method::Request, u64::MAX, 65, 0, 0),
            (Method::Request, u64::MAX, u64::MAX, 0, 0),
            (Method::Request, 10, 0, 0, 10),
            (Method::Busyness, 10, 5, 3, 10),
            (Method::Next, 12, 1, 8, 4),
            (Method::Next, 2, 1, 10, 0),
        ] {
            assert_eq!(method.decay(value, intervals, least), after, "{method:?} {value} {intervals}");
        }
    }
}
