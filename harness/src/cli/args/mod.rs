//! The arguments. Options that the official suite has keep their names and meanings.

mod common;
mod discover;
mod fuzz;
mod router;
mod target;

pub use common::{ChoiceArgs, OutcomeArgs, RunArgs};
pub use discover::{DiscoverArgs, DiscoverFormat};
pub use fuzz::{FuzzArgs, FuzzCommand, FuzzParserArgs, FuzzServerArgs};
pub use router::RouterArgs;
pub use target::{DeploymentArgs, LoadArgs, TargetArgs};

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::action::Within;
use crate::scenario::Transport;
use crate::self_check::Null;

/// Tests any implementation of the Model Context Protocol against the specification.
#[derive(Debug, Parser)]
#[command(name = "mcp-assay", version, about, after_help = EXIT_CODES, propagate_version = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 conforms (or fails only as expected); 1 does not conform, or nothing was decided; \
2 wrong usage, or the implementation cannot be reached; 3 the harness failed.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Test a server; with no target, the built-in reference server
    Server(Box<ServerArgs>),
    /// Test a client, started with the URL of a server of ours as its last argument
    Client(Box<ClientArgs>),
    /// Test an authorization server
    AuthorizationServer(Box<AuthorizationServerArgs>),
    /// Show what a host declares of its MCP servers, without being an MCP client
    Discover(DiscoverArgs),
    /// Send what nobody expects, and see what comes of it
    Fuzz(FuzzArgs),
    /// Show that every check can fail: the whole corpus against the reference server, unmutated and once per defect
    SelfCheck(SelfCheckArgs),
    /// Which requirements are decided by checks that have been seen to fail
    Coverage(CoverageArgs),
    /// What there is: scenarios, monitors, requirements
    List(ListArgs),
    /// What a requirement, a scenario or a monitor means
    Explain(ExplainArgs),
    /// Judge saved transcripts again
    Judge(JudgeArgs),
    /// Work on scenario files
    Scenario(ScenarioArgs),
    /// Run a conforming peer, to try things on
    Reference(ReferenceArgs),
    /// Put a scenario's defect before a server
    Mutate(MutateArgs),
    /// Put our router before the instances of a server, with a way to choose and with faults
    Router(RouterArgs),
    /// Be the server of a client under test, as its process; `client --transport stdio` gives out the whole command
    #[command(hide = true)]
    Shim {
        /// Where the harness waits
        #[arg(value_name = "SOCKET")]
        socket: PathBuf,
    },
}

/// Options of `client`.
#[derive(Debug, ClapArgs)]
pub struct ClientArgs {
    /// What starts the client; our reference client when none is named. It gets the server's URL as its last argument, and the scenario, the revision and what else
    /// it must know in `MCP_CONFORMANCE_SCENARIO`, `_PROTOCOL_VERSION` and `_CONTEXT`, as in the official suite
    #[arg(long, value_name = "CMD")]
    pub command: Option<String>,
    /// How it reaches its server: over `http` (unless given), over `sse` (HTTP+SSE, in 2024-11-05), or over `stdio`: it
    /// then gets the command that starts the server, as one word, in place of the URL, and in
    /// `MCP_ASSAY_SERVER_COMMAND`
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub transport: Vec<Transport>,
    /// Host of the URL that is the client's id, if it has one: the document there is fetched, over https. Without this no host but
    /// this machine is asked for one
    #[arg(long, value_name = "HOST")]
    pub client_document_host: Vec<String>,
    /// Print the command that is to start the server, for a client that nobody else can start, such as a desktop
    /// application; wait for it to be started, once for each case, and judge it when it has ended its server
    #[arg(long, conflicts_with_all = ["command", "transport", "jobs"], requires = "scenario")]
    pub stdio_shim: bool,
    /// How long such a client may take to come, such as 5m
    #[arg(long, default_value = "5m", requires = "stdio_shim", value_name = "TIME")]
    pub wait: Within,
    /// What is run, how, and what comes of it.
    #[command(flatten)]
    pub run: RunArgs,
}

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

/// Options of `server`.
#[derive(Debug, ClapArgs)]
pub struct ServerArgs {
    /// Where it is.
    #[command(flatten)]
    pub target: TargetArgs,
    /// How many of it there are.
    #[command(flatten)]
    pub deployment: DeploymentArgs,
    /// Whether it is put under load.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Revision to test, such as 2025-06-18, or `all`; when none is named, the newest that the server speaks with a
    /// handshake (up to 2025-11-25) and the newest without (from 2026-07-28); `draft` is 2026-07-28, from which its
    /// text does not differ yet
    #[arg(long, alias = "spec-version", value_name = "REVISION")]
    pub revision: Vec<String>,
    /// `all`, or `official` for the subjects that the official suite has too
    #[arg(long, default_value = "all", value_parser = ["all", "official"], value_name = "SUITE", conflicts_with = "scenario")]
    pub suite: String,
    /// Run exactly what a frozen requirement set names, at its revision, and count only that: 2025-11-25 or 2026-07-28
    #[arg(long, value_name = "SET", conflicts_with_all = ["suite", "scenario", "scenario_file", "revision"])]
    pub requirements: Option<String>,
    /// Which scenarios.
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Mapping of needs to what this server offers (default: assay.yaml, where it exists)
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// A tool that may be called although it is not marked read-only
    #[arg(long, value_name = "NAME")]
    pub allow_tool: Vec<String>,
    /// Every tool may be called
    #[arg(long)]
    pub allow_all_tools: bool,
    /// What is expected, and where it goes.
    #[command(flatten)]
    pub outcome: OutcomeArgs,
    /// Cases that are active at a time
    #[arg(long, default_value_t = 16, value_name = "N")]
    pub jobs: usize,
    /// Longest time for one scenario, such as 500ms, 10s or 1m
    #[arg(long, alias = "timeout", default_value = "10s", value_name = "TIME")]
    pub deadline: Within,
    /// Longest time for a process to answer for the first time (a package may have to be downloaded)
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub startup: Within,
    /// Give every case over stdio a process of its own; else ordinary cases use the same one, one after another
    #[arg(long)]
    pub isolated: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// Show the plan, with a reason for everything left out, and run nothing but the probe
    #[arg(long)]
    pub plan: bool,
}

/// Options of `self-check`.
#[derive(Debug, ClapArgs)]
pub struct SelfCheckArgs {
    /// Further scenario or monitor files, or files in place of built-in ones; then only these are checked
    #[arg(long, value_name = "FILE")]
    pub scenario_file: Vec<PathBuf>,
    /// Only these scenarios (name or glob); monitors are checked with the scenarios their defects are shown in
    #[arg(long, value_name = "NAME")]
    pub scenario: Vec<String>,
    /// Only this defect
    #[arg(long, value_name = "ID")]
    pub defect: Option<String>,
    /// Runs at a time
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub jobs: usize,
    /// Print the whole matrix, not only what is wrong
    #[arg(long)]
    pub matrix: bool,
    /// In place of the trials: kill an instance (as by SIGKILL) at each step of each scenario over HTTP in turn, and see that every run
    /// ends in time with a verdict
    #[arg(long, conflicts_with_all = ["defect", "matrix"])]
    pub kill_at_each_step: bool,
}

/// Options of `coverage`.
#[derive(Debug, ClapArgs)]
pub struct CoverageArgs {
    /// Only this revision
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Whose requirements
    #[arg(long, default_value = "server", value_name = "ACTOR")]
    pub actor: String,
    /// Those of this extension in place of the specification's own, such as auth-dpop; or of a subject, such as `caching` or `continuity`
    #[arg(long, value_name = "NAME")]
    pub extension: Option<String>,
    /// List the requirements that nothing decides
    #[arg(long)]
    pub missing: bool,
}

/// Options of `list`.
#[derive(Debug, ClapArgs)]
pub struct ListArgs {
    /// What to list
    #[arg(value_parser = ["scenarios", "monitors", "requirements"], default_value = "scenarios")]
    pub what: String,
    /// Only what holds in this revision
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Only names that contain this
    #[arg(long, value_name = "TEXT")]
    pub matching: Option<String>,
}

/// Options of `explain`.
#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// Requirement id, scenario or monitor
    pub id: String,
}

/// Options of `judge`.
#[derive(Debug, ClapArgs)]
pub struct JudgeArgs {
    /// Transcript files, or folders of them
    #[arg(required = true)]
    pub transcripts: Vec<PathBuf>,
    /// Folder for reports
    #[arg(long, short = 'o', value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Further scenario files, or files in place of built-in ones
    #[arg(long, value_name = "FILE")]
    pub scenario_file: Vec<PathBuf>,
    /// Show warnings in full and every reason
    #[arg(long)]
    pub verbose: bool,
}

/// Work on scenario files.
#[derive(Debug, ClapArgs)]
pub struct ScenarioArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ScenarioCommand,
}

/// What to do with scenario files.
#[derive(Debug, Subcommand)]
pub enum ScenarioCommand {
    /// Find everything that is wrong in scenario or monitor files
    Check {
        /// The files; the whole built-in corpus when none is named
        files: Vec<PathBuf>,
    },
}

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
        /// The URL of the server, or the command that starts it
        #[arg(value_name = "SERVER", required_unless_present = "careless")]
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
        key_file: Option<std::path::PathBuf>,
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

/// Options of `mutate`.
#[derive(Debug, ClapArgs)]
pub struct MutateArgs {
    /// The server to stand before
    #[arg(long, value_name = "URL", conflicts_with = "stdio")]
    pub url: Option<String>,
    /// Or the command that starts it on its standard streams
    #[arg(long, value_name = "CMD")]
    pub stdio: Option<String>,
    /// Address to listen on, for --url
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub listen: String,
    /// Scenario or monitor whose defect it is
    #[arg(long, value_name = "NAME")]
    pub scenario: String,
    /// The defect
    #[arg(long, value_name = "ID")]
    pub defect: String,
    /// Further scenario or monitor files, or files in place of built-in ones
    #[arg(long, value_name = "FILE")]
    pub scenario_file: Vec<PathBuf>,
}
