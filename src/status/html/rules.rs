//! Which requests go where: the mapping rules, with a search.
//!
//! The search is a form of its own that works without the script. Its keys are ours; mod_jk ignores them.

use super::form::hidden;
use super::link::Link;
use super::number::Count;
use super::view::View;
use super::writer::Page;
use crate::status::command::{Kind, Mime, Options};
use crate::status::report::{MapReport, Matching};
use crate::uri::Source;

/// What rules have to contain to be shown.
const FIND: &str = "find";

/// `all`: as many as there are.
const RULES: &str = "rules";

/// As many are shown unless all are asked for.
const SOME: usize = 100;

/// A rule and the worker it leads to.
struct Row<'v> {
    worker: &'v [u8],
    map: &'v MapReport,
}

/// Writes the rules of the workers that are shown.
pub(super) fn write(page: &mut Page, view: &View<'_>) {
    if view.hides(Options::HIDE_MAPS) || view.seat().is_some() {
        return;
    }
    let rows = rows(view);
    let wanted = view.command.parameters.get(FIND).unwrap_or_default();
    let found: Vec<&Row<'_>> = rows.iter().filter(|row| matches(row, wanted)).collect();
    let all = view.command.parameters.get(RULES) == Some(b"all");
    let shown = if all { found.len() } else { found.len().min(SOME) };
    page.tag("section").class("card").attr("id", "rules").attr("aria-labelledby", "h-rules").with(|page| {
        page.tag("div").class("head").with(|page| {
            page.raw("<h2 id=\"h-rules\">Rules</h2>");
            search(page, view, wanted, shown == rows.len());
        });
        page.tag("div").attr("id", "found").with(|page| {
            page.tag("p").class("small soft").attr("role", "status").with(|page| {
                count(page, view, shown, found.len(), rows.len());
            });
            if shown > 0 {
                table(page, found.get(..shown).unwrap_or_default());
            }
        });
    });
}

fn rows<'v>(view: &View<'v>) -> Vec<Row<'v>> {
    let report = view.report;
    let of_lbs =
        report.balancers.iter().flat_map(|lb| lb.maps.iter().map(|map| Row { worker: &lb.name, map }));
    let of_ajp = report
        .ajp_workers
        .iter()
        .flat_map(|ajp| ajp.maps.iter().map(|map| Row { worker: &ajp.ajp.name, map }));
    of_lbs.chain(of_ajp).collect()
}

/// Whether the pattern, the worker or the server of a rule contains what is searched for, in either case.
fn matches(row: &Row<'_>, wanted: &[u8]) -> bool {
    wanted.is_empty()
        || [&*row.map.uri, row.worker, &*row.map.server].into_iter().any(|text| {
            text.windows(wanted.len())
                .any(|part| part.iter().zip(wanted).all(|(byte, wanted)| is(*byte, *wanted)))
        })
}

/// In a query some characters have become `@`.
const fn is(byte: u8, wanted: u8) -> bool {
    byte.eq_ignore_ascii_case(&wanted) || (wanted == b'@' && matches!(byte, b'<' | b'>' | b'?' | b'"'))
}

fn search(page: &mut Page, view: &View<'_>, wanted: &[u8], complete: bool) {
    let form =
        page.tag("form").class("find").attr("role", "search").attr("action", &Link::start(view.answer.path));
    form.flag("data-search", true).flag("data-complete", complete).with(|page| {
        if view.command.kind != Kind::List {
            hidden(page, "cmd", view.command.kind.name().as_bytes());
        }
        if let Some(worker) = &view.command.worker {
            hidden(page, "w", worker);
        }
        page.raw("<label for=\"i-find\">Find</label>");
        let input = page.tag("input").attr("id", "i-find").attr("type", "search").attr("name", FIND);
        input
            .attr("value", wanted)
            .attr("placeholder", "path, worker or server")
            .attr("autocomplete", "off")
            .void();
        if view.command.options.0 != 0 {
            hidden(page, "opt", view.command.options.0.to_string().as_bytes());
        }
        page.raw("<button>Search</button>");
    });
}

fn count(page: &mut Page, view: &View<'_>, shown: usize, found: usize, all: usize) {
    let number = |count: usize| Count(u64::try_from(count).unwrap_or(u64::MAX));
    match found {
        0 if all == 0 => page.raw("There are no rules."),
        0 => page.text(format_args!("None of {} rules contains that.", number(all))),
        _ if shown == all => page.text(format_args!("All {} rules.", number(all))),
        _ if found == all => page.text(format_args!("{} of {} rules.", number(shown), number(all))),
        _ => {
            page.text(format_args!(
                "{} of {} found among {} rules.",
                number(shown),
                number(found),
                number(all)
            ));
        }
    }
    if shown < found {
        let link = view.same(Mime::Html).and(FIND, view.command.parameters.get(FIND).unwrap_or_default());
        page.raw(" ");
        page.tag("a").attr("href", &link.and(RULES, b"all").end()).text("Show all");
    }
}

fn table(page: &mut Page, rows: &[&Row<'_>]) {
    page.tag("div").class("wide").with(|page| {
        page.tag("table").class("cards dense").with(|page| {
            page.raw("<caption class=\"sr\">Rules</caption><thead><tr>");
            for name in ["Path", "Worker", "Kind", "Server", "Written in", "Settings"] {
                page.tag("th").attr("scope", "col").text(name);
            }
            page.raw("</tr></thead>");
            page.tag("tbody").with(|page| {
                for row in rows {
                    page.tag("tr").with(|page| write_row(page, row));
                }
            });
        });
    });
}

fn write_row(page: &mut Page, row: &Row<'_>) {
    let map = row.map;
    page.tag("th").attr("scope", "row").class("mono").text(&map.uri);
    page.tag("td").attr("data-name", "Worker").text(row.worker);
    page.tag("td").attr("data-name", "Kind").with(|page| {
        page.raw(match map.matching {
            Matching::Exact => "exact",
            Matching::Wildcard => "wildcard",
        });
        page.raw(if map.unmount { ", exclusion" } else { "" });
        page.raw(if map.disabled { ", switched off" } else { "" });
    });
    page.tag("td").attr("data-name", "Server").text(&map.server);
    page.tag("td").attr("data-name", "Written in").text(match map.source {
        Source::WorkerMount => "worker definition",
        Source::Directive => "JkMount",
        Source::File => "uriworkermap",
    });
    page.tag("td").attr("data-name", "Settings").with(|page| settings(page, map));
}

/// What a rule says besides path and worker; nothing where it says nothing.
fn settings(page: &mut Page, map: &MapReport) {
    let mut first = true;
    let mut put = |page: &mut Page, name: &'static str, value: &[u8]| {
        if !value.is_empty() {
            page.text((if first { "" } else { "; " }, name, value));
            first = false;
        }
    };
    let number =
        |value: i32, is_told: bool| if is_told { value.to_string().into_bytes() } else { Vec::new() };
    let flag = |is_set: bool| if is_set { &b"yes"[..] } else { b"" };
    put(page, "reply_timeout=", &number(map.reply_timeout, map.reply_timeout >= 0));
    put(page, "sticky_ignore=", flag(map.sticky_ignore));
    put(page, "stateless=", flag(map.stateless));
    put(page, "fail_on_status=", &map.fail_on_status);
    put(page, "active=", &map.active);
    put(page, "disabled=", &map.disabled_members);
    put(page, "stopped=", &map.stopped_members);
    put(page, "use_server_errors=", &number(map.use_server_errors, map.use_server_errors != 0));
}
