//! Making what shows a finding smaller: fewer acts, then smaller messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use super::bench::Bench;
use super::case::{Act, Body, Case, Expect, IdForm};
use super::oracle::{Oracle, Suspicion};

/// Smaller messages that are tried for one finding.
const MAX_TRIES: usize = 300;

/// The cases, made smaller as long as they show it.
pub async fn reduce(bench: &mut Bench, cases: Vec<Arc<Case>>, wanted: &Suspicion, until: Instant) -> Vec<Arc<Case>> {
    let mut cases: Vec<Case> = cases.iter().map(|case| (**case).clone()).collect();
    fewer_acts(bench, &mut cases, wanted, until).await;
    fewer_instances(bench, &mut cases, wanted, until).await;
    let mut tries = 0;
    for case in 0..cases.len() {
        let acts = cases.get(case).map_or(0, |case| case.acts.len());
        for act in 0..acts {
            smaller(bench, &mut cases, (case, act), wanted, &mut tries, until).await;
        }
    }
    if tries > 0 {
        // A smaller message may show it without what comes after.
        fewer_acts(bench, &mut cases, wanted, until).await;
    }
    cases.into_iter().map(Arc::new).collect()
}

async fn shows(bench: &mut Bench, cases: &[Case], wanted: &Suspicion) -> bool {
    let cases: Vec<Arc<Case>> = cases.iter().cloned().map(Arc::new).collect();
    bench.shows(&cases, wanted).await.is_some()
}

async fn fewer_acts(bench: &mut Bench, cases: &mut Vec<Case>, wanted: &Suspicion, until: Instant) {
    for case in 0..cases.len() {
        let mut act = 0;
        while cases.get(case).is_some_and(|case| act < case.acts.len()) && Instant::now() < until {
            let tried = cases.get(case).and_then(|case| without(case, act));
            let Some(tried) = tried else {
                act += 1;
                continue;
            };
            let mut all = cases.clone();
            if let Some(place) = all.get_mut(case) {
                *place = tried;
            }
            if shows(bench, &all, wanted).await {
                *cases = all;
            } else {
                act += 1;
            }
        }
    }
    cases.retain(|case| !case.acts.is_empty());
}

/// Everything of one client at its own instance, if that shows it, and one after the other.
async fn fewer_instances(bench: &mut Bench, cases: &mut Vec<Case>, wanted: &Suspicion, until: Instant) {
    let nearer: [fn(&mut Act); 2] = [|act| act.instance = None, |act| act.awaited |= act.expect.is_answer()];
    let several = cases.iter().any(|case| case.clients() > 1);
    for change in nearer.into_iter().skip(usize::from(several)) {
        let mut tried = cases.clone();
        tried.iter_mut().flat_map(|case| &mut case.acts).for_each(change);
        if tried != *cases && Instant::now() < until && shows(bench, &tried, wanted).await {
            *cases = tried;
        }
    }
}

/// The case without one act; nothing where another refers to it, or nothing would be left.
fn without(case: &Case, act: usize) -> Option<Case> {
    if case.acts.len() < 2 {
        return None;
    }
    let mut case = case.clone();
    case.acts.remove(act);
    for (at, other) in case.acts.iter_mut().enumerate() {
        match &mut other.expect {
            Expect::SameAs(of) if *of == act => return None,
            Expect::SameAs(of) if *of > act => *of -= 1,
            _ => {}
        }
        other.takes = super::take::renumbered(&other.takes, act)?;
        if let Body::Message { id: IdForm::Earlier(back), .. } = &other.body
            && at < act + *back
            && at >= act
        {
            return None;
        }
    }
    Some(case)
}

async fn smaller(
    bench: &mut Bench,
    cases: &mut Vec<Case>,
    (case, act): (usize, usize),
    wanted: &Suspicion,
    tries: &mut usize,
    until: Instant,
) {
    let mut at = 0;
    loop {
        let Some(now) = cases.get(case).and_then(|case| case.acts.get(act)) else { return };
        // Two that are compared stay alike, and what is known of an answer is of that very request.
        let compared =
            cases.get(case).is_some_and(|case| case.acts.iter().any(|act| matches!(act.expect, Expect::SameAs(_))));
        let linked = !now.takes.is_empty() || wanted.oracle == Oracle::Sequence;
        if compared || linked || matches!(now.expect, Expect::Equals(_)) {
            return;
        }
        let Some(tried) = simpler(now, at) else { return };
        if *tries >= MAX_TRIES || Instant::now() >= until {
            return;
        }
        at += 1;
        if tried == *now {
            continue;
        }
        *tries += 1;
        let mut all = cases.clone();
        if let Some(place) = all.get_mut(case).and_then(|case| case.acts.get_mut(act)) {
            *place = tried;
        }
        if shows(bench, &all, wanted).await {
            *cases = all;
            // What comes after may be possible now where it was not.
            at = at.saturating_sub(1);
        }
    }
}

/// The `number`th simpler form of an act; nothing after the last.
fn simpler(act: &Act, number: usize) -> Option<Act> {
    let mut act = act.clone();
    match &mut act.body {
        Body::Message { value, .. } => {
            let all = simpler_values(value);
            *value = all.into_iter().nth(number)?;
        }
        Body::Bytes(bytes) => {
            let fewer = simpler_bytes(bytes, number)?;
            // What is broken is another matter than what is whole, and what is no request than what is one.
            let says_less = |(whole, names): (_, BTreeSet<_>)| {
                kept(&fewer).is_some_and(|(fewer, fewer_names)| fewer == whole && fewer_names.is_subset(&names))
            };
            if kept(bytes).is_none_or(says_less) {
                *bytes = fewer;
            }
        }
    }
    Some(act)
}

/// Forms of a message that say less, the boldest first. Method and version stay.
pub(super) fn simpler_values(message: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    let mut places = Vec::new();
    collect(message, String::new(), &mut places);
    for place in places {
        if place.is_empty() || ["/jsonrpc", "/method"].contains(&place.as_str()) {
            continue;
        }
        let Some(value) = message.pointer(&place) else { continue };
        if let Some(removed) = removed(message, &place) {
            all.push(removed);
        }
        let with = |value: Value| {
            let mut message = message.clone();
            if let Some(at) = message.pointer_mut(&place) {
                *at = value;
            }
            message
        };
        match value {
            // Another version is another matter.
            Value::String(_) if place.ends_with("protocolVersion") => {}
            Value::String(text) if !text.is_empty() => {
                let length = text.chars().count();
                if length > 8 {
                    all.push(with(Value::from(text.chars().take(length / 2).collect::<String>())));
                    all.push(with(Value::from(text.chars().take(length - length / 4).collect::<String>())));
                }
            }
            Value::Array(items) if items.len() > 1 => {
                all.push(with(Value::from(items.iter().take(items.len() / 2).cloned().collect::<Vec<_>>())));
            }
            Value::Array(items) => all.extend(items.first().map(|item| with(item.clone()))),
            Value::Object(members) if members.len() == 1 && place != "/params" => {
                all.extend(members.values().next().map(|member| with(member.clone())));
            }
            _ => {}
        }
    }
    all
}

fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    // Deeper parts go with what holds them.
    let depth = at.matches('/').count();
    places.push(at.clone());
    if depth >= 12 {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().take(16).enumerate() {
                collect(item, format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
}

fn removed(message: &Value, place: &str) -> Option<Value> {
    let (parent, name) = place.rsplit_once('/')?;
    let mut message = message.clone();
    match message.pointer_mut(parent)? {
        Value::Object(members) => {
            members.shift_remove(&name.replace("~1", "/").replace("~0", "~"))?;
        }
        Value::Array(items) => {
            let index: usize = name.parse().ok().filter(|index| *index < items.len())?;
            items.remove(index);
        }
        _ => return None,
    }
    Some(message)
}

/// Of what is JSON once there is a number where one goes: what makes it a request, and the names of all its members.
fn kept(bytes: &[u8]) -> Option<([Option<Value>; 3], BTreeSet<String>)> {
    let text = String::from_utf8_lossy(bytes).replace("{id}", "1");
    let message: Value = serde_json::from_str(&text).ok()?;
    let mut names = BTreeSet::new();
    all_names(&message, &mut names);
    Some((["jsonrpc", "method", "id"].map(|name| message.get(name).cloned()), names))
}

fn all_names(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                names.insert(name.clone());
                all_names(member, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all_names(item, names)),
        _ => {}
    }
}

/// Bytes with a part left out: halves, then quarters, down to single ones.
pub(super) fn simpler_bytes(bytes: &[u8], number: usize) -> Option<Vec<u8>> {
    let mut number = number;
    let mut size = bytes.len() / 2;
    while size > 0 {
        let parts = bytes.len().div_ceil(size);
        if number < parts {
            let start = number * size;
            let end = (start + size).min(bytes.len());
            return Some([bytes.get(..start)?, bytes.get(end..)?].concat());
        }
        number -= parts;
        size /= 2;
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    #[test]
    fn simpler_forms_keep_the_method_and_say_less() {
        let message = json!({ "jsonrpc": "2.0", "method": "a", "params": { "b": "0123456789", "c": [1, 2] } });
        let all = simpler_values(&message);
        assert!(all.iter().all(|one| one["method"] == "a" && one["jsonrpc"] == "2.0"));
        assert!(all.contains(&json!({ "jsonrpc": "2.0", "method": "a" })));
        assert!(all.contains(&json!({ "jsonrpc": "2.0", "method": "a", "params": { "c": [1, 2] } })));
        assert!(all.contains(&json!({ "jsonrpc": "2.0", "method": "a", "params": { "b": "01234", "c": [1, 2] } })));
        assert_eq!(simpler_bytes(b"abcd", 0).unwrap(), b"cd");
        assert_eq!(simpler_bytes(b"abcd", 2).unwrap(), b"bcd");
        assert_eq!(simpler_bytes(b"abcd", 6), None);
    }

    #[test]
    fn a_request_stays_one_in_bytes() {
        let bytes = br#"{"jsonrpc":"2.0","method":"ping","id":{id},"params":{"a":"0123456789","b":"0123456789"}}"#;
        let act = Act { body: Body::Bytes(bytes.to_vec()), ..Act::plain(json!({})) };
        let forms = (0..).map_while(|number| simpler(&act, number));
        let mut smaller = 0;
        for form in forms.filter(|form| *form != act) {
            let Body::Bytes(bytes) = form.body else { unreachable!() };
            let (request, names) = kept(&bytes).unwrap();
            assert_eq!(request, [Some(json!("2.0")), Some(json!("ping")), Some(json!(1))]);
            assert!(names.iter().all(|name| ["jsonrpc", "method", "id", "params", "a", "b"].contains(&name.as_str())));
            smaller += 1;
        }
        assert!(smaller > 0);
    }

    #[test]
    fn an_act_that_others_refer_to_stays() {
        let ping = Act::plain(json!({ "method": "ping" }));
        let same = Act { expect: Expect::SameAs(1), ..ping.clone() };
        let case = Case { acts: vec![ping.clone(), ping, same], ..Case::default() };
        assert_eq!(without(&case, 1), None);
        assert_eq!(without(&case, 0).unwrap().acts[1].expect, Expect::SameAs(0));
    }
}
