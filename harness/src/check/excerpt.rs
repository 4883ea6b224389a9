//! Transcript lines for a person.

use std::collections::BTreeSet;

use crate::transcript::{End, Event, What, end_in_words};

/// Longest line, in characters.
const WIDTH: usize = 320;
/// Most lines.
const LINES: usize = 24;

/// The events with these numbers, one line each, and what was done to the instances and on the way to them meanwhile.
pub fn excerpt(events: &[Event], numbers: &[u64]) -> Vec<String> {
    let mut wanted: Vec<u64> = numbers.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let is_wanted = |event: &Event| wanted.binary_search(&event.n).is_ok();
    let sent = events.iter().filter(|event| is_wanted(event)).filter_map(|event| match &event.what {
        What::Sent { exchange, .. } => *exchange,
        _ => None,
    });
    let exchanges: BTreeSet<u32> = sent.collect();
    let last = wanted.last().copied().unwrap_or_default();
    let is_around = |event: &Event| match &event.what {
        What::Routed { exchange: Some(exchange), .. } => exchanges.contains(exchange),
        What::Operated { .. } => event.n < last,
        _ => false,
    };
    let chosen: Vec<&Event> = events.iter().filter(|event| is_wanted(event) || is_around(event)).collect();
    let mut lines: Vec<String> = chosen.iter().take(LINES).map(|event| line(event)).collect();
    if chosen.len() > LINES {
        lines.push(format!("... and {} more events", chosen.len() - LINES));
    }
    lines
}

fn line(event: &Event) -> String {
    let (arrow, text) = match &event.what {
        What::Sent { http, bytes, chunks, .. } => {
            let head = http.as_ref().map(|http| {
                let own = |name: &str| {
                    let name = name.to_ascii_lowercase();
                    name.starts_with("mcp-")
                        || http.party.is_some() && matches!(name.as_str(), "authorization" | "dpop")
                        || matches!(name.as_str(), "accept" | "content-type" | "origin" | "host" | "last-event-id")
                };
                let headers: Vec<String> =
                    http.headers.iter().filter(|(n, _)| own(n)).map(|(n, v)| format!("{n}: {v}")).collect();
                let party = http.party.as_ref().map_or_else(String::new, |party| format!("to {party}: "));
                format!("{party}{} {} [{}] ", http.verb, http.target, headers.join("; "))
            });
            let pieces = if chunks.is_whole() { String::new() } else { format!("in pieces of {:?} bytes: ", chunks.0) };
            ("→", format!("{}{pieces}{}", head.unwrap_or_default(), bytes.text()))
        }
        What::Head { status, headers, .. } => {
            let shown: Vec<String> = headers.iter().map(|(n, v)| format!("{n}: {v}")).collect();
            ("←", format!("HTTP {status} [{}]", shown.join("; ")))
        }
        What::Received { bytes, .. } => ("←", bytes.text().into_owned()),
        What::Body { bytes, length, .. } => ("←", format!("{length} bytes: {}", bytes.text())),
        What::Sse { id, name, retry, comment, anomaly, data_length, data, .. } => {
            let part = |label: &str, value: Option<String>| value.map(|v| format!("{label}: {v}"));
            let parts = [
                part("id", id.clone()),
                part("event", name.clone()),
                part("retry", retry.map(|r| r.to_string())),
                part("comment", comment.clone()),
                part("irregular", anomaly.clone()),
                part("data", data.clone()),
                Some(format!("{data_length} bytes of data")),
            ];
            ("←", format!("SSE {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", ")))
        }
        What::Ended { end, .. } => (
            "·",
            match end {
                End::Complete => "the response is complete".to_owned(),
                End::CutByUs => "the response was cut by the harness".to_owned(),
                End::Broken { problem } => format!("the response broke: {problem}"),
                End::LimitReached { limit } => format!("the harness stopped reading: {limit}"),
            },
        ),
        What::Stderr { bytes } => ("err", bytes.text().trim_end().to_owned()),
        What::StdinClosed => ("·", "standard input was closed".to_owned()),
        What::Routed { request, instance, passage, .. } => {
            let to = instance.map_or_else(String::new, |instance| format!(" → instance {instance}"));
            ("·", format!("router: {request}{to}: {passage}"))
        }
        What::Operated { instance, act } => ("·", format!("instance {instance}: {}", act.word())),
        What::Signalled { signal } => ("·", format!("signal {signal} was sent")),
        What::Exited { end } => ("·", end_in_words(end)),
        What::Traced { exported, spans } => {
            let named: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
            ("·", format!("{exported} spans were exported so far, of this trace {named:?}"))
        }
        What::TimedOut { waited_for, came, after_ms } => {
            ("·", format!("waited {after_ms} ms for {waited_for} in vain; {came}"))
        }
        What::Note { text } => ("·", text.clone()),
        What::Secret { label, about } => ("·", format!("{label} is {about}")),
        What::Over { problem: None } => ("·", "the case is over".to_owned()),
        What::Over { problem: Some(why) } => ("·", format!("the harness failed: {why}")),
        What::ConnectionFailed { problem, .. } => ("·", problem.clone()),
        What::Opened { target, .. } => ("·", format!("connected to {target}")),
    };
    let stream = event.stream.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    let when = if event.borrowed { "before".to_owned() } else { format!("+{}ms", event.t_us / 1000) };
    let mut line = format!("#{} {when} {arrow}{stream} {text}", event.n);
    if let Some((at, _)) = line.char_indices().nth(WIDTH) {
        line.truncate(at);
        line.push('…');
    }
    line
}
