//! Options of `authorization-server`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::common::RunArgs;

/// Options of `authorization-server`.
#[derive(Debug, ClapArgs)]
pub struct AuthorizationServerArgs {
    /// Its issuer identifier, exactly as clients know it
    #[arg(long, alias = "url", value_name = "URL")]
    pub issuer: String,
    /// What signs a user in: a command, as one line for the shell, that gets the URL for a browser as its last argument and prints
    /// the URL where the browser is sent at the end. Without it the redirect of the authorization endpoint itself is taken
    #[arg(long, value_name = "CMD")]
    pub authorize_command: Option<String>,
    /// Client that the server knows already; one registers itself when none is given. Its secret, if it has one, is taken
    /// from the environment variable MCP_ASSAY_CLIENT_SECRET
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// What --client-id is called at the servers that the issuer, an identity provider, gives identity assertions for
    #[arg(long, value_name = "ID", requires = "client_id")]
    pub client_id_elsewhere: Option<String>,
    /// Server, by its authorization server's issuer, for which the policy of the issuer, an identity provider, gives the client
    /// or its user no identity assertion
    #[arg(long, value_name = "URL")]
    pub denied_audience: Option<String>,
    /// Redirect URI of the client
    #[arg(long, default_value = crate::run::REDIRECT_URI, value_name = "URI")]
    pub redirect_uri: String,
    /// URL below which the server reaches the client metadata documents that the harness publishes, where that is not the
    /// address of --documents-listen itself: one by https say, of a proxy that leads there
    #[arg(long, value_name = "URL", requires = "documents_listen")]
    pub documents_url: Option<url::Url>,
    /// Where the harness publishes client metadata documents; a free port of this machine unless said
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub documents_listen: Option<std::net::SocketAddr>,
    /// Issuer whose assertions the server takes (RFC 7523): the harness makes them with --assertion-key
    #[arg(long, value_name = "URL", requires = "assertion_key")]
    pub assertion_issuer: Option<String>,
    /// Private key of --assertion-issuer, on P-256, in PKCS#8 (PEM or DER)
    #[arg(long, value_name = "FILE", requires = "assertion_issuer")]
    pub assertion_key: Option<PathBuf>,
    /// Another issuer whose assertions the server takes, by keys that it finds through the issuer's metadata: the harness publishes
    /// these, right and wrong ones, so that the URL has to lead to --documents-listen. Its last segment is any name
    #[arg(long, value_name = "URL", requires = "documents_listen")]
    pub played_issuer: Option<String>,
    /// Whom --assertion-issuer and --played-issuer may speak for
    #[arg(long, default_value = "mcp-assay", value_name = "SUBJECT")]
    pub assertion_subject: String,
    /// Scopes to ask for, by spaces
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// Resource to ask for tokens for (RFC 8707)
    #[arg(long, value_name = "URI")]
    pub resource: Option<String>,
    /// HTTP header for every request, as 'Name: value'
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// PEM file with further certificate authorities for https
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// What is run, how, and what comes of it.
    #[command(flatten)]
    pub run: RunArgs,
}
