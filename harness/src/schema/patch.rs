//! The schema files of older revisions say only what is different from the next newer one.

use serde_json::{Map, Value};

use super::rules::{ANNOTATIONS, ids_of};

/// Applies a JSON Merge Patch (RFC 7396): objects are merged member by member, null takes a member away, anything else
/// replaces what is there. The order of the members that stay is kept.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    members.retain(|name, _| !patch.get(name).is_some_and(Value::is_null));
    for (name, value) in patch.iter().filter(|(_, value)| !value.is_null()) {
        merge(members.entry(name.clone()).or_insert(Value::Null), value);
    }
}

/// Takes from the annotations the requirements that do not hold, which a patched file inherits with the rest. A broken
/// rule that is left without any then breaks the requirement of the whole file.
pub(super) fn retain_requirements(schema: &mut Value, holds: impl Fn(&str) -> bool) {
    let definitions = schema.get_mut("$defs").and_then(Value::as_object_mut);
    for definition in definitions.into_iter().flat_map(|all| all.values_mut()) {
        for keyword in ANNOTATIONS {
            let Some(Value::Object(annotations)) = definition.get_mut(keyword) else { continue };
            for ids in annotations.values_mut() {
                let mut held = ids_of(ids);
                held.retain(|id| holds(id));
                *ids = Value::from(held);
            }
            annotations.retain(|_, ids| ids.as_array().is_some_and(|ids| !ids.is_empty()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_replaces_adds_and_takes_away() {
        let mut target = json!({"a": 1, "b": {"c": [1, 2], "d": 2}, "e": 3, "f": null});
        merge(&mut target, &json!({"a": {"x": {"y": null}}, "b": {"c": [3], "d": null, "z": null}, "g": "new"}));
        assert_eq!(target, json!({"a": {"x": {}}, "b": {"c": [3]}, "e": 3, "f": null, "g": "new"}));
        merge(&mut target, &json!({"a": null}));
        let names: Vec<&String> = target.as_object().into_iter().flat_map(Map::keys).collect();
        assert_eq!(names, ["b", "e", "f", "g"]);
    }

    #[test]
    fn only_requirements_that_hold_stay() {
        let mut schema = json!({"$defs": {"A": {
            "x-requirements": {"type": ["new", "old"], "required/a": "new"},
            "x-violates": {"required/b": "old"}
        }, "B": {}}});
        retain_requirements(&mut schema, |id| id == "old");
        assert_eq!(
            schema,
            json!({"$defs": {"A": {"x-requirements": {"type": ["old"]}, "x-violates": {"required/b": ["old"]}}, "B": {}}})
        );
    }
}
