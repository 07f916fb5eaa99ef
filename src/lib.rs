//! mod_jk: an Apache httpd 2.4 module that speaks AJP/1.3 to Tomcat.
//!
//! This file lists the rooms. Each imports only from rooms below it (`docs/ARCHITECTURE.md`); without the
//! feature `httpd` only the pure rooms are built, which need neither httpd's headers nor an operating system.

// GROUND: byte strings, time, log levels.
pub mod log;
pub mod text;
pub mod time;

// Pure rooms, strangers to one another.
pub mod ajp;
pub mod balance;
pub mod request_log;
pub mod session;
pub mod uri;

// What the administrator asked for.
pub mod config;

// What the status worker is asked for, and how its answers look.
pub mod status;

// The operating system, what processes share, doing it, and the host.
#[cfg(feature = "httpd")]
mod httpd;
#[cfg(feature = "httpd")]
pub mod shm;
#[cfg(feature = "httpd")]
pub mod sys;
#[cfg(feature = "httpd")]
pub mod worker;
