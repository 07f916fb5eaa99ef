//! WHAT IT LOOKS LIKE: the status worker without its doing.
//!
//! A request to a status worker goes through four steps; this room knows all of them but the third:
//!
//! 1. [`request::read`] reads what was asked for, a [`Command`], and refuses what must not be asked;
//! 2. [`plan()`] names the workers it is about and, for a command that changes something, the validated [`change`]s;
//! 3. the room `worker` gathers a [`report`] or applies the changes;
//! 4. a format renders the answer.
//!
//! Pure: no clock, no shared memory, no request. All of it is handed in as plain values.
#![forbid(unsafe_code)]

pub mod answer;
pub mod change;
pub mod command;
pub mod dump;
pub mod format;
pub mod guard;
pub mod html;
pub mod json;
pub mod metrics;
pub mod parameters;
pub mod plan;
pub mod properties;
pub mod rating;
pub mod refusal;
pub mod report;
pub mod request;
pub mod server_status;
pub mod settings;
pub mod text_lines;
pub mod times;
pub mod token;
pub mod xml;

mod fields;
mod json_writer;
mod walk;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;

pub use answer::{Answer, Content};
pub use change::{Action, AjpChange, LbChange, MemberChange};
pub use command::{Asked, Command, Kind, Mime, Options};
pub use guard::Provenance;
pub use parameters::Parameters;
pub use plan::{Inventory, Listed, Plan, Scope, plan};
pub use refusal::Refusal;
pub use report::Report;
pub use request::{Request, read};
pub use token::Token;
