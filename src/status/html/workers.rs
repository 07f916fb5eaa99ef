//! The table of AJP workers that stand alone.

use super::ask::{Ask, open_form};
use super::members::{cell, header, requests, rest, small};
use super::number::{Ago, Count};
use super::view::{Mark, View, endpoint};
use super::writer::Page;
use crate::balance::State;
use crate::status::command::{Kind, Options};
use crate::status::report::AjpReport;

/// Writes the table, if there are such workers.
pub(super) fn write(page: &mut Page, view: &View<'_>) {
    let workers = &view.report.ajp_workers;
    if workers.is_empty() || view.hides(Options::HIDE_AJP_WORKERS) {
        return;
    }
    let section = page.tag("section").class("card").attr("id", "ajp").flag("data-live", true);
    section.attr("aria-labelledby", "h-ajp").with(|page| {
        page.raw("<div class=\"head\"><h2 id=\"h-ajp\">AJP workers</h2></div>");
        page.tag("div").class("wide").with(|page| {
            page.tag("table").class("cards values").with(|page| {
                page.raw("<caption class=\"sr\">AJP workers that are in no balancer</caption>");
                header(
                    page,
                    view,
                    &["Worker", "State", "#Requests", "#Busy", "#Errors", "#Latency", "~Lately"],
                );
                page.tag("tbody").with(|page| {
                    for (place, worker) in workers.iter().enumerate() {
                        row(page, view, place, worker);
                    }
                });
            });
        });
    });
}

fn row(page: &mut Page, view: &View<'_>, place: usize, worker: &AjpReport) {
    let ajp = &worker.ajp;
    let tr = page.tag("tr").attr("id", format_args!("w{place}")).attr("data-count", worker.used);
    tr.attr("data-of", &ajp.name).with(|page| {
        page.tag("th").attr("scope", "row").with(|page| {
            let show = view.link(Kind::Show).about(Some(&ajp.name), None).end();
            page.tag("a").attr("href", &show).text(&ajp.name);
            if !view.hides(Options::HIDE_AJP_CONFIGURATION) {
                page.tag("span").class("small soft mono").with(|page| endpoint(page, ajp));
            }
        });
        cell(page, "", "State", |page| state(page, view, worker));
        cell(page, "num", "Requests", |page| requests(page, view, ajp, worker.used, None));
        rest(page, ajp, worker.errors);
        if view.may_change() {
            page.tag("td").class("press").with(|page| {
                page.tag("div").class("acts").with(|page| {
                    open_form(page, view, &ajp.name, None);
                    Ask::Reset.link(page, view, &ajp.name, None);
                });
            });
        }
    });
}

/// How the worker is doing, and since when not well.
pub(super) fn state(page: &mut Page, view: &View<'_>, worker: &AjpReport) {
    page.tag("span").attr("data-watch", "state").with(|page| Mark::of_state(worker.state).write(page));
    if let (State::Error, Some(last)) = (worker.state, worker.last_error) {
        small(page, |page| {
            page.text(format_args!("last failed {} ago", Ago(view.report.ago(last.unix))));
        });
    }
    if worker.ajp.client_errors > 0 {
        small(page, |page| page.text((Count(worker.ajp.client_errors.into()), " client errors")));
    }
}
