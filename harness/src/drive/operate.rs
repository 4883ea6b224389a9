//! What is done to the instances of a deployment.

use super::run::{Run, Stop};
use std::time::Duration;

use tokio::time::Instant;

use crate::action::{Act, DEFAULT_ACTOR, Operation};
use crate::transcript::What;

/// How long a drained instance may take to be done with the requests that it has.
const QUIET_WITHIN: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Do it, and wait until it is done.
    pub(super) async fn operate(&mut self, operation: Operation) -> Result<(), Stop> {
        let Operation { number, act } = operation;
        let done = What::Operated { instance: number, act };
        if act.is_routing() {
            self.stage.recorder.append(DEFAULT_ACTOR, None, done);
            if let Some(router) = &self.router {
                if act == Act::Drain {
                    router.drain(number);
                    // Streams may be open for ever; what is awaited is that of requests.
                    let _ = tokio::time::timeout(QUIET_WITHIN, router.quiet(number)).await;
                } else {
                    router.admit(number);
                }
            }
            return Ok(());
        }
        let Some(deployment) = &self.target.deployment else {
            return Err(Stop::Harness("there are no instances that can be operated".to_owned()));
        };
        if matches!(act, Act::Kill | Act::Stop | Act::Restart) {
            // Behind a balancer nobody knows who is where.
            let there = (!deployment.is_behind_a_balancer()).then_some(number);
            self.stage.sockets.strike_all(there);
        }
        // What its end brings with it comes after.
        self.stage.recorder.append(DEFAULT_ACTOR, None, done);
        self.stopped |= !act.is_routing();
        let begun = Instant::now();
        let operated = deployment.operate(number, act).await;
        self.patience.pardon(begun.elapsed());
        operated.map_err(|e| Stop::Iut(e.to_string()))?;
        Ok(())
    }

    /// Start again what was stopped, for the next case.
    pub(super) async fn mend(&self) -> Option<String> {
        let deployment = self.target.deployment.as_ref().filter(|_| self.stopped)?;
        deployment.mend().await.err().map(|e| e.to_string())
    }
}
