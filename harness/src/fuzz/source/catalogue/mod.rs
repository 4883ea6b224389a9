//! Everything that is sent once before chance decides.

mod broken;
mod bytes;
mod headers;
mod hostile;
mod notifications;
mod same;
mod text;

pub use broken::broken;

use super::bases::Base;
use crate::fuzz::case::{Act, Case, IdForm};
use crate::generate::{Choices, Hints, Messages};

/// Requests that are cancelled after their answer, and such as are cancelled in a row.
const CANCELLED: usize = 8;

/// All cases of the catalogue, the simplest first.
pub fn catalogue(messages: &Messages, bases: &[Base], hints: &Hints, http: bool, choices: &mut Choices) -> Vec<Case> {
    let mut all: Vec<Case> = bases.iter().map(|base| alone(base.act.clone())).collect();
    all.extend(super::sequences::after_another(bases));
    all.extend(super::sequences::after_refusal(bases));
    all.extend(bases.first().map(super::sequences::at_once));
    let firsts: Vec<&Base> = first_of_each(bases);
    for base in &firsts {
        all.push(super::sequences::cancelled(base, false));
    }
    for base in firsts.iter().take(CANCELLED) {
        all.push(super::sequences::cancelled(base, true));
        all.push(super::sequences::cancelled_in_a_row(base));
    }
    for base in &firsts {
        for id in [IdForm::Text, IdForm::Negative, IdForm::Large] {
            all.extend(same::with_id(base, id));
        }
        all.extend(same::respelled(base, http));
        all.extend(same::in_pieces(base));
    }
    all.push(alone(hostile::unknown_method(bases)));
    all.extend(bases.first().and_then(hostile::method_marked).map(alone));
    if http {
        for base in bases.iter().take(2) {
            all.extend(headers::headers(base).into_iter().map(alone));
        }
    }
    all.extend(bases.iter().filter(|base| base.act.subject == "resources/subscribe").map(|base| Case {
        acts: vec![Act { awaited: true, ..base.act.clone() }, base.act.clone()],
        ..Case::default()
    }));
    for base in bases.iter().take(1).chain(bases.iter().filter(|base| base.arguments.is_some()).take(1)) {
        if let Some(first) = bases.first() {
            all.extend(bytes::bytes(base, &first.act, http));
        }
    }
    all.extend(notifications::notifications(messages, hints, choices));
    for base in firsts {
        all.extend(broken::every_way(messages, base, choices).into_iter().map(alone));
        all.extend(hostile::marked(base).map(alone));
        all.extend(hostile::hostile(base).into_iter().map(alone));
    }
    all
}

/// The first request about each subject.
fn first_of_each(bases: &[Base]) -> Vec<&Base> {
    let mut firsts: Vec<&Base> = Vec::new();
    for base in bases {
        if firsts.iter().all(|first| first.act.subject != base.act.subject) {
            firsts.push(base);
        }
    }
    firsts
}

fn alone(act: Act) -> Case {
    Case { acts: vec![act], ..Case::default() }
}
