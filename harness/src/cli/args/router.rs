//! Options of `router`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::action::Recurring;
use crate::router::Policy;

/// Options of `router`.
#[derive(Debug, ClapArgs)]
pub struct RouterArgs {
    /// URL of an instance's MCP end point; several: instances of one deployment
    #[arg(long, required = true, value_name = "URL")]
    pub url: Vec<String>,
    /// How an instance is chosen for each request: direct (the first), round-robin, random, sticky (by session) or header:NAME, such as
    /// header:Mcp-Name
    #[arg(long, default_value = "round-robin", value_name = "POLICY")]
    pub route: Policy,
    /// What goes wrong with answers: cut, delay, duplicate, reorder, truncate, half-close, reset or black-hole, at a place counted in
    /// events, messages or bytes, for one of every so many requests, such as cut:after_messages=2,plus_bytes=9,every=10,
    /// delay:by=2s,every=3, duplicate:event=2 or reset
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<Recurring>,
    /// Address to listen on; port 0 takes a free one, which is printed
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub listen: String,
    /// Use connections to instances again for other clients, as most balancers do
    #[arg(long)]
    pub share_connections: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// PEM file with further certificate authorities for https
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}
