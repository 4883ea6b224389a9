//! What a round reached that no other had, and which of its cases did.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::Campaign;
use crate::fuzz::case::{Act, Case};
use crate::fuzz::peer::{Connection, Reply, Round};

/// Cases that are played together to see whether one of them is it.
const PART: usize = 16;

impl Campaign<'_> {
    /// Count the places that were reached for the first time, and keep the cases that did it, of those that can be varied: they are
    /// played again, in parts and then one by one. False when the server did not get through that.
    pub(super) async fn reached(&mut self, connection: &mut Connection, round: &Round) -> bool {
        let Some(reach) = &mut self.reach else { return true };
        let mut new = reach.new_places().await;
        let able =
            |(case, replies): &(&Arc<Case>, &Vec<Reply>)| self.source.can_vary(case) && is_answered(case, replies);
        let cases = round.cases.iter().zip(&round.replies).filter(able).map(|(case, _)| case.clone());
        let cases: Vec<Arc<Case>> = cases.collect();
        for part in cases.chunks(PART) {
            if new.is_empty() {
                break;
            }
            let Some(found) = self.executed(connection, part, &new).await else { return false };
            if found.is_empty() {
                continue;
            }
            for case in part {
                let Some(of_it) = self.executed(connection, std::slice::from_ref(case), &new).await else {
                    return false;
                };
                if !of_it.is_empty() {
                    self.source.reached(case);
                }
                new.retain(|place| !of_it.contains(place));
            }
            // What it takes several cases for is nobody's.
            new.retain(|place| !found.contains(place));
        }
        true
    }

    /// Which of these places are reached when the cases are played; nothing when the server ends.
    async fn executed(
        &mut self,
        connection: &mut Connection,
        cases: &[Arc<Case>],
        wanted: &BTreeSet<u32>,
    ) -> Option<BTreeSet<u32>> {
        let manner = self.manner(self.side_by_side);
        let reach = self.reach.as_mut()?;
        let begun = Instant::now();
        reach.forget().await;
        let round = connection.play(cases.to_vec(), manner).await;
        self.report.sent += round.sent;
        if round.ended.is_some() || !round.alive {
            return None;
        }
        let executed = reach.executed().await;
        self.report.playing += begun.elapsed();
        Some(executed.intersection(wanted).copied().collect())
    }
}

fn is_answered(case: &Case, replies: &[Reply]) -> bool {
    let open = |(act, reply): (&Act, &Reply)| act.expect.is_answer() && reply.answers.is_empty();
    !case.acts.iter().zip(replies).any(open)
}
