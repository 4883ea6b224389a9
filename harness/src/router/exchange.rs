//! One request at an instance, from when it is sent to the end of its answer.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::answer::{Answer, Followed};
use super::converse::{Sent, Talk};
use super::request::{Asked, make_room};
use super::rewrite::in_chunks;
use super::strike::{Blow, Strike};
use super::{BODY_KEPT, HELD, IDLE, Routed};
use crate::action::Fault;
use crate::transport::read_some;
use crate::wire::http::{BodyState, Framing, write_chunk, write_last_chunk};

/// What becomes of a client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It may send its next request.
    Request,
    /// It is closed.
    Close,
}

/// How an answer stands.
enum Step {
    More,
    Whole { surplus: usize },
    Over,
}

pub(super) struct Exchange {
    asked: Asked,
    answer: Answer,
    strike: Option<Strike>,
    /// The fault was armed for this very request.
    is_armed: bool,
    /// The answer is put into chunks of ours.
    in_chunks: bool,
    /// The head of the answer, as far as it has come, where it is held back.
    head: Vec<u8>,
    decoded: Vec<u8>,
    client_has_ended: bool,
}

enum Came {
    FromInstance(io::Result<usize>),
    FromClient(io::Result<usize>),
}

impl Exchange {
    pub(super) fn new(asked: Asked, fault: Option<Fault>, is_armed: bool) -> Self {
        Self {
            asked,
            answer: Answer::new(),
            strike: fault.map(Strike::new),
            is_armed,
            in_chunks: false,
            head: Vec::new(),
            decoded: Vec::new(),
            client_has_ended: false,
        }
    }

    /// Pass the answer on as it comes, and the rest of the request, if any.
    pub(super) async fn run(mut self, talk: &mut Talk, mut sent: Sent) -> Next {
        loop {
            let listens = !self.client_has_ended && talk.buffer.len() < BODY_KEPT;
            let silent = if self.client_has_ended { HELD } else { IDLE };
            make_room(&mut talk.buffer);
            let came = timeout(silent, async {
                tokio::select! {
                    biased;
                    read = read_some(&mut sent.link, &mut talk.answer) => Came::FromInstance(read),
                    read = talk.client.read_buf(&mut talk.buffer), if listens => Came::FromClient(read),
                }
            });
            match came.await {
                Ok(Came::FromInstance(Ok(count))) if count > 0 => match self.pass(talk, &mut sent, count).await {
                    Step::More => {}
                    Step::Over => return Next::Close,
                    Step::Whole { surplus } => return self.end(talk, sent, surplus).await,
                },
                Ok(Came::FromInstance(ended)) => {
                    self.finish(talk, &sent.note).await;
                    // The client learns of it as it would without the router.
                    if ended.is_err_and(|e| e.kind() == io::ErrorKind::ConnectionReset) {
                        let _ = talk.client.set_zero_linger();
                    }
                    return Next::Close;
                }
                Ok(Came::FromClient(Ok(0))) => {
                    self.client_has_ended = true;
                    // So the instance learns that the client has left, or sends no more.
                    if sent.link.shutdown().await.is_err() {
                        return Next::Close;
                    }
                }
                Ok(Came::FromClient(Ok(_))) => {
                    if !self.send_rest(talk, &mut sent).await {
                        return Next::Close;
                    }
                }
                Ok(Came::FromClient(Err(_))) | Err(_) => return Next::Close,
            }
        }
    }

    /// Pass on what has come of the request's body; what comes after it stays for later.
    async fn send_rest(&mut self, talk: &mut Talk, sent: &mut Sent) -> bool {
        let Some(rest) = &mut self.asked.rest else { return true };
        self.decoded.clear();
        let surplus = match rest.push(&talk.buffer, &mut self.decoded) {
            BodyState::Complete { surplus } => surplus,
            BodyState::NeedMore | BodyState::Broken(_) => 0,
        };
        let is_whole = matches!(rest.push(&[], &mut self.decoded), BodyState::Complete { .. });
        let mine = talk.buffer.len() - surplus;
        let write = sent.link.write_all(talk.buffer.get(..mine).unwrap_or_default());
        let is_in_time = timeout(IDLE, write).await.is_ok();
        talk.buffer.drain(..mine);
        if is_whole {
            self.asked.rest = None;
        }
        is_in_time
    }

    /// Pass on what has come of the answer.
    async fn pass(&mut self, talk: &mut Talk, sent: &mut Sent, count: usize) -> Step {
        self.decoded.clear();
        let was_awaited = self.answer.is_awaited();
        let bytes = talk.answer.get(..count).unwrap_or_default();
        let followed = self.answer.follow(bytes, &self.asked.verb, &mut self.decoded);
        if let Some((head, _)) = &followed.head
            && let Some(session) = head.header(super::policy::SESSION)
        {
            talk.core.chooser.learn(session, sent.index);
        }
        if self.strike.is_some() {
            return self.pass_struck(talk, sent, followed, was_awaited, count).await;
        }
        if !is_done(timeout(IDLE, talk.client.write_all(bytes)).await) {
            return Step::Over;
        }
        followed.surplus.map_or(Step::More, |surplus| Step::Whole { surplus })
    }

    /// The same, where a fault may strike.
    async fn pass_struck(
        &mut self,
        talk: &mut Talk,
        sent: &mut Sent,
        followed: Followed,
        was_awaited: bool,
        count: usize,
    ) -> Step {
        let bytes = talk.answer.get(..count).unwrap_or_default();
        let Some(strike) = &mut self.strike else { return Step::Over };
        if was_awaited {
            let after = followed.head.as_ref().map_or(0, |(_, after)| *after);
            self.head.extend_from_slice(bytes.get(..count - after).unwrap_or_default());
            if self.answer.is_awaited() {
                return Step::More;
            }
            if let Some(blow) = strike.before_head() {
                let fault = strike.fault();
                talk.tell_of(&sent.note, fault, true);
                if !self.fall(blow, talk, sent).await {
                    return Step::Over;
                }
            }
            let mut head = std::mem::take(&mut self.head);
            let Some(strike) = &self.strike else { return Step::Over };
            let framing = self.answer.framing();
            if strike.changes_length() && matches!(framing, Some(Framing::Length(_))) {
                head = in_chunks(&head, !self.asked.is_old);
                self.in_chunks = !self.asked.is_old;
            } else {
                self.in_chunks = framing == Some(Framing::Chunked);
            }
            if !is_done(timeout(IDLE, talk.client.write_all(&head)).await) {
                return Step::Over;
            }
        }
        let decoded = std::mem::take(&mut self.decoded);
        let mut left = decoded.as_slice();
        loop {
            let Some(strike) = &mut self.strike else { return Step::Over };
            let mut out = Vec::new();
            let (taken, blow) = strike.push(left, &mut out);
            left = left.get(taken..).unwrap_or_default();
            let fault = strike.fault();
            if blow.is_some() {
                talk.tell_of(&sent.note, fault, true);
            }
            if !self.let_out(talk, &out).await {
                return Step::Over;
            }
            if let Some(blow) = blow
                && !self.fall(blow, talk, sent).await
            {
                return Step::Over;
            }
            if left.is_empty() {
                break;
            }
        }
        self.decoded = decoded;
        match followed.surplus {
            None => Step::More,
            Some(surplus) => {
                self.finish(talk, &sent.note).await;
                if self.in_chunks && !is_done(timeout(IDLE, talk.client.write_all(write_last_chunk())).await) {
                    return Step::Over;
                }
                Step::Whole { surplus }
            }
        }
    }

    /// The answer is over: let out what was held back, and tell of a fault that was meant for it and had no place.
    async fn finish(&mut self, talk: &mut Talk, note: &Routed) {
        let Some(strike) = &mut self.strike else { return };
        let mut out = Vec::new();
        strike.finish(&mut out);
        if !strike.is_over() && self.is_armed {
            talk.tell_of(note, strike.fault(), false);
        }
        let head = std::mem::take(&mut self.head);
        if head.is_empty() || is_done(timeout(IDLE, talk.client.write_all(&head)).await) {
            self.let_out(talk, &out).await;
        }
    }

    async fn let_out(&self, talk: &mut Talk, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        let written = if self.in_chunks {
            timeout(IDLE, talk.client.write_all(&write_chunk(bytes))).await
        } else {
            timeout(IDLE, talk.client.write_all(bytes)).await
        };
        is_done(written)
    }

    /// Let a blow fall. Whether the answer goes on after it.
    async fn fall(&self, blow: Blow, talk: &mut Talk, sent: &mut Sent) -> bool {
        match blow {
            Blow::Changed => return true,
            Blow::Wait(by) => return self.wait(by, talk, sent).await,
            Blow::Cut => {}
            Blow::Truncate => {
                if !self.in_chunks || is_done(timeout(IDLE, talk.client.write_all(write_last_chunk())).await) {
                    talk.linger().await;
                }
            }
            // The system takes away what it has not delivered, and tells the client so.
            Blow::Reset => drop(talk.client.set_zero_linger()),
            Blow::HalfClose => talk.half_close(&mut sent.link).await,
            Blow::BlackHole => talk.black_hole().await,
        }
        false
    }

    /// Let time go by, unless the client leaves.
    async fn wait(&self, by: Duration, talk: &mut Talk, sent: &mut Sent) -> bool {
        let mut is_there = !self.client_has_ended;
        let left = async {
            loop {
                let listens = is_there && talk.buffer.len() < BODY_KEPT;
                if !listens {
                    std::future::pending::<()>().await;
                }
                make_room(&mut talk.buffer);
                match talk.client.read_buf(&mut talk.buffer).await {
                    Ok(0) => {
                        is_there = false;
                        let _ = sent.link.shutdown().await;
                    }
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        };
        timeout(by, left).await.is_err()
    }

    /// The answer is whole.
    async fn end(self, talk: &mut Talk, sent: Sent, surplus: usize) -> Next {
        let is_sent = self.asked.rest.is_none();
        let leaves_open = self.answer.leaves_open() && is_sent && !self.client_has_ended;
        // A connection that waits for its next request holds no memory for answers.
        talk.answer = Vec::new();
        let Sent { instance, link, .. } = sent;
        if leaves_open && surplus == 0 {
            talk.keep(instance, link);
        }
        if leaves_open && !self.asked.closes {
            return Next::Request;
        }
        if !is_sent {
            talk.linger().await;
        }
        Next::Close
    }
}

fn is_done<T>(written: Result<io::Result<T>, tokio::time::error::Elapsed>) -> bool {
    matches!(written, Ok(Ok(_)))
}
