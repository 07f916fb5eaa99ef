//! What the thread for maintenance does between two rounds of maintenance: it receives what backends were asked for.

use super::ajp::AjpWorker;
use super::registry::Registry;
use crate::log::Log;
use crate::sys::readiness::Bell;
use crate::time::Seconds;
use std::fmt;
use std::time::Duration;

/// The work of that thread. Nothing in it waits for a backend.
pub struct Watch<'r> {
    registry: &'r Registry,
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl<'r> Watch<'r> {
    /// Nothing is under way yet.
    pub fn new(registry: &'r Registry) -> Self {
        Self { registry }
    }

    /// Waits for `longest`, or until there is something to do. True once `bell` was rung.
    pub fn wait(&self, bell: &Bell, longest: Duration) -> bool {
        bell.wait(&[], longest)
    }

    /// Looks at everything once.
    pub fn round(&mut self, _now: Seconds, log: &dyn Log) {
        self.registry.current().backends().for_each(|ajp: &AjpWorker| ajp.hear(log));
    }
}
