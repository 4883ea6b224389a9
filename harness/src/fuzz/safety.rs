//! What may be done to a target.

use std::time::Duration;

use serde_json::Value;

/// What the user allows.
#[derive(Clone, Debug, Default)]
pub struct Permits {
    /// Every tool may be called.
    pub all_tools: bool,
    /// These tools may be called, whatever they say of themselves.
    pub tools: Vec<String>,
}

impl Permits {
    /// Whether a tool may be called: it says that it only reads, or the user allows it.
    pub fn call(&self, tool: &Value) -> bool {
        let named =
            tool.get("name").and_then(Value::as_str).is_some_and(|name| self.tools.iter().any(|one| one == name));
        let reads = tool.pointer("/annotations/readOnlyHint") == Some(&Value::Bool(true));
        named || reads || self.all_tools
    }
}

/// At most so many messages a second.
#[derive(Clone, Copy, Debug)]
pub struct Rate(pub u32);

impl Rate {
    /// How long so many messages have to take.
    pub fn time_for(self, messages: usize) -> Duration {
        let each = 1.0 / f64::from(self.0.max(1));
        Duration::from_secs_f64(each * f64::from(u32::try_from(messages).unwrap_or(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_reads_or_is_allowed_is_called() {
        let reads = json!({ "name": "look", "annotations": { "readOnlyHint": true } });
        let writes = json!({ "name": "delete", "annotations": { "readOnlyHint": false } });
        let silent = json!({ "name": "any" });
        let nothing = Permits::default();
        assert_eq!([&reads, &writes, &silent].map(|tool| nothing.call(tool)), [true, false, false]);
        let one = Permits { tools: vec!["delete".to_owned()], ..Permits::default() };
        assert_eq!([&reads, &writes, &silent].map(|tool| one.call(tool)), [true, true, false]);
        assert!(Permits { all_tools: true, ..Permits::default() }.call(&writes));
        assert_eq!(Rate(20).time_for(10), Duration::from_millis(500));
    }
}
