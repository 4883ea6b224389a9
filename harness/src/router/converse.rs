//! One connection of a client: its requests, one after another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::choosing::Wish;
use super::exchange::{Exchange, Next};
use super::instance::{Instance, Link, Open, is_good};
use super::line::Line;
use super::proxy::Core;
use super::request::{Asked, Came, read};
use super::rewrite::to_instance;
use super::{HELD, IDLE, Routed};
use crate::action::{Fault, Passage};

/// How long a client that was answered early may go on sending.
const LINGER: Duration = Duration::from_secs(1);
/// How much of a request is put together with its head, to go out as one.
const JOINED: usize = 16 * 1024;
/// How much of what nobody wants is read at a time.
const SINK: usize = 1024;

/// A connection of a client.
pub(super) struct Talk {
    pub(super) core: Arc<Core>,
    pub(super) line: Arc<Line>,
    pub(super) client: TcpStream,
    address: SocketAddr,
    /// What the client sent and is not dealt with.
    pub(super) buffer: Vec<u8>,
    /// What an instance said last.
    pub(super) answer: Vec<u8>,
    /// Connections to instances that this client has used.
    kept: Vec<(Arc<Instance>, Link)>,
}

/// A request that has found an instance.
pub(super) struct Sent {
    pub(super) index: usize,
    pub(super) instance: Arc<Instance>,
    pub(super) link: Link,
    /// It was used before.
    is_used: bool,
    pub(super) note: Routed,
    _open: Open,
}

/// Answer the requests of a client until it leaves.
pub(super) async fn converse(core: Arc<Core>, line: Arc<Line>, client: TcpStream, address: SocketAddr) {
    // Without it the events of a stream would wait for one another; if it fails, so will what follows.
    let _ = client.set_nodelay(true);
    let mut talk = Talk { core, line, client, address, buffer: Vec::new(), answer: Vec::new(), kept: Vec::new() };
    while talk.next().await == Next::Request {}
}

impl Talk {
    async fn next(&mut self) -> Next {
        match read(&mut self.client, &mut self.buffer, self.core.chooser.policy().header()).await {
            Came::Nothing => Next::Close,
            Came::Odd => self.pass_unread().await,
            Came::Request(asked) => self.pass(*asked).await,
        }
    }

    async fn pass(&mut self, asked: Asked) -> Next {
        let armed = self.line.arming.meet(&asked.verb, || asked.body(&self.buffer));
        let due = self.core.due();
        let (verb, target) = (asked.verb.clone(), asked.target.clone());
        let Some(mut sent) = self.find(verb, target, asked.header.as_deref()).await else {
            return self.refuse().await;
        };
        if !self.send(&mut sent, &asked).await {
            return Next::Close;
        }
        self.buffer.drain(..asked.end);
        let exchange = Exchange::new(asked, armed.or(due), armed.is_some());
        exchange.run(self, sent).await
    }

    /// Let bytes through in both directions until both sides have ended: they are no request that could be followed.
    async fn pass_unread(&mut self) -> Next {
        let armed = self.line.arming.meet("", Vec::new);
        let Some(mut sent) = self.find(String::new(), String::new(), None).await else {
            return self.refuse().await;
        };
        if let Some(fault) = armed {
            self.tell(&sent.note, Passage::Missed(fault));
        }
        let bytes = to_instance(&std::mem::take(&mut self.buffer), &self.line, &sent.instance, false);
        // What the instance says to it is passed on in any case.
        let _ = sent.link.write_all(&bytes).await;
        let _ = timeout(IDLE, tokio::io::copy_bidirectional(&mut self.client, &mut sent.link)).await;
        Next::Close
    }

    /// Choose an instance and connect to it: the next where it cannot be reached, as long as there is one to try.
    async fn find(&mut self, verb: String, target: String, header: Option<&str>) -> Option<Sent> {
        let arrived = self.line.number();
        let number = self.core.observer.number(self.address).unwrap_or(arrived);
        let line = self.line.name.clone();
        let passage = Passage::Refused;
        let mut note = Routed { line, number, client: self.address, verb, target, instance: None, passage };
        for index in self.candidates(number, header) {
            let Some(instance) = self.core.instances.get(index).cloned() else { continue };
            note.instance = Some(index + 1);
            let open = instance.begin();
            match self.link(&instance).await {
                Ok((link, is_used)) => {
                    self.tell(&note, Passage::Forwarded);
                    return Some(Sent { index, instance, link, is_used, note, _open: open });
                }
                Err(why) => self.tell(&note, Passage::Unreachable(why)),
            }
        }
        note.instance = None;
        self.tell(&note, Passage::Refused);
        None
    }

    /// The instances to try, from 0, best first.
    fn candidates(&mut self, number: u64, header: Option<&str>) -> Vec<usize> {
        if let Some(one) = self.line.only {
            return vec![one];
        }
        let instances = &self.core.instances;
        let is_current = |kept: &Arc<Instance>| instances.iter().any(|other| Arc::ptr_eq(kept, other) && other.takes());
        self.kept.retain(|(kept, _)| is_current(kept));
        let mut taking: Vec<usize> =
            instances.iter().enumerate().filter(|(_, instance)| instance.takes()).map(|(index, _)| index).collect();
        let line = (self.line.place, &*self.line.name);
        let chosen = self.core.chooser.choose(Wish { line, number, header }, &taking);
        if let Some(first) = taking.iter().position(|index| Some(*index) == chosen) {
            taking.rotate_left(first);
        }
        taking
    }

    /// A connection to an instance, and whether it was used before.
    async fn link(&mut self, instance: &Arc<Instance>) -> Result<(Link, bool), String> {
        if self.core.shares() {
            if let Some(link) = instance.take_idle() {
                return Ok((link, true));
            }
        } else if let Some(place) = self.kept.iter().position(|(kept, _)| Arc::ptr_eq(kept, instance)) {
            let (_, mut link) = self.kept.swap_remove(place);
            if is_good(&mut link) {
                return Ok((link, true));
            }
        }
        Ok((instance.connect().await?, false))
    }

    /// Keep a connection to an instance for a later request.
    pub(super) fn keep(&mut self, instance: Arc<Instance>, link: Link) {
        if self.core.shares() {
            instance.keep_idle(link);
        } else {
            self.kept.push((instance, link));
        }
    }

    /// Send the request as far as it has come. Whether the answer is worth waiting for.
    async fn send(&mut self, sent: &mut Sent, asked: &Asked) -> bool {
        let head = self.buffer.get(..asked.head).unwrap_or_default();
        let body = self.buffer.get(asked.head..asked.end).unwrap_or_default();
        let mut first = to_instance(head, &self.line, &sent.instance, self.core.shares());
        let rest = if body.len() <= JOINED {
            first.extend_from_slice(body);
            &[]
        } else {
            body
        };
        let mut written = sent.link.write(&first).await;
        if written.is_err() && sent.is_used {
            // Nothing of it has gone out: the instance had closed the connection. On another it is as good as new.
            let Ok(link) = sent.instance.connect().await else { return false };
            sent.link = link;
            written = sent.link.write(&first).await;
        }
        let Ok(count) = written else { return true };
        let link = &mut sent.link;
        let all = async {
            link.write_all(first.get(count..).unwrap_or_default()).await?;
            link.write_all(rest).await?;
            link.flush().await
        };
        // An instance may answer before it has read everything, and close: then its answer is what counts.
        timeout(IDLE, all).await.is_ok()
    }

    /// Say that no instance can be reached, so that nobody takes it for an answer of one.
    async fn refuse(&mut self) -> Next {
        const WHY: &str = "mcp-assay router: no instance of the server could be reached\n";
        let answer = format!(
            "HTTP/1.1 502 Bad Gateway\r\nAssay-Router: no instance\r\nContent-Type: text/plain\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{WHY}",
            WHY.len()
        );
        if self.client.write_all(answer.as_bytes()).await.is_ok() {
            self.linger().await;
        }
        Next::Close
    }

    /// Let the client read its answer although not everything it sent was read: to close at once would take it away.
    pub(super) async fn linger(&mut self) {
        let mut sink = [0; SINK];
        let drain = async {
            if self.client.shutdown().await.is_ok() {
                while self.client.read(&mut sink).await.is_ok_and(|count| count > 0) {}
            }
        };
        let _ = timeout(LINGER, drain).await;
    }

    /// Nothing passes any more to the client, whose connection goes on in the other direction; the instance goes on too.
    pub(super) async fn half_close(&mut self, link: &mut Link) {
        let (mut sink, mut other) = ([0; SINK], [0; SINK]);
        let held = async {
            if self.client.shutdown().await.is_err() {
                return;
            }
            loop {
                tokio::select! {
                    read = self.client.read(&mut sink) => match read {
                        Ok(count) if count > 0 => {}
                        _ => return,
                    },
                    read = link.read(&mut other) => match read {
                        Ok(count) if count > 0 => {}
                        _ => break,
                    },
                }
            }
            while self.client.read(&mut sink).await.is_ok_and(|count| count > 0) {}
        };
        let _ = timeout(HELD, held).await;
    }

    /// Nothing passes any more, in neither direction, and neither side is told.
    pub(super) async fn black_hole(&mut self) {
        let mut sink = [0; SINK];
        let held = async {
            while self.client.read(&mut sink).await.is_ok_and(|count| count > 0) {}
            std::future::pending::<()>().await;
        };
        let _ = timeout(HELD, held).await;
    }

    pub(super) fn tell(&self, note: &Routed, passage: Passage) {
        self.core.observer.tell(Routed { passage, ..note.clone() });
    }

    pub(super) fn tell_of(&self, note: &Routed, fault: Fault, is_met: bool) {
        self.tell(note, if is_met { Passage::Struck(fault) } else { Passage::Missed(fault) });
    }
}
