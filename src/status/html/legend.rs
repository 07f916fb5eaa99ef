//! What the words and shapes of the page mean.

use super::view::{Mark, View};
use super::writer::Page;
use crate::balance::{Activation, State};
use crate::status::command::Options;

/// Writes the legend.
pub(super) fn write(page: &mut Page, view: &View<'_>) {
    if view.hides(Options::HIDE_LEGEND) {
        return;
    }
    page.tag("details").class("card").attr("id", "legend").with(|page| {
        page.raw("<summary>What the words mean</summary>");
        page.tag("dl").class("words").with(|page| {
            for state in STATES {
                page.tag("dt").with(|page| Mark::of_state(state).write(page));
                page.tag("dd").with(|page| {
                    page.tag("span").class("mono").text(state.label());
                    page.text((" – ", meaning(state)));
                });
            }
            for activation in [Activation::Active, Activation::Disabled, Activation::Stopped] {
                page.tag("dt").with(|page| Mark::of_activation(activation).write(page));
                page.tag("dd").with(|page| {
                    page.tag("span").class("mono").text(activation.short());
                    page.text((" – ", permission(activation)));
                });
            }
        });
    });
}

const STATES: [State; 7] =
    [State::Ok, State::Idle, State::Busy, State::Recover, State::Force, State::Probe, State::Error];

const fn meaning(state: State) -> &'static str {
    match state {
        State::Ok => "it serves",
        State::Idle => "no request since the last maintenance",
        State::Busy => "all its connections are in use, or its busy limit is reached",
        State::Recover => "was in error; the next request tries it",
        State::Force => "was in error; tried because nobody else is left",
        State::Probe => "was in error; a request is trying it now",
        State::Error => "gets no requests until its recover time is over",
    }
}

const fn permission(activation: Activation) -> &'static str {
    match activation {
        Activation::Active => "gets all kinds of requests",
        Activation::Disabled => "gets only requests of sessions it has",
        Activation::Stopped => "gets nothing",
    }
}
