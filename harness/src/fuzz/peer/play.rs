//! Playing cases: many at a time on one connection, each answer to the act that it belongs to.

mod advance;
mod questions;
mod replays;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;
use super::heard::Heard;
use super::http::GOES_ON;
use super::reply::{Reply, Round, Stray, Told};
use super::starts::Silence;
use crate::fuzz::{Act, Case, Expect};
use crate::wire::message::read_shared;
use crate::wire::{Id, Limits, Message, Shape};

/// Requests that wait for their answers at a time, over stdio.
const WINDOW: usize = 256;
/// Exchanges that go on at a time, over HTTP.
const HTTP_WINDOW: usize = 32;
/// Silence after which it is asked whether the server still answers.
const QUIET: Duration = Duration::from_millis(300);
/// The same where cases are played one by one: what is late is late for all that follow.
const QUIET_ONE_BY_ONE: Duration = Duration::from_millis(60);
/// And where nothing has to be answered.
const QUIET_OWED_NOTHING: Duration = Duration::from_millis(5);
/// How long the end of a connection and that of its server may lie apart, over HTTP.
const END_GRACE: Duration = Duration::from_millis(100);
/// Messages that belong to nothing, of one round, that are kept.
const MAX_STRAYS: usize = 256;

/// How cases are played.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Silence after which nothing more is expected.
    pub silence: Duration,
    /// How long to listen on after everything is answered: a second answer may come late.
    pub linger: Duration,
    /// Cases that are under way at a time; 1 plays one after the other.
    pub side_by_side: usize,
}

/// Where a case is.
#[derive(Clone, Debug, Default)]
struct At {
    /// The next act to send.
    next: usize,
    /// Acts whose answer, or end, it waits for.
    open: Vec<usize>,
    /// The act that has to be over before the next is sent.
    gate: Option<usize>,
}

struct Play<'a> {
    connection: &'a mut Connection,
    round: Round,
    at: Vec<At>,
    ids: HashMap<String, (usize, usize)>,
    exchanges: HashMap<u64, (usize, usize)>,
    texts: Vec<Vec<String>>,
    ready: VecDeque<usize>,
    under_way: usize,
    /// The requests that show whether the server still answers: id and exchange.
    probes: Vec<(String, Option<u64>)>,
    /// The last of them is answered.
    probed: bool,
    /// The case that something was last sent of.
    last: Option<usize>,
    /// Something was sent after the last of them.
    sent_since: bool,
}

impl Connection {
    /// What is under way at a time, at most: requests over stdio, exchanges over HTTP.
    pub fn window(&self) -> usize {
        if self.is_http() { HTTP_WINDOW } else { WINDOW }
    }

    /// Play these cases, and ask at the end whether the server still answers.
    pub async fn play(&mut self, cases: Vec<Arc<Case>>, manner: Manner) -> Round {
        let replies = cases.iter().map(|case| case.acts.iter().map(|_| Reply::default()).collect()).collect();
        let (at, texts) = (vec![At::default(); cases.len()], vec![Vec::new(); cases.len()]);
        let ready = (0..cases.len()).collect();
        let sessions = self.sessions.iter().filter_map(|session| session.id.clone()).collect();
        let side_by_side = manner.side_by_side;
        cases.iter().for_each(|case| self.leave_to(case));
        let round = Round { cases, replies, sessions, side_by_side, ..Round::default() };
        let mut play = Play {
            connection: self,
            round,
            at,
            ids: HashMap::new(),
            exchanges: HashMap::new(),
            texts,
            ready,
            under_way: 0,
            probes: Vec::new(),
            probed: false,
            last: None,
            sent_since: false,
        };
        play.all(manner).await;
        play.finish()
    }
}

impl Play<'_> {
    async fn all(&mut self, manner: Manner) {
        let most = self.connection.window().min(manner.side_by_side);
        let quiet = if most == 1 { QUIET_ONE_BY_ONE } else { QUIET };
        let mut heard = Silence::new(self.connection.starts.clone());
        let mut gave_up = false;
        loop {
            while self.under_way < most
                && let Some(case) = self.ready.pop_front()
            {
                self.advance(case).await;
            }
            if self.under_way == 0 && self.ready.is_empty() {
                break;
            }
            let quiet = if most == 1 && !self.owed() { QUIET_OWED_NOTHING } else { quiet };
            let came = self.hear(quiet.min(manner.silence)).await;
            if came && self.round.ended.is_none() {
                heard.ends();
            } else if self.round.ended.is_some() || heard.left(self.silence(manner)).is_none() {
                gave_up = true;
                break;
            } else if self.probes.is_empty() || self.sent_since {
                // Whether it answers anything is seen while the rest is waited for.
                self.ask().await;
            } else if self.probed && most == 1 && (!self.ready.is_empty() || !self.owed()) {
                // One by one, nothing is gained by waiting for what others were answered after.
                self.under_way = 0;
                self.at.iter_mut().for_each(|at| at.open.clear());
            }
        }
        let asked = !self.probes.is_empty() && !self.sent_since;
        // What was answered late may have come before the answer to what was asked meanwhile: that is waited for, too.
        if self.round.ended.is_none() && !(gave_up && asked) {
            if !asked {
                self.ask().await;
            }
            self.await_probe(manner.silence).await;
        }
        // One answer may be lost; a server that answers nothing any more does not answer the next request either.
        if self.round.ended.is_none() && !self.probed {
            self.ask().await;
            self.await_probe(manner.silence).await;
        }
        self.round.alive = self.probed;
        if self.round.ended.is_none() && !manner.linger.is_zero() {
            let until = Instant::now() + manner.linger;
            while Instant::now() < until && self.hear(until - Instant::now()).await {}
        }
    }

    /// Listen until the last probe is answered, or the server is silent for so long.
    async fn await_probe(&mut self, silence: Duration) {
        let mut heard = Silence::new(self.connection.starts.clone());
        while !self.probed
            && self.round.ended.is_none()
            && let Some(left) = heard.left(silence)
        {
            if self.hear(left).await {
                heard.ends();
            }
        }
    }

    /// Whether an answer that has to come has not come, or a question that a case waits for; over HTTP, an answer of whatever kind.
    fn owed(&self) -> bool {
        if self.waits_for_question() {
            return true;
        }
        let owes = |(act, reply): (&Act, &Reply)| {
            reply.sent && reply.answers.is_empty() && (act.expect.is_answer() || reply.hangs())
        };
        self.round.cases.iter().zip(&self.round.replies).any(|(case, replies)| case.acts.iter().zip(replies).any(owes))
    }

    /// Ask whether it still answers.
    async fn ask(&mut self) {
        let message = self.connection.sessions.first().map(super::session::Session::probe).unwrap_or_default();
        let act = Act::plain(message);
        let number = self.connection.number();
        let exchange = self.connection.send(0, &act, act.bytes(number, &[])).await;
        self.probes.push((number.to_string(), exchange));
        (self.probed, self.sent_since) = (false, false);
    }

    fn reply(&mut self, (case, act): (usize, usize)) -> Option<&mut Reply> {
        self.round.replies.get_mut(case)?.get_mut(act)
    }

    /// Take in what comes next. False when nothing comes in time, or never will.
    async fn hear(&mut self, within: Duration) -> bool {
        let batch = match self.connection.listen(Instant::now() + within).await {
            Ok(Some(batch)) => batch,
            Ok(None) => {
                self.round.ended.get_or_insert_with(|| "the connection is gone".to_owned());
                return false;
            }
            Err(_) => return false,
        };
        for heard in batch {
            match heard {
                Heard::Message { exchange, bytes } => {
                    let message = read_shared(bytes, &Limits::DEFAULT);
                    self.take(exchange, message).await;
                }
                Heard::Head { exchange, status, headers } => {
                    if let Some(place) = self.exchanges.get(&exchange).copied()
                        && let Some(reply) = self.reply(place)
                    {
                        reply.status = Some(status);
                        reply.headers = headers;
                    }
                }
                Heard::Over { exchange, failure, .. } if self.whose(exchange).is_some() => {
                    self.parted(failure).await;
                    return false;
                }
                Heard::Over { exchange, text, failure } => self.over(exchange, text, failure).await,
                Heard::EventId { exchange, id } => self.event_id(exchange, id),
                // It has named its address before.
                Heard::Endpoint { .. } => {}
                Heard::Exited(how) => {
                    self.round.words = self.connection.last_words();
                    self.round.ended = Some(how);
                    return false;
                }
            }
        }
        true
    }

    async fn take(&mut self, exchange: Option<u64>, message: Message) {
        let mut members = vec![message];
        if let Some(batch) = members.first().filter(|message| message.shape() == Shape::Batch) {
            members = batch.each().to_vec();
        }
        for message in members {
            self.take_one(exchange, message).await;
        }
    }

    async fn take_one(&mut self, exchange: Option<u64>, message: Message) {
        let on = exchange.and_then(|exchange| self.exchanges.get(&exchange).copied());
        let stream = exchange.filter(|exchange| self.whose(*exchange).is_some());
        if !message.shape().is_response() {
            let sent = on.and_then(|place| Some(self.act(place)?.client));
            let client = sent.or_else(|| self.whose(stream?));
            let n = self.round.tick();
            if self.round.told.len() < MAX_STRAYS
                && let Some(value) = message.value.clone().filter(|_| self.round.side_by_side == 1)
            {
                self.round.told.push(Told { n, client: client.unwrap_or(0), value });
            }
            if message.shape() == Shape::Request {
                self.question(on, client.unwrap_or(0), &message).await;
            }
            match on.and_then(|place| self.reply(place)) {
                Some(reply) => reply.notes.push(message),
                None => self.stray(message, None),
            }
            return;
        }
        if self.is_replayed(on, &message) {
            return;
        }
        // A server may spell a text with escapes that we have not used.
        let id = message.id().map(|id| id.plain().as_str().to_owned());
        if let Some(probe) = self.probes.iter().rposition(|(probe, _)| Some(probe) == id.as_ref())
            && !self.probed
        {
            self.probed = probe + 1 == self.probes.len();
            return;
        }
        let place = id.as_ref().and_then(|id| self.ids.get(id).copied());
        // Over HTTP, an error without an id, or with another spelling of it, belongs to the exchange on which it came.
        let Some(place) = place.or(on) else {
            let known = id.and_then(|id| self.connection.known.iter_mut().find(|known| known.id == id));
            match known {
                // Late, but the first.
                Some(known) if !known.answered => known.answered = true,
                Some(known) => {
                    let again = Some((known.case.clone(), known.act));
                    self.stray(message, again);
                }
                None => {
                    let nameless = message.shape() == Shape::Error && message.id().is_none_or(Id::is_null);
                    self.stray(message, None);
                    if nameless {
                        self.refused().await;
                    }
                }
            }
            return;
        };
        let came = self.round.tick();
        let client = self.act(place).map_or(0, |act| act.client);
        let streams = self.connection.streams();
        let crossed = streams.zip(stream).is_some_and(|(streams, stream)| streams.is_of_another(stream, client));
        let Some(reply) = self.reply(place) else { return };
        if reply.answers.is_empty() {
            reply.came = came;
        }
        reply.crossed |= crossed;
        reply.answers.push(message);
        if self.is_done(place) {
            self.resolved(place).await;
        }
    }

    fn act(&self, (case, act): (usize, usize)) -> Option<&Act> {
        self.round.cases.get(case)?.acts.get(act)
    }

    /// The client whose event stream this exchange is, over HTTP+SSE.
    fn whose(&self, exchange: u64) -> Option<usize> {
        self.connection.streams()?.client(exchange)
    }

    /// Something was refused, and is not named: one by one, that is what was sent last, if it may be refused in that way.
    async fn refused(&mut self) {
        let Some(case) = self.last.filter(|_| self.round.side_by_side == 1) else { return };
        let (Some(acts), Some(at)) = (self.round.cases.get(case), self.at.get(case)) else { return };
        let may = |act: usize| acts.acts.get(act).is_some_and(|act| act.expect == Expect::Anything);
        if let Some(act) = at.next.checked_sub(1).filter(|act| at.open == [*act] && may(*act)) {
            self.resolved((case, act)).await;
        }
    }

    async fn over(&mut self, exchange: u64, text: String, failure: Option<String>) {
        if let Some(why) = &failure {
            self.failed(exchange, why).await;
        }
        let Some(place) = self.exchanges.remove(&exchange) else { return };
        if let Some(reply) = self.reply(place) {
            (reply.text, reply.failure, reply.over) = (text, failure, true);
        }
        if self.is_done(place) {
            self.resolved(place).await;
        }
    }

    /// An event stream is over, and with it the connection, as with the end of a process: perhaps the server has ended.
    async fn parted(&mut self, failure: Option<String>) {
        if let Some(ended) = self.connection.ended(0, END_GRACE).await {
            (self.round.ended, self.round.words) = (Some(ended.how), ended.words);
            return;
        }
        let how = failure.map(|why| format!(": {why}")).unwrap_or_default();
        self.round.ended = Some(format!("the event stream ended{how}"));
    }

    /// An exchange failed: perhaps the server has ended.
    async fn failed(&mut self, exchange: u64, why: &str) {
        let asked = self.probes.last().is_some_and(|(_, probe)| *probe == Some(exchange));
        if self.round.ended.is_some() || !asked && why.starts_with(GOES_ON) {
            return;
        }
        let of = self.exchanges.get(&exchange).and_then(|place| self.act(*place));
        let instance = of.map_or(0, |act| self.connection.instance_of(act.client, act));
        match self.connection.ended(instance, if asked { END_GRACE } else { Duration::ZERO }).await {
            Some(ended) => (self.round.ended, self.round.words) = (Some(ended.how), ended.words),
            None if asked => self.round.ended = Some(why.to_owned()),
            None => {}
        }
    }

    /// An act is over as far as its case is concerned.
    async fn resolved(&mut self, (case, act): (usize, usize)) {
        let Some(at) = self.at.get_mut(case) else { return };
        let Some(open) = at.open.iter().position(|open| *open == act) else {
            // It is not waited for, or not any more.
            return;
        };
        at.open.remove(open);
        if at.open.is_empty() {
            self.under_way = self.under_way.saturating_sub(1);
        }
        if at.gate == Some(act) {
            at.gate = None;
            Box::pin(self.advance(case)).await;
        }
    }

    fn stray(&mut self, message: Message, again: Option<(Arc<Case>, usize)>) {
        if self.round.strays.len() < MAX_STRAYS {
            let after = self.last.and_then(|case| self.round.cases.get(case)).cloned();
            self.round.strays.push(Stray { message, after, again });
        }
    }

    fn finish(self) -> Round {
        for (case, replies) in self.round.cases.iter().zip(&self.round.replies) {
            for (act, reply) in replies.iter().enumerate() {
                let ours = case.acts.get(act).is_some_and(Act::has_our_id);
                if let Some(id) = reply.id.as_ref().filter(|_| ours) {
                    self.connection.remember(id.clone(), case, act, !reply.answers.is_empty());
                }
            }
        }
        self.round
    }
}
