//! Strings of the formats that JSON Schema names (draft 2020-12, validation, section 7).

use super::Choices;

/// A string of that format; `None` where we do not know it.
pub(super) fn of(format: &str, choices: &mut Choices) -> Option<String> {
    let date = |c: &mut Choices| format!("{:04}-{:02}-{:02}", c.range(1970, 2099), c.range(1, 12), c.range(1, 28));
    let time = |c: &mut Choices| {
        let zone = c.pick(&["Z", "+00:00", "-23:59"]).copied().unwrap_or("Z");
        let fraction = c.pick(&["", ".5", ".123456789"]).copied().unwrap_or_default();
        format!("{:02}:{:02}:{:02}{fraction}{zone}", c.range(0, 23), c.range(0, 59), c.range(0, 59))
    };
    let fixed = |c: &mut Choices, all: &[&str]| c.pick(all).map(|one| (*one).to_owned());
    match format {
        "date" => Some(date(choices)),
        "time" => Some(time(choices)),
        "date-time" => Some(format!("{}T{}", date(choices), time(choices))),
        "duration" => fixed(choices, &["PT1S", "P1D", "P1Y2M3DT4H5M6S", "P2W", "PT0S"]),
        "email" => fixed(choices, &["a@example.com", "first.last+tag@sub.example.org", "\"a b\"@example.com"]),
        "idn-email" => fixed(choices, &["a@example.com", "ü@example.com"]),
        "hostname" => fixed(choices, &["example.com", "localhost", "a-b.example", "xn--bcher-kva.example"]),
        "idn-hostname" => fixed(choices, &["example.com", "bücher.example"]),
        "ipv4" => Some([0; 4].map(|_: i64| choices.range(0, 255).to_string()).join(".")),
        "ipv6" => fixed(choices, &["::1", "2001:db8::1", "::", "::ffff:192.0.2.1", "fe80::1:2:3:4"]),
        "uri" => fixed(choices, &URIS),
        "uri-reference" => fixed(choices, &["https://example.com/", "/a/b", "../a", "?q=1", "#x", "a%20b"]),
        "iri" => fixed(choices, &["https://example.com/", "https://bücher.example/ä"]),
        "iri-reference" => fixed(choices, &["/a", "/ä?ö#ü"]),
        "uri-template" => fixed(choices, &["test://{id}", "file:///{+path}", "https://example.com{/a,b}{?c}"]),
        "uuid" => Some(uuid(choices)),
        "json-pointer" => fixed(choices, &["", "/a", "/a/0", "/a~1b/~0", "/"]),
        "relative-json-pointer" => fixed(choices, &["0", "1/a", "0#"]),
        "regex" => fixed(choices, &["^a+$", "[0-9]{2}", ".*"]),
        "byte" | "base64" => fixed(choices, &["YQ==", "", "AAEC/w=="]),
        _ => None,
    }
}

/// Strings that are not of that format, however lenient the reader; none where anything might be.
pub(super) fn broken(format: &str) -> Option<&'static str> {
    match format {
        "date" | "time" | "date-time" | "duration" | "ipv4" | "ipv6" | "uuid" => Some("not a value of this format"),
        "email" | "idn-email" => Some("no at sign"),
        "hostname" | "idn-hostname" => Some("-.-"),
        "uri" | "iri" => Some("not a uri"),
        "json-pointer" => Some("a"),
        "regex" => Some("("),
        _ => None,
    }
}

const URIS: [&str; 6] = [
    "https://example.com/",
    "file:///tmp/a%20b",
    "test://item/1",
    "urn:isbn:9780306406157",
    "https://example.com:8443/a/b?c=d&e=%C3%A9#f",
    "data:,",
];

fn uuid(choices: &mut Choices) -> String {
    let mut hex = |digits: u32| format!("{:0width$x}", choices.below(1 << (4 * digits)), width = digits as usize);
    format!("{}-{}-4{}-8{}-{}", hex(8), hex(4), hex(3), hex(3), hex(12))
}
