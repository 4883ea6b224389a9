//! Steps that are about time.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::run::{Run, Stop};
use crate::action::{Action, Lapse, Pause, Poll, Send, pattern};
use crate::transcript::View;

impl Run<'_> {
    /// Asks until the answer is as wanted, no more often than the peer likes.
    pub(super) async fn poll(&mut self, poll: &Poll) -> Result<(), Stop> {
        for time in 1..=poll.times {
            let stream = format!("{}_{time}", poll.stream);
            let send = Send {
                stream: Some(stream.clone()),
                by: poll.by.clone(),
                method: Some(poll.method.clone()),
                params: poll.params.clone(),
                within: poll.within,
                ..Send::default()
            };
            self.request(&Action::Request(send.clone()), &send).await?;
            let answer = self.view_of(&stream).pointer("/answer/value").cloned().unwrap_or_default();
            if pattern::matches(&poll.until, &answer).is_ok() {
                return Ok(());
            }
            if answer.get("result").is_none() && poll.may_miss {
                return Ok(());
            }
            if answer.get("result").is_none() {
                return Err(Stop::Iut(format!("{} on {stream} came to no result", poll.method)));
            }
            let wanted = poll.interval.as_ref().and_then(|path| millis(answer.pointer(&pointer(path))?));
            self.let_pass(Instant::now() + wanted.unwrap_or_default().max(poll.every.0)).await?;
        }
        if poll.may_miss {
            return Ok(());
        }
        Err(Stop::Iut(format!("no answer to {} was like {} in {} times", poll.method, poll.until, poll.times)))
    }

    /// Lets a lapse go by.
    pub(super) async fn pause(&self, pause: &Pause) -> Result<(), Stop> {
        let lapse = match &pause.lapse {
            Lapse::Fixed(lapse) => lapse.0,
            Lapse::Told(value) => {
                let told = self.resolve(value)?;
                millis(&told).ok_or_else(|| Stop::Iut(format!("{told} is no lapse of time to wait for")))?
            }
        };
        let gone = pause.since.as_ref().map(|stream| self.since_answer(stream)).unwrap_or_default();
        self.let_pass(Instant::now() + lapse.saturating_sub(gone)).await
    }

    /// How long ago the request of a stream was answered; no time at all if it was not.
    fn since_answer(&self, stream: &str) -> Duration {
        let events = self.stage.recorder.events();
        let answer = View::of(&events).stream(stream).and_then(|shown| shown.pointer("/answer/n")?.as_u64());
        let event = answer.and_then(|n| events.iter().find(|event| event.n == n));
        let at = event.map(|event| Duration::from_micros(event.t_us));
        at.map(|at| self.stage.recorder.elapsed().saturating_sub(at)).unwrap_or_default()
    }

    /// Waits for a moment within the deadline; one beyond it is not worth waiting for.
    async fn let_pass(&self, moment: Instant) -> Result<(), Stop> {
        let now = Instant::now();
        let (wait, left) = (moment.duration_since(now), self.patience.until(None).duration_since(now));
        if wait >= left {
            return Err(Stop::Iut(format!("it takes {wait:.0?} more, and the case may take {left:.0?}")));
        }
        self.patience.pass(moment).await;
        Ok(())
    }
}

fn pointer(path: &str) -> String {
    path.split('.').map(|part| format!("/{part}")).collect()
}

/// A length of time in milliseconds, as the protocol gives it.
fn millis(value: &Value) -> Option<Duration> {
    value.as_f64().filter(|millis| *millis >= 0.0).and_then(|millis| Duration::try_from_secs_f64(millis / 1000.0).ok())
}
