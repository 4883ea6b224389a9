//! Parameters of a request, in its query or in its body.

use std::collections::BTreeMap;

use super::answer::Refusal;

/// Parameters that may come several times (RFC 8707, section 2; RFC 8693, section 2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// The parameters of a request. Empty ones are as good as none (RFC 6749, section 3.1).
#[derive(Debug)]
pub(super) struct Form(BTreeMap<String, Vec<String>>);

impl Form {
    /// Read them.
    ///
    /// # Errors
    /// `invalid_request` when one comes twice that may not.
    pub fn read(text: &[u8]) -> Result<Self, Refusal> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(text).filter(|(_, value)| !value.is_empty()) {
            let values = all.entry(name.into_owned()).or_default();
            values.push(value.into_owned());
        }
        match all.iter().find(|(name, values)| values.len() > 1 && !REPEATABLE.contains(&name.as_str())) {
            Some((name, _)) => Err(Refusal::invalid_request(format!("`{name}` comes more than once"))),
            None => Ok(Self(all)),
        }
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(String::as_str)
    }

    /// A parameter that has to be there.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::invalid_request(format!("`{name}` is missing")))
    }

    /// All values of a parameter.
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn parameters_come_once_and_empty_ones_not_at_all() {
        let form = Form::read(b"a=b+c&d=&resource=x&resource=y").unwrap();
        assert_eq!((form.get("a"), form.get("d")), (Some("b c"), None));
        assert_eq!(form.all("resource"), ["x", "y"]);
        assert!(form.need("d").is_err());
        assert_eq!(Form::read(b"a=b&a=b").unwrap_err().error, "invalid_request");
    }
}
