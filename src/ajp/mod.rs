//! THE WIRE: AJP/1.3 packets, and one request/response exchange as a state machine without I/O.
#![forbid(unsafe_code)]
