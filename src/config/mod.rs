//! WHAT WAS ASKED: directives, workers.properties, uriworkermap.properties, and the cross checks between them.
#![forbid(unsafe_code)]

pub mod diagnostic;
pub mod properties;
pub mod worker_keys;

mod expand;
mod lines;
mod nearest;
mod reference;
mod values;
