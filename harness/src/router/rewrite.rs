//! Heads on their way: byte for byte, but for what names the router itself.

use super::instance::Instance;
use super::line::Line;

/// The head of a request as the instance is to see it: `Host`, `Origin` and the path are its own, where they were the
/// line's. What the client says of its connection is left out where `drop_connection`, since another one is used.
pub(super) fn to_instance(head: &[u8], line: &Line, instance: &Instance, drop_connection: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len() + 64);
    let mut lines = head.split_inclusive(|byte| *byte == b'\n');
    if let Some(first) = lines.next() {
        start_line(first, line, instance, &mut out);
    }
    let mut in_head = true;
    for text in lines {
        in_head = in_head && !text.trim_ascii().is_empty();
        let named = text.iter().position(|byte| *byte == b':').filter(|_| in_head).map(|at| text.split_at(at + 1));
        match named {
            Some((name, value)) if name.eq_ignore_ascii_case(b"host:") => {
                replace(text, name, value, &instance.authority, |value| line.is_own(value), &mut out);
            }
            Some((name, value)) if name.eq_ignore_ascii_case(b"origin:") => {
                let is_own = |value: &str| value.strip_prefix("http://").is_some_and(|value| line.is_own(value));
                replace(text, name, value, &instance.origin, is_own, &mut out);
            }
            Some((name, _))
                if drop_connection
                    && (name.eq_ignore_ascii_case(b"connection:") || name.eq_ignore_ascii_case(b"keep-alive:")) => {}
            _ => out.extend_from_slice(text),
        }
    }
    out
}

fn start_line(text: &[u8], line: &Line, instance: &Instance, out: &mut Vec<u8>) {
    let mut words = text.splitn(3, |byte| *byte == b' ');
    match (words.next(), words.next(), words.next()) {
        (Some(verb), Some(target), Some(rest)) if line.path != instance.path && target == line.path.as_bytes() => {
            for part in [verb, b" ", instance.path.as_bytes(), b" ", rest] {
                out.extend_from_slice(part);
            }
        }
        _ => out.extend_from_slice(text),
    }
}

/// The line with another value, where its own is meant; spaces and line end stay.
fn replace(text: &[u8], name: &[u8], value: &[u8], other: &str, is_own: impl FnOnce(&str) -> bool, out: &mut Vec<u8>) {
    let bare = value.trim_ascii();
    if !std::str::from_utf8(bare).is_ok_and(is_own) {
        return out.extend_from_slice(text);
    }
    let before = value.len() - value.trim_ascii_start().len();
    let (spaces, rest) = value.split_at(before);
    for part in [name, spaces, other.as_bytes(), rest.get(bare.len()..).unwrap_or_default()] {
        out.extend_from_slice(part);
    }
}

/// The head of an answer that says that the body comes in chunks, or, for a client that does not know them, until the
/// connection ends.
pub(super) fn in_chunks(head: &[u8], knows_chunks: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len() + 32);
    let mut lines = head.split_inclusive(|byte| *byte == b'\n').peekable();
    while let Some(text) = lines.next() {
        // Interim heads may come before.
        if lines.peek().is_none() && knows_chunks {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        }
        let name = text.split(|byte| *byte == b':').next().unwrap_or_default();
        if !name.eq_ignore_ascii_case(b"content-length") {
            out.extend_from_slice(text);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::router::arming::Arming;
    use crate::transport::{HttpTarget, TlsRoots};

    #[test]
    fn only_what_names_the_router_is_rewritten() {
        let target = HttpTarget::new("https://real.example:1/api/mcp?a=1", &[], TlsRoots::new(None).unwrap()).unwrap();
        let instance = Instance::new(target);
        let line = Line {
            name: "main".into(),
            place: 0,
            address: "127.0.0.1:8080".parse().unwrap(),
            only: None,
            path: "/mcp".to_owned(),
            arming: std::sync::Arc::new(Arming::default()),
            requests: Default::default(),
        };
        let told = |head: &str, drop| String::from_utf8(to_instance(head.as_bytes(), &line, &instance, drop)).unwrap();
        assert_eq!(
            told(
                "POST /mcp HTTP/1.1\r\nHOST:127.0.0.1:8080 \r\norigin:  http://LOCALHOST:8080\nX :y\r\nConnection: a\r\n\r\n",
                false
            ),
            "POST /api/mcp?a=1 HTTP/1.1\r\nHOST:real.example:1 \r\norigin:  https://real.example:1\nX :y\r\nConnection: a\r\n\r\n"
        );
        for other in [
            "GET /mcp?b HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example:8080\r\n\r\nHost: 127.0.0.1:8080\r\n",
            "GET /mcp\r\nHost: 127.0.0.1\r\nhost\r\n",
            "\r\n\r\n",
            "",
        ] {
            assert_eq!(told(other, false), other);
        }
        assert_eq!(
            told("GET / HTTP/1.1\r\nconnection: close\r\nKeep-Alive: 1\r\nA: b\r\n\r\n", true),
            "GET / HTTP/1.1\r\nA: b\r\n\r\n"
        );
    }

    #[test]
    fn answers_are_put_into_chunks() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nA: b\r\n\r\n";
        assert_eq!(in_chunks(head, true), b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_eq!(in_chunks(head, false), b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
        let head = b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
        assert_eq!(
            in_chunks(head, true),
            b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
    }
}
