//! Whether an answer that is not the same any more says something about the server.

use std::sync::Arc;

use serde_json::Value;

use super::Campaign;
use crate::fuzz::case::{Act, Case, Expect};
use crate::fuzz::oracle::Suspicion;

impl Campaign<'_> {
    /// What a resource says may come from what was done by tools, and what a tool says from what other tools did that change something;
    /// what differs with nothing before it changes with time. That is no drift.
    pub(super) fn is_its_nature(&mut self, cases: &[Arc<Case>]) -> bool {
        let mut acts: Vec<&Act> = cases.iter().flat_map(|case| &case.acts).collect();
        let Some(observed) = acts.pop() else { return false };
        let of_tool = observed.method() == Some("tools/call");
        let offer = self.bench.offer();
        let reads = |act: &Act| {
            let tool = offer.list("tools").iter().find(|tool| act.subject == format!("tools/call {}", name_of(tool)));
            tool.and_then(|tool| tool.pointer("/annotations/readOnlyHint")) == Some(&Value::Bool(true))
        };
        let does =
            |act: &&Act| act.method() == Some("tools/call") && act.nothing_is_wrong() && !(of_tool && reads(act));
        let nature = acts.is_empty() || acts.iter().any(does);
        if nature {
            self.source.forget(&observed.subject);
        }
        nature
    }

    /// Whether the answer has changed with nothing before it: what several instances share outlives each of them.
    pub(super) async fn differs_alone(&mut self, cases: &[Arc<Case>], seen: &Suspicion) -> bool {
        let Some(act) = cases.last().and_then(|case| case.acts.last()) else { return false };
        let alone = Arc::new(Case { acts: vec![act.clone()], ..Case::default() });
        let differs = self.bench.shows(&[alone], seen).await.is_some();
        if differs {
            self.source.forget(&act.subject);
        }
        differs
    }

    /// What a request is answered with on its own may not be what was taken for it: cases that still differ from that. Nothing
    /// where its answer is not the same each time.
    pub(super) async fn really_drifts(&mut self, cases: &[Arc<Case>]) -> Option<Vec<Arc<Case>>> {
        let mut cases: Vec<Case> = cases.iter().map(|case| (**case).clone()).collect();
        let act = cases.last_mut()?.acts.iter_mut().rev().find(|act| matches!(act.expect, Expect::Equals(_)))?;
        let alone = Arc::new(Case { acts: vec![act.clone()], ..Case::default() });
        let (first, second) = (self.bench.answer(&alone).await, self.bench.answer(&alone).await);
        if first.is_none() || first != second {
            let subject = act.subject.clone();
            self.source.forget(&subject);
            return None;
        }
        act.expect = Expect::Equals(first?);
        Some(cases.into_iter().map(Arc::new).collect())
    }
}

fn name_of(tool: &Value) -> &str {
    tool.get("name").and_then(Value::as_str).unwrap_or_default()
}
