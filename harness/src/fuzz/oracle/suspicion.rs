//! Something that looks wrong.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fuzz::Case;

/// What found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Oracle {
    /// The process ended, or the server is gone.
    Exit,
    /// It answers nothing any more.
    Hang,
    /// A request is never answered, while others are.
    NoAnswer,
    /// A request is answered twice.
    Twice,
    /// Something is answered that nobody asked.
    Unasked,
    /// What is on standard output, or in a stream, is no message.
    NoMessage,
    /// A message does not have the shape that the revision gives it.
    Shape,
    /// A structured result does not fit the tool's output schema.
    Output,
    /// An error has a code for something else.
    Code,
    /// What has to be refused is not.
    Accepted,
    /// HTTP status 5xx.
    ServerError,
    /// An answer tells internals: a stack trace, a path of the program.
    Internals,
    /// A response header has in it what came in a message.
    Reflected,
    /// Two spellings of one request are answered differently.
    Differs,
    /// The same request is answered differently after others.
    Drift,
    /// What one client sent comes to another.
    Crossed,
    /// Memory grows with every call.
    Memory,
    /// Descriptors stay open.
    Descriptors,
    /// The stream of a request stays open after its answer.
    StreamOpen,
    /// What comes of one act after another breaks a rule: a task that has ended goes on, a session that was deleted lives.
    Sequence,
}

impl Oracle {
    /// Every one.
    pub const ALL: [Self; 20] = [
        Self::Exit,
        Self::Hang,
        Self::NoAnswer,
        Self::Twice,
        Self::Unasked,
        Self::NoMessage,
        Self::Shape,
        Self::Output,
        Self::Code,
        Self::Accepted,
        Self::ServerError,
        Self::Internals,
        Self::Reflected,
        Self::Differs,
        Self::Drift,
        Self::Crossed,
        Self::Memory,
        Self::Descriptors,
        Self::StreamOpen,
        Self::Sequence,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Hang => "hang",
            Self::NoAnswer => "no-answer",
            Self::Twice => "twice",
            Self::Unasked => "unasked",
            Self::NoMessage => "no-message",
            Self::Shape => "shape",
            Self::Output => "output",
            Self::Code => "code",
            Self::Accepted => "accepted",
            Self::ServerError => "server-error",
            Self::Internals => "internals",
            Self::Reflected => "reflected",
            Self::Differs => "differs",
            Self::Drift => "drift",
            Self::Crossed => "crossed",
            Self::Memory => "memory",
            Self::Descriptors => "descriptors",
            Self::StreamOpen => "stream-open",
            Self::Sequence => "sequence",
        }
    }

    /// What it means, as the end of "the server ...".
    pub const fn about(self) -> &'static str {
        match self {
            Self::Exit => "ends",
            Self::Hang => "answers nothing any more",
            Self::NoAnswer => "never answers a request, while it answers others",
            Self::Twice => "answers a request twice",
            Self::Unasked => "answers what nobody asked",
            Self::NoMessage => "writes what is no message",
            Self::Shape => "sends a message that does not have the shape that the revision gives it",
            Self::Output => "gives a structured result that does not fit the output schema of its tool",
            Self::Code => "answers with an error code that means something else",
            Self::Accepted => "accepts what it has to refuse",
            Self::ServerError => "fails with HTTP status 5xx",
            Self::Internals => "tells internals in an answer",
            Self::Reflected => "puts what it was sent into a response header",
            Self::Differs => "answers two spellings of one request differently",
            Self::Drift => "answers the same request differently after others",
            Self::Crossed => "gives to one client what another sent",
            Self::Memory => "takes more memory with every call",
            Self::Descriptors => "leaves descriptors open with every call",
            Self::StreamOpen => "leaves the stream of a request open after its answer",
            Self::Sequence => "does not keep to what it said or was told before",
        }
    }

    /// Whether it is about what the server takes up of its machine.
    pub const fn grows(self) -> bool {
        matches!(self, Self::Memory | Self::Descriptors)
    }

    /// Whether the server may be unusable afterwards.
    pub const fn spoils(self) -> bool {
        matches!(
            self,
            Self::Exit
                | Self::Hang
                | Self::NoAnswer
                | Self::Twice
                | Self::Drift
                | Self::Crossed
                | Self::Unasked
                | Self::Sequence
        )
    }
}

impl fmt::Display for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How the sign of a broken rule begins that is about an answer that never comes.
pub const NO_ANSWER: &str = "no answer after ";

/// Something that looks wrong, before anybody has looked twice.
#[derive(Clone, Debug)]
pub struct Suspicion {
    /// What found it.
    pub oracle: Oracle,
    /// What tells it from others of the oracle: the kind of act, the rule, the code.
    pub sign: String,
    /// What was seen.
    pub seen: String,
    /// The case and act, where that is known.
    pub place: Option<(usize, usize)>,
    /// Cases of earlier rounds that belong to it.
    pub also: Vec<Arc<Case>>,
}

impl Suspicion {
    /// One that concerns the round as a whole.
    pub fn whole(oracle: Oracle, sign: &str, seen: &str) -> Self {
        Self { oracle, sign: sign.to_owned(), seen: seen.to_owned(), place: None, also: Vec::new() }
    }

    /// One about an act.
    pub fn at(oracle: Oracle, place: (usize, usize), sign: String, seen: String) -> Self {
        Self { oracle, sign, seen, place: Some(place), also: Vec::new() }
    }

    /// Whether it is that something never comes, which takes patience to say.
    pub fn waits(&self) -> bool {
        matches!(self.oracle, Oracle::NoAnswer | Oracle::Hang)
            || self.oracle == Oracle::Sequence && self.sign.starts_with(NO_ANSWER)
    }

    /// Whether it is so, when it was shown again in so many tries: on a busy machine an answer may come too late to be seen, so one that never
    /// comes has to be missing each time.
    pub fn holds(&self, shown: usize, tries: usize) -> bool {
        if self.oracle == Oracle::NoAnswer { shown == tries } else { shown > 0 }
    }

    /// Whether both are the same, found twice.
    pub fn is_like(&self, other: &Self) -> bool {
        self.oracle == other.oracle && (self.sign == other.sign || self.sign.is_empty() || other.sign.is_empty())
    }

    /// Oracle and sign in one text.
    pub fn key(&self) -> String {
        format!("{} {}", self.oracle, self.sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_comes_at_times_is_late_and_an_end_at_times_is_an_end() {
        let of = |oracle| Suspicion::whole(oracle, "", "");
        assert_eq!([3, 2, 0].map(|shown| of(Oracle::NoAnswer).holds(shown, 3)), [true, false, false]);
        assert_eq!([3, 1, 0].map(|shown| of(Oracle::Exit).holds(shown, 3)), [true, true, false]);
    }
}
