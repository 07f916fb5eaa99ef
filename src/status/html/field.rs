//! What can be changed in the forms: one entry per parameter, with its name, its limits and its present value.

use super::writer::Page;
use crate::status::report::{AjpCommon, LbReport, MemberReport};

/// One parameter of an update.
pub(super) struct Field<S: 'static> {
    /// The key of the parameter.
    pub(super) key: &'static str,
    /// What people call it.
    pub(super) label: &'static str,
    /// What else there is to know, such as the unit.
    pub(super) help: &'static str,
    /// How it is filled in.
    pub(super) input: Input,
    /// The value it has now.
    pub(super) value: fn(&S) -> Vec<u8>,
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A number from here on, at most `i32::MAX`.
    From(u32),
    /// The same, of milliseconds.
    Millis(u32),
    /// The same, of seconds.
    Seconds(u32),
    /// A number of bytes of a packet.
    Packet,
    /// Text of at most 63 bytes.
    Text,
    /// One of these: value and word.
    Choice(&'static [(&'static str, &'static str)]),
}

const NO_YES: Input = Input::Choice(&[("0", "no"), ("1", "yes")]);

/// What a member may do.
pub(super) const ACTIVATION: Field<MemberReport> = Field {
    key: "vwa",
    label: "Activation",
    help: "disabled: only sessions it has; stopped: nothing",
    input: Input::Choice(&[("a", "active"), ("d", "disabled"), ("s", "stopped")]),
    value: |member| vec![member.activation.name().as_bytes().first().map_or(b'a', u8::to_ascii_lowercase)],
};

/// Settings of a balancer.
pub(super) const LB: &[Field<LbReport>] = &[
    Field {
        key: "vlm",
        label: "Method",
        help: "what is balanced",
        input: Input::Choice(&[
            ("R", "requests"),
            ("S", "sessions"),
            ("T", "traffic"),
            ("B", "busyness"),
            ("N", "next"),
        ]),
        value: |lb| lb.method.label().bytes().take(1).collect(),
    },
    Field {
        key: "vls",
        label: "Sticky sessions",
        help: "a session stays with its member",
        input: NO_YES,
        value: |lb| flag(lb.sticky_session),
    },
    Field {
        key: "vlf",
        label: "Force sticky sessions",
        help: "it fails rather than move",
        input: NO_YES,
        value: |lb| flag(lb.sticky_session_force),
    },
    Field {
        key: "vlr",
        label: "Retries",
        help: "rounds over the members",
        input: Input::From(1),
        value: |lb| number(lb.retries),
    },
    Field {
        key: "vlri",
        label: "Retry interval",
        help: "between rounds",
        input: Input::Millis(1),
        value: |lb| number(lb.retry_interval),
    },
    Field {
        key: "vlt",
        label: "Recover time",
        help: "how long a failed member is left alone",
        input: Input::Seconds(1),
        value: |lb| number(lb.recover_time),
    },
    Field {
        key: "vlee",
        label: "Error escalation time",
        help: "until errors of some requests count for the member",
        input: Input::Seconds(1),
        value: |lb| number(lb.error_escalation_time),
    },
    Field {
        key: "vlx",
        label: "Max reply timeouts",
        help: "late replies a member may have",
        input: Input::From(0),
        value: |lb| number(lb.max_reply_timeouts),
    },
    Field {
        key: "vll",
        label: "Lock",
        help: "how exactly members are counted",
        input: Input::Choice(&[("O", "optimistic"), ("P", "pessimistic")]),
        value: |lb| lb.lock.label().bytes().take(1).collect(),
    },
];

/// The part of a member in its balancer, besides its activation.
pub(super) const MEMBER: &[Field<MemberReport>] = &[
    Field {
        key: "vwf",
        label: "Factor",
        help: "share of the load",
        input: Input::From(1),
        value: |member| number(member.factor),
    },
    Field {
        key: "vwd",
        label: "Distance",
        help: "members of a smaller one come first",
        input: Input::From(0),
        value: |member| number(member.distance),
    },
    Field {
        key: "vwn",
        label: "Route",
        help: "the jvmRoute of its Tomcat",
        input: Input::Text,
        value: |member| member.route.to_vec(),
    },
    Field {
        key: "vwr",
        label: "Redirect",
        help: "route of the member that takes over first",
        input: Input::Text,
        value: |member| member.redirect.to_vec(),
    },
    Field {
        key: "vwc",
        label: "Domain",
        help: "members that share sessions",
        input: Input::Text,
        value: |member| member.domain.to_vec(),
    },
];

/// The connection to one Tomcat, besides its address.
pub(super) const AJP: &[Field<AjpCommon>] = &[
    Field {
        key: "vabl",
        label: "Busy limit",
        help: "requests at once; 0 for no limit",
        input: Input::From(0),
        value: |ajp| number(ajp.busy_limit),
    },
    Field {
        key: "var",
        label: "Retries",
        help: "attempts of one request",
        input: Input::From(1),
        value: |ajp| number(ajp.retries),
    },
    Field {
        key: "vari",
        label: "Retry interval",
        help: "between attempts",
        input: Input::Millis(1),
        value: |ajp| number(ajp.retry_interval),
    },
    Field {
        key: "vart",
        label: "Reply timeout",
        help: "for each packet; 0 for no limit",
        input: Input::Millis(0),
        value: |ajp| number(ajp.reply_timeout),
    },
    Field {
        key: "vact",
        label: "Connect timeout",
        help: "for the probe after connecting; 0 for none",
        input: Input::Millis(0),
        value: |ajp| number(ajp.connect_timeout),
    },
    Field {
        key: "vapt",
        label: "Prepost timeout",
        help: "for the probe before a request; 0 for none",
        input: Input::Millis(0),
        value: |ajp| number(ajp.prepost_timeout),
    },
    Field {
        key: "vapng",
        label: "Ping timeout",
        help: "for probes where nothing else is said; 0 for none",
        input: Input::Millis(0),
        value: |ajp| number(ajp.ping_timeout),
    },
    Field {
        key: "vacpt",
        label: "Connection pool timeout",
        help: "until an idle connection is closed; 0 for never",
        input: Input::Seconds(0),
        value: |ajp| number(ajp.connection_pool_timeout),
    },
    Field {
        key: "vacpi",
        label: "Connection ping interval",
        help: "between probes of idle connections",
        input: Input::Seconds(1),
        value: |ajp| number(ajp.connection_ping_interval),
    },
    Field {
        key: "varo",
        label: "Recovery options",
        help: "a sum of bits",
        input: Input::From(0),
        value: |ajp| number(ajp.recovery_options),
    },
    Field {
        key: "vamps",
        label: "Max packet size",
        help: "as in Tomcat's connector",
        input: Input::Packet,
        value: |ajp| number(ajp.max_packet_size),
    },
];

fn number(value: impl ToString) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn flag(value: bool) -> Vec<u8> {
    number(u8::from(value))
}

impl Input {
    /// What is counted, behind the name of a field.
    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::Millis(_) => " (ms)",
            Self::Seconds(_) => " (s)",
            Self::Packet => " (bytes)",
            Self::From(_) | Self::Text | Self::Choice(_) => "",
        }
    }

    /// Writes the control named `name`, with `value` filled in.
    pub(super) fn control(self, page: &mut Page, id: &str, name: &str, value: &[u8]) {
        match self {
            // What is set now may lie outside of what can be set; it must not keep the form from being sent.
            Self::From(least) | Self::Millis(least) | Self::Seconds(least) => {
                let least = if value == b"0" { 0 } else { least };
                let input = text(page, id, name, value).attr("type", "number").attr("min", least);
                input.attr("max", i32::MAX).attr("step", "1").flag("required", true).void();
            }
            Self::Packet => {
                let input = text(page, id, name, value).attr("type", "number").attr("min", "8192");
                input.attr("max", "65536").attr("step", "1024").flag("required", true).void();
            }
            Self::Text => {
                let input = text(page, id, name, value).attr("type", "text").attr("maxlength", "63");
                input.attr("spellcheck", "false").attr("autocapitalize", "none").void();
            }
            Self::Choice(choices) => {
                page.tag("select").attr("id", id).attr("name", name).with(|page| {
                    for (choice, word) in choices {
                        let option = page.tag("option").attr("value", *choice);
                        option.flag("selected", choice.as_bytes().eq_ignore_ascii_case(value)).text(*word);
                    }
                });
            }
        }
    }
}

fn text<'p>(page: &'p mut Page, id: &str, name: &str, value: &[u8]) -> super::writer::Tag<'p> {
    page.tag("input").attr("id", id).attr("name", name).attr("value", value)
}

impl<S> Field<S> {
    /// Writes label, control and help.
    pub(super) fn write(&self, page: &mut Page, subject: &S) {
        page.tag("div").class("field").with(|page| {
            let (id, help) = (format!("i-{}", self.key), format!("i-{}-help", self.key));
            page.tag("label").attr("for", &*id).text((self.label, self.input.unit()));
            self.input.control(page, &id, self.key, &(self.value)(subject));
            page.tag("span").class("small soft").attr("id", &*help).text(self.help);
        });
    }

    /// Writes name and present value, as a word where it is a choice.
    pub(super) fn pair(&self, page: &mut Page, subject: &S) {
        let value = (self.value)(subject);
        super::frame::pair(page, self.label, |page| match self.input {
            Input::Choice(choices) => {
                let word = choices.iter().find(|(choice, _)| choice.as_bytes().eq_ignore_ascii_case(&value));
                page.text(word.map_or("", |(_, word)| *word));
            }
            Input::Text if value.is_empty() => page.raw("–"),
            Input::Text | Input::From(_) => page.text(&*value),
            Input::Millis(_) => page.text((&*value, "\u{a0}ms")),
            Input::Seconds(_) => page.text((&*value, "\u{a0}s")),
            Input::Packet => page.text((&*value, "\u{a0}B")),
        });
    }
}
