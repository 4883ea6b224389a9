//! mcp-assay: a conformance and fuzzing harness for the Model Context Protocol.
// A reader that has gone is no reason to panic: `report::console`.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

#[macro_use]
pub mod switches;

pub mod acting;
pub mod action;
pub mod authorizing;
pub mod authserver;
pub mod card;
pub mod check;
pub mod cli;
pub mod context;
pub mod coverage;
pub mod deployment;
pub mod discover;
pub mod drive;
pub mod expr;
pub mod frontmatter;
pub mod fuzz;
pub mod generate;
pub mod lint;
pub mod mutate;
pub mod oauth;
pub mod otlp;
pub mod parsers;
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
