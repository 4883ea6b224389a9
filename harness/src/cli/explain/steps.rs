//! Steps in words.

use crate::action::{
    About, Action, Ask, Await, Lapse, MetadataPlace, Pause, Poll, Retry, Send, SignalName, StateUse, Until, Verb,
};

/// What a step does, in one line.
pub fn in_words(action: &Action) -> String {
    match action {
        Action::Open(who) => format!("{} takes up contact", who.by),
        Action::Begin(send) => sent(send, "begins with", "the first request of the protocol".to_owned()),
        Action::Request(send) => sent(send, "requests", method(send)),
        Action::Alive(send) => sent(send, "requests", "what every server answers".to_owned()),
        Action::Call(send) => sent(send, "calls", format!("the tool '{}'", named(send.tool.as_deref()))),
        Action::Read(send) => sent(send, "reads", format!("the resource '{}'", named(send.resource.as_deref()))),
        Action::Prompt(send) => sent(send, "gets", format!("the prompt '{}'", named(send.prompt.as_deref()))),
        Action::Notify(send) => sent(send, "notifies", method(send)),
        Action::Batch(batch) => {
            let parts: Vec<String> = batch.messages.iter().map(in_words).collect();
            format!(
                "{}sends as one batch, as `{}`: {}{}",
                by(&batch.by),
                batch.stream,
                if parts.is_empty() { "nothing".to_owned() } else { parts.join("; ") },
                wrong(batch.wrong)
            )
        }
        Action::Raw(send) => sent(send, "sends", "literal bytes".to_owned()),
        Action::Http(send) => {
            let verb = send.verb.map_or("POST", |verb| verb.as_str());
            sent(
                send,
                "sends",
                format!("an HTTP {verb}{}", send.path.as_ref().map(|path| format!(" to {path}")).unwrap_or_default()),
            )
        }
        Action::Metadata(metadata) => {
            let place = match &metadata.at {
                MetadataPlace::Path => "at the well-known place for the end point".to_owned(),
                MetadataPlace::Root => "at the root's well-known place".to_owned(),
                MetadataPlace::Issuer => "of the authorization server at the root".to_owned(),
                MetadataPlace::IssuerBelow => "of the authorization server below the root".to_owned(),
                MetadataPlace::Challenge(stream) => format!("where the challenge on `{stream}` says"),
                MetadataPlace::WellKnown(name) => format!("at /.well-known/{name}"),
                MetadataPlace::Listed(stream) => {
                    format!("where the AI Catalog on `{stream}` has the card of the server")
                }
                MetadataPlace::Card(stream) => {
                    format!(
                        "where the AI Catalog on `{stream}` has the card of the server, or else behind the end point"
                    )
                }
            };
            let verb = match metadata.verb {
                None | Some(Verb::Get) => "fetches metadata".to_owned(),
                Some(verb) => format!("sends an HTTP {} for metadata", verb.as_str()),
            };
            format!("{}{verb} {place}, as `{}`", by(&metadata.by), metadata.stream)
        }
        Action::Discover(ask) => asked(ask, "fetches the metadata of the authorization server"),
        Action::Register(ask) => asked(ask, "registers a client"),
        Action::Publish(ask) => asked(
            ask,
            match ask.about {
                About::Client => "publishes what a client says of itself",
                About::Issuer => "publishes what an issuer says of itself",
                About::TrustedIssuer => "publishes what the issuer that it trusts says of itself",
                About::KeysInClear => "publishes keys in the clear",
            },
        ),
        Action::Authorize(ask) => asked(ask, "asks for an authorization code"),
        Action::Redeem(ask) => asked(ask, "asks for tokens"),
        Action::Fetch(ask) => asked(ask, "fetches a document"),
        Action::Receive(receive) => format!("play a receiver of webhooks, whose requests are `{}`", receive.stream),
        Action::Host(host) => format!("{}loads the skills that the context names, as a host", by(&host.by)),
        Action::Respond(respond) => {
            let how = if respond.error.is_some() { "an error" } else { "a result" };
            format!("answer the server's {} on `{}` with {how}{}", respond.method, respond.to, wrong(respond.wrong))
        }
        Action::Retry(retry) => retried(retry),
        Action::Follow(follow) => {
            format!(
                "{}requests {} page after page, at most {}, as `{}`",
                by(&follow.by),
                follow.method,
                follow.pages,
                follow.stream
            )
        }
        Action::Await(wait) => awaited(wait),
        Action::Cut(cut) => format!("cut the connection of `{}`", cut.stream),
        Action::CloseStdin(who) => format!("close the standard input of {}'s process", who.by),
        Action::Signal(signal) => format!("send {} to {}'s process", signal_name(signal.signal), signal.by),
        Action::Instance(operation) => format!("instance {}: {}", operation.number, operation.act.word()),
        Action::Poll(poll) => polled(poll),
        Action::Pause(pause) => paused(pause),
    }
}

fn polled(poll: &Poll) -> String {
    format!(
        "{}requests {} until a message like {} comes, at most {} times, as `{}`",
        by(&poll.by),
        poll.method,
        poll.until,
        poll.times,
        poll.stream
    )
}

fn paused(pause: &Pause) -> String {
    let lapse = match &pause.lapse {
        Lapse::Fixed(lapse) => lapse.to_string(),
        Lapse::Told(value) => format!("as many milliseconds as {value} says"),
    };
    let since = pause.since.as_ref().map(|since| format!(" since the answer on `{since}`")).unwrap_or_default();
    format!("let {lapse} go by{since}, because {}", pause.because.trim())
}

fn by(actor: &str) -> String {
    format!("{actor} ")
}

fn method(send: &Send) -> String {
    named(send.method.as_deref()).to_owned()
}

fn named(name: Option<&str>) -> &str {
    name.unwrap_or("?")
}

fn wrong(wrong: bool) -> &'static str {
    if wrong { ", wrong on purpose" } else { "" }
}

fn sent(send: &Send, verb: &str, what: String) -> String {
    let mut text = format!("{}{verb} {what}", by(&send.by));
    if let Some(stream) = &send.stream {
        text.push_str(&format!(", as `{stream}`"));
    }
    if !send.chunks.is_whole() {
        text.push_str(&format!(", in pieces of {:?} bytes", send.chunks.0));
    }
    if let Some(cut) = &send.cut {
        let so_many = |n: Option<usize>, what: &str| n.map(|n| format!("{n} {what}(s)"));
        let after = so_many(cut.after_messages, "message").or(so_many(cut.after_events, "event")).unwrap_or_default();
        text.push_str(&format!(", cut after {after}"));
    }
    text.push_str(&send.until.as_ref().map(until).unwrap_or_default());
    text.push_str(wrong(send.wrong));
    text
}

fn until(until: &Until) -> String {
    match until {
        Until::Answered => ", until it is answered".to_owned(),
        Until::Ended => ", until the response ends".to_owned(),
        Until::Open => ", until the response begins".to_owned(),
        Until::Sent => ", without waiting".to_owned(),
        Until::Message(pattern) => format!(", until a message like {pattern} comes"),
    }
}

fn retried(retry: &Retry) -> String {
    let state = match &retry.state {
        StateUse::Keep => "",
        StateUse::Drop => ", without the request state",
        StateUse::Append(_) | StateUse::Replace(_) => ", with a changed request state",
        StateUse::Of(_) => ", with another request's state",
    };
    let by = retry.by.as_deref().map_or_else(|| "its actor ".to_owned(), by);
    format!(
        "{by}repeats the request of `{}` with the inputs asked for{state}, as `{}`{}",
        retry.of,
        retry.stream,
        wrong(retry.wrong)
    )
}

fn awaited(wait: &Await) -> String {
    let mut parts = Vec::new();
    if !wait.streams.is_empty() {
        let streams: Vec<String> = wait.streams.iter().map(|stream| format!("`{stream}`")).collect();
        parts.push(format!("{}{}", streams.join(" and "), wait.until.as_ref().map(until).unwrap_or_default()));
    }
    if let Some(pattern) = &wait.message {
        parts.push(format!("{} message(s) like {pattern} to {}", wait.count, wait.by));
    }
    if let Some(stream) = &wait.trace {
        parts.push(format!("the span that follows from the request on `{stream}`"));
    }
    if wait.exit {
        parts.push(format!("the end of {}'s process", wait.by));
    }
    let within = wait.within.map(|within| format!(", at most {within}")).unwrap_or_default();
    let may_miss = if wait.may_miss { ", which may not come" } else { "" };
    format!("wait for {}{within}{may_miss}", parts.join(" and "))
}

const fn signal_name(signal: SignalName) -> &'static str {
    match signal {
        SignalName::Term => "SIGTERM",
        SignalName::Int => "SIGINT",
        SignalName::Kill => "SIGKILL",
    }
}

fn asked(ask: &Ask, does: &str) -> String {
    let changed: Vec<&str> = ask.set.keys().map(String::as_str).collect();
    let with = if changed.is_empty() { String::new() } else { format!(" with its own {}", changed.join(", ")) };
    format!("{does}{with}, as `{}`{}", ask.stream, wrong(ask.wrong))
}
