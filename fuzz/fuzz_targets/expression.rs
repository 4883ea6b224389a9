//! See the oracle of the same name.

#![no_main]

libfuzzer_sys::fuzz_target!(
    // Panics that the library itself catches are no findings; libFuzzer's hook would end the process at them.
    init: drop(std::panic::take_hook()),
    |data: &[u8]| mcp_assay_fuzz::expression::check(data)
);
