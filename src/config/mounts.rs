//! Rules together with the places they were written at.

use crate::config::diagnostic::{Diagnostic, Place};
use crate::uri::RuleTable;
use crate::uri::rule::{self, Rule, Source};

/// A rule and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// The rule.
    pub rule: Rule,
    /// Its directive or line.
    pub place: Option<Place>,
}

/// The rules alone, for the map.
pub fn rules(mounted: impl IntoIterator<Item = Mounted>) -> Vec<Rule> {
    mounted.into_iter().map(|mounted| mounted.rule).collect()
}

/// Reads all rows of a table into rules, in order. A bad one is left out, with a remark.
pub fn mounted(table: &RuleTable<Place>, source: Source, out: &mut Vec<Diagnostic>) -> Vec<Mounted> {
    let mut all = Vec::new();
    for entry in table.entries() {
        let place = Some(entry.at.clone());
        let mut warn = |warning: rule::RuleWarning| {
            out.push(Diagnostic::warning(place.clone(), warning.to_string()));
        };
        for rule in rule::parse(entry.key, entry.worker, source, true, &mut warn) {
            match rule {
                Ok(rule) => all.push(Mounted { rule, place: place.clone() }),
                Err(error) => {
                    out.push(Diagnostic::fault(place.clone(), format!("{error}; the rule is left out")));
                }
            }
        }
    }
    all
}
