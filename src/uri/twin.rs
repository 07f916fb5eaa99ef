//! Twins: the clean form and the lookup once more, as plainly as the original does them, and the two compared.
//!
//! Nothing here may use what it is compared with.

use super::pattern::TRIALS;
use super::tree::VISITS;
use super::{Lookup, Rule, Source, Unclean, UriMap, clean, rule};
use crate::text::show;

/// Marsaglia's xorshift; always the same numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    /// A slash and up to `most` bytes that patterns and paths are made of.
    fn path(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        [b'/'].into_iter().chain((0..length).map(|_| b"/ab.*?"[self.below(6)])).collect()
    }

    /// The timeout is the number of the rule, by which answers are compared.
    fn rule(&mut self, number: usize) -> Rule {
        let worker: &[u8] = [&b"w1"[..], b"w2", b"w3", b"*"][self.below(4)];
        let number = i32::try_from(number).unwrap();
        let extensions = rule::Extensions { reply_timeout: Some(number), ..Default::default() };
        Rule {
            pattern: self.path(7).into(),
            worker: worker.into(),
            extensions,
            exclusion: self.below(4) == 0,
            disabled: self.below(8) == 0,
            source: [Source::WorkerMount, Source::Directive, Source::File][self.below(3)],
        }
    }
}

/// All rules in the order of the search, tried one after the other.
struct Walk(Vec<Rule>);

impl Walk {
    fn new(rules: &[Rule]) -> Self {
        let mut sorted: Vec<Rule> = Vec::new();
        for rule in rules {
            let place = sorted.iter().position(|other| goes_before(rule, other)).unwrap_or(sorted.len());
            sorted.insert(place, rule.clone());
        }
        Self(sorted)
    }

    fn find(&self, uri: &[u8]) -> Lookup<'_> {
        for rule in &self.0 {
            if !rule.disabled && !rule.exclusion && fits(&rule.pattern, uri) {
                let out = self.0.iter().any(|other| {
                    other.exclusion
                        && !other.disabled
                        && (other.worker == rule.worker || *other.worker == b"*"[..])
                        && fits(&other.pattern, uri)
                });
                return if out { Lookup::Excluded(rule) } else { Lookup::Rule(rule) };
            }
        }
        Lookup::None
    }
}

fn goes_before(rule: &Rule, other: &Rule) -> bool {
    let count = |rule: &Rule| rule.pattern.iter().filter(|b| **b == b'/').count();
    if count(rule) != count(other) {
        return count(rule) > count(other);
    }
    if rule.pattern.len() != other.pattern.len() {
        return rule.pattern.len() > other.pattern.len();
    }
    rule.source > other.source
}

fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', more @ ..], _) => fits(more, text) || (!text.is_empty() && fits(pattern, &text[1..])),
        ([want, more @ ..], [have, rest @ ..]) => (*want == b'?' || want == have) && fits(more, rest),
        ([], [_, ..]) | ([_, ..], []) => false,
    }
}

#[test]
fn the_compiled_map_answers_as_the_walk_does() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut mapped, mut excluded, mut unmapped) = (0, 0, 0);
    for round in 0..2500 {
        let size = if round % 10 == 0 { 150 } else { 1 + random.below(20) };
        let rules: Vec<Rule> = (0..size).map(|number| random.rule(number)).collect();
        let (map, walk) = (UriMap::new(rules.clone()), Walk::new(&rules));
        assert!(map.rules().eq(&walk.0), "the order differs");
        for _ in 0..120 {
            let uri = random.path(9);
            let Ok(uri) = clean(&uri) else { continue };
            let answer = walk.find(&uri);
            assert_eq!(map.find(&uri), answer, "{} {rules:#?}", show(&uri));
            match answer {
                Lookup::Rule(_) => mapped += 1,
                Lookup::Excluded(_) => excluded += 1,
                Lookup::None => unmapped += 1,
            }
        }
    }
    assert!(mapped + excluded + unmapped > 200_000, "{mapped} {excluded} {unmapped}");
    assert!(mapped.min(excluded).min(unmapped) > 20_000, "{mapped} {excluded} {unmapped}");
}

#[test]
fn a_reload_that_keeps_the_rules_in_search_order_changes_nothing() {
    let mut random = Random(7);
    for _ in 0..100 {
        let rules: Vec<Rule> = (0..60).map(|number| random.rule(number)).collect();
        let map = UriMap::new(rules.clone());
        let kept = map.rules().filter(|rule| rule.source != Source::File).cloned();
        let file = rules.into_iter().filter(|rule| rule.source == Source::File);
        assert!(UriMap::new(kept.chain(file).collect()).rules().eq(map.rules()));
    }
}

/// The four passes over the whole path, one after the other.
fn clean_in_passes(uri: &str) -> Result<String, Unclean> {
    let without = |segment: &str| segment.split(';').next().unwrap().to_owned();
    let mut path = uri.split('/').map(without).collect::<Vec<_>>().join("/");
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    while path.contains("/./") {
        path = path.replace("/./", "/");
    }
    if path.ends_with("/.") {
        path.pop();
    }
    while let Some(at) = format!("{path}/").find("/../") {
        let before = path[..at].rfind('/').ok_or(Unclean::EscapesRoot)?;
        let after = path.get(at + 4..).unwrap_or_default();
        path = format!("{}{after}", &path[..=before]);
    }
    Ok(path)
}

#[test]
fn one_pass_cleans_as_the_four_passes_do() {
    let mut texts = vec![String::from("/")];
    let mut done = 0;
    while let Some(text) = texts.pop() {
        done += 1;
        let cleaned = clean(text.as_bytes()).map(|uri| String::from_utf8(uri.into_owned()).unwrap());
        assert_eq!(cleaned, clean_in_passes(&text), "{text}");
        if text.len() < 9 {
            texts.extend(['/', '.', ';', 'a'].map(|more| format!("{text}{more}")));
        }
    }
    assert_eq!(done, (4usize.pow(9) - 1) / 3);
}

#[test]
fn threads_can_share_a_map() {
    fn shared<T: Send + Sync>(_: &T) {}
    let map = UriMap::new(Vec::new());
    shared(&map);
    assert!(map.is_empty());
    assert_eq!(map.find(b"/"), Lookup::None);
}

/// Globs tried and tree nodes seen while the last of 10,000 rules, an unrelated path and a near miss are looked up.
fn work(pattern: impl Fn(usize) -> String, uris: [&str; 3]) -> [(usize, usize); 3] {
    let rule = |n: usize| rule::parse(pattern(n).as_bytes(), b"w", Source::File, false, &mut |_| {});
    let map = UriMap::new((0..10_000).flat_map(rule).map(Result::unwrap).collect());
    assert_ne!(map.find(uris[0].as_bytes()), Lookup::None);
    assert_eq!(map.find(uris[1].as_bytes()), Lookup::None);
    assert_eq!(map.find(uris[2].as_bytes()), Lookup::None);
    uris.map(|uri| {
        TRIALS.set(0);
        VISITS.set(0);
        let _ = map.find(uri.as_bytes());
        (TRIALS.get(), VISITS.get())
    })
}

#[test]
fn ten_thousand_rules_cost_as_little_as_a_few() {
    for (pattern, uris, trials, visits) in [
        ("/app#/*", ["/app9999/x/index.html", "/images/logo.png", "/app10000/x"], 0, 10),
        ("/app#*", ["/app9999/x/index.html", "/images/logo.png", "/apples/x"], 0, 14),
        ("/app#/x", ["/app9999/x", "/images/logo.png", "/app9999/y"], 0, 10),
        ("/*.x#", ["/a/b/c.x9999", "/images/logo.png", "/a.x10000"], 0, 20),
        ("/app#/*.do", ["/app9999/x/y.do", "/images/logo.png", "/app9999/y.da"], 0, 14),
        ("/app#/?x*.do", ["/app9999/axb.do", "/images/logo.png", "/app9999/abc.do"], 1, 14),
        ("/*x/y*.x#", ["/ax/yb.x9999", "/images/logo.png", "/ax.yb.x9999"], 1, 20),
        ("/*/app#/*", ["/a/app9999/x", "/images/logo.png", "/a/app10000/x"], 1, 60),
    ] {
        let seen = work(|n| pattern.replace('#', &n.to_string()), uris);
        assert!(
            seen.iter().all(|(tried, visited)| *tried <= trials && *visited <= visits),
            "{pattern}: {seen:?}"
        );
    }
}
