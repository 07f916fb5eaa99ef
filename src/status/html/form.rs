//! Forms that change one balancer, one member or one AJP worker.

use super::ask::{Ask, buttons};
use super::field::{self, Field};
use super::link::Link;
use super::view::{Seat, View};
use super::writer::Page;
use crate::status::command::Kind;
use crate::status::report::{AjpCommon, AjpReport, LbReport};
use crate::status::token::Token;

/// What a form is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'t> {
    pub(super) kind: Kind,
    pub(super) worker: &'t [u8],
    pub(super) member: Option<&'t [u8]>,
}

/// A form that is sent by POST, with everything it needs but the fields themselves.
pub(super) fn post(page: &mut Page, view: &View<'_>, target: Target<'_>, fields: impl FnOnce(&mut Page)) {
    let action = Link::start(view.answer.path);
    let form = page.tag("form").attr("method", "post").attr("action", &action).attr("autocomplete", "off");
    form.with(|page| {
        hidden(page, "cmd", target.kind.name().as_bytes());
        hidden(page, "from", back(view).name().as_bytes());
        hidden(page, "w", target.worker);
        if let Some(member) = target.member {
            hidden(page, "sw", member);
        }
        if view.command.options.0 != 0 {
            hidden(page, "opt", view.command.options.0.to_string().as_bytes());
        }
        hidden(page, Token::FIELD, view.answer.token.text().as_bytes());
        fields(page);
    });
}

/// The view to go back to: where a form was opened, or where a button is.
pub(super) fn back(view: &View<'_>) -> Kind {
    if view.command.kind == Kind::Show { Kind::Show } else { view.command.from }
}

/// A field that nobody sees.
pub(super) fn hidden(page: &mut Page, name: &'static str, value: &[u8]) {
    page.tag("input").attr("type", "hidden").attr("name", name).attr("value", value).void();
}

/// The way out of a form.
pub(super) fn cancel(page: &mut Page, view: &View<'_>) {
    let link = match back(view) {
        Kind::Show => {
            view.link(Kind::Show).about(view.command.worker.as_deref(), view.command.member.as_deref())
        }
        Kind::List | Kind::Edit | Kind::Update | Kind::Reset | Kind::Version | Kind::Recover | Kind::Dump => {
            view.link(Kind::List)
        }
    };
    page.tag("a").class("button").attr("href", &link.end()).flag("data-close", true).text("Cancel");
}

/// A part of the page that can also be shown as a dialog.
pub(super) fn panel(page: &mut Page, content: impl FnOnce(&mut Page)) {
    page.tag("section").class("card").attr("id", "panel").attr("aria-labelledby", "h-panel").with(content);
}

/// The form of a balancer.
pub(super) fn balancer(page: &mut Page, view: &View<'_>, lb: &LbReport) {
    panel(page, |page| {
        page.tag("h2").attr("id", "h-panel").text(("Balancer ", &lb.name));
        let target = Target { kind: Kind::Update, worker: &lb.name, member: None };
        post(page, view, target, |page| {
            set(page, "", field::LB, lb);
            save(page, view);
        });
    });
}

/// The forms of a member.
pub(super) fn member(page: &mut Page, view: &View<'_>, seat: Seat<'_>) {
    let (lb, member) = (seat.lb, seat.member);
    let target = Target { kind: Kind::Update, worker: &lb.name, member: Some(&member.ajp.name) };
    panel(page, |page| {
        page.tag("h2").attr("id", "h-panel").with(|page| {
            page.text(("Member ", &member.ajp.name, " of ", &lb.name));
        });
        page.tag("div").class("end").with(|page| buttons(page, view, seat));
        post(page, view, target, |page| {
            set(page, "Balancing", field::MEMBER, member);
            set(page, "Connection", field::AJP, &member.ajp);
            save(page, view);
        });
        address(page, view, target, &member.ajp);
    });
}

/// The forms of an AJP worker that stands alone.
pub(super) fn ajp(page: &mut Page, view: &View<'_>, worker: &AjpReport) {
    let target = Target { kind: Kind::Update, worker: &worker.ajp.name, member: None };
    panel(page, |page| {
        page.tag("h2").attr("id", "h-panel").text(("AJP worker ", &worker.ajp.name));
        page.tag("div").class("end").with(|page| Ask::Reset.link(page, view, &worker.ajp.name, None));
        post(page, view, target, |page| {
            set(page, "Connection", field::AJP, &worker.ajp);
            save(page, view);
        });
        address(page, view, target, &worker.ajp);
    });
}

fn set<S>(page: &mut Page, legend: &'static str, fields: &[Field<S>], subject: &S) {
    page.tag("fieldset").with(|page| {
        if !legend.is_empty() {
            page.tag("legend").text(legend);
        }
        page.tag("div")
            .class("fields")
            .with(|page| fields.iter().for_each(|field| field.write(page, subject)));
    });
}

fn save(page: &mut Page, view: &View<'_>) {
    page.tag("div").class("end").with(|page| {
        page.raw("<button class=\"main\">Save</button>");
        cancel(page, view);
    });
}

/// A new address sends requests, and the secret with them, somewhere else: a form of its own, to be confirmed.
fn address(page: &mut Page, view: &View<'_>, target: Target<'_>, ajp: &AjpCommon) {
    post(page, view, target, |page| {
        page.tag("fieldset").with(|page| {
            page.raw("<legend>Address</legend>");
            page.tag("div").class("fields").with(|page| {
                page.tag("div").class("field").with(|page| {
                    page.raw("<label for=\"i-vahst\">Host</label>");
                    let input = page
                        .tag("input")
                        .attr("id", "i-vahst")
                        .attr("name", "vahst")
                        .attr("value", &ajp.host);
                    input.attr("maxlength", "63").attr("spellcheck", "false").flag("required", true).void();
                });
                page.tag("div").class("field").with(|page| {
                    page.raw("<label for=\"i-vaprt\">Port</label>");
                    let input =
                        page.tag("input").attr("id", "i-vaprt").attr("name", "vaprt").attr("value", ajp.port);
                    input
                        .attr("type", "number")
                        .attr("min", "0")
                        .attr("max", "65535")
                        .flag("required", true)
                        .void();
                });
            });
            confirm(page, "New requests, and the secret with them, go to this address at once.");
            page.raw("<div class=\"end\"><button class=\"hurts\">Change address</button></div>");
        });
    });
}

/// A box that has to be ticked before the form can be sent.
pub(super) fn confirm(page: &mut Page, what: &'static str) {
    page.tag("label").class("check").with(|page| {
        page.raw("<input type=\"checkbox\" required>");
        page.tag("span").text((what, " I want that."));
    });
}
