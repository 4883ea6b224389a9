//! Stories of `Last-Event-ID` (Streamable HTTP, 2025-03-26 to 2025-11-25): of an event that the server has sent, and of one that it has not.

use serde_json::{Map, Value, json};

use crate::fuzz::case::{Act, Body, Case, Expect, LAST_EVENT_ID};
use crate::fuzz::peer::{Round, Session};
use crate::fuzz::take::Take;
use crate::revision::{Era, Revision};

/// Ids that no event has: with the name of what is wrong with each.
const NO_EVENT: [(&str, &str); 4] = [
    ("unknown-event-id", "assay-no-such-event"),
    ("unknown-event-id", "0_0"),
    ("malformed-event-id", "%%/../{}"),
    ("empty-event-id", ""),
];

/// What is known of the server's events.
#[derive(Debug)]
pub(super) struct Replays {
    session: Session,
    /// Stories can be told, and none were.
    wanted: bool,
}

impl Replays {
    /// Nothing is known yet.
    pub(super) fn new(session: &Session, http: bool) -> Self {
        let revision = session.revision;
        let wanted = http && revision >= Revision::V2025_03_26 && revision.era() == Era::Handshake;
        Self { session: session.clone(), wanted }
    }

    /// Stories of the first call whose answer came in events with ids.
    pub(super) fn learn(&mut self, round: &Round) -> Vec<Case> {
        let single = |(case, replies): (&std::sync::Arc<Case>, &Vec<crate::fuzz::peer::Reply>)| {
            let ([act], [reply]) = (case.acts.as_slice(), replies.as_slice()) else { return None };
            let is_call = act.method() == Some("tools/call") && reply.asks.is_empty() && act.wrong().is_empty();
            (is_call && reply.result().is_some() && !reply.event_ids.is_empty()).then(|| act.clone())
        };
        let Some(call) = round.cases.iter().zip(&round.replies).find_map(single).filter(|_| self.wanted) else {
            return Vec::new();
        };
        self.wanted = false;
        let call = Act { awaited: true, ..call };
        let of = |act, client| Act {
            takes: vec![Take { into: LAST_EVENT_ID.to_owned(), act, from: "event_ids.0".to_owned() }],
            client,
            ..get()
        };
        let mut all = vec![
            vec![call.clone(), of(0, 0)],
            vec![call.clone(), of(0, 1)],
            vec![call.clone(), call.clone(), of(0, 0)],
            vec![call.clone(), Act { client: 1, ..call.clone() }, of(1, 0), of(0, 1)],
        ];
        let forged = |(mutation, id): (&str, &str)| {
            let mut act = Act { mutation: format!("{mutation} at {LAST_EVENT_ID}"), ..get() };
            act.headers.insert(LAST_EVENT_ID.to_owned(), json!(id));
            vec![call.clone(), act]
        };
        all.extend(NO_EVENT.map(forged));
        let ping = Act { awaited: true, ..Act::plain(self.session.probe()) };
        let case =
            |acts: Vec<Act>| Case { acts: acts.into_iter().chain([ping.clone()]).collect(), alone: true, asked: None };
        all.into_iter().map(case).collect()
    }
}

/// A stream is asked for.
fn get() -> Act {
    Act {
        subject: "GET".to_owned(),
        body: Body::Bytes(Vec::new()),
        expect: Expect::Anything,
        verb: Some("GET".to_owned()),
        headers: Map::from_iter([("Accept".to_owned(), json!("text/event-stream"))]),
        ..Act::plain(Value::Null)
    }
}
