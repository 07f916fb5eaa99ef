//! A mount file from any bytes: reading never panics, every rule has an absolute pattern, and rules written out
//! again and read once more are the same.

use mod_jk::config::mounts::Mounted;
use mod_jk::config::uri_map_file::{self, UriMapFile};

/// What must hold for any input; panics if it does not.
pub fn check(data: &[u8]) {
    let UriMapFile { rules, diagnostics } = read(data);
    for one in &diagnostics {
        assert!(!one.to_string().contains('\n'), "a message of several lines");
    }
    match rules {
        None => assert!(!diagnostics.is_empty()),
        Some(rules) => {
            assert!(rules.iter().all(|mounted| mounted.rule.pattern.starts_with(b"/")));
            same_when_read_again(&rules);
        }
    }
}

fn read(file: &[u8]) -> UriMapFile {
    uri_map_file::read(file, b"uriworkermap.properties", &|_| None)
}

/// Rules without extensions, in text that means the same to a second reader.
fn same_when_read_again(rules: &[Mounted]) {
    let mut file = Vec::new();
    for rule in rules.iter().map(|mounted| &mounted.rule) {
        let odd = |byte: &u8| matches!(byte, b'#' | b'|' | b';' | b'$' | b'=');
        let blank_at_end =
            rule.worker.last().is_none_or(u8::is_ascii_whitespace) || rule.worker.ends_with(b"\x0b");
        let trimmed = rule.pattern.last().is_some_and(|b| b.is_ascii_whitespace() || *b == 0x0b);
        if rule.pattern.iter().chain(&rule.worker).any(odd) || blank_at_end || trimmed {
            return;
        }
        if rule.extensions != Default::default() || rule.pattern.len() + rule.worker.len() > 8000 {
            return;
        }
        let prefix = [if rule.disabled { "-" } else { "" }, if rule.exclusion { "!" } else { "" }].concat();
        file.extend_from_slice(&[prefix.as_bytes(), &rule.pattern, b"=", &rule.worker, b"\n"].concat());
    }
    let again = read(&file).rules.unwrap_or_default();
    let mut keys = std::collections::HashSet::new();
    if rules.iter().all(|one| keys.insert((&one.rule.pattern, one.rule.exclusion, one.rule.disabled))) {
        let only = |all: &[Mounted]| all.iter().map(|one| one.rule.clone()).collect::<Vec<_>>();
        assert_eq!(only(rules), only(&again));
    }
}
