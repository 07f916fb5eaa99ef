//! How busy a worker was lately: a rate, and a small drawing of the last minutes.

use super::writer::Page;
use crate::status::report::{AjpCommon, Sample};
use crate::time::Seconds;

/// A rate is taken over at least this long, if there are samples.
const WINDOW: u64 = 15;

/// The drawing's own units.
const WIDTH: u64 = 300;
const HEIGHT: u64 = 30;

/// Requests per second in thousandths: lately if there are samples, else since the last reset.
pub(super) fn rate(ajp: &AjpCommon, requests: u64, now: Seconds) -> u64 {
    let recent = ajp.history.iter().rev().find(|sample| now.since(sample.at).0 >= WINDOW);
    let recent = recent.filter(|sample| sample.at >= ajp.last_reset);
    let (before, since) = recent.map_or((0, ajp.last_reset), |sample| (sample.requests, sample.at));
    per_second(requests.saturating_sub(before), now.since(since))
}

/// Requests per second between each two samples, in thousandths.
pub(super) fn course(history: &[Sample]) -> Vec<u64> {
    history
        .iter()
        .zip(history.iter().skip(1))
        .map(|(a, b)| per_second(b.requests.saturating_sub(a.requests), b.at.since(a.at)))
        .collect()
}

/// The courses of several workers as one. They end at the same time, the shortest says how far they reach back.
pub(super) fn sum<'a>(histories: impl Iterator<Item = &'a [Sample]>) -> Vec<u64> {
    let courses: Vec<Vec<u64>> = histories.map(course).collect();
    let length = courses.iter().map(Vec::len).min().unwrap_or(0);
    (0..length)
        .rev()
        .map(|back| {
            courses
                .iter()
                .filter_map(|course| course.get(course.len() - 1 - back))
                .fold(0u64, |sum, rate| sum.saturating_add(*rate))
        })
        .collect()
}

fn per_second(count: u64, seconds: Seconds) -> u64 {
    count.saturating_mul(1000).checked_div(seconds.0).unwrap_or(0)
}

/// Draws a course. Without one there is an empty drawing that the script fills with what it sees.
pub(super) fn draw(page: &mut Page, course: &[u64]) {
    let own = course.len() < 2;
    let svg = page.tag("svg").class("spark").attr("viewBox", format_args!("0 0 {WIDTH} {HEIGHT}"));
    svg.attr("preserveAspectRatio", "none").attr("aria-hidden", "true").flag("data-own", own).with(|page| {
        let line = if own { String::new() } else { line(course) };
        let area = if own { String::new() } else { format!("{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z") };
        page.tag("path").class("area").attr("d", &*area).with(|_| ());
        page.tag("path").attr("d", &*line).with(|_| ());
    });
}

fn line(course: &[u64]) -> String {
    let top = u128::from(course.iter().copied().max().unwrap_or(0).max(1));
    let last = u128::try_from(course.len().saturating_sub(1)).unwrap_or(1).max(1);
    let points = course.iter().zip(0u128..).map(|(rate, place)| {
        let x = u128::from(WIDTH) * place / last;
        let y = u128::from(HEIGHT - 1) - u128::from(HEIGHT - 2) * u128::from(*rate) / top;
        format!("{x} {y}")
    });
    format!("M{}", points.collect::<Vec<_>>().join("L"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(counts: &[u64]) -> Vec<Sample> {
        let at = |place: u64| Seconds(1000 + place * 10);
        counts
            .iter()
            .zip(0..)
            .map(|(requests, place)| Sample { at: at(place), requests: *requests, ..Sample::default() })
            .collect()
    }

    #[test]
    fn a_rate_is_recent_where_there_are_samples() {
        let mut ajp = AjpCommon { last_reset: Seconds(0), ..AjpCommon::default() };
        assert_eq!(rate(&ajp, 500, Seconds(1000)), 500);
        ajp.history = history(&[0, 100, 300]); // at 1000, 1010, 1020
        assert_eq!(rate(&ajp, 400, Seconds(1025)), 20_000);
        assert_eq!(rate(&ajp, 400, Seconds(1000)), 400); // no sample is old enough
        ajp.last_reset = Seconds(1015);
        assert_eq!(rate(&ajp, 40, Seconds(1025)), 4000); // none was taken since
    }

    #[test]
    fn a_reset_is_no_negative_rate() {
        assert_eq!(course(&history(&[0, 100, 20, 30])), [10_000, 0, 1000]);
        let mut stopped = history(&[5, 9]);
        stopped.iter_mut().for_each(|sample| sample.at = Seconds(7));
        assert_eq!(course(&stopped), [0]);
    }

    #[test]
    fn courses_are_added_from_their_ends() {
        let (long, short) = (history(&[0, 10, 30, 60]), history(&[0, 10, 20]));
        assert_eq!(sum([&*long, &*short].into_iter()), [3000, 4000]);
        assert_eq!(sum([&*long, &[]].into_iter()), [] as [u64; 0]);
    }

    #[test]
    fn a_drawing_stays_inside_its_frame() {
        assert_eq!(line(&[0, 5, 10]), "M0 29L150 15L300 1");
        assert_eq!(line(&[0, 0]), "M0 29L300 29");
        assert_eq!(line(&[u64::MAX, 0]), "M0 1L300 29");
    }
}
