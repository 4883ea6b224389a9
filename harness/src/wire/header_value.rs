//! The header value codec of revision 2026-07-28 (Streamable HTTP, "Value Encoding"; SEP-2243): a value goes as it is
//! if a header can carry it safely, else as `=?base64?` + standard Base64 of its UTF-8 + `?=`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

/// Why a value needs Base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    /// Non-ASCII or a control character other than a tab.
    #[error("it has characters other than visible ASCII, space and tab")]
    Characters,
    /// HTTP drops space around a value.
    #[error("it begins or ends with a space or a tab")]
    EdgeSpace,
    /// It would be taken for an encoded value.
    #[error("it looks like an encoded value")]
    Sentinel,
}

/// Why a header value cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A plain value that has to be encoded.
    #[error("the plain value has to be sent as Base64: {0}")]
    NotPlain(Unsafe),
    /// Prefix and suffix share a character, so there is no payload between them.
    #[error("the value `=?base64?=` has the marks of Base64 but no room for a payload")]
    NoPayload,
    /// Not standard Base64 (RFC 4648, section 4) with its padding.
    #[error("the payload is not standard Base64: {0}")]
    Base64(base64::DecodeError),
    /// The payload decodes to something that is no text.
    #[error("the decoded payload is not UTF-8, from its byte {0} on")]
    NotUtf8(usize),
}

/// Why the value cannot go as it is; `None` if it can. The empty value can.
pub fn needs_base64(value: &str) -> Option<Unsafe> {
    if !value.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~')) {
        Some(Unsafe::Characters)
    } else if value.trim_matches([' ', '\t']).len() < value.len() {
        Some(Unsafe::EdgeSpace)
    } else if is_marked(value) {
        Some(Unsafe::Sentinel)
    } else {
        None
    }
}

/// The header value that carries `value`.
pub fn encode(value: &str) -> Cow<'_, str> {
    match needs_base64(value) {
        None => Cow::Borrowed(value),
        Some(_) => Cow::Owned(encode_base64(value)),
    }
}

/// The Base64 form, needed or not.
pub fn encode_base64(value: &str) -> String {
    format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(value))
}

/// The value that a header value carries. Base64 that was not needed is accepted.
///
/// # Errors
/// The value is plain and may not be, or its Base64 is broken.
pub fn decode(header: &str) -> Result<Cow<'_, str>, DecodeError> {
    if !is_marked(header) {
        return match needs_base64(header) {
            None => Ok(Cow::Borrowed(header)),
            Some(reason) => Err(DecodeError::NotPlain(reason)),
        };
    }
    let payload =
        header.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX)).ok_or(DecodeError::NoPayload)?;
    let bytes = STANDARD.decode(payload).map_err(DecodeError::Base64)?;
    let text = String::from_utf8(bytes).map_err(|error| DecodeError::NotUtf8(error.utf8_error().valid_up_to()))?;
    Ok(Cow::Owned(text))
}

/// Whether the value has both marks, which are case-sensitive.
pub fn is_marked(header: &str) -> bool {
    header.starts_with(PREFIX) && header.ends_with(SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's table of examples.
    #[test]
    fn encodes_the_examples_of_the_specification() {
        for (value, header) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encode(value), header);
            assert_eq!(decode(header).as_deref(), Ok(value));
        }
    }

    #[test]
    fn uses_base64_only_where_it_must() {
        for plain in ["", "a b", "a\tb", "~!", "=?base64?", "?=", "=?base64?x", "x=?base64?YQ==?=", "=?BASE64?YQ==?="] {
            assert_eq!(needs_base64(plain), None, "{plain:?}");
            assert_eq!(decode(plain).as_deref(), Ok(plain));
        }
        for (value, reason) in [
            ("\u{7f}", Unsafe::Characters),
            ("é", Unsafe::Characters),
            ("a\0", Unsafe::Characters),
            ("\ta", Unsafe::EdgeSpace),
            (" ", Unsafe::EdgeSpace),
            ("=?base64?=", Unsafe::Sentinel),
            ("=?base64??=", Unsafe::Sentinel),
        ] {
            assert_eq!(needs_base64(value), Some(reason), "{value:?}");
        }
    }

    #[test]
    fn refuses_what_no_client_may_send() {
        assert_eq!(decode("é"), Err(DecodeError::NotPlain(Unsafe::Characters)));
        assert_eq!(decode(" a"), Err(DecodeError::NotPlain(Unsafe::EdgeSpace)));
        assert_eq!(decode("=?base64?="), Err(DecodeError::NoPayload));
        for broken in ["YQ", "YQ=", "YQ===", "YR==", "Y Q==", "_-8=", "YQ==YQ==", "!"] {
            let header = format!("=?base64?{broken}?=");
            assert!(matches!(decode(&header), Err(DecodeError::Base64(_))), "{broken}");
        }
        assert_eq!(decode("=?base64?Yf8=?="), Err(DecodeError::NotUtf8(1)));
        assert_eq!(decode("=?base64??=").as_deref(), Ok(""));
        assert_eq!(decode("=?base64?YQ==?=").as_deref(), Ok("a"), "needless, yet not forbidden");
    }
}
