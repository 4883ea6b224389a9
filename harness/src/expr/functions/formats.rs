//! Formats that MCP takes from elsewhere.

use base64::Engine as _;
use serde_json::Value;

use super::text::string;
use crate::wire::header_value;

pub(super) fn base64_ok([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(base64::prelude::BASE64_STANDARD.decode(string(text)?).is_ok().into())
}

pub(super) fn header_text([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(value.as_str().and_then(|text| header_value::decode(text).ok()).map_or(Value::Null, |text| text.into()))
}

pub(super) fn uri_ok([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(is_uri(string(text)?).into())
}

pub(super) fn rfc3339_ok([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(is_date_time(string(text)?).unwrap_or(false).into())
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

/// A date-time of RFC 3339; `None` where it breaks off.
fn is_date_time(text: &str) -> Option<bool> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (hour, rest) = digits(rest.strip_prefix(['T', 't'])?, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == fraction.len() {
                return None;
            }
            rest
        }
        None => rest,
    };
    let offset_ok = match rest.strip_prefix(['+', '-']) {
        Some(offset) => {
            let (hours, rest) = digits(offset, 2)?;
            let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
            rest.is_empty() && hours < 24 && minutes < 60
        }
        None => rest.eq_ignore_ascii_case("z"),
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    Some(offset_ok && (1..=days).contains(&day) && hour < 24 && minute < 60 && second <= 60)
}

/// A number of so many digits, and what follows it.
fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((number.parse().ok()?, rest))
}
