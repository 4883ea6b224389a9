//! The arguments. Options that the official suite has keep their names and meanings.

mod authorization_server;
mod common;
mod discover;
mod fuzz;
mod reference;
mod router;
mod target;

pub use authorization_server::AuthorizationServerArgs;
pub use common::{ChoiceArgs, OutcomeArgs, RunArgs};
pub use discover::{DiscoverArgs, DiscoverFormat};
pub use fuzz::{CampaignArgs, FuzzArgs, FuzzClientArgs, FuzzCommand, FuzzMergeArgs, FuzzParserArgs, FuzzServerArgs};
pub use reference::{ReferenceArgs, ReferenceCommand};
pub use router::RouterArgs;
pub use target::{DeploymentArgs, LoadArgs, TargetArgs};

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::action::Within;
use crate::scenario::Transport;

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
