//! The two ends of a benchmark: a backend that answers at once, and clients that count and time.
//!
//! ```text
//! jk-bench backend one:8192 three:8192 ...       prints the port of each, serves until its input ends
//! jk-bench load port=80 path=/app/13 ...         closed loop: each connection asks as soon as it was answered
//! jk-bench open port=80 path=/app/13 rate=500 ...  open loop: requests begin at fixed times, answered or not
//! ```
#![forbid(unsafe_code)]

mod arguments;
mod backend;
mod client;
mod load;
mod packets;
mod reply;

use std::process::ExitCode;

fn main() -> ExitCode {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = all.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let result = match command {
        "backend" => backend::run(rest),
        "load" => load::closed(rest),
        "open" => load::open(rest),
        _ => Err("backend, load or open? See the head of main.rs".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("jk-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What ends the program.
type Fatal = Box<dyn std::error::Error + Send + Sync>;
