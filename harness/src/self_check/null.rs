//! Peers that do nothing: no check may pass against them, unless what they do is the right answer.

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::wire::Limits;
use crate::wire::lines::{Piece, Splitter};
use crate::wire::message::{self, Kind};

/// How long a request may be, in bytes.
const MAX_REQUEST: usize = 64 * 1024 * 1024;

/// What a null peer does with every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Null {
    /// Nothing.
    Silent,
    /// 404 with -32601.
    Refusing,
    /// 200 with an empty result.
    Empty,
}

impl Null {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Silent, Self::Refusing, Self::Empty];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "the peer that answers nothing",
            Self::Refusing => "the peer that refuses everything",
            Self::Empty => "the peer that answers everything with an empty result",
        }
    }

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Refusing => "refusing",
            Self::Empty => "empty",
        }
    }

    fn answer(self, request: &[u8]) -> Option<Value> {
        let id = match message::read(request).kind {
            Kind::Request { id, .. } => id.to_value(),
            _ => return None,
        };
        match self {
            Self::Silent => None,
            Self::Refusing => Some(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32601, "message": "no" } })),
            Self::Empty => Some(json!({ "jsonrpc": "2.0", "id": id, "result": {} })),
        }
    }
}

impl std::fmt::Display for Null {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Null {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|null| null.word() == word);
        found.ok_or_else(|| format!("'{word}' is not silent, refusing or empty"))
    }
}

/// Serve HTTP until dropped.
pub async fn serve_http(listener: TcpListener, null: Null) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(async move {
            // A broken connection ends that connection.
            let _ = one_connection(socket, null).await;
        });
    }
}

async fn one_connection(mut socket: TcpStream, null: Null) -> io::Result<()> {
    let mut received = Vec::new();
    let body = loop {
        let mut buffer = [0; 8192];
        let count = socket.read(&mut buffer).await?;
        if count == 0 || received.len() > MAX_REQUEST {
            return Ok(());
        }
        received.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if let Some(body) = whole_body(&received) {
            break body;
        }
    };
    if null == Null::Silent {
        // Keep the connection open until the other side has had enough.
        while socket.read(&mut [0; 1024]).await? > 0 {}
        return Ok(());
    }
    let answer = null.answer(&body).map(|answer| answer.to_string()).unwrap_or_default();
    let status = if null == Null::Refusing { "404 Not Found" } else { "200 OK" };
    let kind = if answer.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let head = format!("HTTP/1.1 {status}\r\n{kind}Content-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(answer.as_bytes()).await?;
    socket.shutdown().await
}

/// The body of a request, once it is whole.
fn whole_body(received: &[u8]) -> Option<Vec<u8>> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(received.get(..end)?).to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()).unwrap_or(0);
    received.get(end..end.checked_add(length)?).map(<[u8]>::to_vec)
}

/// Serve lines until the input ends.
pub async fn serve_lines(
    mut reader: impl AsyncRead + Unpin,
    mut writer: impl AsyncWrite + Unpin,
    null: Null,
) -> io::Result<()> {
    let mut splitter = Splitter::new(&Limits::DEFAULT);
    let mut buffer = [0; 8192];
    loop {
        let count = reader.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        for piece in splitter.push(buffer.get(..count).unwrap_or_default()) {
            if let Piece::Line(line) = piece
                && let Some(answer) = null.answer(&line.bytes)
            {
                writer.write_all(format!("{answer}\n").as_bytes()).await?;
                writer.flush().await?;
            }
        }
    }
}
