//! Scenario and monitor files: good ones are accepted, bad ones refused with the right words, the corpus is clean, and
//! the JSON Schemas for editors say the same as the loader.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod corpus;
mod files;
mod guide;
mod schemas;
