//! Spans and dates as status answers show them.

use super::report::{LbReport, MemberReport, Moment, Report};
use crate::balance::State;
use crate::time::Seconds;

/// A span that will end at an unknown time between two bounds, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// At least this long.
    pub min: u64,
    /// At most this long.
    pub max: u64,
}

impl Report {
    /// How long it is since `earlier`, in seconds.
    pub fn ago(&self, earlier: Seconds) -> u64 {
        self.now.unix.since(earlier).0
    }

    /// When the next maintenance of a balancer is due. The upper bound allows for one that a request must start.
    pub fn to_maintenance(&self, lb: &LbReport) -> Span {
        let maintain = self.maintain.0;
        let age = lb.maintained.map_or(maintain, |last| self.ago(last));
        Span { min: maintain.saturating_sub(age), max: (2 * maintain).saturating_sub(age) }
    }

    /// When a member in error is given another chance; zero for all others. Only maintenance does that, so it is not
    /// before the next one.
    pub fn to_recovery(&self, lb: &LbReport, member: &MemberReport) -> Span {
        if member.state != State::Error {
            return Span::default();
        }
        let left = lb.recover_time.saturating_sub(member.last_error.map_or(0, |last| self.ago(last)));
        Span { min: left.max(self.to_maintenance(lb).min), max: left + self.maintain.0 }
    }
}

/// A date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Year, such as 2026.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl Moment {
    /// Local date and time.
    pub fn civil(self) -> Civil {
        let local = i64::try_from(self.unix.0).unwrap_or(i64::MAX / 2).min(LAST) + i64::from(self.offset);
        let (days, second) = (local.div_euclid(86400), local.rem_euclid(86400));
        let (year, month, day) = date(days);
        let small = |n: i64| u8::try_from(n).unwrap_or(0);
        Civil {
            year,
            month: small(month),
            day: small(day),
            hour: small(second / 3600),
            minute: small(second / 60 % 60),
            second: small(second % 60),
        }
    }

    /// `YYYYMMDDhhmmss`, local.
    pub fn compact(self) -> String {
        let Civil { year, month, day, hour, minute, second } = self.civil();
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }

    /// `YYYY-MM-DD hh:mm:ss +hhmm`, local.
    pub fn readable(self) -> String {
        let Civil { year, month, day, hour, minute, second } = self.civil();
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} {}", self.zone())
    }

    /// `YYYY-MM-DDThh:mm:ss+hh:mm` of RFC 3339, local.
    pub fn rfc3339(self) -> String {
        let Civil { year, month, day, hour, minute, second } = self.civil();
        let zone = self.zone();
        let (hours, minutes) = zone.split_at_checked(3).unwrap_or_default();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{hours}:{minutes}")
    }

    /// The offset of local time, `+hhmm` or `-hhmm`.
    pub fn zone(self) -> String {
        let minutes = self.offset.unsigned_abs() / 60;
        let sign = if self.offset < 0 { '-' } else { '+' };
        format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }
}

/// The end of the year 9999.
const LAST: i64 = 253_402_300_799;

/// Year, month and day of a day counted from 1970-01-01, by the Gregorian calendar. Years are taken to begin in March,
/// so that the odd day of a leap year is their last.
fn date(days: i64) -> (i64, i64, i64) {
    const FOUR_CENTURIES: i64 = 146_097;
    const FROM_MARCH_OF_YEAR_0: i64 = 719_468;
    let days = days + FROM_MARCH_OF_YEAR_0;
    let (era, day) = (days.div_euclid(FOUR_CENTURIES), days.rem_euclid(FOUR_CENTURIES));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix: u64, offset: i32) -> Moment {
        Moment { unix: Seconds(unix), offset }
    }

    #[test]
    fn moments_are_shown_in_local_time() {
        for (moment, text) in [
            (at(0, 0), "1970-01-01 00:00:00 +0000"),
            (at(1_795_375_406, 0), "2026-11-22 19:23:26 +0000"),
            (at(1_795_375_406, 19_800), "2026-11-23 00:53:26 +0530"),
            (at(1_795_375_406, -12_600), "2026-11-22 15:53:26 -0330"),
            (at(951_782_400, 0), "2000-02-29 00:00:00 +0000"),
            (at(4_107_542_399, 0), "2100-02-28 23:59:59 +0000"),
            (at(4_107_542_400, 0), "2100-03-01 00:00:00 +0000"),
            (at(0, -3600), "1969-12-31 23:00:00 -0100"),
            (at(u64::MAX, 0), "9999-12-31 23:59:59 +0000"),
        ] {
            assert_eq!(moment.readable(), text);
        }
        assert_eq!(at(1_795_375_406, 0).compact(), "20261122192326");
        assert_eq!(at(1_795_375_406, -12_600).rfc3339(), "2026-11-22T15:53:26-03:30");
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut before = date(-1);
        for day in 0..146_097 {
            let (year, month, of_month) = date(day);
            let next_day = (year, month) == (before.0, before.1) && of_month == before.2 + 1;
            let next_month = of_month == 1 && before.2 >= 28 && (year, month) == following(before);
            assert!(next_day || next_month, "{before:?} {year}-{month}-{of_month}");
            before = (year, month, of_month);
        }
        assert_eq!(before, (2369, 12, 31));
    }

    fn following((year, month, _): (i64, i64, i64)) -> (i64, i64) {
        if month == 12 { (year + 1, 1) } else { (year, month + 1) }
    }

    #[test]
    fn spans_end_between_two_maintenances() {
        let report = Report { now: at(1000, 0), maintain: Seconds(60), ..Report::default() };
        let lb = |maintained: Option<u64>| LbReport {
            recover_time: 30,
            maintained: maintained.map(Seconds),
            ..LbReport::default()
        };
        for (maintained, min, max) in [
            (Some(1000), 60, 120),
            (Some(999), 59, 119),
            (Some(930), 0, 50),
            (Some(100), 0, 0),
            (Some(1001), 60, 120),
            (None, 0, 60),
        ] {
            assert_eq!(report.to_maintenance(&lb(maintained)), Span { min, max }, "{maintained:?}");
        }
        let failed =
            |state, last| MemberReport { state, last_error: Some(Seconds(last)), ..MemberReport::default() };
        for (state, last, min, max) in [
            (State::Error, 999, 59, 89),
            (State::Error, 960, 59, 60),
            (State::Recover, 999, 0, 0),
            (State::Ok, 999, 0, 0),
        ] {
            assert_eq!(report.to_recovery(&lb(Some(999)), &failed(state, last)), Span { min, max });
        }
        let never = Report { maintain: Seconds(0), ..report };
        assert_eq!(never.to_maintenance(&lb(Some(999))), Span::default());
    }
}
