//! The workers that were asked for, with all defaults, and everything wrong with them.

mod balancer;
mod builder;
mod remarks;
mod unused;

use crate::config::diagnostic::Place;
use crate::config::mounts::Mounted;
use crate::text::Text;
use crate::time::Seconds;

pub use crate::config::ajp_spec::{
    AddressSpec, AjpSpec, PingMode, PoolSpec, ProbeSpec, Recovery, Secret, SocketSpec,
};
pub use crate::config::lb_spec::{LbSpec, MemberSpec};
pub use crate::config::status_spec::StatusSpec;
pub use builder::build;

/// What the host knows and the properties do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// Connections per process and worker: the threads of a child.
    pub pool_size: u32,
}

/// All workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workers {
    /// `worker.list`, each name once.
    pub list: Vec<Text>,
    /// Its line.
    pub list_place: Option<Place>,
    /// One for each name of the list that could be built, in its order.
    pub workers: Vec<WorkerSpec>,
    /// Shortest time between two rounds of maintenance; `None` switches it off.
    pub maintain: Option<Seconds>,
}

impl Workers {
    /// The worker of this name.
    pub fn get(&self, name: &[u8]) -> Option<&WorkerSpec> {
        self.workers.iter().find(|worker| worker.name() == name)
    }

    /// The balancers.
    pub fn balancers(&self) -> impl Iterator<Item = &LbSpec> {
        self.workers.iter().filter_map(|worker| match worker {
            WorkerSpec::Lb(lb) => Some(lb),
            WorkerSpec::Ajp(_) | WorkerSpec::Status(_) => None,
        })
    }
}

/// One worker of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerSpec {
    /// `ajp13`
    Ajp(AjpSpec),
    /// `lb`
    Lb(LbSpec),
    /// `status`
    Status(StatusSpec),
}

impl WorkerSpec {
    /// Its name.
    pub fn name(&self) -> &[u8] {
        match self {
            Self::Ajp(ajp) => &ajp.name,
            Self::Lb(lb) => &lb.name,
            Self::Status(status) => &status.name,
        }
    }

    /// Its type as it is written, as in the note `JK_WORKER_TYPE`.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Ajp(_) => "ajp13",
            Self::Lb(_) => "lb",
            Self::Status(_) => "status",
        }
    }

    /// Rules of `worker.NAME.mount`, for the main server's map.
    pub fn mounts(&self) -> &[Mounted] {
        match self {
            Self::Ajp(ajp) => &ajp.mounts,
            Self::Lb(lb) => &lb.mounts,
            Self::Status(status) => &status.mounts,
        }
    }
}

#[cfg(test)]
mod tests;
