//! Sets of scopes, by spaces (RFC 6749, section 3.3).

/// Scopes, each once, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scopes(Vec<String>);

impl Scopes {
    /// The scopes of a text.
    pub fn of(text: &str) -> Self {
        Self::default().and(text.split_ascii_whitespace())
    }

    /// These and those.
    pub fn and<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = self.0.clone();
        for scope in more {
            if !all.iter().any(|known| known == scope) {
                all.push(scope.to_owned());
            }
        }
        Self(all)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|known| known == scope)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As they stand in a parameter.
    pub fn text(&self) -> String {
        self.0.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_there_once() {
        let scopes = Scopes::of("b  a b").and(["c", "a"]);
        assert_eq!(scopes.text(), "b a c");
        assert!(scopes.has("c") && !scopes.has("d") && Scopes::of(" ").is_empty());
    }
}
