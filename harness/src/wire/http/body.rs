//! The body of a response (RFC 9112, sections 6 and 7).

use super::head::{Anomaly, ResponseHead};
use crate::wire::limits::Limits;

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none: to HEAD, or with status 1xx, 204, 304.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
    /// Everything until the connection closes.
    UntilClose,
}

/// How far the decoder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyState {
    /// Push more, or [`BodyDecoder::finish`] at the end of the connection.
    NeedMore,
    /// The body is whole.
    Complete {
        /// Bytes of the last push that come after the body.
        surplus: usize,
    },
    /// No way on; what was decoded before stays valid.
    Broken(BrokenBody),
}

/// Why a body cannot be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenBody {
    /// Not hexadecimal digits, or beyond 64 bits.
    #[error("the chunk size line {0:?} does not start with a size")]
    BadChunkSize(String),
    /// A chunk's data and its size disagree.
    #[error("chunk data is followed by the byte 0x{0:02x} instead of a line end")]
    BadChunkEnd(u8),
    /// No colon, or no name before it.
    #[error("the trailer line {0:?} is no header field")]
    BadTrailer(String),
    /// A chunk size line or the trailers are too long.
    #[error("the chunk size line or trailer section is longer than the limit of {0} bytes")]
    LineTooLong(usize),
    /// The body is too large.
    #[error("the body is larger than the limit of {0} bytes")]
    TooLarge(u64),
    /// The connection closed with this many bytes owed by Content-Length.
    #[error("the connection closed {0} bytes before the end that Content-Length announced")]
    CutShort(u64),
    /// The connection closed before the last chunk.
    #[error("the connection closed before the last chunk")]
    ChunksCutShort,
}

/// How much of a bad line is quoted, in characters.
const QUOTED: usize = 40;

#[derive(Debug, Clone)]
enum Stage {
    Length(u64),
    UntilClose,
    ChunkSize,
    ChunkData(u64),
    /// After a chunk's data: CR LF or LF is due; whether CR was seen.
    ChunkEnd(bool),
    Trailers,
    Done,
    Broken(BrokenBody),
}

/// Decodes one body, incrementally.
#[derive(Debug)]
pub struct BodyDecoder {
    framing: Framing,
    anomalies: Vec<Anomaly>,
    stage: Stage,
    line: Vec<u8>,
    trailers: Vec<(String, String)>,
    trailer_bytes: usize,
    decoded: u64,
    limits: Limits,
}

impl BodyDecoder {
    /// The decoder of the body after `head`, which answers a request of that method.
    pub fn new(head: &ResponseHead, request_method: &str, limits: Limits) -> Self {
        let mut anomalies = Vec::new();
        let framing = framing(head, request_method, &mut anomalies);
        Self { anomalies, ..Self::framed(framing, limits) }
    }

    /// The decoder of a body whose end is known in that way.
    pub fn framed(framing: Framing, limits: Limits) -> Self {
        let stage = match framing {
            Framing::None | Framing::Length(0) => Stage::Done,
            Framing::Length(length) => Stage::Length(length),
            Framing::Chunked => Stage::ChunkSize,
            Framing::UntilClose => Stage::UntilClose,
        };
        Self {
            framing,
            anomalies: Vec::new(),
            stage,
            line: Vec::new(),
            trailers: Vec::new(),
            trailer_bytes: 0,
            decoded: 0,
            limits,
        }
    }

    /// How the body's end is known.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// What was odd in the head's account of the body, or in the lines between chunks.
    pub fn anomalies(&self) -> &[Anomaly] {
        &self.anomalies
    }

    /// The fields after the last chunk.
    pub fn trailers(&self) -> &[(String, String)] {
        &self.trailers
    }

    /// Takes the next bytes and appends what they decode to, to `out`. Push an empty slice first to learn whether
    /// there is a body at all.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> BodyState {
        loop {
            let (used, next) = match &mut self.stage {
                Stage::Done => {
                    return BodyState::Complete { surplus: bytes.len() };
                }
                Stage::Broken(reason) => return BodyState::Broken(reason.clone()),
                _ if bytes.is_empty() => return BodyState::NeedMore,
                Stage::UntilClose => (self.take(bytes.len() as u64, bytes, out), None),
                Stage::Length(left) => {
                    let left = *left;
                    let used = self.take(left, bytes, out);
                    let left = left - used as u64;
                    (used, Some(if left == 0 { Stage::Done } else { Stage::Length(left) }))
                }
                Stage::ChunkData(left) => {
                    let left = *left;
                    let used = self.take(left, bytes, out);
                    let left = left - used as u64;
                    (used, Some(if left == 0 { Stage::ChunkEnd(false) } else { Stage::ChunkData(left) }))
                }
                Stage::ChunkEnd(cr) => {
                    let cr = *cr;
                    (1, Some(self.chunk_end(bytes.first().copied().unwrap_or_default(), cr)))
                }
                Stage::ChunkSize => self.line(bytes, Self::chunk_size),
                Stage::Trailers => self.line(bytes, Self::trailer),
            };
            bytes = bytes.get(used..).unwrap_or_default();
            // `take` breaks the body itself when it passes the limit.
            if let Some(next) = next
                && !matches!(self.stage, Stage::Broken(_))
            {
                self.stage = next;
            }
        }
    }

    /// The connection closed.
    pub fn finish(&mut self) -> BodyState {
        match &self.stage {
            Stage::Done | Stage::UntilClose => {
                self.stage = Stage::Done;
                BodyState::Complete { surplus: 0 }
            }
            Stage::Broken(reason) => BodyState::Broken(reason.clone()),
            Stage::Length(left) => self.broken(BrokenBody::CutShort(*left)),
            _ => self.broken(BrokenBody::ChunksCutShort),
        }
    }

    fn broken(&mut self, reason: BrokenBody) -> BodyState {
        self.stage = Stage::Broken(reason.clone());
        BodyState::Broken(reason)
    }

    /// Moves up to `most` bytes of the body to `out`, as far as the limit on bodies lets it.
    fn take(&mut self, most: u64, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let wanted = usize::try_from(most).unwrap_or(usize::MAX).min(bytes.len());
        let room = usize::try_from(self.limits.body_bytes - self.decoded).unwrap_or(usize::MAX);
        let used = wanted.min(room);
        out.extend_from_slice(bytes.get(..used).unwrap_or_default());
        self.decoded += used as u64;
        if used < wanted {
            self.stage = Stage::Broken(BrokenBody::TooLarge(self.limits.body_bytes));
        }
        used
    }

    fn chunk_end(&mut self, byte: u8, cr: bool) -> Stage {
        match byte {
            b'\r' if !cr => Stage::ChunkEnd(true),
            b'\n' => {
                if !cr {
                    self.note(Anomaly::BareLf);
                }
                Stage::ChunkSize
            }
            other => Stage::Broken(BrokenBody::BadChunkEnd(other)),
        }
    }

    /// Collects a line; when it is whole, asks `then` what it means.
    fn line(&mut self, bytes: &[u8], then: fn(&mut Self, &str) -> Stage) -> (usize, Option<Stage>) {
        let end = bytes.iter().position(|&b| b == b'\n');
        let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        if part.len() > self.limits.head_bytes - self.line.len() {
            return (part.len(), Some(Stage::Broken(BrokenBody::LineTooLong(self.limits.head_bytes))));
        }
        self.line.extend_from_slice(part);
        if end.is_none() {
            return (part.len(), None);
        }
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let text = text.strip_suffix('\r').unwrap_or_else(|| {
            self.note(Anomaly::BareLf);
            &text
        });
        (part.len() + 1, Some(then(self, text)))
    }

    fn chunk_size(&mut self, line: &str) -> Stage {
        let size = line.split(';').next().unwrap_or_default().trim_end_matches([' ', '\t']);
        let hex = !size.is_empty() && size.bytes().all(|b| b.is_ascii_hexdigit());
        match u64::from_str_radix(size, 16) {
            Ok(0) if hex => Stage::Trailers,
            Ok(size) if hex => Stage::ChunkData(size),
            _ => Stage::Broken(BrokenBody::BadChunkSize(line.chars().take(QUOTED).collect())),
        }
    }

    fn trailer(&mut self, line: &str) -> Stage {
        if line.is_empty() {
            return Stage::Done;
        }
        self.trailer_bytes += line.len();
        if self.trailer_bytes > self.limits.head_bytes || self.trailers.len() >= self.limits.headers {
            return Stage::Broken(BrokenBody::LineTooLong(self.limits.head_bytes));
        }
        match line.split_once(':') {
            Some((name, value)) if !name.is_empty() => {
                self.trailers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
                Stage::Trailers
            }
            _ => Stage::Broken(BrokenBody::BadTrailer(line.chars().take(QUOTED).collect())),
        }
    }

    fn note(&mut self, anomaly: Anomaly) {
        if !self.anomalies.contains(&anomaly) {
            self.anomalies.push(anomaly);
        }
    }
}

/// RFC 9112, 6.3, for a client.
fn framing(head: &ResponseHead, method: &str, anomalies: &mut Vec<Anomaly>) -> Framing {
    let codings = head.headers("transfer-encoding").collect::<Vec<_>>().join(", ");
    let lengths: Vec<&str> = head.headers("content-length").flat_map(|value| value.split(',')).map(str::trim).collect();
    let bodiless = (100..200).contains(&head.status) || head.status == 204;
    if !codings.is_empty() {
        if !lengths.is_empty() {
            anomalies.push(Anomaly::LengthAndTransferEncoding);
        }
        if bodiless || head.version == 0 {
            anomalies.push(Anomaly::TransferEncodingNotAllowed);
        }
        if !codings.eq_ignore_ascii_case("chunked") {
            anomalies.push(Anomaly::OtherTransferCoding(codings.clone()));
        }
    }
    if lengths.iter().any(|length| Some(length) != lengths.first()) {
        anomalies.push(Anomaly::DifferentLengths(lengths.iter().map(|&length| length.to_owned()).collect()));
    }
    let length = lengths.first().map(|&text| {
        let length = text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        if length.is_none() {
            anomalies.push(Anomaly::BadLength(text.to_owned()));
        }
        length
    });
    if method == "HEAD" || bodiless || head.status == 304 {
        return Framing::None;
    }
    if !codings.is_empty() {
        let last = codings.rsplit(',').next().unwrap_or_default().trim();
        return if last.eq_ignore_ascii_case("chunked") { Framing::Chunked } else { Framing::UntilClose };
    }
    length.flatten().map_or(Framing::UntilClose, Framing::Length)
}
