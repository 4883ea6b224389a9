//! The router before the instances, where a case needs one: each actor has a line of its own through it.

use std::net::SocketAddr;
use std::sync::Arc;

use super::run::{Run, Stop};
use crate::action::{Action, Fault, Passage};
use crate::plan::GATEWAY;
use crate::router::{Observer, Policy, Routed, Router, Selector};
use crate::scenario::{Scenario, Transport};
use crate::transcript::{Recorder, What};
use crate::transport::{HttpTarget, Sockets};

impl Run<'_> {
    /// The line of an actor through the router; none where the case goes without.
    pub(super) async fn line(&mut self, name: &str, only: Option<usize>) -> Result<Option<HttpTarget>, Stop> {
        if self.spec.routing == GATEWAY {
            return self.gateway(only).map(Some);
        }
        let policy: Policy = self.spec.routing.parse().map_err(|e| Stop::Harness(format!("{e}")))?;
        if self.spec.transport != Transport::Http
            || policy == Policy::Direct && self.spec.faults.is_empty() && !is_routed(&self.spec.scenario)
        {
            return Ok(None);
        }
        let router = self.router.get_or_insert_with(|| {
            let instances = self.target.http.clone();
            let (recorder, sockets) = (self.stage.recorder.clone(), self.stage.sockets.clone());
            let chronicle = Arc::new(Chronicle { recorder, sockets });
            let router = Router::with_faults(instances, policy, self.spec.seed, self.spec.faults.clone(), chronicle);
            if self.target.pooled {
                router.share_connections();
            }
            router
        });
        let line = router.line(name, only).await.map_err(|e| Stop::Iut(e.to_string()))?;
        Ok(Some(line))
    }

    /// The gateway, for whoever asks for nothing that our router alone can do.
    fn gateway(&self, only: Option<usize>) -> Result<HttpTarget, Stop> {
        if only.is_some() || is_routed(&self.spec.scenario) {
            return Err(Stop::Iut("through a gateway no fault can be struck and no instance be chosen".to_owned()));
        }
        self.target.gateway.clone().ok_or_else(|| Stop::Harness("there is no gateway".to_owned()))
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

/// Writes what the router does into the transcript, and knows which request of an actor's a connection carries.
struct Chronicle {
    recorder: Arc<Recorder>,
    sockets: Arc<Sockets>,
}

impl Observer for Chronicle {
    fn tell(&self, routed: Routed) {
        let exchange = self.sockets.exchange(routed.client);
        if let (Some(exchange), Some(instance)) = (exchange, routed.instance) {
            self.sockets.reaches(exchange, instance);
        }
        if let (Some(exchange), Passage::Struck(fault)) = (exchange, &routed.passage)
            && fault.breaks_off()
        {
            self.sockets.strike(exchange);
        }
        let what = What::Routed {
            exchange,
            request: format!("{} {}", routed.verb, routed.target),
            instance: routed.instance,
            passage: routed.passage,
        };
        self.recorder.append(&routed.line, None, what);
    }

    fn number(&self, client: SocketAddr) -> Option<u64> {
        self.sockets.place(client)
    }
}
