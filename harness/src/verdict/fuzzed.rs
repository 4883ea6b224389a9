//! What a fuzzing campaign did.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Figures of a campaign in one revision over one transport, or of several that share one; what was found is in its cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fuzzed {
    /// Shares of which these are the figures.
    pub shares: u64,
    /// Cases that were carried out.
    pub cases: u64,
    /// Messages that were sent; those that crossed, where a client is fuzzed.
    pub messages: u64,
    /// How often each class of answers came: method, what was wrong, outcome and shape, with `|` between them; of clients, how they ended.
    pub classes: BTreeMap<String, u64>,
    /// Places of its own code that the server reached, where that was followed; of several shares, most that one of them reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<u64>,
}

impl Fuzzed {
    /// Together with another share.
    pub fn add(&mut self, other: &Self) {
        self.shares += other.shares;
        self.cases += other.cases;
        self.messages += other.messages;
        for (class, times) in &other.classes {
            *self.classes.entry(class.clone()).or_default() += times;
        }
        self.places = self.places.max(other.places);
    }
}
