//! The first sentence of the page: is everything well, and if not, who is not?

use super::number::{Ago, Within};
use super::view::{View, icon};
use super::writer::Page;
use crate::balance::{Activation, State};
use crate::status::rating::Rating;
use crate::status::report::{Address, LbReport, MemberReport};

/// Troubles that are named one by one.
const NAMED: usize = 4;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// All members serve.
    Good,
    /// Some do not, on purpose or for a moment.
    Note,
    /// Some are out of service.
    Warn,
    /// A balancer has nobody left, or a worker that stands alone fails.
    Bad,
}

/// One member that is not well, and where it stands on the page.
struct Trouble<'v> {
    lb: &'v LbReport,
    member: &'v MemberReport,
    row: (usize, usize),
}

/// Writes the sentence.
pub(super) fn write(page: &mut Page, view: &View<'_>) {
    let troubles = troubles(view);
    let level = level(view, &troubles);
    let (class, drawing) = match level {
        Level::Good => ("card verdict good", "#i-tick"),
        Level::Note => ("card verdict off", "#i-pause"),
        Level::Warn => ("card verdict warn", "#i-up"),
        Level::Bad => ("card verdict bad", "#i-cross"),
    };
    page.tag("section")
        .class(class)
        .attr("id", "verdict")
        .flag("data-live", true)
        .attr("aria-label", "Summary")
        .with(|page| {
            icon(page, drawing);
            page.tag("div").with(|page| {
                page.tag("p")
                    .with(|page| page.tag("strong").with(|page| sentence(page, view, level, &troubles)));
                page.tag("ul").class("soft").with(|page| names(page, view, &troubles));
            });
        });
}

fn troubles<'v>(view: &View<'v>) -> Vec<Trouble<'v>> {
    let seats = view.report.balancers.iter().enumerate().flat_map(|(lb_place, lb)| {
        let members = lb.members.iter().enumerate();
        members.map(move |(place, member)| Trouble { lb, member, row: (lb_place, place) })
    });
    let mut troubles: Vec<_> = seats.filter(|trouble| view.rating(trouble.member) != Rating::Good).collect();
    troubles.sort_by_key(|trouble| view.rating(trouble.member) != Rating::Bad);
    troubles
}

/// Whether a balancer has nobody who takes requests.
pub(super) fn is_down(lb: &LbReport) -> bool {
    !lb.members.iter().any(|member| member.state.usable() && member.activation != Activation::Stopped)
}

fn level(view: &View<'_>, troubles: &[Trouble<'_>]) -> Level {
    let report = view.report;
    let alone = report.ajp_workers.iter().any(|worker| worker.state == State::Error);
    if alone || report.balancers.iter().any(is_down) {
        Level::Bad
    } else if troubles.iter().any(|trouble| view.rating(trouble.member) == Rating::Bad) {
        Level::Warn
    } else if troubles.is_empty() {
        Level::Good
    } else {
        Level::Note
    }
}

fn sentence(page: &mut Page, view: &View<'_>, level: Level, troubles: &[Trouble<'_>]) {
    let report = view.report;
    let members: usize = report.balancers.iter().map(|lb| lb.members.len()).sum();
    let all = members + report.ajp_workers.len();
    let bad = troubles.iter().filter(|trouble| view.rating(trouble.member) == Rating::Bad).count();
    match level {
        Level::Good => match all {
            0 => page.raw("There are no workers to show."),
            1 => page.raw("The only worker is fine."),
            _ => page.text(format_args!("All {all} workers are fine.")),
        },
        Level::Note => {
            page.text(format_args!(
                "{} of {members} members {} not in full service.",
                troubles.len(),
                are(troubles.len())
            ));
        }
        Level::Warn => page.text(format_args!("{bad} of {members} members {} out of service.", are(bad))),
        Level::Bad => {
            let mut names = Vec::new();
            names.extend(report.balancers.iter().filter(|lb| is_down(lb)).map(|lb| &lb.name));
            let failing = report.ajp_workers.iter().filter(|worker| worker.state == State::Error);
            names.extend(failing.map(|worker| &worker.ajp.name));
            for (place, name) in names.iter().take(NAMED).enumerate() {
                page.text((if place == 0 { "" } else { ", " }, *name));
            }
            if names.len() > NAMED {
                page.text(format_args!(" and {} more", names.len() - NAMED));
            }
            page.raw(if names.len() == 1 { " takes no requests." } else { " take no requests." });
        }
    }
}

const fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn names(page: &mut Page, view: &View<'_>, troubles: &[Trouble<'_>]) {
    for trouble in troubles.iter().take(NAMED) {
        let (lb, row) = trouble.row;
        page.tag("li").with(|page| {
            page.tag("a").attr("href", format_args!("#b{lb}m{row}")).text(&trouble.member.ajp.name);
            page.text((" of ", &trouble.lb.name, ": "));
            what(page, view, trouble);
        });
    }
    if troubles.len() > NAMED {
        page.tag("li").text(format_args!("and {} more", troubles.len() - NAMED));
    }
}

fn what(page: &mut Page, view: &View<'_>, trouble: &Trouble<'_>) {
    let member = trouble.member;
    match member.activation {
        Activation::Stopped => page.raw("stopped"),
        Activation::Disabled => page.raw("disabled, only sessions it has"),
        Activation::Active => page.raw("active"),
    }
    if member.ajp.address == Address::Unresolved {
        page.raw(", its address is unresolved");
    }
    page.raw(match member.state {
        State::Idle | State::Ok => "",
        State::Recover => ", recovering",
        State::Force => ", forced to recover",
        State::Busy => ", at its limit",
        State::Error => ", in error",
        State::Probe => ", being tried",
    });
    if let Some(first) = member.first_error {
        page.text(format_args!(" for {}", Ago(view.report.ago(first.unix))));
    }
    next_try(page, view, trouble.lb, member);
}

/// When a member in error is tried again.
pub(super) fn next_try(page: &mut Page, view: &View<'_>, lb: &LbReport, member: &MemberReport) {
    if member.state == State::Error {
        page.text((", next try in ", Within(view.report.to_recovery(lb, member))));
    }
}
