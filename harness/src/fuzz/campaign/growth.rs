//! What the server takes up of its machine, from round to round.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::lanes::Lane;
use super::{CONFIRMATIONS, Campaign};
use crate::fuzz::case::Case;
use crate::fuzz::finding::broad;
use crate::fuzz::oracle::{Oracle, Suspicion};
use crate::fuzz::peer::{Usage, usage};

/// What a server may take up more, in KiB and descriptors, before that is looked into.
const MEMORY: u64 = 64 * 1024;
const DESCRIPTORS: u64 = 48;

/// So many times the memory that it had before are no growth either.
const TIMES_BEFORE: u64 = 2;

/// What it takes up with one request that is looked into, in KiB and descriptors, and how many of these, at most.
const LEAST_OF_ONE: Usage = Usage { memory: 150, descriptors: 1 };
const MOST: usize = 4;
/// Such a part of the campaign's time may go by with these: a server that takes long to start is started for each.
const PART_OF_TIME: u32 = 4;

/// What it may take up more at first.
pub(super) const ALLOWED: Usage = Usage { memory: MEMORY, descriptors: DESCRIPTORS };

impl Campaign<'_> {
    /// Of what the server takes up so much more that it has to be looked into.
    pub(super) async fn grown(&mut self, lane: &mut Lane) -> Vec<Oracle> {
        let group = match lane.connection.group() {
            Some(group) => Some(group),
            None => lane.peer.group().await,
        };
        let Some(now) = group.and_then(usage) else { return Vec::new() };
        let before = *lane.before.get_or_insert(now);
        let mut grown = Vec::new();
        for oracle in [Oracle::Memory, Oracle::Descriptors] {
            let (more, allowed) = match oracle {
                // What has much to begin with lets much lie about.
                Oracle::Memory => {
                    (now.memory.saturating_sub(before.memory), self.allowed.memory.max(before.memory * TIMES_BEFORE))
                }
                _ => (now.descriptors.saturating_sub(before.descriptors), self.allowed.descriptors),
            };
            // Where something is known to grow, nothing can be said of the rest.
            let known = self.report.findings.iter().any(|finding| finding.oracle == oracle);
            if more < allowed || known {
                continue;
            }
            // What is not found is looked for later.
            match oracle {
                Oracle::Memory => self.allowed.memory = more * 3,
                _ => self.allowed.descriptors = more * 3,
            }
            grown.push(oracle);
        }
        grown
    }

    /// Look for the case with which the server takes up more.
    pub(super) async fn look_for_growth(&mut self, oracle: Oracle) {
        if Instant::now() >= self.until {
            return;
        }
        let until = Instant::now() + self.patience();
        let cases: Vec<Arc<Case>> =
            self.recent.values().filter(|case| !self.source.is_shunned(case)).cloned().collect();
        if let Some(case) = self.bench.growing(cases, oracle, until).await {
            self.leak(case, oracle).await;
        }
    }

    /// Look into the valid requests during which the server took up most, one of each method.
    pub(super) async fn took(&mut self, took: Vec<(Arc<Case>, Usage)>) {
        let until = Instant::now() + self.options.extent.time / PART_OF_TIME;
        for oracle in [Oracle::Memory, Oracle::Descriptors] {
            let of = |usage: &Usage| if oracle == Oracle::Memory { usage.memory } else { usage.descriptors };
            let least = if oracle == Oracle::Memory { LEAST_OF_ONE.memory } else { LEAST_OF_ONE.descriptors };
            let mut most: Vec<&(Arc<Case>, Usage)> = took.iter().filter(|(_, usage)| of(usage) >= least).collect();
            most.sort_by_key(|(_, usage)| std::cmp::Reverse(of(usage)));
            let mut methods = BTreeSet::new();
            most.retain(|(case, _)| methods.insert(case.acts.first().and_then(|act| act.method().map(str::to_owned))));
            for (case, _) in most.into_iter().take(MOST) {
                if Instant::now() < until {
                    self.leak(case.clone(), oracle).await;
                }
            }
        }
    }

    /// Whether the server takes more and more with this case.
    async fn leak(&mut self, case: Arc<Case>, oracle: Oracle) {
        let sign = case.acts.first().map(broad).unwrap_or_default();
        let wanted = Suspicion::whole(oracle, &sign, "");
        let cases = vec![case];
        if self.causes.contains_key(&self.finding(wanted.clone(), &cases, 0).cause()) {
            return;
        }
        let (shown, seen) = self.bench.confirm(&cases, &wanted, CONFIRMATIONS).await;
        let Some(seen) = seen else {
            *self.report.unconfirmed.entry(wanted.key()).or_default() += 1;
            return;
        };
        let finding = self.finding(seen, &cases, shown);
        self.add(finding);
    }
}
