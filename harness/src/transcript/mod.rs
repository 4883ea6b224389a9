//! The transcript: everything that crossed the wire in one run of one scenario, in order, with times.
//!
//! It is append-only and the only evidence: the driver waits on it, checks judge it, reports quote it, and
//! `mcp-assay judge FILE` reads it back. On disk it is JSON Lines: a [`Header`], then one [`Event`] a line.

mod asked;
mod bytes_text;
mod conduct;
mod event;
mod file;
mod given;
mod index;
mod recorder;
mod secrets;
mod shown;
mod tasks;
mod view;
#[cfg(test)]
mod view_tests;

pub use bytes_text::Payload;
pub use event::{End, Event, FORMAT_VERSION, Header, HttpSent, ProcessEnd, SentKind, What};
pub use file::{TranscriptError, parse, read};
pub use index::{ActorStatus, Index, StreamStatus, end_in_words};
pub use recorder::{Recorder, RecorderError};
pub use view::{EXIT, GOODBYE, View};
