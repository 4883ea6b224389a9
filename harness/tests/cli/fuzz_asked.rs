//! Stories of what is asked in the midst of a call, and of streams that go on where they were cut (up to 2025-11-25): nothing without a fault, and each fault in a few acts.

use std::thread;

use crate::seeded::Seeded;

/// The newest revision in which the server has no tasks, so that what tools ask comes up soon.
const SERVER: Seeded = Seeded { revision: "2025-06-18", http: false, cases: "800", tools: &["test_elicitation"] };
const HTTP: Seeded = Seeded { http: true, ..SERVER };

/// Two of them at the same time: what takes long is waiting for what does not come.
fn are_found(server: &'static Seeded, faults: &'static [(&str, &str)]) {
    for pair in faults.chunks(2) {
        thread::scope(|scope| {
            for (fault, sign) in pair {
                scope.spawn(|| server.is_found(fault, sign));
            }
        });
    }
}

#[test]
fn a_conforming_server_that_asks_has_no_finding() {
    thread::scope(|scope| {
        scope.spawn(|| SERVER.is_sound());
        scope.spawn(|| HTTP.is_sound());
    });
}

#[test]
fn an_end_at_an_answer_is_found() {
    are_found(
        &SERVER,
        &[
            ("dies-on-rejection", "exit"),
            ("dies-on-malformed-answer", "exit"),
            ("dies-on-second-answer", "exit"),
            ("dies-on-late-answer", "exit"),
        ],
    );
}

#[test]
fn a_call_that_is_lost_is_found() {
    are_found(
        &SERVER,
        &[
            ("loses-call-after-error-answer", "no answer after error-answer"),
            ("loses-call-after-decline", "no answer after decline"),
            ("forgets-question-on-null", "no answer after null-answer"),
        ],
    );
}

#[test]
fn an_answer_that_is_taken_for_another_is_found() {
    are_found(
        &SERVER,
        &[
            ("takes-any-answer", "answer to nothing taken"),
            ("crosses-answers", "answer to another call"),
            ("asks-the-unable", "asked what was not declared"),
        ],
    );
}

#[test]
fn what_is_for_another_client_is_found() {
    are_found(
        &HTTP,
        &[
            ("takes-answers-of-other-sessions", "answer of another client"),
            ("replays-to-anyone", "answer to another client"),
            ("dies-on-unknown-event-id", "exit"),
        ],
    );
}
