//! A finding in words.

use super::Finding;
use crate::fuzz::case::Act;
use crate::fuzz::oracle::Oracle;

/// How much of a message is shown, in characters.
const SHOWN: usize = 400;
/// Lines of what a target said last.
const LAST_LINES: usize = 6;
/// Other kinds that are told with a finding.
const MAX_ALSO: usize = 20;

/// A paragraph for an issue: what happens, what has to be sent, what was seen.
pub fn paragraph(finding: &Finding) -> String {
    let mut text = format!(
        "{} {} ({}, {}).\n\nSent, in this order:\n\n",
        if finding.server.is_empty() { "The server" } else { &finding.server },
        finding.oracle.about(),
        finding.revision,
        finding.transport.as_str(),
    );
    let mut number = 1;
    for case in &finding.cases {
        let mut ids = Vec::new();
        for act in &case.acts {
            text.push_str(&format!("    {}\n", shown(act, number, &ids)));
            if let Some(id) = act.id(number, &ids) {
                ids.push(id);
                number += 1;
            }
        }
    }
    text.push_str(&format!("\nSeen: {}\n", one_line(&finding.seen)));
    if matches!(finding.oracle, Oracle::Exit | Oracle::Hang) {
        text.push_str(&last_words("The last that it said on its standard error stream", &finding.words));
    }
    text.push_str(&others(&finding.also));
    let (shown, tries) = finding.shown;
    let stable = if finding.is_stable() { "" } else { ": it is flaky" };
    text.push_str(&format!("\nShown again in {shown} of {tries} tries{stable}.\n"));
    text
}

/// What an act puts onto the wire, with this number where an id is counted, after acts with these ids.
fn shown(act: &Act, number: u64, ids: &[String]) -> String {
    let instance = act.instance.map(|instance| instance + 1);
    if let Some(operation) = act.operation {
        return format!("(instance {}: {})", instance.unwrap_or(1), operation.word());
    }
    let mut short = short(&String::from_utf8_lossy(&act.bytes(number, ids)));
    if let Some(verb) = &act.verb {
        short = format!("{verb} {short}").trim_end().to_owned();
    }
    for take in &act.takes {
        let of = if take.is_question() { "what the server asks during" } else { "the answer to" };
        short.push_str(&format!("   ({}: {} of {of} number {})", take.into, take.from, take.act + 1));
    }
    if let Some(instance) = instance {
        short.push_str(&format!("   (to instance {instance})"));
    }
    if act.client > 0 {
        short.push_str(&format!("   (by client {})", act.client + 1));
    }
    if act.stranger {
        short.push_str("   (as another user)");
    }
    if !act.mutation.is_empty() {
        short.push_str(&format!("   ({})", act.mutation));
    }
    short
}

/// What a target said last, as a paragraph that begins with `title`; empty where it said nothing.
pub fn last_words(title: &str, words: &str) -> String {
    let words: Vec<&str> = words.trim().lines().collect();
    if words.is_empty() {
        return String::new();
    }
    let last = words.get(words.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
    let lines: String = last.iter().map(|line| format!("    {}\n", one_line(line))).collect();
    format!("\n{title}:\n\n{lines}")
}

/// What else shows it, as a paragraph; empty where nothing does.
pub fn others(also: &[String]) -> String {
    if also.is_empty() { String::new() } else { format!("\nThe same is seen with: {}.\n", one_line(&also.join("; "))) }
}

/// Keep in mind that this shows it, too, which is told once.
pub fn see(also: &mut Vec<String>, kind: String) {
    if also.len() < MAX_ALSO && !also.contains(&kind) {
        also.push(kind);
    }
}

/// The beginning of a text, on one line.
pub fn short(text: &str) -> String {
    let text = one_line(text);
    let length = text.chars().count();
    let mut short: String = text.chars().take(SHOWN).collect();
    if length > SHOWN {
        short.push_str(&format!("... ({length} characters)"));
    }
    short
}

/// A text without what would end its line or move a terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fuzz::case::{Body, Case, IdForm};

    #[test]
    fn what_has_no_message_is_told_by_its_verb_and_by_whom() {
        let act = |body| Act { body, ..Act::plain(json!({ "jsonrpc": "2.0", "method": "ping" })) };
        let deleted = Act { verb: Some("DELETE".to_owned()), client: 1, ..act(Body::Bytes(Vec::new())) };
        assert_eq!(shown(&deleted, 1, &[]), "DELETE   (by client 2)");
        assert_eq!(shown(&act(Body::Bytes(b"[{id}".to_vec())), 2, &[]), "[2");
    }

    #[test]
    fn each_message_has_an_id_of_its_own() {
        let ping = Act::plain(json!({ "jsonrpc": "2.0", "method": "ping" }));
        let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 0 } });
        let cancel =
            Act { body: Body::Message { value: cancel.clone(), id: IdForm::Earlier(1) }, ..Act::plain(cancel) };
        let pair = [ping, cancel];
        let case = Case { acts: [pair.clone(), pair].concat(), ..Case::default() };
        let text = paragraph(&Finding::of(Oracle::Exit, case));
        let ids = [r#""id":1,"#, r#""requestId":1}"#, r#""id":2,"#, r#""requestId":2}"#];
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("jsonrpc")).collect();
        assert_eq!(lines.len(), ids.len());
        assert!(lines.iter().zip(ids).all(|(line, id)| line.contains(id)), "{text}");
    }
}
