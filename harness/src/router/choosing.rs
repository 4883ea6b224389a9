//! The choice of an instance.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::Policy;

/// Most sessions that are remembered; then the oldest is forgotten.
const MAX_SESSIONS: usize = 65_536;

/// What a request has that the choice depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'r> {
    /// The line that it came on: its place among all, and its name.
    pub(super) line: (usize, &'r str),
    /// Its number on the line, from 1.
    pub(super) number: u64,
    /// The header that the policy asks for.
    pub(super) header: Option<&'r str>,
}

/// Chooses, and remembers what sticks.
#[derive(Debug)]
pub(super) struct Chooser {
    policy: Policy,
    seed: u64,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    instances: HashMap<String, usize>,
    oldest_first: VecDeque<String>,
}

impl Chooser {
    pub(super) fn new(policy: Policy, seed: u64) -> Self {
        Self { policy, seed, sessions: Mutex::default() }
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The instance for a request, from 0; `taking` are those that take requests, in order.
    pub(super) fn choose(&self, wish: Wish<'_>, taking: &[usize]) -> Option<usize> {
        let count = taking.len() as u64;
        if count < 2 {
            return taking.first().copied();
        }
        let at = |index: u64| taking.get((index % count) as usize).copied();
        let in_turn = at(wish.line.0 as u64 + wish.number - 1);
        match &self.policy {
            Policy::Direct => at(0),
            Policy::RoundRobin => in_turn,
            Policy::Random => at(mixed(hash(self.seed, wish.line.1.as_bytes()).wrapping_add(wish.number))),
            Policy::Sticky => {
                let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
                let known = wish.header.and_then(|session| sessions.instances.get(session)).copied();
                known.filter(|instance| taking.contains(instance)).or(in_turn)
            }
            // Each instance draws a number with the value, and the highest wins: when one goes, only its own move on.
            Policy::Header(_) => {
                let value = wish.header.unwrap_or_default().as_bytes();
                taking.iter().copied().max_by_key(|instance| mixed(hash(*instance as u64, value)))
            }
        }
    }

    /// An instance answered with a session.
    pub(super) fn learn(&self, session: &str, instance: usize) {
        if self.policy != Policy::Sticky {
            return;
        }
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.instances.insert(session.to_owned(), instance).is_some() {
            return;
        }
        sessions.oldest_first.push_back(session.to_owned());
        if sessions.oldest_first.len() > MAX_SESSIONS
            && let Some(oldest) = sessions.oldest_first.pop_front()
        {
            sessions.instances.remove(&oldest);
        }
    }
}

/// FNV-1a, from a seed: the same everywhere and always.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ mixed(seed);
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The finalizer of SplitMix64: every bit depends on every other.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [usize; 3] = [0, 1, 2];

    fn of(chooser: &Chooser, line: (usize, &str), headers: &[Option<&str>], taking: &[usize]) -> Vec<usize> {
        let wish = |(at, header): (usize, &Option<&str>)| {
            chooser.choose(Wish { line, number: at as u64 + 1, header: *header }, taking)
        };
        headers.iter().enumerate().filter_map(wish).collect()
    }

    #[test]
    fn each_policy_chooses_in_its_way() {
        let plain = [None; 6];
        let choose = |policy, line, taking: &[usize]| of(&Chooser::new(policy, 1), line, &plain, taking);
        assert_eq!(choose(Policy::Direct, (4, "a"), &ALL), [0; 6]);
        assert_eq!(choose(Policy::RoundRobin, (0, "a"), &ALL), [0, 1, 2, 0, 1, 2]);
        assert_eq!(choose(Policy::RoundRobin, (1, "b"), &ALL), [1, 2, 0, 1, 2, 0]);
        assert_eq!(choose(Policy::RoundRobin, (0, "a"), &[0, 2]), [0, 2, 0, 2, 0, 2]);
        assert_eq!(choose(Policy::Direct, (0, "a"), &[2]), [2; 6]);
        assert!(choose(Policy::Direct, (0, "a"), &[]).is_empty());
    }

    #[test]
    fn chance_comes_from_the_seed_alone() {
        let plain = [None; 64];
        let choose = |seed, name| of(&Chooser::new(Policy::Random, seed), (0, name), &plain, &ALL);
        assert_eq!(choose(1, "a"), choose(1, "a"));
        assert_ne!(choose(1, "a"), choose(2, "a"));
        assert_ne!(choose(1, "a"), choose(1, "b"));
        for instance in ALL {
            let count = choose(1, "a").into_iter().filter(|other| *other == instance).count();
            assert!((10..35).contains(&count), "{instance}: {count}");
        }
    }

    #[test]
    fn sessions_stick_to_where_they_were_given_out() {
        let chooser = Chooser::new(Policy::Sticky, 0);
        chooser.learn("s", 2);
        assert_eq!(of(&chooser, (0, "a"), &[Some("s"); 3], &ALL), [2; 3]);
        assert_eq!(of(&chooser, (0, "a"), &[None, Some("other"), Some("s")], &ALL), [0, 1, 2]);
        assert_eq!(of(&chooser, (0, "a"), &[Some("s"); 2], &[0, 1]), [0, 1], "it takes no more");
        chooser.learn("s", 1);
        assert_eq!(of(&chooser, (0, "a"), &[Some("s")], &ALL), [1]);
        for number in 0..MAX_SESSIONS {
            chooser.learn(&number.to_string(), 1);
        }
        assert_eq!(of(&chooser, (0, "a"), &[Some("s")], &ALL), [0], "forgotten");
        assert_eq!(chooser.sessions.lock().unwrap_or_else(PoisonError::into_inner).instances.len(), MAX_SESSIONS);
    }

    #[test]
    fn a_header_always_leads_to_the_same_instance() {
        let chooser = Chooser::new(Policy::Header("Mcp-Name".to_owned()), 0);
        let names: Vec<String> = (0..60).map(|number| format!("tool_{number}")).collect();
        let headers: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        let all = of(&chooser, (0, "a"), &headers, &ALL);
        assert_eq!(all, of(&chooser, (3, "b"), &headers, &ALL));
        assert!(ALL.iter().all(|instance| all.iter().filter(|other| *other == instance).count() > 8), "{all:?}");
        let fewer = of(&chooser, (0, "a"), &headers, &[0, 2]);
        let moved = all.iter().zip(&fewer).filter(|(before, after)| before != after && **before != 1).count();
        assert_eq!(moved, 0, "only those of the one that is gone move");
    }
}
