//! See the oracle of the same name.

#![no_main]

libfuzzer_sys::fuzz_target!(
    // As for expressions.
    init: drop(std::panic::take_hook()),
    |data: &[u8]| mcp_assay_fuzz::scenario::check(data)
);
