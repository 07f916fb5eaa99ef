//! The thread of each child that closes idle connections and lets members recover.
//!
//! Never started in the parent: a thread there would survive restarts and not exist in the children. Nothing it does
//! waits for a backend, so it ends at once when it is told to.

use super::server::Shared;
use crate::log::Log;
use crate::sys::clock::SystemClock;
use crate::sys::process::without_signals;
use crate::sys::readiness::Bell;
use crate::time::Clock;
use crate::worker::Watch;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two looks at what is due, unless a socket has something to say.
const PAUSE: Duration = Duration::from_secs(1);

/// A child that ends does not wait longer than this for its thread. mod_jk waits without a bound.
const GRACE: Duration = Duration::from_secs(1);

/// The running thread; dropping it ends the thread.
pub(super) struct Maintenance(Arc<Bells>);

struct Bells {
    stop: Bell,
    ended: Bell,
}

impl Maintenance {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system gives no thread, or no descriptors for its bells.
    pub(super) fn start(shared: &Arc<Shared>, log: impl Log + Send + 'static) -> io::Result<Self> {
        let bells = Arc::new(Bells { stop: Bell::new()?, ended: Bell::new()? });
        let (shared, heard) = (Arc::clone(shared), Arc::clone(&bells));
        let thread = std::thread::Builder::new().name("jk-maintenance".to_owned()).stack_size(256 * 1024);
        without_signals(|| {
            thread.spawn(move || {
                run(&shared, &heard.stop, &log);
                heard.ended.ring();
            })
        })?;
        Ok(Self(bells))
    }
}

impl Drop for Maintenance {
    fn drop(&mut self) {
        // On prefork this can run inside the handler of a signal. Bells may be rung there, and a thread that waits
        // for a lock of this one cannot keep the child from ending.
        self.0.stop.ring();
        self.0.ended.wait(&[], GRACE);
    }
}

fn run(shared: &Shared, stop: &Bell, log: &dyn Log) {
    let mut watch = Watch::new(&shared.registry);
    let mut maintained = Instant::now();
    while !watch.wait(stop, PAUSE) {
        let now = SystemClock.now();
        super::boundary::guard((), || watch.round(now, log));
        if maintained.elapsed() >= shared.tick {
            maintained = Instant::now();
            super::boundary::guard((), || shared.registry.maintain(now, log));
        }
    }
}
