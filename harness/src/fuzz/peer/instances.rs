//! Clients at the instances of a server: who goes where, as whom, and what is done to an instance.

use std::time::Duration;

use serde_json::Value;

use super::connection::{Connection, Wire};
use crate::action::Act as Operation;
use crate::deployment::{DeploymentError, Ended};
use crate::fuzz::{Act, Body};
use crate::token::Kind;
use crate::transport::HttpTarget;

impl Connection {
    /// How many instances there are.
    pub fn instances(&self) -> usize {
        match &self.wire {
            Wire::Process(_) | Wire::Sse(_) => 1,
            Wire::Http(all) => all.len(),
        }
    }

    /// Whether the second client is another user.
    pub fn has_stranger(&self) -> bool {
        self.sessions.iter().any(|session| session.stranger)
    }

    /// The instance, from 0, that an act of a client goes to.
    pub(super) fn instance_of(&self, client: usize, act: &Act) -> usize {
        let home = self.sessions.get(client).or_else(|| self.sessions.first()).map_or(0, |session| session.home);
        act.instance.unwrap_or(home) % self.instances().max(1)
    }

    /// Do something to an instance. Whatever it is, it serves again afterwards.
    pub(super) async fn operate(&self, instance: usize, operation: Operation) -> Result<(), DeploymentError> {
        let Some(deployment) = &self.deployment else { return Ok(()) };
        deployment.operate(instance + 1, operation).await?;
        deployment.mend().await
    }

    /// How an instance ended, if we have started it and it did.
    pub(super) async fn ended(&self, instance: usize, within: Duration) -> Option<Ended> {
        self.deployment.as_ref()?.ended(instance + 1, within).await
    }

    /// The headers of an act.
    pub(super) async fn headers(
        &self,
        target: &HttpTarget,
        client: usize,
        act: &Act,
        bytes: &[u8],
    ) -> Vec<(String, String)> {
        let mut headers = vec![("Host".to_owned(), target.authority())];
        let read: Option<Value>;
        let message = match &act.body {
            Body::Message { value, .. } => Some(value),
            // In whatever way it is spelled, a message has the headers of a message.
            Body::Bytes(_) => {
                read = serde_json::from_slice(bytes).ok();
                read.as_ref()
            }
        };
        // A server that gives out but one session has all clients in it.
        let session = self.sessions.get(client).or_else(|| self.sessions.first());
        if let Some(session) = session {
            headers.extend(session.headers(message, &self.tools));
        }
        headers.extend(target.headers.iter().cloned());
        let user = if session.is_some_and(|session| session.stranger) { Kind::OtherUser } else { Kind::Valid };
        if target.protected
            && let Ok(Some(token)) = target.wallet.token(user, "").await
        {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
        }
        for (name, value) in &act.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            if let Some(text) = value.as_str() {
                headers.push((name.clone(), text.to_owned()));
            }
        }
        headers
    }
}
