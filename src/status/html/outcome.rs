//! Short pages: something was done, or was not.

use super::frame;
use super::link::Link;
use super::view::icon;
use super::writer::Page;
use crate::status::answer::Answer;
use crate::status::command::Kind;
use crate::status::refusal::{FINISHED, Refusal};

/// Seconds until the page of a command that went well goes back by itself.
const BACK: u32 = 3;

/// The page after a command that changed something. It goes back by itself to the view named by `from`.
pub(super) fn done(answer: &Answer<'_>) -> Vec<u8> {
    let link = back(answer);
    let again = |page: &mut Page| {
        let refresh = page.tag("meta").attr("http-equiv", "refresh");
        let to = String::from_utf8_lossy(link.bytes());
        refresh.attr("content", format_args!("{BACK};url={to}")).void();
    };
    short(answer, again, |page| {
        page.tag("section").class("card verdict good").attr("id", "outcome").attr("data-done", "").with(
            |page| {
                icon(page, "#i-tick");
                page.tag("p").attr("role", "status").with(|page| page.tag("strong").text(FINISHED));
                page.tag("a").class("button").attr("href", &link).text("Back");
            },
        );
    })
}

/// The page of a request that is not obeyed.
pub(super) fn refused(answer: &Answer<'_>, refusal: &Refusal) -> Vec<u8> {
    short(
        answer,
        |_| (),
        |page| {
            page.tag("section").class("card verdict bad").attr("id", "outcome").with(|page| {
                icon(page, "#i-cross");
                page.tag("div").with(|page| {
                    page.tag("p").attr("role", "alert").with(|page| {
                        page.tag("strong").text(format_args!("{refusal}"));
                    });
                    page.tag("p").class("soft").text(advice(refusal));
                });
                if *refusal != Refusal::Denied {
                    page.tag("a")
                        .class("button")
                        .attr("href", &Link::start(answer.path))
                        .text("To the start page");
                }
            });
        },
    )
}

fn back<'c>(answer: &'c Answer<'_>) -> Link<'c> {
    let Some(command) = answer.command() else { return Link::start(answer.path) };
    match command.from {
        Kind::Show | Kind::Edit => {
            let link = Link::to(answer.path, command, command.from);
            link.about(command.worker.as_deref(), command.member.as_deref()).end()
        }
        Kind::List | Kind::Update | Kind::Reset | Kind::Version | Kind::Recover | Kind::Dump => {
            Link::to(answer.path, command, Kind::List).end()
        }
    }
}

/// What one can do about it.
const fn advice(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Denied => "The property user of this status worker does not name you.",
        Refusal::Foreign => {
            "Nothing was changed. Open the page anew and try once more; scripts see the reference."
        }
        Refusal::BadQuery => "The address holds a % that is not followed by two digits. Nothing was changed.",
        Refusal::ReadOnly => "Nothing was changed.",
        Refusal::UnknownCommand | Refusal::UnknownMime => "The address holds a word that is not known here.",
        Refusal::NoWorker | Refusal::EmptyMember => "The address does not say which worker is meant.",
        Refusal::UnknownWorker => "It may have been removed by a restart, or it is not in worker.list.",
        Refusal::UnknownMember => "It may have been removed by a restart.",
        Refusal::NoMembers => "Only balancers have members.",
        Refusal::Wildcard => "Patterns are for updates.",
        Refusal::BadText { .. } | Refusal::Unresolved { .. } => "The value before is still in force.",
        Refusal::UpdateFailed | Refusal::ResetFailed => "Status workers have nothing that could be changed.",
        Refusal::RecoverFailed => {
            "Only a member in error can be tried again. It may have recovered meanwhile."
        }
        Refusal::DumpFailed => "There are no properties.",
    }
}

fn short(answer: &Answer<'_>, more: impl FnOnce(&mut Page), content: impl FnOnce(&mut Page)) -> Vec<u8> {
    let mut page = Page::default();
    frame::head(&mut page, answer, more);
    page.tag("body").with(|page| {
        page.raw(frame::ICONS);
        page.raw("<header class=\"top\"><h1>JK Status Manager</h1></header>");
        page.tag("main").attr("id", "main").with(content);
    });
    page.raw("</html>\n");
    page.finish()
}
