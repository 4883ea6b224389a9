//! What several schemas that hold at once ask of a value, as far as that helps to make one.

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value};

use super::Choices;

/// References and branches followed for one value.
const MAX_HOPS: usize = 256;

/// All schemas that one value has to satisfy. `not`, what lies outside the chosen branches and the like are left to the
/// validation of the whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape<'a> {
    /// No value satisfies them.
    pub(super) impossible: bool,
    pub(super) types: Option<Vec<&'a str>>,
    /// `enum` and `const`.
    pub(super) among: Option<Vec<&'a Value>>,
    /// `examples`, `default` and their like.
    pub(super) samples: Vec<&'a Value>,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_minimum: Option<f64>,
    pub(super) exclusive_maximum: Option<f64>,
    pub(super) multiple_of: Option<f64>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) patterns: Vec<&'a str>,
    pub(super) format: Option<&'a str>,
    pub(super) properties: IndexMap<&'a str, Vec<&'a Value>>,
    pub(super) pattern_properties: Vec<(&'a str, &'a Value)>,
    pub(super) required: IndexSet<&'a str>,
    /// `additionalProperties` and `unevaluatedProperties`, each with the names that it leaves alone.
    pub(super) additional: Vec<&'a Value>,
    pub(super) property_names: Vec<&'a Value>,
    /// `dependentRequired`, and `dependencies` of older drafts.
    pub(super) dependent: Vec<(&'a str, &'a Value)>,
    pub(super) min_properties: u64,
    pub(super) max_properties: Option<u64>,
    pub(super) prefix_items: Vec<Vec<&'a Value>>,
    pub(super) items: Vec<&'a Value>,
    pub(super) contains: Option<&'a Value>,
    pub(super) min_contains: u64,
    pub(super) min_items: u64,
    pub(super) max_items: Option<u64>,
    pub(super) unique: bool,
    hops: usize,
}

/// Which branch of `anyOf`, `oneOf` and `if` is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Branch {
    /// As the choices say.
    Any,
    /// The one that nests least: the values around it are deep enough.
    Shallow,
}

impl<'a> Shape<'a> {
    /// What the schemas ask together; `root` is what references lead into.
    pub(super) fn of(root: &'a Value, schemas: &[&'a Value], branch: Branch, choices: &mut Choices) -> Self {
        let mut shape = Self { min_contains: 1, ..Self::default() };
        let mut merge = Merge { root, branch, choices };
        for schema in schemas {
            merge.add(&mut shape, schema);
        }
        shape
    }

    /// Whether a value may have this type.
    pub(super) fn allows(&self, kind: &str) -> bool {
        let same = |allowed: &&str| *allowed == kind || *allowed == "number" && kind == "integer";
        self.types.as_ref().is_none_or(|types| types.iter().any(same))
    }

    /// The schemas of a member.
    pub(super) fn member(&self, name: &str) -> Vec<&'a Value> {
        let mut schemas = self.properties.get(name).cloned().unwrap_or_default();
        let matches = |pattern: &str| regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(name));
        schemas
            .extend(self.pattern_properties.iter().filter(|(pattern, _)| matches(pattern)).map(|(_, schema)| *schema));
        if schemas.is_empty() {
            schemas.extend(&self.additional);
        }
        schemas
    }

    /// The schemas of an item.
    pub(super) fn item(&self, at: usize) -> &[&'a Value] {
        self.prefix_items.get(at).unwrap_or(&self.items)
    }

    /// Whether members that are not named may be added.
    pub(super) fn is_open(&self) -> bool {
        !self.additional.contains(&&Value::Bool(false))
    }
}

struct Merge<'a, 'c> {
    root: &'a Value,
    branch: Branch,
    choices: &'c mut Choices,
}

impl<'a> Merge<'a, '_> {
    /// Recursion no deeper than [`MAX_HOPS`].
    fn add(&mut self, shape: &mut Shape<'a>, schema: &'a Value) {
        shape.hops += 1;
        if shape.hops > MAX_HOPS {
            shape.impossible = true;
            return;
        }
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(false) => {
                shape.impossible = true;
                return;
            }
            _ => return,
        };
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(target) = schema.get(keyword).and_then(Value::as_str) {
                match resolve(self.root, target) {
                    Some(target) => self.add(shape, target),
                    None => shape.impossible = true,
                }
            }
        }
        self.branches(shape, schema);
        types(shape, schema);
        values(shape, schema);
        bounds(shape, schema);
        members(shape, schema);
        items(shape, schema);
    }

    fn branches(&mut self, shape: &mut Shape<'a>, schema: &'a Map<String, Value>) {
        for part in list(schema, "allOf") {
            self.add(shape, part);
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(Value::Array(branches)) = schema.get(keyword) else { continue };
            let taken = match self.branch {
                Branch::Any => self.choices.pick(branches),
                Branch::Shallow => branches.iter().min_by_key(|branch| (has_reference(branch), nesting(branch))),
            };
            match taken {
                Some(taken) => self.add(shape, taken),
                None => shape.impossible = true,
            }
        }
        if let Some(condition) = schema.get("if") {
            if self.choices.below(4) < 2 {
                self.add(shape, condition);
                schema.get("then").into_iter().for_each(|then| self.add(shape, then));
            } else {
                schema.get("else").into_iter().for_each(|other| self.add(shape, other));
            }
        }
        for keyword in ["dependentSchemas", "dependencies"] {
            let Some(Value::Object(dependent)) = schema.get(keyword) else { continue };
            for (name, then) in dependent {
                if !then.is_array() && self.choices.once_in(2) {
                    shape.required.insert(name);
                    self.add(shape, then);
                }
            }
        }
    }
}

/// What a reference leads to within the schema: a pointer, or what an `$anchor` or `$id` names.
pub(super) fn resolve<'a>(root: &'a Value, target: &str) -> Option<&'a Value> {
    match target.split_once('#') {
        Some(("", pointer)) if pointer.is_empty() || pointer.starts_with('/') => {
            root.pointer(pointer).or_else(|| root.pointer(&unescaped(pointer)))
        }
        Some((base, name)) if !base.is_empty() && (name.is_empty() || name.starts_with('/')) => {
            named(root, base)?.pointer(name)
        }
        Some((_, name)) => named(root, name),
        None => named(root, target),
    }
}

/// Percent escapes of what stands in names of definitions now and then.
fn unescaped(pointer: &str) -> String {
    ["%20", "%25", "%3C", "%3E", "%5B", "%5D", "%7B", "%7D", "%22"]
        .iter()
        .zip([" ", "%", "<", ">", "[", "]", "{", "}", "\""])
        .fold(pointer.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

/// The schema that has this `$anchor`, `$dynamicAnchor` or `$id`.
fn named<'a>(root: &'a Value, name: &str) -> Option<&'a Value> {
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                let is_named = |key| members.get(key).and_then(Value::as_str) == Some(name);
                if ["$anchor", "$dynamicAnchor", "$id", "id"].into_iter().any(is_named) {
                    return Some(value);
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    None
}

fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.contains_key("$ref") || members.values().any(has_reference),
        Value::Array(items) => items.iter().any(has_reference),
        _ => false,
    }
}

fn nesting(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(nesting).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}

fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    schema.get(keyword).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn types<'a>(shape: &mut Shape<'a>, schema: &'a Map<String, Value>) {
    let new: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let Some(old) = shape.types.take() else {
        shape.types = Some(new);
        return;
    };
    let common: Vec<&str> = new
        .iter()
        .filter(|kind| old.contains(kind) || **kind == "integer" && old.contains(&"number"))
        .chain(old.iter().filter(|kind| **kind == "integer" && new.contains(&"number") && !new.contains(kind)))
        .copied()
        .collect();
    shape.impossible |= common.is_empty();
    shape.types = Some(common);
}

fn values<'a>(shape: &mut Shape<'a>, schema: &'a Map<String, Value>) {
    let listed = schema.get("enum").and_then(Value::as_array).map(|all| all.iter().collect());
    for new in [listed, schema.get("const").map(|one| vec![one])].into_iter().flatten() {
        let kept: Vec<&Value> = match shape.among.take() {
            Some(old) => old.into_iter().filter(|value| new.contains(value)).collect(),
            None => new,
        };
        shape.impossible |= kept.is_empty();
        shape.among = Some(kept);
    }
    shape.samples.extend(list(schema, "examples"));
    shape.samples.extend(["default", "example"].iter().filter_map(|keyword| schema.get(*keyword)));
}

fn bounds<'a>(shape: &mut Shape<'a>, schema: &'a Map<String, Value>) {
    let number = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let higher = |old: &mut Option<f64>, new: Option<f64>| *old = both(*old, new, f64::max);
    higher(&mut shape.minimum, number("minimum"));
    higher(&mut shape.exclusive_minimum, number("exclusiveMinimum"));
    for (old, new) in
        [(&mut shape.maximum, number("maximum")), (&mut shape.exclusive_maximum, number("exclusiveMaximum"))]
    {
        *old = both(*old, new, f64::min);
    }
    // Draft 4 says with true that a bound is exclusive.
    if schema.get("exclusiveMinimum") == Some(&Value::Bool(true)) {
        shape.exclusive_minimum = shape.minimum;
    }
    if schema.get("exclusiveMaximum") == Some(&Value::Bool(true)) {
        shape.exclusive_maximum = shape.maximum;
    }
    shape.multiple_of = number("multipleOf").or(shape.multiple_of);
    shape.min_length = shape.min_length.max(size(schema, "minLength"));
    shape.max_length = least(shape.max_length, size(schema, "maxLength"));
    shape.patterns.extend(schema.get("pattern").and_then(Value::as_str));
    shape.format = schema.get("format").and_then(Value::as_str).or(shape.format);
}

/// The bound that holds where both do.
pub(super) fn both(one: Option<f64>, other: Option<f64>, which: fn(f64, f64) -> f64) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(which(one, other)),
        (one, other) => one.or(other),
    }
}

/// A size may be spelled as a float.
fn size(schema: &Map<String, Value>, keyword: &str) -> Option<u64> {
    let value = schema.get(keyword)?;
    value.as_u64().or_else(|| value.as_f64().map(|size| size as u64))
}

fn least(old: Option<u64>, new: Option<u64>) -> Option<u64> {
    old.into_iter().chain(new).min()
}

fn members<'a>(shape: &mut Shape<'a>, schema: &'a Map<String, Value>) {
    if let Some(Value::Object(properties)) = schema.get("properties") {
        for (name, property) in properties {
            shape.properties.entry(name).or_default().push(property);
        }
    }
    if let Some(Value::Object(patterns)) = schema.get("patternProperties") {
        shape.pattern_properties.extend(patterns.iter().map(|(pattern, schema)| (pattern.as_str(), schema)));
    }
    shape.required.extend(list(schema, "required").iter().filter_map(Value::as_str));
    for keyword in ["additionalProperties", "unevaluatedProperties"] {
        shape.additional.extend(schema.get(keyword));
    }
    shape.property_names.extend(schema.get("propertyNames"));
    for keyword in ["dependentRequired", "dependencies"] {
        if let Some(Value::Object(dependent)) = schema.get(keyword) {
            shape
                .dependent
                .extend(dependent.iter().filter(|(_, then)| then.is_array()).map(|(name, then)| (name.as_str(), then)));
        }
    }
    shape.min_properties = shape.min_properties.max(size(schema, "minProperties").unwrap_or(0));
    shape.max_properties = least(shape.max_properties, size(schema, "maxProperties"));
}

fn items<'a>(shape: &mut Shape<'a>, schema: &'a Map<String, Value>) {
    // Up to 2019-09 a list of `items` is what `prefixItems` is now, and `additionalItems` what `items` is.
    let (prefix, rest) = match schema.get("items") {
        Some(Value::Array(prefix)) => (prefix.as_slice(), schema.get("additionalItems")),
        items => (list(schema, "prefixItems"), items),
    };
    for (at, item) in prefix.iter().enumerate() {
        match shape.prefix_items.get_mut(at) {
            Some(schemas) => schemas.push(item),
            None => shape.prefix_items.push(vec![item]),
        }
    }
    shape.items.extend(rest);
    if let Some(contains) = schema.get("contains") {
        shape.contains = Some(contains);
        shape.min_contains = size(schema, "minContains").unwrap_or(1);
    }
    shape.min_items = shape.min_items.max(size(schema, "minItems").unwrap_or(0));
    shape.max_items = least(shape.max_items, size(schema, "maxItems"));
    shape.unique |= schema.get("uniqueItems") == Some(&Value::Bool(true));
}
