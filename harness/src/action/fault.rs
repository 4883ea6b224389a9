//! What goes wrong on the way of an answer, counted in what has crossed and never timed (but for a delay).
//!
//! In a scenario file a fault is a mapping with one key, what it is; on the command line the same on one line:
//!
//! ```yaml
//! cut: { after_messages: 2, plus_bytes: 9 }   # cut:after_messages=2,plus_bytes=9
//! delay: { after_events: 1, by: 200ms }       # delay:after_events=1,by=200ms
//! duplicate: { event: 2 }                     # duplicate:event=2
//! reset: {}                                   # reset
//! ```

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Within;

/// Longest delay.
pub const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Something that goes wrong on the way of one answer. The request has gone through.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The connection is closed, to the client and to the instance.
    Cut(Place),
    /// What follows comes later.
    Delay(Delay),
    /// An event comes twice.
    Duplicate(Which),
    /// An event comes after the one that follows it.
    Reorder(Which),
    /// The body ends early, and properly, as if that were all.
    Truncate(Place),
    /// The connection is closed in the direction of the client alone. The instance notices nothing.
    HalfClose(Place),
    /// The connection to the client is reset, so that it learns of it by an error; that to the instance is closed.
    Reset(Place),
    /// Nothing comes any more, neither the rest nor an end, for as long as [the router](crate::router) holds it. The
    /// instance notices nothing, not even that the client leaves.
    BlackHole(Place),
}

/// A place in an answer: before its head, unless something is counted.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(try_from = "Counted")]
pub struct Place {
    /// After so many events of the body, an event stream: blocks with at least one of `data`, `id` and `event`.
    /// 0: after the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_events: Option<u32>,
    /// After so many events with data that is not empty, as all messages have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_messages: Option<u32>,
    /// After so many bytes of the body, those of its transfer coding not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_bytes: Option<u64>,
    /// And then so many bytes into the next event, at most to its end. Comments between events do not count.
    #[serde(skip_serializing_if = "is_zero")]
    pub plus_bytes: u64,
}

/// A delay.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(try_from = "Delaying", into = "Delaying")]
pub struct Delay {
    /// Where.
    pub at: Place,
    /// How long, up to [`LONGEST_DELAY`].
    pub by: Within,
}

/// An event of an event stream, from 1.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(try_from = "Numbered", into = "Numbered")]
pub enum Which {
    /// Of all events.
    Event(NonZeroU32),
    /// Of those with data that is not empty.
    Message(NonZeroU32),
}

/// A fault that comes again and again: one for every so many requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recurring {
    /// Which.
    pub fault: Fault,
    /// It strikes the last of every so many.
    pub every: NonZeroU32,
}

/// Why a fault cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{given}' is no fault: {problem}; write it like cut:after_events=2,plus_bytes=9 or reset,every=10")]
pub struct FaultError {
    given: String,
    problem: String,
}

impl Fault {
    /// Whether the answer does not come whole.
    pub fn breaks_off(&self) -> bool {
        !matches!(self, Self::Delay(_) | Self::Duplicate(_) | Self::Reorder(_))
    }

    /// Where it strikes, if that is a place and not an event.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Cut(at) | Self::Truncate(at) | Self::HalfClose(at) | Self::Reset(at) | Self::BlackHole(at) => {
                Some(*at)
            }
            Self::Delay(delay) => Some(delay.at),
            Self::Duplicate(_) | Self::Reorder(_) => None,
        }
    }
}

impl Place {
    /// Whether it is before the head of the answer.
    pub fn is_before_head(&self) -> bool {
        self.after_events.is_none() && self.after_messages.is_none() && self.after_bytes.is_none()
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Counted {
    after_events: Option<u32>,
    after_messages: Option<u32>,
    after_bytes: Option<u64>,
    plus_bytes: u64,
}

impl TryFrom<Counted> for Place {
    type Error = &'static str;

    fn try_from(counted: Counted) -> Result<Self, Self::Error> {
        let Counted { after_events, after_messages, after_bytes, plus_bytes } = counted;
        let in_events = usize::from(after_events.is_some()) + usize::from(after_messages.is_some());
        if in_events + usize::from(after_bytes.is_some()) > 1 {
            return Err("count one of after_events, after_messages and after_bytes");
        }
        if plus_bytes > 0 && in_events == 0 {
            return Err("plus_bytes goes with after_events or after_messages");
        }
        Ok(Self { after_events, after_messages, after_bytes, plus_bytes })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delaying {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_events: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_messages: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    plus_bytes: u64,
    by: Within,
}

impl TryFrom<Delaying> for Delay {
    type Error = &'static str;

    fn try_from(delaying: Delaying) -> Result<Self, Self::Error> {
        let Delaying { after_events, after_messages, after_bytes, plus_bytes, by } = delaying;
        if by.0 > LONGEST_DELAY {
            return Err("a delay is of 60s at most");
        }
        Ok(Self { at: Counted { after_events, after_messages, after_bytes, plus_bytes }.try_into()?, by })
    }
}

impl From<Delay> for Delaying {
    fn from(delay: Delay) -> Self {
        let Place { after_events, after_messages, after_bytes, plus_bytes } = delay.at;
        Self { after_events, after_messages, after_bytes, plus_bytes, by: delay.by }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbered {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<NonZeroU32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<NonZeroU32>,
}

impl TryFrom<Numbered> for Which {
    type Error = &'static str;

    fn try_from(numbered: Numbered) -> Result<Self, Self::Error> {
        match (numbered.event, numbered.message) {
            (Some(event), None) => Ok(Self::Event(event)),
            (None, Some(message)) => Ok(Self::Message(message)),
            _ => Err("name one of event and message, by its number from 1"),
        }
    }
}

impl From<Which> for Numbered {
    fn from(which: Which) -> Self {
        match which {
            Which::Event(number) => Self { event: Some(number), message: None },
            Which::Message(number) => Self { event: None, message: Some(number) },
        }
    }
}

/// `word:member=value,member=value`, as the mapping that it stands for.
fn mapping(text: &str) -> Result<(String, Map<String, Value>), String> {
    let (word, members) = match text.split_once([':', ',']) {
        Some((word, members)) => (word, members.split(',').collect()),
        None => (text, Vec::new()),
    };
    let mut map = Map::new();
    for member in members {
        let (name, value) = member.split_once('=').ok_or_else(|| format!("'{member}' is not MEMBER=VALUE"))?;
        let value = value.parse::<u64>().map_or_else(|_| Value::from(value), Value::from);
        if map.insert(name.to_owned(), value).is_some() {
            return Err(format!("it says {name} twice"));
        }
    }
    Ok((word.replace('-', "_"), map))
}

fn from_mapping(word: String, members: Map<String, Value>) -> Result<Fault, String> {
    let whole = Value::Object(Map::from_iter([(word, Value::Object(members))]));
    serde_json::from_value(whole).map_err(|e| e.to_string())
}

impl std::str::FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = mapping(text).and_then(|(word, members)| from_mapping(word, members));
        read.map_err(|problem| FaultError { given: text.to_owned(), problem })
    }
}

impl std::str::FromStr for Recurring {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = mapping(text).and_then(|(word, mut members)| {
            let every = match members.shift_remove("every") {
                None => NonZeroU32::MIN,
                Some(every) => serde_json::from_value(every).map_err(|e| format!("every: {e}"))?,
            };
            Ok(Self { fault: from_mapping(word, members)?, every })
        });
        read.map_err(|problem| FaultError { given: text.to_owned(), problem })
    }
}

/// As on the command line.
impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = serde_json::to_value(self).map_err(|_| std::fmt::Error)?;
        for (word, members) in whole.as_object().into_iter().flatten() {
            f.write_str(word)?;
            for (index, (name, value)) in members.as_object().into_iter().flatten().enumerate() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                write!(f, "{}{name}={value}", if index == 0 { ':' } else { ',' })?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Recurring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fault = self.fault.to_string();
        write!(f, "{fault}{}every={}", if fault.contains(':') { ',' } else { ':' }, self.every)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn faults_are_read_and_written_in_both_forms() {
        for (line, mapping) in [
            ("cut:after_messages=2,plus_bytes=9", json!({ "cut": { "after_messages": 2, "plus_bytes": 9 } })),
            ("cut:after_bytes=0", json!({ "cut": { "after_bytes": 0 } })),
            ("delay:after_events=1,by=200ms", json!({ "delay": { "after_events": 1, "by": "200ms" } })),
            ("duplicate:event=2", json!({ "duplicate": { "event": 2 } })),
            ("reorder:message=1", json!({ "reorder": { "message": 1 } })),
            ("truncate:after_events=3", json!({ "truncate": { "after_events": 3 } })),
            ("half_close:after_events=0", json!({ "half_close": { "after_events": 0 } })),
            ("reset", json!({ "reset": {} })),
            ("black_hole", json!({ "black_hole": {} })),
        ] {
            let fault: Fault = line.parse().unwrap();
            assert_eq!(fault.to_string(), line);
            assert_eq!(serde_json::to_value(fault).unwrap(), mapping);
            assert_eq!(serde_json::from_value::<Fault>(mapping).unwrap(), fault);
        }
        assert_eq!("black-hole".parse::<Fault>().unwrap(), Fault::BlackHole(Place::default()));
    }

    #[test]
    fn faults_that_make_no_sense_are_refused() {
        for line in [
            "",
            "break",
            "cut:",
            "cut:after",
            "cut:after_events=x",
            "cut:after_events=1,after_bytes=1",
            "cut:after_events=1,after_events=1",
            "cut:plus_bytes=1",
            "cut:by=1s",
            "delay",
            "delay:by=61s",
            "duplicate",
            "duplicate:event=0",
            "reorder:event=1,message=1",
            "reset,every=2",
        ] {
            assert!(line.parse::<Fault>().is_err(), "{line}");
        }
        let told = "break".parse::<Fault>().unwrap_err().to_string();
        assert!(told.contains("'break'") && told.contains("half_close"), "{told}");
    }

    #[test]
    fn faults_recur() {
        for (line, every) in [("reset:every=10", 10), ("cut:after_events=2,every=3", 3)] {
            let recurring: Recurring = line.parse().unwrap();
            assert_eq!((recurring.every.get(), recurring.to_string().as_str()), (every, line));
        }
        assert_eq!("reset,every=7".parse::<Recurring>().unwrap().to_string(), "reset:every=7");
        assert_eq!("reset".parse::<Recurring>().unwrap().every.get(), 1);
        assert!("reset:every=0".parse::<Recurring>().is_err());
    }
}
