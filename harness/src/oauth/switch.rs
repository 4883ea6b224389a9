//! The declared defects of our authorization server.

switches! {
    /// One defect that a proxy in front of a conforming authorization server cannot fake: something not checked, not
    /// kept, or kept too long.
    AuthSwitch of "the authorization server";

    /// The verifier of a code is not compared with its challenge.
    VerifierUnchecked = "verifier-unchecked",
    /// A code works without its verifier.
    VerifierOptional = "verifier-optional",
    /// Codes are given without a challenge.
    ChallengeOptional = "challenge-optional",
    /// A code can be redeemed any number of times.
    CodeReusable = "code-reusable",
    /// A code can be redeemed by any client.
    CodeOfAnyClient = "code-of-any-client",
    /// Any redirect URI of a registered client is redirected to.
    RedirectUnchecked = "redirect-unchecked",
    /// A client's metadata document may name another client.
    DocumentOfAnother = "document-of-another",
    /// A client's metadata document may lack what it has to have, and need not be JSON.
    DocumentIncomplete = "document-incomplete",
    /// Clients' metadata documents are fetched each time, whatever their headers say.
    DocumentNotKept = "document-not-kept",
    /// Clients' metadata documents are not fetched: any URL is a client.
    DocumentNotFetched = "document-not-fetched",
    /// Refresh tokens of public clients stay as they are.
    RefreshKept = "refresh-kept",
    /// A refresh token that was replaced goes on working.
    RefreshReusable = "refresh-reusable",
    /// Refresh tokens can be redeemed by any client.
    RefreshOfAnyClient = "refresh-of-any-client",
    /// Client secrets are not compared.
    SecretUnchecked = "secret-unchecked",
    /// The signature of client assertions and of grants is not verified.
    AssertionUnsigned = "assertion-unsigned",
    /// It does not matter for whom an assertion is.
    AssertionAudienceUnchecked = "assertion-audience-unchecked",
    /// Assertions live for ever.
    AssertionNeverExpires = "assertion-never-expires",
    /// Assertions of every issuer are grants, whoever signed them.
    TrustsEveryIssuer = "trusts-every-issuer",
    /// The keys of an issuer are taken by http from anywhere.
    KeysInClear = "keys-in-clear",
    /// Every issuer of an assertion is asked for its keys.
    AsksEveryIssuer = "asks-every-issuer",
    /// Identity assertions are given for servers that the policy denies.
    PolicyIgnored = "policy-ignored",
    /// Identity assertions of any type are grants.
    AssertionTypeUnchecked = "assertion-type-unchecked",
    /// Identity assertions for one client are grants for any.
    AssertionOfAnyClient = "assertion-of-any-client",
    /// Assertions about anybody are grants, whoever their issuer may speak for.
    AssertionAboutAnyone = "assertion-about-anyone",
    /// Assertions without all their claims are grants.
    AssertionIncomplete = "assertion-incomplete",
    /// A grant that is an assertion can be redeemed any number of times.
    AssertionReusable = "assertion-reusable",
    /// What is asked for is granted, whatever the scope of the identity assertion.
    AssertionScopeIgnored = "assertion-scope-ignored",
    /// Scopes of an identity assertion are granted that the server does not list.
    AssertionScopeUnlisted = "assertion-scope-unlisted",
    /// Identity assertions for resources that are none of the server's are grants.
    AssertionResourceUnknown = "assertion-resource-unknown",
    /// The token for an assertion is for another resource than it names.
    AssertionResourceIgnored = "assertion-resource-ignored",
    /// ID tokens are exchanged unseen, whoever signed them and whomever they are for.
    SubjectTokenUnchecked = "subject-token-unchecked",
    /// Identity assertions for one server name the resource of another.
    AudiencePairUnchecked = "audience-pair-unchecked",
    /// ID tokens of a client with credentials are exchanged without them.
    ExchangeUnauthenticated = "exchange-unauthenticated",
    /// Proofs of possession are taken as they come.
    ProofUnchecked = "proof-unchecked",
    /// A proof is asked for, and the token bound to no key.
    TokenUnbound = "token-unbound",
    /// Refresh tokens are bound to no key.
    RefreshUnbound = "refresh-unbound",
    /// A client that registered for bound tokens gets others too.
    BoundOnlyIgnored = "bound-only-ignored",
    /// The password of a user is taken as a grant.
    PasswordGrant = "password-grant",
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_switch_is_found_by_its_name() {
        for switch in AuthSwitch::ALL {
            assert_eq!(switch.name().parse::<AuthSwitch>().unwrap(), *switch);
            assert!(switch.about().ends_with('.'), "{switch}");
        }
        assert!("x".parse::<AuthSwitch>().unwrap_err().to_string().contains("verifier-unchecked"));
    }
}
