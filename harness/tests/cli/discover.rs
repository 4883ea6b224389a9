//! `discover`: what a host declares, and whether it is true.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::command::{Ran, Serving, assay};

/// A host that answers each path with the bytes that belong to it, and every other with `else`.
struct Host {
    address: String,
}

impl Host {
    fn with(pages: impl FnOnce(&str) -> BTreeMap<String, String>, otherwise: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (pages, otherwise) = (pages(&address), otherwise.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (pages, otherwise) = (pages.clone(), otherwise.clone());
                std::thread::spawn(move || answer(stream, &pages, &otherwise));
            }
        });
        Self { address }
    }
}

fn answer(mut stream: TcpStream, pages: &BTreeMap<String, String>, otherwise: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut length) = (String::new(), 0);
    let _ = reader.read_line(&mut first);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        line.clear();
    }
    // What is left unread when a connection is closed would take the answer with it.
    let _ = reader.read_exact(&mut vec![0; length]);
    let path = first.split(' ').nth(1).unwrap_or_default();
    // Whoever has read enough may be gone.
    let page = pages.get(path).map_or(otherwise, String::as_str);
    let _ = stream.write_all(page.as_bytes());
    while page.ends_with(UNENDED) {
        std::thread::park();
    }
}

/// How a page ends after which nothing more comes, and the connection stays open.
const UNENDED: &str = "{\"";

fn page(status: &str, media_type: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn pages(all: &[(&str, String)]) -> BTreeMap<String, String> {
    all.iter().map(|(path, page)| ((*path).to_owned(), page.clone())).collect()
}

fn nothing() -> String {
    page("404 Not Found", "text/plain", "nothing")
}

fn catalogue(url: &str) -> String {
    let entry = json!({ "identifier": "one", "type": "application/mcp-server-card+json", "url": url });
    page("200 OK", "application/ai-catalog+json", &json!({ "specVersion": "1.0", "entries": [entry] }).to_string())
}

/// What `--format json` prints, which its schema describes.
fn told(ran: &Ran) -> Value {
    let found = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let schema: Value = serde_json::from_str(include_str!("../../../schemas/discovery.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = schema.iter_errors(&found).map(|e| format!("{} {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    found
}

#[test]
fn the_reference_server_declares_itself_and_what_it_says_is_true() {
    let server = Serving::start(&["reference", "server"]);
    let host = server.url.trim_start_matches("http://").trim_end_matches("/mcp");
    let ran = assay(&["discover", host]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    for expected in ["AI Catalog", "com.example/mcp-assay-reference", "--connect does", "1 MCP end point is known"] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    let ran = assay(&["discover", host, "--connect", "--format", "json"]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let found = told(&ran);
    assert_eq!(found.pointer("/connected/0/by"), Some(&json!("server/discover")));
    assert_eq!(found.pointer("/connected/0/contradictions"), Some(&json!([])));
    assert_eq!(found.pointer("/endpoints"), Some(&json!([server.url])));
    assert_eq!(found.get("remarks"), Some(&json!([])), "{found}");
}

#[test]
fn a_card_that_is_not_true_is_told_once_connected() {
    let host = Host::with(
        |address| {
            let card = json!({
                "$schema": "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json",
                "name": "com.example/one", "version": "2.0.0", "description": "One.",
                "remotes": [{
                    "type": "sse", "url": format!("http://{address}/mcp"),
                    "supportedProtocolVersions": ["2026-07-28", "2099-01-01"],
                }],
            });
            let result = json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {}, "ttlMs": 0,
                "cacheScope": "public", "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "one", "version": "1.0.0" } },
            });
            let discovered = json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string();
            pages(&[
                ("/.well-known/ai-catalog.json", catalogue(&format!("http://{address}/card"))),
                ("/card", page("200 OK", "application/mcp-server-card+json", &card.to_string())),
                ("/mcp", page("200 OK", "application/json", &discovered)),
            ])
        },
        &nothing(),
    );
    assert_eq!(assay(&["discover", &host.address]).exit, Some(0));
    let ran = assay(&["discover", &host.address, "--connect"]);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    for expected in ["its version is 2.0.0 in the card and 1.0.0", "the card says sse", "2099-01-01", "not all true"] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
}

#[test]
fn a_host_that_declares_nothing_and_one_that_is_not_there_are_told_apart() {
    let host = Host::with(|_| BTreeMap::new(), &nothing());
    let ran = assay(&["discover", &host.address]);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("Nothing is declared"), "{}", ran.stdout);

    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let ran = assay(&["discover", &gone]);
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("failed to ask"), "{}", ran.stderr);
    let ran = assay(&["discover", "ftp://example.com"]);
    assert!(ran.exit == Some(2) && ran.stderr.contains("only http and https"), "{ran:?}");
}

#[test]
fn what_is_wrong_hostile_or_elsewhere_is_named_and_does_no_harm() {
    let garbage = Host::with(|_| BTreeMap::new(), "\u{1}\u{2}this is no HTTP\r\n\r\n");
    let ran = assay(&["discover", &garbage.address]);
    assert!(ran.exit == Some(2) && ran.stderr.contains("failed to ask"), "{ran:?}");

    let huge = page("200 OK", "application/json", &format!("{{\"x\":\"{}\"}}", "y".repeat(400 * 1024)));
    let round = "HTTP/1.1 302 Found\r\nLocation: /.well-known/mcp.json\r\nContent-Length: 0\r\n\r\n".to_owned();
    let away = "HTTP/1.1 301 Moved\r\nLocation: https://other.invalid/x\r\nContent-Length: 0\r\n\r\n".to_owned();
    let card = json!({ "name": "com.example/\u{1b}[31mred", "remotes": [7, { "url": "http://other.invalid/mcp" }] });
    let host = Host::with(
        |_| {
            pages(&[
                ("/.well-known/ai-catalog.json", catalogue("http://169.254.169.254/latest")),
                ("/mcp/server-card", page("200 OK", "application/json", &card.to_string())),
                ("/.well-known/oauth-protected-resource/mcp", huge),
                ("/.well-known/mcp.json", round),
                ("/.well-known/mcp/catalog.json", away),
                ("/.well-known/mcp-server-card", page("200 OK", "application/json", "{\"name\": \"old\"}")),
                ("/.well-known/mcp/server-card.json", page("200 OK", "text/html", "<p>Welcome")),
            ])
        },
        &nothing(),
    );
    let ran = assay(&["discover", &format!("http://{}/mcp", host.address)]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    for expected in [
        "not asked for: it is on another host",
        "com.example/\\u{1b}[31mred",
        "more than 3 redirects",
        "it leads on to https://other.invalid, another host",
        "superseded: earlier texts had cards here",
        "a page for people",
        "the card lacks $schema, version, description",
        "it is served as application/json in place of application/mcp-server-card+json",
    ] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    let large = ran.stdout.lines().skip_while(|line| !line.contains("oauth-protected-resource/mcp")).nth(1);
    assert!(large.is_some_and(|line| line.contains("bytes")), "{}", ran.stdout);
}

#[test]
fn a_protected_server_leads_to_who_gives_tokens() {
    let issuer = Serving::start(&["reference", "authorization-server"]);
    let server = Serving::start(&["reference", "server", "--protected", &issuer.url]);
    let ran = assay(&["discover", &server.url, "--elsewhere", "--connect", "--format", "json"]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let found = told(&ran);
    assert_eq!(found.pointer("/resources/0/document/authorization_servers/0"), Some(&json!(issuer.url)));
    assert_eq!(found.pointer("/authorization_servers/0/metadata/0/document/issuer"), Some(&json!(issuer.url)));
    assert_eq!(found.pointer("/connected/0/server"), Some(&Value::Null));
    let alone = told(&assay(&["discover", &server.url, "--format", "json"]));
    assert_eq!(alone.pointer("/authorization_servers/0/metadata/0/outcome"), Some(&json!("left-alone")));
}

#[test]
fn a_host_that_never_ends_its_answer_is_given_up() {
    let endless = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"";
    let host = Host::with(|_| BTreeMap::new(), endless);
    let ran = assay(&["discover", &host.address, "--within", "300ms"]);
    assert!(ran.exit == Some(2) && ran.stderr.contains("failed to ask"), "{ran:?}");
}
