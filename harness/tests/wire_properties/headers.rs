//! Values of headers: the codec, and the challenges of `WWW-Authenticate`.

use mcp_assay::wire::challenge;
use mcp_assay::wire::header_value::{decode, encode};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_value_comes_out_as_it_went_in(text in prop_oneof![any::<String>(), "=\\?base64\\?[A-Za-z0-9+/=]{0,8}\\?="]) {
        let header = encode(&text).into_owned();
        prop_assert!(header.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)));
        prop_assert_eq!(decode(&header).unwrap(), text.as_str());
        // What needs no code stays as it is, so that encoding what was decoded changes nothing.
        let decoded = decode(&header).unwrap();
        prop_assert_eq!(encode(&decoded), header.as_str());
    }

    #[test]
    fn challenges_come_out_as_they_went_in(
        all in vec(("[a-z][a-z0-9-]{0,6}", vec(("[a-z]{1,6}", "[ -~é]{0,8}"), 0..4)), 0..4),
        spaces in "[ \t]{0,2}",
    ) {
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
        let mut expected = Vec::new();
        let mut fields = Vec::new();
        for (scheme, parameters) in all {
            let mut own: Vec<(String, String)> = Vec::new();
            for (name, value) in parameters {
                if own.iter().all(|(known, _)| *known != name) {
                    own.push((name, value));
                }
            }
            let text: Vec<String> = own.iter().map(|(name, value)| format!("{name}{spaces}={spaces}\"{}\"", quoted(value))).collect();
            fields.push(format!("{} {}", scheme.to_ascii_uppercase(), text.join(&format!("{spaces},"))));
            expected.push((scheme, own));
        }
        let read = challenge::read(&fields.join(", ")).unwrap();
        prop_assert_eq!(read.into_iter().map(|one| (one.scheme, one.parameters)).collect::<Vec<_>>(), expected);
    }
}
