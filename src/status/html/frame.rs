//! What stands around every page: head, title, ways to other forms, versions.

use super::policy::{SCRIPT, STYLE};
use super::view::View;
use super::writer::Page;
use crate::status::answer::Answer;
use crate::status::command::{Kind, Mime, Options};

/// Drawings that the page refers to by name.
pub(super) const ICONS: &str = include_str!("../icons.svg");

/// Seconds between two looks of the script, unless `re` says otherwise.
const EVERY: u32 = 5;

/// A whole page.
pub(super) fn write(view: &View<'_>, content: impl FnOnce(&mut Page)) -> Vec<u8> {
    let every = if view.command.refresh == 0 { EVERY } else { view.command.refresh };
    let mut page = Page::default();
    head(&mut page, view.answer, |page| refresh(page, view));
    page.tag("body").attr("data-every", every).with(|page| {
        page.raw(ICONS);
        page.raw("<a class=\"skip\" href=\"#main\">Skip to the content</a>");
        top(page, view);
        page.tag("main").attr("id", "main").attr("tabindex", "-1").with(content);
        foot(page, view);
        page.tag("script").with(|page| {
            page.raw(SCRIPT);
        });
    });
    page.raw("</html>\n");
    page.finish()
}

/// Everything before the body.
pub(super) fn head(page: &mut Page, answer: &Answer<'_>, more: impl FnOnce(&mut Page)) {
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">");
    page.tag("head").with(|page| {
        page.raw("<meta charset=\"utf-8\">");
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.raw("<meta name=\"robots\" content=\"noindex, nofollow\">");
        page.raw("<title>JK Status Manager</title><link rel=\"icon\" href=\"data:,\">");
        page.tag("style").with(|page| {
            page.raw(STYLE);
        });
        if let Some(css) = &answer.spec.css {
            page.tag("link").attr("rel", "stylesheet").attr("href", css).void();
        }
        more(page);
    });
}

/// Without the script the browser asks again by itself.
fn refresh(page: &mut Page, view: &View<'_>) {
    if view.command.refresh == 0 || !matches!(view.command.kind, Kind::List | Kind::Show) {
        return;
    }
    page.tag("noscript").with(|page| {
        let again = page.tag("meta").attr("http-equiv", "refresh");
        again.attr("content", view.command.refresh).void();
    });
}

fn top(page: &mut Page, view: &View<'_>) {
    page.tag("header").class("top").with(|page| {
        page.tag("h1").with(|page| {
            page.tag("a").attr("href", &view.link(Kind::List).end()).text("JK Status Manager");
            page.raw(" ");
            page.tag("span").class("soft").with(|page| {
                page.text(("for ", &view.report.server_name));
                page.text(format_args!(":{}", view.report.server_port));
                page.raw(if view.may_change() { "" } else { " (read only)" });
            });
        });
        page.tag("p").class("live small soft").attr("id", "live").with(|page| {
            page.tag("span").text(&*view.report.now.readable());
            let pause = page.tag("button").attr("type", "button").class("small").flag("hidden", true);
            pause.text("Pause");
        });
    });
}

/// Where the script writes what changed while the page was open.
pub(super) fn changes(page: &mut Page) {
    page.tag("section")
        .class("card")
        .attr("id", "changes")
        .attr("aria-labelledby", "h-changes")
        .flag("hidden", true)
        .with(|page| {
            page.raw("<h2 id=\"h-changes\">Changes since you opened this page</h2>");
            page.raw("<ol class=\"log\" role=\"log\" tabindex=\"0\" aria-labelledby=\"h-changes\"></ol>");
        });
}

fn foot(page: &mut Page, view: &View<'_>) {
    page.tag("footer").class("foot").with(|page| {
        match view.command.kind {
            Kind::List | Kind::Show => {
                forms(page, view);
                parts(page, view);
            }
            Kind::Version | Kind::Dump => forms(page, view),
            Kind::Edit | Kind::Update | Kind::Reset | Kind::Recover => {}
        }
        page.tag("p").text((&view.report.web_server, " · ", &view.report.jk_version));
    });
}

/// Links to the same in other forms.
fn forms(page: &mut Page, view: &View<'_>) {
    page.tag("nav").class("row").attr("aria-label", "Other forms of this page").with(|page| {
        page.raw("<span>As</span>");
        for (mime, word) in [
            (Mime::Xml, "XML"),
            (Mime::Text, "text"),
            (Mime::Properties, "properties"),
            (Mime::Json, "JSON"),
            (Mime::Metrics, "metrics"),
        ] {
            page.tag("a").attr("href", &view.same(mime).end()).text(word);
        }
        page.raw("<span aria-hidden=\"true\">·</span>");
        page.tag("a").attr("href", &view.link(Kind::Dump).end()).text("Start-up properties");
        page.tag("noscript").with(|page| reload(page, view));
        if !view.answer.spec.read_only {
            switch(page, view, Options::READ_ONLY, "Read only", "Allow changes");
        }
    });
}

fn reload(page: &mut Page, view: &View<'_>) {
    let (link, word) = if view.command.refresh == 0 {
        (view.same(Mime::Html).and("re", b"10"), "Reload every 10 s")
    } else {
        (view.same(Mime::Html), "Stop reloading")
    };
    page.tag("a").attr("href", &link.end()).text(word);
}

/// Links that show and hide parts of the page.
fn parts(page: &mut Page, view: &View<'_>) {
    page.tag("nav").class("row").attr("aria-label", "Parts of this page").with(|page| {
        for (bit, hide, show) in [
            (Options::HIDE_LB_SUMMARY, "Hide summary", "Show summary"),
            (Options::HIDE_BALANCERS, "Hide balancers", "Show balancers"),
            (Options::HIDE_MEMBERS, "Hide members", "Show members"),
            (Options::HIDE_LB_CONFIGURATION, "Hide balancer settings", "Show balancer settings"),
            (Options::HIDE_AJP_WORKERS, "Hide AJP workers", "Show AJP workers"),
            (Options::HIDE_AJP_CONFIGURATION, "Hide addresses", "Show addresses"),
            (Options::HIDE_MAPS, "Hide rules", "Show rules"),
            (Options::HIDE_LEGEND, "Hide legend", "Show legend"),
        ] {
            switch(page, view, bit, hide, show);
        }
    });
}

fn switch(page: &mut Page, view: &View<'_>, bit: u32, hide: &str, show: &str) {
    let other = Options(view.command.options.0 ^ bit);
    let word = if view.hides(bit) { show } else { hide };
    page.tag("a").attr("href", &view.same(Mime::Html).with_options(other)).text(word);
}

/// The page of `cmd=version`.
pub(super) fn versions(page: &mut Page, view: &View<'_>) {
    let report = view.report;
    page.tag("section").class("card").attr("aria-labelledby", "h-versions").with(|page| {
        page.raw("<h2 id=\"h-versions\">Versions</h2>");
        page.tag("dl").class("all").with(|page| {
            pair(page, "Server version", |page| page.text(&report.web_server));
            pair(page, "JK version", |page| page.text(&report.jk_version));
            pair(page, "Server time", |page| page.text(&*report.now.readable()));
            pair(page, "Unix seconds", |page| page.text(report.now.unix.0));
        });
    });
}

/// A name and its value in a list of class `all`.
pub(super) fn pair(page: &mut Page, name: &str, value: impl FnOnce(&mut Page)) {
    page.tag("div").with(|page| {
        page.tag("dt").text(name);
        page.tag("dd").with(value);
    });
}
