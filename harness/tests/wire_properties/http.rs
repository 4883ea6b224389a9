//! HTTP responses and header values.

use mcp_assay::parsers::http::read_head;
use mcp_assay::wire::http::{self, BodyDecoder, BodyState, HeadState, ResponseHead};
use mcp_assay::wire::{Limits, header_value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{config, cut, cuts, glued, limits};

fn http_like() -> impl Strategy<Value = Vec<u8>> {
    glued(
        &[
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 100 \r\n\r\n",
            "HTTP/1.0 204\n",
            "\r\n",
            "\n",
            "A: b\r\n",
            "Content-Length: 3\r\n",
            "Transfer-Encoding: chunked\r\n",
            ":",
            "\r\n\r\n",
            "3\r\nabc\r\n",
            "0\r\n\r\n",
            "x",
        ],
        8,
    )
}

/// The decoded body, the end it came to, and the decoder.
fn read_body(head: &ResponseHead, chunks: &[&[u8]], limits: Limits) -> (Vec<u8>, BodyState, BodyDecoder) {
    let mut decoder = BodyDecoder::new(head, "POST", limits);
    let mut out = Vec::new();
    let mut state = decoder.push(b"", &mut out);
    for chunk in chunks {
        match &mut state {
            BodyState::NeedMore => state = decoder.push(chunk, &mut out),
            BodyState::Complete { surplus } => *surplus += chunk.len(),
            BodyState::Broken(_) => {}
        }
    }
    if state == BodyState::NeedMore {
        state = decoder.finish();
    }
    (out, state, decoder)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn header_values_round_trip(value in prop_oneof![any::<String>(), "[ -~\\t]{0,12}", "=\\?base64\\?[ -~]{0,6}(\\?=)?"]) {
        let header = header_value::encode(&value);
        prop_assert!(header.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~')));
        prop_assert_eq!(header.trim_matches([' ', '\t']), header.as_ref());
        prop_assert_eq!(header_value::decode(&header).unwrap(), value.as_str());
        prop_assert_eq!(header_value::needs_base64(&value).is_some(), header != value);
        let encoded = header_value::encode_base64(&value);
        prop_assert_eq!(header_value::decode(&encoded).unwrap(), value.as_str());
    }

    /// One value has one plain or one Base64 form.
    #[test]
    fn header_values_decode_from_one_spelling(header in prop_oneof![any::<String>(), "=\\?base64\\?[A-Za-z0-9+/=]{0,8}\\?="]) {
        if let Ok(value) = header_value::decode(&header) {
            let form = if header_value::is_marked(&header) { header_value::encode_base64(&value) } else { value.to_string() };
            prop_assert_eq!(form, header);
        }
    }

    #[test]
    fn http_heads_do_not_depend_on_chunks(bytes in http_like(), cuts in cuts(), limits in limits()) {
        prop_assert_eq!(read_head(&cut(&bytes, &cuts), limits), read_head(&[&bytes], limits));
    }

    #[test]
    fn http_bodies_do_not_depend_on_chunks(
        bytes in http_like(),
        cuts in cuts(),
        limits in limits(),
        header in select(vec![("Transfer-Encoding", "chunked"), ("Content-Length", "5"), ("X", "")]),
    ) {
        let headers = vec![(header.0.to_owned(), header.1.to_owned())];
        let head = ResponseHead { version: 1, status: 200, reason: String::new(), headers };
        let (whole, pieces) = (read_body(&head, &[&bytes], limits), read_body(&head, &cut(&bytes, &cuts), limits));
        prop_assert!(whole.0.len() as u64 <= limits.body_bytes);
        prop_assert_eq!((&whole.0, &whole.1), (&pieces.0, &pieces.1));
        prop_assert_eq!((whole.2.trailers(), whole.2.anomalies()), (pieces.2.trailers(), pieces.2.anomalies()));
    }

    #[test]
    fn http_round_trip(
        body in vec(any::<u8>(), 0..60),
        inner in cuts(),
        outer in cuts(),
        value in "[!-~]([ -~]{0,10}[!-~])?",
        chunked: bool,
    ) {
        let (framing, sent) = if chunked {
            let chunks = cut(&body, &inner).into_iter().filter(|chunk| !chunk.is_empty());
            let mut sent: Vec<u8> = chunks.flat_map(http::write_chunk).collect();
            sent.extend_from_slice(http::write_last_chunk());
            (("Transfer-Encoding".to_owned(), "chunked".to_owned()), sent)
        } else {
            (("Content-Length".to_owned(), body.len().to_string()), body.clone())
        };
        let headers = vec![framing, ("X-Any".to_owned(), value)];
        let bytes = http::write_response(200, "OK", &headers, &sent);
        let HeadState::Complete { head, rest, interim, anomalies } = read_head(&cut(&bytes, &outer), Limits::DEFAULT) else {
            return Err(TestCaseError::fail("no head"));
        };
        prop_assert_eq!(&head.headers, &headers);
        prop_assert!(interim.is_empty() && anomalies.is_empty());
        let (out, state, decoder) = read_body(&head, &[&rest], Limits::DEFAULT);
        prop_assert_eq!((out, state), (body, BodyState::Complete { surplus: 0 }));
        prop_assert!(decoder.anomalies().is_empty());
    }
}
