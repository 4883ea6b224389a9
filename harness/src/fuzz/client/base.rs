//! The conforming server that a fuzzed client is sent to, as a scenario, before rules are added that break it.

use crate::scenario::{Mutation, Scenario};

/// What the scenario is called, also in the environment of the client.
pub const NAME: &str = "fuzz/client";
const TEXT: &str = include_str!("base.yaml");

/// The scenario with these rules after its own.
///
/// # Errors
/// In words, where it cannot be read.
pub fn scenario(rules: &[Mutation]) -> Result<Scenario, String> {
    let mut scenario: Scenario = serde_saphyr::from_str(TEXT).map_err(|e| format!("{NAME}: {e}"))?;
    scenario.acting.extend_from_slice(rules);
    Ok(scenario)
}

/// Its lines from the one that begins with `key` up to the next key.
pub(super) fn section(key: &str) -> Vec<&'static str> {
    let of_key = |line: &&str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let mut lines = TEXT.lines().skip_while(|line| !of_key(line));
    let first = lines.next();
    first.into_iter().chain(lines.take_while(|line| line.starts_with([' ', '#']))).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_scenario_can_be_read_and_taken_apart() {
        let scenario = scenario(&[Mutation { to: Some("ping".to_owned()), ..Mutation::default() }]).unwrap();
        assert_eq!(scenario.scenario, NAME);
        assert_eq!(scenario.acting.last().unwrap().to.as_deref(), Some("ping"));
        assert_eq!(section("steps").first(), Some(&"steps:"));
        assert!(section("acting").iter().any(|line| line.contains("prompts/list")));
        assert!(!section("acting").iter().any(|line| line.contains("await")));
    }
}
