//! Requests and responses to bytes, with exactly the headers given: nothing is added, checked or mended.

/// A request: `method target HTTP/1.1`, the headers in order, the body.
pub fn write_request(method: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    message(&format!("{method} {target} HTTP/1.1"), headers, body)
}

/// A response: `HTTP/1.1 status reason`, the headers in order, the body.
pub fn write_response(status: u16, reason: &str, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    message(&format!("HTTP/1.1 {status} {reason}"), headers, body)
}

/// One chunk of a chunked body. An empty one would end the body.
pub fn write_chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// The end of a chunked body, without trailers.
pub fn write_last_chunk() -> &'static [u8] {
    b"0\r\n\r\n"
}

fn message(start: &str, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 + body.len());
    bytes.extend_from_slice(start.as_bytes());
    bytes.extend_from_slice(b"\r\n");
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}
