//! Content items and tool results.

use serde_json::{Value, json};

/// A PNG of one pixel, in base64.
pub(in crate::reference) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mPQazsIAAJbAXYK9nzKAAAAAElFTkSuQmCC";
/// A WAV of eight silent samples, in base64.
pub(in crate::reference) const WAV: &str = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==";

/// A text item.
pub(in crate::reference) fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

/// An image item.
pub(in crate::reference) fn image(data: &str) -> Value {
    json!({ "type": "image", "data": data, "mimeType": "image/png" })
}

/// A successful result of these items.
pub(super) fn result(content: Vec<Value>) -> Value {
    json!({ "content": content })
}

/// A successful result of one text.
pub(super) fn text_result(message: &str) -> Value {
    result(vec![text(message)])
}

/// A tool execution error: the model can read what was wrong and try again.
pub(super) fn error(message: &str) -> Value {
    json!({ "content": [text(message)], "isError": true })
}
