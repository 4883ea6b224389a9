//! Whether a text is well-formed XML 1.0, and its elements. quick-xml is lenient, so that the rules it leaves out are
//! here: the characters allowed (production 2), `]]>` outside CDATA (production 14), attributes, one root.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

/// One element with its attributes and the text directly in it.
#[derive(Debug)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes, in their order.
    pub attributes: Vec<(String, String)>,
    /// The text directly in it.
    pub text: String,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The elements in the order of their start tags.
///
/// # Errors
/// The rule that the text breaks.
pub fn parse(xml: &str) -> Result<Vec<Element>, String> {
    let allowed =
        |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    if let Some(c) = xml.chars().find(|c| !allowed(*c)) {
        return Err(format!("U+{:04X} is no character of XML", u32::from(c)));
    }
    let mut reader = Reader::from_str(xml);
    let (mut elements, mut open, mut roots) = (Vec::<Element>::new(), Vec::<usize>::new(), 0);
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let text = match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                roots += usize::from(open.is_empty());
                if matches!(event, Event::Start(_)) {
                    open.push(elements.len());
                }
                elements.push(element(tag)?);
                continue;
            }
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Text(raw) => {
                let raw = raw.decode().map_err(|error| error.to_string())?;
                if raw.contains("]]>") {
                    return Err("]]> outside CDATA".to_owned());
                }
                raw.into_owned()
            }
            Event::GeneralRef(name) => {
                let name = name.decode().map_err(|error| error.to_string())?;
                unescape(&format!("&{name};")).map_err(|error| error.to_string())?.into_owned()
            }
            Event::CData(raw) => raw.decode().map_err(|error| error.to_string())?.into_owned(),
            Event::Eof => break,
            _ => continue,
        };
        match open.last() {
            Some(at) => elements[*at].text.push_str(&text),
            None if text.trim().is_empty() => {}
            None => return Err("text outside the root".to_owned()),
        }
    }
    if open.is_empty() && roots == 1 { Ok(elements) } else { Err("not exactly one whole root".to_owned()) }
}

fn element(tag: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let raw = String::from_utf8_lossy(&attribute.value).into_owned();
        if raw.contains('<') {
            return Err(format!("< in attribute {name}"));
        }
        attributes.push((name, unescape(&raw).map_err(|error| error.to_string())?.into_owned()));
    }
    Ok(Element { name: String::from_utf8_lossy(tag.name().as_ref()).into_owned(), attributes, text: String::new() })
}
