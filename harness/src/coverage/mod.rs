//! Coverage: which requirements are decided by checks that a defect has shown able to fail. Static: read off the corpus,
//! nothing is run; `self-check` shows that the defects do what they declare.

mod deciders;
mod table;
#[cfg(test)]
mod tests;

pub use deciders::{By, Decider, Deciders, Place, Proof};
pub use table::{Count, Coverage, Missing, Of, Strength};
