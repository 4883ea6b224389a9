//! Running the oracles for a while, without libFuzzer, and what came of it as a result that reports are written from.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::variation::vary;
use super::{Check, TARGETS, corpus};
use crate::generate::Choices;
use crate::requirement::Level;
use crate::revision::Revision;
use crate::scenario::Position;
use crate::verdict::{CaseResult, CheckResult, RunResult, Verdict};

/// An input that takes longer is a finding: every reader is linear.
const SLOW: Duration = Duration::from_secs(10);
/// Tries to make an input shorter.
const MAX_REDUCTIONS: usize = 2000;
/// Bytes of an input that a report shows.
const SHOWN: usize = 400;

/// What to run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For how long, all targets together.
    pub time: Duration,
    /// Determines the inputs, one after the other; the time how many there are.
    pub seed: u64,
    /// Names of [`TARGETS`]; others are passed over.
    pub targets: Vec<String>,
}

/// What came of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its name.
    pub target: &'static str,
    /// Inputs tried.
    pub inputs: u64,
    /// How long that took.
    pub took: Duration,
    /// The first input for which it does not hold.
    pub broken: Option<Broken>,
}

/// An input for which an oracle does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The shortest found.
    pub input: Vec<u8>,
    /// What the oracle says.
    pub problem: String,
    /// Where it says so: file and line.
    pub place: (String, u64),
}

thread_local! {
    /// What this thread has panicked with while an oracle is tried on it.
    static CAUGHT: RefCell<Option<Broken>> = const { RefCell::new(None) };
    static TRYING: RefCell<bool> = const { RefCell::new(false) };
}

/// Runs the oracles on the files of their corpus, then on variations of these until the time is up or one does not hold.
/// Panics of other threads are reported as ever.
#[must_use]
pub fn run(settings: &Settings) -> Vec<Outcome> {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !TRYING.with_borrow(|trying| *trying) {
            return before(panic);
        }
        let text = panic.payload_as_str().unwrap_or("a panic without a text").to_owned();
        let place = panic.location().map_or_else(Default::default, |at| (at.file().to_owned(), u64::from(at.line())));
        CAUGHT.set(Some(Broken { input: Vec::new(), problem: text, place }));
    }));
    let chosen: Vec<_> =
        TARGETS.iter().filter(|(name, _)| settings.targets.iter().any(|wanted| wanted == name)).collect();
    let side_by_side = rayon::current_num_threads().clamp(1, chosen.len().max(1));
    let share =
        settings.time * u32::try_from(side_by_side).unwrap_or(1) / u32::try_from(chosen.len().max(1)).unwrap_or(1);
    let outcomes =
        chosen.par_iter().with_max_len(1).map(|(name, check)| one(name, *check, settings.seed, share)).collect();
    // The hook of before is in this one; whoever runs this has nothing else to run.
    outcomes
}

/// What an oracle says of one input; `None` where all holds.
#[must_use]
pub fn try_one(check: Check, input: &[u8]) -> Option<Broken> {
    CAUGHT.set(None);
    TRYING.set(true);
    let started = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(|| check(input)));
    TRYING.set(false);
    // A panic that something in between has caught, such as a task, is one all the same.
    let caught = CAUGHT.take();
    let slow = started.elapsed() > SLOW;
    let problem = match (caught, ended) {
        (Some(broken), _) => broken,
        (None, Err(_)) => Broken { input: Vec::new(), problem: "a panic".to_owned(), place: (String::new(), 0) },
        (None, Ok(())) if slow => {
            let problem = format!("it took more than {} s", SLOW.as_secs());
            Broken { input: Vec::new(), problem, place: (String::new(), 0) }
        }
        (None, Ok(())) => return None,
    };
    Some(Broken { input: input.to_vec(), ..problem })
}

fn one(target: &'static str, check: Check, seed: u64, share: Duration) -> Outcome {
    let (seeds, words) = (corpus::seeds(target), corpus::words());
    let mut hasher = DefaultHasher::new();
    (seed, target).hash(&mut hasher);
    let mut choices = Choices::seeded(hasher.finish());
    let started = Instant::now();
    let mut inputs = 0;
    let mut next = seeds.iter().map(|(_, bytes)| bytes.to_vec());
    let broken = loop {
        let input = match next.next() {
            Some(seed) => seed,
            None if started.elapsed() < share => vary(&seeds, &words, &mut choices),
            None => break None,
        };
        choices.forget();
        inputs += 1;
        if let Some(broken) = try_one(check, &input) {
            break Some(reduced(check, broken));
        }
    };
    Outcome { target, inputs, took: started.elapsed(), broken }
}

/// A shorter input with the same problem at the same place.
fn reduced(check: Check, broken: Broken) -> Broken {
    let mut shortest = broken;
    let (mut length, mut tries) = (shortest.input.len() / 2, 0);
    let started = Instant::now();
    while length > 0 && tries < MAX_REDUCTIONS && started.elapsed() < SLOW {
        let mut at = 0;
        let mut shorter = false;
        while at < shortest.input.len() && tries < MAX_REDUCTIONS {
            tries += 1;
            let mut input = shortest.input.clone();
            input.drain(at..(at + length).min(input.len()));
            match try_one(check, &input).filter(|found| found.place == shortest.place) {
                Some(found) => (shortest, shorter) = (found, true),
                None => at += length,
            }
        }
        if !shorter || length > 1 {
            length /= 2;
        }
    }
    shortest
}

/// The outcomes as the result of a run. `saved` names the file that the input of a target was saved to.
#[must_use]
pub fn result(outcomes: &[Outcome], seed: u64, saved: &dyn Fn(&Outcome) -> Option<String>) -> RunResult {
    let cases: Vec<CaseResult> = outcomes.iter().map(|outcome| case(outcome, seed, saved(outcome))).collect();
    RunResult {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        target: "the parsers and writers of mcp-assay".to_owned(),
        seed,
        duration_us: cases.iter().map(|case| case.duration_us).sum(),
        ..RunResult::of(cases)
    }
}

fn case(outcome: &Outcome, seed: u64, saved: Option<String>) -> CaseResult {
    let (target, name) = (outcome.target, format!("parsers/{}", outcome.target));
    let again = match saved {
        Some(file) => format!("mcp-assay fuzz parser --target {target} --input {file}"),
        None => format!("mcp-assay fuzz parser --target {target} --seed {seed}"),
    };
    let tried = format!("{} inputs in {:.1} s", outcome.inputs, outcome.took.as_secs_f64());
    let broken = outcome.broken.as_ref();
    let own = |broken: &Broken| Some(Position { file: broken.place.0.clone(), line: broken.place.1 });
    let shown = |input: &[u8]| {
        let text = input.get(..SHOWN.min(input.len())).unwrap_or_default().escape_ascii();
        vec![format!("{} bytes: {text}{}", input.len(), if input.len() > SHOWN { "..." } else { "" })]
    };
    let check = CheckResult {
        name: name.clone(),
        requirement: name.clone(),
        level: Level::Must,
        required: format!("What the oracle of `{target}` says holds for any bytes."),
        link: String::new(),
        verdict: if broken.is_some() { Verdict::Fail } else { Verdict::Pass },
        reason: broken.map(|broken| broken.problem.clone()).unwrap_or_default(),
        rule: tried.clone(),
        operands: Vec::new(),
        position: broken.and_then(own),
        evidence: Vec::new(),
        excerpt: broken.map(|broken| shown(&broken.input)).unwrap_or_default(),
        reproduce: again.clone(),
        excused: None,
        directly: None,
    };
    CaseResult {
        id: name.clone(),
        scenario: name,
        title: format!("The oracle of {target}: {tried}"),
        revision: Revision::NEWEST_STATELESS,
        transport: "none".to_owned(),
        routing: "none".to_owned(),
        duration_us: u64::try_from(outcome.took.as_micros()).unwrap_or(u64::MAX),
        transcript: None,
        reproduce: again,
        checks: vec![check],
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_breaks_is_found_and_made_short() {
        fn picky(input: &[u8]) {
            assert!(!input.contains(&b'x'), "an x");
        }
        let settings = Settings { time: Duration::ZERO, seed: 1, targets: vec!["lines".to_owned()] };
        // Sets the hook.
        assert_eq!(run(&settings).len(), 1);
        assert_eq!(try_one(picky, b"abc"), None);
        let broken = reduced(picky, try_one(picky, b"some bytes with an x among them").unwrap());
        assert_eq!(broken.input, b"x");
        assert!(broken.problem.contains("an x") && broken.place.0.ends_with("run.rs"), "{broken:?}");
        let outcome = Outcome { target: "lines", inputs: 3, took: Duration::ZERO, broken: Some(broken) };
        let result = result(&[outcome], 1, &|_| Some("inputs/lines".to_owned()));
        let check = result.cases.first().unwrap().checks.first().unwrap();
        assert_eq!(check.verdict, Verdict::Fail);
        assert_eq!(check.reproduce, "mcp-assay fuzz parser --target lines --input inputs/lines");
    }

    #[test]
    fn every_file_of_the_corpus_holds() {
        let targets = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let outcomes = run(&Settings { time: Duration::ZERO, seed: 0, targets });
        assert_eq!(outcomes.len(), TARGETS.len());
        let broken: Vec<_> = outcomes.iter().filter(|outcome| outcome.broken.is_some()).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}
