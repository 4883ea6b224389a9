//! Waiting: always for something that happens, always with a limit.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;

use super::default_actor;

/// What ends a wait.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// The request is answered, or nothing more can come. The default for requests.
    Answered,
    /// The HTTP response is over. The default for `http` and `raw` over HTTP.
    Ended,
    /// The head of the HTTP response is there. On stdio: at once.
    Open,
    /// Do not wait. The default for notifications and for `raw` on stdio.
    Sent,
    /// A message came on the stream that matches this partial pattern.
    Message(Value),
}

/// Wait for streams, for a message on a connection, or for the end of a process.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Await {
    /// Streams that must all get there.
    #[serde(default)]
    pub streams: Vec<String>,
    /// Where they must get.
    #[serde(default)]
    pub until: Option<Until>,
    /// Actor on whose connection a message must come, or whose process must end.
    #[serde(default = "default_actor")]
    pub by: String,
    /// Partial pattern of a message that must come on any stream of the actor.
    #[serde(default)]
    pub message: Option<Value>,
    /// How many messages must match.
    #[serde(default = "one")]
    pub count: usize,
    /// True to wait for the end of the actor's process.
    #[serde(default)]
    pub exit: bool,
    /// Stream of a request that was sent with a `traceparent`, or else with a `taskId`: the span that follows from it, or that
    /// names the task, must be exported. Needs `within`; what there is by then goes into the transcript, be it nothing.
    #[serde(default)]
    pub trace: Option<String>,
    /// True where it is no failure that it does not come: the wait only gives it the chance. Needs `within`.
    #[serde(default)]
    pub may_miss: bool,
    /// Longest wait.
    #[serde(default)]
    pub within: Option<Within>,
}

fn one() -> usize {
    1
}

/// A length of time, written `200ms` or `3s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Within(pub Duration);

impl std::str::FromStr for Within {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || format!("'{text}' is not a length of time: write 200ms, 3s or 2m");
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| bad())?;
        let millis = match unit {
            "ms" => Some(number),
            "s" => number.checked_mul(1000),
            "m" => number.checked_mul(60_000),
            _ => None,
        };
        millis.map(|millis| Self(Duration::from_millis(millis))).ok_or_else(bad)
    }
}

impl std::fmt::Display for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = self.0.as_millis();
        if millis.is_multiple_of(1000) { write!(f, "{}s", millis / 1000) } else { write!(f, "{millis}ms") }
    }
}

impl Serialize for Within {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Within {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_written() {
        for (text, millis) in [("200ms", 200), ("3s", 3000), ("2m", 120_000), ("0s", 0)] {
            assert_eq!(text.parse::<Within>().unwrap().0, Duration::from_millis(millis));
        }
        for text in ["", "3", "s", "3 s", "-1s", "1.5s", "99999999999999999999s", "18446744073709551615m"] {
            assert!(text.parse::<Within>().is_err(), "{text}");
        }
    }
}
