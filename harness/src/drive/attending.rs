//! An actor that answers what the server asks, by itself.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::actor::Actor;
use super::answers;
use super::breaks;
use super::outgoing::Outgoing;
use crate::revision::{Era, Revision};
use crate::transcript::SentKind;
use crate::wire::message::Kind;

impl Actor {
    /// Answer what the server asks from now on, until the curtain falls.
    pub async fn attend(self: &Arc<Self>) {
        let this = self.clone();
        let before = self.stage.recorder.look(|index| index.received.len());
        let curtain = self.stage.curtain.clone();
        if self.stage.breaks.any() {
            let (this, curtain) = (self.clone(), curtain.clone());
            self.stage.tasks.lock().await.spawn(async move {
                tokio::select! {
                    () = curtain.cancelled() => {}
                    () = this.break_down() => {}
                }
            });
        }
        self.stage.tasks.lock().await.spawn(async move {
            tokio::select! {
                () = curtain.cancelled() => {}
                () = this.answer_requests(before) => {}
            }
        });
    }

    async fn answer_requests(self: Arc<Self>, before: usize) {
        let mut seen = before;
        let far = tokio::time::Instant::now() + Duration::from_secs(24 * 3600);
        loop {
            let from = seen;
            let news = self.stage.recorder.wait(far, |index| {
                let fresh: Vec<_> = index.received.iter().skip(from).cloned().collect();
                (!fresh.is_empty()).then_some(fresh)
            });
            let Some(news) = news.await else { return };
            seen += news.len();
            for item in news.iter().filter(|item| item.actor == self.name) {
                for message in item.message.each() {
                    let Kind::Request { id, method } = &message.kind else { continue };
                    if !self.may_answer(method) || self.stage.breaks.ignores(method) {
                        continue;
                    }
                    let Some((member, value)) = answers::answer(&self.config, method, message.params()) else {
                        continue;
                    };
                    let mut response = serde_json::Map::new();
                    response.insert("jsonrpc".to_owned(), json!("2.0"));
                    response.insert("id".to_owned(), self.stage.breaks.id(id.to_value()));
                    response.insert(member.to_owned(), value);
                    self.send(Outgoing::message(None, SentKind::Response, Value::Object(response))).await;
                }
            }
        }
    }

    /// Let everything that comes do to it what its faults say.
    async fn break_down(self: Arc<Self>) {
        let mut seen = 0;
        loop {
            tokio::time::sleep(breaks::EVERY).await;
            let events = self.stage.recorder.events();
            while seen < events.len() {
                seen += 1;
                for message in self.stage.breaks.meet(events.get(..seen).unwrap_or_default()) {
                    let kind = if message.get("method").is_some() { SentKind::Request } else { SentKind::Response };
                    self.send(Outgoing::message(None, kind, message)).await;
                }
            }
        }
    }

    /// Whether it answers such a request by itself. Without a handshake there are no requests of the server's, and no
    /// responses to them (2026-07-28, basic/transports), so there only the scenario can say so.
    fn may_answer(&self, method: &str) -> bool {
        let era = self.version().parse().map_or(self.stage.revision.era(), Revision::era);
        era == Era::Handshake || self.config.answers.contains_key(method)
    }
}
