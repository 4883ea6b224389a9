//! What decides each requirement, where, and which defects prove that it can fail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::Judge;
use crate::requirement::{Actor, Catalogue, Requirement, Role};
use crate::revision::Revision;
use crate::scenario::{Corpus, Defect, Position, Transport};
use crate::schema::Schemas;
use crate::transcript::{FORMAT_VERSION, Header};

/// A revision over a transport.
pub type Place = (Revision, Transport);

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A check of a scenario, with its name where it has one.
    Check {
        /// The scenario.
        scenario: String,
        /// Name of the check.
        name: Option<String>,
    },
    /// A monitor, by name.
    Monitor(String),
    /// Rules of the message schemas. Their proof is a test of this crate that keeps and breaks each of them.
    Schema,
}

/// A check, monitor or schema rule that decides a requirement.
#[derive(Clone, Debug)]
pub struct Decider {
    /// Who.
    pub by: By,
    /// Where it is written; schema rules stand in many places.
    pub position: Option<Position>,
    /// Where it decides.
    pub places: BTreeSet<Place>,
    /// What shows that it can fail.
    pub proofs: Vec<Proof>,
}

/// A defect that a check must catch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Scenario or monitor whose defect it is.
    pub owner: String,
    /// Name of the defect.
    pub defect: String,
    /// Scenario in which it is shown.
    pub scenario: String,
    /// Where it is shown.
    pub places: BTreeSet<Place>,
}

impl Decider {
    /// Whether it decides in a revision and has been shown able to fail there.
    #[must_use]
    pub fn is_proven_in(&self, revision: Revision) -> bool {
        let mut places: Box<dyn Iterator<Item = &Place>> = match self.by {
            By::Schema => Box::new(self.places.iter()),
            _ => Box::new(self.proofs.iter().flat_map(|proof| &proof.places)),
        };
        places.any(|(there, _)| *there == revision)
    }
}

/// All deciders, by requirement.
#[derive(Debug, Default)]
pub struct Deciders {
    role: Role,
    all: BTreeMap<String, Vec<Decider>>,
}

/// A defect of a scenario or monitor, in one form.
struct Shown<'c> {
    owner: &'c str,
    scenario: &'c str,
    defect: Defect,
}

impl Deciders {
    /// Read them off the corpus, for one role and every revision that can be tested.
    #[must_use]
    pub fn of(corpus: &Corpus, judge: &Judge, catalogue: &Catalogue, role: Role) -> Self {
        let mut deciders = Self { role, all: BTreeMap::new() };
        let shown = shown(corpus);
        for revision in Revision::SUPPORTED {
            let annotated = Schemas::embedded().annotated_of(revision, role.into());
            for transport in Transport::ALL.into_iter().filter(|transport| transport.is_in(revision)) {
                let place = (revision, transport);
                let here =
                    |row: &&Requirement| row.binds(role.actor(), revision) && transport.is(row.transport, revision);
                for row in annotated.iter().filter_map(|id| catalogue.get(id)).filter(here) {
                    deciders.add(&row.id, By::Schema, None, place);
                }
                for (id, monitor, position) in judge.watched(&header("", place, role)) {
                    deciders.add(&id, By::Monitor(monitor), Some(position), place);
                }
                for (name, loaded) in &corpus.scenarios {
                    if loaded.item.applies.role == role && loaded.item.applies.includes(revision, transport) {
                        for (id, check, position) in judge.decides(&header(name, place, role)) {
                            deciders.add(&id, By::Check { scenario: name.clone(), name: check }, Some(position), place);
                        }
                    }
                }
                for shown in &shown {
                    let played = corpus.scenarios.get(shown.scenario);
                    let plays = played.is_some_and(|loaded| {
                        loaded.item.applies.role == role && loaded.item.applies.includes(revision, transport)
                    });
                    if plays && shown.defect.only.includes(revision, transport) {
                        for id in shown.defect.fails.iter() {
                            deciders.prove(id, shown, place);
                        }
                    }
                }
            }
        }
        deciders
    }

    /// Whether they decide what binds this actor.
    #[must_use]
    pub fn are_about(&self, actor: Actor) -> bool {
        self.role.actor() == actor
    }

    /// What decides a requirement.
    #[must_use]
    pub fn get(&self, requirement: &str) -> &[Decider] {
        self.all.get(requirement).map_or(&[], Vec::as_slice)
    }

    /// Whether a requirement is decided in a revision by something that has been shown able to fail.
    #[must_use]
    pub fn prove_in(&self, requirement: &str, revision: Revision) -> bool {
        self.get(requirement).iter().any(|decider| decider.is_proven_in(revision))
    }

    fn add(&mut self, requirement: &str, by: By, position: Option<Position>, place: Place) {
        let all = self.all.entry(requirement.to_owned()).or_default();
        match all.iter_mut().find(|decider| decider.by == by && decider.position == position) {
            Some(decider) => {
                decider.places.insert(place);
            }
            None => all.push(Decider { by, position, places: BTreeSet::from([place]), proofs: Vec::new() }),
        }
    }

    /// A defect proves the check of its owner; where its owner decides another thing, whatever decides this one beside it.
    fn prove(&mut self, requirement: &str, shown: &Shown<'_>, place: Place) {
        let Some(all) = self.all.get_mut(requirement) else { return };
        let own = |decider: &Decider| match &decider.by {
            By::Check { scenario, .. } => scenario == shown.owner,
            By::Monitor(name) => name == shown.owner,
            By::Schema => false,
        };
        let beside = |decider: &Decider| match &decider.by {
            By::Check { scenario, .. } => scenario == shown.scenario,
            By::Monitor(_) => true,
            By::Schema => false,
        };
        let here = |decider: &Decider| decider.places.contains(&place);
        let has_own = all.iter().any(|decider| here(decider) && own(decider));
        for decider in
            all.iter_mut().filter(|decider| here(decider) && if has_own { own(decider) } else { beside(decider) })
        {
            let same = |proof: &&mut Proof| proof.owner == shown.owner && proof.defect == shown.defect.id;
            match decider.proofs.iter_mut().find(same) {
                Some(proof) => {
                    proof.places.insert(place);
                }
                None => decider.proofs.push(Proof {
                    owner: shown.owner.to_owned(),
                    defect: shown.defect.id.clone(),
                    scenario: shown.scenario.to_owned(),
                    places: BTreeSet::from([place]),
                }),
            }
        }
    }
}

fn shown(corpus: &Corpus) -> Vec<Shown<'_>> {
    let mut all = Vec::new();
    for (name, loaded) in &corpus.scenarios {
        let defects = loaded.item.defects.iter();
        all.extend(defects.map(|defect| Shown { owner: name, scenario: name, defect: defect.value.clone() }));
    }
    for (name, loaded) in &corpus.monitors {
        for defect in &loaded.item.defects {
            let of_monitor = &defect.value;
            let defect = Defect {
                id: of_monitor.id.clone(),
                fails: of_monitor.fails.clone().unwrap_or_else(|| loaded.item.requirement.clone()),
                mutate: Vec::new(),
                switch: None,
                steps: Vec::new(),
                only: of_monitor.only.clone(),
            };
            all.push(Shown { owner: name, scenario: &of_monitor.scenario, defect });
        }
    }
    all
}

fn header(scenario: &str, (revision, transport): Place, role: Role) -> Header {
    Header {
        transcript: FORMAT_VERSION,
        scenario: scenario.to_owned(),
        role,
        revision,
        transport: transport.as_str().to_owned(),
        routing: "direct".to_owned(),
        facts: Arc::default(),
    }
}
