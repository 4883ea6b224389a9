//! Server-sent events (WHATWG HTML, section 9.2): an incremental decoder that also tells what the standard drops, and an
//! encoder.

mod decoder;
mod event;

pub use decoder::{Anomaly, Decoder, Item};
pub use event::{Event, LineEnd, encode, encode_with};

#[cfg(test)]
mod tests;
