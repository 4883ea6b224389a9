//! Connecting to a server as a client would, to hear what it says of itself.

use std::time::Duration;

use url::Url;

use super::compare;
use super::found::{Card, Connected};
use crate::drive::{Patience, Spoken, Target, probe};
use crate::plan::{Axis, DIRECT};
use crate::revision::{Era, Revision};
use crate::scenario::Transport;
use crate::transport::{HttpTarget, TlsRoots};

/// What is tried, one after the other: the newest revision of each era.
const TRIED: [Revision; 2] = [Revision::V2026_07_28, Revision::V2025_11_25];

/// What is kept of what a server says of itself.
const SHOWN: [&str; 4] = ["name", "version", "versions", "capabilities"];

/// Connect, and compare with the cards that speak of this end point.
pub(super) async fn to(
    endpoint: &Url,
    headers: &[String],
    tls: &TlsRoots,
    within: Duration,
    cards: &[Card],
) -> Connected {
    let mut last = Connected {
        endpoint: endpoint.to_string(),
        by: "server/discover",
        revision: Revision::V2026_07_28.to_string(),
        server: None,
        problem: None,
        contradictions: Vec::new(),
    };
    let target = match HttpTarget::new(endpoint.as_str(), headers, tls.clone()) {
        Ok(http) => Target { http: vec![http], ..Target::default() },
        Err(error) => return Connected { problem: Some(error.to_string()), ..last },
    };
    for asked in TRIED {
        let axis = Axis { revision: asked, transport: Transport::Http, routing: DIRECT.to_owned() };
        let probed = probe(&axis, &target, Patience::new(within, None), None, None).await;
        let spoken = probed.answered.unwrap_or(asked);
        last.by = if asked.era() == Era::Stateless { "server/discover" } else { "initialize" };
        last.revision = spoken.to_string();
        match probed.spoken {
            Spoken::Yes => {
                last.contradictions = compare::about(cards, endpoint.as_str())
                    .flat_map(|card| compare::contradictions(card, endpoint.as_str(), (asked, spoken), &probed.server))
                    .collect();
                let told = SHOWN.map(|name| (name.to_owned(), probed.server.get(name).cloned().unwrap_or_default()));
                last.server = Some(told.into_iter().collect());
                last.problem = None;
                return last;
            }
            Spoken::Guarded(why) | Spoken::Unreachable(why) => {
                last.problem = Some(why);
                return last;
            }
            Spoken::No(why) | Spoken::Silent(why) => last.problem = Some(why),
        }
    }
    last
}
