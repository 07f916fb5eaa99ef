//! WHICH WORKER: path normalisation, mount rules, the compiled map, and the forms of a forwarded URI.
//!
//! The way of a path: [`normal::clean`] makes the string that is matched, [`UriMap::find`] names the rule,
//! [`escape`] writes what the backend is asked for. Rules are read by [`rule::parse`], kept as written in a
//! [`RuleTable`] while configurations are merged, and compiled by [`UriMap::new`].
#![forbid(unsafe_code)]

pub mod alias;
pub mod escape;
pub mod extensions;
mod index;
pub mod map;
pub mod normal;
pub mod pattern;
pub mod rule;
pub mod rule_error;
pub mod table;
mod tree;
pub mod unparsed;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod examples;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod twin;

pub use extensions::{Extensions, Override};
pub use map::{Lookup, MAX_URI, UriMap};
pub use normal::{Unclean, clean, is_unsafe};
pub use rule::{Rule, Source};
pub use rule_error::{RuleError, RuleWarning};
pub use table::{Entry, Remark, RuleTable};
