//! WHICH MEMBER: states, methods, the choice of a member and what the outcome of an attempt does to it.
#![forbid(unsafe_code)]
