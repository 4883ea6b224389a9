//! What the server takes up of its machine, from round to round.

use std::sync::Arc;

use tokio::time::Instant;

use super::{CONFIRMATIONS, Campaign};
use crate::fuzz::case::Case;
use crate::fuzz::finding::broad;
use crate::fuzz::oracle::{Oracle, Suspicion};
use crate::fuzz::peer::{Connection, Usage, usage};

/// What a server may take up more, in KiB and descriptors, before that is looked into.
const MEMORY: u64 = 64 * 1024;
const DESCRIPTORS: u64 = 48;

/// What it may take up more at first.
pub(super) const ALLOWED: Usage = Usage { memory: MEMORY, descriptors: DESCRIPTORS };

impl Campaign<'_> {
    /// Look into what the server takes up, where that has grown.
    pub(super) async fn grown(&mut self, connection: &Connection) {
        let group = match connection.group() {
            Some(group) => Some(group),
            None => self.peer.group().await,
        };
        let Some(now) = group.and_then(usage) else { return };
        let before = *self.before.get_or_insert(now);
        for oracle in [Oracle::Memory, Oracle::Descriptors] {
            let (more, allowed) = match oracle {
                Oracle::Memory => (now.memory.saturating_sub(before.memory), self.allowed.memory),
                _ => (now.descriptors.saturating_sub(before.descriptors), self.allowed.descriptors),
            };
            if more < allowed || Instant::now() >= self.until {
                continue;
            }
            // What was found once is not looked for again; what was not is looked for later.
            match oracle {
                Oracle::Memory => self.allowed.memory = more * 3,
                _ => self.allowed.descriptors = more * 3,
            }
            let until = Instant::now() + self.patience();
            let cases: Vec<Arc<Case>> =
                self.recent.values().filter(|case| !self.source.is_shunned(case)).cloned().collect();
            let Some(case) = self.bench.growing(cases, oracle, until).await else { continue };
            let sign = case.acts.first().map(broad).unwrap_or_default();
            let wanted = Suspicion::whole(oracle, &sign, "");
            let cases = vec![case];
            let Some(seen) = self.bench.shows(&cases, &wanted).await else {
                *self.report.unconfirmed.entry(wanted.key()).or_default() += 1;
                continue;
            };
            let (shown, _) = self.bench.confirm(&cases, &wanted, CONFIRMATIONS).await;
            let finding = self.finding(seen, &cases, shown);
            self.add(finding);
        }
    }
}
