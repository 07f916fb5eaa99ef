//! One worker with everything there is to say about it.

use super::ask::{Ask, buttons, open_form};
use super::field::{self, Field};
use super::frame::pair;
use super::glance::fact;
use super::number::{Ago, Bound, Bytes, Count, Lag, Rate, percentile};
use super::spark;
use super::view::{Mark, Seat, View, endpoint};
use super::workers::state;
use super::writer::Page;
use crate::status::command::{Kind, Options};
use crate::status::dump;
use crate::status::report::{Address, AjpCommon, AjpReport, LATENCY_BOUNDS, Latency, LbReport};

/// One member of a balancer.
pub(super) fn member(page: &mut Page, view: &View<'_>, seat: Seat<'_>) {
    let (lb, member) = (seat.lb, seat.member);
    card(page, "h-now", "now", |page| {
        page.tag("div").class("head").with(|page| {
            page.tag("h2").attr("id", "h-now").with(|page| {
                let up = view.link(Kind::Show).about(Some(&lb.name), None).end();
                page.tag("a").attr("href", &up).text(&lb.name);
                page.raw(" <span class=\"soft\" aria-hidden=\"true\">›</span> ");
                page.text(&member.ajp.name);
            });
            page.tag("span").class("row").attr("data-watch", "state").with(|page| {
                Mark::of_state(member.state).write(page);
                Mark::of_activation(member.activation).write(page);
            });
            if view.may_change() {
                page.tag("div").class("acts").with(|page| {
                    open_form(page, view, &lb.name, Some(&member.ajp.name));
                    buttons(page, view, seat);
                });
            }
        });
        now(page, view, &member.ajp, member.elected, member.errors);
    });
    page.tag("div").class("two").with(|page| {
        page.tag("div").with(|page| {
            latency(page, &member.ajp);
            balancing(page, seat);
        });
        connection(page, view, &member.ajp);
    });
}

fn balancing(page: &mut Page, seat: Seat<'_>) {
    let member = seat.member;
    card(page, "h-balancing", "balancing", |page| {
        page.raw("<h2 id=\"h-balancing\">Balancing</h2>");
        page.tag("dl").class("all").with(|page| {
            field::MEMBER.iter().for_each(|field| field.pair(page, member));
            pair(page, "Value", |page| page.text(Count(member.value)));
            pair(page, "Added per request", |page| page.text(Count(member.mult)));
            pair(page, "Sessions begun", |page| page.text(Count(member.sessions)));
            if let Some(first) = member.first_error {
                pair(page, "Errors since", |page| page.text(&*first.readable()));
            }
        });
    });
}

/// An AJP worker that stands alone.
pub(super) fn ajp(page: &mut Page, view: &View<'_>, worker: &AjpReport) {
    card(page, "h-now", "now", |page| {
        page.tag("div").class("head").with(|page| {
            page.tag("h2").attr("id", "h-now").text(&worker.ajp.name);
            page.tag("span").with(|page| state(page, view, worker));
            if view.may_change() {
                page.tag("div").class("acts").with(|page| {
                    open_form(page, view, &worker.ajp.name, None);
                    Ask::Reset.link(page, view, &worker.ajp.name, None);
                });
            }
        });
        now(page, view, &worker.ajp, worker.used, worker.errors);
    });
    page.tag("div").class("two").with(|page| {
        latency(page, &worker.ajp);
        connection(page, view, &worker.ajp);
    });
}

/// The settings of a balancer.
pub(super) fn balancer(page: &mut Page, view: &View<'_>, lb: &LbReport) {
    if view.hides(Options::HIDE_LB_CONFIGURATION) {
        return;
    }
    card(page, "h-settings", "settings", |page| {
        page.raw("<h2 id=\"h-settings\">Settings</h2>");
        page.tag("dl").class("all").with(|page| {
            field::LB.iter().for_each(|field: &Field<LbReport>| field.pair(page, lb));
            pair(page, "Rules", |page| page.text(Count(lb.map_count.into())));
        });
    });
}

fn card(page: &mut Page, heading: &'static str, id: &'static str, content: impl FnOnce(&mut Page)) {
    let section = page.tag("section").class("card").attr("id", id).flag("data-live", true);
    section.attr("aria-labelledby", heading).with(content);
}

fn now(page: &mut Page, view: &View<'_>, ajp: &AjpCommon, requests: u64, errors: u32) {
    let rate = spark::rate(ajp, requests, view.report.now.unix);
    let course = spark::course(&ajp.history);
    page.tag("div")
        .class("values now")
        .attr("data-count", requests)
        .attr("id", "count")
        .attr("data-of", &ajp.name)
        .with(|page| {
            page.tag("dl").class("facts big").with(|page| {
                fact(page, "Requests/s", |page| page.tag("span").class("rate").text(Rate(rate)));
                fact(page, "Busy", |page| page.text(ajp.busy));
                fact(page, "Busy at most", |page| page.text(ajp.max_busy));
                fact(page, "Connections", |page| page.text(ajp.connected));
                fact(page, "Requests", |page| page.text(Count(requests)));
                fact(page, "Errors", |page| page.text(Count(errors.into())));
                if let Some(latency) = &ajp.latency {
                    fact(page, "p50", |page| page.text(Lag(percentile(latency, 50))));
                    fact(page, "p95", |page| page.text(Lag(percentile(latency, 95))));
                }
            });
            spark::draw(page, &course);
        });
}

/// How long attempts took, bucket by bucket.
fn latency(page: &mut Page, ajp: &AjpCommon) {
    let Some(latency) = &ajp.latency else { return };
    card(page, "h-latency", "latency", |page| {
        page.raw("<h2 id=\"h-latency\">Latency</h2>");
        page.tag("table").class("buckets values dense").with(|page| {
            page.raw("<caption>How long requests took, since the last reset</caption><thead><tr>");
            page.raw("<th scope=\"col\" class=\"num\">At most</th><th scope=\"col\"><span class=\"sr\">Share</span></th>");
            page.raw("<th scope=\"col\" class=\"num\">Requests</th></tr></thead>");
            page.tag("tbody").with(|page| buckets(page, latency));
        });
    });
}

fn buckets(page: &mut Page, latency: &Latency) {
    let most = latency.counts.iter().copied().max().unwrap_or(0).max(1);
    let bounds = LATENCY_BOUNDS.into_iter().map(Some).chain([None]);
    for (bound, count) in bounds.zip(latency.counts) {
        page.tag("tr").with(|page| {
            page.tag("th").attr("scope", "row").class("num").text(Bound(bound));
            page.tag("td").with(|page| {
                let bar = page.tag("svg").class("load").attr("viewBox", "0 0 1000 6");
                bar.attr("preserveAspectRatio", "none").attr("aria-hidden", "true").with(|page| {
                    let width = u128::from(count) * 1000 / u128::from(most);
                    page.tag("rect").attr("width", format_args!("{width}")).attr("height", "6").with(|_| ());
                });
            });
            page.tag("td").class("num").text(Count(count));
        });
    }
}

fn connection(page: &mut Page, view: &View<'_>, ajp: &AjpCommon) {
    card(page, "h-connection", "connection", |page| {
        page.raw("<h2 id=\"h-connection\">Connection</h2>");
        page.tag("dl").class("all").with(|page| {
            if !view.hides(Options::HIDE_AJP_CONFIGURATION) {
                settings(page, ajp);
            }
            counted(page, view, ajp);
        });
    });
}

fn settings(page: &mut Page, ajp: &AjpCommon) {
    pair(page, "Host", |page| endpoint(page, ajp));
    pair(page, "Address", |page| match ajp.address {
        Address::Known(address) => page.text(format_args!("{address}")),
        Address::Invalid => page.raw("none: the port is 0"),
        Address::Unresolved => page.raw("not resolved yet"),
    });
    if let Some(source) = &ajp.source {
        pair(page, "Source", |page| page.text(source));
    }
    field::AJP.iter().for_each(|field| field.pair(page, ajp));
}

fn counted(page: &mut Page, view: &View<'_>, ajp: &AjpCommon) {
    pair(page, "Sent", |page| page.text(Bytes(ajp.transferred)));
    pair(page, "Received", |page| page.text(Bytes(ajp.read)));
    pair(page, "Connections at most", |page| page.text(ajp.max_connected));
    if let Some(pool) = &ajp.pool {
        pair(page, "Pool of one process", |page| {
            page.text(format_args!("{} open, {} idle, limit {}", pool.open, pool.idle, pool.limit));
        });
    }
    if let Some(probes) = &ajp.probes {
        pair(page, "Probes", |page| {
            page.text(format_args!("{} answered, {} failed", Count(probes.answered), Count(probes.failed)));
        });
        if let Some(last) = probes.last {
            pair(page, "Last probe", |page| page.text(&*last.readable()));
        }
    }
    pair(page, "Client errors", |page| page.text(Count(ajp.client_errors.into())));
    pair(page, "Reply timeouts", |page| page.text(Count(ajp.reply_timeouts.into())));
    pair(page, "Counting for", |page| page.text(Ago(view.report.ago(ajp.last_reset))));
}

/// The page of `cmd=dump`.
pub(super) fn configuration(page: &mut Page, view: &View<'_>) {
    page.tag("section").class("card").attr("aria-labelledby", "h-dump").with(|page| {
        page.raw("<h2 id=\"h-dump\">Start-up properties</h2>");
        page.tag("div").class("wide").with(|page| {
            page.tag("table").class("dense").with(|page| {
                page.raw("<caption>As they were read at the start; changes made here are not among them.</caption>");
                page.raw("<thead><tr><th scope=\"col\">Property</th><th scope=\"col\">Value</th></tr></thead>");
                page.tag("tbody").with(|page| {
                    for (name, value) in dump::shown(&view.report.configuration) {
                        page.tag("tr").with(|page| {
                            page.tag("th").attr("scope", "row").class("mono").text(name);
                            page.tag("td").class("mono").text(value);
                        });
                    }
                });
            });
        });
    });
}
