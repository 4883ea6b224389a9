//! Spans as OpenTelemetry exporters send them (OTLP over HTTP, as protobuf or JSON): read and written.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Wire};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where an exporter sends traces, below the end point that it is given.
pub const PATH: &str = "/v1/traces";
/// The media type of protobuf.
pub const PROTOBUF: &str = "application/x-protobuf";
/// The attribute of a resource that names the service.
const SERVICE: &str = "service.name";

/// One span, as far as checks look at it. Ids are in lower-case hexadecimal digits, as in a `traceparent`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Id of its trace, 32 digits.
    pub trace: String,
    /// Its own id, 16 digits.
    pub id: String,
    /// The id of its parent, empty where it has none.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// `server`, `client`, `internal`, `producer`, `consumer` or `unspecified`.
    pub kind: String,
    /// The service that says so, empty where that is not said.
    pub service: String,
    /// When it began and ended, in nanoseconds since 1970.
    pub time: (u64, u64),
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
}

/// An attribute of a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name, such as `mcp.method.name`.
    pub key: String,
    /// A text, a number, a truth value or a list of these; null where it is something else.
    pub value: Value,
}

impl Attribute {
    /// An attribute that is a text.
    #[must_use]
    pub fn text(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), value: value.into() }
    }
}

/// The spans in the body of an export.
///
/// # Errors
/// What is wrong with the body, in words.
pub fn read(content_type: &str, body: &[u8]) -> Result<Vec<Span>, String> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let export = match essence {
        PROTOBUF => ExportTraceServiceRequest::decode(body).map_err(|e| e.to_string())?,
        "application/json" => serde_json::from_slice(body).map_err(|e| e.to_string())?,
        other => return Err(format!("'{other}' is neither {PROTOBUF} nor application/json")),
    };
    let of_resource = |all: ResourceSpans| {
        let attributes = all.resource.map(|resource| resource.attributes).unwrap_or_default();
        let named = attributes.iter().find(|attribute| attribute.key == SERVICE).map(shown);
        let service = named.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
        let spans = all.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.map(move |span| read_span(span, &service)).collect::<Vec<_>>()
    };
    Ok(export.resource_spans.into_iter().flat_map(of_resource).collect())
}

fn read_span(span: Wire, service: &str) -> Span {
    let kind = match span.kind() {
        SpanKind::Unspecified => "unspecified",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    };
    let attributes = span.attributes.iter().map(|each| Attribute { key: each.key.clone(), value: shown(each) });
    Span {
        trace: digits(&span.trace_id),
        id: digits(&span.span_id),
        parent: digits(&span.parent_span_id),
        kind: kind.to_owned(),
        service: service.to_owned(),
        time: (span.start_time_unix_nano, span.end_time_unix_nano),
        attributes: attributes.collect(),
        name: span.name,
    }
}

fn shown(attribute: &KeyValue) -> Value {
    attribute.value.as_ref().map_or(Value::Null, shown_value)
}

fn shown_value(value: &AnyValue) -> Value {
    match &value.value {
        Some(any_value::Value::StringValue(text)) => json!(text),
        Some(any_value::Value::BoolValue(truth)) => json!(truth),
        Some(any_value::Value::IntValue(number)) => json!(number),
        Some(any_value::Value::DoubleValue(number)) => json!(number),
        // What lies deeper is nothing that a convention for MCP speaks of, and could have any depth.
        Some(any_value::Value::ArrayValue(list)) => list.values.iter().map(flat).collect(),
        _ => Value::Null,
    }
}

fn flat(value: &AnyValue) -> Value {
    match &value.value {
        Some(any_value::Value::ArrayValue(_)) => Value::Null,
        _ => shown_value(value),
    }
}

/// The body of an export of one span, as protobuf. Attributes that are no texts are left out.
#[must_use]
pub fn write(span: &Span) -> Vec<u8> {
    let attribute = |key: &str, value: &str| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) }),
        ..KeyValue::default()
    };
    let texts = span.attributes.iter().filter_map(|each| Some(attribute(&each.key, each.value.as_str()?)));
    let kind = if span.kind == "server" { SpanKind::Server } else { SpanKind::Internal };
    let wire = Wire {
        trace_id: bytes(&span.trace),
        span_id: bytes(&span.id),
        parent_span_id: bytes(&span.parent),
        name: span.name.clone(),
        kind: kind.into(),
        start_time_unix_nano: span.time.0,
        end_time_unix_nano: span.time.1,
        attributes: texts.collect(),
        ..Wire::default()
    };
    let resource = Resource { attributes: vec![attribute(SERVICE, &span.service)], ..Resource::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![wire], ..ScopeSpans::default() }];
    let spans = ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![spans] }.encode_to_vec()
}

/// Trace and parent of a `traceparent` (W3C Trace Context); nothing where it is none.
#[must_use]
pub fn parent_of(traceparent: &str) -> Option<(&str, &str)> {
    let mut parts = traceparent.split('-');
    let (_, trace, parent, _) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_id = |id: &str, length| id.len() == length && !bytes(id).iter().all(|byte| *byte == 0);
    (is_id(trace, 32) && is_id(parent, 16)).then_some((trace, parent))
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What such digits stand for; nothing where they are none.
fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_span_is_read_as_it_was_written() {
        let span = Span {
            trace: "0af7651916cd43dd8448eb211c80319c".to_owned(),
            id: "b7ad6b7169203331".to_owned(),
            parent: "00f067aa0ba902b7".to_owned(),
            name: "tools/call echo".to_owned(),
            kind: "server".to_owned(),
            service: "a server".to_owned(),
            time: (1, 2),
            attributes: vec![Attribute::text("mcp.method.name", "tools/call")],
        };
        assert_eq!(read(PROTOBUF, &write(&span)).unwrap(), [span]);
    }

    #[test]
    fn json_is_read_as_exporters_of_javascript_write_it() {
        let span = json!({
            "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "x", "kind": 2,
            "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000",
            "attributes": [
                { "key": "a", "value": { "intValue": "7" } }, { "key": "b", "value": { "boolValue": true } },
                { "key": "c", "value": { "arrayValue": { "values": [{ "stringValue": "d" }] } } },
            ],
            "droppedAttributesCount": 0, "events": [], "links": [], "status": { "code": 0 },
        });
        let resource = json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": "s" } }] });
        let scope = json!({ "scope": { "name": "n" }, "spans": [span] });
        let export = json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [scope] }] });
        let read = read("application/json; charset=utf-8", export.to_string().as_bytes()).unwrap();
        let span = read.first().unwrap();
        assert_eq!([&span.kind, &span.service, &span.parent], ["server", "s", ""]);
        let values: Vec<&Value> = span.attributes.iter().map(|attribute| &attribute.value).collect();
        assert_eq!(values, [&json!(7), &json!(true), &json!(["d"])]);
    }

    #[test]
    fn what_is_no_export_is_refused_and_what_is_no_parent_leads_nowhere() {
        assert!(read(PROTOBUF, b"{}").is_err());
        assert!(read("application/json", b"7").is_err());
        assert!(read("text/plain", b"").is_err());
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(parent_of(good), Some(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")));
        for bad in ["", "00-0-0-01", &good.replace('a', "é"), &good.replace("b7ad6b7169203331", "0000000000000000")] {
            assert_eq!(parent_of(bad), None, "{bad}");
        }
    }
}
