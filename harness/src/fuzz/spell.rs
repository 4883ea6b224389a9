//! How what is sent is spelled: ids in messages, and bytes in files.

use serde::Serialize;
use serde_json::Value;

use super::case::IdForm;

/// The notification that names a request by its id.
pub(super) const CANCELLED: &str = "notifications/cancelled";
/// Where a counted id goes in literal bytes.
pub(super) const PLACE: &[u8] = b"{id}";

/// The text of an id of this form; none where the message has its own, or none.
pub(super) fn id_text(form: IdForm, number: u64, earlier: &[String]) -> Option<String> {
    match form {
        IdForm::Counted => Some(number.to_string()),
        IdForm::Text => Some(format!("\"assay/\u{e9}\u{2603}/{number}\"")),
        IdForm::Negative => Some(format!("-{number}")),
        IdForm::Large => Some((1_000_000_000_000_000 + number).to_string()),
        IdForm::Own => None,
        IdForm::Earlier(back) => earlier.len().checked_sub(back).and_then(|at| earlier.get(at)).cloned(),
    }
}

/// The message with its id behind `jsonrpc`; in a cancellation, the id of the request that it cancels.
pub(super) fn with_id(value: &Value, id: &str) -> Vec<u8> {
    let Value::Object(members) = value else { return value.to_string().into_bytes() };
    if value.get("method").and_then(Value::as_str) == Some(CANCELLED) {
        let mut value = value.clone();
        if let (Some(Value::Object(params)), Ok(id)) = (value.get_mut("params"), serde_json::from_str(id)) {
            params.insert("requestId".to_owned(), id);
        }
        return value.to_string().into_bytes();
    }
    let mut text = Vec::with_capacity(256);
    text.push(b'{');
    let mut placed = false;
    for (name, member) in members {
        if name == "id" {
            continue;
        }
        if text.len() > 1 {
            text.push(b',');
        }
        put(&mut text, name);
        text.push(b':');
        put(&mut text, member);
        if !placed {
            text.extend_from_slice(b",\"id\":");
            text.extend_from_slice(id.as_bytes());
            placed = true;
        }
    }
    if !placed {
        text.extend_from_slice(b"\"id\":");
        text.extend_from_slice(id.as_bytes());
    }
    text.push(b'}');
    text
}

fn put(text: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Fails only where writing to memory or the names of members could.
    let _ = serde_json::to_writer(text, value);
}

/// Whether this part is in the bytes.
pub(super) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The bytes with the number in place of each `{id}`.
pub(super) fn fill(bytes: &[u8], number: u64) -> Vec<u8> {
    let Some(at) = bytes.windows(PLACE.len()).position(|window| window == PLACE) else { return bytes.to_vec() };
    let (before, rest) = bytes.split_at(at);
    let after = rest.get(PLACE.len()..).unwrap_or_default();
    [before, number.to_string().as_bytes(), &fill(after, number)].concat()
}

/// Bytes as base64 in JSON.
pub(super) mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
