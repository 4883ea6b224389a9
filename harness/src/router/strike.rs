//! A fault and the body that it strikes: what is passed, and when the blow falls.

use std::num::NonZeroU32;
use std::time::Duration;

use super::LIMITS;
use crate::action::Fault;
use crate::action::fault::{Place, Which};
use crate::wire::sse::{Decoder, Item};

/// Most bytes that are held back for events that change places, or kept for one that comes twice.
const MAX_HELD: usize = 4 * 1024 * 1024;

/// What happens at the place of a fault, after everything that was let out before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blow {
    Cut,
    Wait(Duration),
    Truncate,
    HalfClose,
    Reset,
    BlackHole,
    /// What is let out has been changed.
    Changed,
}

/// A fault on its way through one body, free of its transfer coding.
pub(super) struct Strike {
    fault: Fault,
    /// Where it strikes, if that is a place.
    place: Option<Place>,
    is_over: bool,
    body_bytes: u64,
    counter: Counter,
    /// The event that has begun; complete events that wait for the one that follows are in `first`.
    event: Vec<u8>,
    first: Vec<u8>,
}

/// Counts events.
struct Counter {
    decoder: Decoder,
    events: u32,
    messages: u32,
}

impl Counter {
    /// Take a byte; whether it completed an event.
    fn push(&mut self, byte: u8) -> bool {
        let mut is_complete = false;
        for item in self.decoder.push(&[byte]) {
            if let Item::Event(event) = item {
                is_complete = true;
                self.events = self.events.saturating_add(1);
                self.messages = self.messages.saturating_add(u32::from(!event.data.is_empty()));
            }
        }
        is_complete
    }

    fn count(&self, which: Which) -> u32 {
        match which {
            Which::Event(_) => self.events,
            Which::Message(_) => self.messages,
        }
    }
}

fn number(which: Which) -> NonZeroU32 {
    match which {
        Which::Event(number) | Which::Message(number) => number,
    }
}

impl Strike {
    pub(super) fn new(fault: Fault) -> Self {
        let counter = Counter { decoder: Decoder::new(LIMITS), events: 0, messages: 0 };
        Self {
            fault,
            place: fault.place(),
            is_over: false,
            body_bytes: 0,
            counter,
            event: Vec::new(),
            first: Vec::new(),
        }
    }

    pub(super) fn fault(&self) -> Fault {
        self.fault
    }

    /// Whether it can strike no more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the length that a head announces would be wrong.
    pub(super) fn changes_length(&self) -> bool {
        matches!(self.fault, Fault::Duplicate(_) | Fault::Reorder(_) | Fault::Truncate(_))
    }

    /// The blow that falls before the head.
    pub(super) fn before_head(&mut self) -> Option<Blow> {
        let place = self.place.as_mut().filter(|place| place.is_before_head())?;
        if matches!(self.fault, Fault::Truncate(_)) {
            // To end a body early there must be a head.
            place.after_bytes = Some(0);
            return None;
        }
        self.is_over = true;
        self.blow()
    }

    /// Take the next bytes of the body and let out what passes: how many were taken, and the blow that falls then. With
    /// a blow the rest is still to be taken. An empty slice asks about the place where the body begins.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> (usize, Option<Blow>) {
        if self.is_over {
            out.extend_from_slice(bytes);
            return (bytes.len(), None);
        }
        match (self.fault, self.place) {
            (_, Some(place)) => self.push_to(place, bytes, out),
            (Fault::Duplicate(which), _) => self.push_each(bytes, out, |this, out| this.duplicate(which, out)),
            (Fault::Reorder(which), _) => self.push_each(bytes, out, |this, out| this.reorder(which, out)),
            _ => (bytes.len(), None),
        }
    }

    /// The body is over: let out what was held.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if matches!(self.fault, Fault::Reorder(_)) {
            self.let_out(out);
        }
    }

    fn push_to(&mut self, place: Place, bytes: &[u8], out: &mut Vec<u8>) -> (usize, Option<Blow>) {
        let found = match place.after_bytes {
            Some(after) => {
                let left = after - self.body_bytes.min(after);
                usize::try_from(left).ok().filter(|left| *left <= bytes.len())
            }
            None => self.find(place, bytes),
        };
        let passed = found.unwrap_or(bytes.len());
        out.extend_from_slice(bytes.get(..passed).unwrap_or_default());
        self.body_bytes += passed as u64;
        self.is_over = found.is_some();
        (passed, found.and_then(|_| self.blow()))
    }

    /// Where in these bytes the place is, counted in events.
    fn find(&mut self, place: Place, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            if self.is_at(place) {
                return Some(index);
            }
            self.counter.push(*byte);
        }
        self.is_at(place).then_some(bytes.len())
    }

    fn is_at(&self, place: Place) -> bool {
        let (count, after) = match (place.after_messages, place.after_events) {
            (Some(after), _) => (self.counter.messages, after),
            (None, after) => (self.counter.events, after.unwrap_or_default()),
        };
        // An event without data that follows the messages is as good a place as any.
        count > after || count == after && self.counter.decoder.begun() >= place.plus_bytes
    }

    fn blow(&self) -> Option<Blow> {
        match self.fault {
            Fault::Cut(_) => Some(Blow::Cut),
            Fault::Delay(delay) => Some(Blow::Wait(delay.by.0)),
            Fault::Truncate(_) => Some(Blow::Truncate),
            Fault::HalfClose(_) => Some(Blow::HalfClose),
            Fault::Reset(_) => Some(Blow::Reset),
            Fault::BlackHole(_) => Some(Blow::BlackHole),
            Fault::Duplicate(_) | Fault::Reorder(_) => None,
        }
    }

    /// Byte by byte: those of an event are collected, and `complete` is asked at its end; others pass.
    fn push_each(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        complete: impl Fn(&mut Self, &mut Vec<u8>) -> bool,
    ) -> (usize, Option<Blow>) {
        let holds = matches!(self.fault, Fault::Reorder(_));
        for (index, byte) in bytes.iter().enumerate() {
            let is_complete = self.counter.push(*byte);
            let in_event = is_complete || self.counter.decoder.begun() > 0;
            if in_event {
                self.event.push(*byte);
            }
            if !in_event || !holds {
                out.push(*byte);
            }
            if is_complete && complete(self, out) {
                self.is_over = true;
                return (index + 1, Some(Blow::Changed));
            }
            if self.event.len() + self.first.len() > MAX_HELD {
                // Too large to be held: it goes on as it is, and the next may be met.
                if holds {
                    self.let_out(out);
                } else {
                    self.event.clear();
                }
            }
            if !in_event {
                self.event.clear();
            }
        }
        (bytes.len(), None)
    }

    fn duplicate(&mut self, which: Which, out: &mut Vec<u8>) -> bool {
        let is_it = self.counter.count(which) == number(which).get();
        if is_it {
            out.extend_from_slice(&self.event);
        }
        self.event.clear();
        is_it
    }

    fn reorder(&mut self, which: Which, out: &mut Vec<u8>) -> bool {
        if !self.first.is_empty() {
            out.append(&mut self.event);
            out.append(&mut self.first);
            return true;
        }
        if self.counter.count(which) == number(which).get() {
            self.first = std::mem::take(&mut self.event);
        } else {
            out.append(&mut self.event);
        }
        false
    }

    fn let_out(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.first);
        out.append(&mut self.event);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const STREAM: &str = ": c\n\nid: 0\ndata:\n\n: cc\ndata: a\n\ndata: bb\r\n\r\n: ccc\n\ndata: d\n\n";

    /// What passes before the blow, the blow, and what passes after; whole, and byte by byte.
    fn struck(fault: &str, body: &str) -> (String, Option<Blow>, String) {
        let run = |size: usize| {
            let mut strike = Strike::new(fault.parse().unwrap());
            let (mut before, mut fell, mut out) = (Vec::new(), strike.before_head(), Vec::new());
            let pieces = std::iter::once(&[][..]).chain(body.as_bytes().chunks(size));
            for mut piece in pieces {
                loop {
                    let (taken, blow) = strike.push(piece, &mut out);
                    piece = &piece[taken..];
                    if blow.is_some() {
                        assert_eq!(fell, None, "it strikes once");
                        fell = blow;
                        before = std::mem::take(&mut out);
                    }
                    if piece.is_empty() {
                        break;
                    }
                }
            }
            strike.finish(&mut out);
            assert_eq!(strike.is_over(), fell.is_some());
            (String::from_utf8(before).unwrap(), fell, String::from_utf8(out).unwrap())
        };
        let whole = run(body.len());
        assert_eq!(run(1), whole, "{fault}");
        assert_eq!(run(5), whole, "{fault}");
        whole
    }

    fn at(place: &str) -> Option<usize> {
        let (before, fell, after) = struck(&format!("cut:{place}"), STREAM);
        assert_eq!(format!("{before}{after}"), STREAM);
        fell.map(|_| before.len())
    }

    #[test]
    fn places_are_counted_in_events_messages_and_bytes() {
        let after = |text: &str| Some(STREAM.find(text).unwrap() + text.len());
        assert_eq!(at("after_events=0"), Some(0));
        assert_eq!(at("after_events=1"), after("data:\n\n"));
        assert_eq!(at("after_events=2"), after("data: a\n\n"));
        assert_eq!(at("after_messages=1"), after("data: a\n\n"));
        assert_eq!(at("after_messages=2"), after("data: bb\r\n\r"));
        assert_eq!(at("after_events=0,plus_bytes=3"), after("\n\nid:"), "comments do not count");
        assert_eq!(at("after_messages=1,plus_bytes=7"), after("data: b"));
        assert_eq!(at("after_messages=1,plus_bytes=999"), after("data: bb\r\n\r"), "at most to the end of the event");
        assert_eq!(at("after_messages=2,plus_bytes=1"), after(": ccc\n\nd"));
        assert_eq!(at("after_messages=3"), Some(STREAM.len()));
        assert_eq!(at("after_messages=4"), None);
        assert_eq!(at("after_messages=3,plus_bytes=1"), None);
        assert_eq!(at("after_bytes=0"), Some(0));
        assert_eq!(at("after_bytes=7"), Some(7));
        assert_eq!(at(&format!("after_bytes={}", STREAM.len())), Some(STREAM.len()));
        assert_eq!(at(&format!("after_bytes={}", STREAM.len() + 1)), None);
    }

    #[test]
    fn each_fault_has_its_blow() {
        for (fault, blow) in [
            ("cut:after_bytes=1", Blow::Cut),
            ("delay:after_bytes=1,by=3ms", Blow::Wait(Duration::from_millis(3))),
            ("truncate:after_bytes=1", Blow::Truncate),
            ("half_close:after_bytes=1", Blow::HalfClose),
            ("reset:after_bytes=1", Blow::Reset),
            ("black_hole:after_bytes=1", Blow::BlackHole),
        ] {
            assert_eq!(struck(fault, "abc"), ("a".to_owned(), Some(blow), "bc".to_owned()));
        }
        let before_head = |fault: &str| Strike::new(fault.parse().unwrap()).before_head();
        assert_eq!(before_head("reset"), Some(Blow::Reset));
        assert_eq!(before_head("reset:after_bytes=0"), None);
        assert_eq!(before_head("duplicate:event=1"), None);
        assert_eq!(
            struck("truncate", "abc"),
            (String::new(), Some(Blow::Truncate), "abc".to_owned()),
            "after the head"
        );
    }

    #[test]
    fn an_event_comes_twice() {
        let changed = |fault: &str| {
            let (before, fell, after) = struck(fault, STREAM);
            (before + &after, fell)
        };
        let twice = STREAM.replace("data: a\n\n", "data: a\n\ndata: a\n\n");
        assert_eq!(changed("duplicate:event=2"), (twice.clone(), Some(Blow::Changed)));
        assert_eq!(changed("duplicate:message=1"), (twice, Some(Blow::Changed)));
        let twice = STREAM.replace("data: bb\r\n\r\n", "data: bb\r\n\rdata: bb\r\n\r\n");
        assert_eq!(changed("duplicate:event=3"), (twice, Some(Blow::Changed)));
        assert_eq!(changed("duplicate:event=5"), (STREAM.to_owned(), None));
    }

    #[test]
    fn two_events_change_places() {
        let changed = |fault: &str, body: &str| {
            let (before, fell, after) = struck(fault, body);
            (before + &after, fell)
        };
        let body = "data: a\n\n: c\ndata: b\n\ndata: c\n\n: end\n";
        let swapped = |text: &str| (text.to_owned(), Some(Blow::Changed));
        assert_eq!(changed("reorder:event=1", body), swapped(": c\ndata: b\n\ndata: a\n\ndata: c\n\n: end\n"));
        assert_eq!(changed("reorder:message=2", body), swapped("data: a\n\n: c\ndata: c\n\ndata: b\n\n: end\n"));
        let (events, fell) = changed("reorder:event=3", body);
        assert_eq!(fell, None, "nothing follows it");
        assert_eq!(events, "data: a\n\n: c\ndata: b\n\n: end\ndata: c\n\n");
    }
}
