//! mcp-assay

pub mod revision;
