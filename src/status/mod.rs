//! WHAT IT LOOKS LIKE: the status worker without its doing.
//!
//! A request to a status worker goes through four steps; this room knows all of them but the third:
//!
//! 1. [`command`] reads what was asked for, and refuses what must not be asked;
//! 2. [`plan`] names the workers it is about and, for a command that changes something, the validated [`change`]s;
//! 3. the room `worker` gathers a [`report`] or applies the changes;
//! 4. a format renders the answer.
//!
//! Pure: no clock, no shared memory, no request. All of it is handed in as plain values.
#![forbid(unsafe_code)]

pub mod change;
pub mod command;
pub mod plan;
pub mod refusal;
pub mod report;

pub use change::{Action, AjpChange, LbChange, MemberChange};
pub use command::{Command, Kind, Mime, Options};
pub use plan::{Inventory, Listed, Plan, Scope};
pub use refusal::Refusal;
pub use report::Report;
