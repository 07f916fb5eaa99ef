//! The file of `JkMountFile`: `/pattern=worker;extensions`, one rule a line.
//!
//! Lines are read as those of workers.properties. A line that names an unknown `worker.` property spoils the whole
//! file, a rule that cannot be read only itself.

use std::collections::HashSet;

use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::expand;
use crate::config::lines::{self, Said};
use crate::config::mounts::{self, Mounted};
use crate::config::properties::{self, Environment};
use crate::config::worker_keys;
use crate::text::{self, Text};
use crate::uri::RuleTable;
use crate::uri::rule::Source;

/// What became of a mount file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UriMapFile {
    /// Its rules, or `None` if none of it can be used: then a running map should stay as it is.
    pub rules: Option<Vec<Mounted>>,
    /// What is to be said about it; nothing in it stops mod_jk, so there are no errors.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the bytes of a mount file.
pub fn read(bytes: &[u8], file: &[u8], env: Environment<'_>) -> UriMapFile {
    let file = Place::new(file, 0);
    let mut reading = Reading::default();
    for line in lines::lines(bytes) {
        let place = file.at(line.number);
        if line.rest {
            reading.out.push(properties::too_long(Some(place.clone())));
        }
        if let Err(message) = reading.line(line.text, &place, env) {
            reading.out.push(Diagnostic::fault(Some(place), message));
            return UriMapFile { rules: None, diagnostics: reading.out };
        }
    }
    reading.finish()
}

#[derive(Default)]
struct Reading {
    table: RuleTable<Place>,
    /// Names that were used as `$(name)`.
    variables: HashSet<Text>,
    out: Vec<Diagnostic>,
}

impl Reading {
    fn line(&mut self, line: &[u8], place: &Place, env: Environment<'_>) -> Result<(), String> {
        match lines::read(line) {
            Said::Nothing => Ok(()),
            Said::Nonsense(line) => {
                self.out.push(properties::ignored_line(line, Some(place.clone())));
                Ok(())
            }
            Said::Empty(key) => {
                let message = format!("\"{}\" names no worker; the line is ignored", text::show(key));
                self.out.push(Diagnostic::warning(Some(place.clone()), message));
                Ok(())
            }
            Said::Pair { key, value } => {
                if key.starts_with(b"worker.") {
                    worker_keys::check(key)
                        .map_err(|reason| format!("{reason}; because of it no rule of this file is used"))?;
                }
                self.rule(key, value, place, env);
                Ok(())
            }
        }
    }

    fn rule(&mut self, key: &[u8], value: &[u8], place: &Place, env: Environment<'_>) {
        let (table, variables) = (&self.table, &mut self.variables);
        let expanded = expand::expand(value, &mut |name| match table.get(name) {
            Some(value) => {
                variables.insert(name.into());
                Some(value.into())
            }
            None => env(name).map(Text::from),
        });
        let shown = text::show(key);
        let problems =
            expanded.problems.iter().map(|problem| format!("the worker of \"{shown}\": {problem}"));
        self.out.extend(problems.map(|problem| Diagnostic::warning(Some(place.clone()), problem)));
        if self.table.set(key, &expanded.text, place.clone()).is_some() {
            let message = format!("\"{shown}\" stands above already; this line replaces that one");
            self.out.push(Diagnostic::warning(Some(place.clone()), message));
        }
    }

    fn finish(mut self) -> UriMapFile {
        let mut rules = RuleTable::default();
        for entry in self.table.entries() {
            let plain = entry.key.first().is_some_and(u8::is_ascii_alphabetic);
            if plain && worker_keys::check(entry.key).is_ok() && entry.key.starts_with(b"worker.") {
                let message = format!(
                    "\"{}\" is no rule; properties of workers belong in the file of JkWorkersFile",
                    text::show(entry.key)
                );
                self.out.push(Diagnostic::warning(Some(entry.at.clone()), message));
            } else if !(plain && self.variables.contains(entry.key)) {
                rules.set(entry.key, entry.worker, entry.at.clone());
            }
        }
        let rules = mounts::mounted(&rules, Source::File, &mut self.out);
        UriMapFile { rules: Some(rules), diagnostics: self.out }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn seen(file: &[u8]) -> Option<Vec<String>> {
        let env = |name: &[u8]| (name == b"NODE").then(|| b"w9".to_vec());
        let rules = read(file, b"m", &env).rules?;
        let one = |mounted: &Mounted| {
            let rule = &mounted.rule;
            let marks =
                [if rule.disabled { "-" } else { "" }, if rule.exclusion { "!" } else { "" }].concat();
            format!("{marks}{}={}", text::show(&rule.pattern), text::show(&rule.worker))
        };
        Some(rules.iter().map(one).collect())
    }

    #[test]
    fn lines_become_rules() {
        for (file, rules) in [
            (&b"/app|/*=w1"[..], &["/app=w1", "/app/*=w1"][..]),
            (b" /t4 = w1 \r\n", &["/t4=w1"]),
            (b"/tab\t=\tw4", &["/tab=w4"]),
            (b"!/a=w1\n-/b=w1\n-!/c=w1", &["!/a=w1", "-/b=w1", "-!/c=w1"]),
            (b"/t8==w1", &["/t8==w1"]),
            (b"/t9=w1 w2", &["/t9=w1 w2"]),
            (b"/t1=w1 ;reply_timeout=5", &["/t1=w1 "]),
            (b"/a=w1\n/b=w2\n/a=w3", &["/a=w3", "/b=w2"]),
            (b"/a=w1 # all of it", &["/a=w1"]),
            (b"/a\n/b=\n*.jsp=w1\n/c=w1", &["/c=w1"]),
            (b"|/x=w2", &["/x=w2"]),
            (b"X=w3\n/a=$(X)\n/b=$(NODE)\n/c=$(none)", &["/a=w3", "/b=w9", "/c=$(none)"]),
            (b"\xef\xbb\xbf/bom=w1\n/ok=w1", &["/ok=w1"]),
            (b"worker.a.host=h\n/ok=w1", &["/ok=w1"]),
            (b"", &[]),
        ] {
            assert_eq!(seen(file).unwrap(), rules, "{}", text::show(file));
        }
    }

    #[test]
    fn an_unknown_worker_property_spoils_the_whole_file() {
        let read = read(b"/a=w1\nworker.x.y=z\n/b=w1", b"m", &|_| None);
        assert_eq!(read.rules, None);
        let said = read.diagnostics.last().unwrap().to_string();
        assert!(said.starts_with("m:2: ") && said.contains("no rule of this file is used"), "{said}");
    }

    #[test]
    fn rules_know_their_lines() {
        let rules = read(b"# head\n\n/a=w1\n/b|/c=w1", b"m", &|_| None).rules.unwrap();
        let lines: Vec<_> = rules.iter().map(|mounted| mounted.place.clone().unwrap().line).collect();
        assert_eq!(lines, [3, 4, 4]);
    }
}
