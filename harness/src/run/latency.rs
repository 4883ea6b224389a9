//! How long answers took.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde_json::Value;

use crate::transcript::{Event, SentKind, What};
use crate::verdict::Times;

/// Longest time that is told apart, in microseconds.
const LONGEST_US: u64 = 120_000_000;
/// Significant figures.
const FIGURES: u8 = 3;
/// Most methods that are told apart.
const MAX_METHODS: usize = 64;

/// The times from a request to the first that came back for it over HTTP, by method.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    methods: BTreeMap<String, Histogram<u64>>,
}

impl Latencies {
    /// Take in a transcript.
    pub(super) fn add(&mut self, events: &[Event]) {
        let mut open: BTreeMap<u32, (String, u64)> = BTreeMap::new();
        for event in events {
            match &event.what {
                What::Sent { kind: SentKind::Request, exchange: Some(exchange), bytes, .. } => {
                    let method = method_of(&bytes.0).unwrap_or_else(|| "?".to_owned());
                    open.insert(*exchange, (method, event.t_us));
                }
                What::Received { exchange: Some(exchange), .. } => {
                    if let Some((method, sent)) = open.remove(exchange) {
                        self.record(method, event.t_us.saturating_sub(sent));
                    }
                }
                _ => {}
            }
        }
    }

    fn record(&mut self, method: String, us: u64) {
        if self.methods.len() >= MAX_METHODS && !self.methods.contains_key(&method) {
            return;
        }
        let fresh = || Histogram::new_with_bounds(1, LONGEST_US, FIGURES);
        let histogram = match self.methods.entry(method) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => match fresh() {
                Ok(histogram) => place.insert(histogram),
                // Never, with these bounds.
                Err(_) => return,
            },
        };
        histogram.saturating_record(us.max(1));
    }

    /// The figures.
    pub(super) fn by_method(&self) -> BTreeMap<String, Times> {
        let times = |histogram: &Histogram<u64>| Times {
            requests: histogram.len(),
            p50_us: histogram.value_at_quantile(0.5),
            p95_us: histogram.value_at_quantile(0.95),
            p99_us: histogram.value_at_quantile(0.99),
            most_us: histogram.max(),
        };
        self.methods.iter().map(|(method, histogram)| (method.clone(), times(histogram))).collect()
    }
}

fn method_of(bytes: &[u8]) -> Option<String> {
    let message: Value = serde_json::from_slice(bytes).ok()?;
    Some(message.get("method")?.as_str()?.to_owned())
}
