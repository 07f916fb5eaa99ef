//! The examples that were observed with the original, through the whole room: rules, clean form, lookup, escaping.

use super::{Lookup, MAX_URI, Remark, RuleTable, Source, UriMap, clean, escape, is_unsafe};

const EXAMPLES: &str = include_str!("examples.txt");

#[test]
fn requests_go_where_the_original_sends_them() {
    let (mut rows, mut wrong) = (0, Vec::new());
    for group in EXAMPLES.split("\n# ").skip(1) {
        let (server, requests) = Server::read(group);
        for line in requests {
            let mut words = line.split_whitespace();
            let request = words.next().unwrap();
            let expected = words.collect::<Vec<_>>().join(" ");
            let answer = server.answer(request);
            rows += 1;
            if answer != expected {
                let name = group.lines().next().unwrap();
                wrong.push(format!("{name}: {request}: {answer:?}, the original: {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows > 220, "only {rows} rows were read");
}

#[test]
fn the_limit_is_on_the_clean_path() {
    let (server, _) = Server::read("R58\nJkMount /* w1");
    for (path, worker) in [
        (format!("/{}", "a".repeat(4094)), "w1"),
        (format!("/{}", "a".repeat(4095)), "-"),
        (format!("/{}b;{}", "a/".repeat(1999), "c".repeat(200)), "w1"),
    ] {
        assert_eq!(server.answer(&path).split(' ').next(), Some(worker), "{}", path.len());
    }
}

#[test]
fn the_star_of_options_is_passed_and_never_matches() {
    let (server, _) = Server::read("R56\nJkMount /* w1");
    assert_eq!(clean(b"*").as_deref(), Ok(&b"*"[..]));
    assert_eq!(server.map.find(b"*"), Lookup::None);
}

/// Main: `/g/*`, not `/g/*.gif`, `/both`, `/tie`; a mount file `/fm`; `worker.w7.mount=/wd /wd/* /tie`.
#[test]
fn a_virtual_host_sees_its_own_rules_and_those_it_copies() {
    let table = |lines: &[(&str, &str)]| {
        let mut table = RuleTable::default();
        for (key, worker) in lines {
            table.set(key.as_bytes(), worker.as_bytes(), ());
        }
        table
    };
    let main = table(&[("/g/*", "w1"), ("!/g/*.gif", "w1"), ("/both", "w1"), ("/tie", "w1")]);
    let main_file = table(&[("/fm", "w2")]);
    let compile = |directives: &RuleTable, file: &RuleTable, mounts: &[&str]| {
        let refuse = &mut |_: &super::Entry<'_, ()>, remark: Remark| panic!("{remark:?}");
        let mut rules: Vec<_> = mounts
            .iter()
            .flat_map(|pattern| {
                super::rule::parse(pattern.as_bytes(), b"w7", Source::WorkerMount, false, &mut |_| {})
            })
            .map(Result::unwrap)
            .collect();
        rules.extend(directives.rules(Source::Directive, refuse));
        rules.extend(file.rules(Source::File, refuse));
        UriMap::new(rules)
    };
    let mut own = table(&[("/v/x", "w4"), ("/both", "w4")]);
    let own_only = compile(&own, &RuleTable::default(), &[]);
    own.inherit(&main);
    let own_and_main = compile(&own, &main_file, &[]);
    let whole_main = compile(&main, &main_file, &["/wd", "/wd/*", "/tie"]);
    for (map, answers) in [
        (whole_main, ["w1", "w1", "w2", "-", "w7", "w1", "-"]),
        (own_only, ["-", "w4", "-", "w4", "-", "-", "-"]),
        (own_and_main, ["w1", "w4", "w2", "w4", "-", "w1", "-"]),
    ] {
        let uris = ["/g/x", "/both", "/fm", "/v/x", "/wd/x", "/tie", "/g/x.gif"];
        assert_eq!(uris.map(|uri| worker(&map, uri.as_bytes())), answers);
    }
}

/// A server as an example describes it.
struct Server {
    map: UriMap,
    settings: Vec<String>,
}

impl Server {
    /// The server, and the lines that are requests.
    fn read(group: &str) -> (Self, Vec<&str>) {
        let (mut directives, mut file) = (RuleTable::default(), RuleTable::default());
        let (mut settings, mut requests) = (Vec::new(), Vec::new());
        for line in group.lines().skip(1).filter(|line| !line.is_empty()) {
            if line.starts_with('/') {
                requests.push(line);
            } else if let Some(rule) = line.strip_prefix("file ") {
                let (key, worker) = rule.split_once('=').unwrap();
                file.set(key.trim_ascii().as_bytes(), worker.trim_ascii().as_bytes(), ());
            } else if let Some((pattern, worker)) = directive(line, "JkMount ") {
                directives.mount(pattern, worker, ());
            } else if let Some((pattern, worker)) = directive(line, "JkUnMount ") {
                directives.unmount(pattern, worker, ());
            } else {
                settings.push(line.to_owned());
            }
        }
        let mut rules = directives.rules(Source::Directive, &mut |_, _| {});
        rules.extend(file.rules(Source::File, &mut |_, _| {}));
        (Self { map: UriMap::new(rules), settings }, requests)
    }

    fn has(&self, setting: &str) -> bool {
        self.settings.iter().any(|line| line == setting)
    }

    /// What the third and fourth column say of a request.
    fn answer(&self, request: &str) -> String {
        let uri = self.request_path(request);
        let Ok(clean_uri) = clean(&uri) else { return "refused".to_owned() };
        let unsafe_uri = self.has("RejectUnsafeURI") && is_unsafe(&clean_uri);
        let worker = worker(&self.map, &clean_uri);
        if clean_uri.len() > MAX_URI || unsafe_uri || worker == "-" {
            return "-".to_owned();
        }
        let forwarded = escape::proxy(&uri).into_owned();
        format!("{} {}", worker.replace(' ', "\\s"), String::from_utf8(forwarded).unwrap())
    }

    /// What httpd makes of a path before modules see it.
    fn request_path(&self, request: &str) -> Vec<u8> {
        let path = request.split('?').next().unwrap();
        let decoded = decode(path, self.has("AllowEncodedSlashes On"));
        let mut kept: Vec<&[u8]> = Vec::new();
        // httpd takes leading slashes for one, whatever MergeSlashes says.
        let start = decoded.iter().position(|b| *b != b'/').unwrap_or(decoded.len());
        let segments: Vec<&[u8]> = decoded[start..].split(|b| *b == b'/').collect();
        for (at, segment) in segments.iter().enumerate() {
            let last = at + 1 == segments.len();
            match *segment {
                b"." if last => kept.push(b""),
                b"." => {}
                b".." => {
                    kept.pop().unwrap();
                    kept.extend(last.then_some(&b""[..]));
                }
                b"" if !last && !self.has("MergeSlashes Off") => {}
                _ => kept.push(segment),
            }
        }
        [b"/", &*kept.join(&b'/')].concat()
    }
}

fn directive<'l>(line: &'l str, name: &str) -> Option<(&'l [u8], &'l [u8])> {
    let (pattern, worker) = line.strip_prefix(name)?.rsplit_once(' ').unwrap();
    Some((pattern.as_bytes(), worker.as_bytes()))
}

fn worker(map: &UriMap, clean_uri: &[u8]) -> String {
    match map.find(clean_uri) {
        Lookup::Rule(rule) => String::from_utf8(rule.worker.to_vec()).unwrap(),
        Lookup::Excluded(_) | Lookup::None => "-".to_owned(),
    }
}

/// Without `slashes`, `%2F` stays as it is.
fn decode(path: &str, slashes: bool) -> Vec<u8> {
    let mut pieces = path.split('%');
    let mut out = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        let byte = u8::from_str_radix(&piece[..2], 16).unwrap();
        if byte == b'/' && !slashes {
            out.extend_from_slice(b"%");
            out.extend_from_slice(piece.as_bytes());
        } else {
            out.push(byte);
            out.extend_from_slice(&piece.as_bytes()[2..]);
        }
    }
    out
}
