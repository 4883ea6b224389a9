//! mcp-assay: a conformance and fuzzing harness for the Model Context Protocol.

#[macro_use]
pub mod switches;

pub mod acting;
pub mod action;
pub mod authorizing;
pub mod authserver;
pub mod check;
pub mod cli;
pub mod context;
pub mod coverage;
pub mod deployment;
pub mod drive;
pub mod expr;
pub mod lint;
pub mod mutate;
pub mod oauth;
pub mod plan;
pub mod profile;
pub mod reference;
pub mod report;
pub mod requirement;
pub mod revision;
pub mod router;
pub mod run;
pub mod scenario;
pub mod schema;
pub mod self_check;
pub mod token;
pub mod transcript;
pub mod transport;
pub mod verdict;
pub mod wire;
