//! Options of `fuzz`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};

use super::TargetArgs;
use crate::action::Within;
use crate::fuzz::Extent;
use crate::profile::Component;
use crate::report::Format;
use crate::requirement::Profile;
use crate::scenario::Transport;

/// How long a campaign may last that has a number of cases.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// Fuzz something.
#[derive(Debug, ClapArgs)]
pub struct FuzzArgs {
    /// What.
    #[command(subcommand)]
    pub command: FuzzCommand,
}

/// What is fuzzed.
#[derive(Debug, Subcommand)]
pub enum FuzzCommand {
    /// Send a server valid and broken messages, and see that it survives, answers and keeps to the protocol; with no target,
    /// the built-in reference server
    Server(Box<FuzzServerArgs>),
    /// Send a client to a server of ours that answers what it should not, and see that the client survives, refuses or reports;
    /// with no command, our reference client
    Client(FuzzClientArgs),
    /// Try our own parsers and writers with all kinds of input, and report as for everything else
    Parser(FuzzParserArgs),
    /// Make one report of those of the shares of a campaign (--partition)
    Merge(FuzzMergeArgs),
}

/// Options of `fuzz server`.
#[derive(Debug, ClapArgs)]
pub struct FuzzServerArgs {
    /// Where it is.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Command that starts an HTTP server, as one line for the shell, so that it can be started anew; `{port}` in it, and $PORT in its
    /// environment, is the port where it is to listen on 127.0.0.1
    #[arg(long, value_name = "CMD", conflicts_with_all = ["url", "sse", "stdio", "config"])]
    pub spawn: Option<String>,
    /// Where its end point is, or its event stream if it speaks HTTP+SSE [default: http://127.0.0.1:{port}/mcp]
    #[arg(long, value_name = "URL", requires = "spawn")]
    pub spawn_url: Option<String>,
    /// How many instances there are: of --spawn, or of the reference server where no target is named; behind the one --url, which is then
    /// that of a balancer
    #[arg(long, value_name = "N")]
    pub instances: Option<usize>,
    /// What the instances that are started share, such as redis: each gets its URL in $REDIS_URL (postgres: $DATABASE_URL)
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub share: Vec<Component>,
    /// What the server claims: with scale-out any client may go to any instance, and instances are ended; without, each stays with its own
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub profile: Vec<Profile>,
    /// Processes of the server that are fuzzed at a time, at most, and 4 over HTTP (--spawn); 1 for one that can run only once
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,
    /// Follow which places of its own code a stdio server in Python (from 3.12 on) or Node reaches, and be led by that
    #[arg(long)]
    pub coverage: bool,
    /// A tool that may be called although it is not marked read-only
    #[arg(long, value_name = "NAME")]
    pub allow_tool: Vec<String>,
    /// Every tool may be called
    #[arg(long)]
    pub allow_all_tools: bool,
    /// The server may be on another machine; then at most --rate messages a second are sent
    #[arg(long)]
    pub allow_remote: bool,
    /// Messages a second, at most [default: 20 to another machine, else no limit]
    #[arg(long, value_name = "N")]
    pub rate: Option<u32>,
    /// Longest wait for one answer
    #[arg(long, alias = "timeout", default_value = "5s", value_name = "TIME")]
    pub deadline: Within,
    /// Longest time for a process to answer for the first time
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub startup: Within,
    /// How much.
    #[command(flatten)]
    pub campaign: CampaignArgs,
}

/// Options of `fuzz client`.
#[derive(Debug, ClapArgs)]
pub struct FuzzClientArgs {
    /// What starts the client; it gets the server's URL, or the command that starts the server, as its last argument, and what else
    /// it must know in its environment, as from `mcp-assay client`
    #[arg(long, value_name = "CMD")]
    pub command: Option<String>,
    /// How it reaches its server: over `http` (unless given), `stdio`, or `sse` (HTTP+SSE, in 2024-11-05)
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub transport: Vec<Transport>,
    /// Clients that run at a time
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub jobs: usize,
    /// Longest time for a client that seems to hang: more than its own time limits
    #[arg(long, alias = "timeout", default_value = "75s", value_name = "TIME")]
    pub deadline: Within,
    /// How much.
    #[command(flatten)]
    pub campaign: CampaignArgs,
}

/// Options of every campaign against a live implementation.
#[derive(Debug, ClapArgs)]
pub struct CampaignArgs {
    /// Revision to fuzz, such as 2025-11-25; the newest of each era, of a server that it speaks, when none is named
    #[arg(long, alias = "spec-version", value_name = "REVISION")]
    pub revision: Vec<String>,
    /// How long, such as 60s or 10m; shared among revisions and transports
    #[arg(long, default_value = "60s", value_name = "TIME")]
    pub time: Within,
    /// Most cases for each revision and transport, in place of the time
    #[arg(long, value_name = "N")]
    pub cases: Option<usize>,
    /// Seed of everything random: the same seed, with as many --jobs, sends the same to the same implementation
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// Take the I-th of N shares (from 1), so that several machines do not do the same
    #[arg(long, default_value = "1/1", value_name = "I/N", value_parser = partition)]
    pub partition: (usize, usize),
    /// Folder of findings: those in it are tried first, and go when they are mended; new ones are added
    #[arg(long, value_name = "DIR")]
    pub findings: Option<PathBuf>,
    /// Show this finding again, in place of looking for others; may be given several times
    #[arg(long, value_name = "FILE")]
    pub replay: Vec<PathBuf>,
    /// How often a replay tries each finding
    #[arg(long, default_value_t = 20, value_name = "N", requires = "replay")]
    pub tries: usize,
    /// Folder for reports
    #[arg(long, short = 'o', default_value = "reports/fuzz", value_name = "DIR")]
    pub out: PathBuf,
    /// Reports beside JUnit
    #[arg(long, value_delimiter = ',', default_value = "junit,json", value_name = "LIST")]
    pub format: Vec<Format>,
}

impl CampaignArgs {
    /// The share of one of so many campaigns, for each revision and transport one.
    pub fn extent(&self, campaigns: usize) -> Extent {
        let campaigns = u32::try_from(campaigns).unwrap_or(1).max(1);
        // A number of cases takes the time that it takes.
        let time = if self.cases.is_some() { A_DAY } else { self.time.0 / campaigns };
        let (seed, cases, partition, findings) = (self.seed, self.cases, self.partition, self.findings.clone());
        Extent { seed, time, cases, partition, findings }
    }
}

/// Options of `fuzz parser`.
#[derive(Debug, ClapArgs)]
pub struct FuzzParserArgs {
    /// What to fuzz, such as json; all of them when none is named
    #[arg(long, value_name = "NAME")]
    pub target: Vec<String>,
    /// How long, such as 60s or 10m; shared among the targets
    #[arg(long, default_value = "60s", value_name = "TIME")]
    pub time: Within,
    /// Seed of everything random
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// Try this input alone
    #[arg(long, value_name = "FILE", requires = "target")]
    pub input: Option<PathBuf>,
    /// Folder for reports, and for inputs that break something
    #[arg(long, short = 'o', default_value = "reports/fuzz", value_name = "DIR")]
    pub out: PathBuf,
    /// Reports beside JUnit
    #[arg(long, value_delimiter = ',', default_value = "junit,json", value_name = "LIST")]
    pub format: Vec<Format>,
}

/// Options of `fuzz merge`.
#[derive(Debug, ClapArgs)]
pub struct FuzzMergeArgs {
    /// Folders of reports, those that the shares had as --out
    #[arg(required = true, value_name = "DIR")]
    pub shares: Vec<PathBuf>,
    /// Folder for the merged reports
    #[arg(long, short = 'o', default_value = "reports/fuzz", value_name = "DIR")]
    pub out: PathBuf,
    /// Reports beside JUnit
    #[arg(long, value_delimiter = ',', default_value = "junit,json", value_name = "LIST")]
    pub format: Vec<Format>,
}

/// `I/N` as a share from 0, and how many there are.
fn partition(text: &str) -> Result<(usize, usize), String> {
    let wrong = || format!("'{text}' is no share: write I/N, such as 2/4");
    let (part, parts) = text.split_once('/').ok_or_else(wrong)?;
    let (part, parts): (usize, usize) = (part.parse().map_err(|_| wrong())?, parts.parse().map_err(|_| wrong())?);
    if part == 0 || part > parts { Err(wrong()) } else { Ok((part - 1, parts)) }
}
