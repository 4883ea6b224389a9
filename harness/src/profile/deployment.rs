//! How several instances of a server are started, as `assay.yaml` says it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// A deployment: instances of one server, what they share, and what stands before them.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct DeploymentSettings {
    /// How many instances; 2 unless given.
    #[serde(default = "two")]
    pub instances: usize,
    /// Command that starts one, as a line for the shell. `{port}`, and `$PORT` in its environment, is the port it gets;
    /// `{number}` and `$INSTANCE` its number from 1, `{assay}` and `$MCP_ASSAY` the path of this program. Without it the instances run already, at `urls`.
    #[serde(default)]
    pub start: Option<String>,
    /// Where the end point of one is.
    #[serde(default = "default_url")]
    pub url: String,
    /// Where instances are that run already.
    #[serde(default)]
    pub urls: Vec<String>,
    /// Further environment variables; `{redis}` and `{postgres}` stand for the URLs of what they share.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Working directory of the commands, from the folder of the file in which this is said; that folder unless given.
    #[serde(default)]
    pub directory: Option<PathBuf>,
    /// What the instances share: each gets its URL in `REDIS_URL` or `DATABASE_URL`.
    #[serde(default)]
    pub shares: Vec<Component>,
    /// What stands before them, if anything.
    #[serde(default)]
    pub balancer: Option<Balancer>,
}

/// A balancer that is not ours, such as nginx.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Balancer {
    /// Command that starts it, with `{port}` and `$PORT` for its own port, and in `$INSTANCE_PORTS` those of the instances, by
    /// spaces. Without it, it runs already.
    #[serde(default)]
    pub start: Option<String>,
    /// Where the end point is to be found behind it.
    #[serde(default = "default_url")]
    pub url: String,
}

/// A real component that instances can share.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Redis.
    Redis,
    /// PostgreSQL.
    Postgres,
}

impl Component {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Redis, Self::Postgres];

    /// The word of options and files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Postgres => "postgres",
        }
    }

    /// The environment variable that tells instances where it is.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Redis => "REDIS_URL",
            Self::Postgres => "DATABASE_URL",
        }
    }
}

impl std::str::FromStr for Component {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|component| component.word() == word);
        found.ok_or_else(|| format!("'{word}' is not redis or postgres"))
    }
}

impl Default for DeploymentSettings {
    fn default() -> Self {
        Self {
            instances: two(),
            start: None,
            url: default_url(),
            urls: Vec::new(),
            env: BTreeMap::new(),
            directory: None,
            shares: Vec::new(),
            balancer: None,
        }
    }
}

/// Where an end point is unless told otherwise.
fn default_url() -> String {
    "http://127.0.0.1:{port}/mcp".to_owned()
}

fn two() -> usize {
    2
}
