//! How the process of a server behaves that a client starts.

use serde::{Deserialize, Serialize};

use crate::action::Within;

/// In what it differs from one that ends when its standard input does.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// What does not make it end.
    #[serde(default)]
    pub ignores: Vec<Ignored>,
    /// How long it takes to end after its standard input has; nothing unless given.
    #[serde(default)]
    pub lingers: Option<Within>,
    /// What it writes on its standard error stream when it starts, and before each of its messages.
    #[serde(default)]
    pub stderr: Option<String>,
}

/// What a process can pay no heed to.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub enum Ignored {
    /// The end of its standard input.
    #[serde(rename = "stdin")]
    Stdin,
    /// SIGTERM and SIGINT.
    #[serde(rename = "TERM")]
    Term,
}
