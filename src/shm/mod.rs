//! SHARED STATE: what all children of one server know of workers and members.
//!
//! `slot` says what a record holds, `board` where it lies: records are found or made by name when the parent
//! starts or restarts, so state and counters outlive a graceful restart. `census` counts what is under way, `edits`
//! holds what administrators changed, `probes` counts how probes ended, `course` keeps the last minutes.
//!
//! No `unsafe` stands here, but `shared_record!` of the room below expands to one, so the compiler cannot forbid it;
//! the architecture test does.

pub mod board;
mod census;
pub mod course;
pub mod edits;
mod probes;
pub mod slot;

pub use board::{Board, BoardError, Child, Room};
pub use slot::{AjpSlot, LbSlot, MemberSlot};
