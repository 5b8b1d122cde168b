#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| headwater_fuzz::profile(text));
