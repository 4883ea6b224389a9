//! Ends of the server that are known: what else shows them, and what is not sent any more.

use std::collections::BTreeSet;

use super::Campaign;
use crate::fuzz::case::{Act, Case};
use crate::fuzz::finding::Cause;
use crate::fuzz::oracle::Suspicion;
use crate::fuzz::peer::Round;

/// Rounds of many that the same end breaks off, after which the notifications that it was found with are not sent any more: one by one they
/// may do nothing.
const BROKEN_OFF: usize = 2;

impl Campaign<'_> {
    /// Whether the server ended as it is known to end: one by one, it is clear of what, and that is not sent again.
    pub(super) fn is_known_end(&mut self, suspicion: &Suspicion, round: &Round) -> bool {
        let cause = Cause::of_end(&suspicion.seen, &suspicion.sign);
        let Some(at) = self.causes.get(&cause).copied() else { return false };
        if suspicion.sign.is_empty() {
            return false;
        }
        // What did it is seen when the round is played again one by one.
        if round.side_by_side > 1 {
            self.broken_off(at);
            return true;
        }
        let unanswered = round.unanswered();
        let Some(case) = unanswered.first().filter(|_| unanswered.len() == 1 || round.is_http()) else { return false };
        for kind in self.not_again_after(case) {
            if let Some(known) = self.report.findings.get_mut(at) {
                known.see(kind);
            }
        }
        true
    }

    /// Send nothing like it again: what it was, by kind.
    fn not_again_after(&mut self, case: &Case) -> Vec<String> {
        if self.source.shun_sequence(case) {
            let kinds: BTreeSet<_> = case.acts.iter().map(Act::kind).collect();
            return vec![kinds.into_iter().collect::<Vec<_>>().join(" + ")];
        }
        let to_blame = case.acts.iter().filter(|act| !act.wrong().is_empty() || case.acts.len() == 1);
        to_blame
            .map(|act| {
                self.source.shun(act);
                act.kind().into_owned()
            })
            .collect()
    }

    /// A round of many was broken off by the end that this finding shows.
    fn broken_off(&mut self, at: usize) {
        let times = self.broken_off.entry(at).or_default();
        *times += 1;
        if *times != BROKEN_OFF {
            return;
        }
        let Some(finding) = self.report.findings.get(at) else { return };
        let acts = finding.cases.iter().flat_map(|case| &case.acts);
        let is_notification = |act: &&Act| act.method().is_some_and(|method| method.starts_with("notifications/"));
        let given_up: BTreeSet<String> = acts.filter(is_notification).map(|act| act.subject.clone()).collect();
        given_up.iter().for_each(|subject| self.source.shun_subject(subject));
        self.report.given_up.extend(given_up);
    }
}
