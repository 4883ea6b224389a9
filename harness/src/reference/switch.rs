//! The declared defects of the reference server.

switches! {
    /// One defect that a proxy in front of a conforming server cannot fake: something kept, shared, forgotten or not checked.
    Switch of "the reference server";

    /// A session goes on working after DELETE.
    SessionSurvivesDelete = "session-survives-delete",
    /// A session id that was never issued is served as a fresh session.
    AcceptsAnySession = "accepts-any-session",
    /// Requests without a session id are served although one was issued.
    AcceptsWithoutSession = "accepts-without-session",
    /// Requests before `initialize` are served on stdio.
    AcceptsWithoutHandshake = "accepts-without-handshake",
    /// A second `initialize` in the same session is answered.
    AcceptsSecondInitialize = "accepts-second-initialize",
    /// The client is asked for input before `notifications/initialized` came.
    AsksBeforeInitialized = "asks-before-initialized",
    /// The client is asked for input that it declared no capability for.
    AsksUndeclaredCapability = "asks-undeclared-capability",
    /// Client capabilities of an earlier request count for later ones (2026-07-28).
    RemembersCapabilities = "remembers-capabilities",
    /// Subscriptions are confirmed and then nothing is ever delivered.
    ForgetsSubscription = "forgets-subscription",
    /// Unsubscribing is confirmed and has no effect.
    KeepsSubscription = "keeps-subscription",
    /// A session is told of resources that it did not subscribe to, and a listen stream of kinds it did not ask for.
    DeliversUnrequested = "delivers-unrequested",
    /// One message is sent on every open GET stream of the session.
    Broadcasts = "broadcasts",
    /// A cancelled request is worked on and answered all the same.
    IgnoresCancel = "ignores-cancel",
    /// A closed response stream does not stop the work (2026-07-28).
    IgnoresDisconnect = "ignores-disconnect",
    /// A lost connection cancels the request (2025-11-25).
    CancelsOnDisconnect = "cancels-on-disconnect",
    /// The event stream of a request stays open after the response to it.
    KeepsStreamOpen = "keeps-stream-open",
    /// The process goes on when its standard input is closed.
    IgnoresStdinClose = "ignores-stdin-close",
    /// Log messages below the level asked for are sent, and in 2026-07-28 also when none was asked for.
    LogLevelIgnored = "log-level-ignored",
    /// The log level set in one session holds for all.
    SharesLogLevel = "shares-log-level",
    /// A cursor that was never issued gives the first page.
    CursorUnchecked = "cursor-unchecked",
    /// Every page after the first is the same one again.
    CursorStuck = "cursor-stuck",
    /// The last item of each page comes again on the next.
    PagesOverlap = "pages-overlap",
    /// `requestState` is taken without verification.
    StateUnprotected = "state-unprotected",
    /// `requestState` of one request is accepted on another.
    StateUnbound = "state-unbound",
    /// `requestState` that counts once is taken again.
    StateReusable = "state-reusable",
    /// A request without `clientInfo` is taken for one of the client that last gave its name (2026-07-28).
    RemembersClient = "remembers-client",
    /// Paths of `file://` resources are checked as written, before `..` and escapes are resolved.
    LeavesFolder = "leaves-folder",
    /// `requestState` never expires.
    StateNeverExpires = "state-never-expires",
    /// Input that is not JSON ends the process or the connection.
    DiesOnInvalidJson = "dies-on-invalid-json",
    /// An unknown method is never answered.
    HangsOnUnknownMethod = "hangs-on-unknown-method",
    /// Each chunk of a request body is decoded as text on its own.
    DecodesPiecewise = "decodes-piecewise",
    /// Notifications are answered.
    AnswersNotifications = "answers-notifications",
    /// `Origin` is not looked at.
    OriginUnchecked = "origin-unchecked",
    /// `Host` is not looked at.
    HostUnchecked = "host-unchecked",
    /// `MCP-Protocol-Version` is not looked at.
    IgnoresVersionHeader = "ignores-version-header",
    /// `Mcp-Method` and `Mcp-Name` are not compared with the body.
    IgnoresRoutingHeaders = "ignores-routing-headers",
    /// `Mcp-Param-*` is not compared with the body.
    IgnoresParamHeaders = "ignores-param-headers",
    /// Base64 header values are compared without decoding.
    HeadersNotDecoded = "headers-not-decoded",
    /// Requests without the required `_meta` are served (2026-07-28).
    AcceptsMissingMeta = "accepts-missing-meta",
    /// Every protocol version is accepted (2026-07-28).
    AcceptsAnyVersion = "accepts-any-version",
    /// Tool arguments are not validated.
    ArgumentsUnchecked = "arguments-unchecked",
    /// Resuming replays the stream from its beginning.
    ReplaysFromStart = "replays-from-start",
    /// Resuming also replays what belonged to other streams of the session.
    ReplaysOtherStreams = "replays-other-streams",
    /// Resuming replays nothing.
    ReplaysNothing = "replays-nothing",
    /// Event ids start again on every stream.
    ReusesEventIds = "reuses-event-ids",
    /// The list of tools differs from one request to the next though nothing changed.
    ListsInAnyOrder = "lists-in-any-order",
    /// Changes of lists are made and never announced.
    ChangesSilently = "changes-silently",
    /// A task is answered only when its work is done.
    CreatesTasksLate = "creates-tasks-late",
    /// The result of a task that is still at work is given at once, empty.
    TaskResultAtOnce = "task-result-at-once",
    /// A task is forgotten once its result was fetched, long before its time is over.
    ForgetsTasksEarly = "forgets-tasks-early",
    /// A cancelled task goes on, and ends as if nothing had been.
    RevivesTasks = "revives-tasks",
    /// Every session sees and uses the tasks of all.
    SharesTasks = "shares-tasks",
    /// The ids of tasks are counted, and every session can use them.
    GuessableTaskIds = "guessable-task-ids",
    /// The related task in `_meta` decides which task is meant.
    RelatedTaskDecides = "related-task-decides",
    /// Whether a request declares the extension for tasks is not looked at (2026-07-28).
    TasksForEveryone = "tasks-for-everyone",
    /// The span of a tool call is of a trace of its own, whatever the caller's is.
    TracesApart = "traces-apart",
    /// The span of a tool call is of the caller's trace, but has no parent.
    SpansWithoutParent = "spans-without-parent",
    /// The span of a tool call is not called by method and tool.
    SpansNamedOddly = "spans-named-oddly",
    /// The span of a step of a task does not say which task it is.
    TaskStepsUntraced = "task-steps-untraced",
    /// The span of a call does not say which task came of it.
    TaskCallsUntraced = "task-calls-untraced",
    /// Requests over HTTP need no token.
    AcceptsWithoutToken = "accepts-without-token",
    /// Any text is taken as a token.
    AnyToken = "any-token",
    /// Nobody looks at the signature of a token, nor whether it has one.
    SignatureUnchecked = "signature-unchecked",
    /// It does not matter for which resource a token was issued.
    AudienceUnchecked = "audience-unchecked",
    /// A token that is bound to a key is taken as a bearer token, without a proof.
    BoundAsBearer = "bound-as-bearer",
    /// Nobody looks at the proof beside a bound token, nor whether there is one.
    ProofUnchecked = "proof-unchecked",
    /// It does not matter when a proof was made.
    ProofTimeUnchecked = "proof-time-unchecked",
    /// A proof has to have a claim that no standard knows.
    ProofNeedsOwnClaim = "proof-needs-own-claim",
    /// Expired tokens are accepted, and those that are not valid yet.
    LifetimeUnchecked = "lifetime-unchecked",
    /// Scopes are asked for and not looked at.
    ScopeUnchecked = "scope-unchecked",
    /// Of several missing scopes only one is named at a time.
    ScopesOneByOne = "scopes-one-by-one",
    /// A token in the query of the URL is taken.
    TokenInQuery = "token-in-query",
    /// A request is worked on before its token is looked at.
    TokenCheckedLate = "token-checked-late",
    /// A session id stands in for a token.
    SessionAuthenticates = "session-authenticates",
    /// A session can be used with the token of another user.
    SessionOfAnyone = "session-of-anyone",
    /// What is shown to one user alone can be read by another.
    ReadsForAnyone = "reads-for-anyone",
    /// `requestState` can be used by another user than the one it was issued to.
    StateOfAnyone = "state-of-anyone",
    /// Over stdio requests are worked on one after the other; a slow one holds up the rest.
    OneAtATime = "one-at-a-time",
    /// A session is known only to the instance that opened it (others: 404).
    SessionOnOneInstance = "session-on-one-instance",
    /// DELETE ends the session only on the instance it is sent to; the others go on serving it.
    DeletesOnOneInstance = "deletes-on-one-instance",
    /// `notifications/initialized` is noted only by the instance that got it (others never ask the client).
    InitializedOnOneInstance = "initialized-on-one-instance",
    /// The level set through one instance does not hold on the others (they stay at info).
    LogLevelOnOneInstance = "log-level-on-one-instance",
    /// A resource subscription is known only to the instance that took it (a change made through another is not told).
    SubscriptionsOnOneInstance = "subscriptions-on-one-instance",
    /// A GET stream hears only of what is caused on its own instance.
    NotificationsOnOneInstance = "notifications-on-one-instance",
    /// Streams can be resumed only on the instance that began them (others: 400).
    EventsOnOneInstance = "events-on-one-instance",
    /// A stream resumed on another instance is replayed from its beginning.
    ForeignReplayFromStart = "foreign-replay-from-start",
    /// A stream resumed on another instance leaves out the first missed message.
    ForeignReplaySkipsOne = "foreign-replay-skips-one",
    /// A stream resumed on another instance also replays what belonged to other streams of the session.
    ForeignReplayOtherStreams = "foreign-replay-other-streams",
    /// A stream resumed on another instance has what was missed and ends there; what comes later is lost.
    ForeignReplayStops = "foreign-replay-stops",
    /// An event id of another session's stream is resumed as if it were one's own.
    ReplaysOtherSessions = "replays-other-sessions",
    /// The client's answer to a server request counts only on the instance that asked (elsewhere 202 and lost).
    AnswersOnOneInstance = "answers-on-one-instance",
    /// `notifications/cancelled` counts only on the instance that works on the request.
    CancelsOnOneInstance = "cancels-on-one-instance",
    /// A task is known only to the instance that runs it (2025-11-25).
    TasksOnOneInstance = "tasks-on-one-instance",
    /// Cursors and requestState are sealed with a key of each instance's own.
    OwnKeys = "own-keys",
    /// What tools change (extra tool/prompt/resource, version of the watched resource) changes on one instance only.
    ChangesOnOneInstance = "changes-on-one-instance",
    /// What happened, of which clients are told as events, is known to the instance where it happened alone.
    OccurrencesOnOneInstance = "occurrences-on-one-instance",
    /// Subscriptions by webhook are known to the instance that took them alone.
    WebhooksOnOneInstance = "webhooks-on-one-instance",
    /// The order of the tools differs from one instance to the next.
    ListsDifferByInstance = "lists-differ-by-instance",
    /// An orderly shutdown (SIGTERM, Options.shutdown) cuts what is being answered.
    DrainDropsAnswers = "drain-drops-answers",
    /// `subscriptions/listen` hears only of changes made through its own instance.
    ListensOnOneInstance = "listens-on-one-instance",
    /// Client capabilities of an earlier request on the same connection count for later ones on it.
    ConnectionRemembersCapabilities = "connection-remembers-capabilities",
    /// The log level of an earlier request on the same connection counts for later ones on it that name none.
    ConnectionRemembersLevel = "connection-remembers-level",
    /// requestState is taken only on the connection that it was issued on.
    StateBoundToConnection = "state-bound-to-connection",
    /// State that counts once counts once on every instance.
    StateOnOneInstance = "state-on-one-instance",
    /// Handles given in results (test_counter) are known only to the instance that gave them.
    HandlesOnOneInstance = "handles-on-one-instance",
    /// Callback URLs may have any scheme (extension for events).
    WebhookInClear = "webhook-in-clear",
    /// Arguments of a subscription are compared as they are written.
    WebhookKeysAsWritten = "webhook-keys-as-written",
    /// Arguments make no difference to which subscription it is.
    WebhookAnyArguments = "webhook-any-arguments",
    /// Who subscribes makes no difference to which subscription it is.
    WebhookForAll = "webhook-for-all",
    /// Who subscribes again has two subscriptions.
    WebhookAdds = "webhook-adds",
    /// A new secret of a subscription is passed over.
    WebhookKeepsSecret = "webhook-keeps-secret",
    /// A subscription that is refreshed ends when it would have ended.
    WebhookNotExtended = "webhook-not-extended",
    /// Subscriptions go on after their end.
    WebhookNeverExpires = "webhook-never-expires",
    /// Who refreshes a subscription with a cursor gets everything since once more.
    WebhookReplaysAgain = "webhook-replays-again",
    /// The cursor of a new subscription is passed over.
    WebhookNoReplay = "webhook-no-replay",
    /// Unsubscribing is confirmed and has no effect.
    WebhookGoesOn = "webhook-goes-on",
    /// Nobody asks at a callback URL whether events are wanted there.
    WebhookUnverified = "webhook-unverified",
    /// Whatever a callback URL answers to a challenge will do.
    WebhookAnyEcho = "webhook-any-echo",
    /// A callback URL that one user was verified for will do for all.
    WebhookVerifiesOnce = "webhook-verifies-once",
    /// Redirects of a callback URL are followed.
    WebhookFollows = "webhook-follows",
    /// One event after the other is posted, each until it is accepted.
    WebhookInOrder = "webhook-in-order",
    /// Cursors of posted events pass over what is not acknowledged.
    WebhookCursorAhead = "webhook-cursor-ahead",
    /// Posted events have a type.
    WebhookTyped = "webhook-typed",
    /// Each attempt to post an event has an id of its own.
    WebhookIdsFresh = "webhook-ids-fresh",
    /// An event that is posted again is signed as it was.
    WebhookSignsOnce = "webhook-signs-once",
    /// An event that was accepted is posted again.
    WebhookRepeats = "webhook-repeats",
    /// What is gone or too large is posted again.
    WebhookRetriesAll = "webhook-retries-all",
    /// Nothing is posted again.
    WebhookTriesOnce = "webhook-tries-once",
    /// Subscribers by webhook are not told that their subscription ended.
    WebhookEndsSilently = "webhook-ends-silently",
    /// Subscribers by webhook are not told that something was lost.
    WebhookNoGaps = "webhook-no-gaps",
    /// What is posted and is no event has an id that does not say what it is.
    WebhookControlIds = "webhook-control-ids",
    /// The time of what is posted is in milliseconds.
    WebhookTimeInMillis = "webhook-time-in-millis",
    /// What is posted is signed with the new secret alone.
    WebhookSignsWithOne = "webhook-signs-with-one",
    /// What is posted is signed with the text of the secret.
    WebhookSignsWithText = "webhook-signs-with-text",
    /// What is posted is called text.
    WebhookAsText = "webhook-as-text",
    /// What is posted does not say for which subscription.
    WebhookNameless = "webhook-nameless",
    /// What is posted is padded beyond 256 KiB.
    WebhookLarge = "webhook-large",
}
