//! The last minutes of AJP workers, for the status worker to draw. Requests have no part in it.

use super::ajp::AjpWorker;
use crate::shm::board::Board;
use crate::shm::course::Look;
use crate::status::report::Sample;
use crate::time::Seconds;
use std::sync::atomic::Ordering::Relaxed;

/// Takes a sample if it is time for one and no other process was faster.
pub(super) fn extend(ajp: &AjpWorker, board: &Board, now: Seconds) {
    let Some(course) = board.course(ajp.column) else { return };
    if course.claim(now) {
        course.keep(&Look {
            at: now,
            used: ajp.slot.used.load(Relaxed),
            errors: ajp.slot.errors.load(Relaxed),
            busy: board.busy(ajp.column),
            sent: ajp.slot.sent.load(Relaxed),
            read: ajp.slot.read.load(Relaxed),
        });
    }
}

/// The samples of the last minutes, oldest first.
pub(super) fn of(ajp: &AjpWorker, board: &Board, now: Seconds) -> Vec<Sample> {
    let looks = board.course(ajp.column).map_or_else(Vec::new, |course| course.looks(now));
    looks.into_iter().map(sample).collect()
}

fn sample(look: Look) -> Sample {
    Sample {
        at: look.at,
        requests: look.used,
        errors: look.errors.into(),
        busy: look.busy,
        transferred: look.sent,
        read: look.read,
    }
}
