//! What is wrong with what came back.

mod answer;
mod internals;
mod shape;
mod suspicion;
mod words;

use std::collections::BTreeMap;

pub use answer::{STREAM, canonical};
pub use internals::{MARK, internals_like};
pub use suspicion::{NO_ANSWER, Oracle, Suspicion};
pub use words::{last_words, unquoted};

use crate::fuzz::peer::{Offer, Round};
use crate::fuzz::rules;
use crate::revision::Revision;
use crate::schema::UserSchema;

/// What judging needs to know about the server.
#[derive(Debug)]
pub struct Judge {
    revision: Revision,
    /// The output schemas of its tools, by name.
    outputs: BTreeMap<String, UserSchema>,
}

impl Judge {
    /// For a server that offers this.
    pub fn new(revision: Revision, offer: &Offer) -> Self {
        let outputs = offer.list("tools").iter().filter_map(|tool| {
            let name = tool.get("name")?.as_str()?;
            let schema = crate::schema::compile_user_schema(tool.get("outputSchema")?).ok()?;
            Some((name.to_owned(), schema))
        });
        Self { revision, outputs: outputs.collect() }
    }

    /// Everything in a round that looks wrong, in the order of its cases; what concerns the whole comes first.
    pub fn judge(&self, round: &Round, http: bool) -> Vec<Suspicion> {
        let mut found = Vec::new();
        self.whole(round, &mut found);
        for (number, (case, replies)) in round.cases.iter().zip(&round.replies).enumerate() {
            for act in 0..case.acts.len() {
                let place = (number, act);
                answer::judge(case, replies, place, round, http, &mut found);
                if let (Some(act), Some(reply)) = (case.acts.get(act), replies.get(act)) {
                    shape::judge(self.revision, &self.outputs, act, reply, place, &mut found);
                    internals::judge(act, reply, place, &mut found);
                }
            }
            if case.alone {
                rules::judge(self.revision, round, number, &mut found);
            }
        }
        found
    }

    fn whole(&self, round: &Round, found: &mut Vec<Suspicion>) {
        match &round.ended {
            Some(how) => found.push(Suspicion::whole(Oracle::Exit, &last_words(&round.words), how)),
            None if !round.alive && !round.cases.is_empty() => {
                found.push(Suspicion::whole(Oracle::Hang, "", "a request that every server answers is not answered"));
            }
            None => {}
        }
        let mut sessions = round.sessions.clone();
        sessions.sort_unstable();
        if sessions.windows(2).any(|pair| pair.first() == pair.last()) {
            found.push(Suspicion::whole(Oracle::Crossed, "session", "two clients were given the same session id"));
        }
        let mut acts = round.cases.iter().flat_map(|case| &case.acts);
        let quiet = !round.cases.is_empty() && acts.all(crate::fuzz::Act::is_silent);
        // What else may have been meant by something that is broken where its id is.
        let clear = round
            .cases
            .iter()
            .flat_map(|case| &case.acts)
            .all(|act| act.has_our_id() && matches!(act.body, crate::fuzz::Body::Message { .. }));
        for stray in &round.strays {
            let message = &stray.message;
            if quiet && message.shape().is_response() {
                let kind = round.cases.iter().flat_map(|case| &case.acts).map(crate::fuzz::Act::wrong_name).next();
                let seen = String::from_utf8_lossy(&message.raw).into_owned();
                found.push(Suspicion::whole(Oracle::Unasked, kind.unwrap_or_default(), &seen));
                continue;
            }
            if let Some((case, act)) = &stray.again {
                if case.acts.get(*act).is_none_or(|act| matches!(act.body, crate::fuzz::Body::Bytes(_))) {
                    continue;
                }
                let kind = case.acts.get(*act).map(crate::fuzz::Act::kind).unwrap_or_default();
                let late = Suspicion::whole(Oracle::Twice, &kind, "a second answer came later");
                found.push(Suspicion { also: vec![case.clone()], ..late });
                continue;
            }
            let known = found.len();
            shape::stray(self.revision, message, clear, found);
            for suspicion in found.iter_mut().skip(known) {
                suspicion.also.extend(stray.after.clone());
            }
        }
    }
}
