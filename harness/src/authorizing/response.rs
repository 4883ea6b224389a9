//! What is looked at in an authorization response before its code is used (OAuth 2.1, section 4.1.2; RFC 9207).

use std::collections::BTreeMap;

use url::Url;

use super::stop::{Stop, stop};
use super::{Careless, ClientSettings};

/// What was recorded before the browser was opened.
pub(super) struct Expected<'a> {
    pub state: &'a str,
    pub issuer: &'a str,
    /// Whether the metadata announce `iss`.
    pub iss_announced: bool,
}

/// The code of a response, and what a client that looks only later would find wrong.
pub(super) fn read(
    how: &ClientSettings,
    answer: &Url,
    expected: &Expected<'_>,
) -> Result<(String, Option<Stop>), Stop> {
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in answer.query_pairs() {
        if said.insert(name.clone().into_owned(), value.into_owned()).is_some() {
            return stop(format!("the authorization response has {name} twice"));
        }
    }
    check_state(how, said.get("state").map(String::as_str), expected.state)?;
    let mut doubt = None;
    if let Err(problem) = check_issuer(how, said.get("iss").map(String::as_str), expected) {
        if let Some(error) = said.get("error").filter(|_| how.is(Careless::IssErrorBelieved)) {
            let more = said.get("error_description").map(String::as_str).unwrap_or_default();
            return stop(format!("authorization was refused: {error} {more}"));
        }
        if !how.is(Careless::IssCheckedLate) {
            return Err(problem);
        }
        doubt = Some(problem);
    }
    if let Some(error) = said.get("error") {
        let error: String = error.chars().filter(|c| !c.is_control()).take(100).collect();
        return stop(format!("authorization was refused: {error}"));
    }
    match said.remove("code") {
        Some(code) if !code.is_empty() => Ok((code, doubt)),
        _ => stop("the authorization response has no code"),
    }
}

fn check_state(how: &ClientSettings, state: Option<&str>, expected: &str) -> Result<(), Stop> {
    match state {
        _ if how.is(Careless::StateUnchecked) => Ok(()),
        Some(state) if state == expected => Ok(()),
        None if how.is(Careless::StateMayBeMissing) => Ok(()),
        None => stop("the authorization response has no state"),
        Some(_) => stop("the authorization response is not the answer to the request: another state"),
    }
}

/// RFC 9207, section 2.4, with texts compared as they are.
fn check_issuer(how: &ClientSettings, iss: Option<&str>, expected: &Expected<'_>) -> Result<(), Stop> {
    let issuer = expected.issuer;
    match iss {
        _ if how.is(Careless::IssUnchecked) => Ok(()),
        None if how.is(Careless::IssRequired) => stop("the authorization response has no iss"),
        None if expected.iss_announced && !how.is(Careless::IssMayBeMissing) => {
            stop("the authorization response has no iss, which the server announces")
        }
        None => Ok(()),
        Some(_) if !expected.iss_announced && how.is(Careless::IssUnannouncedIgnored) => Ok(()),
        Some(iss) if iss == issuer || normal(how, iss) == normal(how, issuer) => Ok(()),
        Some(_) => stop("the authorization response is of another issuer"),
    }
}

/// An issuer as a client would compare it that takes different texts for the same; the text itself for one that does not.
fn normal(how: &ClientSettings, issuer: &str) -> String {
    let mut text = issuer.to_owned();
    if how.is(Careless::IssCaseFolded) {
        let end = text.find("://").and_then(|at| text.get(at + 3..)?.find('/').map(|path| at + 3 + path));
        let (origin, path) = text.split_at(end.unwrap_or(text.len()));
        text = origin.to_ascii_lowercase() + path;
    }
    if how.is(Careless::IssPortDropped) {
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")] {
            let Some(rest) = text.strip_prefix(scheme) else { continue };
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            text = format!("{scheme}{}{path}", authority.strip_suffix(port).unwrap_or(authority));
            break;
        }
    }
    if how.is(Careless::IssPercentDecoded) {
        // In a form `+` is a blank, so it is kept from being read as one.
        let pair = format!("a={}", text.replace('+', "%2B").replace('&', "%26"));
        text = url::form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect();
    }
    if how.is(Careless::IssSlashIgnored) {
        text = text.trim_end_matches('/').to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::Value;

    use super::*;
    use crate::revision::Revision;

    const ISSUER: &str = "http://as.example/tenant";

    fn outcome(careless: &[Careless], announced: bool, query: &str) -> Result<String, String> {
        let mut how = ClientSettings::new(Revision::V2026_07_28, &Value::Null);
        how.careless = careless.iter().copied().collect();
        let answer = Url::parse(&format!("http://127.0.0.1:1/callback?{query}")).unwrap();
        let expected = Expected { state: "s", issuer: ISSUER, iss_announced: announced };
        read(&how, &answer, &expected).map(|(code, _)| code).map_err(|stop| stop.0)
    }

    #[test]
    fn a_code_counts_only_with_its_state_and_issuer() {
        for (announced, query, good) in [
            (true, "code=c&state=s&iss=http%3A%2F%2Fas.example%2Ftenant", true),
            (false, "code=c&state=s&iss=http%3A%2F%2Fas.example%2Ftenant", true),
            (false, "code=c&state=s", true),
            (true, "code=c&state=s", false),
            (false, "code=c&state=s&iss=http%3A%2F%2Fas.example%2Ftenant%2F", false),
            (true, "code=c&state=s&iss=http%3A%2F%2FAS.example%2Ftenant", false),
            (true, "code=c&state=s&iss=http%3A%2F%2Fas.example%3A80%2Ftenant", false),
            (true, "code=c&state=s&iss=http%3A%2F%2Fas.example%2F%2574enant", false),
            (false, "code=c", false),
            (false, "code=c&state=t", false),
            (false, "code=c&code=d&state=s", false),
            (false, "state=s", false),
            (false, "error=access_denied&state=s", false),
        ] {
            assert_eq!(outcome(&[], announced, query).is_ok(), good, "{query}");
        }
    }

    #[test]
    fn each_carelessness_lets_its_own_response_pass() {
        for (careless, announced, query) in [
            (Careless::StateUnchecked, false, "code=c&state=t"),
            (Careless::StateMayBeMissing, false, "code=c"),
            (Careless::IssUnchecked, true, "code=c&state=s&iss=x"),
            (Careless::IssCheckedLate, true, "code=c&state=s&iss=x"),
            (Careless::IssMayBeMissing, true, "code=c&state=s"),
            (Careless::IssUnannouncedIgnored, false, "code=c&state=s&iss=x"),
            (Careless::IssCaseFolded, true, "code=c&state=s&iss=HTTP%3A%2F%2FAS.example%2Ftenant"),
            (Careless::IssPortDropped, true, "code=c&state=s&iss=http%3A%2F%2Fas.example%3A80%2Ftenant"),
            (Careless::IssSlashIgnored, true, "code=c&state=s&iss=http%3A%2F%2Fas.example%2Ftenant%2F"),
            (Careless::IssPercentDecoded, true, "code=c&state=s&iss=http%3A%2F%2Fas.example%2F%2574enant"),
        ] {
            assert!(outcome(&[], announced, query).is_err(), "{careless}");
            assert_eq!(outcome(&[careless], announced, query).as_deref(), Ok("c"), "{careless}");
        }
        assert!(outcome(&[Careless::IssRequired], false, "code=c&state=s").is_err());
    }

    #[test]
    fn an_error_of_another_issuer_is_not_told() {
        let query = "error=marked&error_description=marked&state=s&iss=x";
        assert!(!outcome(&[], true, query).unwrap_err().contains("marked"));
        assert!(outcome(&[Careless::IssErrorBelieved], true, query).unwrap_err().contains("marked"));
    }
}
