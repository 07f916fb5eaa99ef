//! httpd's and APR's types, functions and constants, generated from their headers, and the few that need a
//! better type.
#![allow(
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    non_snake_case,
    dead_code,
    unreachable_pub,
    unknown_lints,
    unnecessary_transmutes,
    clippy::all,
    clippy::pedantic,
    clippy::indexing_slicing,
    clippy::undocumented_unsafe_blocks,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
