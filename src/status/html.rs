//! The page for people.
//!
//! One document that needs nothing else: style and script are inside, and the policy that goes with it
//! ([`policy`]) allows those two by their hashes and no others. It works without the script; with it the values
//! follow the server while the page is open. What the administrator, Tomcat or a client wrote is only ever written
//! through `writer`, which escapes.
//!
//! Forms are sent by POST to the path of the page, as `application/x-www-form-urlencoded`: the parameters of the
//! command as they would stand in a query, and the token.

mod ask;
mod detail;
mod field;
mod form;
mod frame;
mod glance;
mod legend;
mod link;
mod mass;
mod members;
mod number;
mod outcome;
mod policy;
mod rules;
mod section;
mod sha256;
mod spark;
mod verdict;
mod view;
mod workers;
mod writer;

use super::answer::{Answer, Content};
use super::command::Kind;

pub use policy::policy;
pub use section::section;
use view::View;
use writer::Page;

/// Writes the answer as a page.
pub fn render(answer: &Answer<'_>, out: &mut Vec<u8>) {
    out.extend(match (answer.result, answer.command()) {
        (Err(refusal), _) => outcome::refused(answer, refusal),
        (Ok(Content::Shown { report, .. }), Some(command)) => shown(&View { report, command, answer }),
        (Ok(Content::Done | Content::Shown { .. }), _) => outcome::done(answer),
    });
}

fn shown(view: &View<'_>) -> Vec<u8> {
    frame::write(view, |page| match view.command.kind {
        Kind::List | Kind::Update | Kind::Reset | Kind::Recover => list(page, view),
        Kind::Show => show(page, view),
        Kind::Edit => edit(page, view),
        Kind::Version => frame::versions(page, view),
        Kind::Dump => detail::configuration(page, view),
    })
}

fn list(page: &mut Page, view: &View<'_>) {
    page.tag("div").class("lead").with(|page| {
        verdict::write(page, view);
        frame::changes(page);
    });
    glance::write(page, view);
    for (place, lb) in view.report.balancers.iter().enumerate() {
        members::write(page, view, place, lb);
    }
    workers::write(page, view);
    rules::write(page, view);
    legend::write(page, view);
}

fn show(page: &mut Page, view: &View<'_>) {
    if let Some(seat) = view.seat() {
        detail::member(page, view, seat);
    } else if let Some(lb) = view.lb() {
        members::write(page, view, 0, lb);
        detail::balancer(page, view, lb);
    } else {
        view.report.ajp_workers.iter().for_each(|worker| detail::ajp(page, view, worker));
    }
    if view.report.balancers.is_empty() && view.report.ajp_workers.is_empty() {
        page.raw("<p class=\"card\">There is nothing to show of this worker.</p>");
    }
    frame::changes(page);
    rules::write(page, view);
    legend::write(page, view);
}

fn edit(page: &mut Page, view: &View<'_>) {
    if ask::write(page, view) {
        return;
    }
    match (view.lb(), view.seat(), view.command.attribute.as_deref()) {
        (Some(lb), _, Some(code)) => mass::write(page, view, lb, code),
        (Some(_), Some(seat), None) => form::member(page, view, seat),
        (Some(lb), None, None) => form::balancer(page, view, lb),
        (None, _, _) => view.report.ajp_workers.iter().for_each(|worker| form::ajp(page, view, worker)),
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
