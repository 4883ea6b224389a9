//! Connections on which cases are played at the same time, and the turns in the order in which they were chosen.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use crate::fuzz::case::Case;
use crate::fuzz::peer::{Connection, Manner, Round, Usage};

/// Cases that are played alone at a time, each on a process of its own.
const ALONE: usize = 2;

/// A connection, and what its server took up when that was first seen.
#[derive(Debug)]
pub(super) struct Lane {
    pub connection: Connection,
    pub before: Option<Usage>,
}

impl Lane {
    fn new(connection: Connection) -> Self {
        Self { connection, before: None }
    }
}

/// A round that was played; a case that is played alone is a round, too.
#[derive(Debug)]
pub(super) struct Played {
    pub round: Round,
    pub lane: Lane,
    pub alone: bool,
}

impl Played {
    /// Whether the server answered to the end of it.
    pub fn is_whole(&self) -> bool {
        self.round.ended.is_none() && self.round.alive
    }
}

/// A turn that came to nothing had no connection to be played on.
type Playing = AbortOnDropHandle<Option<Played>>;

#[derive(Debug)]
enum Turn {
    /// A case that is played alone, when it is its turn.
    Waiting(Arc<Case>),
    Playing {
        alone: bool,
        playing: Playing,
    },
    Over(Box<Result<Option<Played>, JoinError>>),
}

impl Turn {
    fn has_begun(&self) -> bool {
        !matches!(self, Self::Waiting(_))
    }

    fn is_alone(&self) -> bool {
        match self {
            Self::Waiting(_) => true,
            Self::Playing { alone, .. } => *alone,
            Self::Over(over) => matches!(over.as_ref(), Ok(None) | Ok(Some(Played { alone: true, .. }))),
        }
    }

    async fn over(self) -> Result<Option<Played>, JoinError> {
        match self {
            Self::Waiting(_) => Ok(None),
            Self::Playing { playing, .. } => playing.await,
            Self::Over(over) => *over,
        }
    }
}

/// The connections that nothing is played on, and the turns that have not been looked at.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    free: Vec<Lane>,
    /// Those of cases that are played alone.
    quiet: Vec<Connection>,
    /// No more connections can be had: cases that are played alone take one of those for rounds.
    pub full: bool,
    turns: VecDeque<Turn>,
}

impl Lanes {
    /// One more; it is used first.
    pub fn add(&mut self, connection: Connection) {
        self.give_back(Lane::new(connection));
    }

    /// What was played on is free again, and used first.
    pub fn give_back(&mut self, lane: Lane) {
        self.free.push(lane);
    }

    /// The same for cases that are played alone.
    pub fn give_back_quiet(&mut self, connection: Connection) {
        match (self.full, connection.is_able()) {
            (false, _) => self.quiet.push(connection),
            (true, false) => self.add(connection),
            // In rounds nobody can be asked anything.
            (true, true) => {}
        }
    }

    /// One for a case that is played alone, if there is one already: of clients that can be asked things, or not.
    fn quiet(&mut self, able: bool) -> Option<Connection> {
        let of_rounds = if self.full && !able { self.free.pop() } else { None };
        let at = self.quiet.iter().rposition(|connection| connection.is_able() == able);
        of_rounds.map(|lane| lane.connection).or_else(|| Some(self.quiet.remove(at?)))
    }

    /// What is free does not lead to the server any more.
    pub fn drop_free(&mut self) {
        self.free.clear();
        self.quiet.clear();
    }

    /// Turns that have not been looked at.
    pub fn left(&self) -> usize {
        self.turns.len()
    }

    /// Those of them that have begun.
    pub fn under_way(&self) -> usize {
        self.turns.iter().filter(|turn| turn.has_begun()).count()
    }

    /// How many there are for rounds, free or not.
    pub fn len(&self) -> usize {
        self.free.len() + self.turns.iter().filter(|turn| !turn.is_alone()).count()
    }

    /// Whether a round can begin.
    pub fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Begin a round on a free one.
    pub fn begin(&mut self, cases: Vec<Arc<Case>>, manner: Manner) {
        let Some(mut lane) = self.free.pop() else { return };
        let playing = tokio::spawn(async move {
            let round = lane.connection.play(cases, manner).await;
            Some(Played { round, lane, alone: false })
        });
        self.turns.push_back(Turn::Playing { alone: false, playing: AbortOnDropHandle::new(playing) });
    }

    /// A case is to be played alone.
    pub fn wait(&mut self, case: Arc<Case>) {
        self.turns.push_back(Turn::Waiting(case));
    }

    /// Begin what waits: the next turn, and others where no more than so many are under way.
    pub fn begin_waiting<F>(&mut self, width: usize, manner: Manner, connect: impl Fn(&Case) -> F)
    where
        F: Future<Output = Option<Connection>> + Send + 'static,
    {
        let mut under_way = self.under_way();
        let mut alone = 0;
        for at in 0..self.turns.len() {
            if let Some(Turn::Waiting(case)) = self.turns.get(at) {
                if at > 0 && (under_way >= width || alone >= ALONE) {
                    return;
                }
                under_way += 1;
                let (case, connecting) = (case.clone(), connect(case));
                let quiet = if case.clients() == 1 { self.quiet(case.asked.is_some()) } else { None };
                let playing = tokio::spawn(async move {
                    let mut connection = match quiet {
                        Some(connection) => connection,
                        None => connecting.await?,
                    };
                    let round = connection.play(vec![case], manner).await;
                    Some(Played { round, lane: Lane::new(connection), alone: true })
                });
                let playing = AbortOnDropHandle::new(playing);
                if let Some(turn) = self.turns.get_mut(at) {
                    *turn = Turn::Playing { alone: true, playing };
                }
            }
            alone += usize::from(self.turns.get(at).is_some_and(Turn::is_alone));
        }
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
            if turn.is_alone() {
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
