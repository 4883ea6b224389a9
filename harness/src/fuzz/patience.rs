//! How long to wait for what may never come.

use std::time::Duration;

/// The least and the most of each wait.
const SHORT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(700));
const LONG: (Duration, Duration) = (Duration::from_millis(1000), Duration::from_millis(2500));
const ROUND: (Duration, Duration) = (Duration::from_millis(400), Duration::from_millis(1500));
const MANY: Duration = Duration::from_secs(3);
/// So many times as long as it takes to answer everything that is under way, as there are others beside it.
const BESIDE: u32 = 2;
/// So many times as long as an answer usually takes is long.
const TIMES: u32 = 20;

/// How long to wait, by how long the answers of this server usually take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Where it is tried whether something is seen again.
    pub short: Duration,
    /// Where that decides.
    pub long: Duration,
    /// At the end of a round.
    pub round: Duration,
    /// At the end of a round of many cases at a time.
    pub many: Duration,
}

impl Patience {
    /// Before anything is said to be dead: then it is asked once more, as long again.
    pub const LONGEST: Duration = Duration::from_millis(1500);

    /// For a server whose valid requests were answered after these times, of which so many are under way at a time: where it works at all of
    /// them at once, the first answer comes as late as the last.
    pub fn of(mut times: Vec<Duration>, under_way: u32) -> Self {
        times.sort_unstable();
        let (Some(usual), Some(slowest)) = (times.get(times.len() / 2), times.last()) else { return Self::default() };
        let wait = *usual * TIMES + *slowest;
        let round = (wait * 2).clamp(ROUND.0, ROUND.1);
        Self {
            short: wait.clamp(SHORT.0, SHORT.1),
            long: (wait * 2).clamp(LONG.0, LONG.1),
            round,
            many: (*usual * under_way * BESIDE).clamp(round, MANY),
        }
    }
}

impl Default for Patience {
    /// For a server of which nothing is known.
    fn default() -> Self {
        Self { short: SHORT.1, long: LONG.1, round: ROUND.1, many: MANY }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_server_is_waited_for_less() {
        let quick = Patience::of(vec![Duration::from_millis(2); 3], 256);
        assert_eq!((quick.short, quick.long, quick.round), (SHORT.0, LONG.0, ROUND.0));
        assert_eq!(quick.many, Duration::from_millis(1024));
        assert_eq!(Patience::of(vec![Duration::from_micros(20); 3], 256).many, ROUND.0);
        assert_eq!(Patience::of(vec![Duration::from_millis(100); 3], 256), Patience::default());
        assert_eq!(Patience::of(Vec::new(), 256), Patience::default());
    }
}
