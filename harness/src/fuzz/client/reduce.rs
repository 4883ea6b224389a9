//! Making a case smaller, as long as it shows the same.

use tokio::time::Instant;

use super::case::Case;
use super::oracle::{Oracle, Suspicion};
use super::table::Table;
use crate::action::Bytes;
use crate::fuzz::reduce::{simpler_bytes, simpler_values};
use crate::scenario::Mutation;

/// Smaller cases that are tried for one finding.
const MAX_TRIES: usize = 40;

/// The case, made smaller.
pub async fn reduce(table: &Table, case: Case, wanted: &Suspicion, until: Instant) -> Case {
    let mut case = fewer_rules(table, case, wanted, until).await;
    // What these are told by is what they are shown with; smaller, it would be another.
    if matches!(wanted.oracle, Oracle::Hang | Oracle::Spins | Oracle::Memory | Oracle::Differs) {
        return case;
    }
    let mut tries = 0;
    for rule in 0..case.rules.len() {
        let mut at = 0;
        while let Some(tried) = case.rules.get(rule).and_then(|rule| simpler(rule, at)) {
            if tries >= MAX_TRIES || Instant::now() >= until {
                return case;
            }
            (at, tries) = (at + 1, tries + 1);
            let mut smaller = case.clone();
            if let Some(place) = smaller.rules.get_mut(rule) {
                *place = tried;
            }
            if table.shows(&smaller, wanted).await {
                // What comes next in a smaller one stands where this one stood.
                (case, at) = (smaller, at - 1);
            }
        }
    }
    case
}

async fn fewer_rules(table: &Table, mut case: Case, wanted: &Suspicion, until: Instant) -> Case {
    let mut rule = 0;
    while case.rules.len() > 1 && rule < case.rules.len() && Instant::now() < until {
        let mut fewer = case.clone();
        fewer.rules.remove(rule);
        if table.shows(&fewer, wanted).await {
            case = fewer;
        } else {
            rule += 1;
        }
    }
    case
}

/// The `number`th simpler form of a rule; none after the last.
fn simpler(rule: &Mutation, number: usize) -> Option<Mutation> {
    let mut rule = rule.clone();
    if let [before] = rule.before.as_mut_slice() {
        *before = simpler_values(before).into_iter().nth(number)?;
        return Some(rule);
    }
    let Some(Bytes::Text(text)) = &rule.raw else { return None };
    // As JSON where it is some, with a number where the id goes.
    let with_id = text.replace("{id}", &super::baseline::ID_MARK.to_string());
    let smaller = match serde_json::from_str(&with_id) {
        Ok(value) => simpler_values(&value).into_iter().nth(number)?.to_string(),
        Err(_) => String::from_utf8(simpler_bytes(text.as_bytes(), number)?).unwrap_or_else(|_| text.clone()),
    };
    rule.raw = Some(Bytes::Text(smaller.replace(&super::baseline::ID_MARK.to_string(), "{id}")));
    Some(rule)
}
