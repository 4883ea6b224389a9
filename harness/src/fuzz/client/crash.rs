//! Whether a client died, or ended because it wanted to: one that reports an error and ends with an exit code refuses properly.

use crate::fuzz::oracle::unquoted;
use crate::transcript::ProcessEnd;

/// Signals by which a program dies of itself: illegal instruction, trap, abort, bus error, floating point, segmentation.
const DEADLY: [i32; 6] = [4, 5, 6, 7, 8, 11];
/// A shell tells the signal that ended a program by this and its number.
const SHELL_SIGNAL: i32 = 128;
/// What a runtime says of a program that goes down with it, whatever the reason.
const FATAL: [&str; 8] = [
    "panicked at",
    "panic: ",
    "fatal error: ",
    "FATAL ERROR: ",
    "Segmentation fault",
    "terminate called",
    "stack overflow",
    "java.lang.StackOverflowError",
];
/// Errors that a program makes, not its input: nobody throws them to refuse something.
const OF_PROGRAMS: [&str; 27] = [
    "TypeError",
    "RangeError",
    "ReferenceError",
    "AttributeError",
    "KeyError",
    "IndexError",
    "RecursionError",
    "AssertionError",
    "AssertionError [ERR_ASSERTION]",
    "NameError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "MemoryError",
    "OverflowError",
    "ZeroDivisionError",
    "InvalidStateError",
    "asyncio.exceptions.InvalidStateError",
    "anyio.BrokenResourceError",
    "anyio.ClosedResourceError",
    "StopIteration",
    "java.lang.NullPointerException",
    "java.lang.ClassCastException",
    "java.lang.IndexOutOfBoundsException",
    "java.lang.OutOfMemoryError",
    "System.NullReferenceException",
    "System.InvalidCastException",
];
/// How a runtime says that nobody caught an error.
const UNCAUGHT: [&str; 5] = [
    "Traceback (most recent call last)",
    "\nNode.js v",
    "Exception in thread \"main\"",
    "Unhandled exception",
    "uncaughtException",
];

/// What it died of, by what this has in common with other times, and in its own words; none where it did not die.
pub fn crash(end: Option<&ProcessEnd>, words: &str) -> Option<(String, String)> {
    let signal = match end {
        Some(ProcessEnd::Signal(signal)) => Some(*signal),
        Some(ProcessEnd::Code(code)) => code.checked_sub(SHELL_SIGNAL).filter(|signal| DEADLY.contains(signal)),
        _ => None,
    };
    let fatal = |line: &str| FATAL.iter().any(|mark| line.contains(mark));
    if let Some(at) = words.lines().position(fatal) {
        // Rust says where first, and then why.
        let told: Vec<&str> = words.lines().skip(at).map(str::trim).take(1).collect();
        let why = words.lines().nth(at + 1).filter(|_| told.iter().any(|line| line.ends_with(':'))).unwrap_or_default();
        let sign = unquoted(format!("{} {why}", told.concat()).trim());
        return Some((sign, told.concat()));
    }
    if let Some(signal) = signal.filter(|signal| DEADLY.contains(signal)) {
        return Some((format!("signal {signal}"), format!("signal {signal} ended it")));
    }
    let failed = matches!(end, Some(ProcessEnd::Code(code)) if *code != 0);
    if !failed || !UNCAUGHT.iter().any(|mark| words.contains(mark)) {
        return None;
    }
    let line = last_error(words)?;
    Some((unquoted(line), line.to_owned()))
}

/// The last line that names an error of a program, where the error that ended it is such a one: with several at a time (Python's
/// groups) any of them, else the last that is named at all.
fn last_error(words: &str) -> Option<&str> {
    let own = |line: &str| {
        let named = line.split([':', ' ']).next().unwrap_or_default();
        let named = named.rsplit("exceptions.").next().unwrap_or(named);
        OF_PROGRAMS.contains(&named)
    };
    let bare = |line: &'_ str| -> usize { line.len() - line.trim_start_matches([' ', '|', '+', '-']).len() };
    let grouped = words.contains("Exception Group Traceback");
    let lines = || words.lines().rev().map(|line| (bare(line), line.get(bare(line)..).unwrap_or_default()));
    if grouped {
        return lines().map(|(_, line)| line).find(|line| own(line));
    }
    if words.contains("\nNode.js v") {
        // The stack follows the error; what was only logged before it does not count.
        let from = words.rfind("\n\n").map_or(0, |at| words.get(..at).unwrap_or_default().rfind("\n\n").unwrap_or(0));
        let tail = words.get(from..).unwrap_or_default();
        return tail.lines().map(str::trim).find(|line| own(line.trim_start_matches("Uncaught ")));
    }
    let mut lines = lines();
    let mark = |line: &str| line.rsplit("Exception in thread \"main\" ").next().unwrap_or_default().to_owned();
    lines.find(|(_, line)| named_like_an_error(&mark(line))).map(|(_, line)| line).filter(|line| {
        let rest = line.rsplit("Exception in thread \"main\" ").next().unwrap_or_default();
        let rest = rest.rsplit("Unhandled exception. ").next().unwrap_or(rest);
        own(rest)
    })
}

/// `SomeError: what`, `some.package.SomeException`.
fn named_like_an_error(line: &str) -> bool {
    let line = line.rsplit("Unhandled exception. ").next().unwrap_or(line);
    let named = line.split([':', ' ']).next().unwrap_or_default();
    (named.ends_with("Error") || named.ends_with("Exception") || named.ends_with("Iteration"))
        && named.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_is_reported_is_no_crash() {
        let ended = |code, words| crash(Some(&ProcessEnd::Code(code)), words).map(|(sign, _)| sign);
        assert_eq!(ended(1, "error: the server's answer is wrong"), None);
        assert_eq!(ended(0, "Traceback (most recent call last):\n  File\nTypeError: caught and told\n"), None);
        assert_eq!(ended(1, "Traceback (most recent call last):\n  File\nmcp.shared.exceptions.McpError: no\n"), None);
        let python = "TypeError: told before\nTraceback (most recent call last):\n  File \"a\"\nKeyError: 'tools'\n";
        assert_eq!(ended(1, python).as_deref(), Some("KeyError: ''"));
        let chained = "Traceback (most recent call last):\nKeyError: 1\n\nDuring handling\n\nTraceback (most recent call last):\nValueError: 2\n";
        assert_eq!(ended(1, chained), None);
        let group = "  + Exception Group Traceback (most recent call last):\n  |   File\n    | AttributeError: 'int'\n    +----\n";
        assert_eq!(ended(1, group).as_deref(), Some("AttributeError: ''"));
    }

    #[test]
    fn what_a_runtime_says_is_told_by_its_words() {
        let ended = |code, words| crash(Some(&ProcessEnd::Code(code)), words).map(|(sign, _)| sign);
        let node = "call x TypeError: told\n    at a\nfile:///a.mjs:1\n  x\n  ^\n\nTypeError: Cannot read properties of null (reading 'a')\n    at a\n\nNode.js v22.1.0\n";
        assert_eq!(ended(1, node).as_deref(), Some("TypeError: Cannot read properties of null (reading '')"));
        let refused = "file:///a.mjs:1\n  x\n  ^\n\nMcpError: no\n    at a\n\nNode.js v22.1.0\n";
        assert_eq!(ended(1, refused), None);
        assert_eq!(ended(139, "").as_deref(), Some("signal 11"));
        assert!(ended(101, "thread 'main' panicked at src/a.rs:1:2:").is_some());
        assert!(ended(2, "panic: runtime error: index out of range [0]\n\ngoroutine 1").is_some());
        let java = "Exception in thread \"main\" java.lang.NullPointerException: x\n\tat a.b(C.java:1)\n";
        assert!(ended(1, java).is_some());
        assert_eq!(crash(None, ""), None);
    }
}
