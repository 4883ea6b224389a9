//! What is not sent any more, as it is known what it does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::fuzz::case::{Act, Body, Case};

/// Kinds after which nothing else with the same wrong in the same part is sent; sequences after which none of the same form is.
const OFTEN: usize = 3;

/// Kinds of acts, messages, and sequences.
#[derive(Debug, Default)]
pub(super) struct Shunned {
    kinds: BTreeSet<String>,
    /// Messages with nothing wrong in them, by subject.
    messages: BTreeMap<String, BTreeSet<String>>,
    /// How many kinds are shunned for what is wrong in some part of them.
    names: BTreeMap<String, usize>,
    subjects: BTreeSet<String>,
    /// Sequences of acts with nothing wrong in them, by form.
    sequences: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
}

impl Shunned {
    /// Nothing of this kind; nor, after a few of them, anything with the same wrong in the same part. Of what has nothing wrong in it, only the
    /// very message; nor, after a few of them, a new one about the same.
    pub fn add(&mut self, act: &Act) {
        let new = match plain(act) {
            Some(message) => self.messages.entry(act.subject.clone()).or_default().insert(message.to_string()),
            None => self.kinds.insert(act.kind().into_owned()),
        };
        if new {
            let often = if act.wrong().is_empty() { act.subject.clone() } else { act.wrong_part() };
            *self.names.entry(often).or_default() += 1;
        }
    }

    /// Nothing with the same wrong in the same part.
    pub fn add_wrong(&mut self, act: &Act) {
        self.names.insert(act.wrong_part(), OFTEN);
    }

    /// Nothing about this, whatever is wrong with it.
    pub fn add_subject(&mut self, subject: &str) {
        self.subjects.insert(subject.to_owned());
    }

    /// No acts about the same in the same order; nor, after a few of them, any with the same notifications in the same places.
    pub fn add_sequence(&mut self, case: &Case) {
        self.sequences.entry(form(case)).or_default().insert(subjects(case));
    }

    /// Whether enough about this is shunned.
    pub fn is_often(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|times| *times >= OFTEN)
    }

    /// Whether an act of it is, or all of it.
    pub fn has(&self, case: &Case) -> bool {
        // Nothing is shunned whose name is not.
        let acts = !self.names.is_empty() || !self.subjects.is_empty();
        acts && case.acts.iter().any(|act| self.has_act(act)) || !self.sequences.is_empty() && self.has_sequence(case)
    }

    fn has_act(&self, act: &Act) -> bool {
        let often = || !act.wrong().is_empty() && self.is_often(&act.wrong_part());
        let shunned = || match plain(act) {
            Some(message) => {
                let of_subject = self.messages.get(&act.subject);
                of_subject.is_some_and(|messages| messages.contains(&message.to_string()))
            }
            None => self.kinds.contains(act.kind().as_ref()),
        };
        self.subjects.contains(&act.subject) || often() || shunned()
    }

    fn has_sequence(&self, case: &Case) -> bool {
        if !is_sequence(case) {
            return false;
        }
        let form = form(case);
        let of_form = self.sequences.get(&form);
        // Without a notification, a form is no more than a number of requests.
        let tells = form.iter().any(|method| !method.is_empty());
        of_form.is_some_and(|all| tells && all.len() >= OFTEN || all.contains(&subjects(case)))
    }
}

/// Whether it is several acts, and nothing is wrong with any of them: then it is their order that does something.
pub(super) fn is_sequence(case: &Case) -> bool {
    case.acts.len() > 1 && case.acts.iter().all(|act| act.wrong().is_empty())
}

/// The methods of notifications, each at its place among the requests, which are empty.
fn form(case: &Case) -> Vec<String> {
    let method = |act: &Act| act.method().filter(|method| method.starts_with("notifications/")).map(str::to_owned);
    case.acts.iter().map(|act| method(act).unwrap_or_default()).collect()
}

fn subjects(case: &Case) -> Vec<String> {
    case.acts.iter().map(|act| act.subject.clone()).collect()
}

/// The message of an act with nothing wrong in it, with which nothing else of its kind is shunned.
fn plain(act: &Act) -> Option<&Value> {
    match &act.body {
        Body::Message { value, .. } if act.wrong().is_empty() => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case(methods: &[&str]) -> Case {
        let act = |method: &&str| Act { subject: (*method).to_owned(), ..Act::plain(json!({ "method": method })) };
        Case { acts: methods.iter().map(act).collect(), ..Case::default() }
    }

    #[test]
    fn after_a_few_sequences_all_of_their_form_are_shunned() {
        let mut shunned = Shunned::default();
        let cancelled = |method: &str| case(&[method, "notifications/cancelled"]);
        let twice = |method: &str| case(&[method, method]);
        for method in ["a", "b", "c"] {
            assert!(!shunned.has(&cancelled("d")) && !shunned.has(&cancelled(method)));
            for case in [cancelled(method), twice(method)] {
                shunned.add_sequence(&case);
                assert!(shunned.has(&case));
            }
        }
        assert!(shunned.has(&cancelled("d")));
        assert!(!shunned.has(&twice("d")));
        assert!(!shunned.has(&case(&["notifications/cancelled", "d"])) && !shunned.has(&case(&["a"])));
        // What is wrong may do something else.
        let mut wrong = cancelled("a");
        if let Some(act) = wrong.acts.first_mut() {
            act.mutation = "null".to_owned();
        }
        assert!(!shunned.has(&wrong));
    }

    #[test]
    fn what_is_wrong_in_a_part_is_shunned_after_a_few_kinds() {
        let mut shunned = Shunned::default();
        let null = |method: &str| Act { mutation: "null at /params".to_owned(), ..case(&[method]).acts.remove(0) };
        let of = |method: &str| Case { acts: vec![null(method)], ..Case::default() };
        for method in ["a", "b", "c"] {
            assert!(!shunned.has(&of("d")) && !shunned.has(&of(method)));
            shunned.add(&null(method));
            assert!(shunned.has(&of(method)) && !shunned.has(&case(&[method])));
        }
        assert!(shunned.has(&of("d")));
    }
}
