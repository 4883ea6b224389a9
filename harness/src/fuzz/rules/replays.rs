//! What comes on a stream that goes on where another was: nothing but what was for that one, and for its client.

use super::{Acts, Claim, claim};
use crate::fuzz::Act;
use crate::fuzz::case::LAST_EVENT_ID;
use crate::fuzz::finding::CLIENTS;

pub(super) fn claims(acts: &Acts<'_>) -> Vec<Claim> {
    let resumed = acts.acts.iter().enumerate().filter(|(_, act)| act.resumes());
    resumed.flat_map(|(at, act)| of_one(acts, at, act)).collect()
}

/// Of each request before it whose answer is not for this stream.
fn of_one(acts: &Acts<'_>, at: usize, act: &Act) -> Vec<Claim> {
    let of = act.takes.iter().find(|take| take.into == LAST_EVENT_ID).map(|take| take.act);
    let requests =
        acts.acts.iter().enumerate().take(at).filter(|(_, other)| other.method().is_some() && !other.resumes());
    let others = requests.filter(|(other, request)| Some(*other) != of || request.client != act.client);
    let of_request = |(other, request): (usize, &Act)| {
        let (stream, asked) = (acts.stream(at), acts.stream(other));
        let (own, owner) = (CLIENTS.get(act.client)?, CLIENTS.get(request.client)?);
        // Where there is but one session, there is but one client.
        let (name, apart) = if own == owner {
            ("answer on another stream", String::new())
        } else {
            let apart =
                format!("{own}.session != null && {owner}.session != null && {own}.session != {owner}.session && ");
            ("answer to another client", apart)
        };
        Some(claim(
            name,
            &["http.resume-same-stream-only"],
            at,
            format!("{apart}is_number(get({stream}, 'status')) && get({asked}, 'request.id') != null"),
            format!("!get({stream}, 'responses').exists(m, same(get(m, 'id'), {asked}.request.id))"),
        ))
    };
    others.filter_map(of_request).collect()
}
