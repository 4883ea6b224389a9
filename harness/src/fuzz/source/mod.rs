//! Where cases come from: a catalogue of everything that is sent at least once, and chance.

mod answers;
mod asked;
mod bases;
mod catalogue;
mod elsewhere;
mod inputs;
mod moves;
mod replays;
mod scene;
mod sequences;
mod shunned;
mod stories;
mod vary;
mod world;

use std::collections::VecDeque;
use std::sync::Arc;

pub use bases::{Base, bases};
use catalogue::catalogue;
pub use scene::Scene;
use shunned::{Shunned, is_sequence};
pub use stories::Stories;

use super::case::{Act, Case, Expect};
use super::class::Classes;
use super::peer::{Offer, Round};
use crate::generate::{Choices, Hints, Messages};
use crate::revision::Revision;
use crate::schema::Sender;

/// Cases that showed something new and are varied further.
const MAX_CORPUS: usize = 512;
/// How often, in cases: one made anew; one of the corpus; a sequence. The rest is of the catalogue.
const ANEW: u64 = 12;
const OF_CORPUS: u64 = 3;
const SEQUENCE: u64 = 16;
/// How often, where it is followed what the server reaches, a variation of what reached something, and how many are the newest.
const VARIED: u64 = 2;
const NEWEST: usize = 8;
/// Of what holds up everything else, so many are let go where one is sent: in its time a hundred others are answered.
const HOLDS_UP: u64 = 16;
/// And of what is large, which takes a server as long: one in 16 took a sixth of the time of one in Node.
const LARGE: u64 = 64;
/// And a story, which is played alone and so takes longer.
const STORY: u64 = 512;

/// Makes the cases of a campaign, one after the other; what they are is a function of the seed and of the classes of answers.
#[derive(Debug)]
pub struct Source {
    choices: Choices,
    messages: Messages,
    stories: Stories,
    bases: Vec<Base>,
    hints: Hints,
    catalogue: Vec<Arc<Case>>,
    next: usize,
    /// Cases of a round that was broken off.
    again: VecDeque<Arc<Case>>,
    corpus: Vec<Arc<Case>>,
    /// Those that reached a place in the server that no other had, the newest last.
    reached: VecDeque<Arc<Case>>,
    /// What each of the corpus is worth, while nothing new is known.
    weights: Vec<u64>,
    /// What is not sent any more.
    shunned: Shunned,
    http: bool,
    /// Cases chosen so far; one that is sent again is not chosen again.
    pub chosen: usize,
    /// Hash of the cases chosen so far, in order.
    pub sequence: u64,
}

impl Source {
    /// For a server that offers this, of which these requests are safe. Of the catalogue, the share `part` of `parts` (from 0).
    pub fn new(
        seed: u64,
        revision: Revision,
        offer: &Offer,
        bases: Vec<Base>,
        stories: Stories,
        http: bool,
        (part, parts): (usize, usize),
    ) -> Self {
        // Another share is another stream of choices.
        let mut choices =
            Choices::seeded(seed ^ (u64::try_from(part).unwrap_or(0)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let messages = Messages::new(revision, Sender::Client);
        let hints = bases::hints(offer, &bases);
        let mut all = stories.catalogue();
        all.extend(catalogue(&messages, &bases, &hints, http, &mut choices));
        let share = all.into_iter().enumerate().filter(|(at, _)| at % parts.max(1) == part);
        let catalogue = share.map(|(_, case)| Arc::new(case)).collect();
        Self {
            choices,
            messages,
            stories,
            bases,
            hints,
            catalogue,
            next: 0,
            again: VecDeque::new(),
            corpus: Vec::new(),
            reached: VecDeque::new(),
            weights: Vec::new(),
            shunned: Shunned::default(),
            http,
            chosen: 0,
            sequence: 0,
        }
    }

    /// How many cases the catalogue has.
    pub fn catalogue(&self) -> usize {
        self.catalogue.len()
    }

    /// The next cases: first those of a round that was broken off, then at most so many new ones.
    pub fn next(&mut self, count: usize, new: usize, classes: &Classes) -> Vec<Arc<Case>> {
        self.weights.clear();
        // Nobody asks how the choices fell.
        self.choices.forget();
        let mut cases = Vec::with_capacity(count);
        while cases.len() < count
            && let Some(case) = self.again.pop_front()
        {
            if !self.is_shunned(&case) {
                cases.push(case);
            }
        }
        let count = count.min(cases.len() + new);
        let mut tries = 0;
        while cases.len() < count && tries < count * 8 {
            tries += 1;
            if let Some(case) = self.one(classes)
                && !self.is_shunned(&case)
            {
                self.chosen += 1;
                self.hash(&case);
                cases.push(case);
            }
        }
        cases
    }

    /// FNV-1a over what is chosen to be sent.
    fn hash(&mut self, case: &Case) {
        let instance = |act: &Act| act.instance.and_then(|at| u8::try_from(at).ok());
        let bytes = |act: &Act| act.bytes(0, &["0".to_owned()]).into_iter().chain(instance(act)).collect::<Vec<_>>();
        for byte in case.acts.iter().flat_map(bytes) {
            self.sequence = (self.sequence ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3).wrapping_add(1);
        }
    }

    fn one(&mut self, classes: &Classes) -> Option<Arc<Case>> {
        if let Some(case) = self.stories.owed() {
            return Some(Arc::new(case));
        }
        if let Some(case) = self.catalogue.get(self.next) {
            self.next += 1;
            return Some(case.clone());
        }
        let case = self.by_chance(classes)?;
        let sent = if case.is_large() {
            self.choices.once_in(LARGE)
        } else {
            !case.holds_up() || self.choices.once_in(HOLDS_UP)
        };
        sent.then_some(case)
    }

    fn by_chance(&mut self, classes: &Classes) -> Option<Arc<Case>> {
        if !self.reached.is_empty() && self.choices.once_in(VARIED) {
            return self.varied();
        }
        if self.choices.once_in(ANEW) {
            return self.anew().map(Arc::new);
        }
        if self.choices.once_in(self.stories.often(STORY)) {
            return self.stories.one(&mut self.choices).map(Arc::new);
        }
        if self.choices.once_in(SEQUENCE) {
            return sequences::one(&self.bases, self.http, &mut self.choices).map(Arc::new);
        }
        if !self.corpus.is_empty() && self.choices.once_in(OF_CORPUS) {
            if self.weights.is_empty() {
                self.weights = self.corpus.iter().map(|case| classes.energy(case)).collect();
            }
            let at = self.choices.weighted(&self.weights);
            return self.corpus.get(at).cloned();
        }
        if self.choices.once_in(8) {
            return self.observation().map(Arc::new);
        }
        self.choices.pick(&self.catalogue).cloned()
    }

    /// A valid message that nobody has made before, as it is or broken.
    fn anew(&mut self) -> Option<Case> {
        let base = self.choices.pick(&self.bases)?.clone();
        if self.shunned.is_often(&base.act.subject) {
            return None;
        }
        let value = base.vary(&self.messages, &self.hints, &mut self.choices);
        let broken = self.choices.once_in(2);
        let act = if broken {
            catalogue::broken(&self.messages, &base, &value, &mut self.choices)?
        } else {
            Act { subject: base.act.subject.clone(), ..Act::plain(value) }
        };
        Some(Case { acts: vec![act], ..Case::default() })
    }

    /// A variation of a case that reached something: half of the times of one of the newest.
    fn varied(&mut self) -> Option<Arc<Case>> {
        let all = self.reached.len();
        let among = if self.choices.once_in(2) { all.min(NEWEST) } else { all };
        let at = all - among + self.choices.index(among);
        vary::vary(self.reached.get(at)?, &self.bases, &mut self.choices)
    }

    /// A request whose answer is known, which has to be the same again.
    fn observation(&mut self) -> Option<Case> {
        let known: Vec<&Base> = self.bases.iter().filter(|base| base.stable.is_some()).collect();
        let base = self.choices.pick(&known)?;
        let expect = Expect::Equals(base.stable.clone()?);
        Some(Case { acts: vec![Act { expect, ..base.act.clone() }], ..Case::default() })
    }

    /// Requests whose answers are known, all of them.
    pub fn observations(&self) -> Vec<Arc<Case>> {
        let known = self.bases.iter().filter_map(|base| {
            let expect = Expect::Equals(base.stable.clone()?);
            Some(Arc::new(Case { acts: vec![Act { expect, ..base.act.clone() }], ..Case::default() }))
        });
        known.collect()
    }

    /// What was answered to a case that was played alone.
    pub fn learn(&mut self, round: &Round) {
        self.stories.learn(round);
    }

    /// A case that showed something new.
    pub fn keep(&mut self, case: &Arc<Case>) {
        if self.corpus.len() < MAX_CORPUS {
            self.corpus.push(case.clone());
        }
    }

    /// Whether there is something to vary in a case.
    pub fn can_vary(&self, case: &Case) -> bool {
        vary::can_vary(case)
    }

    /// A case that reached a place in the server that no other had.
    pub fn reached(&mut self, case: &Arc<Case>) {
        if self.reached.len() >= MAX_CORPUS {
            self.reached.pop_front();
        }
        self.reached.push_back(case.clone());
    }

    /// Send nothing of this kind any more.
    pub fn shun(&mut self, act: &Act) {
        self.shunned.add(act);
    }

    /// Whether there are cases yet that have to be sent again.
    pub fn owes(&self) -> bool {
        !self.again.is_empty()
    }

    /// Send nothing with the same wrong in the same part any more.
    pub fn shun_wrong(&mut self, act: &Act) {
        self.shunned.add_wrong(act);
    }

    /// Send nothing about this any more, whatever is wrong with it.
    pub fn shun_subject(&mut self, subject: &str) {
        self.shunned.add_subject(subject);
    }

    /// Send none of several acts like these any more. False where it is one, or something is wrong with one of them, which may be to blame.
    pub fn shun_sequence(&mut self, case: &Case) -> bool {
        let is = is_sequence(case);
        if is {
            self.shunned.add_sequence(case);
        }
        is
    }

    /// Send these again, but for what is shunned by now: the server ended before it got there.
    pub fn again(&mut self, cases: &[Arc<Case>]) {
        let rest: Vec<Arc<Case>> = cases.iter().filter(|case| !self.is_shunned(case)).cloned().collect();
        for case in rest.into_iter().rev() {
            self.again.push_front(case);
        }
    }

    /// The answer to this is not the same each time: it says nothing.
    pub fn forget(&mut self, subject: &str) {
        for base in self.bases.iter_mut().filter(|base| base.act.subject == subject) {
            base.stable = None;
        }
    }

    /// Whether nothing like it is sent any more.
    pub fn is_shunned(&self, case: &Case) -> bool {
        self.shunned.has(case)
    }
}
