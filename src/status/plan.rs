//! Which workers a command is about, and what it does to them.

use super::change::Action;
use crate::text::Text;

/// The workers of `worker.list` by name, in its order: all that is needed to know whether a command makes sense.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory(pub Vec<(Text, Listed)>);

/// What kind of worker stands in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A balancer with its members in their order: name and present route.
    Lb(Vec<(Text, Text)>),
    /// An AJP worker.
    Ajp,
    /// A status worker.
    Status,
}

/// What to do for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Gather a report of these workers and render it. Also for `edit`, whose forms show the present values.
    Show(Scope),
    /// Apply this and render whether it went well.
    Do(Action),
}

/// The part of the world that a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All balancers and AJP workers, but for what [`Options`](super::Options) hide.
    Everything,
    /// One balancer. The report holds all its members even if one alone is shown.
    Lb {
        /// Its name.
        lb: Text,
        /// The only member to show.
        member: Option<Text>,
    },
    /// One AJP worker.
    Ajp {
        /// Its name.
        worker: Text,
    },
    /// The properties of the start.
    Configuration,
    /// No worker: versions only.
    Nothing,
}
