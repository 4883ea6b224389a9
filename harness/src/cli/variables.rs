//! Variables in an `mcp.json`, so that one file does for several environments.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// `${NAME}` or `${env:NAME}`, as different hosts write it, and `${NAME:-otherwise}`.
static VARIABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}").ok());

/// The text with its variables replaced by what `look_up` knows of them.
///
/// # Errors
/// In words, when one has no value.
pub fn expand(text: &str, look_up: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let Some(variable) = VARIABLE.as_ref() else { return Ok(text.to_owned()) };
    let mut missing = None;
    let expanded = variable.replace_all(text, |found: &Captures<'_>| {
        let part = |group| found.get(group).map(|part| part.as_str());
        let name = part(1).unwrap_or_default();
        look_up(name).or_else(|| part(2).map(str::to_owned)).unwrap_or_else(|| {
            missing.get_or_insert_with(|| format!("the environment has no variable {name}, which `{text}` needs"));
            String::new()
        })
    });
    let expanded = expanded.into_owned();
    missing.map_or(Ok(expanded), Err)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn variables_are_replaced_where_they_have_a_value() {
        let of = |text| expand(text, |name| (name == "HOST").then(|| "a$b".to_owned()));
        assert_eq!(of("http://${HOST}/${env:HOST}").unwrap(), "http://a$b/a$b");
        assert_eq!(of("${PORT:-80} ${HOST:-x} $HOST ${} ${workspaceFolder:-.}").unwrap(), "80 a$b $HOST ${} .");
        assert!(of("Bearer ${TOKEN}").unwrap_err().contains("no variable TOKEN"));
    }
}
