//! Something wrong with a client, and what shows it, kept as a scenario that shows it again.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::base;
use super::case::{Case, family, said};
use super::catalogue::UNASKED_TOOL;
use super::oracle::{Oracle, Suspicion};
use crate::fuzz::finding::{Kept, last_words, named, one_line, others, see, short};
use crate::revision::Revision;
use crate::scenario::Transport;

/// Something wrong with a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What found it.
    pub oracle: Oracle,
    /// What tells it from others of the oracle.
    pub sign: String,
    /// What was seen.
    pub seen: String,
    /// Revision in which it was found.
    pub revision: Revision,
    /// Transport over which it was found.
    pub transport: Transport,
    /// What shows it, reduced.
    pub case: Case,
    /// In how many of how many tries it was shown again.
    pub shown: (usize, usize),
    /// The end of what the client said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// Seed of the campaign.
    pub seed: u64,
    /// Other kinds of cases that show the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

impl Finding {
    /// What it comes from.
    pub fn cause(&self) -> String {
        cause(&self.suspicion())
    }

    /// As what was suspected, to look for it again.
    pub fn suspicion(&self) -> Suspicion {
        Suspicion { oracle: self.oracle, sign: self.sign.clone(), seen: self.seen.clone() }
    }

    /// It is shown by cases of this kind, too.
    pub fn see(&mut self, kind: String) {
        if self.case.kind != kind {
            see(&mut self.also, kind);
        }
    }

    /// A paragraph for an issue.
    pub fn paragraph(&self) -> String {
        let mut text = format!(
            "The client {} ({}, {}).\n\nIts server is answered for by a conforming one, but:\n\n",
            self.oracle.about(),
            self.revision,
            self.transport.as_str()
        );
        for rule in &self.case.rules {
            text.push_str(&format!("    {}\n", short(&said(rule).to_string())));
        }
        text.push_str(&format!("\n({})\n\nSeen: {}\n", one_line(&self.case.kind), one_line(&self.seen)));
        if self.oracle == Oracle::Crash {
            text.push_str(&last_words("The last that it said", &self.words));
        }
        text.push_str(&others(&self.also));
        text.push_str(&format!("\nShown again in {} of {} tries.\n", self.shown.0, self.shown.1));
        text
    }
}

/// What suspicions have in common that are one.
pub fn cause(suspicion: &Suspicion) -> String {
    let sign = suspicion.sign.as_str();
    let what = match suspicion.oracle {
        Oracle::Crash | Oracle::Rule | Oracle::Twice | Oracle::Unasked | Oracle::Believed => sign.to_owned(),
        Oracle::Hang | Oracle::Spins | Oracle::Memory | Oracle::NoAnswer | Oracle::Differs => family(sign),
    };
    format!("{} {what}", suspicion.oracle)
}

impl Kept for Finding {
    fn name(&self) -> String {
        named(&format!("client-{}-{}", self.oracle, self.case.kind), &self.cause())
    }

    fn text(&self, machine: &str) -> String {
        let span = self.revision.as_str();
        let mut lines: Vec<String> =
            self.paragraph().lines().map(|line| format!("# {line}").trim_end().to_owned()).collect();
        lines.push(machine.to_owned());
        lines.push(format!("scenario: found/{}", self.name()));
        lines.push(format!("title: {}", json!(title(self))));
        lines.extend(base::section("also_known_as").into_iter().map(str::to_owned));
        let transport = self.transport.as_str();
        lines.push(format!("applies: {{ role: client, since: {span}, until: {span}, transport: {transport} }}"));
        lines.extend(base::section("acting").into_iter().map(str::to_owned));
        lines.push("  # What is wrong begins here.".to_owned());
        lines.extend(self.case.rules.iter().map(|rule| format!("  - {}", said(rule))));
        lines.extend(base::section("steps").into_iter().map(str::to_owned));
        lines.push("checks:".to_owned());
        lines.push("  - requirement: base.jsonrpc-2-0".to_owned());
        lines.push(format!("    expect: {}", json!(holds(self))));
        lines.join("\n") + "\n"
    }
}

fn title(finding: &Finding) -> String {
    let kind: String = one_line(&finding.case.kind).chars().take(120).collect();
    format!("It is not so that the client {} ({})", finding.oracle.about(), kind.trim_end_matches('.'))
}

/// What would hold of the transcript if it were mended; true where only a replay by `fuzz client` can tell.
fn holds(finding: &Finding) -> String {
    match finding.oracle {
        Oracle::Crash => {
            let words = finding.seen.split(['"', '\\']).next().unwrap_or_default().trim();
            let silent = match finding.sign.starts_with("signal ") || words.is_empty() {
                true => String::new(),
                false => format!(" && !client.stderr.contains({})", json!(words)),
            };
            format!("get(client, \"exited.signal\") == null{silent}")
        }
        Oracle::Hang | Oracle::Spins => "!same(get(client, \"exited.how\"), \"killed\")".to_owned(),
        Oracle::Twice => "asked.all(a, size(a.answers) <= 1)".to_owned(),
        Oracle::NoAnswer => "asked.all(a, a.answered)".to_owned(),
        Oracle::Believed => {
            format!("!requests.exists(r, same(get(r, \"request.params.name\"), {}))", json!(UNASKED_TOOL))
        }
        Oracle::Unasked => {
            let theirs = "(m.kind == \"result\" || m.kind == \"error\")";
            format!("client.sent.filter(m, {theirs} && m.id != null).all(m, asked.exists(a, same(a.id, m.id)))")
        }
        Oracle::Memory | Oracle::Rule | Oracle::Differs => "client.sent.all(m, m.kind != \"invalid\")".to_owned(),
    }
}
