//! How long answers took.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::Value;

use crate::transcript::{Event, SentKind, What};

/// Longest time that is told apart, in microseconds.
const LONGEST_US: u64 = 120_000_000;
/// Significant figures.
const FIGURES: u8 = 3;
/// Most methods that are told apart.
const MAX_METHODS: usize = 64;

/// The times from a request to the first that came back for it over HTTP, by method; and how many sessions there were at a time.
#[derive(Debug, Default)]
pub struct Latencies {
    methods: BTreeMap<String, Histogram<u64>>,
    /// Cases that were carried out.
    pub cases: u64,
    /// Cases whose findings do not count, because a wait in them ended in vain.
    pub doubtful: u64,
    /// Faults that struck.
    pub faults: u64,
    /// Most cases that were under way at a time.
    pub most: usize,
    /// How long it went on.
    pub lasted: Duration,
}

impl Latencies {
    /// Take in a transcript.
    pub(super) fn add(&mut self, events: &[Event]) {
        self.cases += 1;
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
                What::Routed { outcome, .. } if outcome.starts_with(super::load::STRUCK) => self.faults += 1,
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

    /// How many requests were answered.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.methods.values().map(Histogram::len).sum()
    }
}

fn method_of(bytes: &[u8]) -> Option<String> {
    let message: Value = serde_json::from_slice(bytes).ok()?;
    Some(message.get("method")?.as_str()?.to_owned())
}

/// A table for people.
impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.lasted.as_secs_f64().max(f64::EPSILON);
        let (requests, cases) = (self.requests(), self.cases);
        writeln!(
            f,
            "Load: {cases} cases, at most {} at a time; {requests} requests answered in {seconds:.1} s",
            self.most
        )?;
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let rate = requests as f64 / seconds;
        writeln!(
            f,
            "  {rate:.0} requests a second, {} faults, {} cases not counted: a wait in them was in vain",
            self.faults, self.doubtful
        )?;
        if self.methods.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        writeln!(
            f,
            "  {:<40} {:>8} {:>9} {:>9} {:>9} {:>9}",
            "milliseconds to the first message back", "requests", "p50", "p95", "p99", "most"
        )?;
        for (method, times) in &self.methods {
            #[expect(clippy::cast_precision_loss, reason = "for people")]
            let ms = |us: u64| us as f64 / 1000.0;
            let at = |part: f64| ms(times.value_at_quantile(part));
            let (p50, p95, p99, most) = (at(0.5), at(0.95), at(0.99), ms(times.max()));
            writeln!(f, "  {method:<40} {:>8} {p50:>9.2} {p95:>9.2} {p99:>9.2} {most:>9.2}", times.len())?;
        }
        writeln!(f)
    }
}
