//! What the status worker does with workers: `gather` reads what they are like, `apply` changes them.

mod apply;
mod gather;

use super::registry::{Current, Worker};
use crate::status::{Inventory, Listed};

impl Current<'_> {
    /// The workers of `worker.list` by name, for [`plan`](crate::status::plan()).
    pub fn inventory(&self) -> Inventory {
        let listed = |worker: &Worker| match worker {
            Worker::Ajp(_) => Listed::Ajp,
            Worker::Lb(lb) => {
                let members = lb.members();
                Listed::Lb(members.map(|m| (m.spec.ajp.name.clone(), m.spec.route.clone())).collect())
            }
            Worker::Status(_) => Listed::Status,
        };
        Inventory(self.named().map(|(name, worker)| (name.into(), listed(worker))).collect())
    }
}
