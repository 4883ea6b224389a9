//! Numbers as they are spelled and as they are stored.

use serde_json::{Number, Value};

/// More significant decimal digits than this do not survive a 64-bit float.
const F64_DIGITS: usize = 17;

/// The value of a JSON number: `i64` or `u64` where it is spelled as an integer and fits, else `f64`, else null.
pub(super) fn to_value(text: &str) -> Value {
    // Minus zero is an integer that only a float can hold.
    if text != "-0" {
        if let Ok(int) = text.parse::<i64>() {
            return Value::from(int);
        }
        if let Ok(int) = text.parse::<u64>() {
            return Value::from(int);
        }
    }
    text.parse::<f64>().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

/// Whether [`to_value`] would lose some of the number.
pub(super) fn loses_value(text: &str) -> bool {
    if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        return false;
    }
    let Some(decimal) = Decimal::read(text) else {
        return true;
    };
    if decimal.digits.is_empty() {
        return false;
    }
    if decimal.digits.len() > F64_DIGITS {
        return true;
    }
    let float = text.parse::<f64>().unwrap_or(f64::INFINITY);
    if !float.is_finite() || float == 0.0 {
        return true;
    }
    // A long integer has to come out digit for digit; a fraction never does, so there 17 digits are enough.
    let is_integer = !text.contains(['.', 'e', 'E']);
    is_integer && format!("{float:.0}") != text
}

/// Whether two JSON numbers are the same number however they are spelled: `1`, `1.0`, `10e-1`; `0` and `-0`.
/// Texts that are not JSON numbers are the same only if equal.
pub fn same_number(a: &str, b: &str) -> bool {
    a == b || matches!((Decimal::read(a), Decimal::read(b)), (Some(a), Some(b)) if a == b)
}

/// Whether the JSON number is a whole number, and which, if 64 bits hold it: `Some(Some(-32600))` for `-326e2`.
pub(in crate::wire) fn whole(text: &str) -> Option<Option<i64>> {
    let decimal = Decimal::read(text)?;
    if decimal.digits.is_empty() {
        return Some(Some(0));
    }
    if decimal.exponent < 0 {
        return None;
    }
    let int = u32::try_from(decimal.exponent).ok().and_then(|exponent| {
        let magnitude: i64 = decimal.digits.parse().ok()?;
        let magnitude = magnitude.checked_mul(10_i64.checked_pow(exponent)?)?;
        Some(if decimal.negative { -magnitude } else { magnitude })
    });
    Some(int)
}

/// A decimal in its only spelling: digits without zeros at either end, times ten to the exponent.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `None` if the text is no JSON number or its exponent is beyond reason.
    fn read(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent),
            None => (rest, "0"),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let kept = digits.trim_end_matches('0');
        if kept.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let exponent = exponent
            .parse::<i64>()
            .ok()?
            .checked_sub(i64::try_from(fraction.len()).ok()?)?
            .checked_add(i64::try_from(digits.len() - kept.len()).ok()?)?;
        Some(Self { negative, digits: kept.to_owned(), exponent })
    }
}
