//! What is in a file that a server serves.

use base64::Engine as _;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::text::string;
use crate::frontmatter;

pub(super) fn content_length([item]: &[Value; 1]) -> Result<Value, String> {
    Ok(bytes(item).map_or(Value::Null, |bytes| bytes.len().into()))
}

pub(super) fn content_sha256([item]: &[Value; 1]) -> Result<Value, String> {
    let hex = |bytes: Vec<u8>| -> String {
        digest(&SHA256, &bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    Ok(bytes(item).map_or(Value::Null, |bytes| hex(bytes).into()))
}

pub(super) fn frontmatter([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(frontmatter::read(string(text)?).map_or(Value::Null, Value::Object))
}

/// The bytes of an item of `contents`; none where it has no text, and no blob that can be decoded.
fn bytes(item: &Value) -> Option<Vec<u8>> {
    let part = |name: &str| item.get(name).and_then(Value::as_str);
    match (part("text"), part("blob")) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (None, Some(blob)) => base64::prelude::BASE64_STANDARD.decode(blob).ok(),
        (None, None) => None,
    }
}
