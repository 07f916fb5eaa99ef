#![no_main]

#[path = "../checks/ajp_request.rs"]
mod ajp_request;

libfuzzer_sys::fuzz_target!(|input: &[u8]| ajp_request::check(input));
