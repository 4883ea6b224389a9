//! The ways to a token: one for each [`Flow`], and refreshing.

use url::Url;

use super::client::Client;
use super::discovery::Found;
use super::identity::Identity;
use super::scopes::Scopes;
use super::stop::{Stop, stop};
use super::token_request::{Endpoint, Form, Tokens};
use super::{Careless, Flow};
use crate::oauth::{AuthMethod, GrantType};

const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

impl Client {
    /// Whether a bound token is asked for: where both the resource and the authorization server speak of such.
    pub fn wants_bound(&self, found: &Found) -> bool {
        found.bound && found.issuer.list("dpop_signing_alg_values_supported").is_some()
    }

    fn endpoint<'a>(&self, found: &'a Found) -> Result<Endpoint<'a>, Stop> {
        let bound = self.wants_bound(found);
        let signs = found.issuer.lists("dpop_signing_alg_values_supported", "ES256");
        if bound && !signs && !self.how.is(Careless::ProofAlgorithmUnlisted) {
            return stop(format!("{} takes no proofs by ES256, and this client makes no others", found.issuer.id));
        }
        Ok(Endpoint { url: found.issuer.endpoint("token_endpoint")?, issuer: &found.issuer.id, bound })
    }

    /// Get a token with these scopes.
    pub async fn obtain(&self, found: &Found, scopes: &Scopes) -> Result<Tokens, Stop> {
        match self.how.flow {
            Flow::Code if self.how.is(Careless::ClientCredentialsUnasked) => {
                let identity = self.identity(found).await?;
                self.by_credentials(found, &identity, scopes).await
            }
            Flow::Code => self.by_code(found, scopes).await,
            Flow::ClientCredentials => {
                if self.how.is(Careless::UserVisited) {
                    return self.by_code(found, scopes).await;
                }
                let identity = self.machine(found).await?;
                self.by_credentials(found, &identity, scopes).await
            }
            Flow::WorkloadIdentity => self.by_workload(found, scopes).await,
            Flow::Enterprise => self.by_enterprise(found, scopes).await,
        }
    }

    /// Who the client is where no user is asked: as configured, or nobody.
    async fn machine(&self, found: &Found) -> Result<Identity, Stop> {
        if self.how.is(Careless::MachineRegisters) {
            // What comes of it does not matter.
            let _ = self.register(found).await;
        }
        if self.how.told("client_id").is_none() {
            return stop("there is no configured client id");
        }
        let identity = self.identity(found).await?;
        if !identity.is_configured {
            return stop(format!("the configured credentials are not those of {}", found.issuer.id));
        }
        Ok(identity)
    }

    async fn by_code(&self, found: &Found, scopes: &Scopes) -> Result<Tokens, Stop> {
        let endpoint = self.endpoint(found)?;
        let identity = self.identity(found).await?;
        let code = self.authorize(found, &identity, scopes).await?;
        let mut form: Form = vec![
            ("grant_type", GrantType::AuthorizationCode.name().to_owned()),
            ("code", code.code),
            ("redirect_uri", self.redirect.clone()),
            ("resource", found.resource.clone()),
        ];
        form.extend(code.verifier.map(|verifier| ("code_verifier", verifier)));
        let tokens = self.request_tokens(&endpoint, Some(&identity), form).await?;
        code.doubt.map_or(Ok(tokens), Err)
    }

    async fn by_credentials(&self, found: &Found, identity: &Identity, scopes: &Scopes) -> Result<Tokens, Stop> {
        let endpoint = self.endpoint(found)?;
        let mut form: Form = vec![("resource", found.resource.clone())];
        form.extend(scope(scopes));
        if self.how.is(Careless::AssertionAsGrant) && identity.method == AuthMethod::PrivateKeyJwt {
            form.push(("grant_type", GrantType::JwtBearer.name().to_owned()));
            form.push(("assertion", self.assertion(&identity.id, &found.issuer.id)?));
            return self.request_tokens(&endpoint, None, form).await;
        }
        form.push(("grant_type", GrantType::ClientCredentials.name().to_owned()));
        self.request_tokens(&endpoint, Some(identity), form).await
    }

    async fn by_workload(&self, found: &Found, scopes: &Scopes) -> Result<Tokens, Stop> {
        let how = &self.how;
        if how.is(Careless::UserVisited) {
            return self.by_code(found, scopes).await;
        }
        let endpoint = self.endpoint(found)?;
        let jwt = how.told("valid_jwt").unwrap_or_default();
        if how.is(Careless::AssertionPresented) {
            return Ok(Tokens::invented(jwt));
        }
        let registered = if how.is(Careless::MachineRegisters) { self.register(found).await.ok() } else { None };
        let mut form: Form = vec![
            ("grant_type", GrantType::JwtBearer.name().to_owned()),
            ("assertion", jwt.to_owned()),
            ("resource", found.resource.clone()),
        ];
        form.extend(scope(scopes));
        if let Some(id) = how.told("client_id").filter(|_| registered.is_none()) {
            form.push(("client_id", id.to_owned()));
        }
        match self.request_tokens(&endpoint, registered.as_ref(), form.clone()).await {
            Err(_) if how.is(Careless::RefusedAssertionRepeated) => self.request_tokens(&endpoint, None, form).await,
            Err(_) if how.is(Careless::OtherGrantTried) => {
                let id = how.told("client_id").unwrap_or("mcp-assay").to_owned();
                let nobody = Identity { id, secret: None, method: AuthMethod::None, is_configured: true };
                self.by_credentials(found, &nobody, scopes).await
            }
            outcome => outcome,
        }
    }

    async fn by_enterprise(&self, found: &Found, scopes: &Scopes) -> Result<Tokens, Stop> {
        let how = &self.how;
        if how.is(Careless::UserVisited) {
            return self.by_code(found, scopes).await;
        }
        if how.is(Careless::AssertionPresented) {
            return Ok(Tokens::invented(how.told("idp_id_token").unwrap_or_default()));
        }
        let endpoint = self.endpoint(found)?;
        let grant = match self.grant.lock().await.clone().filter(|_| how.is(Careless::GrantReused)) {
            Some(grant) => grant,
            None => self.exchange(found, scopes).await?,
        };
        *self.grant.lock().await = Some(grant.clone());
        if how.is(Careless::GrantPresented) {
            return Ok(Tokens::invented(&grant));
        }
        let identity = self.machine(found).await?;
        let mut form: Form = vec![
            ("grant_type", GrantType::JwtBearer.name().to_owned()),
            ("assertion", grant),
            ("resource", found.resource.clone()),
        ];
        form.extend(scope(scopes));
        self.request_tokens(&endpoint, Some(&identity), form).await
    }

    /// Exchange the ID token for a grant at the identity provider.
    async fn exchange(&self, found: &Found, scopes: &Scopes) -> Result<String, Stop> {
        let how = &self.how;
        let secret = how.told("idp_client_secret").map(str::to_owned);
        let endpoint = how.told("idp_token_endpoint");
        let given = how.told("idp_id_token");
        // Its metadata are needed where the endpoint is not known, for the way to send a secret, and to sign on.
        let needed = endpoint.is_none() || secret.is_some() || given.is_none();
        let wanted = how.told("idp_issuer").filter(|_| needed);
        let provider = match wanted {
            Some(issuer) => self.issuer(issuer).await.map(Some),
            None => Ok(None),
        };
        let url = match (endpoint, &provider) {
            (Some(url), _) => Url::parse(url).map_err(|_| Stop("idp_token_endpoint is no URL".to_owned()))?,
            (None, Ok(Some(provider))) => provider.endpoint("token_endpoint")?,
            (None, Ok(None)) => return stop("the context names no identity provider"),
            (None, Err(why)) => return Err(why.clone()),
        };
        let posts = provider.as_ref().is_ok_and(|provider| {
            provider.as_ref().is_some_and(|it| !it.methods().contains(&AuthMethod::ClientSecretBasic.name()))
        });
        let issuer = how.told("idp_issuer").unwrap_or("the identity provider");
        let identity = how.told("idp_client_id").map(|id| Identity {
            id: id.to_owned(),
            method: match &secret {
                Some(_) if posts => AuthMethod::ClientSecretPost,
                Some(_) => AuthMethod::ClientSecretBasic,
                None => AuthMethod::None,
            },
            secret,
            is_configured: true,
        });
        let id_token = match (given, &identity) {
            (Some(given), _) => given.to_owned(),
            (None, Some(identity)) => match provider? {
                Some(provider) => self.sign_on(&provider, identity).await?,
                None => return stop("the context names no identity provider to sign on at"),
            },
            (None, None) => return stop("the context says not who the client is at the identity provider"),
        };
        let mut form: Form = vec![
            ("grant_type", GrantType::TokenExchange.name().to_owned()),
            ("requested_token_type", ID_JAG.to_owned()),
            ("subject_token", id_token),
            ("subject_token_type", ID_TOKEN.to_owned()),
            ("audience", found.issuer.id.clone()),
            ("resource", found.resource.clone()),
        ];
        form.extend(scope(scopes));
        let endpoint = Endpoint { url, issuer, bound: false };
        let tokens = self.request_tokens(&endpoint, identity.as_ref(), form).await?;
        if tokens.issued.as_deref() != Some(ID_JAG) {
            return stop(format!("{issuer} issued something else than the grant that was asked for"));
        }
        Ok(tokens.access)
    }

    /// Trade a refresh token for new tokens; it stays where no other comes (OAuth 2.1, section 4.3).
    pub async fn refresh(&self, found: &Found, refresh: &str, scopes: &Scopes) -> Result<Tokens, Stop> {
        let endpoint = self.endpoint(found)?;
        let identity = self.identity(found).await?;
        let mut form: Form = vec![
            ("grant_type", GrantType::RefreshToken.name().to_owned()),
            ("refresh_token", refresh.to_owned()),
            ("resource", found.resource.clone()),
        ];
        if self.how.is(Careless::RefreshWidens) {
            form.push(("scope", scopes.and(["mcp-assay:everything"]).text()));
        }
        let mut tokens = self.request_tokens(&endpoint, Some(&identity), form).await?;
        if tokens.refresh.is_none() || self.how.is(Careless::RefreshNotRotated) {
            tokens.refresh = Some(refresh.to_owned());
        }
        Ok(tokens)
    }
}

impl Tokens {
    /// What no token endpoint gave.
    pub fn invented(text: &str) -> Self {
        Self { access: text.to_owned(), bound: false, refresh: None, expires: None, id_token: None, issued: None }
    }
}

fn scope(scopes: &Scopes) -> Option<(&'static str, String)> {
    (!scopes.is_empty()).then(|| ("scope", scopes.text()))
}
