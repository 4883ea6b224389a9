//! Formats that MCP takes from elsewhere.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::text::string;
use crate::wire::header_value;

/// Days from the first day of the year 1 to the first of 1970.
const DAYS_BEFORE_1970: i64 = 719_162;

pub(super) fn base64_ok([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(BASE64_STANDARD.decode(string(text)?).is_ok().into())
}

/// The HMAC of a text under a key in base64, in base64 (RFC 2104); null where the key is none.
pub(super) fn hmac_sha256([key, text]: &[Value; 2]) -> Result<Value, String> {
    let (key, text) = (BASE64_STANDARD.decode(string(key)?), string(text)?);
    let sign = |key: Vec<u8>| {
        BASE64_STANDARD.encode(ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key), text.as_bytes()))
    };
    Ok(key.ok().map(sign).into())
}

pub(super) fn header_text([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(value.as_str().and_then(|text| header_value::decode(text).ok()).map_or(Value::Null, |text| text.into()))
}

pub(super) fn uri_ok([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(is_uri(string(text)?).into())
}

pub(super) fn rfc3339_ok([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(date_time(string(text)?).is_some().into())
}

pub(super) fn unix_ms([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(date_time(string(text)?).into())
}

pub(super) fn media_type([text]: &[Value; 1]) -> Result<Value, String> {
    let essence = string(text)?.split(';').next().unwrap_or_default().trim();
    let well_formed = essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    Ok(if well_formed { essence.to_ascii_lowercase().into() } else { Value::Null })
}

/// A token of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

/// A URI of RFC 3986: scheme, then characters that stand for themselves or are percent-encoded; square
/// brackets only around the host, one `#` at most.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let (hierarchy, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = hierarchy.split_once('?').unwrap_or((hierarchy, ""));
    let (authority, path) = match path.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", path),
    };
    scheme_ok
        && is_authority(authority)
        && is_encoded(path, b":@/")
        && is_encoded(query, b":@/?")
        && is_encoded(fragment, b":@/?")
}

fn is_authority(text: &str) -> bool {
    let (user, host_port) = text.rsplit_once('@').unwrap_or(("", text));
    let (host_ok, port) = match host_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => (is_ip_literal(address), ""),
        Some((address, after)) => (is_ip_literal(address) && after.starts_with(':'), after.trim_start_matches(':')),
        None => {
            let (host, port) = host_port.split_once(':').unwrap_or((host_port, ""));
            (is_encoded(host, b""), port)
        }
    };
    host_ok && is_encoded(user, b":") && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_ip_literal(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok()
        || (text.starts_with(['v', 'V']) && text.contains('.') && is_encoded(text, b":"))
}

/// Unreserved characters, sub-delimiters, `also`, and percent-encoded octets.
fn is_encoded(text: &str, also: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let ok = match byte {
            b'%' => {
                [bytes.next(), bytes.next()].iter().all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit()))
            }
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte) || also.contains(&byte),
        };
        if !ok {
            return false;
        }
    }
    true
}

/// Milliseconds since 1970 of a date-time of RFC 3339; `None` where it is none.
fn date_time(text: &str) -> Option<i64> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (hour, rest) = digits(rest.strip_prefix(['T', 't'])?, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (millis, rest) = match rest.strip_prefix('.') {
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            let digits = fraction.len().checked_sub(rest.len()).filter(|digits| *digits > 0)?;
            let shown: String = fraction.chars().take(digits.min(3)).collect();
            (format!("{shown:0<3}").parse::<i64>().ok()?, rest)
        }
        None => (0, rest),
    };
    let minutes_ahead = match rest.strip_prefix(['+', '-']) {
        Some(offset) => {
            let (hours, after) = digits(offset, 2)?;
            let (minutes, after) = digits(after.strip_prefix(':')?, 2)?;
            if !after.is_empty() || hours >= 24 || minutes >= 60 {
                return None;
            }
            let ahead = i64::from(hours * 60 + minutes);
            if rest.starts_with('-') { -ahead } else { ahead }
        }
        None if rest.eq_ignore_ascii_case("z") => 0,
        None => return None,
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month).ok()?.checked_sub(1)?;
    let length = *lengths.get(before)?;
    if !(1..=length).contains(&day) || hour >= 24 || minute >= 60 || second > 60 {
        return None;
    }
    let past = i64::from(year) - 1;
    let days = past * 365 + past.div_euclid(4) - past.div_euclid(100)
        + past.div_euclid(400)
        + lengths.iter().take(before).map(|days| i64::from(*days)).sum::<i64>()
        + i64::from(day)
        - 1
        - DAYS_BEFORE_1970;
    let minutes = days * 1440 + i64::from(hour * 60 + minute) - minutes_ahead;
    Some((minutes * 60 + i64::from(second)) * 1000 + millis)
}

/// A number of so many digits, and what follows it.
fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((number.parse().ok()?, rest))
}
