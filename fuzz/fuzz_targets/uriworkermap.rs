#![no_main]

#[path = "../checks/uriworkermap.rs"]
mod uriworkermap;

libfuzzer_sys::fuzz_target!(|input: &[u8]| uriworkermap::check(input));
