//! Load in a closed and in an open loop; the outcome is one line of JSON.

use crate::Fatal;
use crate::arguments::Arguments;
use crate::client::{Connection, Script};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// What every client thread knows.
struct Plan {
    script: Script,
    port: u16,
    /// When the last request may begin.
    until: Instant,
    /// How many requests there are; each thread takes the next number.
    requests: usize,
    next: AtomicUsize,
    began: Instant,
    /// Time between two requests of an open loop.
    apart: Option<Duration>,
}

/// What a client thread has seen.
#[derive(Default)]
struct Seen {
    micros: Vec<u32>,
    errors: usize,
    last_error: Option<String>,
}

/// Each connection asks as soon as it was answered, for `seconds` or until `requests` were answered.
pub fn closed(arguments: &[String]) -> Result<(), Fatal> {
    run(&Arguments(arguments), false)
}

/// Requests begin `rate` times a second, answered or not. A request that had to wait for a free connection counts
/// from when it should have begun.
pub fn open(arguments: &[String]) -> Result<(), Fatal> {
    run(&Arguments(arguments), true)
}

fn run(arguments: &Arguments<'_>, open: bool) -> Result<(), Fatal> {
    let script = Script::new(
        arguments.text("path").ok_or("path=?")?,
        arguments.number("post", 0)?,
        arguments.number("headers", 0)?,
        arguments.number("routes", 0)?,
    );
    let rate = arguments.number("rate", 1000.0)?;
    let began = Instant::now();
    let plan = Arc::new(Plan {
        script,
        port: arguments.number("port", 80)?,
        until: began + Duration::from_secs_f64(arguments.number("seconds", 3600.0)?),
        requests: arguments.number("requests", usize::MAX)?,
        next: AtomicUsize::new(0),
        began,
        apart: open.then(|| Duration::from_secs_f64(1.0 / rate)),
    });
    let threads: Vec<_> = (0..arguments.number("connections", 1)?)
        .map(|_| {
            let plan = Arc::clone(&plan);
            thread::Builder::new().stack_size(128 * 1024).spawn(move || client(&plan))
        })
        .collect::<io::Result<_>>()?;
    let mut all = Seen::default();
    for thread in threads {
        let seen = thread.join().map_err(|_| "a client thread panicked")?;
        all.micros.extend(seen.micros);
        all.errors += seen.errors;
        all.last_error = seen.last_error.or(all.last_error);
    }
    print(&mut all, began.elapsed());
    Ok(())
}

fn client(plan: &Plan) -> Seen {
    let mut seen = Seen::default();
    let mut connection = None;
    loop {
        let n = plan.next.fetch_add(1, Relaxed);
        if n >= plan.requests {
            return seen;
        }
        let Some(began) = wait(plan, n) else { return seen };
        match ask(&mut connection, plan, n) {
            Ok(true) => seen.micros.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX)),
            Ok(false) => {
                seen.errors += 1;
                seen.last_error = Some("a status other than 200".into());
            }
            Err(error) => {
                connection = None;
                seen.errors += 1;
                seen.last_error = Some(error.to_string());
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

/// Waits for the turn of request `n` and says when it begins; `None` when the time is over. The time that the
/// machine takes to wake this thread is not the server's.
fn wait(plan: &Plan, n: usize) -> Option<Instant> {
    let now = Instant::now();
    let Some(apart) = plan.apart else { return (now < plan.until).then_some(now) };
    let due = plan.began + apart.mul_f64(n as f64);
    if due >= plan.until {
        return None;
    }
    match due.checked_duration_since(now) {
        Some(early) => {
            thread::sleep(early);
            Some(Instant::now())
        }
        None => Some(due),
    }
}

fn ask(connection: &mut Option<Connection>, plan: &Plan, n: usize) -> io::Result<bool> {
    let open = match connection.take() {
        Some(open) => open,
        None => Connection::open(plan.port)?,
    };
    connection.insert(open).ask(&plan.script, n)
}

fn print(seen: &mut Seen, elapsed: Duration) {
    seen.micros.sort_unstable();
    let at = |part: f64| {
        let index = (seen.micros.len() as f64 * part) as usize;
        seen.micros.get(index.min(seen.micros.len().saturating_sub(1))).copied().unwrap_or(0)
    };
    println!(
        r#"{{"requests": {}, "errors": {}, "seconds": {:.3}, "p50": {}, "p99": {}, "p999": {}, "error": "{}"}}"#,
        seen.micros.len(),
        seen.errors,
        elapsed.as_secs_f64(),
        at(0.5),
        at(0.99),
        at(0.999),
        seen.last_error.as_deref().unwrap_or("").replace(['"', '\\'], "'"),
    );
}
