#![no_main]

#[path = "../checks/workers_properties.rs"]
mod workers_properties;

libfuzzer_sys::fuzz_target!(|input: &[u8]| workers_properties::check(input));
