//! How far an answer is, while its bytes pass.

use super::LIMITS;
use crate::wire::http::{BodyDecoder, BodyState, Framing, HeadReader, HeadState, ResponseHead};

/// Follows the bytes of one answer.
pub(super) struct Answer {
    stage: Stage,
    /// The connection is of no use after it.
    closes: bool,
}

enum Stage {
    Head(Box<HeadReader>),
    Body(Box<BodyDecoder>),
    /// It cannot be followed: whatever comes is passed on until the connection ends.
    Unclear,
}

/// What the last bytes brought.
pub(super) struct Followed {
    /// The head, where they completed it, and how many of them come after it.
    pub(super) head: Option<(ResponseHead, usize)>,
    /// Whether the answer is whole, and if so how many bytes came after it.
    pub(super) surplus: Option<usize>,
}

impl Answer {
    pub(super) fn new() -> Self {
        Self { stage: Stage::Head(Box::new(HeadReader::new(LIMITS))), closes: false }
    }

    /// Take the next bytes, those of the body free of its transfer coding to `decoded`.
    pub(super) fn follow(&mut self, bytes: &[u8], verb: &str, decoded: &mut Vec<u8>) -> Followed {
        match &mut self.stage {
            Stage::Head(reader) => match reader.push(bytes) {
                HeadState::NeedMore => Followed { head: None, surplus: None },
                HeadState::Broken(_) => {
                    self.stage = Stage::Unclear;
                    Followed { head: None, surplus: None }
                }
                HeadState::Complete { head, rest, .. } => {
                    self.closes = head.version == 0 || is_last(&head);
                    let mut decoder = BodyDecoder::new(&head, verb, LIMITS);
                    let state = decoder.push(&rest, decoded);
                    self.stage = Stage::Body(Box::new(decoder));
                    Followed { head: Some((head, rest.len())), surplus: self.state(state) }
                }
            },
            Stage::Body(decoder) => {
                let state = decoder.push(bytes, decoded);
                Followed { head: None, surplus: self.state(state) }
            }
            Stage::Unclear => {
                decoded.extend_from_slice(bytes);
                Followed { head: None, surplus: None }
            }
        }
    }

    fn state(&mut self, state: BodyState) -> Option<usize> {
        match state {
            BodyState::NeedMore => None,
            BodyState::Complete { surplus } => Some(surplus),
            BodyState::Broken(_) => {
                self.stage = Stage::Unclear;
                None
            }
        }
    }

    /// How the end of the body is known, once the head is there.
    pub(super) fn framing(&self) -> Option<Framing> {
        match &self.stage {
            Stage::Body(decoder) => Some(decoder.framing()),
            _ => None,
        }
    }

    /// Whether the head is still to come.
    pub(super) fn is_awaited(&self) -> bool {
        matches!(self.stage, Stage::Head(_))
    }

    /// Whether the connection can be used again after it.
    pub(super) fn leaves_open(&self) -> bool {
        !self.closes && self.framing().is_some_and(|framing| framing != Framing::UntilClose)
    }
}

fn is_last(head: &ResponseHead) -> bool {
    let mut words = head.headers("connection").flat_map(|value| value.split(','));
    head.status == 101 || words.any(|word| word.trim().eq_ignore_ascii_case("close"))
}
