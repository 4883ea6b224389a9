//! How large a schema is once its references are followed.
//!
//! Validators follow a reference each time they meet it. Twenty definitions that refer to the next one twice make a million
//! visits: a small schema, a long validation.

use std::collections::HashMap;

use serde_json::Value;

/// Largest size, in values, that may be used.
pub(super) const MAX_SIZE: u64 = 200_000;
/// Deepest nesting that may be used, references included.
pub(super) const MAX_DEPTH: usize = 300;

/// A schema's size with all references followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expansion {
    /// Values in it. What refers back to where it came from is counted once.
    pub size: u64,
    /// Whether some part refers back to where it came from.
    pub recursive: bool,
}

impl Expansion {
    /// Measures a schema; `None` if it is larger or deeper than allowed.
    pub fn measure(schema: &Value) -> Option<Self> {
        let mut names = HashMap::new();
        let mut parts = 0;
        collect_names(schema, &mut names, &mut parts, 0)?;
        let mut walk = Walk { root: schema, names, targets: HashMap::new(), recursive: false };
        let size = walk.size(schema, 0)?;
        Some(Self { size, recursive: walk.recursive })
    }
}

struct Walk<'a> {
    root: &'a Value,
    /// What `$anchor` and `$id` name.
    names: HashMap<String, &'a Value>,
    /// Sizes of what references lead to; `None` while being measured.
    targets: HashMap<&'a str, Option<u64>>,
    recursive: bool,
}

impl<'a> Walk<'a> {
    fn size(&mut self, value: &'a Value, depth: usize) -> Option<u64> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut size: u64 = 1;
        match value {
            Value::Array(items) => {
                for item in items {
                    size = size.saturating_add(self.size(item, depth + 1)?);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    size = size.saturating_add(match (name.as_str(), member) {
                        ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(target)) => {
                            self.target(target, depth)?
                        }
                        (_, member) => self.size(member, depth + 1)?,
                    });
                }
            }
            _ => {}
        }
        (size <= MAX_SIZE).then_some(size)
    }

    fn target(&mut self, reference: &'a str, depth: usize) -> Option<u64> {
        match self.targets.get(reference) {
            Some(Some(size)) => return Some(*size),
            Some(None) => {
                self.recursive = true;
                return Some(1);
            }
            None => {}
        }
        let target = match reference.strip_prefix('#') {
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => self.root.pointer(pointer),
            _ => self.names.get(reference).copied(),
        };
        let Some(target) = target else {
            return Some(1);
        };
        self.targets.insert(reference, None);
        let size = self.size(target, depth + 1)?;
        self.targets.insert(reference, Some(size));
        Some(size)
    }
}

/// Finds everything that has a name of its own, and refuses what is too deep or too large even without references.
fn collect_names<'a>(
    value: &'a Value,
    names: &mut HashMap<String, &'a Value>,
    parts: &mut u64,
    depth: usize,
) -> Option<()> {
    *parts += 1;
    if depth > MAX_DEPTH || *parts > MAX_SIZE {
        return None;
    }
    match value {
        Value::Array(items) => {
            for item in items {
                collect_names(item, names, parts, depth + 1)?;
            }
        }
        Value::Object(members) => {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(Value::String(name)) = members.get(keyword) {
                    names.insert(format!("#{name}"), value);
                }
            }
            if let Some(Value::String(name)) = members.get("$id") {
                names.insert(name.clone(), value);
            }
            for member in members.values() {
                collect_names(member, names, parts, depth + 1)?;
            }
        }
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_count_each_time() {
        let schema =
            json!({"$defs": {"a": {"type": "string"}}, "allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]});
        // root, $defs, a, "string"; allOf, two objects, and twice a with its "string".
        let expected = Expansion { size: 4 + 3 + 4, recursive: false };
        assert_eq!(Expansion::measure(&schema), Some(expected));
    }

    #[test]
    fn recursion_is_seen_and_ends() {
        for schema in [
            json!({"items": {"$ref": "#"}}),
            json!({"$anchor": "top", "items": {"$ref": "#top"}}),
            json!({"$id": "urn:x", "items": {"$ref": "urn:x"}}),
        ] {
            assert_eq!(Expansion::measure(&schema).map(|found| found.recursive), Some(true), "{schema}");
        }
    }

    #[test]
    fn doubling_and_long_chains_are_refused() {
        let definitions = |body: fn(String) -> Value, count: usize| {
            let mut all: serde_json::Map<_, _> =
                (0..count).map(|n| (format!("a{n}"), body(format!("#/$defs/a{}", n + 1)))).collect();
            all.insert(format!("a{count}"), json!(true));
            json!({"$defs": all, "$ref": "#/$defs/a0"})
        };
        let twice = |next: String| json!({"allOf": [{"$ref": next}, {"$ref": next}]});
        assert_eq!(Expansion::measure(&definitions(twice, 40)), None);
        let once = |next: String| json!({"$ref": next});
        assert_eq!(Expansion::measure(&definitions(once, 10_000)), None);
        assert!(Expansion::measure(&definitions(once, 100)).is_some());
    }
}
