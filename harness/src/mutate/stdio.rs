//! The mutator between the two ends of a stdio transport: one message a line.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex as AsyncMutex;

use super::change::BETWEEN;
use super::select::is_response;
use super::{Mutator, Outgoing, Selection};
use crate::scenario::{Answering, MAX_PIECES};
use crate::wire::Limits;
use crate::wire::lines::{Line, Piece, Splitter};

/// Most unanswered requests with a rule that are remembered; the oldest are forgotten.
const MAX_OPEN: usize = 4096;
/// Bytes read at a time.
const CHUNK: usize = 16 * 1024;

/// Passes lines on between a client (`client_in` is read, `client_out` written) and a server, and applies the rules of
/// `mutator`. The end of the client's lines is passed on by shutting down and dropping `server_in`; returns, dropping all four, when the
/// server's lines end or a rule closes the connection.
///
/// # Errors
/// What reading or writing on the client's side or reading on the server's gives; a line over the limit of
/// [`Limits::line_bytes`].
pub async fn run<CI, CO, SI, SO>(
    client_in: CI,
    client_out: CO,
    server_in: SI,
    server_out: SO,
    mutator: Arc<Mutator>,
) -> io::Result<()>
where
    CI: AsyncRead + Unpin,
    CO: AsyncWrite + Unpin,
    SI: AsyncWrite + Unpin,
    SO: AsyncRead + Unpin,
{
    let relay = Relay { mutator, open: Mutex::default(), client: AsyncMutex::new(client_out) };
    let down = relay.down(server_out);
    let up = async {
        match relay.up(client_in, server_in).await {
            // The server may still have something to say.
            Ok(Then::GoOn) => std::future::pending().await,
            ended => ended,
        }
    };
    tokio::select! {
        ended = down => ended.map(drop),
        ended = up => ended.map(drop),
    }
}

/// What a harness holds of a process: where to write, and where to read.
pub type Streams = (Box<dyn AsyncWrite + Send + Unpin>, Box<dyn AsyncRead + Send + Unpin>);

/// Puts a mutator before a process: takes its streams, gives those that the harness then uses.
pub fn stand_between((server_in, server_out): Streams, mutator: Arc<Mutator>) -> Streams {
    let (near, far) = tokio::io::duplex(CHUNK);
    let (client_in, client_out) = tokio::io::split(far);
    tokio::spawn(async move {
        // How it ends shows at the other end as the end of the stream.
        let _ = run(client_in, client_out, server_in, server_out, mutator).await;
    });
    let (reader, writer) = tokio::io::split(near);
    (Box::new(writer), Box::new(reader))
}

/// What follows a line.
#[derive(PartialEq)]
enum Then {
    GoOn,
    Close,
    /// Nothing more goes to the client.
    Stall,
}

struct Relay<CO> {
    mutator: Arc<Mutator>,
    /// Unanswered requests with a rule, in order.
    open: Mutex<Vec<Selection>>,
    client: AsyncMutex<CO>,
}

impl<CO: AsyncWrite + Unpin> Relay<CO> {
    /// From the client to the server, until the client ends.
    async fn up(&self, client: impl AsyncRead + Unpin, mut server: impl AsyncWrite + Unpin) -> io::Result<Then> {
        let mut lines = Lines::new(client);
        let mut listens = true;
        while let Some(line) = lines.next().await? {
            let selection = self.mutator.select(None, &line.bytes);
            let bytes = ended(selection.edit.body.as_deref(), &line);
            let now = !selection.wants_response() && selection.changes_answer();
            let out = if now { self.mutator.answer(&selection, None) } else { Outgoing::default() };
            if selection.wants_response() && (selection.changes_answer() || selection.changes_messages()) {
                self.remember(selection);
            }
            // A server that has closed its standard input may still speak.
            listens = listens && server.write_all(&bytes).await.is_ok() && server.flush().await.is_ok();
            if self.emit(&out, None).await? == Then::Close {
                return Ok(Then::Close);
            }
        }
        if listens {
            // Where dropping a half is not enough to end the whole.
            let _ = server.shutdown().await;
        }
        Ok(Then::GoOn)
    }

    /// From the server to the client, until the server ends.
    async fn down(&self, server: impl AsyncRead + Unpin) -> io::Result<Then> {
        let mut lines = Lines::new(server);
        while let Some(line) = lines.next().await? {
            let out = self.change(&line);
            match self.emit(&out, Some(&line)).await? {
                Then::Close => return Ok(Then::Close),
                Then::Stall => break,
                Then::GoOn => {}
            }
        }
        // What comes after something that stalled is lost.
        while lines.next().await?.is_some() {}
        Ok(Then::GoOn)
    }

    fn remember(&self, selection: Selection) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MAX_OPEN {
            open.remove(0);
        }
        open.push(selection);
    }

    fn change(&self, line: &Line) -> Outgoing {
        let Ok(message) = serde_json::from_slice::<Value>(&line.bytes) else { return Outgoing::default() };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if message.get("method").is_some() {
            return self.mutator.message(&open.iter().collect::<Vec<_>>(), Some(&message));
        }
        if let Value::Array(members) = &message {
            let answers = |selection: &Selection| {
                let mut responses = members.iter().filter(|member| is_response(member));
                selection.is_batch() && responses.any(|response| selection.is_answered_by(response.get("id")))
            };
            let asked = open.iter().position(answers);
            return asked.map(|at| self.mutator.answer(&open.remove(at), Some(&message))).unwrap_or_default();
        }
        if !is_response(&message) {
            return Outgoing::default();
        }
        let asked = match message.get("id") {
            None | Some(Value::Null) => open.iter().position(Selection::may_lose_id),
            id => open.iter().position(|selection| selection.is_answered_by(id)),
        };
        asked.map(|at| self.mutator.answer(&open.remove(at), Some(&message))).unwrap_or_default()
    }

    /// Sends a line of the server's, or what stands for none, to the client.
    async fn emit(&self, out: &Outgoing, came: Option<&Line>) -> io::Result<Then> {
        let mut first = Vec::new();
        for line in out.stdout.iter().chain(&out.before) {
            first.extend([line.as_slice(), b"\n"].concat());
        }
        let mut bytes = Vec::new();
        let line = match (came, &out.body) {
            (Some(came), body) => ended(body.as_deref(), came),
            (None, Some(body)) => [body.as_slice(), b"\n"].concat(),
            (None, None) => Vec::new(),
        };
        match out.answering {
            Answering::Once => bytes.extend(line),
            Answering::Twice => bytes.extend([line.as_slice(), &line].concat()),
            // In the midst of a line.
            Answering::Cut | Answering::Stall => bytes.extend(line.strip_suffix(b"\n").unwrap_or(&line)),
            Answering::Never | Answering::Close => {}
        }
        let closes = matches!(out.answering, Answering::Close | Answering::Cut);
        for line in out.after.iter().filter(|_| !closes) {
            bytes.extend([line.as_slice(), b"\n"].concat());
        }
        let mut client = self.client.lock().await;
        client.write_all(&first).await?;
        if let Some(delay) = out.delay {
            client.flush().await?;
            tokio::time::sleep(delay).await;
        }
        for piece in out.chunks.split_up_to(&bytes, MAX_PIECES) {
            client.write_all(piece).await?;
            client.flush().await?;
            if !out.chunks.is_whole() {
                tokio::time::sleep(BETWEEN).await;
            }
        }
        if out.answering == Answering::Stall {
            return Ok(Then::Stall);
        }
        Ok(if closes { Then::Close } else { Then::GoOn })
    }
}

/// The line, or another text in its place, with the end that it had.
fn ended(changed: Option<&[u8]>, line: &Line) -> Vec<u8> {
    let end: &[u8] = match (line.had_cr, line.terminated) {
        (true, _) => b"\r\n",
        (false, true) => b"\n",
        (false, false) => b"",
    };
    [changed.unwrap_or(&line.bytes), end].concat()
}

/// Lines as they come.
struct Lines<R> {
    from: R,
    splitter: Option<Splitter>,
    ready: std::collections::VecDeque<Piece>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(from: R) -> Self {
        Self { from, splitter: Some(Splitter::new(&Limits::DEFAULT)), ready: Default::default() }
    }

    async fn next(&mut self) -> io::Result<Option<Line>> {
        let mut chunk = vec![0; CHUNK];
        loop {
            match self.ready.pop_front() {
                Some(Piece::Line(line)) => return Ok(Some(line)),
                Some(Piece::TooLong { limit }) => {
                    let told = format!("a line is longer than the {limit} bytes that the mutator holds: send less");
                    return Err(io::Error::new(io::ErrorKind::InvalidData, told));
                }
                None => {}
            }
            let Some(splitter) = &mut self.splitter else { return Ok(None) };
            match self.from.read(&mut chunk).await? {
                0 => return Ok(self.splitter.take().and_then(Splitter::finish)),
                length => self.ready.extend(splitter.push(chunk.get(..length).unwrap_or_default())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;
    use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split};
    use tokio_util::task::AbortOnDropHandle;

    /// The far ends of the client's and the server's pipes.
    struct Bench {
        mutator: Arc<Mutator>,
        client: (BufReader<ReadHalf<DuplexStream>>, WriteHalf<DuplexStream>),
        server: (BufReader<ReadHalf<DuplexStream>>, WriteHalf<DuplexStream>),
        running: AbortOnDropHandle<io::Result<()>>,
    }

    impl Bench {
        fn new(rules: Value) -> Self {
            let mutator = Arc::new(Mutator::new(serde_json::from_value(rules).unwrap()).unwrap());
            let ((client, client_end), (server, server_end)) = (duplex(64), duplex(64));
            let ((client_in, client_out), (server_out, server_in)) = (split(client_end), split(server_end));
            let running = tokio::spawn(run(client_in, client_out, server_in, server_out, Arc::clone(&mutator)));
            let ends = |end| {
                let (read, write) = split(end);
                (BufReader::new(read), write)
            };
            Self { mutator, client: ends(client), server: ends(server), running: AbortOnDropHandle::new(running) }
        }

        /// Sends a line to the server; what the server gets.
        async fn up(&mut self, line: &str) -> String {
            self.client.1.write_all(line.as_bytes()).await.unwrap();
            let mut got = String::new();
            self.server.0.read_line(&mut got).await.unwrap();
            got
        }

        /// Sends lines to the client, then a last one; what the client gets before the last.
        async fn down(&mut self, lines: &str) -> String {
            let last = "[\"last\"]\n";
            let (server, client) = (&mut self.server.1, &mut self.client.0);
            let send = async { server.write_all(format!("{lines}{last}").as_bytes()).await };
            let mut got = String::new();
            let receive = async {
                while !got.ends_with(last) {
                    assert_ne!(client.read_line(&mut got).await.unwrap(), 0, "ended early after {got}");
                }
            };
            let _ = tokio::join!(send, receive);
            got.trim_end_matches(last).to_owned()
        }
    }

    fn request(id: Value, method: &str) -> String {
        format!("{}\n", json!({ "jsonrpc": "2.0", "id": id, "method": method }))
    }

    fn result(id: Value) -> String {
        format!("{}\n", json!({ "jsonrpc": "2.0", "id": id, "result": {} }))
    }

    const NOTE: &str = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n";

    #[tokio::test]
    async fn what_no_rule_changes_passes_as_it_is() {
        let mut bench = Bench::new(json!([{ "to": "ping", "set": { "id": 2 } }]));
        let odd = "{ \"id\" : 1.0 ,\"method\": \"x\"}\r\n";
        assert_eq!(bench.up(odd).await, odd);
        let lines = format!("no json\r\n\n{NOTE}{}", result(json!(1)));
        assert_eq!(bench.down(&lines).await, lines);
        bench.client.1.shutdown().await.unwrap();
        drop(bench.client.1);
        let mut rest = String::new();
        bench.server.0.read_line(&mut rest).await.unwrap();
        assert_eq!(rest, "", "the end of the client's lines is passed on");
        bench.server.1.write_all(b"unended").await.unwrap();
        bench.server.1.shutdown().await.unwrap();
        bench.client.0.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "unended");
        bench.running.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn answers_are_matched_by_id_and_changed() {
        let mut bench = Bench::new(json!([
            { "to": "ping", "nth": 2, "set": { "id": "changed" }, "stdout": "debug", "answering": "twice" },
            { "to": "invalid", "error": { "code": 1 }, "after": [[1]] },
        ]));
        for line in [request(json!(1), "ping"), request(json!("1"), "ping"), "{\n".to_owned()] {
            assert_eq!(bench.up(&line).await, line);
        }
        let changed = "{\"jsonrpc\":\"2.0\",\"id\":\"changed\",\"result\":{}}\n";
        assert_eq!(bench.down(&result(json!("1"))).await, format!("debug\n{changed}{changed}"));
        assert_eq!(bench.down(&result(json!(1))).await, result(json!(1)));
        let refused = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1}}\n[1]\n";
        assert_eq!(bench.down(&result(json!(null))).await, refused);
        assert_eq!(bench.down(&result(json!("1"))).await, result(json!("1")), "a second answer is none");
        assert_eq!(bench.mutator.unused(), [0; 0]);
    }

    #[tokio::test]
    async fn messages_are_changed_while_their_request_is_open() {
        let mut bench =
            Bench::new(json!([{ "to": "ping", "message": "any", "set": { "params.of": { "from": "id" } } }]));
        assert_eq!(bench.down(NOTE).await, NOTE);
        bench.up(&request(json!(5), "ping")).await;
        let changed = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"of\":5}}\n";
        assert_eq!(bench.down(NOTE).await, changed);
        assert_eq!(bench.down(&format!("{}{NOTE}", result(json!(5)))).await, format!("{}{NOTE}", result(json!(5))));
    }

    #[tokio::test]
    async fn requests_are_changed_and_notifications_answered() {
        let mut bench = Bench::new(json!([
            { "to": "ping", "request": { "set": { "method": "other" } }, "answering": "never" },
            { "to": "notification", "result": {} },
        ]));
        assert_eq!(bench.up(&request(json!(1), "ping")).await, request(json!(1), "other"));
        assert_eq!(bench.down(&result(json!(1))).await, "");
        assert_eq!(bench.up(NOTE).await, NOTE);
        let mut answer = String::new();
        bench.client.0.read_line(&mut answer).await.unwrap();
        assert_eq!(answer, result(json!(null)));
    }

    #[tokio::test]
    async fn a_closed_connection_ends_both_sides() {
        let mut bench = Bench::new(json!([{ "to": "ping", "answering": "close", "before": [[0]] }]));
        bench.up(&request(json!(1), "ping")).await;
        bench.server.1.write_all(result(json!(1)).as_bytes()).await.unwrap();
        let mut rest = String::new();
        bench.client.0.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "[0]\n");
        bench.running.await.unwrap().unwrap();
        assert_eq!(bench.server.0.read_to_string(&mut rest).await.unwrap(), 0);
    }
}
