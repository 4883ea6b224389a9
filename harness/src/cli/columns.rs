//! Tables for a terminal.

/// Rows as lines, every column but the last as wide as its widest cell.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |at: usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// `text` on lines of at most `width` characters, further lines indented by `indent`. A longer word stays whole.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let long = word.chars().count();
        if length > 0 && indent + length + 1 + long > width {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            length = 0;
        }
        if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += long;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_bare() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        assert_eq!(aligned(&[row(["a", "bb", "c"]), row(["ääää", "b", ""])]), "a     bb  c\nääää  b\n");
    }

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(wrapped("one two  three four", 9, 2), "one two\n  three\n  four");
        assert_eq!(wrapped("incomprehensible", 5, 0), "incomprehensible");
    }
}
