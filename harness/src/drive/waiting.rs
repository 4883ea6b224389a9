//! Waiting: for what a step wants, always with a deadline, and what came instead where it ends in vain.

use std::sync::atomic::Ordering;

use serde_json::Value;
use tokio::time::Instant;

use super::run::{Run, Stop};
use crate::action::{self, Await, Until};
use crate::transcript::{self, Index, StreamStatus, What};

impl Run<'_> {
    /// Carry out a step that waits.
    pub(super) async fn wait_for(&mut self, wait: &Await) -> Result<(), Stop> {
        let within = wait.within;
        self.lenient = wait.may_miss;
        let outcome = if let Some(stream) = &wait.trace {
            self.collect(stream, within).await
        } else if let Some(pattern) = &wait.message {
            let actor = self.actor(&wait.by).await?;
            let waited_for = format!("{} message(s) like {pattern}", wait.count);
            let name = actor.name.clone();
            self.wait_until(&name, None, waited_for, within, |index| {
                let mine = index.received.iter().filter(|seen| seen.actor == name).flat_map(|seen| seen.message.each());
                let count = mine
                    .filter(|m| m.value.as_ref().is_some_and(|v| action::pattern::matches(pattern, v).is_ok()))
                    .count();
                (count >= wait.count).then_some(())
            })
            .await
        } else if wait.exit {
            let name = self.actor(&wait.by).await?.name.clone();
            self.wait_until(&name, None, transcript::EXIT.to_owned(), within, |index| {
                index.actors.get(&name).and_then(|actor| actor.exited.as_ref()).map(|_| ())
            })
            .await
        } else {
            let until = wait.until.clone().unwrap_or(Until::Answered);
            let mut outcome = Ok(());
            for stream in &wait.streams {
                outcome = self.wait_stream(stream, &until, within).await;
                if outcome.is_err() {
                    break;
                }
            }
            outcome
        };
        self.lenient = false;
        match outcome {
            Err(Stop::Iut(why)) if wait.may_miss => {
                self.note(&format!("not a failure: {why}"));
                Ok(())
            }
            other => other,
        }
    }

    /// Wait until a stream is as far as a step wants it, or as it can get.
    pub(super) async fn wait_stream(
        &self,
        stream: &str,
        until: &Until,
        within: Option<action::Within>,
    ) -> Result<(), Stop> {
        let waited_for = match until {
            Until::Sent => return Ok(()),
            Until::Answered => "an answer".to_owned(),
            Until::Ended => "the end of the HTTP response".to_owned(),
            Until::Open => "the head of the HTTP response".to_owned(),
            Until::Message(pattern) => format!("a message like {pattern}"),
        };
        let ready = |index: &Index| {
            let status = index.streams.get(stream)?;
            let over = status.is_over();
            let reached = match until {
                Until::Sent => true,
                Until::Answered => index.is_answered(stream) || over,
                Until::Ended => over || status.on_channel && status.end.is_some(),
                Until::Open => status.status.is_some() || status.exchange.is_none() || over,
                Until::Message(pattern) => over || has_message(index, status, pattern),
            };
            reached.then(|| unmet(index, status, until))
        };
        let actor =
            self.stage.recorder.look(|index| index.streams.get(stream).map(|s| s.actor.clone())).unwrap_or_default();
        match self.wait_until(&actor, Some(stream), waited_for, within, ready).await? {
            None => Ok(()),
            Some(why) => Err(Stop::Iut(why)),
        }
    }

    /// Wait for something, to the deadline of the case or of the wait; in vain, and that is told in the transcript.
    pub(super) async fn wait_until<T>(
        &self,
        actor: &str,
        stream: Option<&str>,
        waited_for: String,
        within: Option<action::Within>,
        ready: impl FnMut(&Index) -> Option<T>,
    ) -> Result<T, Stop> {
        let started = Instant::now();
        let deadline = self.patience.until(within.map(|w| w.0));
        if let Some(found) = self.patience.wait(self.stage.recorder.wait(deadline, ready)).await {
            self.patience.answered();
            return Ok(found);
        }
        self.in_vain.store(true, Ordering::Relaxed);
        let came = self.stage.recorder.look(|index| came_instead(index, actor, stream));
        let after_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if !self.lenient {
            let what = What::TimedOut { waited_for: waited_for.clone(), came: came.clone(), after_ms };
            self.stage.recorder.append(actor, stream, what);
        }
        let on = stream.map_or_else(|| actor.to_owned(), str::to_owned);
        Err(Stop::Iut(format!("on {on} the wait for {waited_for} ended at its deadline; {came}")))
    }
}

/// Why a stream that is as far as it can get did not reach what was awaited; none if it did.
fn unmet(index: &Index, status: &StreamStatus, until: &Until) -> Option<String> {
    let met = match until {
        Until::Message(pattern) => has_message(index, status, pattern),
        _ => status.failure.is_none(),
    };
    let why = || status.failure.clone().unwrap_or_else(|| "the response ended without it".to_owned());
    (!met).then(why)
}

fn has_message(index: &Index, status: &StreamStatus, pattern: &Value) -> bool {
    let messages = status.messages.iter().filter_map(|at| index.received.get(*at)).flat_map(|seen| seen.message.each());
    messages.filter_map(|m| m.value.as_ref()).any(|value| action::pattern::matches(pattern, value).is_ok())
}

fn came_instead(index: &Index, actor: &str, stream: Option<&str>) -> String {
    let status = stream.and_then(|name| index.streams.get(name));
    let count = match status {
        Some(status) => status.messages.len(),
        None => index.received.iter().filter(|seen| seen.actor == actor).count(),
    };
    let head = status.and_then(|s| s.status).map_or(String::new(), |code| format!("HTTP status {code} and "));
    match count {
        0 if head.is_empty() => "nothing had come".to_owned(),
        n => format!("{head}{n} message(s) had come"),
    }
}
