//! Sequences of messages against the reference server: it answers, once, what it is asked, and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::generate::{Choices, Framing, Hints, Messages, MethodKind, broken_bytes};
use crate::reference::{Options, serve_stdio};
use crate::revision::{Era, Revision};
use crate::schema::{Schemas, Sender, Subject};
use crate::wire::message::{self, Message};
use crate::wire::{Kind, Limits};

/// Messages of one sequence.
const MAX_MESSAGES: u64 = 10;
/// The pipes hold this many bytes, more than a sequence has.
const PIPE: usize = 1 << 22;
/// How long calls may go on after the last message.
const DRAIN: Duration = Duration::from_millis(20);
/// The server hangs if it has not ended then.
const DEADLINE: Duration = Duration::from_secs(20);

/// The input is the choices that a sequence is made of.
pub fn check(data: &[u8]) {
    let mut choices = Choices::of_bytes(data);
    let revision = *choices.pick(&Revision::SUPPORTED).unwrap_or(&Revision::V2025_11_25);
    let (lines, asked) = sequence(revision, &mut choices);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let said = runtime.block_on(serve(&lines)).unwrap_or_else(|problem| panic!("{problem}"));
    let mut answered = BTreeMap::<String, usize>::new();
    for line in said.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message = message::read(line);
        for each in message.each() {
            assert!(each.problems.is_empty(), "the server says {}", String::from_utf8_lossy(line));
            answer(revision, each, &asked, &mut answered);
        }
    }
    for (id, times) in answered {
        let asked = asked.get(&id).map_or(0, Vec::len);
        assert!(times <= asked, "asked {asked} times with id {id}, answered {times} times");
    }
}

fn answer(
    revision: Revision,
    message: &Message,
    asked: &BTreeMap<String, Vec<String>>,
    answered: &mut BTreeMap<String, usize>,
) {
    let (Kind::Result { id } | Kind::Error { id: Some(id), .. }) = &message.kind else { return };
    if id.is_null() {
        return;
    }
    *answered.entry(id.to_string()).or_default() += 1;
    let methods = asked.get(id.as_str()).unwrap_or_else(|| panic!("an answer to {id}, which was never asked"));
    let (Kind::Result { .. }, [method], Some(value)) = (&message.kind, methods.as_slice(), &message.value) else {
        return;
    };
    let validity =
        Schemas::embedded().check(revision, Subject::Result { from: Sender::Server, of_method: method }, value);
    assert!(!validity.known || validity.is_valid(), "{method} is answered with {value}: {:?}", validity.violations);
}

/// The bytes to send, and the methods asked for by the text of their id.
fn sequence(revision: Revision, choices: &mut Choices) -> (Vec<u8>, BTreeMap<String, Vec<String>>) {
    let messages = Messages::new(revision, Sender::Client);
    let text = |all: &[&str]| all.iter().map(|one| json!(one)).collect::<Vec<Value>>();
    let hints = Hints::from([
        ("name".to_owned(), text(&["test_simple_text", "test_echo", "test_structured_output", "test_simple_prompt"])),
        ("uri".to_owned(), text(&["test://static-text", "test://template/1/data", "test://watched-resource"])),
        ("message".to_owned(), text(&["", "a"])),
        ("requestId".to_owned(), vec![json!(1), json!(2)]),
    ]);
    let mut lines = Vec::new();
    let mut asked = BTreeMap::<String, Vec<String>>::new();
    let mut add = |line: &[u8], lines: &mut Vec<u8>| {
        for each in message::read(line).each() {
            // Whatever has an id may be answered by it, right or wrong.
            if let Some(id) = each.id() {
                let method = each.value.as_ref().and_then(|value| value.get("method")?.as_str()).unwrap_or_default();
                asked.entry(id.to_value().to_string()).or_default().push(method.to_owned());
            }
        }
        lines.extend_from_slice(line);
        lines.push(b'\n');
    };
    let opening = messages.method("initialize", MethodKind::Request).filter(|_| revision.era() == Era::Handshake);
    if let Some(Ok(opening)) = opening.map(|method| messages.generate(method, &json!(0), &hints, choices)) {
        add(opening.to_string().as_bytes(), &mut lines);
    }
    for number in 1..=choices.below(MAX_MESSAGES) + 1 {
        let Some(method) = choices.pick(messages.methods()) else { break };
        let id = if choices.once_in(4) { json!(format!("é{number}")) } else { json!(number) };
        let Ok(message) = messages.generate(method, &id, &hints, choices) else { continue };
        let line = match choices.weighted(&[5, 3, 1]) {
            0 => message.to_string().into_bytes(),
            1 => messages.mutate(method, &message, choices).map(|mutated| mutated.text).unwrap_or_default(),
            _ => {
                let mut all = broken_bytes(message.to_string().as_bytes());
                all.retain(|broken| broken.framing == Framing::Any && broken.bytes.len() < 10_000);
                choices.pick(&all).map(|broken| broken.bytes.clone()).unwrap_or_default()
            }
        };
        if !line.contains(&b'\n') {
            add(&line, &mut lines);
        }
    }
    (lines, asked)
}

/// All that the server says to these lines.
async fn serve(lines: &[u8]) -> Result<Vec<u8>, String> {
    let (mut ours, input) = tokio::io::duplex(PIPE);
    let (output, mut said) = tokio::io::duplex(PIPE);
    let options = Options { drain: DRAIN, ..Options::default() };
    let serving = tokio::spawn(serve_stdio(input, output, tokio::io::sink(), options));
    ours.write_all(lines).await.map_err(|error| error.to_string())?;
    drop(ours);
    let mut all = Vec::new();
    let limit = u64::try_from(Limits::DEFAULT.message_bytes).unwrap_or(u64::MAX);
    let read = timeout(DEADLINE, (&mut said).take(limit).read_to_end(&mut all)).await;
    read.map_err(|_| "the server hangs".to_owned())?.map_err(|error| error.to_string())?;
    serving.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    Ok(all)
}
