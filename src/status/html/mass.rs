//! One attribute of all members of a balancer.

use super::field::{self, ACTIVATION, Input};
use super::form::{Target, back, cancel, confirm, hidden, panel, post};
use super::link::Link;
use super::view::View;
use super::writer::Page;
use crate::status::command::Kind;
use crate::status::report::{LbReport, MemberReport};

/// An attribute as all members have it.
struct Attribute {
    key: &'static str,
    label: &'static str,
    help: &'static str,
    input: Input,
    values: Vec<Vec<u8>>,
}

/// Writes the choice of an attribute, and the form of the one whose code is given.
pub(super) fn write(page: &mut Page, view: &View<'_>, lb: &LbReport, code: &[u8]) {
    let attributes = attributes(&lb.members);
    panel(page, |page| {
        page.tag("h2").attr("id", "h-panel").text(("All members of ", &lb.name));
        choice(page, view, lb, &attributes, code);
        match attributes.iter().find(|attribute| attribute.key.as_bytes() == code) {
            Some(attribute) => form(page, view, lb, attribute),
            None => page.raw("<p>Choose one of the attributes.</p>"),
        }
    });
}

fn attributes(members: &[MemberReport]) -> Vec<Attribute> {
    let of_member = [&ACTIVATION].into_iter().chain(field::MEMBER).map(|field| Attribute {
        key: field.key,
        label: field.label,
        help: field.help,
        input: field.input,
        values: members.iter().map(field.value).collect(),
    });
    let of_ajp = field::AJP.iter().map(|field| Attribute {
        key: field.key,
        label: field.label,
        help: field.help,
        input: field.input,
        values: members.iter().map(|member| (field.value)(&member.ajp)).collect(),
    });
    of_member.chain(of_ajp).collect()
}

fn choice(page: &mut Page, view: &View<'_>, lb: &LbReport, attributes: &[Attribute], code: &[u8]) {
    let form = page
        .tag("form")
        .class("end")
        .attr("action", &Link::start(view.answer.path))
        .flag("data-choice", true);
    form.with(|page| {
        hidden(page, "cmd", Kind::Edit.name().as_bytes());
        hidden(page, "from", back(view).name().as_bytes());
        hidden(page, "w", &lb.name);
        page.raw("<label for=\"i-att\">Attribute</label>");
        page.tag("select").class("inline").attr("id", "i-att").attr("name", "att").with(|page| {
            for attribute in attributes {
                let option = page.tag("option").attr("value", attribute.key);
                option.flag("selected", attribute.key.as_bytes() == code).text(attribute.label);
            }
        });
        page.raw("<button>Show</button>");
    });
}

fn form(page: &mut Page, view: &View<'_>, lb: &LbReport, attribute: &Attribute) {
    post(page, view, Target { kind: Kind::Update, worker: &lb.name, member: None }, |page| {
        hidden(page, "att", attribute.key.as_bytes());
        page.tag("div").class("wide").with(|page| {
            page.tag("table").with(|page| {
                page.tag("caption").text((attribute.label, attribute.input.unit(), " – ", attribute.help));
                page.raw("<thead><tr><th scope=\"col\">Member</th><th scope=\"col\">Value</th></tr></thead>");
                page.tag("tbody").with(|page| rows(page, lb, attribute));
            });
        });
        if attribute.key == ACTIVATION.key {
            confirm(page, "Members that are not active get fewer requests, or none.");
        }
        page.tag("div").class("end").with(|page| {
            page.raw("<button class=\"main\">Save</button>");
            cancel(page, view);
        });
    });
}

fn rows(page: &mut Page, lb: &LbReport, attribute: &Attribute) {
    for ((member, value), place) in lb.members.iter().zip(&attribute.values).zip(0..) {
        page.tag("tr").with(|page| {
            let name = format!("val{place}");
            page.tag("th").attr("scope", "row").with(|page| {
                page.tag("label").attr("for", &*format!("i-{name}")).text(&member.ajp.name);
            });
            page.tag("td").with(|page| attribute.input.control(page, &format!("i-{name}"), &name, value));
        });
    }
}
