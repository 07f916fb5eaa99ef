//! What may follow the worker's name in a rule: `worker;reply_timeout=5000;fail_on_status=503,-500`.
//!
//! The same syntax is read from the environment variable `JK_WORKER_NAME`. Like mod_jk this never fails: what is
//! not understood is remarked on and left out.

use super::rule_error::RuleWarning;
use crate::text::{self, Text};

/// Settings of one rule that replace those of the worker.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Extensions {
    /// Milliseconds to wait for each packet of a reply, 0 for ever; negative or `None` leaves it to the worker.
    pub reply_timeout: Option<i32>,
    /// Balance as if the request carried no session id.
    pub sticky_ignore: bool,
    /// The request does not count as a new session.
    pub stateless: bool,
    /// Statuses from this one on are answered with httpd's own error document. Unchecked, as in mod_jk: a negative
    /// number means every reply. `None` (not set, or 0) means none.
    pub use_server_errors: Option<i32>,
    /// Replaces the worker's list of failing statuses; a negative one does not put the member into error.
    pub fail_on_status: Option<Box<[i32]>>,
    /// Which members of the balancer are switched for this rule's requests, each named once, in the order active,
    /// disabled, stopped.
    pub activations: Vec<(Text, Override)>,
    /// The cookie in which the session id is looked for; `None` leaves it to the balancer.
    pub session_cookie: Option<Text>,
    /// The path parameter in which the session id is looked for, without the semicolon if it was written with
    /// one; `None` leaves it to the balancer.
    pub session_path: Option<Text>,
    /// Set a cookie with the route; the rule can switch this on, not off.
    pub set_session_cookie: bool,
    /// The path of that cookie; mod_jk reads but never uses it.
    pub session_cookie_path: Option<Text>,
    /// Lists as they stand in the rule, which is how a status worker shows them.
    pub written: Written,
}

/// Lists of a rule, as written.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Written {
    /// Of `active`.
    pub active: Text,
    /// Of `disabled`.
    pub disabled: Text,
    /// Of `stopped`.
    pub stopped: Text,
    /// Of `fail_on_status`.
    pub fail_on_status: Text,
}

impl Written {
    fn members(&mut self, what: Override) -> &mut Text {
        match what {
            Override::Active => &mut self.active,
            Override::Disabled => &mut self.disabled,
            Override::Stopped => &mut self.stopped,
        }
    }
}

/// What a rule makes of a balancer member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Override {
    /// `active=`
    Active,
    /// `disabled=`
    Disabled,
    /// `stopped=`
    Stopped,
}

impl Override {
    /// The name of the extension.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Stopped => "stopped",
        }
    }
}

impl Extensions {
    /// Splits `worker;a=b;c=d` into the worker's name and its extensions.
    ///
    /// The name is what stands before the first semicolon, blanks included; a text that begins with a semicolon is
    /// a name as a whole. Extension names are exact, without blanks. Of `active`, `disabled`, `stopped` and
    /// `fail_on_status` the first of a kind counts, of the others the last.
    pub fn parse<'t>(text: &'t [u8], warn: &mut dyn FnMut(RuleWarning)) -> (&'t [u8], Self) {
        match text::split_once(text, b';') {
            None | Some((b"", _)) => (text, Self::default()),
            Some((worker, rest)) => (worker, Reading::new(warn).read(rest)),
        }
    }
}

/// One extension: its name and what its value does.
struct Extension {
    name: &'static str,
    help: &'static str,
    apply: fn(&mut Reading<'_>, Piece<'_>),
}

/// All extensions. [`Extensions`] says what each means.
const TABLE: &[Extension] = &[
    Extension {
        name: "reply_timeout",
        help: "Milliseconds to wait for each packet of a reply, instead of the worker's `reply_timeout`; 0 for no limit, negative for the worker's. The variable `JK_REPLY_TIMEOUT` beats it.",
        apply: |reading, piece| reading.found.reply_timeout = Some(reading.int(&piece)),
    },
    Extension {
        name: "sticky_ignore",
        help: "1: balance as if the request had no session. The variable `JK_STICKY_IGNORE` beats it.",
        apply: |reading, piece| reading.found.sticky_ignore = reading.int(&piece) != 0,
    },
    Extension {
        name: "stateless",
        help: "1: the request does not count as a new session for `method=session` and `next`. The variable `JK_STATELESS` beats it.",
        apply: |reading, piece| reading.found.stateless = reading.int(&piece) != 0,
    },
    Extension {
        name: "active",
        help: "Members of the balancer that are active for these requests, whatever their `activation`; separated by commas.",
        apply: |reading, piece| reading.members(Override::Active, piece),
    },
    Extension {
        name: "disabled",
        help: "Members that are disabled for these requests.",
        apply: |reading, piece| reading.members(Override::Disabled, piece),
    },
    Extension {
        name: "stopped",
        help: "Members that are stopped for these requests.",
        apply: |reading, piece| reading.members(Override::Stopped, piece),
    },
    Extension {
        name: "fail_on_status",
        help: "Replaces the worker's `fail_on_status`.",
        apply: |reading, piece| {
            if reading.first_of_kind(&piece) && reading.has_value(&piece) {
                let statuses = words(piece.value).map(|word| reading.number(word, piece.whole));
                reading.found.fail_on_status = Some(statuses.collect());
                reading.found.written.fail_on_status = piece.value.into();
            }
        },
    },
    Extension {
        name: "use_server_errors",
        help: "Replies with this status and above are replaced by httpd's own error pages (`ErrorDocument`).",
        apply: |reading, piece| {
            reading.found.use_server_errors = Some(reading.int(&piece)).filter(|from| *from != 0);
        },
    },
    Extension {
        name: "session_cookie",
        help: "The cookie in which the session id is looked for, instead of the balancer's `session_cookie`.",
        apply: |reading, piece| reading.found.session_cookie = reading.word(&piece),
    },
    Extension {
        name: "session_path",
        help: "The path parameter in which it is looked for, instead of the balancer's `session_path`.",
        apply: |reading, piece| reading.found.session_path = reading.word(&piece),
    },
    Extension {
        name: "set_session_cookie",
        help: "1: send a cookie with the route to clients that have no session.",
        apply: |reading, piece| reading.found.set_session_cookie = reading.int(&piece) != 0,
    },
    Extension {
        name: "session_cookie_path",
        help: "The path of that cookie. mod_jk does not use it, nor the name that the rule gives (D16).",
        apply: |reading, piece| reading.found.session_cookie_path = reading.word(&piece),
    },
];

/// All extensions with what they do, for the reference page.
pub fn known_extensions() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().map(|extension| (extension.name, extension.help))
}

/// `name=value` between two semicolons.
struct Piece<'p> {
    name: &'static str,
    value: &'p [u8],
    /// As written, for messages.
    whole: &'p [u8],
}

/// The state of reading one rule's extensions.
struct Reading<'w> {
    found: Extensions,
    /// Names of the extensions that may come once and came.
    seen: Vec<&'static str>,
    warn: &'w mut dyn FnMut(RuleWarning),
}

impl<'w> Reading<'w> {
    fn new(warn: &'w mut dyn FnMut(RuleWarning)) -> Self {
        Self { found: Extensions::default(), seen: Vec::new(), warn }
    }

    fn read(mut self, text: &[u8]) -> Extensions {
        let mut pieces = text.split(|b| *b == b';').filter(|piece| !piece.is_empty());
        while let Some(whole) = pieces.next() {
            let Some((extension, mut value)) = known(whole) else {
                (self.warn)(RuleWarning::UnknownExtension { piece: whole.into(), meant: meant(whole) });
                continue;
            };
            // The manual writes `session_path=;name`, although the semicolon separates extensions.
            if extension.name == "session_path" && value.is_empty() {
                value = pieces.next().unwrap_or_default();
            }
            (extension.apply)(&mut self, Piece { name: extension.name, value, whole });
        }
        self.found.activations.sort_by_key(|(_, what)| match what {
            Override::Active => 0,
            Override::Disabled => 1,
            Override::Stopped => 2,
        });
        self.once_each();
        self.found
    }

    /// Of a member named twice the later naming stays.
    fn once_each(&mut self) {
        let mut kept: Vec<(Text, Override)> = Vec::with_capacity(self.found.activations.len());
        for (member, wins) in self.found.activations.drain(..) {
            if let Some(at) = kept.iter().position(|(name, _)| *name == member) {
                (self.warn)(RuleWarning::MemberTwice { member: member.clone(), wins });
                kept.remove(at);
            }
            kept.push((member, wins));
        }
        self.found.activations = kept;
    }

    fn members(&mut self, what: Override, piece: Piece<'_>) {
        if self.first_of_kind(&piece) && self.has_value(&piece) {
            *self.found.written.members(what) = piece.value.into();
            self.found.activations.extend(words(piece.value).map(|member| (member.into(), what)));
        }
    }

    fn first_of_kind(&mut self, piece: &Piece<'_>) -> bool {
        let first = !self.seen.contains(&piece.name);
        if first {
            self.seen.push(piece.name);
        } else {
            (self.warn)(RuleWarning::Repeated { name: piece.name, piece: piece.whole.into() });
        }
        first
    }

    fn has_value(&mut self, piece: &Piece<'_>) -> bool {
        let has = words(piece.value).next().is_some();
        if !has {
            (self.warn)(RuleWarning::NoValue { name: piece.name });
        }
        has
    }

    fn word(&mut self, piece: &Piece<'_>) -> Option<Text> {
        if piece.value.is_empty() {
            (self.warn)(RuleWarning::NoValue { name: piece.name });
            return None;
        }
        Some(piece.value.into())
    }

    fn int(&mut self, piece: &Piece<'_>) -> i32 {
        self.number(piece.value, piece.whole)
    }

    fn number(&mut self, text: &[u8], whole: &[u8]) -> i32 {
        let read_as = text::atoi(text);
        if !text::is_int(text) {
            (self.warn)(RuleWarning::NotANumber { piece: whole.into(), read_as });
        }
        read_as
    }
}

fn known(piece: &[u8]) -> Option<(&'static Extension, &[u8])> {
    let (name, value) = text::split_once(piece, b'=')?;
    Some((TABLE.iter().find(|known| known.name.as_bytes() == name)?, value))
}

/// The extension that was probably meant: blanks, case, and `-` for `_` are usual slips.
fn meant(piece: &[u8]) -> Option<&'static str> {
    let name = piece.split(|b| *b == b'=').next().unwrap_or_default();
    let plain: Vec<u8> = text::trim(name).iter().map(|b| if *b == b'-' { b'_' } else { *b }).collect();
    TABLE.iter().map(|known| known.name).find(|name| plain.eq_ignore_ascii_case(name.as_bytes()))
}

/// The words of a list in a rule. A tab, which separates those of a property, belongs to a word here.
fn words(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|b| matches!(b, b' ' | b',')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::show;

    fn read(text: &[u8]) -> (&[u8], Extensions, Vec<String>) {
        let mut said = Vec::new();
        let (worker, extensions) = Extensions::parse(text, &mut |warning| said.push(warning.to_string()));
        (worker, extensions, said)
    }

    #[test]
    fn the_name_ends_at_the_first_semicolon_and_keeps_its_blanks() {
        for (text, worker) in [
            (&b"w1"[..], &b"w1"[..]),
            (b"w1;", b"w1"),
            (b"w1;;", b"w1"),
            (b"w1 ;reply_timeout=5", b"w1 "),
            (b"w1,w2", b"w1,w2"),
            (b";reply_timeout=1", b";reply_timeout=1"),
            (b"", b""),
        ] {
            let (name, _, said) = read(text);
            assert_eq!((name, said.len()), (worker, 0), "{}", show(text));
        }
    }

    #[test]
    fn all_extensions_are_read() {
        let (_, found, said) = read(
            b"lb;reply_timeout=5000;sticky_ignore=1;stateless=2;use_server_errors=400;fail_on_status=503, -500;\
              stopped=c;disabled=b,d;active=a;session_cookie=SID;session_path=;sid;set_session_cookie=1;\
              session_cookie_path=/x",
        );
        let members = [("a", Override::Active), ("b", Override::Disabled), ("d", Override::Disabled)];
        let members = members.into_iter().chain([("c", Override::Stopped)]);
        let expected = Extensions {
            reply_timeout: Some(5000),
            sticky_ignore: true,
            stateless: true,
            use_server_errors: Some(400),
            fail_on_status: Some([503, -500].into()),
            activations: members.map(|(name, what)| (name.as_bytes().into(), what)).collect(),
            session_cookie: Some(b"SID"[..].into()),
            session_path: Some(b"sid"[..].into()),
            set_session_cookie: true,
            session_cookie_path: Some(b"/x"[..].into()),
            written: Written {
                active: b"a"[..].into(),
                disabled: b"b,d"[..].into(),
                stopped: b"c"[..].into(),
                fail_on_status: b"503, -500"[..].into(),
            },
        };
        assert_eq!((found, said), (expected, Vec::<String>::new()));
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (value, timeout, said) in [
            ("0", Some(0), 0),
            ("-1", Some(-1), 0),
            ("soon", Some(0), 1),
            ("10s", Some(10), 1),
            ("", Some(0), 1),
            ("5;reply_timeout=-1", Some(-1), 0),
            ("4294967297", Some(1), 1),
        ] {
            let text = format!("w;reply_timeout={value}");
            let (_, found, warnings) = read(text.as_bytes());
            assert_eq!((found.reply_timeout, warnings.len()), (timeout, said), "{text}");
        }
        for (value, from) in [("0", None), ("-1", Some(-1)), ("300", Some(300))] {
            let text = format!("w;use_server_errors={value}");
            assert_eq!(read(text.as_bytes()).1.use_server_errors, from, "{text}");
        }
    }

    #[test]
    fn the_session_path_takes_the_next_piece_when_its_own_is_empty() {
        for (text, path) in [
            (&b"w;session_path=sid"[..], Some(&b"sid"[..])),
            (b"w;session_path=;sid;stateless=1", Some(b"sid")),
            (b"w;session_path=;;sid", Some(b"sid")),
            (b"w;session_path=", None),
        ] {
            assert_eq!(read(text).1.session_path.as_deref(), path, "{}", show(text));
        }
    }

    #[test]
    fn what_is_not_understood_is_named_and_left_out() {
        for (text, message) in [
            (
                &b"w; reply_timeout=5"[..],
                "unknown rule extension \" reply_timeout=5\" is ignored; write \"reply_timeout=VALUE\", without blanks",
            ),
            (
                b"w;reply_timeout = 5",
                "unknown rule extension \"reply_timeout = 5\" is ignored; write \"reply_timeout=VALUE\", without blanks",
            ),
            (
                b"w;Sticky-Ignore=1",
                "unknown rule extension \"Sticky-Ignore=1\" is ignored; write \"sticky_ignore=VALUE\", without blanks",
            ),
            (
                b"w;stateless",
                "unknown rule extension \"stateless\" is ignored; write \"stateless=VALUE\", without blanks",
            ),
            (
                b"w;foo=1\n",
                "unknown rule extension \"foo=1\\n\" is ignored; there are reply_timeout, sticky_ignore, stateless, \
                 active, disabled, stopped, fail_on_status, use_server_errors, session_cookie, session_path, \
                 set_session_cookie, session_cookie_path",
            ),
            (
                b"w;active=a;active=b",
                "rule extension \"active=b\" is ignored: \"active\" was given before; list all values there",
            ),
            (b"w;active=a;stopped=a", "member \"a\" is named more than once in a rule; it will be stopped"),
            (b"w;fail_on_status=", "rule extension \"fail_on_status=\" is ignored: it has no value"),
            (
                b"w;reply_timeout=10s",
                "rule extension \"reply_timeout=10s\" should be a whole number; it is read as 10",
            ),
        ] {
            assert_eq!(read(text).2, [message], "{}", show(text));
        }
    }

    #[test]
    fn a_repeated_list_keeps_the_first_and_a_repeated_member_the_last() {
        let (_, found, _) = read(b"w;stopped=a;active=a,b;fail_on_status=500;fail_on_status=404;active=c");
        assert_eq!(found.fail_on_status.as_deref(), Some(&[500][..]));
        let members: Vec<_> = found.activations.iter().map(|(name, what)| (&**name, *what)).collect();
        assert_eq!(members, [(&b"b"[..], Override::Active), (b"a", Override::Stopped)]);
    }

    #[test]
    fn lists_split_at_blank_and_comma() {
        let (_, found, _) = read(b"w;fail_on_status=500\t200, 404;stopped=a\tb c");
        assert_eq!(found.fail_on_status.as_deref(), Some(&[500, 404][..]));
        let members: Vec<_> = found.activations.iter().map(|(name, _)| &**name).collect();
        assert_eq!(members, [&b"a\tb"[..], b"c"]);
    }
}
