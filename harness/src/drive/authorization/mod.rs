//! Steps toward an authorization server: the harness as its client. What is sent is what a conforming client sends, but
//! for what a step changes.

mod client;
mod party;
mod publish;
mod sign;
mod sign_in;
mod steps;

pub(super) use party::Party;
