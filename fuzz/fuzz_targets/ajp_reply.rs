#![no_main]

#[path = "../checks/ajp_reply.rs"]
mod ajp_reply;

libfuzzer_sys::fuzz_target!(|input: &[u8]| ajp_reply::check(input));
