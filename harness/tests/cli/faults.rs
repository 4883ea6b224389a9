//! Every fault of the reference server is there with its switch, and not without.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use mcp_assay::reference::Fault;
use serde_json::{Value, json};

use crate::command::{PROGRAM, Serving, assay};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;

/// The reference server on its standard streams.
struct Line {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Line {
    fn start(fault: Option<&str>) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["reference", "server", "--stdio"]);
        command.args(fault.map(|fault| format!("--fault={fault}")));
        let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = streams.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut line = Self { child, input, output };
        assert!(line.ask(INITIALIZE).contains("protocolVersion"));
        line.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        line
    }

    fn send(&mut self, text: &str) {
        // One that has ended takes nothing.
        let _ = self.input.write_all(format!("{text}\n").as_bytes());
    }

    fn read(&mut self) -> String {
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer
    }

    fn ask(&mut self, text: &str) -> String {
        self.send(text);
        self.read()
    }

    /// All that it says until it ends, and its exit code.
    fn end(mut self) -> (String, Option<i32>) {
        drop(self.input);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        (rest, self.child.wait().unwrap().code())
    }
}

fn request(id: Value, method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

fn tool(name: &str, arguments: Value) -> String {
    request(json!(1), "tools/call", json!({ "name": name, "arguments": arguments }))
}

#[test]
fn those_that_end_the_process_do() {
    let subscribe = |id| request(json!(id), "resources/subscribe", json!({ "uri": "test://watched-resource" }));
    let deep =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{}1{}}}}}"#, "[".repeat(70), "]".repeat(70));
    let rows = [
        ("dies-on-null-argument", vec![tool("test_echo", json!({ "message": null }))]),
        ("dies-on-empty-argument", vec![tool("test_echo", json!({ "message": "" }))]),
        ("dies-on-unknown-notification", vec![r#"{"jsonrpc":"2.0","method":"notifications/x"}"#.to_owned()]),
        ("dies-on-forged-cursor", vec![request(json!(1), "tools/list", json!({ "cursor": "x" }))]),
        (
            "dies-on-broken-escape",
            vec![request(json!(1), "resources/read", json!({ "uri": "test://template/%zz/data" }))],
        ),
        ("dies-on-astral-characters", vec![tool("test_echo", json!({ "message": "\u{1f600}" }))]),
        ("dies-on-deep-nesting", vec![deep]),
        (
            "dies-on-huge-integer",
            vec![r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":9223372036854775808}}"#.to_owned()],
        ),
        ("dies-on-empty-batch", vec!["[]".to_owned()]),
        ("dies-on-second-subscription", vec![subscribe(1), subscribe(2)]),
    ];
    for (fault, messages) in rows {
        for (switched, code) in [(Some(fault), Some(70)), (None, Some(0))] {
            let mut line = Line::start(switched);
            for message in &messages {
                line.send(message);
            }
            let (said, exit) = line.end();
            assert_eq!(exit, code, "{fault}: {said}");
        }
    }
    let mut line = Line::start(Some("dies-on-invalid-utf8"));
    line.input.write_all(b"\"\xff\"\n").unwrap();
    assert_eq!(line.end().1, Some(70));
}

/// What the server says to messages, one after the other.
fn said(fault: Option<&str>, messages: &[String]) -> Vec<String> {
    let mut line = Line::start(fault);
    messages.iter().map(|message| line.ask(message)).collect()
}

#[test]
fn those_in_an_answer_show_there() {
    let list = request(json!(1), "tools/list", json!({}));
    let unknown = request(json!(1), "resources/read", json!({ "uri": "test://nothing" }));
    let rows = [
        (
            "leaks-between-sessions",
            vec![tool("test_echo", json!({ "message": "secret" })), tool("test_echo", json!({ "message": "" }))],
            "secret",
        ),
        ("wrong-code-after-wrong-type", vec![request(json!(1), "tools/call", json!({ "name": 5 }))], "-32603"),
        ("large-id-as-text", vec![request(json!(2_147_483_648_i64), "ping", json!({}))], "\"2147483648\""),
        ("id-loses-characters", vec![request(json!("ä"), "ping", json!({}))], "\"?\""),
        ("trace-in-error", vec![request(json!(1), "tools/call", json!({}))], "Traceback"),
        ("path-in-error", vec![unknown], "/home/app"),
        (
            "breaks-output-schema",
            vec![tool("test_structured_output", json!({ "location": "" }))],
            "\"temperature\":\"unknown\"",
        ),
        ("depends-on-key-order", vec![r#"{"params":{},"method":"ping","id":1,"jsonrpc":"2.0"}"#.to_owned()], "error"),
        ("depends-on-white-space", vec![r#"{"jsonrpc": "2.0","id":1,"method":"ping"}"#.to_owned()], "error"),
        ("depends-on-unknown-members", vec![request(json!(1), "ping", json!({ "example.com/x": 1 }))], "error"),
        ("depends-on-escapes", vec![r#"{"jsonrpc":"2.0","i\u0064":1,"method":"ping"}"#.to_owned()], "error"),
        (
            "answers-broken-notifications",
            vec![
                r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":null}}"#.to_owned(),
                list.clone(),
            ],
            "must be a string",
        ),
        (
            "answers-cancelled-again",
            vec![
                r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}"#.to_owned(),
                list.clone(),
            ],
            "77",
        ),
        ("talks-on-stdout", vec![tool("nothing", json!({}))], "WARNING"),
    ];
    for (fault, messages, sign) in rows {
        let shown = |fault: Option<&str>| {
            let mut line = Line::start(fault);
            // A notification has no answer to wait for; what comes first then is what should not.
            let answered = |message: &&String| message.contains("\"id\"") || message.contains("i\\u0064");
            let all: Vec<String> = messages
                .iter()
                .map(|message| {
                    if answered(&message) {
                        line.ask(message)
                    } else {
                        line.send(message);
                        String::new()
                    }
                })
                .collect();
            all.last().cloned().unwrap_or_default()
        };
        let with = shown(Some(fault));
        assert!(with.contains(sign), "{fault}: {with}");
        let without = shown(None);
        assert!(!without.contains(sign), "{fault} shows without its switch: {without}");
    }
    let counts = |fault| {
        let all = said(fault, &[list.clone(), request(json!(1), "tools/call", json!({})), list.clone()]);
        let count =
            |text: &String| serde_json::from_str::<Value>(text).unwrap()["result"]["tools"].as_array().unwrap().len();
        (count(&all[0]), count(&all[2]))
    };
    let (before, after) = counts(Some("forgets-a-tool-after-an-error"));
    assert_eq!(before, after + 1);
    let (before, after) = counts(None);
    assert_eq!(before, after);
}

#[test]
fn those_that_lose_answers_or_wait_do() {
    let pings: Vec<String> = (1..=8).map(|id| request(json!(id), "ping", json!({}))).collect();
    let answers = |fault: Option<&str>, text: &str| {
        let mut line = Line::start(fault);
        line.send(text);
        line.end().0.lines().count()
    };
    assert_eq!(answers(None, &pings.join("\n")), 8);
    assert!(answers(Some("loses-answers-under-load"), &pings.join("\n")) < 8);
    let half = format!("{{\"jsonrpc\":\"2.0\",\n{}", pings.join("\n"));
    assert_eq!(answers(None, &half), 9, "the refusal of the half, and each answer");
    assert!(answers(Some("hangs-on-half-message"), &half) < 9);
}

#[test]
fn those_that_keep_things_grow() {
    let prompt = request(json!(1), "prompts/get", json!({ "name": "test_simple_prompt" }));
    let unknown = request(json!(1), "resources/read", json!({ "uri": "test://nothing" }));
    let files = |line: &Line| std::fs::read_dir(format!("/proc/{}/fd", line.child.id())).unwrap().count();
    let pages = |line: &Line| {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", line.child.id())).unwrap();
        text.split(' ').nth(1).unwrap().parse::<usize>().unwrap()
    };
    let grown = |fault, message: &str, measure: &dyn Fn(&Line) -> usize| {
        let mut line = Line::start(Some(fault));
        let before = measure(&line);
        for _ in 0..20 {
            line.ask(message);
        }
        measure(&line).saturating_sub(before)
    };
    assert_eq!(grown("leaks-descriptors", &unknown, &files), 20);
    assert_eq!(grown("leaks-descriptors", &prompt, &files), 0);
    // 20 MiB in pages of 4 KiB.
    assert!(grown("grows-memory", &prompt, &pages) >= 5120);
    assert!(grown("grows-memory", &unknown, &pages) < 2560);
}

/// One POST, whose body has so many chunks; the whole response, head first.
fn post(url: &str, body: &str, headers: &[&str], chunks: usize) -> String {
    let address = url.trim_start_matches("http://").trim_end_matches("/mcp");
    let mut stream = TcpStream::connect(address).unwrap();
    let mut request = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".to_owned();
    for header in headers.iter().chain(&["Content-Type: application/json", "Transfer-Encoding: chunked", ""]) {
        request.extend([header, "\r\n"]);
    }
    for chunk in body.as_bytes().chunks(body.len().div_ceil(chunks)) {
        request += &format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).unwrap());
    }
    request += "0\r\n\r\n";
    // All at once: a server that answers the head alone closes before a later piece could be written.
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

const ACCEPT: &str = "Accept: application/json, text/event-stream";

#[test]
fn those_of_http_show_over_http() {
    let session = |response: &str| {
        let line = response.lines().find(|line| line.to_ascii_lowercase().starts_with("mcp-session-id:"));
        line.unwrap().to_owned()
    };
    type Shows<'a> = &'a dyn Fn(&str) -> bool;
    let rows: [(&str, Shows<'_>); 4] = [
        ("reuses-sessions", &|url| {
            session(&post(url, INITIALIZE, &[ACCEPT], 1)) == session(&post(url, INITIALIZE, &[ACCEPT], 1))
        }),
        ("depends-on-chunks", &|url| post(url, INITIALIZE, &[ACCEPT], 3).contains("-32700")),
        ("fails-without-header", &|url| post(url, INITIALIZE, &[], 1).starts_with("HTTP/1.1 500")),
        ("reflects-into-header", &|url| {
            let method = r#"{"jsonrpc":"2.0","id":1,"method":"x\r\nx-injected: 1"}"#;
            post(url, method, &[ACCEPT], 1).contains("\r\nx-injected: 1")
        }),
    ];
    for (fault, shows) in rows {
        let broken = Serving::start(&["reference", "server", "--fault", fault]);
        assert!(shows(&broken.url), "{fault}");
        let right = Serving::start(&["reference", "server"]);
        assert!(!shows(&right.url), "{fault} shows without its switch");
    }
}

/// An event stream of HTTP+SSE, and where it says that messages go.
fn event_stream(url: &str) -> (BufReader<TcpStream>, String) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://").trim_end_matches("/mcp")).unwrap();
    stream.write_all(b"GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(2))).unwrap();
    let mut lines = BufReader::new(stream);
    let path = next_with(&mut lines, "data: ").unwrap();
    (lines, path)
}

/// What is behind `begins` in the next line that begins so; nothing where none comes.
fn next_with(lines: &mut BufReader<TcpStream>, begins: &str) -> Option<String> {
    let mut line = String::new();
    loop {
        line.clear();
        lines.read_line(&mut line).ok().filter(|count| *count > 0)?;
        if let Some(rest) = line.strip_prefix(begins) {
            return Some(rest.trim_end().to_owned());
        }
    }
}

#[test]
fn an_answer_comes_on_the_stream_of_another_only_with_the_fault() {
    for (fault, wanted) in [(&["--fault", "has-one-stream"][..], false), (&[], true)] {
        let server = Serving::start(&[&["reference", "server"], fault].concat());
        let (mut first, path) = event_stream(&server.url);
        let _second = event_stream(&server.url);
        let mut sent = TcpStream::connect(server.url.trim_start_matches("http://").trim_end_matches("/mcp")).unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", INITIALIZE.len());
        sent.write_all(format!("{head}{INITIALIZE}").as_bytes()).unwrap();
        assert_eq!(next_with(&mut first, "data: ").is_some(), wanted, "{fault:?}");
    }
}

#[test]
fn all_are_listed_and_others_refused() {
    let listed = assay(&["reference", "server", "--fault", "help"]);
    let names: BTreeSet<&str> = listed.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, Fault::ALL.iter().map(|fault| fault.name()).collect());
    assert!(names.len() >= 30);
    let wrong = assay(&["reference", "server", "--stdio", "--fault", "nothing"]);
    assert_eq!(wrong.exit, Some(2), "{wrong:?}");
}
