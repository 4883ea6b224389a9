use serde_json::{Value, json};

use super::*;

fn faults(fault: Fault) -> Faults {
    Faults::new(&BTreeSet::from([fault]))
}

#[test]
fn a_long_string_and_half_a_message_are_waited_for() {
    let long = format!(r#"{{"a":"{}"}}"#, "a".repeat(10_001)).into_bytes();
    assert_eq!(faults(Fault::HangsOnLongString).body(long.clone(), 1), Taken::Never);
    assert_eq!(faults(Fault::HangsOnHalfMessage).body(long.clone(), 1), Taken::Read(long.clone()));
    assert_eq!(Faults::default().line(long.clone(), 1), Taken::Read(long));
    let half = faults(Fault::HangsOnHalfMessage);
    assert_eq!(half.line(br#"{"a":"#.to_vec(), 1), Taken::Waits);
    assert_eq!(half.line(b"1}".to_vec(), 1), Taken::Read(br#"{"a":1}"#.to_vec()));
    assert_eq!(half.line(b"x".to_vec(), 1), Taken::Read(b"x".to_vec()));
}

#[test]
fn a_message_in_pieces_is_refused_on_any_transport() {
    let chunks = faults(Fault::DependsOnChunks);
    assert!(matches!(chunks.line(b"{}".to_vec(), 2), Taken::Refused(_)));
    assert_eq!(chunks.line(b"{}".to_vec(), 1), Taken::Read(b"{}".to_vec()));
}

#[test]
fn an_instance_forgets_misses_or_misdates_what_others_began() {
    let question = |method: &str, params: Value| Question {
        method: method.to_owned(),
        params: params.as_object().cloned().unwrap_or_default(),
    };
    let begun = question("tools/call", json!({ "name": "test_task" }));
    let about = question("tasks/get", json!({ "taskId": "a" }));
    let shown = |status: &str| {
        json!({ "result": {
            "taskId": "a", "status": status,
            "createdAt": "2099-01-01T00:00:00.000Z", "lastUpdatedAt": "2099-01-01T00:00:01.000Z",
        } })
    };
    let says = |server: &Faults, mut answer: Value| {
        server.instance(&about, &mut answer);
        answer
    };
    let all = [Fault::KnowsOnlyItsOwnTasks, Fault::MissesWhatOthersDo, Fault::TimesOfItsOwn];
    for fault in all {
        let here = faults(fault);
        here.instance(&begun, &mut json!({ "result": { "task": { "taskId": "a" } } }));
        says(&here, shown("working"));
        assert_eq!(says(&here, shown("completed")), shown("completed"), "{fault}: its own tasks are right");
    }
    assert_eq!(says(&faults(Fault::KnowsOnlyItsOwnTasks), shown("working"))["error"]["code"], -32602);
    let misses = faults(Fault::MissesWhatOthersDo);
    says(&misses, shown("working"));
    assert_eq!(says(&misses, shown("completed"))["result"]["status"], "working");
    let late = says(&faults(Fault::TimesOfItsOwn), shown("completed"));
    assert_eq!(late["result"]["lastUpdatedAt"], "2099-01-01T00:00:00.000Z");
    let mut older = shown("completed");
    older["result"]["createdAt"] = json!("2001-01-01T00:00:00.000Z");
    assert_eq!(says(&faults(Fault::ForgetsTasksAtRestart), older)["error"]["code"], -32602);
    assert_eq!(says(&faults(Fault::ForgetsTasksAtRestart), shown("completed")), shown("completed"));
}
