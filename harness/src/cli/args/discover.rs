//! Options of `discover`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use crate::action::Within;

/// Options of `discover`.
#[derive(Debug, ClapArgs)]
pub struct DiscoverArgs {
    /// The host, such as example.com, or the URL of an MCP server on it; https unless a URL or a loopback name says otherwise
    pub host: String,
    /// Connect to its servers too, and compare what they say with what is declared
    #[arg(long)]
    pub connect: bool,
    /// Header for connecting, such as 'Authorization: Bearer ...'; no document is asked for with it
    #[arg(long, requires = "connect", value_name = "'NAME: VALUE'")]
    pub header: Vec<String>,
    /// Ask other hosts too, which its documents name; without this they are shown and left alone
    #[arg(long)]
    pub elsewhere: bool,
    /// Longest time for all documents, and for each connection
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub within: Within,
    /// How to show it
    #[arg(long, value_enum, default_value_t = DiscoverFormat::Text)]
    pub format: DiscoverFormat,
    /// PEM file with further certificate authorities for https
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// How to show what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiscoverFormat {
    /// For people.
    Text,
    /// Everything, with the documents themselves.
    Json,
}
