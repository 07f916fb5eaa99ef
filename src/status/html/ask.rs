//! Buttons of members and balancers, and the question before those that users may feel.

use super::field::ACTIVATION;
use super::form::{Target, back, cancel, hidden, panel, post};
use super::members::named;
use super::view::{Seat, View};
use super::writer::Page;
use crate::balance::{Activation, State};
use crate::status::command::Kind;

/// The parameter of `cmd=edit` that asks instead of showing a form; mod_jk knows no such key and ignores it.
const KEY: &str = "ask";

/// What is asked before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Disable a member.
    Disable,
    /// Stop a member.
    Stop,
    /// Set counters to zero.
    Reset,
}

impl Ask {
    const ALL: [Self; 3] = [Self::Disable, Self::Stop, Self::Reset];

    const fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Stop => "stop",
            Self::Reset => "reset",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Disable => "Drain",
            Self::Stop => "Stop",
            Self::Reset => "Reset",
        }
    }

    const fn consequence(self) -> &'static str {
        match self {
            Self::Disable => {
                "It becomes disabled: sessions it has stay with it, everything new goes to other members. Once it \
                 is no longer busy it can be stopped without anybody noticing."
            }
            Self::Stop => {
                "It gets no more requests. Requests under way are finished; its sessions go to other members, and \
                 are lost if the Tomcats do not share them."
            }
            Self::Reset => {
                "All counters begin again at zero. A member in error gets requests again at once, and one that is \
                 reset alone gets more than its share until the others are caught up."
            }
        }
    }

    const fn kind(self) -> Kind {
        match self {
            Self::Disable | Self::Stop => Kind::Update,
            Self::Reset => Kind::Reset,
        }
    }

    const fn activation(self) -> Option<&'static [u8]> {
        match self {
            Self::Disable => Some(b"d"),
            Self::Stop => Some(b"s"),
            Self::Reset => None,
        }
    }

    /// A button that leads to the question.
    pub(super) fn link(self, page: &mut Page, view: &View<'_>, worker: &[u8], member: Option<&[u8]>) {
        let link =
            view.link(Kind::Edit).and("from", back(view).name().as_bytes()).about(Some(worker), member);
        let link = link.and(KEY, self.name().as_bytes()).end();
        let button = page.tag("a").class("button").attr("href", &link).flag("data-ask", true);
        button.with(|page| named(page, self.word(), member.unwrap_or(worker)));
    }

    fn question(self, page: &mut Page, view: &View<'_>, worker: &[u8]) {
        let member = view.command.member.as_deref();
        let name = member.unwrap_or(worker);
        panel(page, |page| {
            page.tag("h2").attr("id", "h-panel").with(|page| {
                page.text((self.word(), " ", name));
                if member.is_some() {
                    page.text((" of ", worker));
                }
                page.raw("?");
            });
            page.tag("p").text(self.consequence());
            post(page, view, Target { kind: self.kind(), worker, member }, |page| {
                if let Some(value) = self.activation() {
                    hidden(page, ACTIVATION.key, value);
                }
                page.tag("div").class("end").with(|page| {
                    page.tag("button").class("main hurts").text((self.word(), " ", name));
                    cancel(page, view);
                });
            });
        });
    }
}

/// Writes the question that the command asks for, if it does.
pub(super) fn write(page: &mut Page, view: &View<'_>) -> bool {
    let word = view.command.parameters.get(KEY);
    let ask = Ask::ALL.into_iter().find(|ask| word == Some(ask.name().as_bytes()));
    let (Some(ask), Some(worker)) = (ask, view.command.worker.as_deref()) else { return false };
    if ask.activation().is_some() && view.seat().is_none() {
        return false;
    }
    ask.question(page, view, worker);
    true
}

/// The buttons of a row: what one wants at night.
pub(super) fn press(page: &mut Page, view: &View<'_>, seat: Seat<'_>) {
    activation(page, view, seat);
    open_form(page, view, &seat.lb.name, Some(&seat.member.ajp.name));
}

/// All buttons of a member but `Edit`.
pub(super) fn buttons(page: &mut Page, view: &View<'_>, seat: Seat<'_>) {
    activation(page, view, seat);
    if seat.member.activation == Activation::Active {
        Ask::Stop.link(page, view, &seat.lb.name, Some(&seat.member.ajp.name));
    }
    Ask::Reset.link(page, view, &seat.lb.name, Some(&seat.member.ajp.name));
}

fn activation(page: &mut Page, view: &View<'_>, seat: Seat<'_>) {
    let (lb, name) = (&seat.lb.name, &seat.member.ajp.name);
    if seat.member.state == State::Error {
        at_once(page, view, seat, Kind::Recover, "Try now", None);
    }
    match seat.member.activation {
        Activation::Active => Ask::Disable.link(page, view, lb, Some(name)),
        Activation::Disabled => {
            at_once(page, view, seat, Kind::Update, "Activate", Some(b"a"));
            Ask::Stop.link(page, view, lb, Some(name));
        }
        Activation::Stopped => at_once(page, view, seat, Kind::Update, "Activate", Some(b"a")),
    }
}

/// A button for what hurts nobody.
fn at_once(
    page: &mut Page,
    view: &View<'_>,
    seat: Seat<'_>,
    kind: Kind,
    word: &'static str,
    to: Option<&[u8]>,
) {
    let name = &seat.member.ajp.name;
    post(page, view, Target { kind, worker: &seat.lb.name, member: Some(name) }, |page| {
        if let Some(value) = to {
            hidden(page, ACTIVATION.key, value);
        }
        page.tag("button").class("button").with(|page| named(page, word, name));
    });
}

/// A button that opens the form of a worker or member.
pub(super) fn open_form(page: &mut Page, view: &View<'_>, worker: &[u8], member: Option<&[u8]>) {
    let link =
        view.link(Kind::Edit).and("from", back(view).name().as_bytes()).about(Some(worker), member).end();
    let edit = page.tag("a").class("button").attr("href", &link).flag("data-ask", true);
    edit.with(|page| named(page, "Edit", member.unwrap_or(worker)));
}
