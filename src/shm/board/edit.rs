//! Changing what administrators may change: one process after the other.

use super::{Board, BoardError, Column};
use crate::shm::edits::{EditSlot, Edits};
use crate::sys::process;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::time::Duration;

impl Board {
    /// The record of what is changed of a worker, member or balancer.
    pub fn edits_of(&self, column: Column) -> Option<&'static EditSlot> {
        self.edits.get(column.0)
    }

    /// Counts all changes of all workers.
    pub fn edits(&self) -> u32 {
        self.head.edits.load(Acquire)
    }

    /// Changes what is changed, if `how` says so by returning true. Changes come one after the other, so what `how`
    /// sees is what it replaces; it must not wait for anything. False if nothing was changed.
    ///
    /// # Errors
    /// If another process has been in the middle of a change for all too long.
    pub fn edit(&self, column: Column, how: impl FnOnce(&mut Edits) -> bool) -> Result<bool, BoardError> {
        let slot = self.edits_of(column).ok_or(BoardError::Full)?;
        let _turn = Turn::wait(&self.head.editor).ok_or(BoardError::Occupied)?;
        let mut edits = slot.read();
        if !how(&mut edits) {
            return Ok(false);
        }
        slot.write(&edits);
        self.head.edits.fetch_add(1, AcqRel);
        Ok(true)
    }

    pub(super) fn clear_edits(&self, column: Column) {
        if let Some(slot) = self.edits_of(column) {
            slot.clear();
        }
    }
}

/// The right to change something; dropping it lets the next one in.
struct Turn<'h>(&'h AtomicU32);

impl<'h> Turn<'h> {
    /// Waits for it. A process that was killed in its turn is passed over.
    fn wait(editor: &'h AtomicU32) -> Option<Self> {
        for _ in 0..TURNS {
            let holder = editor.load(Relaxed);
            let free = holder == 0 || !process::exists(holder);
            if free && editor.compare_exchange(holder, process::id(), Acquire, Relaxed).is_ok() {
                return Some(Self(editor));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(0, Release);
    }
}

/// How many milliseconds to wait for the turn; a change takes microseconds.
const TURNS: u32 = 2000;
