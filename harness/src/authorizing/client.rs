//! The client: what it holds, and what it does about a refusal.

use std::collections::BTreeMap;
use std::sync::{Mutex as Lock, OnceLock, PoisonError};
use std::time::Instant;

use tokio::sync::Mutex;
use url::Url;

use super::challenge::Refusal;
use super::discovery::Found;
use super::proofs::Proofs;
use super::scopes::Scopes;
use super::stop::{Stop, stop};
use super::token_request::Tokens;
use super::{Careless, ClientSettings};
use crate::transport::Reach;

/// How often more scopes are asked for one operation.
const STEP_UPS: u32 = 2;
/// The same, by a client that never learns.
const OBSTINATE: u32 = 12;
/// What a careless client takes for a refresh token.
const NO_REFRESH_TOKEN: &str = "mcp-assay-no-token-anyone-issued";

/// A client of one server.
pub(super) struct Client {
    pub how: ClientSettings,
    pub server: Url,
    pub redirect: String,
    pub reach: Reach,
    pub proofs: Proofs,
    /// The verifier that is used again and again.
    pub first_verifier: OnceLock<String>,
    /// The issuer to which the first authorization request went.
    pub first_issuer: OnceLock<String>,
    /// The last grant of the identity provider.
    pub grant: Mutex<Option<String>>,
    last: Lock<Refusal>,
    held: Mutex<Held>,
}

/// How the token came about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Granted,
    Refreshed,
}

#[derive(Default)]
struct Held {
    tokens: Option<(Tokens, Way)>,
    /// Counts the tokens, to tell whether another request got a new one meanwhile.
    number: u64,
    /// Whether the server took the token.
    accepted: bool,
    /// Where it is from.
    found: Option<Found>,
    /// Everything that was asked for.
    asked: Scopes,
    step_ups: BTreeMap<String, u32>,
    /// Why there is no way on.
    stopped: Option<Stop>,
}

/// The token for one request.
#[derive(Clone, Default)]
pub(super) struct Shown {
    pub token: Option<Tokens>,
    number: u64,
}

/// What to do about a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Send the request again, with what is shown now.
    Again,
    /// Let it be.
    GiveUp,
}

impl Client {
    pub fn new(how: ClientSettings, server: Url, redirect: String, reach: Reach) -> Result<Self, Stop> {
        Ok(Self {
            how,
            server,
            redirect,
            reach,
            proofs: Proofs::new()?,
            first_verifier: OnceLock::new(),
            first_issuer: OnceLock::new(),
            grant: Mutex::default(),
            last: Lock::default(),
            held: Mutex::default(),
        })
    }

    /// Why there is no way on, if so.
    pub async fn stopped(&self) -> Option<Stop> {
        self.held.lock().await.stopped.clone()
    }

    /// The last refusal that led to a flow.
    pub fn last_refusal(&self) -> Refusal {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The token for the next request: renewed, where it has run out and can be.
    pub async fn shown(&self) -> Shown {
        let mut held = self.held.lock().await;
        if held.tokens.is_none() && held.stopped.is_none() && self.how.is(Careless::AuthorizesUnasked) {
            // What comes of it shows in what follows.
            let _ = self.grant_anew(&mut held, &Refusal { status: 401, ..Refusal::default() }).await;
        }
        if held.tokens.is_none()
            && let Some(token) = self.how.memory.shared().filter(|_| self.how.is(Careless::TokenShared))
        {
            self.keep(&mut held, Tokens::invented(&token), Way::Granted);
        }
        let expired = |tokens: &Tokens| tokens.expires.is_some_and(|end| end <= Instant::now());
        if let Some((tokens, _)) = &held.tokens
            && expired(tokens)
            && let (Some(refresh), Some(found)) = (tokens.refresh.clone(), held.found.clone())
        {
            self.renew(&mut held, &found, &refresh).await;
        }
        Shown { token: held.tokens.as_ref().map(|(tokens, _)| tokens.clone()), number: held.number }
    }

    /// Whether the server took the token before.
    pub async fn is_accepted(&self) -> bool {
        self.held.lock().await.accepted
    }

    /// The server took the token.
    pub async fn accepted(&self, shown: &Shown) {
        let mut held = self.held.lock().await;
        if held.number == shown.number {
            held.accepted = true;
        }
    }

    /// Deal with a refusal of a request that does this (method and name), one at a time.
    pub async fn deal(&self, refusal: &Refusal, shown: &Shown, operation: &str) -> Next {
        let mut held = self.held.lock().await;
        if held.stopped.is_some() {
            return Next::GiveUp;
        }
        if held.number != shown.number {
            return Next::Again;
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = refusal.clone();
        if self.how.is(Careless::RefusedTokenRepeated) && shown.token.is_some() {
            return Next::Again;
        }
        if refusal.status == 403 && shown.token.is_some() {
            return self.step_up(&mut held, refusal, operation).await;
        }
        match self.unauthorized(&mut held, refusal).await {
            Ok(()) => Next::Again,
            Err(why) if self.how.is(Careless::TokenInvented) => {
                held.stopped = Some(why);
                self.keep(&mut held, Tokens::invented(NO_REFRESH_TOKEN), Way::Granted);
                Next::Again
            }
            Err(why) => {
                held.stopped = Some(why);
                Next::GiveUp
            }
        }
    }

    /// 401: a first token, a fresh one, or one from another server.
    async fn unauthorized(&self, held: &mut Held, refusal: &Refusal) -> Result<(), Stop> {
        let Some((tokens, way)) = held.tokens.clone() else { return self.grant_anew(held, refusal).await };
        if !held.accepted && way == Way::Granted {
            return stop("the server takes none of the tokens that were issued for it");
        }
        if way == Way::Refreshed && !held.accepted {
            return self.grant_anew(held, refusal).await;
        }
        let before = held.found.clone();
        let found = match before.clone().filter(|_| self.how.is(Careless::MetadataKept)) {
            Some(found) => found,
            None => self.discover(refusal).await?,
        };
        let same = before.is_some_and(|before| before.issuer.id == found.issuer.id);
        let refresh =
            tokens.refresh.or_else(|| self.how.is(Careless::RefreshInvented).then(|| NO_REFRESH_TOKEN.to_owned()));
        if let Some(refresh) = refresh.filter(|_| same || self.how.is(Careless::TokensReused))
            && self.renew(held, &found, &refresh).await
        {
            return Ok(());
        }
        self.grant_from(held, found, refusal).await
    }

    /// 403: the same with more scopes, a few times.
    async fn step_up(&self, held: &mut Held, refusal: &Refusal, operation: &str) -> Next {
        let how = &self.how;
        let most = if how.is(Careless::StepUpEndless) { OBSTINATE } else { STEP_UPS };
        let count = held.step_ups.entry(operation.to_owned()).or_default();
        if how.is(Careless::StepUpLeftOut) || *count >= most {
            if how.is(Careless::StepUpUntracked) {
                *count = 0;
            }
            return Next::GiveUp;
        }
        *count += 1;
        if how.is(Careless::StepUpRepeatsToken) {
            return Next::Again;
        }
        match self.grant_anew(held, refusal).await {
            Ok(()) => Next::Again,
            Err(_) => Next::GiveUp,
        }
    }

    async fn grant_anew(&self, held: &mut Held, refusal: &Refusal) -> Result<(), Stop> {
        let known = held.found.clone().filter(|_| self.how.is(Careless::MetadataKept));
        let found = match known {
            Some(found) => found,
            None => self.discover(refusal).await?,
        };
        self.grant_from(held, found, refusal).await
    }

    async fn grant_from(&self, held: &mut Held, mut found: Found, refusal: &Refusal) -> Result<(), Stop> {
        if let Some(algorithms) = &refusal.proofs {
            found.bound = true;
            let signs = algorithms.is_empty() || algorithms.iter().any(|algorithm| algorithm == "ES256");
            if self.wants_bound(&found) && !signs && !self.how.is(Careless::ProofAlgorithmUnlisted) {
                return stop("the server takes no proofs by ES256, and this client makes no others");
            }
        }
        if held.found.as_ref().is_some_and(|before| before.issuer.id != found.issuer.id) {
            // What was granted elsewhere says nothing here.
            held.asked = Scopes::default();
        }
        let asked = self.needed(held, &found, refusal);
        let tokens = self.obtain(&found, &asked).await?;
        held.asked = asked;
        if self.how.is(Careless::TokenSentToIssuer) {
            let headers = [("Authorization".to_owned(), format!("Bearer {}", tokens.access))];
            // What is answered does not matter.
            let _ = self.ask(&found.issuer.endpoint("token_endpoint")?, "GET", &headers, &[]).await;
        }
        held.found = Some(found);
        self.keep(held, tokens, Way::Granted);
        Ok(())
    }

    /// The scopes to ask for: those of the challenge, else those that the resource offers, and those asked for before.
    fn needed(&self, held: &Held, found: &Found, refusal: &Refusal) -> Scopes {
        let how = &self.how;
        let challenged = &refusal.scopes;
        let fresh = match () {
            () if how.is(Careless::ScopeCutToSupported) && !challenged.is_empty() => {
                Scopes::default().and(challenged.iter().filter(|scope| found.offered.has(scope)))
            }
            () if challenged.is_empty() || how.is(Careless::ScopeOfChallengeIgnored) => {
                if held.asked.is_empty() {
                    found.offered.clone()
                } else {
                    Scopes::default()
                }
            }
            () => challenged.clone(),
        };
        let forgets = match refusal.status {
            403 => how.is(Careless::StepUpForgetsScopes),
            _ => how.is(Careless::ReauthorizationForgetsScopes),
        };
        if forgets { fresh } else { held.asked.and(fresh.iter()) }
    }

    /// Refresh; false where that is refused, and the refresh token with it.
    async fn renew(&self, held: &mut Held, found: &Found, refresh: &str) -> bool {
        match self.refresh(found, refresh, &held.asked).await {
            Ok(tokens) => {
                held.found = Some(found.clone());
                self.keep(held, tokens, Way::Refreshed);
                true
            }
            Err(_) => {
                if let Some((tokens, _)) = &mut held.tokens {
                    tokens.refresh = None;
                }
                false
            }
        }
    }

    fn keep(&self, held: &mut Held, tokens: Tokens, way: Way) {
        if self.how.is(Careless::TokenShared) {
            self.how.memory.share(&tokens.access);
        }
        held.tokens = Some((tokens, way));
        held.number += 1;
        held.accepted = false;
    }
}
