//! What is hardly meant about a worker, though each of its properties is sound.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::Builder;
use super::{LbSpec, StatusSpec};
use crate::balance::Activation;
use crate::config::attributes::Attributes;
use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::nearest;
use crate::text;

impl Builder<'_> {
    /// `named` is where the members are named.
    pub(super) fn remark_balancer(&mut self, lb: &LbSpec, named: Option<Place>) {
        if lb.members.iter().all(|member| member.activation != Activation::Active) {
            let shown = text::show(&lb.name);
            let message =
                format!("balancer \"{shown}\" has no active member, so that it refuses new sessions");
            self.out.push(Diagnostic::warning(named.clone(), message));
        }
        if lb.sticky_session_force && !lb.sticky_session {
            let message = format!(
                "balancer \"{}\": sticky_session_force has no effect while sticky_session is off",
                text::show(&lb.name)
            );
            self.out.push(Diagnostic::warning(self.place_of(&lb.name, "sticky_session_force"), message));
        }
        self.remark_redirects(lb);
        self.remark_addresses(lb, named);
    }

    /// Entries of `good` and `bad` that fit the same member.
    pub(super) fn remark_ratings(&mut self, status: &StatusSpec) {
        let Some((good, bad)) = status.contradiction() else { return };
        let message = format!(
            "worker \"{}\": what fits both \"{}\" of good and \"{}\" of bad counts as bad",
            text::show(&status.name),
            text::show(good),
            text::show(bad)
        );
        let place = self.place_of(&status.name, "good").or_else(|| self.place_of(&status.name, "bad"));
        self.out.push(Diagnostic::warning(place, message));
    }

    /// Members that are one and the same Tomcat.
    fn remark_addresses(&mut self, lb: &LbSpec, named: Option<Place>) {
        let mut first_at = BTreeMap::new();
        for member in &lb.members {
            let (name, address) = (&member.ajp.name, &member.ajp.address);
            let Some(first) = first_at.insert((&address.host, address.port), name) else { continue };
            let message = format!(
                "members \"{}\" and \"{}\" of balancer \"{}\" both lead to {}:{}; each needs a host or port of its own",
                text::show(first),
                text::show(name),
                text::show(&lb.name),
                text::show(&address.host),
                address.port
            );
            let place = self.place_of(name, "port").or_else(|| self.place_of(name, "host"));
            self.out.push(Diagnostic::warning(place.or_else(|| named.clone()), message));
        }
    }

    fn remark_redirects(&mut self, lb: &LbSpec) {
        let routes: BTreeSet<&[u8]> = lb.members.iter().map(|member| &*member.route).collect();
        for member in lb.members.iter().filter(|member| !member.redirect.is_empty()) {
            if routes.contains(&*member.redirect) && member.redirect != member.route {
                continue;
            }
            let near = nearest::did_you_mean(&member.redirect, routes.iter().copied());
            let message = format!(
                "member \"{}\" of balancer \"{}\": redirect=\"{}\" is the route of no other member{near}",
                text::show(&member.ajp.name),
                text::show(&lb.name),
                text::show(&member.redirect)
            );
            self.out.push(Diagnostic::warning(self.place_of(&member.ajp.name, "redirect"), message));
        }
    }

    fn place_of(&self, worker: &[u8], property: &str) -> Option<Place> {
        Attributes::of(self.properties, worker).entry(property).and_then(|entry| entry.place.clone())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::properties::Properties;
    use crate::config::worker_spec::{Defaults, build};

    /// What is said of a balancer x with members m and n, to which these lines are added from line 6 on.
    fn said(lines: &str) -> Vec<String> {
        let sound = "worker.list=x\nworker.x.type=lb\nworker.x.balance_workers=m,n\nworker.m.host=m\nworker.n.host=n\n";
        let (mut properties, mut out) = (Properties::new(), Vec::new());
        properties.read_file([sound, lines].concat().as_bytes(), b"w", &|_| None, &mut out);
        properties.resolve_references(&mut out);
        out.extend(build(&properties, &Defaults { pool_size: 25 }).1);
        out.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn balancers_that_are_hardly_meant_are_told() {
        let nowhere = "is the route of no other member";
        for (lines, place, part) in [
            ("worker.m.activation=d\nworker.n.activation=s", "w:3: balancer \"x\"", "has no active member"),
            ("worker.m.redirect=nn", "w:6: member \"m\" of balancer \"x\": redirect=\"nn\"", nowhere),
            ("worker.m.route=one\nworker.n.redirect=onne", "w:7: member \"n\"", "; did you mean \"one\"?"),
            ("worker.m.redirect=m", "w:6: member \"m\"", nowhere),
            ("worker.t.redirect=gone\nworker.m.reference=worker.t", "w:6: member \"m\"", nowhere),
            (
                "worker.x.sticky_session=0\nworker.x.sticky_session_force=1",
                "w:7: balancer \"x\"",
                "sticky_session_force has no effect",
            ),
            ("worker.n.host=m", "w:6: members \"m\" and \"n\" of balancer \"x\"", "both lead to m:8009"),
            ("worker.n.host=m\nworker.n.port=8009", "w:7: members \"m\" and \"n\"", "both lead to m:8009"),
        ] {
            let said = said(lines);
            assert!(
                said.iter().any(|one| one.starts_with(place) && one.contains(part)),
                "{lines}: {said:#?}"
            );
        }
    }

    #[test]
    fn ratings_that_contradict_each_other_are_told() {
        let said = said("worker.list=x,st\nworker.st.type=status\nworker.st.good=a.o\nworker.st.bad=e,a");
        let expected = "w:8: worker \"st\": what fits both \"a.o\" of good and \"a\" of bad counts as bad";
        assert!(said.iter().any(|one| one == expected), "{said:#?}");
    }

    #[test]
    fn a_hot_standby_draws_no_remark() {
        assert_eq!(said("worker.m.redirect=n\nworker.n.activation=d"), [""; 0]);
    }
}
