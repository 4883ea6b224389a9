//! The demonstration behind `docs/decisions/0002-our-own-http-exchange.md`: what a judge must send, reqwest refuses to send
//! or sends otherwise; `wire::http` sends it as it is.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Accept one connection, answer it, and give what came.
async fn record(listener: TcpListener) -> String {
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut came = vec![0; 4096];
    let count = socket.read(&mut came).await.unwrap();
    socket
        .write_all(b"HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    came.truncate(count);
    String::from_utf8(came).unwrap()
}

#[tokio::test]
async fn reqwest_changes_the_spelling_of_names_and_refuses_bad_ones() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    // reqwest asks for a TLS provider even where it needs none; another test may have installed it first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
    assert!(client.post(&url).header("Mcp Method", "x").build().is_err(), "a blank in a name is refused");
    assert!(client.post(&url).header("Mcp-Method", "a\nb").build().is_err(), "a line feed in a value is refused");
    let recorded = tokio::spawn(record(listener));
    client.post(&url).header("MCP-Protocol-Version", "2026-07-28").send().await.unwrap();
    let sent = recorded.await.unwrap();
    assert!(!sent.contains("MCP-Protocol-Version") && sent.contains("mcp-protocol-version"), "{sent}");
}

#[tokio::test]
async fn our_writer_sends_what_it_is_given() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let recorded = tokio::spawn(record(listener));
    let headers = [("Host", "evil.example.com"), ("Mcp Method", "x"), ("Content-Length", "2"), ("Content-Length", "3")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let bytes = mcp_assay::wire::http::write_request("POST", "/mcp?q", &headers, b"{}");
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(&bytes).await.unwrap();
    let sent = recorded.await.unwrap();
    let expected = "POST /mcp?q HTTP/1.1\r\nHost: evil.example.com\r\nMcp Method: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}";
    assert_eq!(sent, expected);
}
