//! Frontmatter: YAML that stands before the text of a file, between two lines `---`.

use serde_json::{Map, Value};

/// The line before and after it.
const FENCE: &str = "---";

/// The members of the frontmatter that a text begins with; none where it has none, where that cannot be read, and where it
/// is no mapping.
pub fn read(text: &str) -> Option<Map<String, Value>> {
    match serde_saphyr::from_str(block(text)?) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// What stands between the two lines.
fn block(text: &str) -> Option<&str> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| line.trim_end() == FENCE)?;
    let mut end = first.len();
    for line in lines {
        if line.trim_end() == FENCE {
            return text.get(first.len()..end);
        }
        end += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_between_the_first_two_fences() {
        assert_eq!(block("---\na: 1\n---\n---\n"), Some("a: 1\n"));
        assert_eq!(block("---\r\na: 1\r\n---"), Some("a: 1\r\n"));
        assert_eq!(block("---\n---\n"), Some(""));
        assert_eq!(block(" ---\na: 1\n---\n"), None);
        assert_eq!(block("---\na: 1\n"), None);
        assert_eq!(block(""), None);
    }

    #[test]
    fn what_is_no_mapping_is_none() {
        assert_eq!(read("---\n---\n"), None);
        assert_eq!(read("---\n[1]\n---\n"), None);
        assert_eq!(read("---\na: [\n---\n"), None);
    }
}
