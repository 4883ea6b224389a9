//! The stdio transport.

use mcp_assay::reference::{Options, Switch, serve_stdio};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, split};
use tokio::task::JoinHandle;

use super::client::{NEW, OLD, PREFIX, switched};

struct Pipe {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    input: WriteHalf<DuplexStream>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Pipe {
    fn open(options: Options) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (reader, writer) = split(theirs);
        let task = tokio::spawn(serve_stdio(reader, writer, tokio::io::sink(), options));
        let (reader, input) = split(ours);
        Self { lines: BufReader::new(reader).lines(), input, task }
    }

    async fn raw(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn send(&mut self, message: Value) {
        self.raw(&message.to_string()).await;
    }

    async fn request(&mut self, id: u64, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
    }

    async fn stateless(&mut self, id: u64, method: &str, mut params: Value) {
        params["_meta"] = json!({
            format!("{PREFIX}protocolVersion"): NEW,
            format!("{PREFIX}clientCapabilities"): {},
        });
        self.request(id, method, params).await;
    }

    async fn initialize(&mut self) {
        let params = json!({
            "protocolVersion": OLD,
            "capabilities": { "sampling": {} },
            "clientInfo": { "name": "test", "version": "1" },
        });
        self.request(0, "initialize", params).await;
        assert_eq!(self.next().await["result"]["protocolVersion"], OLD);
        self.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    }

    async fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next_line().await.unwrap().expect("a line")).unwrap()
    }

    async fn activity(&mut self) -> Value {
        self.request(3, "resources/read", json!({ "uri": "test://activity" })).await;
        let answer = self.next().await;
        assert_eq!(answer["id"], 3);
        serde_json::from_str(answer["result"]["contents"][0]["text"].as_str().unwrap()).unwrap()
    }

    /// Closes the server's input and gives what it still says.
    async fn close(mut self) -> Vec<Value> {
        self.input.shutdown().await.unwrap();
        let mut rest = Vec::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            rest.push(serde_json::from_str(&line).unwrap());
        }
        self.task.await.unwrap().unwrap();
        rest
    }
}

#[tokio::test]
async fn both_eras_share_one_pipe() {
    let mut pipe = Pipe::open(Options::default());
    pipe.request(1, "tools/list", json!({})).await;
    assert_eq!(pipe.next().await["error"]["code"], -32602);
    pipe.stateless(2, "server/discover", json!({})).await;
    assert_eq!(pipe.next().await["result"]["supportedVersions"], json!([NEW]));
    pipe.initialize().await;
    pipe.request(3, "ping", json!({})).await;
    assert_eq!(pipe.next().await, json!({ "jsonrpc": "2.0", "id": 3, "result": {} }));
    pipe.stateless(4, "ping", json!({})).await;
    assert_eq!(pipe.next().await["error"]["code"], -32601);
    pipe.request(5, "initialize", json!({})).await;
    assert_eq!(pipe.next().await["error"]["code"], -32600);
    assert_eq!(pipe.close().await, Vec::<Value>::new());
}

#[tokio::test]
async fn bad_input_is_answered_and_survived() {
    let mut pipe = Pipe::open(Options { max_message: 200, ..Options::default() });
    for (line, code) in [("{nope", -32700), ("[]", -32600), (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600)]
    {
        pipe.raw(line).await;
        let answer = pipe.next().await;
        assert_eq!(answer["error"]["code"], code, "{line}");
        assert!(answer.get("id").is_none());
    }
    pipe.raw(&"x".repeat(500)).await;
    assert_eq!(pipe.next().await["error"]["code"], -32600);
    pipe.request(9, "ping", json!({})).await;
    assert_eq!(pipe.next().await["id"], 9);
    pipe.close().await;
}

#[tokio::test]
async fn a_cancelled_request_is_not_answered() {
    let mut pipe = Pipe::open(Options::default());
    pipe.initialize().await;
    pipe.stateless(1, "tools/call", json!({ "name": "test_slow", "arguments": { "seconds": 600 } })).await;
    pipe.request(2, "tools/call", json!({ "name": "test_slow", "arguments": { "seconds": 600 } })).await;
    while pipe.activity().await["running"] != 2 {}
    for id in [1, 2] {
        pipe.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }))
            .await;
    }
    while pipe.activity().await != json!({ "running": 0, "completed": 0, "cancelled": 2 }) {}
    assert_eq!(pipe.close().await, Vec::<Value>::new());
}

#[tokio::test]
async fn subscriptions_are_told_apart_and_closed_gracefully() {
    let mut pipe = Pipe::open(Options::default());
    pipe.stateless(1, "subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } })).await;
    assert_eq!(pipe.next().await["params"]["_meta"][format!("{PREFIX}subscriptionId")], 1);
    let watched = json!(["test://watched-resource"]);
    pipe.stateless(2, "subscriptions/listen", json!({ "notifications": { "resourceSubscriptions": watched } })).await;
    assert_eq!(pipe.next().await["params"]["notifications"], json!({ "resourceSubscriptions": watched }));
    pipe.stateless(3, "tools/call", json!({ "name": "test_trigger_resource_update" })).await;
    let mut seen = [pipe.next().await, pipe.next().await];
    seen.sort_by_key(|message| message.get("id").is_some());
    assert_eq!(seen[0]["method"], "notifications/resources/updated");
    assert_eq!(seen[0]["params"]["_meta"][format!("{PREFIX}subscriptionId")], 2);
    assert_eq!(seen[1]["id"], 3);
    let rest = pipe.close().await;
    let results: Vec<_> = rest.iter().filter(|message| message.get("result").is_some()).collect();
    assert_eq!(results.len(), 2);
    assert!(
        results.iter().all(|message| message["result"]["_meta"][format!("{PREFIX}subscriptionId")] == message["id"])
    );
}

#[tokio::test]
async fn the_client_is_asked_through_the_same_pipe() {
    let mut pipe = Pipe::open(Options::default());
    pipe.initialize().await;
    pipe.request(1, "tools/call", json!({ "name": "test_sampling", "arguments": { "prompt": "Hi" } })).await;
    let request = pipe.next().await;
    assert_eq!(request["method"], "sampling/createMessage");
    let result = json!({ "role": "assistant", "model": "m", "content": { "type": "text", "text": "Hello" } });
    pipe.send(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result })).await;
    assert_eq!(pipe.next().await["result"]["content"][0]["text"], "LLM response: Hello");
    pipe.request(2, "tools/call", json!({ "name": "test_list_roots" })).await;
    assert_eq!(pipe.next().await["result"]["isError"], true);
    pipe.close().await;
}

#[tokio::test]
async fn switches_of_this_transport_take_effect() {
    let mut pipe = Pipe::open(switched(&[Switch::DiesOnInvalidJson]));
    pipe.raw("{nope").await;
    assert_eq!(pipe.lines.next_line().await.unwrap(), None);

    let mut pipe = Pipe::open(switched(&[Switch::AcceptsWithoutHandshake, Switch::AnswersNotifications]));
    pipe.request(1, "tools/list", json!({})).await;
    assert!(pipe.next().await["result"]["tools"].is_array());
    pipe.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    assert!(pipe.next().await["result"].is_object());

    let mut pipe = Pipe::open(switched(&[Switch::IgnoresStdinClose]));
    pipe.request(1, "ping", json!({})).await;
    assert_eq!(pipe.next().await["id"], 1);
    pipe.input.shutdown().await.unwrap();
    tokio::task::yield_now().await;
    assert!(!pipe.task.is_finished());
    pipe.task.abort();
}
