//! Options of `reference`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use crate::oauth::Dpop;
use crate::self_check::Null;

/// Options of `reference`.
#[derive(Debug, ClapArgs)]
pub struct ReferenceArgs {
    /// Which peer.
    #[command(subcommand)]
    pub command: ReferenceCommand,
}

/// The reference peers.
#[derive(Debug, Subcommand)]
pub enum ReferenceCommand {
    /// The reference server, over HTTP at /mcp or over stdio
    Server {
        /// Address to listen on; port 0 takes a free one, which is printed
        #[arg(long, default_value = "127.0.0.1:0", conflicts_with = "stdio", value_name = "ADDRESS")]
        listen: String,
        /// Use the standard streams
        #[arg(long)]
        stdio: bool,
        /// Misbehave in this way (`--switch help` lists them)
        #[arg(long, value_name = "NAME")]
        switch: Vec<String>,
        /// Break in this way, for a fuzzer to find (`--fault help` lists them)
        #[arg(long, value_name = "NAME")]
        fault: Vec<String>,
        /// Items on a page of a list
        #[arg(long, value_name = "N")]
        page_size: Option<usize>,
        /// Ask for tokens of this issuer, whose keys are read at the start; over HTTP only
        #[arg(long, conflicts_with = "stdio", value_name = "ISSUER")]
        protected: Option<String>,
        /// What tokens have to be for, where that is not its own URL: that of all instances together
        #[arg(long, requires = "protected", value_name = "URL")]
        resource: Option<String>,
        /// Whether it takes tokens that are bound to a key (DPoP), too or alone
        #[arg(long, requires = "protected", default_value = "off", value_name = "WHETHER")]
        dpop: Dpop,
        /// Redis server whose data are shared with all instances that name it, such as redis://127.0.0.1:6379/0
        #[arg(long, conflicts_with = "stdio", value_name = "URL")]
        store: Option<String>,
    },
    /// The reference client, as `mcp-assay client` starts it: it plays the steps of the scenario that its environment names
    Client {
        /// Further scenario files, or files in place of built-in ones
        #[arg(long, value_name = "FILE")]
        scenario_file: Vec<PathBuf>,
        /// Be careless in this way (`--careless help` lists them)
        #[arg(long, value_name = "NAME")]
        careless: Vec<String>,
        /// Break in this way, for a fuzzer to find (`--fault help` lists them)
        #[arg(long, value_name = "NAME")]
        fault: Vec<String>,
        /// The URL of the server, or the command that starts it
        #[arg(value_name = "SERVER", required_unless_present_any = ["careless", "fault"])]
        server: Option<String>,
    },
    /// An authorization server without users, for tests, on a loopback address: it gives everyone tokens, right ones and
    /// wrong ones, or with --conforming keeps to the standards
    AuthorizationServer {
        /// Address to listen on; port 0 takes a free one. The issuer is printed
        #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
        listen: String,
        /// File that keeps its private key from one time to the next; made if it is not there
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// Keep to the standards, and do all that it can: what `authorization-server` is tried with
        #[arg(long)]
        conforming: bool,
        /// Take the assertions of this issuer, by the keys that its metadata lead to
        #[arg(long, value_name = "URL", requires = "conforming")]
        trusted_issuer: Vec<String>,
        /// Defects to switch on in a conforming one, by name; `help` lists them
        #[arg(long, value_name = "NAME", requires = "conforming")]
        switch: Vec<String>,
    },
    /// A peer that does nothing, over stdio: no check may pass against it
    Null {
        /// `silent` answers nothing, `refusing` answers everything with -32601, `empty` with an empty result
        #[arg(long, value_name = "WORD")]
        behaviour: Null,
    },
}
