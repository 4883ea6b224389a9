#![expect(clippy::panic, reason = "tests")]

use super::*;
use crate::wire::limits::Limits;

/// Reads a whole response from chunks of that size.
fn head(response: &[u8], chunk: usize, limits: Limits) -> (HeadState, Vec<u8>) {
    let mut reader = HeadReader::new(limits);
    for (index, bytes) in response.chunks(chunk).enumerate() {
        match reader.push(bytes) {
            HeadState::NeedMore => {}
            state => {
                return (state, response[((index + 1) * chunk).min(response.len())..].to_vec());
            }
        }
    }
    (HeadState::NeedMore, Vec::new())
}

fn complete(response: &[u8]) -> (ResponseHead, Vec<u8>, Vec<ResponseHead>, Vec<Anomaly>) {
    let mut seen = None;
    for chunk in [1, 7, 4096] {
        let (state, later) = head(response, chunk, Limits::DEFAULT);
        let HeadState::Complete { head, mut rest, interim, anomalies } = state else { panic!("{state:?}") };
        rest.extend(later);
        let this = (head, rest, interim, anomalies);
        assert_eq!(*seen.get_or_insert_with(|| this.clone()), this, "chunks of {chunk}");
    }
    seen.unwrap_or_else(|| panic!("no chunks"))
}

fn broken(response: &[u8], limits: Limits) -> BrokenHead {
    for chunk in [1, 4096] {
        if let (HeadState::Broken(reason), _) = head(response, chunk, limits)
            && chunk > 1
        {
            return reason;
        }
    }
    panic!("not broken")
}

fn response(headers: &[(&str, &str)], status: u16) -> ResponseHead {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    ResponseHead { version: 1, status, reason: String::new(), headers }
}

/// Framing, decoded bytes, final state and anomalies of a body whose connection closes after it.
fn body(head: &ResponseHead, bytes: &[u8]) -> (Vec<u8>, BodyState, BodyDecoder) {
    body_within(head, bytes, Limits::DEFAULT)
}

fn body_within(head: &ResponseHead, bytes: &[u8], limits: Limits) -> (Vec<u8>, BodyState, BodyDecoder) {
    let decode = |chunk: usize| {
        let mut decoder = BodyDecoder::new(head, "POST", limits);
        let mut out = Vec::new();
        let mut state = decoder.push(b"", &mut out);
        let mut taken = 0;
        for part in bytes.chunks(chunk) {
            if state != BodyState::NeedMore {
                break;
            }
            taken += part.len();
            state = decoder.push(part, &mut out);
        }
        if let BodyState::Complete { surplus } = &mut state {
            *surplus += bytes.len() - taken;
        }
        if state == BodyState::NeedMore {
            state = decoder.finish();
        }
        (out, state, decoder)
    };
    let (whole, bytewise) = (decode(4096), decode(1));
    assert_eq!((&whole.0, &whole.1), (&bytewise.0, &bytewise.1), "byte by byte gives the same");
    assert_eq!((whole.2.trailers(), whole.2.anomalies()), (bytewise.2.trailers(), bytewise.2.anomalies()));
    whole
}

const COMPLETE: BodyState = BodyState::Complete { surplus: 0 };

#[test]
fn writes_exactly_what_is_given() {
    let headers = [("Host".to_owned(), "a".to_owned()), ("hOST".to_owned(), " b\r\nX: y".to_owned())];
    assert_eq!(
        write_request("P ST", "/a b", &headers, b"{}"),
        b"P ST /a b HTTP/1.1\r\nHost: a\r\nhOST:  b\r\nX: y\r\n\r\n{}"
    );
    assert_eq!(write_response(299, "Fine", &headers[..1], b""), b"HTTP/1.1 299 Fine\r\nHost: a\r\n\r\n");
    assert_eq!(
        [&write_chunk(&[b'x'; 26]), write_last_chunk()].concat(),
        b"1a\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n"
    );
}

#[test]
fn reads_a_head() {
    let (head, rest, interim, anomalies) =
        complete(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX: 1\r\nx:  2 \r\nE:\r\n\r\ndata: a\r\n\r\n");
    assert_eq!((head.version, head.status, head.reason.as_str()), (1, 200, "OK"));
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(head.headers("X").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!((head.header("e"), head.header("y")), (Some(""), None));
    assert_eq!(head.headers[2].0, "x");
    assert_eq!(rest, b"data: a\r\n\r\n");
    assert_eq!((interim, anomalies), (vec![], vec![]));
}

#[test]
fn skips_interim_heads_and_says_so() {
    let (head, rest, interim, anomalies) =
        complete(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nLink: x\r\n\r\nHTTP/1.0 404\r\n\r\nrest");
    assert_eq!((head.version, head.status, head.reason.as_str()), (0, 404, ""));
    assert_eq!(interim.iter().map(|h| h.status).collect::<Vec<_>>(), [100, 103]);
    assert_eq!(interim[1].header("link"), Some("x"));
    assert_eq!((rest.as_slice(), anomalies), (&b"rest"[..], vec![]));
    assert_eq!(complete(b"HTTP/1.1 101 Switching\r\n\r\nx").0.status, 101);
}

#[test]
fn reads_an_odd_head_and_says_so() {
    let (head, rest, _, anomalies) = complete(b"\r\n\nHTTP/1.1 200 OK\nA: \xffx\n\n\n");
    assert_eq!(head.header("a"), Some("\u{fffd}x"));
    assert_eq!(rest, b"\n");
    assert_eq!(anomalies, [Anomaly::LeadingBlankLine, Anomaly::BareLf, Anomaly::NotAscii("A".to_owned())]);
}

#[test]
fn refuses_a_head_that_is_none() {
    let shown = broken(b"SSH-2.0-x\r\n", Limits::DEFAULT).to_string();
    assert!(shown.starts_with("not an HTTP/1.1 response: ") && shown.ends_with("\"SSH-2.0-x\\r\\n\""), "{shown}");
    assert!(matches!(broken(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Limits::DEFAULT), BrokenHead::Malformed(..)));
    let limits = Limits { head_bytes: 40, headers: 2, interim_heads: 1, ..Limits::DEFAULT };
    assert_eq!(broken(&[b'H'; 50], limits), BrokenHead::TooLong(40));
    assert_eq!(broken(b"HTTP/1.1 200 OK\r\nA:\r\nB:\r\nC:\r\n\r\n", limits), BrokenHead::TooManyHeaders(2));
    assert_eq!(broken(&b"HTTP/1.1 100 A\r\n\r\n".repeat(2), limits), BrokenHead::TooManyInterim(1));
    assert_eq!(head(b"HTTP/1.1 200 OK\r\n", 1, limits).0, HeadState::NeedMore);
}

#[test]
fn a_length_ends_a_body() {
    let head = response(&[("content-LENGTH", "3, 3")], 200);
    let (out, state, decoder) = body(&head, b"abcde");
    assert_eq!(
        (out.as_slice(), state, decoder.framing()),
        (&b"abc"[..], BodyState::Complete { surplus: 2 }, Framing::Length(3))
    );
    assert!(decoder.anomalies().is_empty());
    assert_eq!(body(&head, b"a").1, BodyState::Broken(BrokenBody::CutShort(2)));
    assert_eq!(body(&response(&[("Content-Length", "0")], 200), b"").1, COMPLETE);
}

#[test]
fn chunks_are_joined_and_trailers_kept() {
    let head = response(&[("Transfer-Encoding", "Chunked")], 200);
    let (out, state, decoder) =
        body(&head, b"3\r\nabc\r\n0a ; x=\"y\"\r\n0123456789\r\n000\r\nT: 1 \r\nu:\r\n\r\nnext");
    assert_eq!((out.as_slice(), state), (&b"abc0123456789"[..], BodyState::Complete { surplus: 4 }));
    assert_eq!(decoder.trailers(), [("T".to_owned(), "1".to_owned()), ("u".to_owned(), String::new())]);
    assert!(decoder.anomalies().is_empty());
    let (out, state, decoder) = body(&head, b"1\na\n0\n\n");
    assert_eq!((out.as_slice(), state, decoder.anomalies()), (&b"a"[..], COMPLETE, &[Anomaly::BareLf][..]));
}

#[test]
fn broken_chunks_are_named() {
    let head = response(&[("Transfer-Encoding", "chunked")], 200);
    let bad_size = |line: &str| BodyState::Broken(BrokenBody::BadChunkSize(line.to_owned()));
    for (bytes, decoded, state) in [
        (&b"x\r\n"[..], &b""[..], bad_size("x")),
        (b"\r\n", b"", bad_size("")),
        (b"+1\r\na\r\n", b"", bad_size("+1")),
        (b"10000000000000000\r\n", b"", bad_size("10000000000000000")),
        (b"1\r\nab\r\n", b"a", BodyState::Broken(BrokenBody::BadChunkEnd(b'b'))),
        (b"1\r\na\r\r\n", b"a", BodyState::Broken(BrokenBody::BadChunkEnd(b'\r'))),
        (b"0\r\nno colon\r\n\r\n", b"", BodyState::Broken(BrokenBody::BadTrailer("no colon".to_owned()))),
        (b"5\r\nab", b"ab", BodyState::Broken(BrokenBody::ChunksCutShort)),
        (b"1\r\na\r\n", b"a", BodyState::Broken(BrokenBody::ChunksCutShort)),
        (b"0\r\n", b"", BodyState::Broken(BrokenBody::ChunksCutShort)),
    ] {
        let (out, seen, _) = body(&head, bytes);
        assert_eq!((out.as_slice(), seen), (decoded, state));
    }
}

#[test]
fn some_responses_have_no_body_and_some_no_end() {
    for status in [204, 304] {
        let (_, state, decoder) = body(&response(&[("Content-Length", "5")], status), b"");
        assert_eq!((state, decoder.framing()), (COMPLETE, Framing::None));
    }
    let head = response(&[("Content-Length", "5")], 200);
    assert_eq!(BodyDecoder::new(&head, "HEAD", Limits::DEFAULT).framing(), Framing::None);
    let (out, state, decoder) = body(&response(&[], 200), b"to the end");
    assert_eq!((out.as_slice(), state, decoder.framing()), (&b"to the end"[..], COMPLETE, Framing::UntilClose));
}

#[test]
fn contradictions_in_the_head_are_told() {
    let odd = |headers: &[(&str, &str)], status| {
        let decoder = BodyDecoder::new(&response(headers, status), "POST", Limits::DEFAULT);
        (decoder.framing(), decoder.anomalies().to_vec())
    };
    let (te, cl) = ("Transfer-Encoding", "Content-Length");
    assert_eq!(odd(&[(te, "chunked"), (cl, "5")], 200), (Framing::Chunked, vec![Anomaly::LengthAndTransferEncoding]));
    let different = Anomaly::DifferentLengths(vec!["5".to_owned(), "6".to_owned()]);
    assert_eq!(odd(&[(cl, "5"), (cl, "6")], 200), (Framing::Length(5), vec![different]));
    assert_eq!(odd(&[(cl, "+5")], 200), (Framing::UntilClose, vec![Anomaly::BadLength("+5".to_owned())]));
    let other = |coding: &str| vec![Anomaly::OtherTransferCoding(coding.to_owned())];
    assert_eq!(odd(&[(te, "gzip"), (te, "chunked")], 200), (Framing::Chunked, other("gzip, chunked")));
    assert_eq!(odd(&[(te, "identity")], 200), (Framing::UntilClose, other("identity")));
    assert_eq!(odd(&[(te, "chunked")], 204), (Framing::None, vec![Anomaly::TransferEncodingNotAllowed]));
}

#[test]
fn bodies_and_lines_are_bounded() {
    let limits = Limits { body_bytes: 4, head_bytes: 8, headers: 1, ..Limits::DEFAULT };
    let chunked = response(&[("Transfer-Encoding", "chunked")], 200);
    let too_large = BodyState::Broken(BrokenBody::TooLarge(4));
    let too_long = BodyState::Broken(BrokenBody::LineTooLong(8));
    for (head, bytes, decoded, state) in [
        (&response(&[("Content-Length", "9")], 200), &b"123456789"[..], &b"1234"[..], too_large.clone()),
        (&response(&[], 200), b"12345", b"1234", too_large.clone()),
        (&chunked, b"3\r\n123\r\n2\r\n45\r\n", b"1234", too_large),
        (&chunked, b"1;23456789\r\n", b"", too_long.clone()),
        (&chunked, b"0\r\na:\r\nb:\r\n\r\n", b"", too_long),
    ] {
        let (out, seen, _) = body_within(head, bytes, limits);
        assert_eq!((out.as_slice(), seen), (decoded, state));
    }
}
