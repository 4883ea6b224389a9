//! The result of a run: what every report is written from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Fuzzed, Load};
use crate::context::ContextCost;
use crate::requirement::Level;
use crate::revision::Revision;
use crate::scenario::Position;

/// What was decided about one requirement in one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The requirement was exercised and held.
    Pass,
    /// Does not apply: a capability is not declared, another revision, an option not taken.
    Skip,
    /// Applies, but the IUT offered no way to exercise it; the reason names what was missing.
    Untested,
    /// A SHOULD is broken.
    Warn,
    /// A MUST is broken.
    Fail,
    /// The harness failed. Never the fault of the IUT.
    Error,
}

impl Verdict {
    /// All verdicts, mildest first.
    pub const ALL: [Self; 6] = [Self::Pass, Self::Skip, Self::Untested, Self::Warn, Self::Fail, Self::Error];

    /// The word used in every report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skip => "skip",
            Self::Untested => "untested",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }

    /// A requirement of this level was found broken.
    pub fn of_broken(level: Level) -> Self {
        match level {
            Level::Must | Level::MustNot => Self::Fail,
            Level::Should | Level::ShouldNot => Self::Warn,
            Level::May => Self::Skip,
        }
    }

    /// Something is broken.
    pub fn is_trouble(self) -> bool {
        matches!(self, Self::Warn | Self::Fail | Self::Error)
    }

    /// Something was decided about the IUT.
    pub fn is_decided(self) -> bool {
        matches!(self, Self::Pass | Self::Warn | Self::Fail)
    }
}

/// A value that a person needs to see to understand a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operand {
    /// What it is, as written in the check, such as `listed.error.code`.
    pub source: String,
    /// Its value.
    pub value: serde_json::Value,
}

/// One check of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Name, unique in its case: the requirement id, with `#name` behind it where a case decides one twice.
    pub name: String,
    /// Requirement id.
    pub requirement: String,
    /// Level of the requirement.
    pub level: Level,
    /// What is required, in our own words.
    pub required: String,
    /// Address of the sentence in the specification.
    pub link: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What was seen, or why nothing was decided: one sentence. Empty for `pass`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The expression or rule that decided.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// Values that decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operands: Vec<Operand>,
    /// Where the check is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Numbers of the transcript events that matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<u64>,
    /// The exchange itself: transcript lines a person can read, shortened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excerpt: Vec<String>,
    /// The command that shows it again; may differ from the case's where a monitor found it in some scenario.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reproduce: String,
    /// Why the failure or warning does not count: `expected failure`, or `not scored` and the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excused: Option<String>,
    /// Over a route or through a gateway: the verdict of the same check without, on one instance, where it was another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directly: Option<Verdict>,
}

/// One case: a scenario at one revision, over one transport and routing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// `scenario@revision,transport`, with `,routing` behind it where it is not direct.
    pub id: String,
    /// Scenario name; `monitors` for what the monitors saw in all cases of an axis.
    pub scenario: String,
    /// Title of the scenario.
    pub title: String,
    /// Revision.
    pub revision: Revision,
    /// `http` or `stdio`.
    pub transport: String,
    /// Routing policy.
    pub routing: String,
    /// Time the case took, in microseconds.
    pub duration_us: u64,
    /// Transcript file, relative to the output folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// The command that runs this case alone.
    pub reproduce: String,
    /// Its checks, in the order of the file.
    pub checks: Vec<CheckResult>,
}

/// A whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// Version of this format.
    pub results: u32,
    /// Version of mcp-assay.
    pub tool: String,
    /// The target, secrets removed.
    pub target: String,
    /// What the IUT says it is, per axis (`2025-11-25,http`): name and version.
    pub implementation: BTreeMap<String, String>,
    /// What its tools cost a model, per axis where it lists any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, ContextCost>,
    /// What it did under load, where it was put under load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Load>,
    /// What was done to fuzz it, per axis where it was fuzzed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fuzz: BTreeMap<String, Fuzzed>,
    /// Seed of the run.
    pub seed: u64,
    /// The cases in order, left-out ones included (all their checks are `skip` or `untested`).
    pub cases: Vec<CaseResult>,
    /// Stale or wrong entries of the baseline, in words; each makes the run fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baseline_problems: Vec<String>,
    /// Wall time of the run in microseconds.
    pub duration_us: u64,
}

/// Name of the case that holds what the monitors saw on one axis.
pub const MONITORS: &str = "monitors";

/// Version of the results format.
pub const RESULTS_VERSION: u32 = 1;

/// How many checks got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Counts in the order of [`Verdict::ALL`].
    counts: [usize; 6],
    /// How many of the failures and warnings do not count.
    pub excused: usize,
}

impl Tally {
    /// Count one check.
    pub fn add(&mut self, check: &CheckResult) {
        if check.excused.is_some() {
            self.excused += 1;
        }
        if let Some(count) =
            Verdict::ALL.iter().position(|v| *v == check.verdict).and_then(|at| self.counts.get_mut(at))
        {
            *count += 1;
        }
    }

    /// How many checks got this verdict.
    pub fn of(&self, verdict: Verdict) -> usize {
        Verdict::ALL.iter().position(|v| *v == verdict).and_then(|at| self.counts.get(at)).copied().unwrap_or(0)
    }
}

/// Exit codes of `mcp-assay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Conforms, or fails only as expected.
    Conforms = 0,
    /// Does not conform, or nothing was decided, or the baseline is stale.
    DoesNotConform = 1,
    /// Wrong usage, or the IUT cannot be reached.
    Usage = 2,
    /// The harness failed.
    HarnessFailed = 3,
}

impl CaseResult {
    /// Revision, transport and routing as the keys of [`RunResult::implementation`] spell them.
    pub fn axis(&self) -> &str {
        self.id.rsplit_once('@').map_or("", |(_, axis)| axis)
    }

    /// Counts of this case.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.checks.iter().for_each(|check| tally.add(check));
        tally
    }
}

impl RunResult {
    /// A run of these cases of which nothing else is known.
    pub fn of(cases: Vec<CaseResult>) -> Self {
        Self {
            results: RESULTS_VERSION,
            tool: String::new(),
            target: String::new(),
            implementation: BTreeMap::new(),
            context: BTreeMap::new(),
            load: None,
            fuzz: BTreeMap::new(),
            seed: 0,
            cases,
            baseline_problems: Vec::new(),
            duration_us: 0,
        }
    }

    /// Counts of the whole run.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.cases.iter().flat_map(|case| &case.checks).for_each(|check| tally.add(check));
        tally
    }

    /// Was anything decided about the IUT? What monitors let pass does not count by itself: a server that refuses
    /// everything does so in well-formed messages.
    pub fn decided_anything(&self) -> bool {
        let scenarios = self.cases.iter().filter(|case| case.scenario != MONITORS);
        scenarios.flat_map(|case| &case.checks).any(|check| check.verdict.is_decided())
    }

    /// The exit code of this run. With `strict`, warnings count as failures and so does what could not be tested.
    pub fn exit(&self, strict: bool) -> Exit {
        let checks = || self.cases.iter().flat_map(|case| &case.checks);
        if checks().any(|check| check.verdict == Verdict::Error) {
            return Exit::HarnessFailed;
        }
        let counts = |check: &CheckResult| match check.verdict {
            Verdict::Fail => true,
            Verdict::Warn | Verdict::Untested => strict,
            _ => false,
        };
        let failed = checks().any(|check| counts(check) && check.excused.is_none());
        if failed || !self.decided_anything() || !self.baseline_problems.is_empty() {
            Exit::DoesNotConform
        } else {
            Exit::Conforms
        }
    }
}
