//! Places in a JSON message.
//!
//! A path is dotted, from the root: `result.tools.0.name`. `*` stands for every item of a list or member of an object.
//! Where a name has a dot in it, the path is written as a JSON pointer (RFC 6901): `/params/_meta/a.b~1c`; there, too,
//! `*` is every item.

use serde_json::{Map, Value};

/// The steps of a path.
pub(super) fn steps(path: &str) -> Vec<String> {
    match path.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect(),
        None if path.is_empty() => Vec::new(),
        None => path.split('.').map(str::to_owned).collect(),
    }
}

/// The value there; `*` is no step here.
pub(super) fn get<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path).iter().try_fold(root, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    })
}

/// Puts a value there, with the objects that lead to it; the position after the last of a list appends. Whether
/// anything changed.
pub(super) fn set(root: &mut Value, path: &str, value: &Value) -> bool {
    set_at(root, &steps(path), value)
}

/// Takes away what is there. Whether anything was.
pub(super) fn remove(root: &mut Value, path: &str) -> bool {
    remove_at(root, &steps(path))
}

fn set_at(place: &mut Value, steps: &[String], value: &Value) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        let changes = place != value;
        place.clone_from(value);
        return changes;
    };
    match place {
        Value::Object(members) if step == "*" => each(members.values_mut(), |member| set_at(member, rest, value)),
        Value::Array(items) if step == "*" => each(items, |item| set_at(item, rest, value)),
        Value::Object(members) => match members.get_mut(step) {
            Some(member) => set_at(member, rest, value),
            None => {
                let mut made = if rest.is_empty() { value.clone() } else { Value::Object(Map::new()) };
                let changes = rest.is_empty() || set_at(&mut made, rest, value);
                if changes {
                    members.insert(step.clone(), made);
                }
                changes
            }
        },
        Value::Array(items) => match step.parse::<usize>() {
            Ok(at) if at == items.len() && rest.is_empty() => {
                items.push(value.clone());
                true
            }
            Ok(at) => items.get_mut(at).is_some_and(|item| set_at(item, rest, value)),
            Err(_) => false,
        },
        _ => false,
    }
}

fn remove_at(place: &mut Value, steps: &[String]) -> bool {
    let Some((step, rest)) = steps.split_first() else { return false };
    let last = rest.is_empty();
    match place {
        Value::Object(members) if step == "*" && last => !std::mem::take(members).is_empty(),
        Value::Array(items) if step == "*" && last => !std::mem::take(items).is_empty(),
        Value::Object(members) if step == "*" => each(members.values_mut(), |member| remove_at(member, rest)),
        Value::Array(items) if step == "*" => each(items, |item| remove_at(item, rest)),
        Value::Object(members) if last => members.shift_remove(step).is_some(),
        Value::Object(members) => members.get_mut(step).is_some_and(|member| remove_at(member, rest)),
        Value::Array(items) => match step.parse::<usize>() {
            Ok(at) if at < items.len() && last => {
                items.remove(at);
                true
            }
            Ok(at) => items.get_mut(at).is_some_and(|item| remove_at(item, rest)),
            Err(_) => false,
        },
        _ => false,
    }
}

/// Does it to every one; whether any changed.
fn each<'a>(places: impl IntoIterator<Item = &'a mut Value>, change: impl FnMut(&mut Value) -> bool) -> bool {
    // All of them, so not `any`.
    places.into_iter().map(change).filter(|changed| *changed).count() > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_set_where_the_path_leads() {
        for (path, value, becomes) in [
            ("a.0.n", json!(9), json!({ "a": [{ "n": 9 }, { "n": 2 }] })),
            ("a.*.n", json!("x"), json!({ "a": [{ "n": "x" }, { "n": "x" }] })),
            ("a.2", json!(3), json!({ "a": [{ "n": 1 }, { "n": 2 }, 3] })),
            ("b.c.d", json!(1), json!({ "a": [{ "n": 1 }, { "n": 2 }], "b": { "c": { "d": 1 } } })),
            ("/b.c/d~1e", json!(1), json!({ "a": [{ "n": 1 }, { "n": 2 }], "b.c": { "d/e": 1 } })),
        ] {
            let mut root = json!({ "a": [{ "n": 1 }, { "n": 2 }] });
            assert!(set(&mut root, path, &value), "{path}");
            assert_eq!(root, becomes, "{path}");
            assert!(path == "a.2" || !set(&mut root, path, &value), "the same again changes nothing: {path}");
        }
        for path in ["a.n", "a.3", "a.0.n.x", "x.*.y"] {
            let mut root = json!({ "a": [{ "n": 1 }, { "n": 2 }] });
            assert!(!set(&mut root, path, &json!(1)), "{path}");
            assert_eq!(root, json!({ "a": [{ "n": 1 }, { "n": 2 }] }), "{path}");
        }
    }

    #[test]
    fn values_are_removed_and_found_where_the_path_leads() {
        for (path, becomes) in [
            ("a.0", json!({ "a": [{ "n": 2 }], "x.y": 1 })),
            ("a.*.n", json!({ "a": [{}, {}], "x.y": 1 })),
            ("a.*", json!({ "a": [], "x.y": 1 })),
            ("/x.y", json!({ "a": [{ "n": 1 }, { "n": 2 }] })),
        ] {
            let mut root = json!({ "a": [{ "n": 1 }, { "n": 2 }], "x.y": 1 });
            assert!(remove(&mut root, path), "{path}");
            assert_eq!(root, becomes, "{path}");
            assert!(path == "a.0" || !remove(&mut root, path), "{path}");
        }
        let root = json!({ "a": [{ "n": 1 }], "x.y": 1 });
        assert_eq!(get(&root, "a.0.n"), Some(&json!(1)));
        assert_eq!(get(&root, "/x.y"), Some(&json!(1)));
        assert_eq!(get(&root, "a.1"), None);
        assert_eq!(get(&root, ""), Some(&root));
    }
}
