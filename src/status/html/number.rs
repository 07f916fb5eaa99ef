//! Numbers, spans and times as people read them. No line breaks between a number and its unit.

use core::fmt;

use super::writer::{Escape, Show};
use crate::status::report::{LATENCY_BOUNDS, Latency};
use crate::status::times::Span;

/// A count, with a comma after each three digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count(pub(super) u64);

/// A number of bytes: `565 B`, `1.2 KB`, `34 MB`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes(pub(super) u64);

/// A span in seconds, in its one or two largest units: `47 s`, `3 min`, `2 h 5 min`, `12 d 4 h`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ago(pub(super) u64);

/// The bounds of a span: `12–47 s`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Within(pub(super) Span);

/// Something per second, given in thousandths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate(pub(super) u64);

/// A latency in microseconds; `None` where nothing was measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lag(pub(super) Option<u64>);

/// The upper end of a bucket of latencies in milliseconds; `None` for the bucket of all that was slower.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound(pub(super) Option<u32>);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];
        if self.0 < 1000 {
            return write!(f, "{}\u{a0}B", self.0);
        }
        let mut tenths = u128::from(self.0) * 10 / 1024;
        let mut units = UNITS.iter();
        let mut unit = units.next();
        while tenths >= 10_000 {
            tenths /= 1024;
            unit = units.next();
        }
        let unit = unit.copied().unwrap_or_default();
        if tenths < 100 {
            write!(f, "{}.{}\u{a0}{unit}", tenths / 10, tenths % 10)
        } else {
            write!(f, "{}\u{a0}{unit}", tenths / 10)
        }
    }
}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minutes, hours, days) = (self.0 / 60, self.0 / 3600, self.0 / 86400);
        match (days, hours, minutes) {
            (0, 0, 0) => write!(f, "{}\u{a0}s", self.0),
            (0, 0, _) => write!(f, "{minutes}\u{a0}min"),
            (0, _, _) => write!(f, "{hours}\u{a0}h\u{a0}{}\u{a0}min", minutes % 60),
            (_, _, _) => write!(f, "{days}\u{a0}d\u{a0}{}\u{a0}h", hours % 24),
        }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { min, max } = self.0;
        write!(f, "{min}–{max}\u{a0}s")
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 100_000 {
            return write!(f, "{}", Count(self.0.saturating_add(500) / 1000));
        }
        let tenths = self.0.saturating_add(50) / 100;
        match tenths {
            0 if self.0 > 0 => f.write_str("<0.1"),
            0 => f.write_str("0"),
            _ => write!(f, "{}.{}", tenths / 10, tenths % 10),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("slower"),
            Some(millis) if millis < 1000 => write!(f, "{millis}\u{a0}ms"),
            Some(millis) if millis.is_multiple_of(1000) => write!(f, "{}\u{a0}s", millis / 1000),
            Some(millis) => write!(f, "{}.{}\u{a0}s", millis / 1000, millis % 1000 / 100),
        }
    }
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("–"),
            Some(u64::MAX) => f.write_str(">\u{a0}10\u{a0}s"),
            Some(micros) if micros < 10_000 => write!(f, "{}.{}\u{a0}ms", micros / 1000, micros % 1000 / 100),
            Some(micros) if micros < 1_000_000 => write!(f, "{}\u{a0}ms", micros / 1000),
            Some(micros) => write!(f, "{}.{}\u{a0}s", micros / 1_000_000, micros % 1_000_000 / 100_000),
        }
    }
}

macro_rules! shown_as_displayed {
    ($($kind:ty),*) => {$(
        impl Show for $kind {
            fn show(&self, out: &mut Escape<'_>) {
                format_args!("{self}").show(out);
            }
        }
    )*};
}

shown_as_displayed!(Count, Bytes, Ago, Within, Rate, Bound, Lag, u16, u32, u64, i32, usize);

/// The time that `percent` of all attempts did not exceed, in microseconds, estimated within its bucket; `u64::MAX`
/// if that is beyond all bounds.
pub(super) fn percentile(latency: &Latency, percent: u64) -> Option<u64> {
    let total: u64 = latency.counts.iter().fold(0, |sum, count| sum.saturating_add(*count));
    if total == 0 {
        return None;
    }
    let wanted = (u128::from(total) * u128::from(percent)).div_ceil(100);
    let (mut low, mut seen) = (0u64, 0u128);
    for (count, bound) in latency.counts.iter().zip(LATENCY_BOUNDS) {
        let high = u64::from(bound) * 1000;
        let count = u128::from(*count);
        if count > 0 && seen + count >= wanted {
            let inside = u128::from(high - low) * (wanted - seen) / count;
            return Some(low.saturating_add(u64::try_from(inside).unwrap_or(0)));
        }
        seen += count;
        low = high;
    }
    Some(u64::MAX)
}

/// Both together.
pub(super) fn merged(one: &Latency, other: &Latency) -> Latency {
    let mut both = *one;
    for (count, more) in both.counts.iter_mut().zip(other.counts) {
        *count = count.saturating_add(more);
    }
    both.sum = both.sum.saturating_add(other.sum);
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact_enough() {
        for (shown, wanted) in [
            (Count(0).to_string(), "0"),
            (Count(999).to_string(), "999"),
            (Count(1_204_331).to_string(), "1,204,331"),
            (Count(u64::MAX).to_string(), "18,446,744,073,709,551,615"),
            (Bytes(0).to_string(), "0 B"),
            (Bytes(999).to_string(), "999 B"),
            (Bytes(1023).to_string(), "0.9 KB"),
            (Bytes(1536).to_string(), "1.5 KB"),
            (Bytes(35 << 20).to_string(), "35 MB"),
            (Bytes(u64::MAX).to_string(), "15 EB"),
            (Ago(0).to_string(), "0 s"),
            (Ago(59).to_string(), "59 s"),
            (Ago(61).to_string(), "1 min"),
            (Ago(7500).to_string(), "2 h 5 min"),
            (Ago(1_051_200).to_string(), "12 d 4 h"),
            (Rate(0).to_string(), "0"),
            (Rate(20).to_string(), "<0.1"),
            (Rate(12_449).to_string(), "12.4"),
            (Rate(1_234_567).to_string(), "1,235"),
            (Bound(Some(1)).to_string(), "1 ms"),
            (Bound(Some(2500)).to_string(), "2.5 s"),
            (Bound(Some(10_000)).to_string(), "10 s"),
            (Bound(None).to_string(), "slower"),
            (Lag(None).to_string(), "–"),
            (Lag(Some(1_250)).to_string(), "1.2 ms"),
            (Lag(Some(41_900)).to_string(), "41 ms"),
            (Lag(Some(2_140_000)).to_string(), "2.1 s"),
            (Lag(Some(u64::MAX)).to_string(), "> 10 s"),
        ] {
            assert_eq!(shown.replace('\u{a0}', " "), wanted);
        }
    }

    #[test]
    fn a_percentile_lies_inside_its_bucket() {
        let mut latency = Latency::default();
        assert_eq!(percentile(&latency, 50), None);
        latency.counts = [0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(percentile(&latency, 50), Some(3_500)); // half way from 2 to 5 ms
        assert_eq!(percentile(&latency, 100), Some(5_000));
        latency.counts = [90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10];
        assert_eq!(percentile(&latency, 50), Some(555));
        assert_eq!(percentile(&latency, 95), Some(u64::MAX));
        latency.counts = [u64::MAX; 14];
        assert!(percentile(&latency, 95).is_some());
    }
}
