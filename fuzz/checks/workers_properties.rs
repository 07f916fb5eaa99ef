//! workers.properties from any bytes: reading and building never panic, and what was read, written out again and
//! read once more, is the same.

use mod_jk::config::diagnostic::Diagnostic;
use mod_jk::config::properties::{self, Properties};
use mod_jk::config::worker_spec::{self, Defaults};

/// What must hold for any input; panics if it does not.
pub fn check(data: &[u8]) {
    let (properties, mut out) = read(data);
    same_when_read_again(&properties);
    let mut resolved = properties.clone();
    resolved.resolve_references(&mut out);
    let (workers, more) = worker_spec::build(&resolved, &Defaults { pool_size: 25 });
    assert!(workers.workers.iter().all(|worker| workers.list.iter().any(|name| **name == *worker.name())));
    for one in out.iter().chain(&more) {
        assert!(!one.to_string().contains('\n'), "a message of several lines");
    }
    // A directive that is accepted can be read.
    if properties::check_directive(data).is_ok() {
        Properties::new().read_directive(data, None, &environment, &mut Vec::new());
    }
}

fn environment(name: &[u8]) -> Option<Vec<u8>> {
    (name == b"HOME").then(|| b"/root=#$(HOME)".to_vec())
}

fn read(file: &[u8]) -> (Properties, Vec<Diagnostic>) {
    let (mut properties, mut out) = (Properties::new(), Vec::new());
    properties.read_file(file, b"workers.properties", &environment, &mut out);
    (properties, out)
}

/// Entries with bytes that the file's syntax cannot hold come from the environment or from variables.
fn same_when_read_again(properties: &Properties) {
    let mut file = Vec::new();
    for entry in properties.iter() {
        let line = [&entry.key, &b"="[..], &entry.value].concat();
        let plain = |part: &[u8]| !part.contains(&b'#') && !part.windows(2).any(|pair| pair == b"$(");
        if line.len() > 8000 || !plain(&line) {
            return;
        }
        file.extend_from_slice(&line);
        file.push(b'\n');
    }
    let (again, _) = read(&file);
    let pairs = |all: &Properties| -> Vec<_> {
        all.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
    };
    assert_eq!(pairs(properties), pairs(&again));
}
