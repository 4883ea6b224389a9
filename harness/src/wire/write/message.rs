//! Messages with a fixed order of members. `id` is the exact JSON text of the id, written as it is, also if it is none:
//! [`Id::as_str`](crate::wire::Id::as_str) gives a right one.

use serde_json::Value;

/// `{"jsonrpc":"2.0","id":…,"method":…,"params":…}`
pub fn request(id: &str, method: &str, params: Option<&Value>) -> Vec<u8> {
    message(Some(id), &[("method", Some(&Value::from(method))), ("params", params)])
}

/// `{"jsonrpc":"2.0","method":…,"params":…}`
pub fn notification(method: &str, params: Option<&Value>) -> Vec<u8> {
    message(None, &[("method", Some(&Value::from(method))), ("params", params)])
}

/// `{"jsonrpc":"2.0","id":…,"result":…}`
pub fn result(id: &str, result: &Value) -> Vec<u8> {
    message(Some(id), &[("result", Some(result))])
}

/// `{"jsonrpc":"2.0","id":…,"error":{"code":…,"message":…,"data":…}}`; without an id the member is left out.
pub fn error(id: Option<&str>, code: i64, text: &str, data: Option<&Value>) -> Vec<u8> {
    let mut error = serde_json::json!({ "code": code, "message": text });
    if let (Some(members), Some(data)) = (error.as_object_mut(), data) {
        members.insert("data".to_owned(), data.clone());
    }
    message(id, &[("error", Some(&error))])
}

fn message(id: Option<&str>, members: &[(&str, Option<&Value>)]) -> Vec<u8> {
    let mut text = String::from(r#"{"jsonrpc":"2.0""#);
    if let Some(id) = id {
        text.push_str(r#","id":"#);
        text.push_str(id);
    }
    for (name, value) in members {
        if let Some(value) = value {
            text.push_str(&format!(r#","{name}":{value}"#));
        }
    }
    text.push('}');
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_members_in_order_and_the_id_as_given() {
        let params = json!({ "z": 1, "a": [null] });
        assert_eq!(
            request("1.0", "tools/call", Some(&params)),
            br#"{"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{"z":1,"a":[null]}}"#
        );
        assert_eq!(notification("a\"b", None), br#"{"jsonrpc":"2.0","method":"a\"b"}"#);
        assert_eq!(result("\"\\u0061\"", &json!({})), br#"{"jsonrpc":"2.0","id":"\u0061","result":{}}"#);
        assert_eq!(
            error(None, -32700, "no", Some(&json!(1))),
            br#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"no","data":1}}"#
        );
        assert_eq!(error(Some("[1]"), 0, "", None), br#"{"jsonrpc":"2.0","id":[1],"error":{"code":0,"message":""}}"#);
    }
}
