//! The thread of each child that closes idle connections and lets members recover.
//!
//! Never started in the parent: a thread there would survive restarts and not exist in the children.

use super::server::Shared;
use crate::log::Log;
use crate::sys::clock::SystemClock;
use crate::time::Clock;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Starts the thread; it ends when nobody else holds `shared` any more. False if the system gives no thread.
pub(super) fn start(shared: &Arc<Shared>, pause: Duration, log: impl Log + Send + 'static) -> bool {
    let shared = Arc::downgrade(shared);
    std::thread::Builder::new()
        .name("jk-maintenance".to_owned())
        .stack_size(256 * 1024)
        .spawn(move || run(&shared, pause, &log))
        .is_ok()
}

fn run(shared: &Weak<Shared>, pause: Duration, log: &dyn Log) {
    loop {
        std::thread::sleep(pause);
        let Some(shared) = shared.upgrade() else { return };
        super::boundary::guard((), || shared.registry.maintain(SystemClock.now(), log));
    }
}
