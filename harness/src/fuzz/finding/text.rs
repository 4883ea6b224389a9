//! A finding in words.

use super::Finding;
use crate::fuzz::case::{Act, Body};
use crate::fuzz::oracle::Oracle;

/// How much of a message is shown, in characters.
const SHOWN: usize = 400;

/// A paragraph for an issue: what happens, what has to be sent, what was seen.
pub fn paragraph(finding: &Finding) -> String {
    let mut text = format!(
        "{} {} ({}, {}).\n\nSent, in this order:\n\n",
        if finding.server.is_empty() { "The server" } else { &finding.server },
        finding.oracle.about(),
        finding.revision,
        finding.transport.as_str(),
    );
    for act in finding.cases.iter().flat_map(|case| &case.acts) {
        text.push_str(&format!("    {}\n", shown(act)));
    }
    text.push_str(&format!("\nSeen: {}\n", one_line(&finding.seen)));
    if !finding.words.trim().is_empty() && matches!(finding.oracle, Oracle::Exit | Oracle::Hang) {
        let words: Vec<&str> = finding.words.trim().lines().collect();
        let last = words.get(words.len().saturating_sub(6)..).unwrap_or_default();
        text.push_str("\nThe last that it said on its standard error stream:\n\n");
        for line in last {
            text.push_str(&format!("    {}\n", one_line(line)));
        }
    }
    if !finding.also.is_empty() {
        text.push_str(&format!("\nThe same is seen with: {}.\n", finding.also.join("; ")));
    }
    let (shown, tries) = finding.shown;
    let stable = if finding.is_stable() { "" } else { ": it is flaky" };
    text.push_str(&format!("\nShown again in {shown} of {tries} tries{stable}.\n"));
    text
}

/// What an act puts onto the wire.
fn shown(act: &Act) -> String {
    let text = match &act.body {
        Body::Message { .. } => String::from_utf8_lossy(&act.bytes(1, &["1".to_owned()])).into_owned(),
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    };
    let text = one_line(&text);
    let length = text.chars().count();
    let mut short: String = text.chars().take(SHOWN).collect();
    if length > SHOWN {
        short.push_str(&format!("... ({length} characters)"));
    }
    for take in &act.takes {
        short.push_str(&format!("   ({}: {} of the answer to number {})", take.into, take.from, take.act + 1));
    }
    if !act.mutation.is_empty() {
        short.push_str(&format!("   ({})", act.mutation));
    }
    short
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
