//! HTTP/1.1 (RFC 9112) for a raw client: requests byte for byte, responses as they come.

mod body;
mod head;
mod write;

pub use body::{BodyDecoder, BodyState, BrokenBody, Framing};
pub use head::{Anomaly, BrokenHead, HeadReader, HeadState, ResponseHead};
pub use write::{write_chunk, write_last_chunk, write_request, write_response};

#[cfg(test)]
mod tests;
