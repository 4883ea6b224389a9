//! What every test takes: which scenarios, what is expected of them, and where the reports go.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::report::Format;
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
}

impl ChoiceArgs {
    /// The options that name the user's scenario files, to say them again.
    pub fn files(&self) -> Vec<String> {
        let option = |file: &PathBuf| format!("--scenario-file {}", quote(&file.display().to_string()));
        self.scenario_file.iter().map(option).collect()
    }
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
