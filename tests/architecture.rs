//! The law of the house: who imports whom, where `unsafe` stands, how large a file may be.
//!
//! Rooms and arrows are those of `docs/ARCHITECTURE.md`. A room imports only from rooms of a lower floor; rooms of
//! one floor are strangers, but for the few that a line here allows.

#![allow(clippy::unwrap_used, clippy::panic)] // a test: it fails by panicking

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms by floor, lowest first.
const FLOORS: &[&[&str]] = &[
    &["text", "time", "log"],
    &["ajp", "uri", "session", "balance", "request_log", "sys"],
    &["config"],
    &["shm", "status"],
    &["worker"],
    &["httpd"],
];

/// Rooms in which the compiler forbids `unsafe`.
const FORBIDS_UNSAFE: &[&str] =
    &["text", "time", "log", "ajp", "uri", "session", "balance", "request_log", "config", "status", "worker"];

/// Rooms that may hold `unsafe`.
const HOLDS_UNSAFE: &[&str] = &["sys", "httpd"];

/// Words by which a pure room would reach for the world.
const WORLD: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::sync::atomic",
    "Instant",
    "SystemTime",
];

/// Rooms without clock, files, sockets and atomics.
const PURE: &[&str] =
    &["text", "time", "log", "ajp", "uri", "session", "balance", "request_log", "config", "status"];

/// Most lines of a file without its tests.
const LINES_MAX: usize = 400;

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// A source file, and the room it belongs to.
struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &mut found);
    let sources: Vec<Source> = found
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "lib.rs"))
        .map(|path| {
            let inside = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let room = inside.split(['/', '.']).next().unwrap().to_owned();
            Source { text: fs::read_to_string(&path).unwrap(), path, room }
        })
        .collect();
    assert!(
        sources.len() > 40,
        "found only {} source files: is the test looking in the right place?",
        sources.len()
    );
    sources
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The part of a file before its tests, without comments.
fn code(text: &str) -> String {
    let end = text
        .find("#[cfg(test)]\n#[allow")
        .or_else(|| text.find("#[cfg(test)]\nmod tests {"))
        .unwrap_or(text.len());
    text[..end].lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The rooms that a file names: every `crate::room`.
fn imports(text: &str) -> Vec<String> {
    let code = code(text);
    let mut rooms: Vec<String> = Vec::new();
    for piece in code.split("crate::").skip(1) {
        let group =
            piece.strip_prefix('{').map_or(piece, |inside| inside.split('}').next().unwrap_or(inside));
        let names: Vec<&str> = if piece.starts_with('{') { group.split(',').collect() } else { vec![group] };
        for name in names {
            let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            rooms.push(name);
        }
    }
    rooms
}

/// What is wrong with the imports of one file, if anything.
fn broken_arrows(room: &str, text: &str) -> Vec<String> {
    let Some(own) = floor(room) else { return vec![format!("room `{room}` has no floor: add it to FLOORS")] };
    imports(text)
        .into_iter()
        .filter(|other| other != room)
        .filter_map(|other| match floor(&other) {
            Some(floor) if floor < own => None,
            Some(floor) if floor == own => Some(format!("`{room}` imports its neighbour `{other}`")),
            Some(_) => Some(format!("`{room}` imports `{other}`, which stands above it")),
            // Macros are named from the crate's root.
            None if other == "say" || other == "shared_record" => None,
            None => Some(format!("`{room}` names `crate::{other}`, which is no room")),
        })
        .collect()
}

#[test]
fn arrows_point_down() {
    let broken: Vec<String> = sources()
        .iter()
        .flat_map(|s| {
            broken_arrows(&s.room, &s.text).into_iter().map(|what| format!("{}: {what}", s.path.display()))
        })
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn an_arrow_that_points_up_or_sideways_is_found() {
    assert_eq!(broken_arrows("ajp", "use crate::text::trim;\n"), Vec::<String>::new());
    assert_eq!(
        broken_arrows("ajp", "use crate::worker::Task;\n"),
        ["`ajp` imports `worker`, which stands above it"]
    );
    assert_eq!(
        broken_arrows("uri", "use crate::{text, session::Session};\n"),
        ["`uri` imports its neighbour `session`"]
    );
    assert_eq!(
        broken_arrows("balance", "fn f() { crate::sys::clock::now(); }"),
        ["`balance` imports its neighbour `sys`"]
    );
    assert!(!broken_arrows("uri", "use crate::nowhere::X;").is_empty());
}

#[test]
fn pure_rooms_forbid_unsafe_and_do_not_reach_for_the_world() {
    let all = sources();
    for room in FORBIDS_UNSAFE {
        let head = all.iter().find(|s| {
            s.path.ends_with(format!("src/{room}.rs")) || s.path.ends_with(format!("src/{room}/mod.rs"))
        });
        let head = head.unwrap_or_else(|| panic!("room `{room}` has no file"));
        assert!(
            head.text.contains("#![forbid(unsafe_code)]"),
            "{} does not forbid unsafe code",
            head.path.display()
        );
    }
    for source in all.iter().filter(|s| PURE.contains(&s.room.as_str())) {
        let code = code(&source.text);
        let reached: Vec<&&str> = WORLD.iter().filter(|word| code.contains(**word)).collect();
        assert!(reached.is_empty(), "{} reaches for {reached:?}", source.path.display());
    }
}

#[test]
fn unsafe_stands_in_two_rooms_only() {
    for source in sources().iter().filter(|s| !HOLDS_UNSAFE.contains(&s.room.as_str())) {
        let found =
            code(&source.text).lines().any(|line| line.contains("unsafe ") || line.contains("unsafe{"));
        assert!(!found, "{} holds `unsafe`", source.path.display());
    }
}

#[test]
fn only_the_hosts_room_names_the_host() {
    for source in sources().iter().filter(|s| s.room != "httpd") {
        let code = code(&source.text);
        for word in ["ap_", "apr_", "request_rec", "httpd::"] {
            let named = code.match_indices(word).any(|(at, _)| {
                !code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
            });
            assert!(!named, "{} names `{word}`", source.path.display());
        }
    }
}

#[test]
fn files_stay_small() {
    for source in sources() {
        let test_file = source.path.to_str().is_some_and(|p| p.contains("tests") || p.contains("examples"));
        let lines = code(&source.text).lines().count();
        assert!(test_file || lines <= LINES_MAX, "{} has {lines} lines", source.path.display());
    }
}
