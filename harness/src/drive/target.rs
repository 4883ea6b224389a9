//! What is driven: a deployment of the IUT over one or both transports.

use std::sync::Arc;

use crate::mutate::Mutator;
use crate::scenario::Transport;
use crate::transport::{HttpTarget, Spawn, Starter};

/// A server reached by starting a process.
#[derive(Clone, Debug)]
pub struct StdioTarget {
    /// How to start it.
    pub spawn: Spawn,
    /// What starts one within this program in place of that, if anything.
    pub within: Option<Starter>,
    /// What stands between it and the harness, if anything.
    pub mutator: Option<Arc<Mutator>>,
}

/// The implementation under test, as one or more instances over one or more transports.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// Instances over HTTP.
    pub http: Vec<HttpTarget>,
    /// Instances over HTTP+SSE, by the URL of their event stream; where there are none, those over HTTP may turn out so.
    pub sse: Vec<HttpTarget>,
    /// Over stdio; every actor gets a process of its own.
    pub stdio: Option<StdioTarget>,
    /// What reports call it, where URL and command would differ from run to run.
    pub label: Option<String>,
}

impl Target {
    /// The transports it can be reached over.
    pub fn transports(&self) -> Vec<Transport> {
        let mut all = Vec::new();
        if !self.http.is_empty() {
            all.push(Transport::Http);
        }
        if self.stdio.is_some() {
            all.push(Transport::Stdio);
        }
        if !self.sse.is_empty() {
            all.push(Transport::Sse);
        }
        all
    }

    /// For a person: URLs without secrets, or the command.
    pub fn shown(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        let urls = self.http.iter().chain(&self.sse).map(HttpTarget::shown);
        let commands = self.stdio.iter().map(|stdio| stdio.spawn.command.clone());
        urls.chain(commands).collect::<Vec<_>>().join(", ")
    }
}
