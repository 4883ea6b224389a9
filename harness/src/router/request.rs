//! A request as it comes from a client.

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{BODY_KEPT, HEAD_BYTES, IDLE, LIMITS, READ_BUFFER, STALL};
use crate::wire::http::{BodyDecoder, BodyState, Framing};

/// What came.
pub(super) enum Came {
    /// The client left, or is silent for too long.
    Nothing,
    /// A request.
    Request(Box<Asked>),
    /// Something that is none, or not one that says where it ends: the client may have meant it so.
    Odd,
}

/// A request of which the head is there, and the body as far as it is worth waiting for.
pub(super) struct Asked {
    pub(super) verb: String,
    pub(super) target: String,
    /// The value of the header that was asked for.
    pub(super) header: Option<String>,
    /// Whether the client wants the connection closed after the answer.
    pub(super) closes: bool,
    /// Whether it speaks HTTP/1.0.
    pub(super) is_old: bool,
    /// Where the head ends in the buffer.
    pub(super) head: usize,
    /// Where what has come of the request ends in the buffer.
    pub(super) end: usize,
    /// What reads the rest of its body, where that has not come.
    pub(super) rest: Option<BodyDecoder>,
    /// Its body where it came in chunks.
    chunked: Option<Vec<u8>>,
}

impl Asked {
    /// The body, as far as it has come.
    pub(super) fn body(&self, buffer: &[u8]) -> Vec<u8> {
        self.chunked.clone().unwrap_or_else(|| buffer.get(self.head..self.end).unwrap_or_default().to_vec())
    }
}

/// Read a request to the end of `buffer`, which may hold some of it; `header` is one to look for.
pub(super) async fn read(client: &mut TcpStream, buffer: &mut Vec<u8>, header: Option<&str>) -> Came {
    let mut scanned = 0;
    let head = loop {
        match head_end(buffer, &mut scanned) {
            Some(end) if end <= HEAD_BYTES => break end,
            None if buffer.len() <= HEAD_BYTES => {}
            _ => return Came::Odd,
        }
        make_room(buffer);
        let wait = if buffer.is_empty() { IDLE } else { STALL };
        match timeout(wait, client.read_buf(buffer)).await {
            Ok(Ok(count)) if count > 0 => {}
            _ if buffer.is_empty() => return Came::Nothing,
            Ok(Err(_)) => return Came::Nothing,
            _ => return Came::Odd,
        }
    };
    let Some(mut facts) = facts(buffer.get(..head).unwrap_or_default(), header) else { return Came::Odd };
    facts.asked.head = head;
    read_body(client, buffer, &mut facts).await;
    Came::Request(Box::new(facts.asked))
}

/// Room for the next bytes: without, they would be read in drops.
pub(super) fn make_room(buffer: &mut Vec<u8>) {
    if buffer.capacity() - buffer.len() < READ_BUFFER / 4 {
        buffer.reserve(READ_BUFFER / 2);
    }
}

/// As much of the body as comes without a pause, up to [`BODY_KEPT`].
async fn read_body(client: &mut TcpStream, buffer: &mut Vec<u8>, facts: &mut Facts) {
    let asked = &mut facts.asked;
    asked.end = asked.head;
    let mut left = match facts.framing {
        Framing::Length(length) => length,
        Framing::Chunked => 0,
        Framing::None | Framing::UntilClose => return,
    };
    let mut decoder = BodyDecoder::framed(facts.framing, LIMITS);
    let mut decoded = Vec::new();
    loop {
        let new = buffer.get(asked.end..).unwrap_or_default();
        if facts.framing == Framing::Chunked {
            let state = decoder.push(new, &mut decoded);
            asked.end = buffer.len();
            match state {
                BodyState::NeedMore => {}
                BodyState::Complete { surplus } => {
                    asked.end -= surplus;
                    asked.chunked = Some(decoded);
                    return;
                }
                // What follows has no end that could be known.
                BodyState::Broken(_) => break,
            }
        } else {
            let used = usize::try_from(left).unwrap_or(usize::MAX).min(new.len());
            asked.end += used;
            left -= used as u64;
            if left == 0 {
                return;
            }
        }
        if facts.expects || asked.end - asked.head > BODY_KEPT {
            break;
        }
        make_room(buffer);
        match timeout(STALL, client.read_buf(buffer)).await {
            Ok(Ok(count)) if count > 0 => {}
            _ => break,
        }
    }
    if facts.framing == Framing::Chunked {
        asked.chunked = Some(decoded);
        asked.rest = Some(decoder);
    } else {
        asked.rest = Some(BodyDecoder::framed(Framing::Length(left), LIMITS));
    }
}

/// Where the head at the start of the buffer ends, its empty line included.
fn head_end(buffer: &[u8], scanned: &mut usize) -> Option<usize> {
    let from = *scanned;
    let found = buffer.get(from..)?.iter().enumerate().find_map(|(index, byte)| {
        let before = buffer.get(..from + index).unwrap_or_default();
        (*byte == b'\n' && (before.ends_with(b"\n\r") || before.ends_with(b"\n"))).then_some(from + index + 1)
    });
    *scanned = buffer.len();
    found
}

struct Facts {
    asked: Asked,
    framing: Framing,
    /// The client waits for a word before it sends the body.
    expects: bool,
}

/// What a head says; nothing where it breaks the grammar, leaves the end of the body in doubt, or turns the connection
/// into something else.
fn facts(head: &[u8], wanted: Option<&str>) -> Option<Facts> {
    let mut fields = [httparse::EMPTY_HEADER; 128];
    let mut request = httparse::Request::new(&mut fields);
    if !matches!(request.parse(head), Ok(httparse::Status::Complete(_))) {
        return None;
    }
    let mut header = None;
    let (mut closes, mut expects) = (false, false);
    let (mut length, mut is_chunked) = (None, false);
    for field in request.headers.iter() {
        let value = field.value.trim_ascii();
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            let read: u64 = std::str::from_utf8(value).ok().filter(|text| !text.starts_with('+'))?.parse().ok()?;
            if length.replace(read).is_some_and(|other| other != read) {
                return None;
            }
        } else if is("transfer-encoding") {
            if is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return None;
            }
            is_chunked = true;
        } else if is("connection") {
            closes |= value.split(|byte| *byte == b',').any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"));
        } else if is("expect") {
            expects = true;
        } else if is("upgrade") {
            return None;
        }
        if header.is_none() && wanted.is_some_and(is) {
            header = Some(String::from_utf8_lossy(value).into_owned());
        }
    }
    let verb = request.method?.to_owned();
    if verb == "CONNECT" || is_chunked && length.is_some() {
        return None;
    }
    let is_old = request.version == Some(0);
    let target = request.path?.to_owned();
    let framing = if is_chunked { Framing::Chunked } else { Framing::Length(length.unwrap_or(0)) };
    let closes = closes || is_old;
    let asked = Asked { verb, target, header, closes, is_old, head: 0, end: 0, rest: None, chunked: None };
    Some(Facts { asked, framing, expects })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_head(head: &str) -> Option<(Framing, bool, Option<String>)> {
        facts(head.as_bytes(), Some("mcp-name")).map(|facts| (facts.framing, facts.asked.closes, facts.asked.header))
    }

    #[test]
    fn heads_say_where_their_request_ends() {
        let post = |headers: &str| read_head(&format!("POST /mcp HTTP/1.1\r\nHost: x\r\n{headers}\r\n"));
        assert_eq!(post(""), Some((Framing::Length(0), false, None)));
        assert_eq!(post("content-LENGTH:  12 \r\n"), Some((Framing::Length(12), false, None)));
        assert_eq!(post("Content-Length: 1\r\nContent-Length: 1\r\n"), Some((Framing::Length(1), false, None)));
        assert_eq!(post("Transfer-Encoding: Chunked\r\n"), Some((Framing::Chunked, false, None)));
        assert_eq!(
            post("Connection: x, Close\r\nMCP-Name:  a \r\nmcp-name: b\r\n"),
            Some((Framing::Length(0), true, Some("a".to_owned())))
        );
        for odd in [
            "Content-Length: 1\r\nContent-Length: 2\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: x\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Upgrade: websocket\r\n",
            "No colon\r\n",
            "Folded: a\r\n b\r\n",
        ] {
            assert_eq!(post(odd), None, "{odd}");
        }
        assert_eq!(read_head("GET / HTTP/1.0\r\n\r\n"), Some((Framing::Length(0), true, None)));
        assert_eq!(read_head("CONNECT a:1 HTTP/1.1\r\n\r\n"), None);
        assert_eq!(read_head("hello\r\n\r\n"), None);
    }

    #[test]
    fn the_end_of_a_head_is_found_wherever_it_is_cut() {
        for (text, end) in [("GET / HTTP/1.1\r\nA: b\r\n\r\nbody", 24), ("GET / HTTP/1.1\nA: b\n\nbody", 21)] {
            let mut scanned = 0;
            let found = (1..=text.len()).find_map(|length| head_end(&text.as_bytes()[..length], &mut scanned));
            assert_eq!(found, Some(end), "{text}");
            assert_eq!(head_end(text.as_bytes(), &mut 0), Some(end), "{text}");
        }
        assert_eq!(head_end(b"GET / HTTP/1.1\r\nA: b\r\n", &mut 0), None);
    }
}
