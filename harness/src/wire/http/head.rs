//! The head of a response.

use crate::wire::limits::Limits;

/// Status line and header fields of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// The minor version: 1 for HTTP/1.1.
    pub version: u8,
    /// The status code.
    pub status: u16,
    /// The reason phrase, possibly empty.
    pub reason: String,
    /// The fields in order, names as spelled, values without space around them. Bytes that are not UTF-8 stand as U+FFFD.
    pub headers: Vec<(String, String)>,
}

/// Something odd in a head or in how it frames the body. The message was still read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Anomaly {
    /// RFC 9112, 2.2: only servers may skip these.
    #[error("blank lines before the status line")]
    LeadingBlankLine,
    /// Lines end with CR LF; recipients may accept LF alone.
    #[error("a line of the head ends with LF alone")]
    BareLf,
    /// RFC 9110, 5.5: new field values are ASCII.
    #[error("the header `{0}` has bytes beyond ASCII")]
    NotAscii(String),
    /// RFC 9112, 6.3: an attempt at smuggling, or a broken server. Transfer-Encoding was followed.
    #[error("the response has both Transfer-Encoding and Content-Length")]
    LengthAndTransferEncoding,
    /// RFC 9112, 6.3: unrecoverable for a client. The first was followed.
    #[error("the response has different Content-Length values: {0:?}")]
    DifferentLengths(Vec<String>),
    /// Not digits, or beyond 64 bits. The body was read until the connection closed.
    #[error("the Content-Length {0:?} is no number")]
    BadLength(String),
    /// RFC 9112, 6.1: not for a 1xx or 204, nor in HTTP/1.0.
    #[error("Transfer-Encoding is not allowed in this response")]
    TransferEncodingNotAllowed,
    /// A coding other than chunked, or chunked not last. The body was not decoded, and read until the connection closed
    /// unless chunked was last.
    #[error("the transfer coding {0:?} is not `chunked` alone")]
    OtherTransferCoding(String),
}

/// Why a head cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenHead {
    /// It breaks the grammar.
    #[error("not an HTTP/1.1 response: {0}, in a head that starts {1:?}")]
    Malformed(String, String),
    /// No end within the limit.
    #[error("the response head is longer than the limit of {0} bytes")]
    TooLong(usize),
    /// More fields than the limit.
    #[error("the response has more than {0} header fields")]
    TooManyHeaders(usize),
    /// Interim responses without end.
    #[error("more than {0} interim responses and no final one")]
    TooManyInterim(usize),
}

/// How far the reader is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadState {
    /// Push more.
    NeedMore,
    /// The final head is there.
    Complete {
        /// The head.
        head: ResponseHead,
        /// The bytes after it: the beginning of the body.
        rest: Vec<u8>,
        /// Interim (1xx) heads that came before, in order. 101 is a final one.
        interim: Vec<ResponseHead>,
        /// What was odd in any of them.
        anomalies: Vec<Anomaly>,
    },
    /// No way on.
    Broken(BrokenHead),
}

/// Reads the head of one response, incrementally, skipping interim ones.
#[derive(Debug)]
pub struct HeadReader {
    limits: Limits,
    buffer: Vec<u8>,
    /// Where to go on looking for the end of the head.
    scanned: usize,
    /// Where the first line ends.
    first_line: Option<usize>,
    interim: Vec<ResponseHead>,
    anomalies: Vec<Anomaly>,
}

/// How much of a malformed head is quoted, in bytes.
const QUOTED: usize = 60;

impl ResponseHead {
    /// The first value of that field, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// All values of that field, in order.
    pub fn headers<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl HeadReader {
    /// A reader at the start of a response.
    pub fn new(limits: Limits) -> Self {
        Self { limits, buffer: Vec::new(), scanned: 0, first_line: None, interim: Vec::new(), anomalies: Vec::new() }
    }

    /// Takes the next bytes. After `Complete` or `Broken` the reader is used up.
    pub fn push(&mut self, bytes: &[u8]) -> HeadState {
        self.buffer.extend_from_slice(bytes);
        loop {
            match self.next_head() {
                Err(broken) => return HeadState::Broken(broken),
                Ok(None) => return HeadState::NeedMore,
                Ok(Some((head, rest))) if (100..200).contains(&head.status) && head.status != 101 => {
                    if self.interim.len() >= self.limits.interim_heads {
                        return HeadState::Broken(BrokenHead::TooManyInterim(self.limits.interim_heads));
                    }
                    self.interim.push(head);
                    self.buffer = rest;
                    self.scanned = 0;
                    self.first_line = None;
                }
                Ok(Some((head, rest))) => {
                    self.buffer = Vec::new();
                    let interim = std::mem::take(&mut self.interim);
                    let anomalies = std::mem::take(&mut self.anomalies);
                    return HeadState::Complete { head, rest, interim, anomalies };
                }
            }
        }
    }

    /// The head at the start of the buffer, and the bytes after it.
    fn next_head(&mut self) -> Result<Option<(ResponseHead, Vec<u8>)>, BrokenHead> {
        self.skip_blank_lines();
        let first_line = self.first_line;
        let end = self.find_end();
        // A peer that does not speak HTTP is found out by its first line.
        if first_line.is_none()
            && let Some(line) = self.first_line
            && line <= self.limits.head_bytes
        {
            self.parse(line, false)?;
        }
        if end.unwrap_or(self.buffer.len()) > self.limits.head_bytes {
            return Err(BrokenHead::TooLong(self.limits.head_bytes));
        }
        let Some(end) = end else { return Ok(None) };
        let head = self.parse(end, true)?;
        Ok(head.map(|head| (head, self.buffer.split_off(end))))
    }

    /// Bytes held that belong to no complete head.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    fn skip_blank_lines(&mut self) {
        if self.scanned > 0 {
            return;
        }
        let blank = self.buffer.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if blank > 0 {
            self.buffer.drain(..blank);
            self.note(Anomaly::LeadingBlankLine);
        }
    }

    /// Where the head ends: after a line end and an empty line, of CR LF or LF. Looks at each byte once.
    fn find_end(&mut self) -> Option<usize> {
        let from = self.scanned;
        for (index, &byte) in self.buffer.iter().enumerate().skip(from) {
            self.scanned = index + 1;
            if byte == b'\n' && self.first_line.is_none() {
                self.first_line = Some(index + 1);
            }
            let before = self.buffer.get(..index).unwrap_or_default();
            if byte == b'\n' && (before.ends_with(b"\n") || before.ends_with(b"\n\r")) {
                return Some(index + 1);
            }
        }
        None
    }

    /// Parses the first `end` bytes: a whole head, or the beginning of one, of which only errors are wanted.
    fn parse(&mut self, end: usize, whole: bool) -> Result<Option<ResponseHead>, BrokenHead> {
        let bytes = self.buffer.get(..end).unwrap_or_default();
        let mut fields = vec![httparse::EMPTY_HEADER; self.limits.headers];
        let mut response = httparse::Response::new(&mut fields);
        let quoted = || String::from_utf8_lossy(bytes.get(..QUOTED).unwrap_or(bytes)).into_owned();
        match response.parse(bytes) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) if !whole => return Ok(None),
            Ok(httparse::Status::Partial) => {
                return Err(BrokenHead::Malformed("the head is cut short".to_owned(), quoted()));
            }
            Err(httparse::Error::TooManyHeaders) => {
                return Err(BrokenHead::TooManyHeaders(self.limits.headers));
            }
            Err(error) => return Err(BrokenHead::Malformed(error.to_string(), quoted())),
        }
        let mut notes = Vec::new();
        if bytes.iter().enumerate().any(|(i, &b)| b == b'\n' && !bytes.get(..i).unwrap_or_default().ends_with(b"\r")) {
            notes.push(Anomaly::BareLf);
        }
        let mut headers = Vec::with_capacity(response.headers.len());
        for field in response.headers.iter() {
            if !field.value.is_ascii() {
                notes.push(Anomaly::NotAscii(field.name.to_owned()));
            }
            headers.push((field.name.to_owned(), String::from_utf8_lossy(field.value).into_owned()));
        }
        let head = ResponseHead {
            version: response.version.unwrap_or(1),
            status: response.code.unwrap_or(0),
            reason: response.reason.unwrap_or_default().to_owned(),
            headers,
        };
        notes.into_iter().for_each(|note| self.note(note));
        Ok(Some(head))
    }

    fn note(&mut self, anomaly: Anomaly) {
        if !self.anomalies.contains(&anomaly) {
            self.anomalies.push(anomaly);
        }
    }
}
