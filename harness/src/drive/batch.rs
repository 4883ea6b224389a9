//! Several messages as one JSON array (2025-03-26, basic#batching).

use super::outgoing::Outgoing;
use super::run::{Run, Stop};
use crate::action::{Action, Batch, Until};
use crate::transcript::SentKind;

impl Run<'_> {
    /// Send the messages of a batch as one; each request opens its stream, all of them share what comes back.
    pub(super) async fn batch(&mut self, batch: &Batch) -> Result<(), Stop> {
        let actor = self.actor(&batch.by).await?;
        let (mut texts, mut parts) = (Vec::new(), Vec::new());
        for message in &batch.messages {
            let (text, stream) = match message {
                Action::Raw(raw) => {
                    let bytes = raw.body.as_ref().map(crate::action::Bytes::make).transpose();
                    (bytes.map_err(|e| Stop::Harness(e.to_string()))?.unwrap_or_default(), None)
                }
                Action::Request(send)
                | Action::Alive(send)
                | Action::Call(send)
                | Action::Read(send)
                | Action::Prompt(send)
                | Action::Notify(send) => {
                    (self.envelope(message, send, &actor)?.to_string().into_bytes(), send.stream.clone())
                }
                other => return Err(Stop::Harness(format!("{other:?} cannot be part of a batch"))),
            };
            texts.push(text);
            parts.push(stream);
        }
        let body = [b"[".as_slice(), &texts.join(b",".as_slice()), b"]"].concat();
        let asks = parts.iter().any(Option::is_some);
        let outgoing = Outgoing {
            stream: Some(batch.stream.clone()),
            kind: SentKind::Batch,
            body: body.into(),
            chunks: crate::action::Chunks::default(),
            parts,
            token: None,
            proof: None,
            message: None,
            verb: "POST",
            path: None,
            headers: self.resolve_map(&batch.headers)?,
            wrong: batch.wrong,
            cut: None,
        };
        let default = match (asks, actor.is_http()) {
            (true, _) => Until::Answered,
            (false, true) => Until::Ended,
            (false, false) => Until::Sent,
        };
        self.dispatch(&actor, outgoing, None, batch.until.as_ref().unwrap_or(&default), batch.within).await
    }
}
