//! Values broken, or pushed to an edge, in one place and by a named step.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::shape::Shape;
use super::sites::{Site, sites};
use super::value::type_of;
use super::{Choices, SchemaValues, format, text};
use crate::wire::Limits;
use crate::wire::json;

/// Characters of a long string, and the bound up to which a shape may ask for one.
const LONG: usize = 100_000;
/// Nesting of a deep value: beyond the limits of many readers, within those of ours.
const DEEP: usize = 100;
/// Stands for a text that serde_json cannot write, until it is written.
const PLACE: &str = "assay-7c1d9a52-text";

switches! {
    /// A step from a valid value to one that is broken, or at an edge.
    Mutation of "the generator";

    /// A member is left out.
    DropMember = "drop-member",
    /// A value of a type that the schema does not allow.
    WrongType = "wrong-type",
    /// Null in place of a value.
    Null = "null",
    /// Below the least number.
    BelowMinimum = "below-minimum",
    /// Above the greatest number.
    AboveMaximum = "above-maximum",
    /// A fraction in place of an integer.
    Fraction = "fraction",
    /// A number beyond 64 bits, or beyond what a float keeps whole.
    HugeNumber = "huge-number",
    /// Shorter than the least length.
    TooShort = "too-short",
    /// Longer than the greatest length.
    TooLong = "too-long",
    /// None of the values that are listed.
    NotListed = "not-listed",
    /// A string that the pattern does not match.
    BreaksPattern = "breaks-pattern",
    /// A string that is not of the format, which JSON Schema lets a receiver overlook.
    BreaksFormat = "breaks-format",
    /// Fewer items than the least number.
    TooFewItems = "too-few-items",
    /// More items than the greatest number.
    TooManyItems = "too-many-items",
    /// An item twice where each has to be unlike the others.
    RepeatedItem = "repeated-item",
    /// A member that nobody knows.
    ExtraMember = "extra-member",
    /// The empty value of the type.
    Empty = "empty",
    /// A string of 100,000 characters.
    LongString = "long-string",
    /// A member that nests 100 levels deep.
    DeepNesting = "deep-nesting",
    /// A string of characters at which programs have gone wrong.
    UnicodeEdge = "unicode-edge",
    /// Half a surrogate pair, escaped: JSON, but no Unicode text.
    LoneSurrogate = "lone-surrogate",
    /// A member twice, with unlike values.
    DuplicateMember = "duplicate-member",
    /// The same number spelled with a fraction or an exponent.
    NumberSpelling = "number-spelling",
}

/// What a receiver may do with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// The schema accepts it; refusing it as malformed is wrong.
    MustAccept,
    /// Limits of the receiver, or readers that differ, may refuse it; whatever is answered has to be well-formed.
    MayReject,
    /// The schema does not accept it. Whoever answers it with an error says which kind; whoever overlooks it is lenient,
    /// which is wrong only where a requirement says so.
    MustReject,
}

/// A value after one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutated {
    /// The step.
    pub mutation: Mutation,
    /// Where, as JSON Pointer into the value before.
    pub at: String,
    /// The JSON text.
    pub text: Vec<u8>,
    /// What a receiver may do with it.
    pub expected: Expected,
}

impl Mutated {
    /// What the text says, as far as a tree without duplicates and lone surrogates can hold it.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        json::parse(&self.text, &Limits::DEFAULT).value.map(|tree| tree.to_value())
    }
}

impl SchemaValues {
    /// Every step that can be taken from a valid value, in a fixed order.
    #[must_use]
    pub fn mutations(&self, value: &Value, choices: &mut Choices) -> Vec<Mutated> {
        all(self.schema(), self.schema(), value, &|value| self.accepts(value), choices)
    }

    /// One of these, each as likely; `None` where there is none.
    #[must_use]
    pub fn mutate(&self, value: &Value, choices: &mut Choices) -> Option<Mutated> {
        one(self.schema(), self.schema(), value, &|value| self.accepts(value), choices)
    }
}

/// Every step from a value of a schema within `root`.
pub(super) fn all(
    root: &Value,
    schema: &Value,
    value: &Value,
    is_valid: &dyn Fn(&Value) -> bool,
    choices: &mut Choices,
) -> Vec<Mutated> {
    let mut found = Vec::new();
    for site in sites(root, schema, value, choices) {
        for (mutation, change) in changes(&site, choices) {
            found.push(finish(value, &site.at, mutation, change, is_valid));
        }
    }
    found
}

/// One step, chosen.
pub(super) fn one(
    root: &Value,
    schema: &Value,
    value: &Value,
    is_valid: &dyn Fn(&Value) -> bool,
    choices: &mut Choices,
) -> Option<Mutated> {
    let sites = sites(root, schema, value, choices);
    let site = choices.pick(&sites)?;
    let mut changes = changes(site, choices);
    let at = choices.index(changes.len());
    (at < changes.len()).then(|| {
        let (mutation, change) = changes.swap_remove(at);
        finish(value, &site.at, mutation, change, is_valid)
    })
}

/// What stands in a place afterwards.
enum Change {
    Value(Value),
    /// JSON text.
    Text(String),
    Removed,
    /// The member twice: with its value, and with this one.
    Twice(Value),
}

fn finish(value: &Value, at: &str, mutation: Mutation, change: Change, is_valid: &dyn Fn(&Value) -> bool) -> Mutated {
    let mut after = value.clone();
    let name = at.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    let mut text = None;
    match change {
        Change::Value(new) => put(&mut after, at, new),
        Change::Text(spelled) => {
            put(&mut after, at, json!(PLACE));
            text = Some(spelled);
        }
        Change::Twice(other) => {
            let first = value.pointer(at).cloned().unwrap_or_default();
            put(&mut after, at, json!(PLACE));
            text = Some(format!("{first},{}:{other}", json!(name)));
        }
        Change::Removed => {
            if let Some(Value::Object(members)) = at.rsplit_once('/').and_then(|(parent, _)| after.pointer_mut(parent))
            {
                members.shift_remove(&name);
            }
        }
    }
    let mut spelled = after.to_string();
    if let Some(text) = text {
        spelled = spelled.replacen(&json!(PLACE).to_string(), &text, 1);
    }
    let mut mutated =
        Mutated { mutation, at: at.to_owned(), text: spelled.into_bytes(), expected: Expected::MayReject };
    mutated.expected = expected(&mutated, is_valid);
    mutated
}

fn expected(mutated: &Mutated, is_valid: &dyn Fn(&Value) -> bool) -> Expected {
    // Of these readers differ in what value they are.
    if matches!(mutated.mutation, Mutation::DuplicateMember | Mutation::LoneSurrogate | Mutation::BreaksFormat) {
        return Expected::MayReject;
    }
    let accepted = mutated.value().is_some_and(|value| is_valid(&value));
    match mutated.mutation {
        _ if !accepted => Expected::MustReject,
        Mutation::HugeNumber
        | Mutation::LongString
        | Mutation::DeepNesting
        | Mutation::UnicodeEdge
        | Mutation::NumberSpelling => Expected::MayReject,
        _ => Expected::MustAccept,
    }
}

fn put(target: &mut Value, at: &str, new: Value) {
    if let Some(place) = target.pointer_mut(at) {
        *place = new;
    }
}

fn changes(site: &Site<'_, '_>, choices: &mut Choices) -> Vec<(Mutation, Change)> {
    let mut found = Vec::new();
    let shape = &site.shape;
    if site.is_member {
        found.push((Mutation::DropMember, Change::Removed));
        found.push((Mutation::DuplicateMember, Change::Twice(of_another_type(site.value, choices))));
    }
    if let Some(wrong) = of_wrong_type(shape, site.value, choices) {
        found.push((Mutation::WrongType, Change::Value(wrong)));
    }
    if !site.value.is_null() {
        found.push((Mutation::Null, Change::Value(Value::Null)));
    }
    if shape.among.is_some() {
        let other = if site.value.is_string() { json!("not-in-the-list") } else { json!({ "not": "in the list" }) };
        found.push((Mutation::NotListed, Change::Value(other)));
    }
    match site.value {
        Value::Number(number) => numbers(shape, number, &mut found, choices),
        Value::String(text) => strings(shape, text, &mut found, choices),
        Value::Array(items) => arrays(shape, items, &mut found),
        Value::Object(members) => {
            let with = |name: &str, value: Value| {
                let mut members = members.clone();
                members.insert(name.to_owned(), value);
                Change::Value(Value::Object(members))
            };
            found.push((Mutation::ExtraMember, with("x-assay-unknown", json!(1))));
            found.push((Mutation::DeepNesting, with("x-assay-deep", nested(DEEP))));
            if !members.is_empty() {
                found.push((Mutation::Empty, Change::Value(json!({}))));
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
    found
}

fn numbers(shape: &Shape<'_>, number: &serde_json::Number, found: &mut Vec<(Mutation, Change)>, choices: &mut Choices) {
    let whole =
        |bound: f64| if bound.fract() == 0.0 && bound.abs() < 9e15 { json!(bound as i64) } else { json!(bound) };
    if let Some(bound) = shape.minimum.or(shape.exclusive_minimum) {
        found.push((Mutation::BelowMinimum, Change::Value(whole(bound - 1.0))));
    }
    if let Some(bound) = shape.maximum.or(shape.exclusive_maximum) {
        found.push((Mutation::AboveMaximum, Change::Value(whole(bound + 1.0))));
    }
    if let Some(integer) = number.as_i64() {
        if integer.unsigned_abs() < 1 << 52 {
            found.push((Mutation::Fraction, Change::Value(json!(integer as f64 + 0.5))));
        }
        let spellings =
            [format!("{integer}.0"), format!("{integer}e0"), format!("{integer}.00"), format!("{integer}E+0")];
        if let Some(spelled) = choices.pick(&spellings) {
            found.push((Mutation::NumberSpelling, Change::Text(spelled.clone())));
        }
    }
    let huge =
        ["9007199254740993", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e308", "-0"];
    if let Some(huge) = choices.pick(&huge) {
        found.push((Mutation::HugeNumber, Change::Text((*huge).to_owned())));
    }
}

fn strings(shape: &Shape<'_>, came: &str, found: &mut Vec<(Mutation, Change)>, choices: &mut Choices) {
    let mut string = |mutation, text: String| found.push((mutation, Change::Value(Value::String(text))));
    if let Some(least) = shape.min_length.and_then(|least| usize::try_from(least).ok()).filter(|least| *least > 0) {
        string(Mutation::TooShort, came.chars().take(least - 1).collect());
    }
    if let Some(most) = shape.max_length.and_then(|most| usize::try_from(most).ok()).filter(|most| *most < LONG) {
        let missing = (most + 1).saturating_sub(came.chars().count());
        string(Mutation::TooLong, format!("{came}{}", "a".repeat(missing)));
    }
    let unmatched = |pattern: &&str| {
        let regex = regex::Regex::new(pattern).ok()?;
        ["", "\u{0}", " ", "-", "aA0_", "\u{1f600}"].into_iter().find(|text| !regex.is_match(text))
    };
    if let Some(text) = shape.patterns.iter().find_map(unmatched) {
        string(Mutation::BreaksPattern, text.to_owned());
    }
    if let Some(text) = shape.format.and_then(format::broken) {
        string(Mutation::BreaksFormat, text.to_owned());
    }
    if !came.is_empty() {
        string(Mutation::Empty, String::new());
    }
    string(Mutation::LongString, "a".repeat(LONG));
    if let Some(edge) = choices.pick(&text::EDGES) {
        string(Mutation::UnicodeEdge, (*edge).to_owned());
    }
    let lone = ["\"\\ud800\"", "\"a\\udfffb\"", "\"\\udc00\\ud800\""];
    if let Some(lone) = choices.pick(&lone) {
        found.push((Mutation::LoneSurrogate, Change::Text((*lone).to_owned())));
    }
}

fn arrays(shape: &Shape<'_>, items: &[Value], found: &mut Vec<(Mutation, Change)>) {
    let list = |items: Vec<Value>| Change::Value(Value::Array(items));
    if let Some(least) = usize::try_from(shape.min_items).ok().filter(|least| *least > 0) {
        found.push((Mutation::TooFewItems, list(items.iter().take(least - 1).cloned().collect())));
    }
    let last = items.last().cloned().unwrap_or_else(|| json!("x"));
    if let Some(most) = shape.max_items.and_then(|most| usize::try_from(most).ok()).filter(|most| *most < LONG) {
        let more = (most + 1).saturating_sub(items.len());
        found.push((Mutation::TooManyItems, list([items.to_vec(), vec![last.clone(); more]].concat())));
    }
    if shape.unique && !items.is_empty() {
        found.push((Mutation::RepeatedItem, list([items.to_vec(), vec![last]].concat())));
    }
    if !items.is_empty() {
        found.push((Mutation::Empty, list(Vec::new())));
    }
}

/// A value of a type that the shape does not allow, or of another type than the value where it allows all.
fn of_wrong_type(shape: &Shape<'_>, value: &Value, choices: &mut Choices) -> Option<Value> {
    let kinds: Vec<Value> = every_type()
        .into_iter()
        .filter(|other| match &shape.types {
            Some(_) => !shape.allows(type_of(other)),
            None => type_of(other) != type_of(value) && shape.among.is_some(),
        })
        .collect();
    choices.pick(&kinds).cloned()
}

fn of_another_type(value: &Value, choices: &mut Choices) -> Value {
    let kinds: Vec<Value> = every_type().into_iter().filter(|other| type_of(other) != type_of(value)).collect();
    choices.pick(&kinds).cloned().unwrap_or_default()
}

fn every_type() -> [Value; 6] {
    [json!("text"), json!(7), json!(true), json!([]), json!({}), json!(1.5)]
}

fn nested(levels: usize) -> Value {
    // `json!` would copy what is inside at every level.
    (0..levels).fold(Value::from(1), |inner, level| match level % 2 {
        0 => Value::Array(vec![inner]),
        _ => Value::Object(Map::from_iter([("a".to_owned(), inner)])),
    })
}
