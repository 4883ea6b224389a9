//! What every test takes: which scenarios, what is expected of them, and where the reports go.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::action::Within;
use crate::report::Format;
use crate::requirement::Profile;
use crate::transport::quote;

/// Which scenarios are run.
#[derive(Debug, ClapArgs)]
pub struct ChoiceArgs {
    /// Scenarios to run: a name, a glob such as 'tools/*', a name of the official suite, or a case such as tools/list@2025-11-25,http
    #[arg(long, value_name = "NAME")]
    pub scenario: Vec<String>,
    /// Further scenario files, or files in place of built-in ones
    #[arg(long, value_name = "FILE")]
    pub scenario_file: Vec<PathBuf>,
    /// Test extensions that are drafts too
    #[arg(long)]
    pub drafts: bool,
    /// What the implementation claims besides conforming to the specification: scale-out (several instances behave as one) or
    /// enterprise (tool calls leave traces)
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub profile: Vec<Profile>,
}

impl ChoiceArgs {
    /// The options that name the user's scenario files, to say them again.
    pub fn files(&self) -> Vec<String> {
        let option = |file: &PathBuf| format!("--scenario-file {}", quote(&file.display().to_string()));
        self.scenario_file.iter().map(option).collect()
    }

    /// The options that say the same again, the scenarios apart.
    pub fn repeat(&self) -> Vec<String> {
        let mut options = self.files();
        let profiles: Vec<&str> = self.profile.iter().map(|profile| profile.as_str()).collect();
        options.extend((!profiles.is_empty()).then(|| format!("--profile {}", profiles.join(","))));
        options.extend(self.drafts.then(|| "--drafts".to_owned()));
        options
    }
}

/// What is run of a peer that is tried one case at a time, how, and what comes of it.
#[derive(Debug, ClapArgs)]
pub struct RunArgs {
    /// Revision to test, such as 2025-11-25, or `all`; the newest of each era when none is named
    #[arg(long, alias = "spec-version", value_name = "REVISION")]
    pub revision: Vec<String>,
    /// Which scenarios.
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// What is expected, and where it goes.
    #[command(flatten)]
    pub outcome: OutcomeArgs,
    /// Cases that run at a time
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub jobs: usize,
    /// Longest time for one case, such as 500ms, 30s or 1m; a client is killed then, with all that it started
    #[arg(long, alias = "timeout", default_value = "30s", value_name = "TIME")]
    pub deadline: Within,
}

/// What is expected of a run, and where it is reported.
#[derive(Debug, ClapArgs)]
pub struct OutcomeArgs {
    /// Expected failures, in the official suite's format
    #[arg(long, value_name = "FILE")]
    pub expected_failures: Option<PathBuf>,
    /// Warnings and what could not be tested count as failures
    #[arg(long)]
    pub strict: bool,
    /// Folder for reports and transcripts
    #[arg(long, short = 'o', alias = "output-dir", default_value = "reports/run", value_name = "DIR")]
    pub out: PathBuf,
    /// Reports beside JUnit
    #[arg(long, value_delimiter = ',', default_value = "junit,json", value_name = "LIST")]
    pub format: Vec<Format>,
    /// Show warnings in full and every reason
    #[arg(long)]
    pub verbose: bool,
}
