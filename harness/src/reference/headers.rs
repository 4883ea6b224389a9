//! Headers that repeat what the body says (2026-07-28, basic/transports/streamable-http).

use hyper::HeaderMap;
use serde_json::Value;

use super::core::Server;
use super::rpc::{Failure, HEADER_MISMATCH, Object};
use super::{Switch, tools};
use crate::wire::header_value;

/// The header with the protocol version, in both eras.
pub(super) const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

/// The only value of a header; `None` if it is absent. Repeated headers and bytes outside visible ASCII, space and tab
/// are refused.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Failure> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(mismatch(format!("header {name} came more than once")));
    }
    let value = value.to_str().map_err(|_| mismatch(format!("header {name} has characters that are not allowed")))?;
    Ok(Some(value.trim_matches([' ', '\t'])))
}

/// Compares the version header with the version that the body declares.
pub(super) fn check_version(server: &Server, headers: &HeaderMap, declared: &str) -> Result<(), Failure> {
    if server.has(Switch::IgnoresVersionHeader) {
        return Ok(());
    }
    compare(VERSION, single(headers, VERSION)?, declared)
}

/// Compares `Mcp-Method`, `Mcp-Name` and `Mcp-Param-*` with the body.
pub(super) fn check_body(server: &Server, headers: &HeaderMap, method: &str, params: &Object) -> Result<(), Failure> {
    if !server.has(Switch::IgnoresRoutingHeaders) {
        compare(METHOD, single(headers, METHOD)?, method)?;
        check_name(server, headers, method, params)?;
    }
    if method == "tools/call" && !server.has(Switch::IgnoresParamHeaders) {
        check_parameters(server, headers, params)?;
    }
    Ok(())
}

fn check_name(server: &Server, headers: &HeaderMap, method: &str, params: &Object) -> Result<(), Failure> {
    let member = match method {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        "tasks/get" | "tasks/update" | "tasks/cancel" => "taskId",
        _ => return Ok(()),
    };
    let header = single(headers, NAME)?.map(|value| decode(server, NAME, value)).transpose()?;
    match params.get(member) {
        Some(Value::String(name)) => compare(NAME, header.as_deref(), name),
        // Without a name the request is malformed and refused as such, unless the header claims one.
        _ if header.is_none() => Ok(()),
        _ => Err(mismatch(format!("header {NAME} is given but the body has no `{member}`"))),
    }
}

fn check_parameters(server: &Server, headers: &HeaderMap, params: &Object) -> Result<(), Failure> {
    let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
    for parameter in tools::mirrored_parameters(server, name) {
        let mut path = parameter.path.iter();
        let arguments = params.get("arguments").unwrap_or(&Value::Null);
        let value = path.try_fold(arguments, |value, step| value.get(step)).filter(|value| !value.is_null());
        let header = single(headers, &parameter.header)?;
        let header = header.map(|value| decode(server, &parameter.header, value)).transpose()?;
        match (value, header) {
            (None, None) => {}
            (Some(value), Some(header)) if agrees(value, &header) => {}
            (Some(value), Some(header)) => {
                return Err(mismatch(format!("header {} says {header:?}, the body {value}", parameter.header)));
            }
            (Some(_), None) => {
                return Err(mismatch(format!("header {} is missing", parameter.header)));
            }
            (None, Some(_)) => {
                return Err(mismatch(format!("header {} is given but the body has no such value", parameter.header)));
            }
        }
    }
    Ok(())
}

/// Whether a header and a value of the body are the same; integers are compared as numbers.
fn agrees(value: &Value, header: &str) -> bool {
    match value {
        Value::String(text) => text == header,
        Value::Bool(on) => header == if *on { "true" } else { "false" },
        Value::Number(number) => match (number.as_i64(), header.parse::<i64>()) {
            (Some(number), Ok(header)) => number == header,
            _ => header.parse().is_ok_and(|header: f64| number.as_f64() == Some(header)),
        },
        _ => false,
    }
}

/// Undoes `=?base64?...?=`; anything else stands for itself.
fn decode(server: &Server, name: &str, value: &str) -> Result<String, Failure> {
    if server.has(Switch::HeadersNotDecoded) {
        return Ok(value.to_owned());
    }
    let decoded = header_value::decode(value).map_err(|error| mismatch(format!("header {name}: {error}")))?;
    Ok(decoded.into_owned())
}

fn compare(name: &str, header: Option<&str>, body: &str) -> Result<(), Failure> {
    match header {
        Some(header) if header == body => Ok(()),
        Some(header) => Err(mismatch(format!("header {name} says {header:?}, the body {body:?}"))),
        None => Err(mismatch(format!("header {name} is missing"))),
    }
}

fn mismatch(message: String) -> Failure {
    Failure::new(HEADER_MISMATCH, message).status(400)
}
