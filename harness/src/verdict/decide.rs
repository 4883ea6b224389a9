//! From findings to verdicts: the level of the requirement says what a broken one is worth.

use super::{CheckResult, Operand, Verdict};
use crate::check::{Finding, Outcome, Source};
use crate::requirement::Catalogue;
use crate::revision::Revision;

/// The result of one finding. None when the catalogue has no such requirement, which the lint of the corpus excludes.
pub fn decide(finding: &Finding, catalogue: &Catalogue, revision: Revision) -> Option<CheckResult> {
    let row = catalogue.get(&finding.requirement)?;
    let (verdict, reason) = match &finding.outcome {
        Outcome::Held => (Verdict::Pass, String::new()),
        Outcome::Broken(seen) => (Verdict::of_broken(row.level), seen.clone()),
        Outcome::Undecided(why) => (Verdict::Untested, why.clone()),
        Outcome::Disputed(how) => (Verdict::Skip, format!("no verdict, the specification contradicts itself: {how}")),
    };
    let suffix = match &finding.source {
        Source::Check(Some(name)) | Source::Monitor(name) => format!("#{name}"),
        Source::Check(None) | Source::Schema => String::new(),
    };
    let operands = finding.operands.iter().map(|op| Operand { source: op.source.clone(), value: op.value.clone() });
    Some(CheckResult {
        name: format!("{}{suffix}", finding.requirement),
        requirement: finding.requirement.clone(),
        level: row.level,
        required: row.text.clone(),
        link: row.url(revision),
        verdict,
        reason,
        rule: finding.rule.clone(),
        operands: operands.collect(),
        position: finding.position.clone(),
        evidence: finding.evidence.clone(),
        excerpt: Vec::new(),
        reproduce: String::new(),
        excused: None,
        directly: None,
    })
}
