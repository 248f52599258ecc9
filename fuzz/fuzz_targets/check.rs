#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| repx_fuzz::check(bytes));
