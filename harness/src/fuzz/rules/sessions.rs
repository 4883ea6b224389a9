//! Sessions and subscriptions that have ended.

use serde_json::{Value, json};

use super::{Acts, Claim, claim};
use crate::fuzz::case::Body;
use crate::fuzz::finding::CLIENTS;

pub(super) fn claims(acts: &Acts<'_>) -> Vec<Claim> {
    let mut all = deleted(acts);
    all.extend(elsewhere(acts));
    all.extend(unsubscribed(acts));
    all
}

/// What is sent in a session after its client has ended it.
fn deleted(acts: &Acts<'_>) -> Vec<Claim> {
    let mut all = Vec::new();
    for (end, act) in acts.acts.iter().enumerate().filter(|(_, act)| act.verb.as_deref() == Some("DELETE")) {
        let Some(actor) = CLIENTS.get(act.client) else { continue };
        let after = acts.acts.iter().enumerate().skip(end + 1);
        for (at, _) in after.filter(|(_, other)| other.client == act.client && other.verb.is_none()) {
            let (ended, later) = (acts.stream(end), acts.stream(at));
            all.push(claim(
                "deleted session",
                &["http.session-terminated-404"],
                at,
                format!(
                    "get({actor}, 'session') != null && is_number(get({ended}, 'status')) && {ended}.status < 300 \
                     && is_number(get({later}, 'status'))"
                ),
                format!("{later}.status == 404"),
            ));
        }
    }
    all
}

/// A session is one at every instance: the first act of a client that goes to another than its own.
fn elsewhere(acts: &Acts<'_>) -> Vec<Claim> {
    let mut all = Vec::new();
    for (client, actor) in CLIENTS.iter().enumerate() {
        let ended = |act: &crate::fuzz::Act| {
            act.operation.is_some() || act.client == client && act.verb.as_deref() == Some("DELETE")
        };
        let before_end = acts.acts.iter().enumerate().take_while(|(_, act)| !ended(act));
        let away = |act: &crate::fuzz::Act| act.instance.is_some_and(|instance| instance != client);
        let mut own = before_end.filter(|(_, act)| act.client == client && act.method().is_some());
        let Some((at, _)) = own.find(|(_, act)| away(act)) else { continue };
        let stream = acts.stream(at);
        all.push(claim(
            "session at another instance",
            &["continuity.session-usable-everywhere"],
            at,
            format!("get({actor}, 'session') != null && is_number(get({stream}, 'status'))"),
            format!("!({stream}.status in [400, 404])"),
        ));
    }
    all
}

/// News of a resource after a client has unsubscribed from it.
fn unsubscribed(acts: &Acts<'_>) -> Vec<Claim> {
    let uri = |act: &crate::fuzz::Act| match &act.body {
        Body::Message { value, .. } => value.pointer("/params/uri").cloned(),
        Body::Bytes(_) => None,
    };
    let mut all = Vec::new();
    for (end, act) in acts.of(&["resources/unsubscribe"]) {
        let (Some(about), Some(actor)) = (uri(act), CLIENTS.get(act.client)) else { continue };
        let same = |other: &crate::fuzz::Act| other.client == act.client && uri(other).as_ref() == Some(&about);
        let again = acts.of(&["resources/subscribe"]).any(|(at, other)| at > end && same(other));
        let later = acts.acts.iter().enumerate().skip(end + 1).find(|(_, other)| other.client == act.client);
        let (Some((later, _)), false) = (later, again) else { continue };
        let (ended, later_stream) = (acts.stream(end), acts.stream(later));
        let news =
            format!("m.method == 'notifications/resources/updated' && same(get(m, 'params.uri'), {})", quoted(&about));
        all.push(claim(
            "unsubscribed",
            &["resources.unsubscribe-ends-updates"],
            acts.acts.len().saturating_sub(1),
            format!("get({ended}, 'result') != null && is_number(get({later_stream}, 'request.n'))"),
            format!("!{actor}.messages.exists(m, {news} && m.n > {later_stream}.request.n)"),
        ));
    }
    all
}

/// A text as an expression has it.
fn quoted(value: &Value) -> String {
    json!(value).to_string()
}
