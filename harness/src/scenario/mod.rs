//! Scenario and monitor files: what to do to the IUT, which requirements that decides, and which defects prove it.

mod corpus;
mod defect;
mod delivers;
mod model;
mod monitor;
mod problem;
mod process;

pub use corpus::{Corpus, Loaded};
pub(crate) use corpus::{ROOT, embedded_files, is_monitor_file, parse, read_bounded};
pub use defect::{Answering, Defect, MAX_DELAY, MAX_PIECES, Mutation, Only, RequestChange};
pub use delivers::{Delivers, Forged, Post};
pub use model::{
    ASKED, AUTH, AUTHORIZATION_NAMES, Actor, ActorAnswer, Applies, CLIENT, CLIENT_NAMES, Check, EXCHANGES,
    MAX_INSTANCES, Needs, OneOrMany, Open, PROCESS, PROCESSES, Position, REQUESTS, SECRETS, Scenario, Transport, URLS,
};
pub use monitor::{Monitor, MonitorDefect, MonitorFile, Watch, monitor_names};
pub use problem::LoadError;
pub(crate) use problem::Place;
pub use process::{Ignored, Process};
