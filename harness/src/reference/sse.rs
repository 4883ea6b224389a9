//! Event streams as bytes (WHATWG HTML, server-sent events).

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use hyper::body::Frame;
use tokio::time::{sleep, timeout};
use tokio_util::sync::DropGuard;

use super::event_log::{Event, Reader};

/// How one stream is written.
#[derive(Clone, Debug)]
pub(super) struct Style {
    /// The stream's name, if its events have ids and can be resumed.
    pub(super) ids: Option<String>,
    /// Ids without the number of the stream: what a careless server would write.
    pub(super) bare_ids: bool,
    /// Whether to begin with an event that has only an id.
    pub(super) primed: bool,
    /// The pause after which a comment is sent.
    pub(super) keep_alive: Duration,
    /// Whether it stays open when nothing more can come: what a server does that forgets to close.
    pub(super) lingers: bool,
}

impl Style {
    fn id(&self, position: u64) -> String {
        match &self.ids {
            None => String::new(),
            Some(_) if self.bare_ids => format!("id: {position}\n"),
            Some(name) => format!("id: {name}-{position}\n"),
        }
    }

    fn event(&self, position: u64, event: &Event) -> String {
        let id = self.id(position);
        match event {
            Event::Message(message) => format!("{id}data: {message}\n\n"),
            Event::HangUp(retry) => format!("{id}retry: {retry}\ndata:\n\n"),
            Event::End => String::new(),
        }
    }
}

/// The stream and the position in an event id of this server.
pub(super) fn read_id(id: &str) -> Option<(&str, u64)> {
    let (name, position) = id.rsplit_once('-')?;
    Some((name, position.parse().ok()?))
}

/// The body of a response: first `before`, then what the reader gives. Dropping it drops `guard`.
pub(super) fn body(
    style: Style,
    before: Vec<Event>,
    reader: Reader,
    guard: Option<DropGuard>,
) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + 'static {
    let mut head = String::new();
    if style.primed && style.ids.is_some() {
        head += &format!("{}data:\n\n", style.id(0));
    }
    for event in &before {
        head += &style.event(0, event);
    }
    let head = stream::iter((!head.is_empty()).then_some(head));
    let rest = stream::unfold((reader, guard, style), move |(mut reader, guard, style)| async move {
        let text = match timeout(style.keep_alive, reader.next()).await {
            Ok(Some((position, event))) => style.event(position, &event),
            Ok(None) if style.lingers => {
                sleep(style.keep_alive).await;
                ":\n\n".to_owned()
            }
            Ok(None) => {
                // The end is not a cancellation.
                if let Some(guard) = guard {
                    guard.disarm();
                }
                return None;
            }
            Err(_) => ":\n\n".to_owned(),
        };
        Some((text, (reader, guard, style)))
    });
    head.chain(rest).map(|text| Ok(Frame::data(Bytes::from(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_stream_and_position() {
        let style = Style {
            ids: Some("1.3".into()),
            bare_ids: false,
            primed: true,
            keep_alive: Duration::from_secs(1),
            lingers: false,
        };
        assert_eq!(style.event(2, &Event::Message("{}".into())), "id: 1.3-2\ndata: {}\n\n");
        assert_eq!(style.event(4, &Event::HangUp(50)), "id: 1.3-4\nretry: 50\ndata:\n\n");
        assert_eq!(read_id("1.3-2"), Some(("1.3", 2)));
        assert_eq!(read_id("x"), None);
    }
}
