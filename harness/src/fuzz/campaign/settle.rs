//! What is asked first: whether everything that is safe to ask is answered, and whether always the same.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::fuzz::case::Case;
use crate::fuzz::oracle::canonical;
use crate::fuzz::patience::Patience;
use crate::fuzz::peer::{Connection, Manner, Peer, Reply, Round, Usage, usage};
use crate::fuzz::source::Base;

/// How often each request is sent at first, to see whether its answers are the same.
const SAME: usize = 3;
/// Longest time of an answer to what is sent all the time.
const QUICK: Duration = Duration::from_millis(150);
/// How long a first answer may take.
const WAIT: Duration = Duration::from_secs(1);

/// What was learnt of a server by asking.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Requests that are answered quickly: from these everything else is made.
    pub bases: Vec<Base>,
    /// What takes long, or is not answered: it says nothing when it is broken.
    pub slow: Vec<String>,
    /// What ended the server.
    pub ended: Vec<Round>,
    /// How long quick answers took.
    times: Vec<Duration>,
    /// Requests during which the server took up more, and how much for each.
    pub took: Vec<(Arc<Case>, Usage)>,
}

impl Settled {
    /// How long to wait for what may never come, on connections like this.
    pub(super) fn patience(&self, connection: &Connection) -> Patience {
        Patience::of(self.times.clone(), u32::try_from(connection.window()).unwrap_or(u32::MAX))
    }
}

/// Ask everything a few times in a row: what is answered the same each time is known from then on. What ends the server, or is
/// not answered in time, is left out.
pub(super) async fn settle(peer: &Peer, connection: &mut Connection, bases: Vec<Base>) -> Settled {
    let mut settled = Settled::default();
    for mut base in bases {
        if settled.slow.contains(&base.act.subject) {
            continue;
        }
        let before = taken(peer, connection).await;
        match ask(connection, &mut base, &mut settled).await {
            Asked::Ended(round) => {
                settled.ended.push(round);
                let mut again = peer.connect(Some(connection.offer.clone())).await;
                if again.is_err() && peer.renew().await {
                    again = peer.connect(Some(connection.offer.clone())).await;
                }
                match again {
                    Ok(again) => *connection = again,
                    Err(_) => return settled,
                }
            }
            Asked::Slow => settled.slow.push(base.act.subject.clone()),
            Asked::Quick(times) => {
                if let (Some(before), Some(after)) = (before, taken(peer, connection).await) {
                    let each = after.more_than(before).for_each_of(times);
                    settled.took.push((alone(&base), each));
                }
                settled.bases.push(base);
            }
        }
    }
    settled
}

enum Asked {
    /// It ended the server.
    Ended(Round),
    /// It is not answered, or not quickly.
    Slow,
    /// It is answered, so many times.
    Quick(u64),
}

async fn ask(connection: &mut Connection, base: &mut Base, settled: &mut Settled) -> Asked {
    // What is kept on the server by it is a matter of sequences.
    let times = if base.act.subject == "resources/subscribe" { 1 } else { SAME };
    let mut answers = Vec::new();
    let mut quick = None;
    for _ in 0..times {
        let begun = Instant::now();
        let manner = Manner { silence: WAIT, linger: Duration::ZERO, side_by_side: 1 };
        let round = connection.play(vec![alone(base)], manner).await;
        if round.ended.is_some() || !round.alive {
            return Asked::Ended(round);
        }
        let reply = round.replies.first().and_then(|replies| replies.first());
        if reply.is_none_or(|reply| reply.answer().is_none()) {
            return Asked::Slow;
        }
        // A machine that is busy is slow at times; a tool that takes its time is slow each time.
        let took = begun.elapsed();
        quick = Some(quick.map_or(took, |least: Duration| least.min(took)));
        base.code = base.code.or(reply.and_then(Reply::code));
        // What a tool says that failed is for it to word.
        let result = reply.and_then(Reply::result).map(canonical);
        answers.push(result.filter(|result| result.get("isError") != Some(&serde_json::Value::Bool(true))));
    }
    let Some(quick) = quick.filter(|took| *took < QUICK) else { return Asked::Slow };
    settled.times.push(quick);
    let first = answers.first().cloned().flatten();
    base.stable = first.filter(|first| times == SAME && answers.iter().all(|one| one.as_ref() == Some(first)));
    Asked::Quick(u64::try_from(times).unwrap_or(1))
}

fn alone(base: &Base) -> Arc<Case> {
    Arc::new(Case { acts: vec![base.act.clone()], ..Case::default() })
}

async fn taken(peer: &Peer, connection: &Connection) -> Option<Usage> {
    let group = match connection.group() {
        Some(group) => group,
        None => peer.group().await?,
    };
    usage(group)
}
