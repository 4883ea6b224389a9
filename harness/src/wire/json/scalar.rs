//! The parser's part for strings, numbers and words.

use super::anomaly::AnomalyKind;
use super::number;
use super::reader::{Reader, Stop};
use super::string::simple_escape;
use super::tree::Node;

/// How much of a number's spelling an anomaly quotes.
const QUOTED_DIGITS: usize = 40;

impl Reader<'_> {
    /// A string; the reader stands on its opening quote.
    pub(super) fn string(&mut self) -> Result<String, Stop> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            let rest = self.bytes.get(start..).unwrap_or_default();
            let run = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(rest.len());
            self.at += run;
            self.push_utf8(&mut text, start);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => self.escape(&mut text)?,
                Some(byte) => {
                    if byte == 0 {
                        self.anomalies.push(AnomalyKind::NulByte { escaped: false }, self.at);
                    }
                    return Err(self.unexpected("an escape, as control characters need in a string"));
                }
                None => return Err(self.unexpected("the closing quote of the string")),
            }
        }
    }

    /// Appends the bytes from `start` to here, with U+FFFD for what is not UTF-8.
    fn push_utf8(&mut self, text: &mut String, start: usize) {
        let mut at = start;
        for chunk in self.bytes.get(start..self.at).unwrap_or_default().utf8_chunks() {
            text.push_str(chunk.valid());
            at += chunk.valid().len();
            if !chunk.invalid().is_empty() {
                self.anomalies.push(AnomalyKind::InvalidUtf8, at);
                text.push(char::REPLACEMENT_CHARACTER);
                at += chunk.invalid().len();
            }
        }
    }

    /// An escape; the reader stands on the backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), Stop> {
        let start = self.at;
        self.at += 1;
        if self.peek() == Some(b'u') {
            self.at += 1;
            let unit = self.hex4()?;
            let char = match unit {
                0xd800..=0xdbff => self.low_surrogate().and_then(|low| {
                    self.at += 6;
                    char::from_u32(0x1_0000 + ((u32::from(unit) - 0xd800) << 10) + (u32::from(low) - 0xdc00))
                }),
                _ => char::from_u32(u32::from(unit)),
            };
            match char {
                Some('\0') => self.anomalies.push(AnomalyKind::NulByte { escaped: true }, start),
                None => self.anomalies.push(AnomalyKind::LoneSurrogate, start),
                Some(_) => {}
            }
            text.push(char.unwrap_or(char::REPLACEMENT_CHARACTER));
            return Ok(());
        }
        let byte = self.peek().and_then(simple_escape);
        let byte = byte.ok_or_else(|| self.unexpected("an escape: one of \" \\ / b f n r t u"))?;
        self.at += 1;
        text.push(char::from(byte));
        Ok(())
    }

    fn hex4(&mut self) -> Result<u16, Stop> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(hex_digit);
            unit = unit << 4 | digit.ok_or_else(|| self.unexpected("four hexadecimal digits"))?;
            self.at += 1;
        }
        Ok(unit)
    }

    /// The low surrogate escaped right here, if one is.
    fn low_surrogate(&self) -> Option<u16> {
        let escape = self.bytes.get(self.at..self.at + 6)?.strip_prefix(b"\\u")?;
        let unit = escape.iter().try_fold(0, |unit, &byte| Some(unit << 4 | hex_digit(byte)?))?;
        (0xdc00..=0xdfff).contains(&unit).then_some(unit)
    }

    pub(super) fn number(&mut self) -> Result<Node, Stop> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("a digit")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("a digit after the decimal point")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("a digit of the exponent")?;
        }
        let digits = self.bytes.get(start..self.at).unwrap_or_default();
        let text: String = digits.iter().copied().map(char::from).collect();
        if number::loses_value(&text) {
            let mut quoted: String = text.chars().take(QUOTED_DIGITS).collect();
            if quoted.len() < text.len() {
                quoted.push('…');
            }
            self.anomalies.push(AnomalyKind::NumberOutOfRange(quoted), start);
        }
        Ok(Node::Number(text))
    }

    fn digits(&mut self, expected: &'static str) -> Result<(), Stop> {
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(self.unexpected(expected));
        }
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    pub(super) fn word(&mut self, word: &'static str, node: Node) -> Result<Node, Stop> {
        for byte in word.bytes() {
            if self.peek() != Some(byte) {
                return Err(self.unexpected("`true`, `false` or `null`"));
            }
            self.at += 1;
        }
        Ok(node)
    }
}

fn hex_digit(byte: u8) -> Option<u16> {
    char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok())
}
