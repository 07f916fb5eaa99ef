//! One balancer with the table of its members.

use super::ask::{Ask, open_form, press};
use super::form::back;
use super::number::{Ago, Count, Lag, Rate, Within, percentile};
use super::spark;
use super::verdict::next_try;
use super::view::{Mark, Seat, View, endpoint};
use super::writer::Page;
use crate::balance::{Activation, State};
use crate::status::command::{Kind, Options};
use crate::status::report::{AjpCommon, LbReport};

/// From so many members on the table is dense.
const MANY: usize = 16;

/// From so many on there is a box to filter them.
const SEVERAL: usize = 6;

const COLUMNS: &[&str] =
    &["Member", "State", "Activation", "#Requests", "#Sessions", "#Busy", "#Errors", "#Latency", "~Lately"];

/// Writes the balancer; `place` is its number on the page.
pub(super) fn write(page: &mut Page, view: &View<'_>, place: usize, lb: &LbReport) {
    if view.hides(Options::HIDE_BALANCERS) && view.command.kind == Kind::List {
        return;
    }
    let section =
        page.tag("section").class("card").attr("id", format_args!("b{place}")).flag("data-live", true);
    section.attr("aria-labelledby", format_args!("h-b{place}")).with(|page| {
        page.tag("div").class("head").with(|page| head(page, view, place, lb));
        if !view.hides(Options::HIDE_MEMBERS) {
            filter(page, place, lb);
            table(page, view, place, lb);
        }
    });
}

fn head(page: &mut Page, view: &View<'_>, place: usize, lb: &LbReport) {
    page.tag("h2").attr("id", format_args!("h-b{place}")).with(|page| {
        page.tag("a").attr("href", &view.link(Kind::Show).about(Some(&lb.name), None).end()).text(&lb.name);
    });
    page.tag("p").class("soft small").with(|page| summary(page, view, lb));
    if view.may_change() {
        page.tag("div").class("acts").with(|page| {
            open_form(page, view, &lb.name, None);
            let all =
                view.link(Kind::Edit).and("from", back(view).name().as_bytes()).about(Some(&lb.name), None);
            let button = page.tag("a").class("button").attr("href", &all.and("att", b"vwf").end());
            button.flag("data-ask", true).with(|page| named(page, "Edit members", &lb.name));
            Ask::Reset.link(page, view, &lb.name, None);
        });
    }
}

/// A word, and for those who do not see the row the name that it is about.
pub(super) fn named(page: &mut Page, word: &'static str, name: &[u8]) {
    page.raw(word);
    page.tag("span").class("sr").text((" ", name));
}

fn summary(page: &mut Page, view: &View<'_>, lb: &LbReport) {
    if !view.hides(Options::HIDE_LB_CONFIGURATION) {
        page.text(format_args!("method {}", lb.method.label()));
        page.raw(match (lb.sticky_session, lb.sticky_session_force) {
            (false, _) => " · not sticky",
            (true, false) => " · sticky",
            (true, true) => " · sticky, forced",
        });
    }
    if !view.hides(Options::HIDE_LB_SUMMARY) {
        page.raw(if view.hides(Options::HIDE_LB_CONFIGURATION) { "" } else { " · " });
        page.text(format_args!("{} busy, at most {}", lb.busy, lb.max_busy));
        page.text((" · maintenance in ", Within(view.report.to_maintenance(lb))));
        page.text(format_args!(" · counting for {}", Ago(view.report.ago(lb.last_reset))));
    }
}

fn filter(page: &mut Page, place: usize, lb: &LbReport) {
    if lb.members.len() < SEVERAL {
        return;
    }
    let form = page
        .tag("form")
        .class("find")
        .attr("role", "search")
        .flag("data-filter", true)
        .flag("data-keep", true);
    form.flag("hidden", true).with(|page| {
        let id = format!("f-b{place}");
        page.tag("label").attr("for", &*id).text("Members");
        let input = page.tag("input").attr("id", &*id).attr("type", "search").attr("autocomplete", "off");
        input.attr("placeholder", "name, address, state").void();
        page.tag("label").with(|page| {
            page.raw("<input type=\"checkbox\">Only those not well");
        });
        page.raw("<output class=\"small soft\"></output>");
    });
}

fn table(page: &mut Page, view: &View<'_>, place: usize, lb: &LbReport) {
    let class = if lb.members.len() >= MANY { "cards members dense values" } else { "cards members values" };
    page.tag("div").class("wide").with(|page| {
        page.tag("table").class(class).with(|page| {
            page.tag("caption").class("sr").text(("Members of ", &lb.name));
            header(page, view, COLUMNS);
            page.tag("tbody").with(|page| {
                let total = lb.members.iter().fold(0u64, |sum, member| sum.saturating_add(member.elected));
                for (number, member) in lb.members.iter().enumerate() {
                    row(page, view, (place, number), Seat { lb, member }, total);
                }
            });
        });
    });
}

/// The heads of columns; `#` marks numbers, `~` what a dense table leaves out. The last, of buttons, is there if there are buttons.
pub(super) fn header(page: &mut Page, view: &View<'_>, names: &[&'static str]) {
    page.tag("thead").with(|page| {
        page.tag("tr").with(|page| {
            for name in names {
                let (class, name) = match name.split_at_checked(1) {
                    Some(("#", name)) => ("num", name),
                    Some(("~", name)) => ("lately", name),
                    Some(_) | None => ("", *name),
                };
                page.tag("th").attr("scope", "col").class(class).text(name);
            }
            if view.may_change() {
                page.raw("<th scope=\"col\"><span class=\"sr\">Actions</span></th>");
            }
        });
    });
}

/// A cell; on a phone its name stands before it.
pub(super) fn cell(
    page: &mut Page,
    class: &'static str,
    name: &'static str,
    content: impl FnOnce(&mut Page),
) {
    page.tag("td").class(class).attr("data-name", name).with(|page| page.tag("div").with(content));
}

/// A second line of a cell.
pub(super) fn small(page: &mut Page, content: impl FnOnce(&mut Page)) {
    page.tag("span").class("small soft").with(content);
}

fn row(page: &mut Page, view: &View<'_>, (lb, number): (usize, usize), seat: Seat<'_>, total: u64) {
    let member = seat.member;
    let well = matches!(member.state, State::Idle | State::Ok) && member.activation == Activation::Active;
    let tr = page.tag("tr").attr("id", format_args!("b{lb}m{number}")).attr("data-count", member.elected);
    tr.attr("data-of", &member.ajp.name).flag("data-ill", !well).with(|page| {
        page.tag("th").attr("scope", "row").with(|page| name(page, view, seat));
        cell(page, "", "State", |page| state(page, view, seat));
        cell(page, "", "Activation", |page| {
            page.tag("span")
                .attr("data-watch", "activation")
                .with(|page| Mark::of_activation(member.activation).write(page));
        });
        cell(page, "num", "Requests", |page| requests(page, view, &member.ajp, member.elected, Some(total)));
        cell(page, "num", "Sessions", |page| page.text(Count(member.sessions)));
        rest(page, &member.ajp, member.errors);
        if view.may_change() {
            page.tag("td").class("press").with(|page| {
                page.tag("div").class("acts").with(|page| press(page, view, seat));
            });
        }
    });
}

fn name(page: &mut Page, view: &View<'_>, seat: Seat<'_>) {
    let (lb, member) = (seat.lb, seat.member);
    let show = view.link(Kind::Show).about(Some(&lb.name), Some(&member.ajp.name)).end();
    page.tag("a").attr("href", &show).text(&member.ajp.name);
    if !view.hides(Options::HIDE_AJP_CONFIGURATION) {
        page.tag("span").class("small soft mono").with(|page| endpoint(page, &member.ajp));
    }
    let extras = [
        ("route ", &member.route, member.route != member.ajp.name),
        ("stands in: ", &member.redirect, !member.redirect.is_empty()),
        ("domain ", &member.domain, !member.domain.is_empty()),
    ];
    for (word, value, _) in extras.into_iter().filter(|(_, _, is_told)| *is_told) {
        small(page, |page| page.text((word, value)));
    }
    for (word, value, plain) in
        [("factor", i64::from(member.factor), 1), ("distance", i64::from(member.distance), 0)]
    {
        if value != plain {
            small(page, |page| page.text(format_args!("{word} {value}")));
        }
    }
}

fn state(page: &mut Page, view: &View<'_>, seat: Seat<'_>) {
    let member = seat.member;
    page.tag("span").attr("data-watch", "state").with(|page| Mark::of_state(member.state).write(page));
    if let Some(first) = member.first_error {
        small(page, |page| {
            page.text(format_args!("for {}", Ago(view.report.ago(first.unix))));
            next_try(page, view, seat.lb, member);
        });
    }
}

/// How many requests, how many per second, and which share of `total`.
pub(super) fn requests(page: &mut Page, view: &View<'_>, ajp: &AjpCommon, count: u64, total: Option<u64>) {
    page.text(Count(count));
    small(page, |page| {
        page.tag("span").class("rate").text(Rate(spark::rate(ajp, count, view.report.now.unix)));
        page.raw("/s");
    });
    if let Some(total) = total {
        let percent = u128::from(count) * 100 / u128::from(total.max(1));
        let bar =
            page.tag("svg").class("load").attr("viewBox", "0 0 100 6").attr("preserveAspectRatio", "none");
        bar.attr("role", "img").attr("aria-label", format_args!("{percent} % of all requests")).with(
            |page| {
                page.tag("rect").attr("width", format_args!("{percent}")).attr("height", "6").with(|_| ());
            },
        );
    }
}

/// The cells that members and workers that stand alone have in common.
pub(super) fn rest(page: &mut Page, ajp: &AjpCommon, errors: u32) {
    cell(page, "num", "Busy", |page| {
        page.text(Count(ajp.busy.into()));
        page.tag("span").class("small soft most").text(("max ", Count(ajp.max_busy.into())));
    });
    cell(page, "num", "Errors", |page| {
        page.text(Count(errors.into()));
        if ajp.reply_timeouts > 0 {
            small(page, |page| page.text(format_args!("{} late", ajp.reply_timeouts)));
        }
    });
    cell(page, "num", "Latency", |page| {
        let at = |percent| ajp.latency.as_ref().and_then(|latency| percentile(latency, percent));
        page.text(Lag(at(50)));
        if let Some(slow) = at(95) {
            small(page, |page| page.text(("p95 ", Lag(Some(slow)))));
        }
    });
    cell(page, "lately", "Lately", |page| spark::draw(page, &spark::course(&ajp.history)));
}
