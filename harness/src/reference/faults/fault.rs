//! The faults.

switches! {
    /// A fault that some input brings out.
    Fault of "the reference server";

    /// Exits when an argument of a tool is null.
    DiesOnNullArgument = "dies-on-null-argument",
    /// Exits when an argument of a tool is an empty string.
    DiesOnEmptyArgument = "dies-on-empty-argument",
    /// Exits on a notification that it does not know.
    DiesOnUnknownNotification = "dies-on-unknown-notification",
    /// Exits on a cursor that it did not issue.
    DiesOnForgedCursor = "dies-on-forged-cursor",
    /// Exits on a URI with a percent sign that begins no escape.
    DiesOnBrokenEscape = "dies-on-broken-escape",
    /// Exits on a character beyond U+FFFF.
    DiesOnAstralCharacters = "dies-on-astral-characters",
    /// Exits on a message that nests more than 64 levels deep.
    DiesOnDeepNesting = "dies-on-deep-nesting",
    /// Exits on an integer that 64 bits do not hold.
    DiesOnHugeInteger = "dies-on-huge-integer",
    /// Exits on bytes that are not UTF-8.
    DiesOnInvalidUtf8 = "dies-on-invalid-utf8",
    /// Exits on an empty array in place of a message.
    DiesOnEmptyBatch = "dies-on-empty-batch",
    /// Exits when a resource is subscribed to a second time (up to 2025-11-25).
    DiesOnSecondSubscription = "dies-on-second-subscription",
    /// Waits for the rest of a message that is not whole, and takes what comes next for it.
    HangsOnHalfMessage = "hangs-on-half-message",
    /// Never answers a message with a string of more than 10,000 characters, nor any after it on the same connection.
    HangsOnLongString = "hangs-on-long-string",
    /// Loses the answer to every request that comes while three others are being answered.
    LosesAnswersUnderLoad = "loses-answers-under-load",
    /// The tool test_echo returns what it was last given, by anyone, where it is given a blank text.
    LeaksBetweenSessions = "leaks-between-sessions",
    /// Gives every client the session of the first (HTTP, up to 2025-11-25).
    ReusesSessions = "reuses-sessions",
    /// Leaves the last tool out of the list once a request has failed.
    ForgetsAToolAfterAnError = "forgets-a-tool-after-an-error",
    /// Answers a request once more when it is cancelled, also when it has been answered.
    AnswersCancelledAgain = "answers-cancelled-again",
    /// Answers a notification about a request or a progress token of a wrong type with an error.
    AnswersBrokenNotifications = "answers-broken-notifications",
    /// Answers parameters of a wrong type with -32603.
    WrongCodeAfterWrongType = "wrong-code-after-wrong-type",
    /// Returns an id above 2147483647 as a string.
    LargeIdAsText = "large-id-as-text",
    /// Returns an id with question marks in place of what is not ASCII.
    IdLosesCharacters = "id-loses-characters",
    /// Puts a stack trace into the message of an error about parameters.
    TraceInError = "trace-in-error",
    /// Puts a path of its machine into the error about an unknown resource.
    PathInError = "path-in-error",
    /// Breaks the output schema of test_structured_output for an empty or a long location.
    BreaksOutputSchema = "breaks-output-schema",
    /// Refuses a request that has `params` before `method`.
    DependsOnKeyOrder = "depends-on-key-order",
    /// Refuses a message with white space between tokens.
    DependsOnWhiteSpace = "depends-on-white-space",
    /// Refuses parameters that it does not know.
    DependsOnUnknownMembers = "depends-on-unknown-members",
    /// Refuses a message that arrives in several pieces.
    DependsOnChunks = "depends-on-chunks",
    /// Refuses a message with an escape in the name of a member.
    DependsOnEscapes = "depends-on-escapes",
    /// Copies the method into a header of the response, with its line ends (HTTP).
    ReflectsIntoHeader = "reflects-into-header",
    /// Answers a request without `Accept` with status 500 (HTTP).
    FailsWithoutHeader = "fails-without-header",
    /// Keeps 1 MiB for every prompt that is asked for.
    GrowsMemory = "grows-memory",
    /// Keeps a file open for every resource that it does not know.
    LeaksDescriptors = "leaks-descriptors",
    /// Writes a line for people to standard output when a tool is not known (stdio).
    TalksOnStdout = "talks-on-stdout",
    /// Shows a task at work again once it has been shown at its end.
    TaskComesBackFromItsEnd = "task-comes-back-from-its-end",
    /// Shows a task cancelled once its cancellation has come after its end.
    CancelAfterEndChangesStatus = "cancel-after-end-changes-status",
    /// Knows a task no more when it is asked for the second time.
    ForgetsATaskOnSecondGet = "forgets-a-task-on-second-get",
    /// Shows a task as begun when it was last changed.
    TaskBeginsAnew = "task-begins-anew",
    /// Gives the result of a task only once, and then an empty one (2025-11-25).
    ResultOnlyOnce = "result-only-once",
    /// Exits when a task is cancelled that it does not know.
    DiesOnCancelOfUnknownTask = "dies-on-cancel-of-unknown-task",
    /// Gives a page without its last entry when it is asked for with the same cursor again.
    CursorChangesList = "cursor-changes-list",
    /// Answers every client on the event stream that was opened last (HTTP+SSE).
    HasOneStream = "has-one-stream",
    /// Goes on with a session that its client has deleted (HTTP, up to 2025-11-25).
    DeletedSessionLives = "deleted-session-lives",
    /// Takes a resource that is read for changed, and tells of it whoever has unsubscribed (up to 2025-11-25).
    UnsubscribedGoesOn = "unsubscribed-goes-on",
    /// Asks for roots, whatever the client can be asked, where it should say what it lacks (2026-07-28).
    AsksWhatWasNotDeclared = "asks-what-was-not-declared",
    /// Gives to a call that is made again without answers what one with answers came to (2026-07-28).
    TakesAnswersOfOthers = "takes-answers-of-others",
    /// Refuses an answer to what it did not ask (2026-07-28).
    RefusesUnaskedAnswers = "refuses-unasked-answers",
    /// Refuses a call that is made again without answers, in place of asking again (2026-07-28).
    RefusesMissingAnswers = "refuses-missing-answers",
    /// Wants more input, but says not which, when a call is made again without answers (2026-07-28).
    AsksForNothing = "asks-for-nothing",
    /// Exits when a call is made again with the same state for the second time (2026-07-28).
    DiesOnRepeatedState = "dies-on-repeated-state",
    /// Takes up a cancelled task again when it is answered something (2026-07-28).
    AnswerRevivesTask = "answer-revives-task",
    /// Asks again in a task what was answered, from the second time on that it is shown after that (2026-07-28).
    AsksAgainWhatWasAnswered = "asks-again-what-was-answered",
    /// Exits when what it asks is answered with the error of a user who rejects it (up to 2025-11-25).
    DiesOnRejection = "dies-on-rejection",
    /// Never answers a call if what it asked was answered with an error (up to 2025-11-25).
    LosesCallAfterErrorAnswer = "loses-call-after-error-answer",
    /// Never answers a call if what it asked was declined (2025-06-18 to 2025-11-25).
    LosesCallAfterDecline = "loses-call-after-decline",
    /// Exits on an answer to what it asked in which a member is missing (up to 2025-11-25).
    DiesOnMalformedAnswer = "dies-on-malformed-answer",
    /// Waits for ever once what it asked was answered with null (up to 2025-11-25).
    ForgetsQuestionOnNull = "forgets-question-on-null",
    /// Exits on a second answer to what it asked (up to 2025-11-25).
    DiesOnSecondAnswer = "dies-on-second-answer",
    /// Exits on an answer to what it asked for a call that was cancelled meanwhile (up to 2025-11-25).
    DiesOnLateAnswer = "dies-on-late-answer",
    /// Takes an answer with an id that it has never given for the one that it waits for (up to 2025-11-25).
    TakesAnyAnswer = "takes-any-answer",
    /// Gives each of two calls the answer to what the other asked (up to 2025-11-25).
    CrossesAnswers = "crosses-answers",
    /// Takes an answer in one session for that to a question in another (HTTP, up to 2025-11-25).
    TakesAnswersOfOtherSessions = "takes-answers-of-other-sessions",
    /// Asks whoever calls, whatever that has declared (up to 2025-11-25).
    AsksTheUnable = "asks-the-unable",
    /// Exits on a `Last-Event-ID` that it has never given (HTTP, 2025-03-26 to 2025-11-25).
    DiesOnUnknownEventId = "dies-on-unknown-event-id",
    /// Goes on with a stream of any client, whoever names an event of it (HTTP, 2025-03-26 to 2025-11-25).
    ReplaysToAnyone = "replays-to-anyone",
    /// Knows no task that another instance began (HTTP, several instances).
    KnowsOnlyItsOwnTasks = "knows-only-its-own-tasks",
    /// Shows a task that another instance began as it was when it first showed it (HTTP, several instances).
    MissesWhatOthersDo = "misses-what-others-do",
    /// Shows a task that another instance began as last changed when it began (HTTP, several instances).
    TimesOfItsOwn = "times-of-its-own",
    /// Cancels a task once more where two cancel it at the same time (HTTP, several instances, 2025-11-25).
    CancelsTwiceAtOnce = "cancels-twice-at-once",
    /// Shows everybody the tasks that another instance began (HTTP, several instances, with tokens).
    ShowsTasksOfOthers = "shows-tasks-of-others",
    /// Knows no task that began before it was started (HTTP, several instances).
    ForgetsTasksAtRestart = "forgets-tasks-at-restart",
}
