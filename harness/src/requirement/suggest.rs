//! Nearest names, for "did you mean".

/// Most suggestions given.
const MOST: usize = 3;

/// Those of `known` that are a likely meaning of `given`, nearest first, at most three.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = (given.chars().count() / 3).max(2);
    let mut near: Vec<(usize, &str)> = known
        .map(|id| (edit_distance(given, id), id))
        .filter(|(distance, id)| *distance <= limit || same_rule(given, id))
        .collect();
    near.sort_unstable();
    near.truncate(MOST);
    near.into_iter().map(|(_, id)| id).collect()
}

/// Whether two ids agree in all but the area.
fn same_rule(left: &str, right: &str) -> bool {
    let rule = |id: &str| id.split_once('.').map_or(id, |(_, rule)| rule).to_owned();
    rule(left) == rule(right)
}

/// Number of characters to insert, remove or replace to get from `left` to `right` (Levenshtein).
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    // The row of distances from a prefix of `left` to every prefix of `right`.
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (done, from) in left.chars().enumerate() {
        let mut diagonal = done;
        let mut before = done + 1;
        let mut next = vec![before];
        for (to, above) in right.iter().zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(from != *to)).min(before + 1).min(above + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_levenshtein() {
        for (left, right, distance) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("abc", "abc", 0)]
        {
            assert_eq!(edit_distance(left, right), distance, "{left} {right}");
            assert_eq!(edit_distance(right, left), distance, "{right} {left}");
        }
    }

    #[test]
    fn a_slip_and_a_wrong_area_both_find_their_id() {
        let known = ["http.get-405", "http.delete-405", "ping.empty-result", "tools.list-shape"];
        assert_eq!(nearest("http.get-404", known.into_iter())[0], "http.get-405");
        assert_eq!(nearest("tasks.empty-result", known.into_iter()), ["ping.empty-result"]);
        assert!(nearest("zzz.qqqqqq", known.into_iter()).is_empty());
    }
}
