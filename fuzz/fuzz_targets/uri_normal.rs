#![no_main]

#[path = "../checks/uri_normal.rs"]
mod uri_normal;

libfuzzer_sys::fuzz_target!(|input: &[u8]| uri_normal::check(input));
