//! THE WIRE: AJP/1.3 packets, and one request/response exchange as a state machine without I/O.
//!
//! All integers are big-endian and unsigned. A packet is four bytes of header (two of magic, two of payload
//! length) and a payload; a string is a length, its bytes and a zero byte, and length `FFFF` alone is the null
//! string. One connection carries one exchange at a time: request packet, body packets, reply packets, end.
//!
//! - [`request`] writes the packet that forwards a request, [`control`] the small fixed ones.
//! - [`exchange`] is what a connection is driven by: bytes in, events out. [`reply`] is the head it hands out.
//! - [`codes`] holds the numbers. Nothing here reads a socket or a clock, and nothing received is believed:
//!   every length is checked against its own packet.
#![forbid(unsafe_code)]

pub mod codes;
pub mod control;
mod error;
pub mod exchange;
mod packet;
pub mod refusal;
pub mod reply;
pub mod request;
mod upload;

#[cfg(test)]
mod tests;
