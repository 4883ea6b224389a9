//! Where those are that we play, filled in where a scenario names them: `${server}`, `${authorization}`, `${elsewhere}`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// URLs by name.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<String, String>);

impl Places {
    /// One more.
    pub fn add(&mut self, name: &str, url: &str) {
        self.0.insert(name.to_owned(), url.to_owned());
    }

    /// Where somebody is; none who does not play.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, url)| (name.as_str(), url.as_str()))
    }

    /// The same with all places filled in.
    ///
    /// # Errors
    /// In words, when it names somebody who does not play.
    pub fn fill<T: Serialize + DeserializeOwned>(&self, item: &T) -> Result<T, String> {
        let mut value = serde_json::to_value(item).map_err(|e| e.to_string())?;
        self.fill_value(&mut value)?;
        serde_json::from_value(value).map_err(|e| e.to_string())
    }

    fn fill_value(&self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(text) if text.contains("${") => {
                *text = self.fill_text(text)?;
                Ok(())
            }
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.fill_value(item)),
            Value::Object(members) => members.values_mut().try_for_each(|member| self.fill_value(member)),
            _ => Ok(()),
        }
    }

    fn fill_text(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| format!("`{text}` has no `}}` after `${{`"))?;
            let url = self.get(name).ok_or_else(|| {
                let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
                format!("`{text}` names `{name}`, who does not play: write one of {}", known.join(", "))
            })?;
            filled.push_str(before);
            filled.push_str(url);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_filled_in_everywhere() {
        let mut places = Places::default();
        places.add("server", "http://s/mcp");
        places.add("authorization", "http://a");
        let filled = places.fill(&json!({ "x": ["${server}?a=${authorization}/b", 1], "y": { "z": "$ {" } })).unwrap();
        assert_eq!(filled, json!({ "x": ["http://s/mcp?a=http://a/b", 1], "y": { "z": "$ {" } }));
        for wrong in ["${nobody}", "${server"] {
            assert!(places.fill(&json!(wrong)).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
