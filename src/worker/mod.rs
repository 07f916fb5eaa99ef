//! DOING IT: pools, exchanges, retries, failover.
//!
//! `registry` holds all workers by name. A request enters at [`Named::serve`]: `lb` chooses a member, `ajp`
//! spends the tries of one worker, `attempt` runs one exchange on one `connection`, which `pool` lends. `client`
//! is the other side: who asked, as the host shows it.
#![forbid(unsafe_code)]

mod ajp;
mod attempt;
mod batch;
mod client;
mod connection;
mod edition;
mod failure;
mod history;
mod lb;
mod member;
mod picture;
mod pool;
mod probe;
mod registry;
mod relay;
mod report;
mod resolve;
mod scratch;
mod settings;
mod status;
mod task;
mod upload;
mod visit;
mod watch;

pub use client::{BodyPart, Client, ClientError, Then};
pub use failure::Failure;
pub use registry::{Current, Named, Process, Registry, RegistryError};
pub use report::{MemberReport, Report};
pub use task::{Flush, Task};
pub use watch::Watch;
