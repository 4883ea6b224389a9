//! See the oracle of the same name.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcp_assay_fuzz::header_value::check(data));
