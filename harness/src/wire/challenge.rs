//! Challenges of `WWW-Authenticate` (RFC 9110, section 11.6.1).

/// One challenge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme, in lower case: `bearer`.
    pub scheme: String,
    /// Parameters by lower-case name, quotes taken off.
    pub parameters: Vec<(String, String)>,
    /// What stands in place of parameters.
    pub token68: Option<String>,
}

impl Challenge {
    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// All challenges of a field value; several fields are joined by commas before. None where the grammar is broken.
pub fn read(value: &str) -> Option<Vec<Challenge>> {
    let mut rest = Rest(value);
    let mut all: Vec<Challenge> = Vec::new();
    loop {
        rest.skip_separators();
        if rest.0.is_empty() {
            return Some(all);
        }
        let word = rest.token()?;
        let spaced = rest.skip_spaces();
        if let Some(after) = rest.0.strip_prefix('=').filter(|after| !all.is_empty() && !after.starts_with('=')) {
            rest.0 = after;
            rest.skip_spaces();
            let parameter = (word.to_ascii_lowercase(), rest.value()?);
            let challenge = all.last_mut()?;
            if challenge.token68.is_some() || challenge.get(&parameter.0).is_some() {
                return None;
            }
            challenge.parameters.push(parameter);
        } else {
            let mut challenge = Challenge { scheme: word.to_ascii_lowercase(), ..Challenge::default() };
            if spaced {
                challenge.token68 = rest.token68();
            }
            all.push(challenge);
            if rest.0.starts_with(is_token) && spaced {
                // The first parameter follows its scheme without a comma.
                continue;
            }
        }
        rest.skip_spaces();
        if !(rest.0.is_empty() || rest.0.starts_with(',')) {
            return None;
        }
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// What is still to be read.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn take(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let end = self.0.find(|c| !fits(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn skip_spaces(&mut self) -> bool {
        !self.take(|c| c == ' ' || c == '\t').is_empty()
    }

    fn skip_separators(&mut self) {
        self.take(|c| c == ' ' || c == '\t' || c == ',');
    }

    fn token(&mut self) -> Option<&'t str> {
        Some(self.take(is_token)).filter(|token| !token.is_empty())
    }

    /// Letters, digits, `-._~+/` and then `=`, up to a comma or the end; nothing is read where that is not what stands here.
    fn token68(&mut self) -> Option<String> {
        let end = self.0.find(',').unwrap_or(self.0.len());
        let text = self.0.get(..end)?.trim_end();
        let body = text.trim_end_matches('=');
        let fits = !body.is_empty() && body.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        // A word alone may also be the next scheme, but schemes follow commas.
        fits.then(|| {
            self.0 = self.0.get(end..).unwrap_or_default();
            text.to_owned()
        })
    }

    fn value(&mut self) -> Option<String> {
        let Some(quoted) = self.0.strip_prefix('"') else {
            return self.token().map(str::to_owned);
        };
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.0 = quoted.get(at + 1..).unwrap_or_default();
                    return Some(value);
                }
                '\\' => value.push(characters.next()?.1),
                c => value.push(c),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn challenges_are_told_apart_from_their_parameters() {
        let all =
            read(r#"Basic realm="a, b", bearer scope = "x y" ,resource_metadata="http://h/\"q", Negotiate"#).unwrap();
        let schemes: Vec<&str> = all.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes, ["basic", "bearer", "negotiate"]);
        assert_eq!(all[0].get("realm"), Some("a, b"));
        assert_eq!(all[1].get("scope"), Some("x y"));
        assert_eq!(all[1].get("resource_metadata"), Some(r#"http://h/"q"#));
        assert_eq!(read("Negotiate abc==").unwrap()[0].token68.as_deref(), Some("abc=="));
        assert_eq!(read("").unwrap(), []);
    }

    #[test]
    fn broken_challenges_are_none() {
        for broken in [r#"Bearer scope="x"#, "=x", r#"Bearer a="1" b="2""#, r#"Bearer a="1", a="2""#, "Bearer a=b c"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
