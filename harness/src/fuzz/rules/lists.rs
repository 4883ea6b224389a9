//! Pages of lists, by cursors of earlier answers.

use super::{Acts, Claim, claim, served};

/// Lists: method, member, and what tells one entry from another.
const LISTS: [(&str, &str, &str); 4] = [
    ("tools/list", "tools", "name"),
    ("prompts/list", "prompts", "name"),
    ("resources/list", "resources", "uri"),
    ("resources/templates/list", "resourceTemplates", "uriTemplate"),
];

pub(super) fn claims(acts: &Acts<'_>) -> Vec<Claim> {
    // What is called may change what is listed.
    if acts.of(&["tools/call"]).next().is_some() {
        return Vec::new();
    }
    LISTS.iter().flat_map(|list| of_list(acts, *list)).collect()
}

fn of_list(acts: &Acts<'_>, (method, member, key): (&str, &str, &str)) -> Vec<Claim> {
    let mut all = Vec::new();
    // By the act that gave the cursor.
    let taken = |of: usize| {
        let takes =
            move |act: &crate::fuzz::Act| act.takes.iter().any(|take| take.act == of && take.into == "/params/cursor");
        acts.of(&[method]).filter(move |(_, act)| takes(act)).map(|(at, _)| at).collect::<Vec<_>>()
    };
    for (first, _) in acts.of(&[method]) {
        let pages = taken(first);
        let list = |at: usize| format!("get({}, 'result.{member}')", acts.stream(at));
        if let Some(page) = pages.first() {
            all.push(claim(
                "next page",
                &["pagination.continues-after-cursor"],
                *page,
                format!("is_list({}) && is_list({})", list(first), list(*page)),
                format!("unique(flatten([{}, {}]).map(x, get(x, '{key}')))", list(first), list(*page)),
            ));
        }
        for pair in pages.windows(2) {
            let [one, other] = pair else { continue };
            all.push(claim(
                "same page",
                &["pagination.cursors-stable"],
                *other,
                format!("is_list({}) && {}", list(*one), served(&acts.stream(*other))),
                format!("same({}, {})", list(*one), list(*other)),
            ));
        }
    }
    all
}
