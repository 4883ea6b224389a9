//! The names that the checks of a scenario can use, and what they stand for in a transcript.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::action::Action;
use crate::requirement::Role;
use crate::scenario::{
    ASKED, AUTH, AUTHORIZATION_NAMES, CLIENT, CLIENT_NAMES, EXCHANGES, PROCESS, PROCESSES, REQUESTS, SECRETS, Scenario,
    URLS,
};
use crate::transcript::{Header, View};

/// Variables that every case has.
pub(super) const FACTS: [&str; 4] = ["revision", "transport", "server", "needs"];

/// Names that the expressions of a scenario can use.
pub(super) fn declared(scenario: &Scenario) -> Vec<String> {
    let mut names: Vec<String> = FACTS.map(str::to_owned).to_vec();
    if scenario.applies.role == Role::Client {
        names.extend(CLIENT_NAMES.map(str::to_owned));
        return names;
    }
    if scenario.applies.role == Role::AuthorizationServer {
        names.extend(AUTHORIZATION_NAMES.map(str::to_owned));
    }
    let actors = scenario.actors.keys().cloned().chain([crate::action::DEFAULT_ACTOR.to_owned()]);
    for actor in actors {
        names.push(format!("{actor}_open"));
        names.push(format!("{actor}_initialized"));
        names.push(format!("{actor}_events"));
        names.push(actor);
    }
    for step in &scenario.steps {
        names.extend(opened_by(&step.value).into_iter().map(str::to_owned));
    }
    names
}

/// The streams that a step opens; of a `follow` or `poll` step, the list.
fn opened_by(action: &Action) -> Vec<&str> {
    if let Some(send) = action.sends() {
        return send.stream.as_deref().into_iter().collect();
    }
    let one = match action {
        Action::Metadata(metadata) => Some(metadata.stream.as_str()),
        Action::Discover(ask)
        | Action::Register(ask)
        | Action::Publish(ask)
        | Action::Authorize(ask)
        | Action::Redeem(ask)
        | Action::Fetch(ask) => Some(ask.stream.as_str()),
        Action::Retry(retry) => Some(retry.stream.as_str()),
        Action::Follow(follow) => Some(follow.stream.as_str()),
        Action::Receive(receive) => Some(receive.stream.as_str()),
        Action::Poll(poll) => Some(poll.stream.as_str()),
        Action::Batch(batch) => {
            let parts = batch.messages.iter().flat_map(opened_by);
            return std::iter::once(batch.stream.as_str()).chain(parts).collect();
        }
        _ => None,
    };
    one.into_iter().collect()
}

/// The streams, page lists and actors that checks use, as far as they came about.
pub(super) fn roots(header: &Header, view: &View<'_>, used: &BTreeSet<&str>) -> Vec<(String, Value)> {
    let mut roots = Vec::new();
    for name in used {
        if let Some(fact) = header.facts.get(name) {
            roots.push(((*name).to_owned(), fact.clone()));
            continue;
        }
        if header.role == Role::Client && *name == ASKED {
            // Of a client that never connected nothing can be said; one that was asked nothing is another matter.
            roots.extend((!view.requests().is_empty()).then(|| ((*name).to_owned(), json!(view.asked()))));
            continue;
        }
        let of_client = match *name {
            _ if header.role == Role::Server => None,
            REQUESTS => Some(view.requests()),
            EXCHANGES => Some(view.exchanges()),
            AUTH => Some(view.auth()),
            PROCESSES => Some(view.actors_called(PROCESS)),
            _ => None,
        };
        let of_parties = match *name {
            _ if header.role == Role::Server => None,
            SECRETS => Some(view.secrets()),
            URLS => Some(view.urls()),
            _ => None,
        };
        if let Some(of_parties) = of_parties {
            roots.push(((*name).to_owned(), of_parties));
            continue;
        }
        // That a client went nowhere else says something only of one that came at all.
        let came = *name == AUTH && !view.exchanges().is_empty();
        if let Some(all) = of_client.filter(|all| came || !all.is_empty()) {
            roots.push(((*name).to_owned(), json!(all)));
            continue;
        }
        let actor = view.index().actors.contains_key(*name).then(|| match *name {
            CLIENT if header.role == Role::Client => view.actor_with(CLIENT, PROCESS),
            _ => view.actor(name),
        });
        let pages = || Some(view.pages(name)).filter(|pages| !pages.is_empty()).map(|pages| json!(pages));
        if let Some(value) = view.stream(name).or(actor).or_else(pages) {
            roots.push(((*name).to_owned(), value));
        }
    }
    roots
}
