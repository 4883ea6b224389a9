//! What is wrong with an act: its name, and where it is.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::case::{Act, Body, IdForm};

/// What is wrong wherever it stands.
const ANYWHERE: [&str; 3] = ["long-string", "deep-nesting", "huge-number"];
/// Parts of a place that tell it from others.
const PLACE_PARTS: usize = 2;

impl Act {
    /// Subject and mutation: what kind of act it is.
    pub fn kind(&self) -> Cow<'_, str> {
        match self.wrong() {
            "" => Cow::Borrowed(&self.subject),
            wrong => Cow::Owned(format!("{} / {wrong}", self.subject)),
        }
    }

    /// What is wrong or unusual with it, by name and place.
    pub fn wrong(&self) -> &str {
        let id = match &self.body {
            Body::Message { id: IdForm::Text, .. } => "id: a text",
            Body::Message { id: IdForm::Negative, .. } => "id: below zero",
            Body::Message { id: IdForm::Large, .. } => "id: large",
            _ => "",
        };
        if self.mutation.is_empty() { id } else { &self.mutation }
    }

    /// What is wrong or unusual with it, by name alone.
    pub fn wrong_name(&self) -> &str {
        let name = self.wrong().split(" at ").next().unwrap_or_default();
        // Of spellings, what is spelled otherwise.
        match name {
            "spelled keys-reversed" | "spelled keys-sorted" => "spelled keys",
            "spelled spaces" | "spelled line-feeds" | "spelled carriage-returns" => "spelled white space",
            name => name,
        }
    }

    /// The beginning of the place where it is wrong, as `/params/arguments`, whatever is in there; `/` for the message itself.
    pub fn wrong_place(&self) -> Option<String> {
        let (_, at) = self.mutation.split_once(" at /")?;
        let parts: Vec<&str> = at.split('/').take(PLACE_PARTS).collect();
        Some(format!("/{}", parts.join("/")))
    }

    /// Whether what is wrong with it is so wherever it stands, in a message or in what is none.
    pub fn is_wrong_anywhere(&self) -> bool {
        ANYWHERE.contains(&self.wrong_name())
    }

    /// What is wrong or unusual with it, by name, and where that begins if that matters.
    pub fn wrong_part(&self) -> String {
        if self.is_wrong_anywhere() {
            return self.wrong_name().to_owned();
        }
        format!("{} {}", self.wrong_name(), self.wrong_place().unwrap_or_default())
    }

    /// Whether it is a well-formed message that breaks no rule that we know of.
    pub fn is_proper(&self) -> bool {
        self.mutation.is_empty() && matches!(self.body, Body::Message { .. })
    }

    /// Whether nothing is wrong with it, or what was is not there any more since it was made smaller: a call without arguments.
    pub fn nothing_is_wrong(&self) -> bool {
        let Body::Message { value, .. } = &self.body else { return false };
        let bare = |(name, member): (&String, &Value)| match name.as_str() {
            "name" | "_meta" => true,
            "arguments" => member.as_object().is_some_and(Map::is_empty),
            _ => false,
        };
        let params = value.get("params").and_then(Value::as_object);
        self.wrong().is_empty() || params.is_some_and(|params| params.iter().all(bare))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_made_smaller_may_have_nothing_wrong_left() {
        let call = |params: Value| Act {
            mutation: "extra-member at /params".to_owned(),
            ..Act::plain(json!({ "method": "tools/call", "params": params }))
        };
        assert!(call(json!({ "name": "a", "arguments": {} })).nothing_is_wrong());
        assert!(!call(json!({ "name": "a", "more": 1 })).nothing_is_wrong());
        assert!(!call(json!({ "name": "a", "arguments": { "b": null } })).nothing_is_wrong());
    }

    #[test]
    fn what_is_wrong_is_told_by_name_and_where_it_begins() {
        let wrong = |mutation: &str| Act { mutation: mutation.to_owned(), ..Act::plain(Value::Null) };
        assert_eq!(wrong("null at /params/arguments/a/b").wrong_part(), "null /params/arguments");
        assert_eq!(wrong("wrong-type at /").wrong_part(), "wrong-type /");
        assert_eq!(wrong("long-string at /params/name").wrong_part(), wrong("long-string").wrong_part());
        assert_eq!(wrong("spelled keys-sorted").wrong_name(), "spelled keys");
        assert_eq!(wrong("spelled line-feeds").wrong_name(), wrong("spelled spaces").wrong_name());
        assert_eq!(wrong("spelled spaces").wrong_place(), None);
    }
}
