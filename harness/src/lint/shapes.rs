//! Which members each sending verb needs and takes.

use super::cursor::Cursor;
use super::report::Report;

/// A verb that sends, what it needs, and what it takes besides.
struct Shape {
    verb: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
    /// It calls what takes arguments, and so takes `args` too.
    arguments: bool,
}

impl Shape {
    const fn new(verb: &'static str, needs: &'static [&'static str], takes: &'static [&'static str]) -> Self {
        Self { verb, needs, takes, arguments: false }
    }

    const fn with_arguments(self) -> Self {
        Self { arguments: true, ..self }
    }

    fn knows(&self, name: &str) -> bool {
        self.needs.contains(&name) || self.takes.contains(&name) || self.arguments && name == "args"
    }
}

/// What every request takes.
const REQUEST: [&str; 16] = [
    "by",
    "params",
    "meta",
    "capabilities",
    "headers",
    "set",
    "unset",
    "id",
    "chunks",
    "token",
    "proof",
    "until",
    "cut",
    "fault",
    "wrong",
    "within",
];
const SHAPES: [Shape; 16] = [
    Shape::new("begin", &["as"], &REQUEST),
    Shape::new("request", &["as", "method"], &REQUEST),
    Shape::new("alive", &["as"], &REQUEST),
    Shape::new("call", &["as", "tool"], &REQUEST).with_arguments(),
    Shape::new("read", &["as", "resource"], &REQUEST),
    Shape::new("prompt", &["as", "prompt"], &REQUEST).with_arguments(),
    Shape::new(
        "notify",
        &["method"],
        &[
            "as",
            "by",
            "params",
            "meta",
            "capabilities",
            "headers",
            "set",
            "unset",
            "chunks",
            "token",
            "until",
            "wrong",
            "within",
        ],
    ),
    Shape::new("batch", &["as", "messages"], &["by", "headers", "until", "wrong", "within"]),
    Shape::new(
        "raw",
        &["body"],
        &["as", "by", "verb", "path", "headers", "chunks", "token", "until", "cut", "fault", "wrong", "within"],
    ),
    Shape::new(
        "http",
        &["as"],
        &["by", "verb", "path", "headers", "body", "chunks", "token", "until", "cut", "fault", "wrong", "within"],
    ),
    Shape::new("discover", &["as"], &["at", "headers", "within"]),
    Shape::new("register", &["as"], &["set", "headers", "wrong", "within"]),
    Shape::new("publish", &["as"], &["about", "set", "body", "headers"]),
    Shape::new("authorize", &["as"], &["client", "set", "user", "wrong", "within"]),
    Shape::new(
        "redeem",
        &["as"],
        &["client", "of", "set", "headers", "proof", "assertion", "grant", "wrong", "within"],
    ),
    Shape::new("fetch", &["as", "url"], &["headers", "within"]),
];

/// Members that are about the stream a step opens.
const OF_STREAM: [&str; 4] = ["until", "cut", "fault", "within"];
/// Members that only HTTP knows. `headers` say nothing on stdio either, but there a scenario may go on without them.
const HTTP_ONLY: [&str; 6] = ["verb", "path", "cut", "fault", "token", "proof"];

/// Reports members that are missing, or make no sense.
pub(super) fn check(verb: &str, verb_at: Cursor<'_>, on_stdio: bool, report: &mut Report<'_>) {
    let Some(shape) = SHAPES.iter().find(|shape| shape.verb == verb) else { return };
    for needed in shape.needs.iter().filter(|needed| !verb_at.has(needed)) {
        report.add(verb_at.key, format!("`{verb}` needs `{needed}`: add it"));
    }
    for (name, member) in verb_at.members() {
        if !shape.knows(name) {
            let others: Vec<String> =
                SHAPES.iter().filter(|other| other.knows(name)).map(|other| format!("`{}`", other.verb)).collect();
            report.add(member.key, format!("`{verb}` takes no `{name}`: it belongs to {}", others.join(", ")));
        } else if OF_STREAM.contains(&name) && !verb_at.has("as") {
            report.add(member.key, format!("`{name}` is about the stream that the step opens: name that with `as`"));
        } else if on_stdio && HTTP_ONLY.contains(&name) {
            report.add(member.key, only_http(&format!("`{name}`")));
        }
    }
}

/// That something exists over HTTP only.
pub(super) fn only_http(what: &str) -> String {
    format!("{what} exists over HTTP only: write `transport: http` under `applies`, or split the scenario")
}
