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
