//! Functions of lists.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::values::equal;

fn list(value: &Value) -> Result<&[Value], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| "it has to be a list".to_owned())
}

fn numbers(value: &Value) -> Result<Vec<&Number>, String> {
    let number = |item: &'_ Value| matches!(item, Value::Number(_));
    let items = list(value)?;
    if !items.iter().all(number) {
        return Err("every element has to be a number".to_owned());
    }
    Ok(items.iter().filter_map(|item| if let Value::Number(number) = item { Some(number) } else { None }).collect())
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn compare(left: &Number, right: &Number) -> Ordering {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => {
            let [left, right] = [left, right].map(|number| number.as_f64().unwrap_or(f64::NAN));
            left.total_cmp(&right)
        }
    }
}

/// A text that two values share exactly if they are equal: numbers of one value are written alike.
fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => match (whole(number), number.as_f64()) {
            // Beyond 2^53 a double no longer stands for one whole number.
            (None, Some(double)) if double.fract() == 0.0 && double.abs() <= 9_007_199_254_740_992.0 => {
                format!("{double:.0}")
            }
            _ => number.to_string(),
        },
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)))
                .collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

pub(super) fn unique([items]: &[Value; 1]) -> Result<Value, String> {
    let items = list(items)?;
    let mut texts: Vec<String> = items.iter().map(canonical).collect();
    texts.sort_unstable();
    texts.dedup();
    Ok((texts.len() == items.len()).into())
}

pub(super) fn increasing([items]: &[Value; 1]) -> Result<Value, String> {
    Ok(numbers(items)?.is_sorted_by(|a, b| compare(a, b) == Ordering::Less).into())
}

pub(super) fn sorted([items]: &[Value; 1]) -> Result<Value, String> {
    let items = list(items)?;
    let mut sorted = items.to_vec();
    if items.iter().all(Value::is_string) {
        sorted.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    } else if items.iter().all(Value::is_number) {
        sorted.sort_by(|a, b| match (a, b) {
            (Value::Number(a), Value::Number(b)) => compare(a, b),
            _ => Ordering::Equal,
        });
    } else {
        return Err("the elements have to be all numbers or all strings".to_owned());
    }
    Ok(Value::Array(sorted))
}

pub(super) fn flatten([lists]: &[Value; 1]) -> Result<Value, String> {
    let mut flat = Vec::new();
    for inner in list(lists)? {
        let inner = inner.as_array().ok_or("every element has to be a list")?;
        flat.extend_from_slice(inner);
    }
    Ok(Value::Array(flat))
}

pub(super) fn sum([items]: &[Value; 1]) -> Result<Value, String> {
    let numbers = numbers(items)?;
    if let Some(whole) = numbers.iter().map(|number| whole(number)).collect::<Option<Vec<i128>>>() {
        let sum: i128 = whole.iter().sum();
        return i64::try_from(sum)
            .map(Value::from)
            .or_else(|_| u64::try_from(sum).map(Value::from))
            .map_err(|_| "the sum is too large".to_owned());
    }
    Ok(numbers.iter().filter_map(|number| number.as_f64()).sum::<f64>().into())
}

pub(super) fn subset([part, whole]: &[Value; 2]) -> Result<Value, String> {
    let (part, whole) = (list(part)?, list(whole)?);
    Ok(part.iter().all(|item| whole.iter().any(|other| equal(item, other))).into())
}

pub(super) fn count([items, value]: &[Value; 2]) -> Result<Value, String> {
    Ok(list(items)?.iter().filter(|item| equal(item, value)).count().into())
}
