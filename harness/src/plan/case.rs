//! Cases: scenarios times revisions, transports and routing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Selection;
use crate::profile::{Allow, Contract, Unmet, resolve};
use crate::revision::Revision;
use crate::scenario::{Corpus, Loaded, Scenario, Transport};
use crate::verdict::Verdict;

/// The routing of who talks to one instance alone, or to each as the scenario says.
pub const DIRECT: &str = "direct";
/// The routing of who talks to a gateway in front of the server.
pub const GATEWAY: &str = "gateway";

/// One combination of the axes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Axis {
    /// Revision.
    pub revision: Revision,
    /// Transport.
    pub transport: Transport,
    /// Routing policy.
    pub routing: String,
}

impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{},{}", self.revision, self.transport.as_str())?;
        if self.routing != DIRECT {
            write!(f, ",{}", self.routing)?;
        }
        Ok(())
    }
}

/// The stable name of a case; it spells its axes.
pub fn case_id(scenario: &str, axis: &Axis) -> String {
    format!("{scenario}@{axis}")
}

/// What the probe of an axis found.
#[derive(Clone, Debug)]
pub enum Offer {
    /// The revision is spoken; what the server offers.
    Spoken(Value),
    /// It wants to see a token, and there is none that it takes: what is known all the same, and why.
    Guarded(Value, String),
    /// It is not: why.
    NotSpoken(String),
    /// The server answers nothing, in any revision: why.
    Silent(String),
}

/// A case to carry out.
#[derive(Clone, Debug)]
pub struct Case {
    /// Stable name.
    pub id: String,
    /// The scenario.
    pub scenario: Loaded<Scenario>,
    /// Where.
    pub axis: Axis,
    /// `server` and `needs`.
    pub facts: Arc<Value>,
}

/// A case that is not carried out.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Stable name.
    pub id: String,
    /// The scenario.
    pub scenario: Loaded<Scenario>,
    /// Where.
    pub axis: Axis,
    /// `skip` or `untested`.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// `server`, as far as it is known.
    pub facts: Arc<Value>,
}

/// What is carried out and what is not, in order.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Cases, by scenario name, then axis.
    pub cases: Vec<Case>,
    /// The rest, with reasons.
    pub left_out: Vec<LeftOut>,
}

/// Who may be called how.
#[derive(Clone, Debug, Default)]
pub struct Permissions {
    /// The user's mapping.
    pub user: Contract,
    /// The everything-server contract.
    pub contract: Contract,
    /// What may be called beyond that.
    pub allow: Allow,
}

/// Plan the named scenarios over the axes that were probed.
pub fn plan(
    corpus: &Corpus,
    names: &[String],
    offers: &BTreeMap<Axis, Offer>,
    selection: &Selection,
    permissions: &Permissions,
) -> Plan {
    let mut plan = Plan::default();
    for name in names {
        let Some(loaded) = corpus.scenarios.get(name) else { continue };
        for (axis, offer) in offers {
            // One that makes no sense on the axis is no case, not even a skipped one.
            if !selection.admits(name, &axis.to_string())
                || !loaded.item.applies.includes(axis.revision, axis.transport)
                || axis.routing != DIRECT && loaded.item.is_about_instances()
            {
                continue;
            }
            let id = case_id(name, axis);
            let (scenario, axis) = (loaded.clone(), axis.clone());
            match admit(&loaded.item, offer, permissions) {
                Ok(facts) => plan.cases.push(Case { id, scenario, axis, facts: Arc::new(facts) }),
                Err((verdict, reason)) => {
                    let facts = match offer {
                        Offer::Spoken(server) | Offer::Guarded(server, _) => json!({ "server": server }),
                        Offer::NotSpoken(_) | Offer::Silent(_) => json!({}),
                    };
                    plan.left_out.push(LeftOut { id, scenario, axis, verdict, reason, facts: Arc::new(facts) });
                }
            }
        }
    }
    plan
}

fn admit(scenario: &Arc<Scenario>, offer: &Offer, permissions: &Permissions) -> Result<Value, (Verdict, String)> {
    let server = match offer {
        Offer::Spoken(server) => server,
        Offer::Guarded(server, _) if scenario.is_for_strangers() => server,
        Offer::Guarded(_, why) => return Err((Verdict::Untested, why.clone())),
        Offer::NotSpoken(why) => return Err((Verdict::Skip, why.clone())),
        Offer::Silent(why) => return Err((Verdict::Untested, why.clone())),
    };
    let protected = server.get("protected") == Some(&Value::Bool(true));
    if scenario.applies.protected.is_some_and(|wanted| wanted != protected) {
        let reason = if protected { "the server asks for tokens" } else { "the server asks nobody for a token" };
        return Err((Verdict::Skip, reason.to_owned()));
    }
    for path in &scenario.applies.capabilities {
        let declared = match path.strip_prefix("extensions.") {
            Some(extension) => server.pointer("/capabilities/extensions").and_then(|all| setting(all, extension)),
            None => server.pointer(&format!("/capabilities/{}", path.replace('.', "/"))),
        };
        let declared = declared.is_some_and(|value| *value != Value::Bool(false))
            || path == "completions" && server.get("completes") == Some(&Value::Bool(true));
        if !declared {
            return Err((Verdict::Skip, format!("the server does not declare the capability `{path}`")));
        }
    }
    let needs = resolve(&scenario.needs, server, &permissions.user, &permissions.contract, &permissions.allow);
    let needs = needs.map_err(|Unmet(why)| (Verdict::Untested, why))?;
    Ok(json!({ "server": server, "needs": needs }))
}

/// An extension, or one of its settings behind another dot. An identifier has dots and slashes of its own.
fn setting<'a>(all: &'a Value, extension: &str) -> Option<&'a Value> {
    all.get(extension).or_else(|| {
        let (identifier, setting) = extension.rsplit_once('.')?;
        all.get(identifier)?.get(setting)
    })
}
