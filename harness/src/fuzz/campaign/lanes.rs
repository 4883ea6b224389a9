//! Connections on which rounds are played at the same time, and the rounds in the order in which they were chosen.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use crate::fuzz::case::Case;
use crate::fuzz::peer::{Connection, Manner, Round, Usage};

/// A connection, and what its server took up when that was first seen.
#[derive(Debug)]
pub(super) struct Lane {
    pub connection: Connection,
    pub before: Option<Usage>,
}

/// A round that was played, and what else was chosen with it.
#[derive(Debug)]
pub(super) struct Played {
    pub round: Round,
    pub lane: Lane,
    /// Cases that are played on a connection of their own.
    pub alone: Vec<Arc<Case>>,
}

impl Played {
    /// Whether the server answered to the end of it.
    pub fn is_whole(&self) -> bool {
        self.round.ended.is_none() && self.round.alive
    }
}

#[derive(Debug)]
enum Turn {
    Playing(Vec<Arc<Case>>, AbortOnDropHandle<(Round, Lane)>),
    Over(Box<Result<Played, JoinError>>),
}

/// The connections that nothing is played on, and the rounds that have not been looked at.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    free: Vec<Lane>,
    turns: VecDeque<Turn>,
}

impl Lanes {
    /// One more; it is used first.
    pub fn add(&mut self, connection: Connection) {
        self.give_back(Lane { connection, before: None });
    }

    /// What was played on is free again, and used first.
    pub fn give_back(&mut self, lane: Lane) {
        self.free.push(lane);
    }

    /// What is free does not lead to the server any more.
    pub fn drop_free(&mut self) {
        self.free.clear();
    }

    /// Rounds that have begun and not been looked at.
    pub fn under_way(&self) -> usize {
        self.turns.len()
    }

    /// How many there are, free or not.
    pub fn len(&self) -> usize {
        self.free.len() + self.turns.len()
    }

    /// Whether a round can begin.
    pub fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Begin a round on a free one.
    pub fn begin(&mut self, cases: Vec<Arc<Case>>, alone: Vec<Arc<Case>>, manner: Manner) {
        let Some(mut lane) = self.free.pop() else { return };
        let playing = tokio::spawn(async move {
            let round = lane.connection.play(cases, manner).await;
            (round, lane)
        });
        self.turns.push_back(Turn::Playing(alone, AbortOnDropHandle::new(playing)));
    }

    /// The round that began first, when it is over. Nothing where none has begun.
    ///
    /// # Errors
    /// When the program broke in it.
    pub async fn next(&mut self) -> Option<Result<Played, JoinError>> {
        Some(match self.turns.pop_front()? {
            Turn::Playing(alone, playing) => over(alone, playing).await,
            Turn::Over(played) => *played,
        })
    }

    async fn settle(&mut self) {
        for turn in std::mem::take(&mut self.turns) {
            self.turns.push_back(Turn::Over(match turn {
                Turn::Playing(alone, playing) => Box::new(over(alone, playing).await),
                Turn::Over(played) => played,
            }));
        }
    }

    /// The rounds under way that the server does not answer to their end, in their order, when nothing is played any more.
    pub async fn broken(&mut self) -> Vec<Played> {
        self.settle().await;
        let mut broken = Vec::new();
        for turn in std::mem::take(&mut self.turns) {
            match turn {
                Turn::Over(over) if over.as_ref().as_ref().is_ok_and(|played| !played.is_whole()) => {
                    broken.extend(*over);
                }
                other => self.turns.push_back(other),
            }
        }
        broken
    }
}

async fn over(alone: Vec<Arc<Case>>, playing: AbortOnDropHandle<(Round, Lane)>) -> Result<Played, JoinError> {
    playing.await.map(|(round, lane)| Played { round, lane, alone })
}
