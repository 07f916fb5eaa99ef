//! WHICH MEMBER: states, methods, the choice of a member and what the outcome of an attempt does to it.
//!
//! Words: a *member* is one balanced worker of an lb; a *route* is the jvmRoute text a member answers to; a
//! *sticky pick* is made because of a session, a *value pick* by the balancing method. The *shared* state of a member is
//! what all processes see; a request has its *own* picture of all states, in which it also notes whom it has
//! tried in vain.
//!
//! Everything here decides and does nothing: it gets a picture and answers what to change.
#![forbid(unsafe_code)]

pub mod choose;
pub mod cure;
pub mod method;
pub mod rounds;
pub mod state;
pub mod upkeep;
pub mod verdict;

pub use choose::{Choice, Members, OutRoute, Standing, Wanted, choose};
pub use cure::Cure;
pub use method::{Change, Lock, Method, multipliers};
pub use rounds::{Rounds, Step};
pub use state::{Activation, State};
pub use upkeep::{Event, MemberUpkeep, Schedule, maintain};
pub use verdict::{Answer, Facts, Outcome, Times, Verdict, judge};
