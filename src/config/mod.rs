//! WHAT WAS ASKED: directives, workers.properties, uriworkermap.properties, and the cross checks between them.
#![forbid(unsafe_code)]

pub mod check;
pub mod diagnostic;
pub mod directives;
pub mod indicators;
pub mod map_source;
pub mod mounts;
pub mod options;
pub mod properties;
pub mod reload;
pub mod secret_file;
pub mod settings;
pub mod stamp;
pub mod uri_map_file;
pub mod worker_keys;
pub mod worker_spec;

mod ajp_spec;
mod attributes;
#[cfg(test)]
mod broken;
mod expand;
mod inspect;
mod lb_spec;
mod lines;
mod nearest;
mod reference;
#[cfg(test)]
mod shipped;
mod status_spec;
pub(crate) mod values;
