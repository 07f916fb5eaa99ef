//! The fuzz targets of `fuzz`, for a moment and without a fuzzer: their seeds, and mutations of those that are the same
//! at every run. What needs hours and a measure of coverage is `make fuzz`.
//!
//! `FUZZ_SMOKE_SECONDS` (2) is the time for each target.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::cast_possible_truncation, unreachable_pub)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../fuzz/checks/ajp_reply.rs"]
mod ajp_reply;
#[path = "../fuzz/checks/ajp_request.rs"]
mod ajp_request;
#[path = "../fuzz/checks/session.rs"]
mod session;
#[path = "../fuzz/checks/status.rs"]
mod status;
#[path = "../fuzz/checks/uri_normal.rs"]
mod uri_normal;
#[path = "../fuzz/checks/uriworkermap.rs"]
mod uriworkermap;
#[path = "../fuzz/checks/workers_properties.rs"]
mod workers_properties;

#[test]
fn replies() {
    smoke("ajp_reply", ajp_reply::check);
}

#[test]
fn requests() {
    smoke("ajp_request", ajp_request::check);
}

#[test]
fn sessions() {
    smoke("session", session::check);
}

#[test]
fn status_queries() {
    smoke("status", status::check);
}

#[test]
fn paths() {
    smoke("uri_normal", uri_normal::check);
}

#[test]
fn mount_files() {
    smoke("uriworkermap", uriworkermap::check);
}

#[test]
fn workers() {
    smoke("workers_properties", workers_properties::check);
}

/// Runs a check over the target's seeds and over what comes of them. An input that fails is printed.
fn smoke(target: &str, check: fn(&[u8])) {
    let seeds = seeds(target);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let until = Instant::now() + Duration::from_secs_f64(seconds());
    for seed in &seeds {
        run(seed, check);
    }
    while Instant::now() < until {
        run(&mutated(&mut dice, &seeds), check);
    }
}

fn seconds() -> f64 {
    std::env::var("FUZZ_SMOKE_SECONDS").map_or(2.0, |text| text.parse().expect("a number of seconds"))
}

fn run(input: &[u8], check: fn(&[u8])) {
    let told = std::panic::catch_unwind(|| check(input));
    assert!(told.is_ok(), "fails for b\"{}\"", input.escape_ascii());
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has no seeds");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// A seed after a few of the changes that fuzzers make.
fn mutated(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut input = seeds[dice.below(seeds.len())].clone();
    for _ in 0..=dice.below(6) {
        let at = dice.below(input.len() + 1);
        let end = (at + 1 + dice.below(12)).min(input.len());
        match dice.below(6) {
            0 => input.truncate(at),
            1 => drop(input.drain(at..end)),
            2 => input.insert(at, dice.byte()),
            3 => input.extend_from_within(at..end),
            4 => {
                let other = &seeds[dice.below(seeds.len())];
                let tail = &other[dice.below(other.len() + 1)..];
                input.truncate(at);
                input.extend_from_slice(tail);
            }
            _ => input.iter_mut().skip(at).take(1 + dice.below(2)).for_each(|byte| *byte = dice.byte()),
        }
    }
    input
}

/// A small generator of pseudo-random numbers (xorshift), the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 0 to `below` - 1.
    fn below(&mut self, below: usize) -> usize {
        (self.roll() >> 16) as usize % below
    }

    /// Half of them are bytes that mean something in one of the formats.
    fn byte(&mut self) -> u8 {
        const TELLING: &[u8] =
            b"\x00\x01\x02\x03\x04\x05\x06\x09\x12\x34\xa0\xffAB/.%;=,*|!-#$()\"\\\r\n\t 0";
        if self.below(2) == 0 { TELLING[self.below(TELLING.len())] } else { self.roll() as u8 }
    }
}
