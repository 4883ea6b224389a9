//! The reader of `WWW-Authenticate`.

use crate::wire::challenge::{Challenge, read};

/// The input is a field value.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(all) = read(&text) else { return };
    for challenge in &all {
        let lower = |name: &str| name == name.to_ascii_lowercase() && !name.is_empty();
        assert!(lower(&challenge.scheme), "{challenge:?} has an odd scheme");
        assert!(challenge.parameters.iter().all(|(name, _)| lower(name)), "{challenge:?} has an odd name");
        assert!(challenge.token68.is_none() || challenge.parameters.is_empty(), "{challenge:?} has both");
    }
    let written = write(&all);
    assert_eq!(read(&written).as_ref(), Some(&all), "written as {written:?}, read as others");
    let twice = format!("{written}, {written}");
    assert_eq!(
        read(&twice),
        Some([all.clone(), all].concat()),
        "two fields are not the one after the other: {twice:?}"
    );
}

/// The challenges in their one canonical form.
fn write(all: &[Challenge]) -> String {
    let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    let one = |challenge: &Challenge| {
        let parameters: Vec<String> =
            challenge.parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
        let rest = challenge.token68.clone().unwrap_or_else(|| parameters.join(", "));
        format!("{} {rest}", challenge.scheme).trim_end().to_owned()
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}
