//! Which events of a transcript a check looked at.

use std::collections::BTreeSet;

use crate::requirement::Role;
use crate::scenario::{ASKED, AUTH, CLIENT, EXCHANGES, REQUESTS};
use crate::transcript::{Event, SentKind, View, What};

/// Most events quoted as evidence of one check.
const MAX_EVIDENCE: usize = 12;
/// Most of them where all that a client did is evidence.
const MAX_OF_CLIENT: usize = 24;

/// The events of the streams that a check reads by these names: request, head, messages, end.
pub(super) fn evidence<'n>(
    names: impl Iterator<Item = &'n str>,
    role: Role,
    view: &View<'_>,
    events: &[Event],
) -> Vec<u64> {
    let names: BTreeSet<&str> = names.collect();
    let mut numbers: BTreeSet<u64> = BTreeSet::new();
    for name in &names {
        let mine = events.iter().filter(|event| {
            let stream = event.stream.as_deref();
            stream == Some(*name) || stream.and_then(|s| s.rsplit_once('_')).is_some_and(|(prefix, _)| prefix == *name)
        });
        numbers.extend(mine.map(|event| event.n));
        if let Some(status) = view.index().streams.get(*name) {
            numbers.extend(status.messages.iter().filter_map(|at| view.index().received.get(*at)).map(|seen| seen.n));
        }
    }
    if role == Role::Client {
        let conversation = names.iter().any(|name| [REQUESTS, EXCHANGES, ASKED, CLIENT].contains(name));
        numbers.extend(of_client(conversation, names.contains(AUTH), events));
    }
    numbers.extend(
        events.iter().filter(|e| matches!(e.what, What::TimedOut { .. } | What::Exited { .. })).map(|event| event.n),
    );
    let most = if role == Role::Client { MAX_OF_CLIENT } else { MAX_EVIDENCE };
    numbers.into_iter().take(most).collect()
}

/// What a client exchanged with the MCP endpoint, with the others, or with both.
fn of_client(conversation: bool, auth: bool, events: &[Event]) -> Vec<u64> {
    let outside: BTreeSet<u32> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Sent { kind: SentKind::Metadata, exchange, .. } => *exchange,
            _ => None,
        })
        .collect();
    let wanted = |exchange: Option<u32>| match exchange.is_some_and(|number| outside.contains(&number)) {
        true => auth,
        false => conversation,
    };
    let mine = events.iter().filter(|event| match &event.what {
        What::Sent { exchange, .. } | What::Received { exchange, .. } => wanted(*exchange),
        What::Head { exchange, .. } | What::Body { exchange, .. } => wanted(Some(*exchange)),
        _ => false,
    });
    mine.map(|event| event.n).collect()
}
