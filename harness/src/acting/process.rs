//! One process of the server, as its client sees it: everything that crosses its standard streams is written into the
//! transcript, as the client's side of the conversation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::seat::{Done, PIECE, Seat, Shown};
use crate::mutate::{Mutator, stand_between};
use crate::reference::{Options, Store, serve_stdio};
use crate::scenario::{Ignored, Process};
use crate::transcript::{Payload, ProcessEnd, Recorder, SentKind, What};
use crate::transport::LIMITS;
use crate::wire::lines::{Line, Piece, Splitter};
use crate::wire::message::{self, Kind};

/// What all processes of a case share.
#[derive(Debug)]
pub(super) struct Shared {
    pub recorder: Arc<Recorder>,
    pub mutator: Arc<Mutator>,
    pub options: Options,
    pub process: Process,
    /// Ends them all, and what they do is no longer recorded.
    pub curtain: CancellationToken,
    pub streams: AtomicU32,
}

/// One of them.
struct One {
    shared: Arc<Shared>,
    /// As which actor it is recorded.
    actor: String,
    stdin_closed: AtomicBool,
}

/// Be that process until it ends.
pub(super) async fn serve(seat: Seat, shared: Arc<Shared>, actor: String) {
    let Seat { done, shown } = seat;
    let (near, far) = tokio::io::duplex(PIECE);
    let (far_reader, far_writer) = tokio::io::split(far);
    // A process that was ended leaves nothing to the next.
    let options = Options { store: Store::default(), ..shared.options.clone() };
    // Ends when its input does; how shows in what it writes.
    let server = tokio::spawn(serve_stdio(far_reader, far_writer, tokio::io::sink(), options));
    let (reader, writer) = tokio::io::split(near);
    let (writer, reader) = stand_between((Box::new(writer), Box::new(reader)), shared.mutator.clone());
    let one = One { shared: shared.clone(), actor, stdin_closed: AtomicBool::new(false) };
    let end = tokio::select! {
        () = shared.curtain.cancelled() => None,
        end = one.take_in(done, writer) => Some(end),
        end = one.give_out(&shown, reader) => Some(end),
    };
    server.abort();
    if let Some(end) = &end {
        one.note(What::Exited { end: end.clone() });
    }
    // Nobody may be left to be told.
    let _ = shown.try_send(Shown::Ended(end.unwrap_or(ProcessEnd::Code(0))));
}

impl One {
    fn note(&self, what: What) {
        self.shared.recorder.append(&self.actor, None, what);
    }

    /// What the client does, until that ends the process.
    async fn take_in(&self, mut done: mpsc::Receiver<Done>, server: impl AsyncWrite + Unpin) -> ProcessEnd {
        let mut server = Some(server);
        let mut splitter = Some(Splitter::new(&LIMITS));
        while let Some(what) = done.recv().await {
            match what {
                Done::Wrote(bytes) => {
                    for piece in splitter.as_mut().map(|splitter| splitter.push(&bytes)).unwrap_or_default() {
                        match piece {
                            Piece::Line(line) => self.record(line),
                            Piece::TooLong { limit } => {
                                let problem = format!("a line on its standard input is longer than {limit} bytes");
                                self.note(What::ConnectionFailed { exchange: None, problem });
                            }
                        }
                    }
                    if let Some(server) = &mut server {
                        // A server that has ended reads no more.
                        let _ = server.write_all(&bytes).await;
                        let _ = server.flush().await;
                    }
                }
                Done::Closed => {
                    if let Some(rest) = splitter.take().and_then(Splitter::finish) {
                        self.record(rest);
                    }
                    self.note(What::StdinClosed);
                    self.stdin_closed.store(true, Ordering::Relaxed);
                    let kept = self.shared.process.ignores.contains(&Ignored::Stdin);
                    if let Some(mut server) = server.take_if(|_| !kept) {
                        let _ = server.shutdown().await;
                    }
                }
                Done::Signalled(signal) => {
                    self.note(What::Signalled { signal: signal.name().to_owned() });
                    if !self.shared.process.ignores.contains(&Ignored::Term) {
                        return ProcessEnd::Signal(signal.number());
                    }
                }
                Done::Gone => {
                    let kill = crate::action::SignalName::Kill;
                    self.note(What::Signalled { signal: kill.name().to_owned() });
                    return ProcessEnd::Signal(kill.number());
                }
            }
        }
        // The client has let go of it, and it goes on.
        std::future::pending().await
    }

    /// What the server says, until it ends.
    async fn give_out(&self, shown: &mpsc::Sender<Shown>, mut server: impl AsyncRead + Unpin) -> ProcessEnd {
        let mut splitter = Splitter::new(&LIMITS);
        let mut buffer = vec![0; PIECE];
        self.speak_up(shown).await;
        while let Ok(count) = server.read(&mut buffer).await {
            if count == 0 {
                break;
            }
            let bytes = buffer.get(..count).unwrap_or_default();
            for piece in splitter.push(bytes) {
                if let Piece::Line(line) = piece {
                    self.speak_up(shown).await;
                    self.note(What::Received { exchange: None, bytes: line.bytes.into() });
                }
            }
            // A client that no longer reads has let go of it.
            let _ = shown.send(Shown::Out(bytes.to_vec())).await;
        }
        if let Some(line) = splitter.finish() {
            self.note(What::Received { exchange: None, bytes: line.bytes.into() });
        }
        if self.shared.process.ignores.contains(&Ignored::Stdin) && self.stdin_closed.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if let Some(lingers) = self.shared.process.lingers {
            tokio::time::sleep(lingers.0).await;
        }
        // One that ends although it is still spoken to has failed.
        ProcessEnd::Code(i32::from(!self.stdin_closed.load(Ordering::Relaxed)))
    }

    async fn speak_up(&self, shown: &mpsc::Sender<Shown>) {
        if let Some(text) = &self.shared.process.stderr {
            let bytes = text.clone().into_bytes();
            self.note(What::Stderr { bytes: bytes.clone().into() });
            let _ = shown.send(Shown::Err(bytes)).await;
        }
    }

    fn record(&self, line: Line) {
        let number = self.shared.streams.fetch_add(1, Ordering::Relaxed) + 1;
        let stream = format!("x{number}");
        let (kind, members) = kind_of(&line.bytes);
        let what = What::Sent {
            kind,
            exchange: None,
            http: None,
            bytes: Payload(line.bytes.into()),
            chunks: Default::default(),
            parts: (0..members).map(|member| Some(format!("{stream}_{member}"))).collect(),
            wrong: false,
        };
        self.shared.recorder.append(&self.actor, Some(&stream), what);
    }
}

/// What a line of the client's is, and how many members it has as a batch.
fn kind_of(line: &[u8]) -> (SentKind, usize) {
    match message::read(line).kind {
        Kind::Request { .. } => (SentKind::Request, 0),
        Kind::Notification { .. } => (SentKind::Notification, 0),
        Kind::Result { .. } | Kind::Error { .. } => (SentKind::Response, 0),
        Kind::Batch(members) => (SentKind::Batch, members.len()),
        Kind::Invalid { .. } => (SentKind::Raw, 0),
    }
}
