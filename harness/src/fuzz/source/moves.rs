//! What can be done in a story, and how.

use super::inputs::How;
use crate::action::Act as Operation;

/// What can be done. Tasks, pages and resources are meant by number, in the order in which they came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// A tool is called as a task.
    Begin(usize),
    /// What has become of a task.
    Get(usize),
    /// The same, after a while.
    Later(usize),
    /// What a task came to, when it has.
    Result(usize),
    /// A task is cancelled.
    Cancel(usize),
    /// A task is answered what it asked.
    Update(usize, How),
    /// A call is made again with answers to what it was asked.
    Answer(usize, How),
    /// A tool is called by a client that can be asked nothing.
    Bare(usize),
    /// The other client asks something about a task that is the first one's.
    Other(usize, &'static str),
    /// A task that there is not.
    Forged(&'static str),
    /// All tasks.
    Tasks,
    /// The first page of a list.
    List(usize),
    /// The page behind one that was listed.
    Page(usize),
    /// Changes of a resource are wanted.
    Subscribe(usize),
    /// They are wanted no more.
    Unsubscribe(usize),
    /// A resource is read.
    Read(usize),
    /// A stream that stays open.
    Listen,
    /// Another client asks something.
    Second,
    /// The other client ends its session.
    End,
    /// An instance is ended and started again.
    Operate(Operation),
}

impl Move {
    /// Whether it is one about a task, which may be made while others are.
    pub(super) fn is_about_a_task(self) -> bool {
        matches!(self, Self::Get(_) | Self::Result(_) | Self::Cancel(_) | Self::Update(..) | Self::Other(..))
    }

    /// It, at this instance.
    pub(super) fn at(self, instance: usize) -> Step {
        Step { what: self, client: 0, instance, number: 0, at_once: false }
    }
}

/// A move, and how it is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) what: Move,
    /// Which client begins a task.
    pub(super) client: usize,
    /// The instance, where any can be chosen.
    pub(super) instance: usize,
    /// A number of chance.
    pub(super) number: u64,
    /// The next one is made at the same time.
    pub(super) at_once: bool,
}

impl Step {
    /// It, at the same time as the next.
    pub(super) fn at_once(self) -> Self {
        Self { at_once: true, ..self }
    }
}
