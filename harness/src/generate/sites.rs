//! The places in a value where it can be broken, each with what the schema says of it.

use serde_json::Value;

use super::Choices;
use super::shape::{Branch, Shape};

/// Places looked at in one value.
const MAX_SITES: usize = 400;

/// One value within another.
#[derive(Debug, Clone)]
pub(super) struct Site<'a, 'v> {
    /// JSON Pointer (RFC 6901).
    pub(super) at: String,
    pub(super) value: &'v Value,
    /// What is known of it; more is decided by validating the whole.
    pub(super) shape: Shape<'a>,
    /// Whether it is a member of an object.
    pub(super) is_member: bool,
}

/// All places in a value, the outermost first.
pub(super) fn sites<'a, 'v>(
    root: &'a Value,
    schema: &'a Value,
    value: &'v Value,
    choices: &mut Choices,
) -> Vec<Site<'a, 'v>> {
    let start = Site { at: String::new(), value, shape: shape_of(root, &[schema], choices), is_member: false };
    let mut found = vec![start];
    let mut next = 0;
    while let Some(site) = found.get(next).cloned() {
        next += 1;
        let mut inner: Vec<Site<'a, 'v>> = Vec::new();
        match site.value {
            Value::Object(members) => {
                for (name, value) in members {
                    let at = format!("{}/{}", site.at, name.replace('~', "~0").replace('/', "~1"));
                    let shape = shape_of(root, &site.shape.member(name), choices);
                    inner.push(Site { at, value, shape, is_member: true });
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    let shape = shape_of(root, site.shape.item(index), choices);
                    inner.push(Site { at: format!("{}/{index}", site.at), value, shape, is_member: false });
                }
            }
            _ => {}
        }
        found.extend(inner);
        if found.len() >= MAX_SITES {
            break;
        }
    }
    found.truncate(MAX_SITES);
    found
}

fn shape_of<'a>(root: &'a Value, schemas: &[&'a Value], choices: &mut Choices) -> Shape<'a> {
    Shape::of(root, schemas, Branch::Any, choices)
}
