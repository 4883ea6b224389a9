//! What `fuzz server` does itself for a message: choosing what to send, writing it, judging and sorting what comes back.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mcp_assay::fuzz::oracle::Judge;
use mcp_assay::fuzz::peer::{Offer, Reply, Round, Session};
use mcp_assay::fuzz::{Case, Classes, Permits, Scene, Source, Stories, bases};
use mcp_assay::generate::Choices;
use mcp_assay::revision::Revision;
use mcp_assay::wire::message;
use serde_json::{Value, json};

const ROUND: usize = 256;

/// A server with tools that take and return something, a resource and a prompt.
fn offer() -> Offer {
    let tool = |n: u32| {
        let schema = |name: &str| json!({ "type": "object", "properties": { name: { "type": "string", "maxLength": 64 } }, "required": [name] });
        json!({ "name": format!("tool_{n}"), "inputSchema": schema("text"), "outputSchema": schema("said"), "annotations": { "readOnlyHint": true } })
    };
    let lists = [
        ("tools", (0..10).map(tool).collect()),
        ("resources", vec![json!({ "uri": "test://one", "name": "one" })]),
        ("prompts", vec![json!({ "name": "one", "arguments": [{ "name": "text", "required": true }] })]),
    ];
    Offer {
        name: "bench 1".to_owned(),
        capabilities: json!({ "tools": {}, "resources": {}, "prompts": {}, "logging": {}, "completions": {} }),
        lists: lists.into(),
        version: Revision::NEWEST_HANDSHAKE.to_string(),
    }
}

fn source(offer: &Offer) -> Source {
    let session = Session::new(Revision::NEWEST_HANDSHAKE, 0);
    let permits = Permits { all_tools: false, tools: Vec::new() };
    let mut choices = Choices::seeded(1);
    let bases = bases(&session, offer, &permits, &mut choices);
    let scene = Scene { http: false, instances: 1, shared: false, control: false, protected: false, stranger: false };
    let stories = Stories::new(&session, (offer, offer), &permits, scene, &mut choices);
    Source::new(1, Revision::NEWEST_HANDSHAKE, offer, bases, stories, false, (0, 1))
}

fn answer(number: usize) -> Value {
    match number % 3 {
        0 => {
            json!({ "jsonrpc": "2.0", "id": number, "error": { "code": -32602, "message": "text: a string is needed" } })
        }
        _ => {
            json!({ "jsonrpc": "2.0", "id": number, "result": { "content": [{ "type": "text", "text": "said" }], "structuredContent": { "said": "said" } } })
        }
    }
}

/// A round with an answer to each act.
fn played(cases: &[Arc<Case>]) -> Round {
    let mut round = Round::default();
    let mut number = 0;
    for case in cases {
        let mut replies = Vec::new();
        for _ in &case.acts {
            number += 1;
            let answers = vec![message::read(answer(number).to_string().as_bytes())];
            replies.push(Reply { id: Some(number.to_string()), sent: true, answers, ..Reply::default() });
        }
        round.replies.push(replies);
    }
    (round.cases, round.alive, round.side_by_side) = (cases.to_vec(), true, ROUND);
    round
}

fn rounds(c: &mut Criterion) {
    let offer = offer();
    let (mut source, classes) = (source(&offer), Classes::default());
    let cases = source.next(ROUND, ROUND, &classes);
    let acts = cases.iter().map(|case| case.acts.len() as u64).sum();
    let mut group = c.benchmark_group("fuzz");
    group.throughput(Throughput::Elements(ROUND as u64));
    group.bench_function("choose (cases)", |b| b.iter(|| source.next(ROUND, ROUND, &classes)));
    group.throughput(Throughput::Elements(acts));
    group.bench_function("write (messages)", |b| {
        b.iter(|| {
            cases.iter().flat_map(|case| &case.acts).map(|act| act.bytes(1, &["0".to_owned()]).len()).sum::<usize>()
        });
    });
    let (judge, round) = (Judge::new(Revision::NEWEST_HANDSHAKE, &offer), played(&cases));
    group.bench_function("judge (messages)", |b| b.iter(|| judge.judge(black_box(&round), false)));
    group.bench_function("sort (messages)", |b| {
        b.iter_batched(Classes::default, |mut classes| classes.add(black_box(&round)), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, rounds);
criterion_main!(benches);
