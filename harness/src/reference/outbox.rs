//! Where the messages go that belong to one request.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;

use super::event_log::{Event, EventLog};
use super::tasks::Line;

/// The way back to the client for one request.
#[derive(Clone, Debug)]
pub(super) enum Outbox {
    /// The event stream that answers a POST.
    Stream(Arc<EventLog>),
    /// Standard output, shared by all requests.
    Line(mpsc::Sender<String>),
    /// A task has a way of its own.
    Task(Line),
    /// A JSON answer has no room for other messages.
    Closed,
}

impl Outbox {
    /// Sends a message before the response; gives whether it went out.
    pub(super) async fn send(&self, message: &Value) -> bool {
        match self {
            Self::Stream(log) => {
                log.push(Event::Message(message.to_string())).await;
                true
            }
            Self::Line(line) => line.send(message.to_string()).await.is_ok(),
            Self::Task(line) => line.send(message).await,
            Self::Closed => false,
        }
    }

    /// Sends a message if that needs no waiting; for a message that the client can do without.
    pub(super) fn offer(&self, message: &Value) {
        match self {
            Self::Stream(log) => log.offer(Event::Message(message.to_string())),
            // Too much is waiting, or the pipe is closed.
            Self::Line(line) => drop(line.try_send(message.to_string())),
            Self::Task(line) => line.offer(message),
            Self::Closed => {}
        }
    }

    /// A question that went out here has been answered.
    pub(super) async fn answered(&self) {
        if let Self::Task(line) = self {
            line.answered().await;
        }
    }

    /// Lets the client see at once that the answer will be a stream.
    pub(super) fn open(&self) {
        if let Self::Stream(log) = self {
            log.open();
        }
    }

    /// Ends the connection but not the stream; gives whether there is one to end.
    pub(super) async fn hang_up(&self, retry_millis: u64) -> bool {
        match self {
            Self::Stream(log) => {
                log.push(Event::HangUp(retry_millis)).await;
                true
            }
            Self::Line(_) | Self::Task(_) | Self::Closed => false,
        }
    }
}
