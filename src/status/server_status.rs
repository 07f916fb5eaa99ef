//! The balancers in a few words, for a page of the host that shows many things.

use super::report::LbReport;
use crate::text::show;
use std::io::Write;

pub use super::html::section;

/// As `Key: value` lines, in the manner of the host's own. Balancers and members are counted from 0.
pub fn lines(balancers: &[LbReport]) -> Vec<u8> {
    let mut out = Vec::new();
    for (lb, balancer) in balancers.iter().enumerate() {
        let mut line = |key: &str, value: &dyn std::fmt::Display| {
            let _never_fails = writeln!(out, "JkBalancer[{lb}]{key}: {value}");
        };
        line("Name", &show(&balancer.name));
        line("Busy", &balancer.busy);
        for (index, member) in balancer.members.iter().enumerate() {
            let mut line = |key: &str, value: &dyn std::fmt::Display| {
                line(&format!("Member[{index}]{key}"), value);
            };
            line("Name", &show(&member.ajp.name));
            line("Activation", &member.activation.short());
            line("State", &member.state.label());
            line("Busy", &member.ajp.busy);
            line("Elected", &member.elected);
            line("Errors", &member.errors);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::{Activation, State};
    use crate::status::report::{AjpCommon, MemberReport};

    #[test]
    fn each_member_is_told_in_both_forms_and_breaks_neither() {
        let member = MemberReport {
            ajp: AjpCommon { name: b"m<1>\nX: y"[..].into(), busy: 2, ..AjpCommon::default() },
            activation: Activation::Disabled,
            state: State::Recover,
            elected: 70,
            errors: 3,
            ..MemberReport::default()
        };
        let name = b"lb"[..].into();
        let balancers = [LbReport { name, busy: 5, members: vec![member], ..LbReport::default() }];
        let text = String::from_utf8_lossy(&lines(&balancers)).into_owned();
        let keys: Vec<&str> = text.lines().map(|line| line.split(": ").next().unwrap_or_default()).collect();
        assert_eq!(
            keys,
            [
                "JkBalancer[0]Name",
                "JkBalancer[0]Busy",
                "JkBalancer[0]Member[0]Name",
                "JkBalancer[0]Member[0]Activation",
                "JkBalancer[0]Member[0]State",
                "JkBalancer[0]Member[0]Busy",
                "JkBalancer[0]Member[0]Elected",
                "JkBalancer[0]Member[0]Errors",
            ]
        );
        assert!(text.contains("State: ERR/REC\n") && text.contains("Elected: 70\n"), "{text}");
        for tables in [true, false] {
            let page = String::from_utf8_lossy(&section(&balancers, tables)).into_owned();
            assert!(page.contains("m&lt;1&gt;") && page.contains("ERR/REC"), "{page}");
            assert_eq!(page.contains("<table"), tables);
        }
        assert_eq!((lines(&[]), section(&[], true)), (vec![], vec![]));
    }
}
