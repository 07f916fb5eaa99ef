//! The buffers of one request, used again by the next one and never cleared.

use crate::ajp::codes::MAX_PACKET;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Buffers of one request.
#[derive(Debug)]
pub(super) struct Scratch {
    /// The request packet.
    pub(super) packet: Vec<u8>,
    /// The first part of the request body, kept in case the request must be sent again.
    pub(super) kept: Vec<u8>,
    /// What the backend sent.
    pub(super) received: Received,
}

impl Scratch {
    fn new() -> Self {
        Self { packet: Vec::with_capacity(1024), kept: Vec::new(), received: Received::new() }
    }
}

/// The buffers of a process that are not in use. Those put back last are taken first: they are still in the CPU's
/// caches, and there are never more than there were requests at a time, however many threads serve them in turn.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<Vec<Scratch>>);

impl Shelf {
    pub(super) fn take(&self) -> Scratch {
        self.lock().pop().unwrap_or_else(Scratch::new)
    }

    pub(super) fn put_back(&self, scratch: Scratch) {
        self.lock().push(scratch);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Scratch>> {
        // A panic while the lock was held cannot have left the list half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A receive buffer: has room for the largest packet, holds what was received and not consumed yet.
#[derive(Debug)]
pub(super) struct Received {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Received {
    fn new() -> Self {
        // Zeroed once; afterwards only overwritten.
        Self { buffer: vec![0; MAX_PACKET + 4].into(), start: 0, end: 0 }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    /// What is there.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Marks the first `n` bytes as done with.
    pub(super) fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
        if self.start == self.end {
            self.clear();
        }
    }

    /// Room for more; what is not consumed moves to the front first, if that is needed to have room.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.start > 0 && self.end + READ_AHEAD > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// Notes that `n` bytes were put into the room.
    pub(super) fn filled(&mut self, n: usize) {
        self.end = (self.end + n).min(self.buffer.len());
    }
}

/// Below this much room the unread rest is moved to the front of the buffer.
const READ_AHEAD: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_buffers_as_requests_at_a_time_and_the_last_one_back_goes_first() {
        let shelf = Shelf::default();
        for _ in 0..3 {
            let [mut first, second] = [shelf.take(), shelf.take()];
            first.kept.push(1);
            shelf.put_back(second);
            shelf.put_back(first);
            assert_eq!(shelf.lock().len(), 2);
            let again = shelf.take();
            assert!(!again.kept.is_empty(), "not the one that was put back last");
            shelf.put_back(again);
        }
    }

    #[test]
    fn unread_bytes_survive_and_the_buffer_never_runs_out() {
        let mut received = Received::new();
        let mut next = 0u8;
        for round in 0..1000 {
            let room = received.room();
            assert!(room.len() >= READ_AHEAD, "round {round}");
            let n = room.len().min(20_011);
            for byte in room.iter_mut().take(n) {
                *byte = next;
                next = next.wrapping_add(1);
            }
            received.filled(n);
            let keep = 13;
            let before = received.bytes().last().copied();
            received.consume(received.bytes().len() - keep);
            assert_eq!(received.bytes().last().copied(), before);
            received.consume(keep - round % keep);
        }
    }
}
