//! mcp-assay
