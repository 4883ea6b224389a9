//! The codec of header values.

use crate::wire::header_value::{decode, encode, encode_base64, is_marked, needs_base64};

/// The input is a value to carry, and a header value as it comes.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let header = encode(&text);
    assert!(header.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')), "{header:?} is no header value");
    assert_eq!(header.trim_matches([' ', '\t']), header, "HTTP drops space at the edges");
    assert_eq!(decode(&header).as_deref(), Ok(text.as_ref()), "what was encoded comes out different");
    assert_eq!(decode(&encode_base64(&text)).as_deref(), Ok(text.as_ref()), "what was encoded comes out different");
    assert_eq!(needs_base64(&text).is_some(), header != text, "Base64 without need, or none in need");
    match decode(&text) {
        // One value has one plain form and one Base64 form.
        Ok(value) if is_marked(&text) => assert_eq!(encode_base64(&value), text, "a second spelling in Base64"),
        Ok(value) => assert_eq!(value, text, "a plain value comes out different"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
