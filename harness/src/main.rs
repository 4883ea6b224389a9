//! The `mcp-assay` binary.

use std::process::ExitCode;

/// Judging is mostly many small values made and dropped, on all cores at once: half the time of a run with the system's
/// own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mcp_assay::cli::main()
}
