//! Which members each sending verb needs and takes.

use super::cursor::Cursor;
use super::report::Report;

/// A verb that sends, what it needs, and what it takes besides.
struct Shape {
    verb: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
}

/// What every request takes.
const REQUEST: [&str; 14] = [
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
    "until",
    "cut",
    "wrong",
    "within",
];
const WITH_ARGUMENTS: [&str; 15] = [
    "args",
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
    "until",
    "cut",
    "wrong",
    "within",
];

const SHAPES: [Shape; 10] = [
    Shape { verb: "begin", needs: &["as"], takes: &REQUEST },
    Shape { verb: "request", needs: &["as", "method"], takes: &REQUEST },
    Shape { verb: "alive", needs: &["as"], takes: &REQUEST },
    Shape { verb: "call", needs: &["as", "tool"], takes: &WITH_ARGUMENTS },
    Shape { verb: "read", needs: &["as", "resource"], takes: &REQUEST },
    Shape { verb: "prompt", needs: &["as", "prompt"], takes: &WITH_ARGUMENTS },
    Shape {
        verb: "notify",
        needs: &["method"],
        takes: &[
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
            "token",
            "until",
            "wrong",
            "within",
        ],
    },
    Shape { verb: "batch", needs: &["as", "messages"], takes: &["by", "headers", "until", "wrong", "within"] },
    Shape {
        verb: "raw",
        needs: &["body"],
        takes: &["as", "by", "verb", "path", "headers", "chunks", "token", "until", "cut", "wrong", "within"],
    },
    Shape {
        verb: "http",
        needs: &["as"],
        takes: &["by", "verb", "path", "headers", "body", "chunks", "token", "until", "cut", "wrong", "within"],
    },
];

/// Members that are about the stream a step opens.
const OF_STREAM: [&str; 3] = ["until", "cut", "within"];
/// Members that only HTTP knows. `headers` say nothing on stdio either, but there a scenario may go on without them.
const HTTP_ONLY: [&str; 4] = ["verb", "path", "cut", "token"];

/// Reports members that are missing, or make no sense.
pub(super) fn check(verb: &str, verb_at: Cursor<'_>, on_stdio: bool, report: &mut Report<'_>) {
    let Some(shape) = SHAPES.iter().find(|shape| shape.verb == verb) else { return };
    for needed in shape.needs.iter().filter(|needed| !verb_at.has(needed)) {
        report.add(verb_at.key, format!("`{verb}` needs `{needed}`: add it"));
    }
    for (name, member) in verb_at.members() {
        if !shape.needs.contains(&name) && !shape.takes.contains(&name) {
            let others: Vec<String> = SHAPES
                .iter()
                .filter(|other| other.needs.contains(&name) || other.takes.contains(&name))
                .map(|other| format!("`{}`", other.verb))
                .collect();
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
