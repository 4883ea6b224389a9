//! Assertions of others as grants (RFC 7523, sections 2.1 and 3): the tokens of workloads, and the identity assertions
//! of an enterprise's identity provider.

use serde_json::{Value, json};

use super::Granted;
use crate::authserver::AuthServer;
use crate::authserver::answer::Refusal;
use crate::authserver::assertion::ID_JAG;
use crate::authserver::authenticate::LEEWAY;
use crate::authserver::state::Authorized;
use crate::authserver::token::Request;
use crate::oauth::{AuthMethod, AuthSwitch, TrustedIssuer};
use crate::token::{Jwt, now};

/// A resource that no assertion names: nobody's, by RFC 2606.
const OTHER_RESOURCE: &str = "https://other.example/mcp";

/// The token for an assertion.
pub async fn bearer(server: &AuthServer, request: &Request<'_>) -> Granted {
    let has = |switch| server.settings.has(switch);
    let text = request.form.need("assertion")?;
    let unfit = |why: &str| Refusal::invalid_grant(format!("the assertion is not accepted: {why}"));
    let unread = Jwt::read(text).map_err(|e| unfit(&e.to_string()))?;
    if has(AuthSwitch::AsksEveryIssuer) {
        // Whatever it answers.
        let _ = server.ask_issuer(unread.claim("iss")).await;
    }
    let anyone = has(AuthSwitch::TrustsEveryIssuer);
    let made_up = || {
        let (issuer, jwks) = (unread.claim("iss").to_owned(), json!({ "keys": [] }));
        anyone.then_some(TrustedIssuer { issuer, jwks, subjects: Vec::new() })
    };
    let trusted = server.trusted(unread.claim("iss")).or_else(made_up);
    let trusted = trusted.ok_or_else(|| unfit("its issuer is not trusted"))?;
    let keys = match &trusted.jwks {
        Value::Null => {
            server.keys_of(&trusted.issuer).await.map_err(|why| unfit(&format!("its keys are not known: {why}")))?
        }
        known => known.clone(),
    };
    let jwt = match Jwt::verified(text, &keys) {
        Err(_) if anyone || has(AuthSwitch::AssertionUnsigned) => unread,
        read => read.map_err(|e| unfit(&e.to_string()))?,
    };
    let subject = jwt.claim("sub");
    if subject.is_empty() && !has(AuthSwitch::AssertionIncomplete) {
        return Err(unfit("it has no `sub`"));
    }
    let speaks_for = trusted.subjects.is_empty() || trusted.subjects.iter().any(|one| one == subject);
    if !speaks_for && !has(AuthSwitch::AssertionAboutAnyone) {
        return Err(unfit("its issuer may not speak for its `sub`"));
    }
    let timely = jwt.timely(now(), LEEWAY);
    let endless =
        if jwt.time("exp").is_some() { AuthSwitch::AssertionNeverExpires } else { AuthSwitch::AssertionIncomplete };
    if !has(endless) {
        timely.map_err(|e| unfit(&e.to_string()))?;
    }
    let token_url = server.token_url();
    let typed = jwt.typ() == ID_JAG;
    if server.settings.identity_assertions_only && !typed && !has(AuthSwitch::AssertionTypeUnchecked) {
        return Err(unfit("its `typ` is not the one of identity assertions"));
    }
    let identity = typed || server.settings.identity_assertions_only;
    let ours: &[&str] = if identity { &[server.issuer()] } else { &[server.issuer(), &token_url] };
    let careless = match jwt.claims.get("aud") {
        Some(_) => AuthSwitch::AssertionAudienceUnchecked,
        None => AuthSwitch::AssertionIncomplete,
    };
    if !jwt.is_for(ours) && !has(careless) {
        return Err(unfit("its `aud` is another server"));
    }
    if identity && jwt.time("iat").is_none() && !has(AuthSwitch::AssertionIncomplete) {
        return Err(unfit("it has no `iat`"));
    }
    let resource = if identity { identity_resource(server, request, &jwt)? } else { server.resource(request.form)? };
    if jwt.claims.get("jti").is_some() {
        let id = format!("grant {} {}", jwt.claim("iss"), jwt.claim("jti"));
        if !server.state().first(id) && !has(AuthSwitch::AssertionReusable) {
            return Err(unfit("it was used before"));
        }
    }
    let scope = match (request.form.get("scope"), jwt.claim("scope")) {
        (asked, "") => asked.map(str::to_owned),
        (asked, granted) if !identity => Some(asked.unwrap_or(granted).to_owned()),
        (asked, granted) => Some(identity_scope(server, asked, granted)?),
    };
    let client = Some(request.client.id.clone()).filter(|id| !id.is_empty());
    server.access(Authorized {
        client: client.unwrap_or_else(|| subject.to_owned()),
        scope: server.scope(scope.as_deref()),
        resource,
        subject: Some(subject.to_owned()),
        key: request.key.clone(),
        family: 0,
    })
}

/// The resource of an identity assertion, which is for one client alone.
fn identity_resource(server: &AuthServer, request: &Request, jwt: &Jwt) -> Result<String, Refusal> {
    if request.client.method == AuthMethod::None {
        return Err(Refusal::new("invalid_client", "an identity assertion is taken from clients that authenticate"));
    }
    if jwt.claim("client_id") != request.client.id && !server.settings.has(AuthSwitch::AssertionOfAnyClient) {
        return Err(Refusal::invalid_grant("the assertion is for another client"));
    }
    let ours = &server.settings.resources;
    let known = |named: &str| {
        ours.is_empty()
            || ours.iter().any(|one| one == named)
            || server.settings.has(AuthSwitch::AssertionResourceUnknown)
    };
    match jwt.claim("resource") {
        _ if server.settings.has(AuthSwitch::AssertionResourceIgnored) => Ok(OTHER_RESOURCE.to_owned()),
        "" => server.resource(request.form),
        named if !known(named) => Err(Refusal::invalid_grant("the assertion is for a resource of another server")),
        named if request.form.all("resource").iter().any(|asked| asked != named) => {
            Err(Refusal::new("invalid_target", "`resource` is not the one of the assertion"))
        }
        named => Ok(named.to_owned()),
    }
}

/// The scope of the token for an identity assertion: what is asked for, as far as it is in the assertion and is a scope
/// of the server's.
fn identity_scope(server: &AuthServer, asked: Option<&str>, granted: &str) -> Result<String, Refusal> {
    let has = |switch| server.settings.has(switch);
    let among = |all: &str, one: &str| all.split(' ').any(|scope| scope == one);
    let listed = |one: &str| match &server.settings.scopes {
        Some(all) => all.iter().any(|scope| scope == one) || has(AuthSwitch::AssertionScopeUnlisted),
        None => true,
    };
    let allowed = |one: &str| among(granted, one) || has(AuthSwitch::AssertionScopeIgnored);
    let wanted = asked.unwrap_or(granted).split(' ').filter(|one| !one.is_empty());
    let scope: Vec<&str> = wanted.filter(|one| allowed(one) && listed(one)).collect();
    match scope.is_empty() {
        true => Err(Refusal::new("invalid_scope", "nothing that is asked for is in the assertion")),
        false => Ok(scope.join(" ")),
    }
}
