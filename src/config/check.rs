//! What only shows when workers and rules are seen together. Nothing here stops the server.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::map_source::{self, MapSource};
use crate::config::mounts::Mounted;
use crate::config::nearest;
use crate::config::settings::{self, Settings};
use crate::config::worker_spec::{LbSpec, WorkerSpec, Workers};
use crate::text::{self, Text};
use crate::uri::rule::Rule;

/// More names than these are not listed in a message.
const FEW: usize = 5;

/// Checks workers against the maps of all servers; a map that servers share is given once.
pub fn check(workers: &Workers, maps: &[&[Mounted]]) -> Vec<Diagnostic> {
    let mut check = Check::new(workers);
    for map in maps {
        for mounted in *map {
            check.rule(mounted);
        }
        check.hidden(map);
    }
    check.never_mounted(maps);
    check.out
}

/// Checks the rules of one source against the workers: those of a mount file that is read again.
pub fn check_rules(workers: &Workers, rules: &[Mounted]) -> Vec<Diagnostic> {
    let mut check = Check::new(workers);
    rules.iter().for_each(|mounted| check.rule(mounted));
    check.hidden(rules);
    check.out
}

/// Checks the directives of a virtual host, whose settings are merged. `name` is how it is called in messages.
pub fn check_vhost(name: &str, main: &Settings, vhost: &Settings) -> Option<Diagnostic> {
    match map_source::map_source(main, vhost) {
        MapSource::None if vhost.strip_session.is_some() && vhost.strip_session != main.strip_session => {
            Some(Diagnostic::warning(None, without_map("JkStripSession", name)))
        }
        MapSource::None if vhost.auto_alias.is_some() => {
            Some(Diagnostic::warning(None, without_map("JkAutoAlias", name)))
        }
        MapSource::None | MapSource::Main | MapSource::Own(_) => None,
    }
}

/// Checks whether the rules of the main server reach anybody. `taken`: virtual hosts take each request that comes in.
/// Nothing is said where each virtual host has rules of its own or says `JkMountCopy Off`: that looks meant.
pub fn check_reach(
    main: &Settings,
    rules: &[Mounted],
    vhosts: &[&Settings],
    taken: bool,
) -> Option<Diagnostic> {
    let first = rules.iter().find(|mounted| !mounted.rule.exclusion && !mounted.rule.disabled)?;
    let forgotten = |vhost: &&Settings| vhost.mount_copy.is_none() && !vhost.has_own_rules();
    if vhosts.iter().any(|vhost| settings::copies(main, vhost)) || !vhosts.iter().any(forgotten) {
        return None;
    }
    let (say, why): (fn(_, String) -> _, _) = if taken {
        (Diagnostic::warning, "reach no request: all go to virtual hosts, and none of those takes them over")
    } else {
        (Diagnostic::note, "reach no virtual host")
    };
    let advice = "write JkMountCopy On into the virtual hosts that are to have them, or JkMountCopy All into the \
                  main server";
    Some(say(first.place.clone(), format!("the rules of the main server, from here on, {why}; {advice}")))
}

fn without_map(directive: &str, server: &str) -> String {
    format!("{directive} has no effect in {server}, which has neither rules of its own nor JkMountCopy On")
}

struct Check<'w> {
    workers: &'w Workers,
    /// All names of the list, also of workers that could not be built.
    listed: BTreeSet<&'w [u8]>,
    by_name: HashMap<&'w [u8], &'w WorkerSpec>,
    /// Each member with its balancers.
    members: BTreeMap<&'w [u8], Vec<&'w LbSpec>>,
    /// What was found out about names that are not in the list.
    unknown: HashMap<Text, String>,
    out: Vec<Diagnostic>,
}

impl<'w> Check<'w> {
    fn new(workers: &'w Workers) -> Self {
        let by_name = workers.workers.iter().map(|worker| (worker.name(), worker)).collect();
        let mut members: BTreeMap<&[u8], Vec<&LbSpec>> = BTreeMap::new();
        for lb in workers.balancers() {
            for member in &lb.members {
                members.entry(&*member.ajp.name).or_default().push(lb);
            }
        }
        let listed = workers.list.iter().map(|name| &**name).collect();
        Self { workers, listed, by_name, members, unknown: HashMap::new(), out: Vec::new() }
    }

    fn warn(&mut self, place: Option<&Place>, message: String) {
        self.out.push(Diagnostic::warning(place.cloned(), message));
    }

    fn rule(&mut self, mounted: &Mounted) {
        let rule = &mounted.rule;
        if rule.exclusion && *rule.worker == b"*"[..] {
            return;
        }
        let verdict = self.verdict(&rule.worker);
        let place = mounted.place.as_ref();
        if let Some(unknown) = verdict {
            let (pattern, effect) = (text::show(&rule.pattern), effect(rule));
            let message = format!("rule \"{pattern}\": {effect}: {unknown}");
            let say = if rule.exclusion { Diagnostic::warning } else { Diagnostic::fault };
            self.out.push(say(place.cloned(), message));
        } else if let Some(worker) = self.by_name.get(&*rule.worker).copied().filter(|_| !rule.exclusion) {
            self.extensions(rule, worker, place);
        }
    }

    /// What is wrong with a worker's name in a rule.
    fn verdict(&mut self, name: &[u8]) -> Option<String> {
        if self.listed.contains(name) {
            return None;
        }
        if let Some(known) = self.unknown.get(name) {
            return Some(known.clone());
        }
        let message = self.explain(name);
        self.unknown.insert(name.into(), message.clone());
        Some(message)
    }

    fn explain(&self, name: &[u8]) -> String {
        let shown = text::show(name);
        if let Some(lb) = self.members.get(name).and_then(|balancers| balancers.first()) {
            return format!(
                "worker \"{shown}\" is a member of balancer \"{}\" but not in worker.list, as it must be to be \
                 mounted itself",
                text::show(&lb.name)
            );
        }
        if text::trim(name) != name && self.by_name.contains_key(text::trim(name)) {
            return format!("worker \"{shown}\" has a blank too many");
        }
        let names = || self.workers.list.iter().map(|known| &**known);
        let mut advice = String::new();
        if self.unknown.len() <= nearest::ENOUGH {
            advice = nearest::did_you_mean(name, names());
        }
        if advice.is_empty() && self.workers.list.len() <= FEW {
            let all: Vec<_> = names().map(|name| text::show(name).to_string()).collect();
            advice = format!(", which holds: {}", all.join(", "));
        }
        format!("worker \"{shown}\" is not in worker.list{advice}")
    }

    /// Extensions that say something about balancers and their members.
    fn extensions(&mut self, rule: &Rule, worker: &WorkerSpec, place: Option<&Place>) {
        let extensions = &rule.extensions;
        let shown = text::show(&rule.worker);
        match worker {
            WorkerSpec::Lb(lb) => {
                for (member, what) in &extensions.activations {
                    if !lb.members.iter().any(|known| known.ajp.name == *member) {
                        let names = lb.members.iter().map(|member| &*member.ajp.name);
                        let near = nearest::did_you_mean(member, names);
                        let (member, what) = (text::show(member), what.label());
                        let message =
                            format!("{what}={member}: balancer \"{shown}\" has no such member{near}");
                        self.warn(place, message);
                    }
                }
            }
            WorkerSpec::Ajp(_) | WorkerSpec::Status(_) => {
                if let Some(name) = only_for_balancers(rule) {
                    let kind = worker.type_name();
                    let message = format!(
                        "extension {name} has no effect: worker \"{shown}\" is of type {kind}, not a balancer"
                    );
                    self.warn(place, message);
                }
            }
        }
        if let Some(from) = extensions.use_server_errors.filter(|from| *from < 400) {
            let message = format!(
                "use_server_errors={from} replaces also replies that are no errors; write 400 or more"
            );
            self.warn(place, message);
        }
    }

    /// Of two rules with one pattern in one map only one is ever used.
    fn hidden(&mut self, map: &[Mounted]) {
        let mut first: HashMap<&[u8], &Mounted> = HashMap::new();
        for mounted in map.iter().filter(|mounted| !mounted.rule.exclusion && !mounted.rule.disabled) {
            let Some(other) = first.get(&*mounted.rule.pattern).copied() else {
                first.insert(&mounted.rule.pattern, mounted);
                continue;
            };
            let (used, hidden) =
                if mounted.rule.source > other.rule.source { (mounted, other) } else { (other, mounted) };
            first.insert(&mounted.rule.pattern, used);
            let same =
                used.rule.worker == hidden.rule.worker && used.rule.extensions == hidden.rule.extensions;
            if !same {
                let message = hidden_message(used, hidden);
                self.warn(hidden.place.as_ref(), message);
            }
        }
    }

    fn never_mounted(&mut self, maps: &[&[Mounted]]) {
        let used: BTreeSet<&[u8]> = maps
            .iter()
            .flat_map(|map| map.iter())
            .filter(|mounted| !mounted.rule.exclusion && !mounted.rule.disabled)
            .map(|mounted| &*mounted.rule.worker)
            .collect();
        for name in self.workers.workers.iter().map(WorkerSpec::name) {
            let member = self.members.get(name).and_then(|balancers| balancers.first());
            let shown = text::show(name);
            let message = match (member, used.contains(name)) {
                (Some(lb), _) => format!(
                    "worker \"{shown}\" is in worker.list and a member of balancer \"{}\": each has a pool of its own",
                    text::show(&lb.name)
                ),
                (None, false) => format!(
                    "worker \"{shown}\" is in worker.list but no rule names it; only SetHandler jakarta-servlet can lead there"
                ),
                (None, true) => continue,
            };
            self.out.push(Diagnostic::note(self.workers.list_place.clone(), message));
        }
    }
}

fn effect(rule: &Rule) -> &'static str {
    match (rule.exclusion, rule.disabled) {
        (true, _) => "the exclusion excludes nothing",
        (false, true) => "the rule is switched off",
        (false, false) => "its requests will get 500",
    }
}

/// The first extension of a rule that means nothing without a balancer.
fn only_for_balancers(rule: &Rule) -> Option<&'static str> {
    let extensions = &rule.extensions;
    let activation = extensions.activations.first().map(|(_, what)| what.label());
    activation
        .or(extensions.session_cookie.is_some().then_some("session_cookie"))
        .or(extensions.session_path.is_some().then_some("session_path"))
        .or(extensions.set_session_cookie.then_some("set_session_cookie"))
        .or(extensions.session_cookie_path.is_some().then_some("session_cookie_path"))
        .or(extensions.sticky_ignore.then_some("sticky_ignore"))
        .or(extensions.stateless.then_some("stateless"))
}

fn hidden_message(used: &Mounted, hidden: &Mounted) -> String {
    let at = used.place.as_ref().map_or_else(|| " elsewhere".to_owned(), |place| format!(" at {place}"));
    format!(
        "rule \"{}\" for \"{}\" is never used: the one{at}, for \"{}\", comes first",
        text::show(&hidden.rule.pattern),
        text::show(&hidden.rule.worker),
        text::show(&used.rule.worker)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::properties::Properties;
    use crate::config::uri_map_file;
    use crate::config::worker_spec::{self, Defaults};

    const WORKERS: &str = "worker.list=lb,solo,jkstatus\nworker.lb.type=lb\nworker.lb.balance_workers=node1,node2\n\
        worker.node1.port=1\nworker.node2.port=2\nworker.solo.port=3\nworker.jkstatus.type=status\n";

    const MAP: &str = "/a=lb\n/b=solo\n/c=jkstatus\n";

    fn said(workers: &str, map: &str) -> Vec<String> {
        let mut properties = Properties::new();
        let file = [WORKERS, workers].concat();
        properties.read_file(file.as_bytes(), b"w", &|_| None, &mut Vec::new());
        let (workers, _) = worker_spec::build(&properties, &Defaults { pool_size: 1 });
        let map =
            uri_map_file::read([MAP, map].concat().as_bytes(), b"m", &|_| None).rules.unwrap_or_default();
        check(&workers, &[&map]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sound_configuration_draws_no_remark() {
        assert_eq!(said("", "!/a/x=lb\n!/y=*\n/z=lb;disabled=node1\n"), [""; 0]);
    }

    #[test]
    fn rules_and_workers_that_do_not_fit_are_told() {
        for (workers, map, part) in [
            (
                "",
                "/x=sol",
                "m:4: rule \"/x\": its requests will get 500: worker \"sol\" is not in worker.list; did you mean \"solo\"?",
            ),
            ("", "/x=zzzzzz", "which holds: lb, solo, jkstatus"),
            ("", "/x=node1", "is a member of balancer \"lb\" but not in worker.list"),
            ("", "/x=solo ;reply_timeout=1", "has a blank too many"),
            ("", "!/x=nobody", "the exclusion excludes nothing"),
            ("", "-/x=nobody", "the rule is switched off"),
            ("", "/x=lb;disabled=node3", "disabled=node3: balancer \"lb\" has no such member; did you mean"),
            (
                "",
                "/x=solo;stopped=node1",
                "extension stopped has no effect: worker \"solo\" is of type ajp13",
            ),
            ("", "/x=solo;session_cookie=S", "extension session_cookie has no effect"),
            ("", "/x=jkstatus;sticky_ignore=1", "is of type status"),
            ("", "/x=lb;use_server_errors=300", "use_server_errors=300 replaces also"),
            (
                "",
                "/x=lb\n/x|/y=solo",
                "m:5: rule \"/x\" for \"solo\" is never used: the one at m:4, for \"lb\"",
            ),
            (
                "worker.list=node1",
                "",
                "w:8: worker \"node1\" is in worker.list and a member of balancer \"lb\"",
            ),
            (
                "worker.list=idle\nworker.idle.port=1",
                "",
                "w:8: worker \"idle\" is in worker.list but no rule names it",
            ),
        ] {
            let said = said(workers, map);
            assert!(said.iter().any(|one| one.contains(part)), "{workers} | {map}: {said:#?}");
        }
    }

    #[test]
    fn rules_that_reach_nobody_are_told() {
        use crate::config::diagnostic::Severity::{Note, Warning};
        use crate::config::settings::MountCopy::{self, All, Off, On};
        let server = |copy: Option<MountCopy>, pattern: &str| {
            let mut server = Settings { mount_copy: copy, ..Settings::default() };
            if !pattern.is_empty() {
                server.mounts.mount(pattern.as_bytes(), b"lb", Place::new(b"httpd.conf", 7));
            }
            server
        };
        let (bare, own) = (server(None, ""), server(None, "/v"));
        let (on, off) = (server(Some(On), ""), server(Some(Off), ""));
        for (main, vhosts, taken, severity) in [
            (server(None, "/a"), &[&bare][..], true, Some(Warning)),
            (server(None, "/a"), &[&bare], false, Some(Note)),
            (server(None, "/a"), &[&own, &bare, &off], true, Some(Warning)),
            (server(None, "/a"), &[&own, &bare, &on], true, None),
            (server(None, "/a"), &[&own], true, None),
            (server(None, "/a"), &[&off], true, None),
            (server(None, "/a"), &[], false, None),
            (server(Some(All), "/a"), &[&bare], true, None),
            (server(Some(On), "/a"), &[&bare], true, Some(Warning)),
            (server(None, ""), &[&bare], true, None),
        ] {
            let rules = map_source::main_map(&main).directives(&mut Vec::new());
            let said = check_reach(&main, &rules, vhosts, taken);
            assert_eq!(said.as_ref().map(|one| one.severity), severity, "{vhosts:?} {taken}");
            let place = said.and_then(|one| one.place);
            assert_eq!(place, severity.map(|_| Place::new(b"httpd.conf", 7)));
        }
    }

    #[test]
    fn directives_without_a_map_are_told() {
        let strip = |line: bool| Settings {
            strip_session: line.then_some(crate::config::settings::StripSession { on: true, mark: None }),
            ..Settings::default()
        };
        let main = Settings::default();
        assert!(check_vhost("a", &main, &strip(true)).is_some());
        assert!(check_vhost("a", &main, &strip(false)).is_none());
        let alias = Settings { auto_alias: Some(b"/d"[..].into()), ..Settings::default() };
        assert!(check_vhost("a", &main, &alias).is_some());
    }
}
