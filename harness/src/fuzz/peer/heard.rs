//! What comes back, as it comes.

use bytes::Bytes;

/// Something that came from the server.
#[derive(Debug)]
pub enum Heard {
    /// A message; over HTTP with the exchange on which it came, be it the event stream of HTTP+SSE.
    Message {
        /// Number of the exchange.
        exchange: Option<u64>,
        /// Its bytes.
        bytes: Bytes,
    },
    /// An event of a stream has an id, whatever else it says.
    EventId {
        /// Number of the exchange.
        exchange: u64,
        /// The id.
        id: String,
    },
    /// An event stream says where messages go (HTTP+SSE).
    Endpoint {
        /// Number of the exchange that is the stream.
        exchange: u64,
        /// What it says.
        address: String,
    },
    /// The head of a response.
    Head {
        /// Number of the exchange.
        exchange: u64,
        /// HTTP status.
        status: u16,
        /// Headers, in order.
        headers: Vec<(String, String)>,
    },
    /// An exchange is over.
    Over {
        /// Its number.
        exchange: u64,
        /// The beginning of a body that is no message.
        text: String,
        /// Why it broke off, if it did.
        failure: Option<String>,
    },
    /// The process ended: how.
    Exited(String),
}
