//! Tests of the room as a whole: captured packets, every anomaly, any cut of the stream, random bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod anomalies;
#[allow(unreachable_pub)]
mod decoder;
mod encode;
mod golden_packets;
mod play;
mod random;
mod replies;
mod uploads;
