//! Connections on which cases are played at the same time, and the turns in the order in which they were chosen.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use super::quiet::{Quiet, Wanted, is_reusable};
use crate::fuzz::case::Case;
use crate::fuzz::peer::{Connection, Manner, Peer, Round, Usage};

/// A connection, the server that it leads to, and what that took up when it was first seen.
#[derive(Debug)]
pub(super) struct Lane {
    pub peer: Peer,
    pub connection: Connection,
    pub before: Option<Usage>,
}

impl Lane {
    pub fn new((peer, connection): (Peer, Connection)) -> Self {
        Self { peer, connection, before: None }
    }
}

/// A round that was played; a case that is played alone is a round, too.
#[derive(Debug)]
pub(super) struct Played {
    pub round: Round,
    /// What it was played on; nothing where that was for cases that are played alone.
    pub lane: Option<Lane>,
    pub alone: bool,
}

impl Played {
    /// Whether the server answered to the end of it.
    pub fn is_whole(&self) -> bool {
        self.round.is_whole()
    }
}

/// A turn that came to nothing had no connection to be played on.
type Playing = AbortOnDropHandle<Option<Played>>;

/// How a turn is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Round,
    /// A case that takes the place of a round.
    Alone,
    /// A case beside all rounds.
    Beside,
}

#[derive(Debug)]
enum Turn {
    /// A case that is played alone, when there is a place for it.
    Waiting(Arc<Case>),
    Playing(Kind, Playing),
    /// A round.
    Over(Box<Result<Option<Played>, JoinError>>),
}

impl Turn {
    /// Whether it is one of those of which only so many are under way at a time.
    fn counts(&self) -> bool {
        !matches!(self, Self::Waiting(_) | Self::Playing(Kind::Beside, _))
    }

    fn is_round(&self) -> bool {
        matches!(self, Self::Over(_) | Self::Playing(Kind::Round, _))
    }

    async fn over(self) -> Result<Option<Played>, JoinError> {
        match self {
            Self::Waiting(_) => Ok(None),
            Self::Playing(_, playing) => playing.await,
            Self::Over(over) => *over,
        }
    }
}

/// The connections that nothing is played on, and the turns that have not been looked at.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    free: Vec<Lane>,
    quiet: Arc<Quiet>,
    /// No more connections can be had: cases that are played alone take one of those for rounds.
    pub full: bool,
    turns: VecDeque<Turn>,
}

impl Lanes {
    /// One more, or what was played on; it is used first.
    pub fn give_back(&mut self, lane: Lane) {
        self.free.push(lane);
    }

    /// What is free does not lead to the server any more.
    pub fn drop_free(&mut self) {
        self.free.clear();
        self.drop_quiet();
    }

    /// Something may have left its mark on what cases were played on alone.
    pub fn drop_quiet(&self) {
        self.quiet.clear();
    }

    /// Turns that have not been looked at.
    pub fn left(&self) -> usize {
        self.turns.len()
    }

    /// Those of them that have begun, but for the cases that are played beside all rounds.
    pub fn under_way(&self) -> usize {
        self.turns.iter().filter(|turn| turn.counts()).count()
    }

    /// How many connections there are for rounds, free or not.
    pub fn len(&self) -> usize {
        self.free.len() + self.turns.iter().filter(|turn| turn.is_round()).count()
    }

    /// Whether a round can begin.
    pub fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Begin a round on a free one.
    pub fn begin(&mut self, cases: Vec<Arc<Case>>, manner: Manner) {
        let Some(mut lane) = self.free.pop() else { return };
        self.play(Kind::Round, async move {
            let round = lane.connection.play(cases, manner).await;
            Some(Played { round, lane: Some(lane), alone: false })
        });
    }

    /// Begin a case that is played alone, beside all rounds.
    pub fn begin_beside(&mut self, case: Arc<Case>, manner: Manner, wanted: Wanted) {
        let quiet = self.quiet.clone();
        self.play(Kind::Beside, async move {
            let round = quiet.play(case, manner, wanted).await?;
            Some(Played { round, lane: None, alone: true })
        });
    }

    /// A case is to be played alone, in the place of a round.
    pub fn wait(&mut self, case: Arc<Case>) {
        self.turns.push_back(Turn::Waiting(case));
    }

    /// Begin what waits: the next turn, and others where no more than so many are under way.
    pub fn begin_waiting(&mut self, width: usize, manner: Manner, want: impl Fn(&Case) -> Wanted) {
        for at in 0..self.turns.len() {
            let Some(Turn::Waiting(case)) = self.turns.get(at) else { continue };
            if at > 0 && self.under_way() >= width {
                return;
            }
            let case = case.clone();
            // In rounds nobody can be asked anything.
            let of_rounds = self.full && case.clients() == 1 && case.asked.is_none();
            let lane = if of_rounds { self.free.pop() } else { None };
            let (quiet, wanted) = (self.quiet.clone(), want(&case));
            let playing = tokio::spawn(async move {
                let Some(mut lane) = lane else {
                    let round = quiet.play(case, manner, wanted).await?;
                    return Some(Played { round, lane: None, alone: true });
                };
                let round = lane.connection.play(vec![case], manner).await;
                let lane = is_reusable(&round, &lane.connection).then_some(lane);
                Some(Played { round, lane, alone: true })
            });
            if let Some(turn) = self.turns.get_mut(at) {
                *turn = Turn::Playing(Kind::Alone, AbortOnDropHandle::new(playing));
            }
        }
    }

    fn play(&mut self, kind: Kind, playing: impl Future<Output = Option<Played>> + Send + 'static) {
        self.turns.push_back(Turn::Playing(kind, AbortOnDropHandle::new(tokio::spawn(playing))));
    }

    /// The turn that was chosen first, when it is over. Nothing where none is left.
    ///
    /// # Errors
    /// When the program broke in it.
    pub async fn next(&mut self) -> Option<Result<Option<Played>, JoinError>> {
        Some(self.turns.pop_front()?.over().await)
    }

    /// The rounds under way that the server does not answer to their end, in their order, when nothing is played any more.
    pub async fn broken(&mut self) -> Vec<Played> {
        let mut broken = Vec::new();
        for turn in std::mem::take(&mut self.turns) {
            if !turn.is_round() {
                self.turns.push_back(turn);
                continue;
            }
            match turn.over().await {
                Ok(Some(played)) if !played.is_whole() => broken.push(played),
                over => self.turns.push_back(Turn::Over(Box::new(over))),
            }
        }
        broken
    }
}
