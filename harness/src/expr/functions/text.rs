//! Functions of strings.

use serde_json::Value;

pub(super) fn string(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "it has to be a string".to_owned())
}

pub(super) fn lower([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(string(text)?.to_lowercase().into())
}

pub(super) fn trim([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(string(text)?.trim().into())
}

pub(super) fn utf8_len([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(string(text)?.len().into())
}

pub(super) fn split([text, separator]: &[Value; 2]) -> Result<Value, String> {
    match string(separator)? {
        "" => Err("the separator may not be empty".to_owned()),
        separator => Ok(string(text)?.split(separator).collect()),
    }
}

pub(super) fn join([items, separator]: &[Value; 2]) -> Result<Value, String> {
    let items = items.as_array().ok_or("the first argument has to be a list")?;
    let items: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    Ok(items.ok_or("every element has to be a string")?.join(string(separator)?).into())
}

pub(super) fn json([text]: &[Value; 1]) -> Result<Value, String> {
    Ok(serde_json::from_str(string(text)?).unwrap_or_default())
}

pub(super) fn text([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(value.to_string().into())
}
