//! The router before the instances, where a case needs one: each actor has a line of its own through it.

use std::sync::Arc;

use super::actor::Stage;
use super::run::{Run, Stop};
use crate::action::{Action, Fault};
use crate::router::{Outcome, Policy, Routed, Router, Selector};
use crate::scenario::{Scenario, Transport};
use crate::transcript::What;
use crate::transport::HttpTarget;

impl Run<'_> {
    /// The line of an actor through the router; none where the case goes without.
    pub(super) async fn line(&mut self, name: &str, only: Option<usize>) -> Result<Option<HttpTarget>, Stop> {
        let policy: Policy = self.spec.routing.parse().map_err(|e| Stop::Harness(format!("{e}")))?;
        if self.spec.transport != Transport::Http
            || policy == Policy::Direct && self.spec.faults.is_empty() && !is_routed(&self.spec.scenario)
        {
            return Ok(None);
        }
        let router = self.router.get_or_insert_with(|| {
            let instances = self.target.http.clone();
            Router::with_faults(instances, policy, self.spec.seed, self.spec.faults.clone(), observer(&self.stage))
        });
        let line = router.line(name, only).await.map_err(|e| Stop::Iut(e.to_string()))?;
        Ok(Some(line))
    }

    /// A fault for the answer to what is sent next on an actor's line.
    pub(super) fn arm(&self, actor: &str, chosen: Selector, fault: Option<Fault>) {
        if let (Some(router), Some(fault)) = (&self.router, fault) {
            router.arm(actor, chosen, fault);
        }
    }
}

/// Whether the scenario asks for what only the router can do.
fn is_routed(scenario: &Scenario) -> bool {
    scenario.steps.iter().any(|step| match &step.value {
        Action::Instance(operation) => operation.act.is_routing(),
        step => step.sends().is_some_and(|send| send.fault.is_some()),
    })
}

/// Writes what the router does into the transcript.
fn observer(stage: &Stage) -> Arc<dyn Fn(Routed) + Send + Sync> {
    let (recorder, sockets) = (stage.recorder.clone(), stage.sockets.clone());
    Arc::new(move |routed: Routed| {
        let exchange = sockets.exchange(routed.client);
        if let (Some(exchange), Some(instance)) = (exchange, routed.instance) {
            sockets.reaches(exchange, instance);
        }
        if let (Some(exchange), Outcome::Faulted(fault)) = (exchange, &routed.outcome)
            && fault.breaks_off()
        {
            sockets.strike(exchange);
        }
        let outcome = match &routed.outcome {
            Outcome::Forwarded => "forwarded".to_owned(),
            Outcome::Unreachable(why) => format!("unreachable: {why}"),
            Outcome::Refused => "refused: no instance takes it".to_owned(),
            Outcome::Faulted(fault) => format!("fault: {fault}"),
            Outcome::Missed(fault) => format!("the answer had no place for the fault: {fault}"),
        };
        let what = What::Routed {
            exchange,
            request: format!("{} {}", routed.verb, routed.target),
            instance: routed.instance,
            outcome,
        };
        recorder.append(&routed.line, None, what);
    })
}
