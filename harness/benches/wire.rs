//! How fast the readers of the wire are, in bytes a second; serde_json, which sees less, for comparison.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mcp_assay::wire::sse::{Decoder, Event, encode};
use mcp_assay::wire::{Limits, json, message};
use serde_json::{Value, json};

/// A small message, a page of a list, and one large text.
fn messages() -> [(&'static str, Vec<u8>); 3] {
    let tool = |n: u32| {
        json!({
            "name": format!("tool_{n}"),
            "description": "Says \"hello\" to the given name, in a line of its own.\n",
            "inputSchema": { "type": "object", "properties": { "name": { "type": "string", "maxLength": 64 } }, "required": ["name"] },
            "annotations": { "readOnlyHint": true },
        })
    };
    let result = |result: Value| json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string().into_bytes();
    [
        ("ping", br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.to_vec()),
        ("tools", result(json!({ "tools": (0..200).map(tool).collect::<Vec<_>>() }))),
        ("text", result(json!({ "content": [{ "type": "text", "text": "The quick brown fox é ".repeat(10_000) }] }))),
    ]
}

fn json_and_messages(c: &mut Criterion) {
    let mut group = c.benchmark_group("json");
    for (name, text) in messages() {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("json::parse", name), &text, |b, text| {
            b.iter(|| json::parse(black_box(text), &Limits::DEFAULT));
        });
        group.bench_with_input(BenchmarkId::new("message::read", name), &text, |b, text| {
            b.iter(|| message::read(black_box(text)));
        });
        group.bench_with_input(BenchmarkId::new("serde_json", name), &text, |b, text| {
            b.iter(|| serde_json::from_slice::<Value>(black_box(text)).ok());
        });
    }
    group.finish();
}

fn sse(c: &mut Criterion) {
    let mut group = c.benchmark_group("sse");
    for (name, text) in messages() {
        let event = encode(&Event::new(String::from_utf8_lossy(&text), Some("1".to_owned())));
        let stream = event.repeat((1 << 20) / event.len() + 1);
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_with_input(BenchmarkId::new("decoder", name), &stream, |b, stream| {
            b.iter(|| {
                let mut decoder = Decoder::new(Limits::DEFAULT);
                stream.chunks(16 * 1024).map(|chunk| decoder.push(black_box(chunk)).len()).sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, json_and_messages, sse);
criterion_main!(benches);
