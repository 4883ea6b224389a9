//! Stories of input requests (2026-07-28): nothing without a fault, and each fault in a few acts.

use crate::seeded::Seeded;

const SERVER: Seeded = Seeded { revision: "2026-07-28", http: false, cases: "900", tools: &[] };

#[test]
fn a_conforming_server_that_asks_has_no_finding() {
    SERVER.is_sound();
}

#[test]
fn a_question_that_the_client_cannot_be_asked_is_found() {
    SERVER.is_found("asks-what-was-not-declared", "asked what was not declared");
}

#[test]
fn the_answer_of_another_is_found() {
    SERVER.is_found("takes-answers-of-others", "answer to another call");
}

#[test]
fn the_refusal_of_an_answer_that_was_not_asked_is_found() {
    SERVER.is_found("refuses-unasked-answers", "answer to what was not asked");
}

#[test]
fn the_refusal_where_an_answer_is_missing_is_found() {
    SERVER.is_found("refuses-missing-answers", "answer that is missing");
}

#[test]
fn a_question_that_is_none_is_found() {
    SERVER.is_found("asks-for-nothing", "asked nothing");
}

#[test]
fn an_end_at_the_second_answer_is_found() {
    SERVER.is_found("dies-on-repeated-state", "exit");
}

#[test]
fn a_task_that_an_answer_revives_is_found() {
    SERVER.is_found("answer-revives-task", "task-life/final");
}

#[test]
fn a_question_that_comes_back_is_found() {
    SERVER.is_found("asks-again-what-was-answered", "question comes back");
}
