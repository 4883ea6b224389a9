//! Bodies: whole, or as they come.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Frame, Incoming};

use crate::action::Chunks;
use crate::mutate::change::BETWEEN;
use crate::scenario::MAX_PIECES;

/// What ends a body or an exchange early.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A body that goes to the client.
pub(super) type Body = UnsyncBoxBody<Bytes, BoxError>;

/// Largest request, and largest answer that a rule changes, in bytes.
pub(super) const MAX_BODY: usize = 64 * 1024 * 1024;

/// All of a body, up to [`MAX_BODY`].
pub(super) async fn collect(body: Incoming) -> Result<Bytes, BoxError> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(format!("a body has more than the {MAX_BODY} bytes that the mutator holds: send less").into())
        }
        Err(error) => Err(error),
    }
}

/// A body of known bytes in two parts, the second of which comes later.
pub(super) fn in_two(first: impl Into<Bytes>, delay: Duration, second: impl Into<Bytes>) -> Body {
    let second = second.into();
    let later = stream::once(async move {
        tokio::time::sleep(delay).await;
        second
    });
    let parts = stream::iter([first.into()]).chain(later).filter(|part| std::future::ready(!part.is_empty()));
    StreamBody::new(parts.map(|part| Ok(Frame::data(part)))).boxed_unsync()
}

/// A body that breaks off after these bytes, with the reason.
pub(super) fn broken_off(bytes: impl Into<Bytes>, reason: &'static str) -> Body {
    // What is ready at the same time as an error would not be sent.
    let error = stream::once(async move {
        tokio::task::yield_now().await;
        Err(BoxError::from(reason))
    });
    StreamBody::new(stream::iter([Ok(Frame::data(bytes.into()))]).chain(error)).boxed_unsync()
}

/// A body of known bytes in pieces, at most [`MAX_PIECES`], each of which goes before the next.
pub(super) fn in_pieces(bytes: &[u8], chunks: &Chunks) -> Body {
    let pieces: Vec<Bytes> = chunks.split_up_to(bytes, MAX_PIECES).into_iter().map(Bytes::copy_from_slice).collect();
    let pieces = stream::iter(pieces).then(|piece| async move {
        tokio::time::sleep(BETWEEN).await;
        Ok(Frame::data(piece))
    });
    StreamBody::new(pieces).boxed_unsync()
}

/// A body of known bytes.
pub(super) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}
