//! A sequence of choices: the only source of chance.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Choices are recorded up to this number; what is generated from more cannot be replayed from its record.
const MAX_RECORDED: usize = 1 << 20;

/// A stream of choices that its source determines. 0 is always the simplest choice, so that a record with smaller numbers,
/// or with fewer, makes something simpler.
#[derive(Debug, Clone)]
pub struct Choices {
    source: Source,
    record: Vec<u64>,
}

#[derive(Debug, Clone)]
enum Source {
    Seeded(Box<ChaCha8Rng>),
    Bytes(Vec<u8>, usize),
    Recorded(Vec<u64>, usize),
}

impl Choices {
    /// The choices that a seed determines, on every platform.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::from(Source::Seeded(Box::new(ChaCha8Rng::seed_from_u64(seed))))
    }

    /// The choices that the bytes of a fuzzing engine determine; after their end all are 0.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::from(Source::Bytes(bytes.to_vec(), 0))
    }

    /// The choices of a [`record`](Self::record) again; after its end all are 0.
    #[must_use]
    pub fn recorded(record: Vec<u64>) -> Self {
        Self::from(Source::Recorded(record, 0))
    }

    fn from(source: Source) -> Self {
        Self { source, record: Vec::new() }
    }

    /// What was chosen so far, for [`Self::recorded`].
    #[must_use]
    pub fn record(&self) -> &[u64] {
        &self.record
    }

    /// Forgets what was chosen so far, for a source that is used for long.
    pub fn forget(&mut self) {
        self.record.clear();
    }

    /// Whether the source has nothing left. A seed never ends.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        match &self.source {
            Source::Seeded(_) => false,
            Source::Bytes(bytes, at) => *at >= bytes.len(),
            Source::Recorded(record, at) => *at >= record.len(),
        }
    }

    /// A number below `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound <= 1 {
            return 0;
        }
        let chosen = match &mut self.source {
            Source::Seeded(stream) => stream.next_u64() % bound,
            Source::Bytes(bytes, at) => {
                // No more bytes than the bound needs, so that each byte of the engine matters.
                let width = if bound <= 1 << 8 {
                    1
                } else if bound <= 1 << 16 {
                    2
                } else {
                    8
                };
                let rest = bytes.get(*at..).unwrap_or_default();
                let taken = rest.iter().take(width);
                *at = at.saturating_add(width);
                taken.fold(0_u64, |number, byte| number << 8 | u64::from(*byte)) % bound
            }
            Source::Recorded(record, at) => {
                let chosen = record.get(*at).copied().unwrap_or(0);
                *at = at.saturating_add(1);
                chosen.min(bound - 1)
            }
        };
        if self.record.len() < MAX_RECORDED {
            self.record.push(chosen);
        }
        chosen
    }

    /// An index into something of that length; 0 where it is empty.
    pub fn index(&mut self, length: usize) -> usize {
        let bound = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }

    /// `true` once in `of` times; the simplest choice is `false`.
    pub fn once_in(&mut self, of: u64) -> bool {
        self.below(of) + 1 == of.max(1)
    }

    /// One of the items, the first being the simplest; `None` of none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.index(items.len()))
    }

    /// An index, chosen as often as its weight says; 0 where all weights are 0.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let all = weights.iter().fold(0_u64, |sum, weight| sum.saturating_add(*weight));
        let mut left = self.below(all);
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// A number from `low` to `high`, both included; `low` is the simplest, and what comes of an empty range.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).max(0).unsigned_abs().saturating_add(1);
        low.saturating_add_unsigned(self.below(width))
    }
}
