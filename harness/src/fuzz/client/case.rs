//! What a fuzzed client is answered: rules that break a conforming server.

use serde::{Deserialize, Serialize};

use crate::scenario::Mutation;

/// What a client can do about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// It is told the same in other words: it has to do the same as ever.
    Same,
    /// Every request of its own is answered as ever, whatever comes besides: it has no reason to wait.
    Answered,
    /// An answer does not come, and what it would come on has ended: it has no reason to wait either.
    Closed,
    /// An answer is broken, or does not come: how long it waits is its own affair.
    Broken,
}

/// One way to be hostile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// What is answered so, and in what way: `tools/list / null at /result/tools`.
    pub kind: String,
    /// What the client can do about it.
    pub nature: Nature,
    /// In what the server differs.
    #[serde(serialize_with = "sparse")]
    pub rules: Vec<Mutation>,
    /// Requests of the server's among it that are right, by id: each is to be answered once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<String>,
}

/// Rules without the members that say nothing.
fn sparse<S: serde::Serializer>(rules: &[Mutation], serializer: S) -> Result<S::Ok, S::Error> {
    rules.iter().map(said).collect::<Vec<_>>().serialize(serializer)
}

/// A rule as JSON, without the members that say nothing.
pub fn said(rule: &Mutation) -> serde_json::Value {
    use serde_json::Value;
    let mut value = serde_json::to_value(rule).unwrap_or_default();
    if let Value::Object(members) = &mut value {
        members.retain(|name, member| match member {
            Value::Null | Value::Bool(false) => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(inner) => !inner.is_empty() || matches!(name.as_str(), "result" | "error"),
            Value::String(text) => name != "answering" || text != "once",
            _ => true,
        });
    }
    value
}

/// Of what is done, what it has in common with what is done elsewhere: the step of the generator, where that did it.
pub fn family(wrong: &str) -> String {
    let (name, is_step) = match wrong.split_once(" at ") {
        Some((name, _)) => (name.rsplit(", ").next().unwrap_or(name), true),
        None => (wrong, false),
    };
    let end = |c: char| [':', ','].contains(&c) || c.is_ascii_digit();
    let name = if is_step { name } else { name.split(end).next().unwrap_or_default() };
    let name = name.trim();
    name.strip_suffix("-reversed").or_else(|| name.strip_suffix("-sorted")).unwrap_or(name).to_owned()
}

impl Case {
    /// What is done, without what it is done to, and where: `null`, `stream: empty`.
    pub fn sort(&self) -> String {
        let wrong = self.wrong();
        if wrong.contains(" at ") { family(wrong) } else { wrong.to_owned() }
    }

    /// Whether it is about the id of a message, which then may come back as nobody sent it.
    pub fn is_about_an_id(&self) -> bool {
        self.kind.contains(" at /id")
    }

    /// What is done, without what it is done to: `null at /result/tools`.
    pub fn wrong(&self) -> &str {
        self.kind.split_once(" / ").map_or(self.kind.as_str(), |(_, wrong)| wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_by_what_is_done() {
        assert_eq!(family("null at /result/tools"), "null");
        assert_eq!(family("before it notifications/message, long-string at /params/data"), "long-string");
        assert_eq!(family("stream: no colon"), "stream");
        assert_eq!(family("status 404"), "status");
        assert_eq!(family("spelled keys-sorted"), family("spelled keys-reversed"));
    }

    #[test]
    fn rules_say_only_what_they_change() {
        let rule = Mutation { to: Some("ping".to_owned()), ..Mutation::default() };
        assert_eq!(said(&rule), serde_json::json!({ "to": "ping" }));
        let case =
            Case { kind: "ping / nothing".to_owned(), nature: Nature::Same, rules: vec![rule], asks: Vec::new() };
        let text = serde_json::to_string(&case).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Case>(&text).ok(), Some(case));
    }
}
