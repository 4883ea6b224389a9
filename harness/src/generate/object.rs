//! Objects and arrays of a shape.

use serde_json::{Map, Value};

use super::shape::Shape;
use super::value::Maker;
use super::{Choices, pattern};

/// Members or items beyond those that a schema asks for.
const MORE: u64 = 3;
/// Tries to find an item or a name that is not there yet.
const MAX_TRIES: usize = 16;

/// The most a shape may ask for of a thing that is made one by one.
const MAX_ASKED: u64 = 1000;

impl<'a> Maker<'a> {
    pub(super) fn object(&self, shape: &Shape<'a>, depth: usize, choices: &mut Choices) -> Option<Value> {
        if shape.min_properties > MAX_ASKED {
            return None;
        }
        let mut wanted: Vec<&str> = shape.required.iter().copied().collect();
        for name in shape.properties.keys().filter(|name| !shape.required.contains(*name)) {
            if self.may_grow(depth) && choices.once_in(2) {
                wanted.push(name);
            }
        }
        let mut at = 0;
        while let Some(name) = wanted.get(at).copied() {
            at += 1;
            for (_, then) in shape.dependent.iter().filter(|(on, _)| *on == name) {
                let asked = then.as_array().into_iter().flatten().filter_map(Value::as_str);
                let new: Vec<&str> = asked.filter(|asked| !wanted.contains(asked)).collect();
                wanted.extend(new);
            }
        }
        // In the order of the schema, as people write them.
        wanted.sort_by_key(|name| shape.properties.get_index_of(name).unwrap_or(usize::MAX));
        let mut members = Map::new();
        for name in wanted {
            if shape.max_properties.is_some_and(|most| members.len() as u64 >= most) && !shape.required.contains(name) {
                continue;
            }
            let value = match self.hint(name, choices) {
                Some(value) => value,
                None => self.value(&shape.member(name), depth + 1, choices)?,
            };
            members.insert(name.to_owned(), value);
        }
        self.further_members(shape, depth, &mut members, choices)?;
        Some(Value::Object(members))
    }

    /// Members without a name of their own: those of a map, and as many as the least number asks for.
    fn further_members(
        &self,
        shape: &Shape<'a>,
        depth: usize,
        members: &mut Map<String, Value>,
        choices: &mut Choices,
    ) -> Option<()> {
        let missing = shape.min_properties.saturating_sub(members.len() as u64);
        let is_map = shape.additional.iter().any(|schema| schema.is_object()) || !shape.pattern_properties.is_empty();
        let is_free = shape.properties.is_empty() && shape.is_open();
        let more = match self.may_grow(depth) && (is_map || is_free) {
            true => choices.below(MORE + 1),
            false => 0,
        };
        let room = shape.max_properties.unwrap_or(u64::MAX).saturating_sub(members.len() as u64);
        for _ in 0..missing.max(more).min(room) {
            let Some(name) = (0..MAX_TRIES).find_map(|_| {
                let name = self.new_name(shape, members.len(), depth, choices)?;
                (!members.contains_key(&name)).then_some(name)
            }) else {
                // Nothing more has to be there than was asked for.
                break;
            };
            let value = self.value(&shape.member(&name), depth + 1, choices)?;
            members.insert(name, value);
        }
        Some(())
    }

    fn new_name(&self, shape: &Shape<'a>, at: usize, depth: usize, choices: &mut Choices) -> Option<String> {
        if !shape.property_names.is_empty() {
            let mut named = Shape::of(self.root, &shape.property_names, super::shape::Branch::Any, choices);
            named.types = Some(vec!["string"]);
            return self.of_shape(&named, depth + 1, choices)?.as_str().map(str::to_owned);
        }
        let optional: Vec<&&str> = shape.properties.keys().collect();
        if !optional.is_empty() && !shape.is_open() {
            return choices.pick(&optional).map(|name| (**name).to_owned());
        }
        match choices.pick(&shape.pattern_properties) {
            Some((pattern, _)) => pattern::matching(pattern, choices),
            None => Some(format!("key{at}")),
        }
    }

    pub(super) fn array(&self, shape: &Shape<'a>, depth: usize, choices: &mut Choices) -> Option<Value> {
        let contained = if shape.contains.is_some() { shape.min_contains } else { 0 };
        let least = shape.min_items.max(contained);
        if least > MAX_ASKED {
            return None;
        }
        let grown = match self.may_grow(depth) {
            true => {
                least.saturating_add(choices.below(MORE + 1)).max(choices.below(shape.prefix_items.len() as u64 + 1))
            }
            false => least,
        };
        let length = grown.min(shape.max_items.unwrap_or(u64::MAX)).max(shape.min_items);
        let mut items: Vec<Value> = Vec::new();
        for at in 0..usize::try_from(length).ok()? {
            let mut schemas = shape.item(at).to_vec();
            if (at as u64) < contained {
                schemas.extend(shape.contains);
            }
            if schemas.contains(&&Value::Bool(false)) {
                break;
            }
            let tries = if shape.unique { MAX_TRIES } else { 1 };
            let made = (0..tries).find_map(|_| {
                let item = self.value(&schemas, depth + 1, choices)?;
                (!shape.unique || !items.contains(&item)).then_some(item)
            });
            match made {
                Some(item) => items.push(item),
                None if (at as u64) < least => return None,
                None => break,
            }
        }
        Some(Value::Array(items))
    }
}
