//! THE OPERATING SYSTEM: sockets and memory that processes share. Besides the host's room the only place with
//! `unsafe`; what it offers is safe.

pub mod clock;
pub mod files;
pub mod logfile;
pub mod mapping;
pub mod process;
pub mod readiness;
pub mod socket;
