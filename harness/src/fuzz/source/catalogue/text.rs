//! From the text of a message to an act.

use serde_json::{Value, json};

use crate::fuzz::case::{Act, Body, IdForm};
use crate::fuzz::source::Base;
use crate::wire::write::replaced;

/// Stands for the id of a message while its text is made; no number that anything else has.
pub(super) const ID_MARK: u64 = 8_210_671_543_209_876;

pub(super) fn marked_with_id(base: &Base) -> Value {
    let message = base.message();
    let mut marked = serde_json::Map::new();
    if let Value::Object(members) = message {
        for (name, member) in members {
            let first = marked.is_empty();
            marked.insert(name, member);
            if first {
                marked.insert("id".to_owned(), json!(ID_MARK));
            }
        }
    }
    Value::Object(marked)
}

/// An act from the text of a message whose id is the mark: as a value where that loses nothing.
pub(super) fn act_of(subject: &str, mutation: &str, text: &[u8]) -> Act {
    let mark = ID_MARK.to_string();
    let value = serde_json::from_slice::<Value>(text).ok().filter(|value| value.to_string().as_bytes() == text);
    let body = match value {
        Some(Value::Object(mut members)) => {
            let counted = members.get("id").is_some_and(|id| *id == json!(ID_MARK));
            if counted {
                members.shift_remove("id");
            }
            let id = if counted { IdForm::Counted } else { IdForm::Own };
            Body::Message { value: Value::Object(members), id }
        }
        _ => Body::Bytes(replaced(text, mark.as_bytes(), b"{id}")),
    };
    let act = Act::plain(Value::Null);
    Act { subject: subject.to_owned(), mutation: mutation.to_owned(), body, ..act }
}
