//! The `mcp-assay` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    mcp_assay::cli::main()
}
