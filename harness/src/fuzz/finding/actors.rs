//! The clients of a finding and the instances that they go to, as the actors of its scenario.

use std::collections::BTreeSet;

use serde_json::json;

use super::Finding;
use crate::action;
use crate::fuzz::case::Act;
use crate::fuzz::peer::{answers, capabilities};
use crate::revision::Era;
use crate::scenario::Transport;

/// Actors: the clients of a case, each at its own instance.
pub const CLIENTS: [&str; 4] = ["main", "second", "third", "fourth"];

/// Whoever makes an act: the client, or at another instance than its own one that has its session.
pub(super) fn name(act: &Act) -> String {
    let client = CLIENTS.get(act.client).copied().unwrap_or("main");
    match act.instance {
        Some(instance) if instance != act.client => format!("{client}_at_{}", instance + 1),
        _ => client.to_owned(),
    }
}

/// The part of the scenario that says where it applies, and who there is.
pub(super) fn lines(finding: &Finding) -> Vec<String> {
    let acts: Vec<&Act> = finding.cases.iter().flat_map(|case| &case.acts).collect();
    let several = acts.iter().any(|act| act.instance.is_some());
    let operates = acts.iter().any(|act| act.operation.is_some());
    let away = acts.iter().any(|act| act.instance.is_some_and(|instance| instance != act.client));
    let span = finding.revision.as_str();
    let profile = if away || operates { ", profile: scale-out" } else { "" };
    let transport = finding.transport.as_str();
    let mut lines = vec![format!("applies: {{ since: {span}, until: {span}, transport: {transport}{profile} }}")];
    let mut needs = Vec::new();
    if several {
        needs.push(format!("instances: {}", finding.instances()));
    }
    if operates {
        needs.push("control: true".to_owned());
        lines.push("alone: true".to_owned());
    }
    if acts.iter().any(|act| act.stranger) {
        needs.push("tokens: [valid, other_user]".to_owned());
    }
    if !needs.is_empty() {
        lines.push(format!("needs: {{ {} }}", needs.join(", ")));
    }
    lines.push("deadline: 30s".to_owned());
    lines.push("actors:".to_owned());
    let able = able(finding);
    let stranger = |client: usize| acts.iter().any(|act| act.client == client && act.stranger);
    let told = |client: usize, instance: usize, join: Option<&str>| {
        let place = if several { format!(", instance: {}", instance + 1) } else { String::new() };
        let token = if stranger(client) { ", token: other_user" } else { "" };
        // Without a session there is none to join.
        let join = join.filter(|_| finding.revision.era() == Era::Handshake);
        let join = join.map(|name| format!(", join: {name}")).unwrap_or_default();
        format!("{{ fresh: true, {able}{place}{token}{join} }}")
    };
    for (client, known) in CLIENTS.iter().enumerate().take(finding.clients()) {
        lines.push(format!("  {known}: {}", told(client, client, None)));
        let away = acts.iter().filter(|act| act.client == client && act.operation.is_none());
        let away = away.filter_map(|act| act.instance).filter(|instance| *instance != client);
        for instance in away.collect::<BTreeSet<_>>() {
            lines.push(format!("  {known}_at_{}: {}", instance + 1, told(client, instance, Some(known))));
        }
    }
    lines
}

/// What the clients declare, and what they answer by themselves where they can be asked anything.
fn able(finding: &Finding) -> String {
    match finding.cases.iter().find_map(|case| case.asked.as_ref()) {
        Some(left) => {
            let (capabilities, answers) = (capabilities(finding.revision), json!(answers(left)));
            format!("capabilities: {capabilities}, answers: {answers}")
        }
        None => "capabilities: {}".to_owned(),
    }
}

/// The steps that open the event streams of several clients, which are there before anything is sent, over HTTP+SSE.
pub(super) fn opened(finding: &Finding) -> Vec<String> {
    let clients = finding.clients();
    let opened = CLIENTS.iter().take(if finding.transport == Transport::Sse && clients > 1 { clients } else { 0 });
    opened.map(|name| format!("  - open: {{ by: {name} }}")).collect()
}

/// The steps that end an instance and start it again.
pub(super) fn operation(act: &Act, operation: action::Act) -> Vec<String> {
    let number = act.instance.unwrap_or(act.client) + 1;
    let step = |word: &str| format!("  - {}", json!({ "instance": { "number": number, "act": word } }));
    let again = (operation != action::Act::Restart).then(|| step(action::Act::Restart.word()));
    std::iter::once(step(operation.word())).chain(again).collect()
}
