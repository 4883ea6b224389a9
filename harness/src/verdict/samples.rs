//! Results for the tests of this crate, given in short.

use super::{CaseResult, CheckResult, Verdict};
use crate::requirement::Level;
use crate::revision::Revision;

/// A check of this name.
pub(crate) fn check(name: &str, verdict: Verdict) -> CheckResult {
    CheckResult {
        name: name.to_owned(),
        requirement: name.split('#').next().unwrap_or(name).to_owned(),
        level: Level::Must,
        required: String::new(),
        link: String::new(),
        verdict,
        reason: String::new(),
        rule: String::new(),
        operands: Vec::new(),
        position: None,
        evidence: Vec::new(),
        excerpt: Vec::new(),
        reproduce: String::new(),
        excused: None,
        directly: None,
    }
}

/// A case of this scenario over `http` or another transport, on one instance.
pub(crate) fn case(scenario: &str, transport: &str, checks: Vec<CheckResult>) -> CaseResult {
    CaseResult {
        id: format!("{scenario}@2025-11-25,{transport}"),
        scenario: scenario.to_owned(),
        title: String::new(),
        revision: Revision::V2025_11_25,
        transport: transport.to_owned(),
        routing: "direct".to_owned(),
        duration_us: 0,
        transcript: None,
        reproduce: String::new(),
        checks,
    }
}
