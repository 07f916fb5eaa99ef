//! What a page is made from, and what follows from it alone.

use super::link::Link;
use super::writer::Page;
use crate::balance::{Activation, State};
use crate::status::answer::Answer;
use crate::status::command::{Command, Kind, Mime};
use crate::status::rating::{Rating, rate};
use crate::status::report::{AjpCommon, LbReport, MemberReport, Report};

/// All that a page is made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'v> {
    pub(super) report: &'v Report,
    pub(super) command: &'v Command,
    pub(super) answer: &'v Answer<'v>,
}

/// A member and the balancer it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat<'v> {
    pub(super) lb: &'v LbReport,
    pub(super) member: &'v MemberReport,
}

impl<'v> View<'v> {
    /// Whether one of these parts was asked not to be shown.
    pub(super) fn hides(&self, bits: u32) -> bool {
        self.command.options.has(bits)
    }

    /// Whether forms and buttons are offered.
    pub(super) fn may_change(&self) -> bool {
        !self.answer.asked.read_only
    }

    /// A link to a command.
    pub(super) fn link(&self, kind: Kind) -> Link<'v> {
        Link::to(self.answer.path, self.command, kind)
    }

    /// A link to this view in another form.
    pub(super) fn same(&self, mime: Mime) -> Link<'v> {
        Link::same(self.answer.path, self.command, mime)
    }

    /// How well a member does, by the lists of the status worker.
    pub(super) fn rating(&self, member: &MemberReport) -> Rating {
        rate(self.answer.spec, member)
    }

    /// The balancer and the member that the command names.
    pub(super) fn seat(&self) -> Option<Seat<'v>> {
        let lb = self.lb()?;
        let name = self.command.member.as_deref()?;
        let member = lb.members.iter().find(|member| *member.ajp.name == *name)?;
        Some(Seat { lb, member })
    }

    /// The balancer that the command names.
    pub(super) fn lb(&self) -> Option<&'v LbReport> {
        let name = self.command.worker.as_deref()?;
        self.report.balancers.iter().find(|lb| *lb.name == *name)
    }
}

/// A mark says one thing three times: by shape, word and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) icon: &'static str,
    pub(super) word: &'static str,
}

const fn mark(class: &'static str, icon: &'static str, word: &'static str) -> Mark {
    Mark { class, icon, word }
}

impl Mark {
    /// How a member or worker is doing.
    pub(super) const fn of_state(state: State) -> Self {
        match state {
            State::Idle => mark("mark good", "#i-ring", "Idle"),
            State::Ok => mark("mark good", "#i-dot", "OK"),
            State::Recover => mark("mark warn", "#i-half", "Recovering"),
            State::Force => mark("mark warn", "#i-half", "Forced recovery"),
            State::Busy => mark("mark warn", "#i-up", "Busy"),
            State::Error => mark("mark bad", "#i-cross", "Error"),
            State::Probe => mark("mark warn", "#i-half", "Being tried"),
        }
    }

    /// What a member may do.
    pub(super) const fn of_activation(activation: Activation) -> Self {
        match activation {
            Activation::Active => mark("mark good", "#i-go", "Active"),
            Activation::Disabled => mark("mark warn", "#i-pause", "Disabled"),
            Activation::Stopped => mark("mark off", "#i-stop", "Stopped"),
        }
    }

    /// How a balancer is doing.
    pub(super) const fn of_rating(rating: Rating) -> Self {
        match rating {
            Rating::Good => mark("mark good", "#i-dot", "Good"),
            Rating::Degraded => mark("mark warn", "#i-half", "Degraded"),
            Rating::Bad => mark("mark bad", "#i-cross", "Bad"),
        }
    }

    /// Writes it.
    pub(super) fn write(self, page: &mut Page) {
        page.tag("span").class(self.class).with(|page| {
            icon(page, self.icon);
            page.text(self.word);
        });
    }
}

/// One of the drawings of the frame; it repeats what a word beside it says.
pub(super) fn icon(page: &mut Page, name: &'static str) {
    page.tag("svg").class("icon").attr("aria-hidden", "true").with(|page| {
        page.tag("use").attr("href", name).with(|_| ());
    });
}

/// What `host:port` of a worker is, as it was written.
pub(super) fn endpoint(page: &mut Page, ajp: &AjpCommon) {
    let is_ipv6 = ajp.host.contains(&b':') && ajp.host.first() != Some(&b'[');
    page.raw(if is_ipv6 { "[" } else { "" });
    page.text(&ajp.host);
    page.raw(if is_ipv6 { "]:" } else { ":" });
    page.text(ajp.port);
}
