//! Instances of a JSON Schema, for the keywords that message schemas use.

use serde_json::{Map, Value, json};

use crate::choices::Choices;
use crate::definitions;

/// Optional members are left out below this depth.
const MAX_DEPTH: usize = 12;

/// Makes instances of the definitions of one schema file. Nearly all are valid; where branches contradict each other the
/// caller has to look.
pub struct Generator<'a> {
    pub document: &'a Value,
    /// One optional member in so many is left out.
    pub sparsity: usize,
}

impl Generator<'_> {
    pub fn definition(&self, name: &str, choices: &mut Choices) -> Value {
        self.instance(&definitions(self.document)[name], choices, 0)
    }

    fn instance(&self, schema: &Value, choices: &mut Choices, depth: usize) -> Value {
        let mut value = None;
        let mut put = |new: Value| match &mut value {
            Some(old) => merge(old, new),
            None => value = Some(new),
        };
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.document.pointer(&target[1..]).expect("target of $ref");
            put(self.instance(target, choices, depth));
        }
        let parts = schema.get("allOf").and_then(Value::as_array);
        for part in parts.into_iter().flatten().filter(|part| part.get("if").is_none()) {
            put(self.instance(part, choices, depth));
        }
        if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
            put(self.instance(choices.pick(options), choices, depth));
        }
        if let Some(constant) = schema.get("const") {
            put(constant.clone());
        } else if let Some(options) = schema.get("enum").and_then(Value::as_array) {
            put(choices.pick(options).clone());
        } else if let Some(kind) = schema.get("type") {
            put(self.of_type(kind, schema, choices, depth));
        }
        let mut value = match value {
            Some(value) => value,
            None if schema.get("if").is_some() => self.branch(schema, choices, depth),
            None => anything(choices, depth),
        };
        for part in parts.into_iter().flatten().filter(|part| part.get("if").is_some()) {
            self.condition(part, &mut value, choices, depth);
        }
        value
    }

    /// Obeys whichever branch of a condition `value` falls under.
    fn condition(&self, schema: &Value, value: &mut Value, choices: &mut Choices, depth: usize) {
        let branch = match jsonschema::is_valid(&schema["if"], value) {
            true => "then",
            false => "else",
        };
        if let Some(branch) = schema.get(branch) {
            merge(value, self.instance(branch, choices, depth));
        }
    }

    /// A condition that is all there is: any branch will do.
    fn branch(&self, schema: &Value, choices: &mut Choices, depth: usize) -> Value {
        if schema["if"].get("type") == Some(&json!("array")) {
            if choices.once_in(2) {
                let items = json!({"type": "array", "items": schema["then"]["items"]});
                return self.instance(&items, choices, depth);
            }
            return self.instance(&schema["else"], choices, depth);
        }
        // A negated condition guards diagnostics only: what satisfies it is in its list.
        if let Some(options) = schema["if"].pointer("/not/anyOf").and_then(Value::as_array) {
            return self.instance(choices.pick(options), choices, depth);
        }
        if choices.once_in(2) {
            let mut value = self.instance(&schema["then"], choices, depth);
            let members = schema["if"].get("properties").and_then(Value::as_object);
            for (name, member) in members.into_iter().flatten() {
                if let (Some(constant), Some(object)) = (member.get("const"), value.as_object_mut()) {
                    object.insert(name.clone(), constant.clone());
                }
            }
            value
        } else {
            self.instance(&schema["else"], choices, depth)
        }
    }

    fn of_type(&self, kind: &Value, schema: &Value, choices: &mut Choices, depth: usize) -> Value {
        let kind = match kind {
            Value::Array(kinds) => choices.pick(kinds).as_str(),
            kind => kind.as_str(),
        };
        match kind.expect("type") {
            "object" => self.object(schema, choices, depth),
            "array" => {
                let most = if depth < MAX_DEPTH { 3 } else { 1 };
                let items = schema.get("items").unwrap_or(&Value::Null);
                (0..choices.below(most + 1)).map(|_| self.instance(items, choices, depth + 1)).collect()
            }
            "string" => Value::from(*choices.pick(&["", "a", "text/plain", "file:///x", "input_required", "2.0"])),
            "integer" => {
                let least = schema.get("minimum").and_then(Value::as_i64).unwrap_or(-2);
                match choices.below(4) {
                    0 => json!(least),
                    1 => json!(least as f64 + 3.0),
                    2 => json!(9_007_199_254_740_993_i64),
                    _ => json!(least + choices.below(100) as i64),
                }
            }
            "number" => match (schema.get("minimum"), schema.get("maximum")) {
                (Some(least), Some(most)) => choices.pick(&[least.clone(), most.clone(), json!(0.25)]).clone(),
                _ => choices.pick(&[json!(-1), json!(0.5), json!(1e300), json!(7)]).clone(),
            },
            "boolean" => json!(choices.once_in(2)),
            "null" => Value::Null,
            other => unreachable!("type {other}"),
        }
    }

    fn object(&self, schema: &Value, choices: &mut Choices, depth: usize) -> Value {
        let mut object = Map::new();
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).collect());
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, member) in properties.into_iter().flatten() {
            let wanted = depth < MAX_DEPTH && !choices.once_in(self.sparsity);
            if required.contains(&name.as_str()) || wanted {
                object.insert(name.clone(), self.instance(member, choices, depth + 1));
            }
        }
        for name in required {
            if !object.contains_key(name) {
                object.insert(name.to_owned(), anything(choices, depth));
            }
        }
        match schema.get("additionalProperties") {
            Some(other @ Value::Object(_)) => {
                for name in ["one", "two"].iter().take(choices.below(3)) {
                    object.insert((*name).to_owned(), self.instance(other, choices, depth + 1));
                }
            }
            _ if choices.once_in(6) => {
                object.insert("unheardOf".to_owned(), anything(choices, depth));
            }
            _ => {}
        }
        Value::Object(object)
    }
}

/// Any JSON value.
pub fn anything(choices: &mut Choices, depth: usize) -> Value {
    match choices.below(if depth < MAX_DEPTH { 10 } else { 7 }) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(1.5),
        4 => json!(3),
        5 => json!(""),
        6 => json!("any"),
        7 => json!([]),
        8 => json!([anything(choices, depth + 3)]),
        _ => json!({"any": anything(choices, depth + 3)}),
    }
}

/// Puts the members of `new` into `old`; what is not an object replaces it.
fn merge(old: &mut Value, new: Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in new {
                match old.get_mut(&name) {
                    Some(known) => merge(known, value),
                    None => {
                        old.insert(name, value);
                    }
                }
            }
        }
        (old, new) => *old = new,
    }
}
