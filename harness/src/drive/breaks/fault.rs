//! The faults.

switches! {
    /// A fault of a client that some answer brings out.
    ClientFault of "the reference client";

    /// Dies on an answer with a null in it.
    DiesOnNullMember = "dies-on-null-member",
    /// Dies on a notification that it does not know.
    DiesOnUnknownNotification = "dies-on-unknown-notification",
    /// Dies on a message that nests more than 500 levels deep.
    DiesOnDeepNesting = "dies-on-deep-nesting",
    /// Dies on bytes that are not UTF-8.
    DiesOnInvalidUtf8 = "dies-on-invalid-utf8",
    /// Dies on half a surrogate pair.
    DiesOnLoneSurrogate = "dies-on-lone-surrogate",
    /// Dies on a content type that it does not know (HTTP).
    DiesOnUnknownContentType = "dies-on-unknown-content-type",
    /// Never ends after a message with a text of more than 50,000 characters.
    HangsOnLongText = "hangs-on-long-text",
    /// Never ends after a stream of events that ended without a whole one (HTTP).
    HangsOnHalfEvent = "hangs-on-half-event",
    /// Is busy for ever after an error without id.
    SpinsOnErrorWithoutId = "spins-on-error-without-id",
    /// Answers a ping twice.
    AnswersPingsTwice = "answers-pings-twice",
    /// Answers notifications.
    AnswersNotifications = "answers-notifications",
    /// Does not answer requests that it does not know.
    IgnoresUnknownRequests = "ignores-unknown-requests",
    /// Takes a list of tools for its own, whatever id it has.
    BelievesAnyAnswer = "believes-any-answer",
    /// Keeps no more than 32 bits of an id.
    LosesLargeIds = "loses-large-ids",
    /// Asks whether the server is still there after an answer whose members are in another order.
    DependsOnMemberOrder = "depends-on-member-order",
    /// Takes memory for a page that a cursor announces.
    TakesMemoryForACursor = "takes-memory-for-a-cursor",
}
