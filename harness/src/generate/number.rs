//! Numbers of a shape.

use serde_json::{Number, Value};

use super::Choices;
use super::shape::{Shape, both};

/// The largest integer that every JSON reader keeps whole (RFC 8259, section 6).
const SAFE: f64 = 9_007_199_254_740_991.0;
/// How far from the nearest bound numbers are mostly chosen.
const NEAR: f64 = 1000.0;

/// An integer of the shape.
pub(super) fn integer(shape: &Shape<'_>, choices: &mut Choices) -> Option<Value> {
    let step = shape.multiple_of.filter(|step| *step >= 1.0 && step.fract() == 0.0).unwrap_or(1.0);
    let least = shape.exclusive_minimum.map(|bound| bound.floor() + 1.0);
    let most = shape.exclusive_maximum.map(|bound| bound.ceil() - 1.0);
    let low = both(shape.minimum.map(f64::ceil), least, f64::max).unwrap_or(-SAFE).max(-SAFE);
    let high = both(shape.maximum.map(f64::floor), most, f64::min).unwrap_or(SAFE).min(SAFE);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    let chosen = choose(first, last, choices)?.round().clamp(first, last) * step;
    // Within the range of safe integers the conversion is exact.
    Some(Value::from(chosen as i64))
}

/// A number of the shape.
pub(super) fn number(shape: &Shape<'_>, choices: &mut Choices) -> Option<Value> {
    if shape.multiple_of.is_none() && choices.once_in(3) {
        let low = both(shape.minimum, shape.exclusive_minimum, f64::max);
        let high = both(shape.maximum, shape.exclusive_maximum, f64::min);
        let near = low.or(high.map(|high| high - NEAR)).unwrap_or(0.0);
        let (low, high) = (low.unwrap_or(near), high.unwrap_or(near + NEAR));
        let part = (1.0 + choices.below(999) as f64) / 1000.0;
        let chosen = low + (high - low) * part;
        return (low <= high).then(|| Number::from_f64(chosen).map(Value::Number)).flatten();
    }
    match shape.multiple_of {
        Some(step) if step.fract() != 0.0 && step > 0.0 => {
            let low = both(shape.minimum, shape.exclusive_minimum, f64::max).unwrap_or(-NEAR * step);
            let high = both(shape.maximum, shape.exclusive_maximum, f64::min).unwrap_or(low + 2.0 * NEAR * step);
            let (first, last) = ((low / step).ceil(), (high / step).floor());
            let chosen = choose(first, last, choices)?.round().clamp(first, last) * step;
            Number::from_f64(chosen).map(Value::Number)
        }
        _ => integer(shape, choices).or_else(|| {
            let middle = (both(shape.minimum, shape.exclusive_minimum, f64::max)?
                + both(shape.maximum, shape.exclusive_maximum, f64::min)?)
                / 2.0;
            Number::from_f64(middle).map(Value::Number)
        }),
    }
}

/// A whole number in the range: near 0 or the bounds, on them, or anywhere; none where there is no range.
fn choose(low: f64, high: f64, choices: &mut Choices) -> Option<f64> {
    if low.is_nan() || high.is_nan() || low > high {
        return None;
    }
    let home = 0_f64.clamp(low, high);
    let within = |number: f64| number.clamp(low, high);
    let chosen = match choices.weighted(&[6, 2, 2, 1, 1, 1]) {
        0 => within(home + choices.below(10) as f64),
        1 => within(home - choices.below(10) as f64),
        2 => within(home + choices.below(NEAR as u64) as f64),
        3 => low,
        4 => high,
        _ => {
            let part = choices.below(1 << 32) as f64 / (1_u64 << 32) as f64;
            within(low + (high - low) * part)
        }
    };
    Some(chosen)
}
