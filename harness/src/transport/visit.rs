//! A visit to one of the places of the harness, as the transcript has it.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};

use super::passing::{BoxError, PassedBody, end_to_end};
use crate::action::Chunks;
use crate::transcript::{End, HttpSent, Recorder, SentKind, What};

/// Whose visit it is.
pub(super) struct Visit<'a> {
    pub recorder: &'a Recorder,
    pub actor: &'a str,
    pub stream: Option<&'a str>,
    pub exchange: u32,
}

impl Visit<'_> {
    /// Record what is asked of one whom exchanges call `party`.
    pub fn asked(&self, party: &str, (verb, uri, headers): (&Method, &Uri, &HeaderMap), body: Bytes) {
        self.note(What::Sent {
            kind: SentKind::Metadata,
            exchange: Some(self.exchange),
            http: Some(HttpSent {
                verb: verb.to_string(),
                target: uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string),
                headers: end_to_end(headers),
                party: Some(party.to_owned()),
            }),
            bytes: body.into(),
            chunks: Chunks::default(),
            parts: Vec::new(),
            wrong: false,
        });
    }

    /// Record what is answered, and answer it.
    ///
    /// # Errors
    /// When status or headers are none.
    pub fn answer(
        &self,
        status: u16,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Result<Response<PassedBody>, BoxError> {
        let exchange = self.exchange;
        let response = headers
            .iter()
            .fold(Response::builder().status(status), |response, (name, value)| response.header(name, value));
        self.note(What::Head { exchange, status, headers, anomalies: Vec::new() });
        self.note(What::Body { exchange, bytes: body.clone().into(), length: body.len() as u64 });
        self.note(What::Ended { exchange, end: End::Complete });
        Ok(response.body(whole(body))?)
    }

    fn note(&self, what: What) {
        self.recorder.append(self.actor, self.stream, what);
    }
}

/// What those get whom nobody expects.
///
/// # Errors
/// When it cannot be made.
pub(super) fn nobody() -> Result<Response<PassedBody>, BoxError> {
    Ok(Response::builder().status(StatusCode::NOT_FOUND).body(whole(Bytes::new()))?)
}

/// A body at once.
pub(super) fn whole(body: Bytes) -> PassedBody {
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}
