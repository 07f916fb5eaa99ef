//! A mount rule and how it is written: `[-][!]/pattern`, the shorthand `A|B`, and `worker;extensions`.

pub use super::extensions::{Extensions, Override};
use super::pattern;
pub use super::rule_error::{RuleError, RuleWarning};
use crate::text::{self, Text};

/// Where a rule was written. The later in this list, the more it weighs between rules that are otherwise equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `worker.NAME.mount` in workers.properties.
    WorkerMount,
    /// `JkMount` and `JkUnMount`.
    Directive,
    /// The file of `JkMountFile`.
    File,
}

/// One rule: requests that match `pattern` belong to `worker`, or do not if it is an exclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Begins with a slash; the module `pattern` says how it matches.
    pub pattern: Text,
    /// The name as written, not checked; in an exclusion a lone `*` stands for all workers.
    pub worker: Text,
    /// Settings for the requests of this rule. Meaningless in an exclusion.
    pub extensions: Extensions,
    /// Written with `!` or `JkUnMount`.
    pub exclusion: bool,
    /// Written with `-`: as if it were not there.
    pub disabled: bool,
    /// Where it was written.
    pub source: Source,
}

/// Reads the one or two rules that a line makes.
///
/// With `expand`, `A|B` stands for the two keys `A` and `AB`; only the first bar counts, and the prefixes are part
/// of `A`. mod_jk does not expand `worker.NAME.mount`. Each key is good or bad for itself: of `|/x` the first is an
/// error and `/x` a rule.
pub fn parse(
    key: &[u8],
    worker: &[u8],
    source: Source,
    expand: bool,
    warn: &mut dyn FnMut(RuleWarning),
) -> Vec<Result<Rule, RuleError>> {
    let (worker, extensions) = Extensions::parse(worker, warn);
    let mut rule = |key: &[u8]| {
        let (disabled, exclusion, pattern) = read_key(key)?;
        remark(pattern, warn);
        let (pattern, worker, extensions) = (pattern.into(), worker.into(), extensions.clone());
        Ok(Rule { pattern, worker, extensions, exclusion, disabled, source })
    };
    match text::split_once(key, b'|').filter(|_| expand) {
        Some((first, more)) => vec![rule(first), rule(&[first, more].concat())],
        None => vec![rule(key)],
    }
}

/// Disabled, exclusion, pattern.
fn read_key(key: &[u8]) -> Result<(bool, bool, &[u8]), RuleError> {
    let (disabled, rest) = take(key, b'-');
    let (exclusion, pattern) = take(rest, b'!');
    match pattern {
        [b'/', ..] => Ok((disabled, exclusion, pattern)),
        [] => Err(RuleError::Empty { key: key.into() }),
        [0xef, 0xbb, 0xbf, key @ ..] => Err(RuleError::ByteOrderMark { key: key.into() }),
        [..] => Err(RuleError::NotAbsolute { key: key.into(), right: right_form(key) }),
    }
}

fn take(text: &[u8], prefix: u8) -> (bool, &[u8]) {
    text.strip_prefix(&[prefix]).map_or((false, text), |rest| (true, rest))
}

/// The key with its prefixes in order and a slash.
fn right_form(key: &[u8]) -> Text {
    let is_prefix = |b: &u8| matches!(b, b'-' | b'!') || text::is_space(*b);
    let length = key.iter().position(|b| !is_prefix(b)).unwrap_or(key.len());
    let (prefix, pattern) = key.split_at_checked(length).unwrap_or_default();
    let marks = [(b'-', "-"), (b'!', "!")].map(|(mark, text)| if prefix.contains(&mark) { text } else { "" });
    let slash = if pattern.starts_with(b"/") { "" } else { "/" };
    [marks.concat().as_bytes(), slash.as_bytes(), pattern].concat().into()
}

fn remark(pattern: &[u8], warn: &mut dyn FnMut(RuleWarning)) {
    if let Some(why) = pattern::unreachable(pattern) {
        warn(RuleWarning::NeverMatches { pattern: pattern.into(), why });
    } else if pattern.windows(3).any(is_escape) {
        warn(RuleWarning::Encoded { pattern: pattern.into() });
    }
}

fn is_escape(window: &[u8]) -> bool {
    matches!(window, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each rule as its prefixes and pattern, each error as its message.
    fn read(key: &str, expand: bool) -> Vec<String> {
        let rules = parse(key.as_bytes(), b"w", Source::File, expand, &mut |_| {});
        let show = |rule: Rule| {
            let (off, not) = (if rule.disabled { "-" } else { "" }, if rule.exclusion { "!" } else { "" });
            format!("{off}{not}{}", text::show(&rule.pattern))
        };
        rules.into_iter().map(|rule| rule.map_or_else(|error| format!("error: {error}"), show)).collect()
    }

    #[test]
    fn prefixes_and_the_bar_are_read() {
        for (key, rules) in [
            ("/a", &["/a"][..]),
            ("!/a", &["!/a"]),
            ("-/a", &["-/a"]),
            ("-!/a", &["-!/a"]),
            ("/!x", &["/!x"]),
            ("/-x", &["/-x"]),
            ("/app|/*", &["/app", "/app/*"]),
            ("/a|b|c", &["/a", "/ab|c"]),
            ("/a*|/b", &["/a*", "/a*/b"]),
            ("/pp||", &["/pp", "/pp|"]),
            ("-!/a|/*", &["-!/a", "-!/a/*"]),
            ("|/x", &["error: a rule has an empty pattern; a pattern begins with '/'", "/x"]),
            ("!|/x", &["error: no pattern follows the prefix \"!\"; a pattern begins with '/'", "!/x"]),
        ] {
            assert_eq!(read(key, true), rules, "{key}");
        }
    }

    #[test]
    fn the_bar_is_literal_where_it_is_not_expanded() {
        assert_eq!(read("/app|/*", false), ["/app|/*"]);
    }

    #[test]
    fn a_bad_key_is_named_with_the_right_form() {
        for (key, right) in [
            ("*.jsp", "/*.jsp"),
            ("app/*", "/app/*"),
            ("!-/x", "-!/x"),
            ("! /x", "!/x"),
            ("- /x", "-/x"),
            ("--/x", "-/x"),
            ("?", "/?"),
        ] {
            let message = read(key, true).concat();
            assert!(
                message.starts_with(&format!("error: pattern \"{key}\" must begin with '/'")),
                "{message}"
            );
            assert!(message.ends_with(&format!("write \"{right}\"")), "{message}");
        }
        let message = read("\u{feff}/bom", true).concat();
        assert_eq!(message, "error: a byte order mark stands before \"/bom\"; save the file without it");
    }

    #[test]
    fn both_rules_of_a_bar_get_worker_and_extensions_and_one_warning() {
        let mut said = Vec::new();
        let rules = parse(b"/a|/*", b"w1;stateless=1;foo=2", Source::Directive, true, &mut |w| said.push(w));
        assert_eq!(said.len(), 1);
        for rule in rules.iter().flatten() {
            assert_eq!((&*rule.worker, rule.extensions.stateless), (&b"w1"[..], true));
            assert_eq!(rule.source, Source::Directive);
        }
    }

    #[test]
    fn patterns_that_are_probably_not_meant_are_remarked_on() {
        for (key, message) in [
            (
                "/a;x",
                "pattern \"/a;x\" matches no request: ';' and what follows in a segment is removed before; leave it out",
            ),
            ("//a", "pattern \"//a\" matches no request: '//' is made one slash before; write '/'"),
            (
                "/a/../b",
                "pattern \"/a/../b\" matches no request: '.' and '..' are resolved before; leave them out",
            ),
            (
                "/c%20d",
                "pattern \"/c%20d\" is compared with the decoded path; write the character itself for an escape",
            ),
        ] {
            let mut said = Vec::new();
            parse(key.as_bytes(), b"w", Source::File, true, &mut |warning| said.push(warning.to_string()));
            assert_eq!(said, [message]);
        }
        for key in ["/100%", "/a.b/*", "/a/.*"] {
            let mut said = Vec::new();
            parse(key.as_bytes(), b"w", Source::File, true, &mut |warning| said.push(warning));
            assert_eq!(said, [], "{key}");
        }
    }

    #[test]
    fn the_file_outweighs_directives_and_these_the_worker() {
        assert!(Source::File > Source::Directive && Source::Directive > Source::WorkerMount);
    }
}
