//! Balancers at a glance: one card for each.

use super::number::{Count, Lag, Rate, merged, percentile};
use super::spark;
use super::verdict::is_down;
use super::view::{Mark, View};
use super::writer::Page;
use crate::status::command::{Kind, Options};
use crate::status::rating::Rating;
use crate::status::report::{Latency, LbReport, Report};

/// Writes the cards.
pub(super) fn write(page: &mut Page, view: &View<'_>) {
    if view.hides(Options::HIDE_BALANCERS | Options::HIDE_LB_SUMMARY) || view.report.balancers.is_empty() {
        return;
    }
    page.tag("section")
        .attr("id", "glance")
        .flag("data-live", true)
        .attr("aria-labelledby", "h-glance")
        .with(|page| {
            page.raw("<h2 class=\"sr\" id=\"h-glance\">Balancers at a glance</h2>");
            page.tag("div").class("glance values").with(|page| {
                for (place, lb) in view.report.balancers.iter().enumerate() {
                    card(page, view, place, lb);
                }
            });
        });
}

fn card(page: &mut Page, view: &View<'_>, place: usize, lb: &LbReport) {
    let tally = Tally::of(view, lb);
    page.tag("article").class("card").attr("data-sum", format_args!("b{place}")).with(|page| {
        page.tag("h3").with(|page| {
            page.tag("a")
                .attr("href", &view.link(Kind::Show).about(Some(&lb.name), None).end())
                .text(&lb.name);
            page.raw(" ");
            Mark::of_rating(tally.rating(lb)).write(page);
        });
        tally.write(page);
        page.tag("dl").class("facts big").with(|page| {
            fact(page, "Requests/s", |page| {
                page.tag("span").class("rate").text(Rate(lb_rate(lb, view.report)));
            });
            fact(page, "Busy", |page| page.text(Count(lb.busy.into())));
            if let Some(latency) = latency(lb) {
                fact(page, "p50", |page| page.text(Lag(percentile(&latency, 50))));
                fact(page, "p95", |page| page.text(Lag(percentile(&latency, 95))));
            }
        });
        spark::draw(page, &spark::sum(lb.members.iter().map(|member| &*member.ajp.history)));
    });
}

/// A name and a number in a row of such.
pub(super) fn fact(page: &mut Page, name: &str, value: impl FnOnce(&mut Page)) {
    page.tag("div").with(|page| {
        page.tag("dt").text(name);
        page.tag("dd").with(value);
    });
}

fn lb_rate(lb: &LbReport, report: &Report) -> u64 {
    lb.members.iter().fold(0u64, |sum, member| {
        sum.saturating_add(spark::rate(&member.ajp, member.elected, report.now.unix))
    })
}

fn latency(lb: &LbReport) -> Option<Latency> {
    lb.members.iter().filter_map(|member| member.ajp.latency).reduce(|one, other| merged(&one, &other))
}

/// Members by rating.
struct Tally {
    good: usize,
    degraded: usize,
    bad: usize,
}

impl Tally {
    fn of(view: &View<'_>, lb: &LbReport) -> Self {
        let count = |rating| lb.members.iter().filter(|member| view.rating(member) == rating).count();
        Self { good: count(Rating::Good), degraded: count(Rating::Degraded), bad: count(Rating::Bad) }
    }

    fn rating(&self, lb: &LbReport) -> Rating {
        if is_down(lb) {
            Rating::Bad
        } else if self.bad + self.degraded > 0 {
            Rating::Degraded
        } else {
            Rating::Good
        }
    }

    fn write(&self, page: &mut Page) {
        let parts = [("good", self.good), ("warn", self.degraded), ("bad", self.bad)];
        let all = parts.iter().map(|(_, count)| count).sum::<usize>();
        let bar = page.tag("svg").class("share").attr("viewBox", format_args!("0 0 {} 8", all.max(1)));
        bar.attr("preserveAspectRatio", "none").attr("aria-hidden", "true").with(|page| {
            let mut x = 0;
            for (class, count) in parts {
                let part = page.tag("rect").class(class).attr("x", x).attr("width", count);
                part.attr("height", "8").with(|_| ());
                x += count;
            }
        });
        page.tag("p")
            .class("small soft")
            .text(format_args!("{} good · {} degraded · {} bad", self.good, self.degraded, self.bad));
    }
}
