//! A model run: every verdict, the same failure on two axes, and text as hostile as a peer may send.

use std::collections::BTreeMap;

use mcp_assay::context::{Alike, ContextCost, Order, ToolCost};
use mcp_assay::requirement::Level;
use mcp_assay::revision::Revision;
use mcp_assay::scenario::Position;
use mcp_assay::verdict::{CaseResult, CheckResult, Load, Operand, RESULTS_VERSION, RunResult, Times, Verdict};
use serde_json::json;

/// Ends CDATA, opens a script, holds NUL, an ANSI escape, a noncharacter, a mark that turns the text around, CR LF TAB.
pub const HOSTILE: &str = "]]><script>alert(1)</script>\0\u{1b}[31mred\u{1b}[0m\u{fffe}\u{202e}edoc\r\n\t\"&'";

pub fn check(requirement: &str, level: Level, verdict: Verdict, reason: &str) -> CheckResult {
    CheckResult {
        name: requirement.to_owned(),
        requirement: requirement.to_owned(),
        level,
        required: format!("What {requirement} demands, in our own words."),
        link: format!("https://spec.example/{requirement}"),
        verdict,
        reason: reason.to_owned(),
        rule: String::new(),
        operands: Vec::new(),
        position: Some(Position { file: "scenarios/tools/list.yaml".to_owned(), line: 12 }),
        evidence: Vec::new(),
        excerpt: Vec::new(),
        reproduce: String::new(),
        excused: None,
        directly: None,
    }
}

pub fn case(scenario: &str, revision: Revision, transport: &str, checks: Vec<CheckResult>) -> CaseResult {
    let id = format!("{scenario}@{revision},{transport}");
    CaseResult {
        reproduce: format!("mcp-assay server --url http://127.0.0.1:1/mcp --scenario '{id}' --seed 7"),
        id,
        scenario: scenario.to_owned(),
        title: format!("Title of {scenario}"),
        revision,
        transport: transport.to_owned(),
        routing: "direct".to_owned(),
        duration_us: 12_345,
        transcript: Some(format!("transcripts/{}.jsonl", scenario.replace('/', "-"))),
        checks,
    }
}

/// Two tools of one name and nearly one description.
fn context() -> ContextCost {
    let tool = |tokens| ToolCost { name: HOSTILE.to_owned(), bytes: 4 * tokens, tokens, described: true };
    ContextCost {
        tokenizer: "o200k_base".to_owned(),
        bytes: 480,
        tokens: 120,
        pages: 1,
        order: Order::Changed,
        tools: vec![tool(100), tool(20)],
        duplicate_names: vec![HOSTILE.to_owned()],
        alike: vec![Alike { tools: [HOSTILE.to_owned(), HOSTILE.to_owned()], percent: 90 }],
        advice: vec![format!("give {HOSTILE} another name")],
    }
}

fn load() -> Load {
    let times = Times { requests: 300, p50_us: 520, p95_us: 1_900, p99_us: 12_345, most_us: 98_765 };
    Load {
        users: 50,
        lasted_us: 2_500_000,
        cases: 40,
        doubtful: 1,
        faults: 3,
        requests: 301,
        methods: BTreeMap::from([
            (HOSTILE.to_owned(), Times { requests: 1, ..times }),
            ("tools/list".to_owned(), times),
        ]),
    }
}

pub fn run(cases: Vec<CaseResult>) -> RunResult {
    RunResult {
        results: RESULTS_VERSION,
        tool: "0.1.0".to_owned(),
        target: "http://127.0.0.1:1/mcp".to_owned(),
        implementation: BTreeMap::from([("2025-11-25,http".to_owned(), "model-server 1.2.3".to_owned())]),
        context: BTreeMap::from([("2026-07-28,http,round-robin".to_owned(), context())]),
        load: Some(load()),
        fuzz: BTreeMap::new(),
        seed: 7,
        cases,
        baseline_problems: Vec::new(),
        duration_us: 1_234_567,
    }
}

/// The whole model.
pub fn model() -> RunResult {
    let broken = CheckResult {
        rule: "listed.result.tools.all(t, has(t.inputSchema))".to_owned(),
        operands: vec![Operand { source: "listed.result".to_owned(), value: json!({ "tools": [{ "name": "a" }] }) }],
        evidence: vec![3, 5],
        excerpt: vec![
            r#"-> {"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_owned(),
            r#"<- {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"}]}}"#.to_owned(),
        ],
        ..check("tools.input-schema", Level::Must, Verdict::Fail, "tool a has no inputSchema")
    };
    let hostile = CheckResult {
        name: format!("tools.name#{HOSTILE}"),
        operands: vec![Operand { source: HOSTILE.to_owned(), value: json!(HOSTILE) }],
        excerpt: vec![HOSTILE.to_owned(), "x".repeat(10_000)],
        position: None,
        reproduce: "mcp-assay judge transcripts/hostile.jsonl".to_owned(),
        ..check("tools.name", Level::MustNot, Verdict::Fail, &format!("{HOSTILE}{}", "y".repeat(10_000)))
    };
    let expected = CheckResult {
        excused: Some("expected failure".to_owned()),
        ..check("ping.prompt", Level::Must, Verdict::Fail, "no response to ping")
    };
    let mut run = run(vec![
        case(
            "tools/list",
            Revision::V2025_11_25,
            "http",
            vec![
                check("tools.list-shape", Level::Must, Verdict::Pass, ""),
                broken.clone(),
                check("tools.order", Level::Should, Verdict::Warn, "the second listing has another order"),
                check("tools.page", Level::Must, Verdict::Untested, "the server lists one page only"),
                check("tools.changed", Level::Must, Verdict::Skip, "the capability tools.listChanged is not declared"),
            ],
        ),
        case("tools/list", Revision::V2025_11_25, "stdio", vec![broken]),
        case(
            "lifecycle/ping",
            Revision::V2026_07_28,
            "http",
            vec![
                expected,
                check("ping.page", Level::Must, Verdict::Untested, "the server lists one page only"),
                check("ping.crash", Level::Must, Verdict::Error, "the port could not be bound"),
            ],
        ),
        case("monitors", Revision::V2026_07_28, "http", vec![hostile]),
    ]);
    run.cases[3].routing = "round-robin".to_owned();
    run.cases[3].id.push_str(",round-robin");
    run.baseline_problems = vec!["known.yaml:3: expected failure `tools/call` is stale".to_owned()];
    run
}
