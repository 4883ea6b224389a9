//! The readers of HTTP response heads and bodies, and the writer.

use crate::wire::Limits;
use crate::wire::http::{
    BodyDecoder, BodyState, HeadReader, HeadState, ResponseHead, write_chunk, write_last_chunk, write_response,
};

use super::chunks::Stream;

/// The input is a response; its first byte says how it arrives, and with its flag that it answers HEAD.
pub fn check(data: &[u8]) {
    let Some(stream) = Stream::of(data) else { return };
    let (chunks, limits) = (stream.chunks(), stream.limits);
    let whole = read_head(&[stream.bytes], limits);
    assert_eq!(read_head(&chunks, limits), whole, "the head depends on the chunks");
    let HeadState::Complete { head, rest, interim, .. } = whole else { return };
    assert!(head.headers.len() <= limits.headers && interim.len() <= limits.interim_heads, "beyond the limits");
    assert!(stream.bytes.ends_with(&rest), "the body is not the rest");

    let method = if stream.flag() { "HEAD" } else { "POST" };
    let body = read_body(&head, method, &[&rest], limits);
    let after_head = stream.with(&rest);
    assert_eq!(read_body(&head, method, &after_head.chunks(), limits), body, "the body depends on the chunks");
    assert!(
        body.bytes.len() as u64 <= limits.body_bytes && body.bytes.len() <= rest.len(),
        "a body larger than allowed"
    );
    if let BodyState::Complete { surplus } = body.end {
        assert!(body.bytes.len() + surplus <= rest.len(), "more than all bytes are accounted for");
    }
    round_trip(&body.bytes, after_head.chunks().len());
}

/// The head and what follows it, or why there is none.
pub fn read_head(chunks: &[&[u8]], limits: Limits) -> HeadState {
    let mut reader = HeadReader::new(limits);
    let mut state = HeadState::NeedMore;
    for chunk in chunks {
        match &mut state {
            HeadState::NeedMore => state = reader.push(chunk),
            HeadState::Complete { rest, .. } => rest.extend_from_slice(chunk),
            HeadState::Broken(_) => {}
        }
    }
    state
}

/// Everything a decoder says of a body.
#[derive(Debug, PartialEq)]
struct Body {
    bytes: Vec<u8>,
    end: BodyState,
    trailers: Vec<(String, String)>,
    anomalies: usize,
}

fn read_body(head: &ResponseHead, method: &str, chunks: &[&[u8]], limits: Limits) -> Body {
    let mut decoder = BodyDecoder::new(head, method, limits);
    let mut bytes = Vec::new();
    let mut end = decoder.push(b"", &mut bytes);
    for chunk in chunks {
        match &mut end {
            BodyState::NeedMore => end = decoder.push(chunk, &mut bytes),
            BodyState::Complete { surplus } => *surplus += chunk.len(),
            BodyState::Broken(_) => {}
        }
    }
    if end == BodyState::NeedMore {
        end = decoder.finish();
    }
    Body { bytes, end, trailers: decoder.trailers().to_vec(), anomalies: decoder.anomalies().len() }
}

/// A body written in chunks of that size comes back.
fn round_trip(body: &[u8], size: usize) {
    let mut sent: Vec<u8> = body.chunks(size.max(1)).flat_map(write_chunk).collect();
    sent.extend_from_slice(write_last_chunk());
    let headers = [("Transfer-Encoding".to_owned(), "chunked".to_owned())];
    let bytes = write_response(200, "OK", &headers, &sent);
    let HeadState::Complete { head, rest, anomalies, .. } = read_head(&[&bytes], Limits::DEFAULT) else {
        panic!("a written head cannot be read");
    };
    assert!(anomalies.is_empty(), "{anomalies:?}");
    let again = read_body(&head, "POST", &[&rest], Limits::DEFAULT);
    assert_eq!((again.bytes.as_slice(), again.end), (body, BodyState::Complete { surplus: 0 }));
}
