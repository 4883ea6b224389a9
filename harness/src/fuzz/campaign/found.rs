//! What was found: told once, kept in its folder, and tried first the next time.

use std::collections::BTreeSet;

use super::{CONFIRMATIONS, Campaign, MAX_LOOKS};
use crate::fuzz::finding::{Finding, folder, remove, write};

impl Campaign<'_> {
    /// What was found earlier comes first. What is not shown any more goes away.
    pub(super) async fn replay(&mut self) {
        let Some(path) = &self.options.extent.findings else { return };
        let Ok(earlier) = folder::<Finding>(path) else { return };
        for (path, mut finding) in earlier {
            if finding.revision != self.peer.revision || finding.transport != self.peer.transport {
                continue;
            }
            self.bench.together = finding.together;
            let (shown, seen) = self.bench.confirm(&finding.shared(), &finding.suspicion(), CONFIRMATIONS).await;
            if shown == 0 {
                if remove(&path).is_ok() {
                    self.report.mended.push(path);
                }
                continue;
            }
            finding.shown = (shown, CONFIRMATIONS);
            finding.seen = seen.map_or(finding.seen, |seen| seen.seen);
            self.known(&finding);
            self.add(finding);
        }
    }

    /// What shows a finding need not be looked into again.
    pub(super) fn known(&mut self, finding: &Finding) {
        self.looks.insert(finding.suspicion().key(), MAX_LOOKS);
    }

    pub(super) fn add(&mut self, finding: Finding) {
        let cause = finding.cause();
        if let Some(known) = self.causes.get(&cause).and_then(|at| self.report.findings.get_mut(*at)) {
            let kinds: BTreeSet<String> =
                finding.cases.iter().flat_map(|case| &case.acts).map(|act| act.kind().into_owned()).collect();
            kinds.into_iter().for_each(|kind| known.see(kind));
            return;
        }
        self.show.found(&finding);
        if let Some(folder) = &self.options.extent.findings
            && let Err(e) = write(folder, &finding)
        {
            self.report.stopped = Some(e.to_string());
        }
        self.causes.insert(cause, self.report.findings.len());
        self.report.findings.push(finding);
    }
}
