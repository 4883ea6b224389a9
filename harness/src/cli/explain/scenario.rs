//! A scenario or a monitor for a person.

use super::super::list::{needs, span, transports};
use super::fact;
use super::steps::in_words;
use crate::scenario::{Check, Loaded, Monitor, Mutation, OneOrMany, Only, Scenario};

/// Title, where it applies, what is done, what is decided, and what proves that.
pub fn text(loaded: &Loaded<Scenario>) -> String {
    let item = &loaded.item;
    let mut text = format!("{}\n\n", item.scenario);
    text.push_str(&fact("title", &item.title));
    text.push_str(&fact("file", &loaded.file));
    text.push_str(&fact("also called", &item.also_known_as.join(", ")));
    text.push_str(&fact("revisions", &span(item.applies.since, item.applies.until)));
    text.push_str(&fact("transports", transports(item.applies.transport)));
    text.push_str(&fact("needs", &needs(&item.needs, &item.applies.capabilities)));
    text.push_str(&fact("deadline", &item.deadline.map(|deadline| deadline.to_string()).unwrap_or_default()));
    text.push_str(&fact("runs alone", if item.alone { "yes: over HTTP other clients would notice it" } else { "" }));
    text.push_str("\nsteps\n");
    for (at, step) in item.steps.iter().enumerate() {
        text.push_str(&format!("  {}. {}\n", at + 1, in_words(&step.value)));
    }
    text.push_str("\nchecks\n");
    for check in &item.checks {
        text.push_str(&check_text(&check.value));
    }
    text.push_str("\ndefects\n");
    for defect in &item.defects {
        let defect = &defect.value;
        text.push_str(&defect_text(
            &defect.id,
            "",
            &defect.fails,
            &defect.mutate,
            defect.switch.as_deref(),
            &defect.only,
        ));
    }
    if item.defects.is_empty() {
        text.push_str("  none: its checks do not count as coverage unless a monitor's defect proves them\n");
    }
    text
}

/// The same of a monitor.
pub fn monitor_text(loaded: &Loaded<Monitor>) -> String {
    let item = &loaded.item;
    let mut text = format!("{}\n\n", item.monitor);
    text.push_str(&fact("title", &item.title));
    text.push_str(&fact("file", &format!("{}:{}", loaded.file, loaded.line)));
    text.push_str(&fact("decides", &ids(&item.requirement)));
    text.push_str(&fact("revisions", &span(item.since, item.until)));
    text.push_str(&fact("transports", transports(item.transport)));
    text.push_str(&fact(
        "watches",
        &format!("every one of the {} of every scenario, as `it`", format!("{:?}", item.watch).to_lowercase()),
    ));
    if let Some(when) = &item.when {
        text.push_str(&fact("when", &when.value));
    }
    text.push_str(&fact("expects", &item.expect.value));
    text.push_str("\ndefects\n");
    for defect in &item.defects {
        let defect = &defect.value;
        let fails = defect.fails.as_ref().unwrap_or(&item.requirement);
        let place = format!(" in {}", defect.scenario);
        text.push_str(&defect_text(&defect.id, &place, fails, &defect.mutate, defect.switch.as_deref(), &defect.only));
    }
    if item.defects.is_empty() {
        text.push_str("  none: it does not count as coverage\n");
    }
    text
}

fn ids(requirement: &OneOrMany) -> String {
    requirement.iter().collect::<Vec<_>>().join(", ")
}

fn check_text(check: &Check) -> String {
    let name = check.name.as_ref().map(|name| format!("#{name}")).unwrap_or_default();
    let mut limits = Vec::new();
    if check.since.is_some() || check.until.is_some() {
        limits.push(span(check.since, check.until));
    }
    limits.extend(check.transport.map(|transport| transport.as_str().to_owned()));
    let limits = if limits.is_empty() { String::new() } else { format!("  ({})", limits.join(", ")) };
    let mut text = format!("  {}{name}{limits}\n", ids(&check.requirement));
    let mut add = |word: &str, rule: &str| {
        let rule = rule.split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("    {word} {rule}\n"));
    };
    if let Some(when) = &check.when {
        add("when", &when.value);
    }
    if let Some(expect) = &check.expect {
        add("expects", &expect.value);
    }
    for (path, wanted) in &check.matches {
        add("expects", &format!("{path} to match {wanted}"));
    }
    for path in check.schema.keys() {
        add("expects", &format!("{path} to be valid against its schema"));
    }
    text
}

fn defect_text(
    id: &str,
    place: &str,
    fails: &OneOrMany,
    mutate: &[Mutation],
    switch: Option<&str>,
    only: &Only,
) -> String {
    let mut limits = Vec::new();
    if only.since.is_some() || only.until.is_some() {
        limits.push(span(only.since, only.until));
    }
    limits.extend(only.transport.map(|transport| transport.as_str().to_owned()));
    let limits = if limits.is_empty() { String::new() } else { format!("  (only {})", limits.join(", ")) };
    let way = match switch {
        Some(switch) => format!("the reference server's switch {switch}"),
        None => {
            let all: Vec<&str> =
                mutate.iter().flat_map(|rule| rule.to.iter().chain(&rule.message)).map(String::as_str).collect();
            format!("changes what concerns {}", all.join(", "))
        }
    };
    format!("  {id}{place}{limits}: {way}; breaks {}\n", ids(fails))
}
