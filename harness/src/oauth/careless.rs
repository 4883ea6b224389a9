//! What the reference client can do wrong.

switches! {
    /// One defect of a client that a proxy before its peers cannot fake: what it believes, keeps, forgets or signs.
    Careless of "the reference client";

    /// It looks for an authorization server before any server asked for a token.
    AuthorizesUnasked = "authorizes-unasked",
    /// A refused token is sent again and again.
    RefusedTokenRepeated = "refused-token-repeated",
    /// Of the challenges only one at the very beginning is understood, cut at every comma.
    ChallengeReadNaively = "challenge-read-naively",
    /// The URL of the metadata in the challenge is not looked at.
    MetadataUrlIgnored = "metadata-url-ignored",
    /// The authorization server is looked for at the server's own origin, not in metadata of the resource.
    ResourceMetadataIgnored = "resource-metadata-ignored",
    /// Without a URL in the challenge no metadata of the resource are looked for.
    WellKnownNotTried = "well-known-not-tried",
    /// The well-known place at the root comes before the one with the path.
    RootWellKnownFirst = "root-well-known-first",
    /// It does not matter of which resource the metadata are.
    ResourceUnchecked = "resource-unchecked",
    /// Metadata are taken whose resource is the beginning of the URL in use.
    ResourcePrefixAccepted = "resource-prefix-accepted",
    /// Capital letters in scheme and host make another resource.
    ResourceComparedAsText = "resource-compared-as-text",
    /// The resource is sent as the metadata spell it, capitals included.
    ResourceSentAsGiven = "resource-sent-as-given",
    /// Metadata once read are never read again.
    MetadataKept = "metadata-kept",
    /// It does not matter of which issuer the metadata are.
    IssuerUnchecked = "issuer-unchecked",
    /// Issuers that differ in a slash at the end are the same.
    IssuerSlashIgnored = "issuer-slash-ignored",
    /// The path of an issuer is left out where its metadata are looked for.
    IssuerPathIgnored = "issuer-path-ignored",
    /// OpenID discovery comes before RFC 8414.
    OpenidFirst = "openid-first",
    /// The path before the well-known place comes second.
    OpenidAppendedSecond = "openid-appended-second",
    /// Only the first place is looked at.
    FirstPlaceOnly = "first-place-only",
    /// The path before the well-known place is never tried.
    OpenidNotAppended = "openid-not-appended",
    /// Only the places of OpenID discovery are looked at.
    OpenidOnly = "openid-only",
    /// Default endpoints are used without a look at the metadata (2025-03-26).
    DefaultEndpointsFirst = "default-endpoints-first",
    /// Without metadata there is no way on (2025-03-26).
    DefaultEndpointsUnknown = "default-endpoints-unknown",
    /// Metadata are looked for below the path of the server (2025-03-26).
    BaseUrlKeepsPath = "base-url-keeps-path",
    /// Metadata with members that the client does not know are refused.
    UnknownMembersRefused = "unknown-members-refused",
    /// Endpoints are used that are neither https nor on this machine.
    EndpointsInsecure = "endpoints-insecure",
    /// It does not matter who vouches for the certificate of an endpoint.
    CertificatesUnchecked = "certificates-unchecked",
    /// A token endpoint that redirects is followed wherever it points, with all that was sent.
    TokenRedirectFollowed = "token-redirect-followed",
    /// A configured client id is not used.
    PreregistrationIgnored = "preregistration-ignored",
    /// Configured credentials are used at any authorization server.
    PreregistrationUnbound = "preregistration-unbound",
    /// The client has no metadata document.
    DocumentUnsupported = "document-unsupported",
    /// The URL of the metadata document is the client id whether the server fetches such or not.
    DocumentUnasked = "document-unasked",
    /// Registration comes before the metadata document.
    RegistersBeforeDocument = "registers-before-document",
    /// The metadata document is at an http URL.
    DocumentOverHttp = "document-over-http",
    /// The metadata document names another client.
    DocumentOfAnother = "document-of-another",
    /// The metadata document does not say what the client is called.
    DocumentWithoutName = "document-without-name",
    /// The issuer that was recorded for the first authorization request is taken for that of every later one.
    IssuerRecordedOnce = "issuer-recorded-once",
    /// The metadata document is at a URL without path.
    DocumentWithoutPath = "document-without-path",
    /// The client never registers.
    RegistrationUnsupported = "registration-unsupported",
    /// The client registers where no endpoint for that is named.
    RegistersUnasked = "registers-unasked",
    /// A refused registration is sent again and again.
    RegistrationRepeated = "registration-repeated",
    /// A flow is begun with a client id that nobody gave.
    ClientIdInvented = "client-id-invented",
    /// What the client is called at one authorization server it is called at all.
    ClientIdReused = "client-id-reused",
    /// A refresh token of one authorization server is shown to the next.
    TokensReused = "tokens-reused",
    /// PKCE is used whether the server supports it or not.
    PkceUnchecked = "pkce-unchecked",
    /// There is no PKCE.
    PkceLeftOut = "pkce-left-out",
    /// The challenge of PKCE is the verifier itself.
    PkcePlain = "pkce-plain",
    /// The verifier is the same in every flow.
    VerifierReused = "verifier-reused",
    /// The verifier has too few characters.
    VerifierShort = "verifier-short",
    /// `state` is not looked at.
    StateUnchecked = "state-unchecked",
    /// A response without `state` is taken.
    StateMayBeMissing = "state-may-be-missing",
    /// `iss` is not looked at.
    IssUnchecked = "iss-unchecked",
    /// `iss` is looked at when the code was already used.
    IssCheckedLate = "iss-checked-late",
    /// A response without `iss` is taken although the server announces one.
    IssMayBeMissing = "iss-may-be-missing",
    /// `iss` is looked at only where the server announces it.
    IssUnannouncedIgnored = "iss-unannounced-ignored",
    /// A response without `iss` is never taken.
    IssRequired = "iss-required",
    /// Capital letters in scheme and host of `iss` make no difference.
    IssCaseFolded = "iss-case-folded",
    /// The default port in `iss` makes no difference.
    IssPortDropped = "iss-port-dropped",
    /// A slash at the end of `iss` makes no difference.
    IssSlashIgnored = "iss-slash-ignored",
    /// Percent-encoding in `iss` makes no difference.
    IssPercentDecoded = "iss-percent-decoded",
    /// The error of a response of another issuer is told.
    IssErrorBelieved = "iss-error-believed",
    /// The issuer that `iss` is compared with is looked up when the response is there.
    IssuerRecordedLate = "issuer-recorded-late",
    /// The nonce of an ID token is not looked at.
    NonceOfSignOnUnchecked = "nonce-of-sign-on-unchecked",
    /// Scopes of the challenge are not looked at.
    ScopeOfChallengeIgnored = "scope-of-challenge-ignored",
    /// Of the scopes of the challenge only those are asked for that the resource lists.
    ScopeCutToSupported = "scope-cut-to-supported",
    /// The scopes that the resource lists are not asked for.
    ScopeListIgnored = "scope-list-ignored",
    /// A scope is asked for that nobody named.
    ScopeInvented = "scope-invented",
    /// A new authorization asks for the scopes of the last challenge alone.
    ReauthorizationForgetsScopes = "reauthorization-forgets-scopes",
    /// More scopes are never asked for.
    StepUpLeftOut = "step-up-left-out",
    /// A request that needs more scopes is sent again with the same token.
    StepUpRepeatsToken = "step-up-repeats-token",
    /// A step up asks for the scopes of the challenge alone.
    StepUpForgetsScopes = "step-up-forgets-scopes",
    /// There is no end to asking for more scopes.
    StepUpEndless = "step-up-endless",
    /// It is forgotten that more scopes did not help.
    StepUpUntracked = "step-up-untracked",
    /// A refresh asks for a scope that was never granted.
    RefreshWidens = "refresh-widens",
    /// The first refresh token is used for ever.
    RefreshNotRotated = "refresh-not-rotated",
    /// A refresh token is used that nobody issued.
    RefreshInvented = "refresh-invented",
    /// The access token is in the query too.
    TokenInQuery = "token-in-query",
    /// Once the server took the token, requests are first tried without it.
    TokenOnce = "token-once",
    /// The access token goes wherever the server redirects to.
    TokenFollowsRedirects = "token-follows-redirects",
    /// The access token is shown to the authorization server.
    TokenSentToIssuer = "token-sent-to-issuer",
    /// The first token is shown to every server of the client.
    TokenShared = "token-shared",
    /// Where no token was issued, one is made up.
    TokenInvented = "token-invented",
    /// Tokens are asked for by GET, with everything in the query.
    TokenRequestByGet = "token-request-by-get",
    /// The client secret is in the query too.
    SecretInQuery = "secret-in-query",
    /// An assertion is in the query too.
    AssertionInQuery = "assertion-in-query",
    /// A client that acts for a user asks for a token by client credentials.
    ClientCredentialsUnasked = "client-credentials-unasked",
    /// A client that acts for nobody registers.
    MachineRegisters = "machine-registers",
    /// A client that acts for nobody sends a user to the authorization endpoint.
    UserVisited = "user-visited",
    /// A client assertion has the client secret beside it.
    SecretBesideAssertion = "secret-beside-assertion",
    /// The client secret is used where the key could be.
    SecretPreferred = "secret-preferred",
    /// The client secret is sent in a way that the server does not list.
    SecretByUnlistedMethod = "secret-by-unlisted-method",
    /// The client assertion is sent as a grant.
    AssertionAsGrant = "assertion-as-grant",
    /// The client assertion is signed by an algorithm that the server does not list.
    AssertionAlgorithmUnlisted = "assertion-algorithm-unlisted",
    /// The client assertion is for another server.
    AssertionForOtherAudience = "assertion-for-other-audience",
    /// The client assertion has expired.
    AssertionExpired = "assertion-expired",
    /// The subject of the client assertion is not the client.
    AssertionOfOtherSubject = "assertion-of-other-subject",
    /// The client assertion is signed by a key that nobody knows.
    AssertionByOtherKey = "assertion-by-other-key",
    /// The assertion that the client was given is shown to the server as a token.
    AssertionPresented = "assertion-presented",
    /// The grant of the identity provider is shown to the server as a token.
    GrantPresented = "grant-presented",
    /// The grant of the identity provider is used again when its time is over.
    GrantReused = "grant-reused",
    /// A refused assertion is sent again.
    RefusedAssertionRepeated = "refused-assertion-repeated",
    /// After a refused assertion another grant is tried.
    OtherGrantTried = "other-grant-tried",
    /// A bound token is shown with the scheme Bearer.
    BoundTokenAsBearer = "bound-token-as-bearer",
    /// A token of type Bearer is shown with the scheme DPoP.
    BearerTakenAsBound = "bearer-taken-as-bound",
    /// A token request has no proof although a bound token is wanted.
    ProofLeftOut = "proof-left-out",
    /// One proof serves all requests.
    ProofReused = "proof-reused",
    /// The proof is signed by another key than it names.
    ProofByOtherKey = "proof-by-other-key",
    /// The proof has a private member of a key.
    ProofWithPrivateKey = "proof-with-private-key",
    /// The proof names an algorithm that is not asymmetric.
    ProofSymmetric = "proof-symmetric",
    /// The proof has another type.
    ProofOfOtherType = "proof-of-other-type",
    /// The proof has no `jti`.
    ProofWithoutJti = "proof-without-jti",
    /// The proof is for another method.
    ProofForOtherMethod = "proof-for-other-method",
    /// The proof has the query of the URL too.
    ProofWithQuery = "proof-with-query",
    /// The proof was made an hour ago.
    ProofOld = "proof-old",
    /// The proof has no `ath`.
    ProofWithoutAth = "proof-without-ath",
    /// Proofs are made by an algorithm that the server does not list.
    ProofAlgorithmUnlisted = "proof-algorithm-unlisted",
    /// The key of proofs at the server is not the one the token was bound to.
    KeyChangedAtServer = "key-changed-at-server",
    /// The key of proofs is another one where a token is refreshed.
    KeyChangedOnRefresh = "key-changed-on-refresh",
    /// A request for a nonce is not answered.
    NonceIgnored = "nonce-ignored",
    /// The nonce of one server is used for all.
    NonceShared = "nonce-shared",
    /// The first nonce of a server is used for ever.
    NonceKept = "nonce-kept",
    /// There is no end to trying new nonces.
    NonceEndless = "nonce-endless",
}
