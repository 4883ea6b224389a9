//! Other spellings of the same JSON value, which no receiver may tell apart.

use crate::wire::json::{AnomalyKind, Node, Parsed, Span, Tree, parse, string_units, write_unit};
use crate::wire::limits::Limits;

/// How to spell a JSON text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spelling {
    /// The order of members.
    pub key_order: KeyOrder,
    /// White space between tokens.
    pub space: Space,
    /// Escapes in strings and member names.
    pub escape: Escape,
    /// Writes the member of that name of the outermost object twice, with the same value. RFC 8259 says SHOULD NOT.
    pub duplicate_key: Option<String>,
}

/// The order of an object's members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyOrder {
    /// As they are.
    #[default]
    Kept,
    /// Last first.
    Reversed,
    /// By name.
    Sorted,
}

/// White space between tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Space {
    /// None.
    #[default]
    None,
    /// A space between any two tokens. Fits a line-framed transport.
    Spaces,
    /// LF between any two tokens.
    Lf,
    /// CR LF between any two tokens.
    CrLf,
}

/// Which characters of strings are written as escapes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Escape {
    /// As they are.
    #[default]
    Kept,
    /// All that are not ASCII.
    NonAscii,
    /// All.
    All,
}

/// Spells a JSON text in another way. Numbers keep their spelling; duplicates and lone surrogates in it are kept.
///
/// # Errors
/// The text is not JSON, or over the default limits: gives the first anomaly that says so.
pub fn respell(text: &[u8], spelling: &Spelling) -> Result<Vec<u8>, AnomalyKind> {
    let Parsed { value, anomalies } = parse(text, &Limits::DEFAULT);
    let broken =
        |kind: &AnomalyKind| kind.breaks_json() || matches!(kind, AnomalyKind::TooDeep(_) | AnomalyKind::TooLarge(_));
    if let Some(anomaly) = anomalies.into_iter().find(|a| broken(&a.kind)) {
        return Err(anomaly.kind);
    }
    let mut writer = Writer { text, spelling, out: Vec::with_capacity(text.len()) };
    if let Some(tree) = &value {
        writer.value(tree, spelling.duplicate_key.as_deref());
    }
    Ok(writer.out)
}

struct Writer<'a> {
    text: &'a [u8],
    spelling: &'a Spelling,
    out: Vec<u8>,
}

impl Writer<'_> {
    /// Recursion no deeper than the limit of the parse.
    fn value(&mut self, tree: &Tree, twice: Option<&str>) {
        match &tree.node {
            Node::Null | Node::Bool(_) | Node::Number(_) => self.token(tree.raw(self.text)),
            Node::String(_) => self.string(tree.span),
            Node::Array(items) => {
                self.token(b"[");
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.token(b",");
                    }
                    self.value(item, None);
                }
                self.token(b"]");
            }
            Node::Object(members) => {
                let mut order: Vec<_> = members.iter().collect();
                match self.spelling.key_order {
                    KeyOrder::Kept => {}
                    KeyOrder::Reversed => order.reverse(),
                    KeyOrder::Sorted => order.sort_by(|a, b| a.name.cmp(&b.name)),
                }
                let extra = order.iter().copied().find(|m| Some(m.name.as_str()) == twice);
                self.token(b"{");
                for (index, member) in order.into_iter().chain(extra).enumerate() {
                    if index > 0 {
                        self.token(b",");
                    }
                    self.string(member.name_span);
                    self.token(b":");
                    self.value(&member.value, None);
                }
                self.token(b"}");
            }
        }
    }

    fn token(&mut self, bytes: &[u8]) {
        if !self.out.is_empty() {
            self.out.extend_from_slice(match self.spelling.space {
                Space::None => b"",
                Space::Spaces => b" ",
                Space::Lf => b"\n",
                Space::CrLf => b"\r\n",
            });
        }
        self.out.extend_from_slice(bytes);
    }

    fn string(&mut self, span: Span) {
        let raw = span.of(self.text);
        let units = match self.spelling.escape {
            Escape::Kept => None,
            Escape::NonAscii | Escape::All => std::str::from_utf8(raw).ok().and_then(string_units),
        };
        let Some(units) = units else {
            return self.token(raw);
        };
        let mut spelled = String::from("\"");
        for unit in units {
            match u8::try_from(unit).map(char::from) {
                Ok(char @ ' '..='~') if self.spelling.escape != Escape::All && !matches!(char, '"' | '\\') => {
                    spelled.push(char)
                }
                _ => write_unit(&mut spelled, unit),
            }
        }
        spelled.push('"');
        self.token(spelled.as_bytes());
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn spelled(text: &str, spelling: &Spelling) -> String {
        String::from_utf8(respell(text.as_bytes(), spelling).unwrap()).unwrap()
    }

    #[test]
    fn spells_the_same_value_in_other_ways() {
        let text = r#"{"b": 1.0, "a":["é\ud83d\ude00\ud800\n"]}"#;
        let plain = Spelling::default();
        assert_eq!(spelled(text, &plain), r#"{"b":1.0,"a":["é\ud83d\ude00\ud800\n"]}"#);
        let sorted = Spelling { key_order: KeyOrder::Sorted, escape: Escape::NonAscii, ..plain.clone() };
        assert_eq!(spelled(text, &sorted), r#"{"a":["\u00e9\ud83d\ude00\ud800\u000a"],"b":1.0}"#);
        let spaced = Spelling { space: Space::CrLf, key_order: KeyOrder::Reversed, ..plain.clone() };
        assert_eq!(spelled(r#"{"b":1,"a":[]}"#, &spaced), "{\r\n\"a\"\r\n:\r\n[\r\n]\r\n,\r\n\"b\"\r\n:\r\n1\r\n}");
        let twice = Spelling { duplicate_key: Some("id".to_owned()), ..plain.clone() };
        assert_eq!(spelled(r#"{"id":1,"x":{"id":2}}"#, &twice), r#"{"id":1,"x":{"id":2},"id":1}"#);
        let all = Spelling { escape: Escape::All, space: Space::Spaces, ..plain };
        assert_eq!(spelled(r#"["a\"","\\"]"#, &all), r#"[ "\u0061\u0022" , "\u005c" ]"#);
    }

    #[test]
    fn refuses_what_is_not_json() {
        assert_eq!(respell(b"{} x", &Spelling::default()), Err(AnomalyKind::TrailingBytes(1)));
        assert_eq!(respell(&b"[".repeat(600), &Spelling::default()), Err(AnomalyKind::TooDeep(128)));
    }
}
