//! What is asked first: whether everything that is safe to ask is answered, and whether always the same.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::fuzz::case::Case;
use crate::fuzz::oracle::canonical;
use crate::fuzz::peer::{Connection, Manner, Peer, Reply, Round};
use crate::fuzz::source::Base;

/// How often each request is sent at first, to see whether its answers are the same.
const SAME: usize = 3;
/// Longest time of an answer to what is sent all the time.
const QUICK: Duration = Duration::from_millis(150);
/// How long a first answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Ask everything a few times in a row: what is answered the same each time is known from then on. What ends the server, or is
/// not answered in time, is left out: whatever takes long says nothing when it is broken. Given back is what ended it.
pub(super) async fn settle(
    peer: &Peer,
    connection: &mut Connection,
    bases: &mut Vec<Base>,
    slow: &mut Vec<String>,
) -> Vec<Round> {
    let mut ended = Vec::new();
    let mut kept = Vec::new();
    for mut base in std::mem::take(bases) {
        if slow.contains(&base.act.subject) {
            continue;
        }
        let case = Arc::new(Case { acts: vec![base.act.clone()], alone: false });
        // What is kept on the server by it is a matter of sequences.
        let times = if base.act.subject == "resources/subscribe" { 1 } else { SAME };
        let mut answers = Vec::new();
        let (mut quick, mut gone) = (false, false);
        for _ in 0..times {
            let begun = Instant::now();
            let manner = Manner { silence: PATIENCE, linger: Duration::ZERO, side_by_side: 1 };
            let round = connection.play(vec![case.clone()], manner).await;
            if round.ended.is_some() || !round.alive {
                ended.push(round);
                let mut again = peer.connect(Some(connection.offer.clone())).await;
                if again.is_err() && peer.renew().await {
                    again = peer.connect(Some(connection.offer.clone())).await;
                }
                match again {
                    Ok(again) => *connection = again,
                    Err(_) => return ended,
                }
                gone = true;
                break;
            }
            let reply = round.replies.first().and_then(|replies| replies.first());
            let answered = reply.is_some_and(|reply| reply.answer().is_some());
            if !answered {
                quick = false;
                break;
            }
            // A machine that is busy is slow at times; a tool that takes its time is slow each time.
            quick |= begun.elapsed() < QUICK;
            base.code = base.code.or(reply.and_then(Reply::code));
            // What a tool says that failed is for it to word.
            let result = reply.and_then(Reply::result).map(canonical);
            answers.push(result.filter(|result| result.get("isError") != Some(&serde_json::Value::Bool(true))));
        }
        if gone {
            continue;
        }
        if !quick {
            slow.push(base.act.subject.clone());
            continue;
        }
        let first = answers.first().cloned().flatten();
        base.stable = first.filter(|first| times == SAME && answers.iter().all(|one| one.as_ref() == Some(first)));
        kept.push(base);
    }
    *bases = kept;
    ended
}
