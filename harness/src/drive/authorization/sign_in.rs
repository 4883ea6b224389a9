//! A user who signs in: a command that the user of the harness gave does what a browser would.

use std::process::Stdio;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use url::Url;

use super::super::run::{Run, Stop};
use super::steps::Plain;
use crate::action::Until;
use crate::transcript::{End, What};

/// Longest line that the command may print, in bytes.
const MAX_OUTPUT: u64 = 64 * 1024;

impl Run<'_> {
    /// Let the command take the URL to its end. The request and the last redirect are recorded as one exchange.
    pub(super) async fn sign_in(&mut self, plain: Plain<'_>, command: &str, url: &Url) -> Result<(), Stop> {
        self.stage.recorder.look_for_given_secrets();
        let actor = self.actor(crate::action::DEFAULT_ACTOR).await?;
        let exchange = actor.exchange(Some(plain.ask.stream.clone()));
        exchange.record_request(&self.request_of(&plain)?);
        let deadline = self.patience.until(plain.ask.within.map(|within| within.0));
        let ran = tokio::time::timeout_at(deadline, run(command, url)).await;
        let place = ran.unwrap_or_else(|_| Err("it did not end in time".to_owned()));
        let note = |what: What| {
            self.stage.recorder.append(&actor.name, Some(&plain.ask.stream), what);
        };
        let number = exchange.number;
        match place {
            Ok(place) => {
                note(What::Head {
                    exchange: number,
                    status: 302,
                    headers: vec![("location".to_owned(), place)],
                    anomalies: Vec::new(),
                });
                note(What::Note { text: "that redirect was told by the authorize command".to_owned() });
                note(What::Ended { exchange: number, end: End::Complete });
            }
            Err(problem) => {
                let problem = format!("the authorize command failed: {problem}");
                note(What::ConnectionFailed { exchange: Some(number), problem });
            }
        }
        self.wait_stream(&plain.ask.stream, &Until::Ended, None).await
    }
}

/// What the command prints last: the URL where the browser is at the end.
async fn run(command: &str, url: &Url) -> Result<String, String> {
    let mut process = Command::new("/bin/sh");
    process.arg("-c").arg(format!("{command} \"$1\"")).arg("sh").arg(url.as_str());
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = process.spawn().map_err(|e| e.to_string())?;
    let mut printed = String::new();
    if let Some(out) = child.stdout.take() {
        out.take(MAX_OUTPUT).read_to_string(&mut printed).await.map_err(|e| e.to_string())?;
    }
    let status = child.wait().await.map_err(|e| e.to_string())?;
    let last = printed.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match Url::parse(last) {
        Ok(place) if status.success() => Ok(place.into()),
        Ok(_) => Err(format!("it ended with {status}")),
        Err(_) => Err(format!("it ended with {status}, and its last line is no URL")),
    }
}
