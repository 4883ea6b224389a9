//! Where a server is, and how many instances of it there are.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::action::{Recurring, Within};
use crate::profile::Component;
use crate::router::Policy;

/// Where the implementation is.
#[derive(Debug, Default, ClapArgs)]
pub struct TargetArgs {
    /// URL of the server's MCP end point (http or https; the query string is kept). Several: instances of one deployment
    #[arg(long, value_name = "URL")]
    pub url: Vec<String>,
    /// URL of the server's MCP end point through a gateway: everything is run once more through it; what differs then from the run
    /// at the server itself is shown
    #[arg(long, value_name = "URL", requires = "url")]
    pub gateway: Option<String>,
    /// URL of the event stream of a server that speaks HTTP+SSE, the transport of 2024-11-05. A --url where that turns
    /// out to be spoken is taken for one
    #[arg(long, value_name = "URL")]
    pub sse: Vec<String>,
    /// Command that starts the server on its standard streams, as one line for the shell
    #[arg(long, value_name = "CMD", conflicts_with = "config")]
    pub stdio: Option<String>,
    /// An mcp.json with server definitions; choose one with --name
    #[arg(long, value_name = "FILE", requires = "name")]
    pub config: Option<PathBuf>,
    /// Name of the server in --config
    #[arg(long, value_name = "NAME", requires = "config")]
    pub name: Option<String>,
    /// HTTP header for every request, as 'Name: value'
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// Authorization server that gives tokens for a protected server, by client credentials. A secret is taken from the
    /// environment variable MCP_ASSAY_CLIENT_SECRET
    #[arg(long, value_name = "URL", conflicts_with = "stdio")]
    pub issuer: Option<String>,
    /// Client identifier at --issuer
    #[arg(long, default_value = "mcp-assay", value_name = "ID")]
    pub client_id: String,
    /// Scopes to ask --issuer for, by spaces, in place of those that the server names
    #[arg(long, requires = "issuer", value_name = "SCOPES")]
    pub scope: Option<String>,
    /// Resource to ask --issuer for tokens for, in place of the one that the server's metadata names
    #[arg(long, requires = "issuer", value_name = "URI")]
    pub resource: Option<String>,
    /// Collect the traces that the server exports, as OpenTelemetry does over HTTP, at this address, such as 127.0.0.1:4318. A server
    /// that is started here is told so; for any other, point OTEL_EXPORTER_OTLP_ENDPOINT at it
    #[arg(long, value_name = "ADDRESS")]
    pub otlp_listen: Option<String>,
    /// URL below which the server reaches the receivers of webhooks that the harness plays, where that is not the address of
    /// --webhooks-listen itself: one by https say, of a proxy that leads there
    #[arg(long, value_name = "URL", requires = "webhooks_listen")]
    pub webhooks_url: Option<url::Url>,
    /// Where the harness plays receivers of webhooks; free ports of this machine unless said
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub webhooks_listen: Option<std::net::SocketAddr>,
    /// PEM file with further certificate authorities for https
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// How many instances there are, and how they are used.
#[derive(Debug, Default, ClapArgs)]
pub struct DeploymentArgs {
    /// Command that starts one instance of an HTTP server, as one line for the shell; `{port}` in it, and $PORT in its environment, is the
    /// port where it is to listen on 127.0.0.1
    #[arg(long, value_name = "CMD", conflicts_with_all = ["url", "sse", "stdio", "config"])]
    pub spawn: Option<String>,
    /// Where the end point of such an instance is [default: http://127.0.0.1:{port}/mcp]
    #[arg(long, value_name = "URL", requires = "spawn")]
    pub spawn_url: Option<String>,
    /// How many instances there are: of --spawn, or of the reference server where no target is named; behind the one --url, which is then
    /// that of a balancer
    #[arg(long, value_name = "N")]
    pub instances: Option<usize>,
    /// What the instances that are started share, such as redis: each gets its URL in $REDIS_URL (postgres: $DATABASE_URL)
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub share: Vec<Component>,
    /// Run everything once more through a router that chooses the instance for each request: round-robin, random, sticky (by
    /// session) or header:NAME; what differs then from the run on one instance is shown
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub route: Vec<Policy>,
}

/// Load.
#[derive(Debug, Default, ClapArgs)]
pub struct LoadArgs {
    /// As so many users at a time, run the chosen scenarios again and again, with every check and monitor on
    #[arg(long, value_name = "N", requires = "lasting")]
    pub users: Option<usize>,
    /// How long they go on, such as 30s
    #[arg(long = "for", value_name = "TIME", id = "lasting", requires = "users")]
    pub lasting: Option<Within>,
    /// What goes wrong on the way of the answers to users, such as cut:after_events=2,every=10
    #[arg(long, value_name = "FAULT", requires = "users")]
    pub fault: Vec<Recurring>,
}
