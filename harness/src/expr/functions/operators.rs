//! Functions that work on CEL values in place: the strict comparisons and `get`.

use std::cmp::Ordering;

use cel::ExecutionError;
use cel::common::types::{CelBool, CelList, CelMap, CelMapKey, CelNull, CelString};
use cel::common::value::{CowVal, Val};

use super::exactly;
use crate::expr::value::{key_text, kind};

type Args<'b, 'v> = Vec<CowVal<'b, 'v>>;
type Outcome<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

fn truth<'b, 'v>(truth: bool) -> Outcome<'b, 'v> {
    Ok(CowVal::owned(CelBool::from(truth)))
}

/// Whether two values may be compared: of one kind, or one of them null.
fn comparable(left: &dyn Val, right: &dyn Val) -> bool {
    let (left, right) = (kind(left), kind(right));
    left == right || left == "null" || right == "null"
}

fn strictly_equal(args: Args<'_, '_>) -> Result<bool, ExecutionError> {
    let [left, right] = exactly(args)?;
    if !comparable(left.as_ref(), right.as_ref()) {
        let message = format!("{} is compared with {}", kind(left.as_ref()), kind(right.as_ref()));
        return Err(ExecutionError::function_error("==", message));
    }
    Ok(left.equals(right.as_ref()))
}

/// `==` between values of one kind.
pub(super) fn equal<'b, 'v>(args: Args<'b, 'v>) -> Outcome<'b, 'v> {
    truth(strictly_equal(args)?)
}

/// `!=` between values of one kind.
pub(super) fn differs<'b, 'v>(args: Args<'b, 'v>) -> Outcome<'b, 'v> {
    truth(!strictly_equal(args)?)
}

/// `in`: an element of a list that has some of its kind (or is empty), or a member of an object.
pub(super) fn member<'b, 'v>(args: Args<'b, 'v>) -> Outcome<'b, 'v> {
    let [wanted, container] = exactly(args)?;
    let unlike = || {
        let message = format!("{} is looked for in {}", kind(wanted.as_ref()), kind(container.as_ref()));
        ExecutionError::function_error("in", message)
    };
    if let Some(list) = container.downcast_ref::<CelList>() {
        let items = list.inner();
        if items.iter().any(|item| wanted.equals(item.as_ref())) {
            return truth(true);
        }
        let possible = items.is_empty() || items.iter().any(|item| comparable(wanted.as_ref(), item.as_ref()));
        return if possible { truth(false) } else { Err(unlike()) };
    }
    match (container.downcast_ref::<CelMap>(), wanted.downcast_ref::<CelString>()) {
        (Some(map), _) if map.inner().keys().any(|key| key.inner().equals(wanted.as_ref())) => truth(true),
        (Some(_), Some(_)) => truth(false),
        _ => Err(unlike()),
    }
}

/// The range of a macro: the keys of a map in order, anything else as it is.
pub(super) fn ordered<'b, 'v>(args: Args<'b, 'v>) -> Outcome<'b, 'v> {
    let [range] = exactly(args)?;
    let Some(map) = range.downcast_ref::<CelMap>() else {
        return Ok(range);
    };
    let mut keys: Vec<_> = map.inner().keys().collect();
    keys.sort_by(|a, b| compare(a.inner(), b.inner()).then_with(|| key_text(a).cmp(&key_text(b))));
    let keys: Vec<Box<dyn Val + 'v>> = keys.into_iter().map(|key| key.inner().clone_as_boxed()).collect();
    Ok(CowVal::owned(CelList::from(keys)))
}

fn compare(left: &dyn Val, right: &dyn Val) -> Ordering {
    left.as_comparer().and_then(|left| left.compare(right).ok()).unwrap_or(Ordering::Equal)
}

/// `get(value, path)`: what is at the dotted path, or null.
pub(super) fn get<'b, 'v>(args: Args<'b, 'v>) -> Outcome<'b, 'v> {
    let [value, path] = exactly(args)?;
    let Some(path) = path.downcast_ref::<CelString>() else {
        return Err(ExecutionError::function_error("get", "the path has to be a string, like \"result.tools.0\""));
    };
    let found = match &value {
        CowVal::Borrowed(value) => walk(*value, path.inner()).map(CowVal::Borrowed),
        CowVal::Owned(value) => walk(value.as_ref(), path.inner()).map(|value| CowVal::Owned(value.clone_as_boxed())),
    };
    Ok(found.unwrap_or_else(|| CowVal::owned(CelNull)))
}

/// Follows a path; at an object the longest run of steps that is a member's name counts as one.
fn walk<'b, 'v>(mut value: &'b (dyn Val + 'v), path: &str) -> Option<&'b (dyn Val + 'v)> {
    let mut rest = path;
    while !rest.is_empty() {
        (value, rest) = if let Some(list) = value.downcast_ref::<CelList>() {
            let (index, after) = rest.split_once('.').unwrap_or((rest, ""));
            (list.inner().get(index.parse::<usize>().ok()?)?.as_ref(), after)
        } else {
            let members = value.downcast_ref::<CelMap>()?.inner();
            let whole = std::iter::once((rest, ""));
            let shorter =
                rest.rmatch_indices('.').filter_map(|(dot, _)| Some((rest.get(..dot)?, rest.get(dot + 1..)?)));
            whole.chain(shorter).find_map(|(name, after)| {
                let member = members.get::<CelMapKey<'_>>(&CelMapKey::from(name.to_owned()))?;
                Some((member.as_ref(), after))
            })?
        };
    }
    Some(value)
}
