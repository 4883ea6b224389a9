//! `mcp-assay mutate`: a declared defect before a server of the user's.

use std::process::Stdio;
use std::sync::Arc;

use tokio::net::TcpListener;
use url::Url;

use super::Failure;
use super::args::MutateArgs;
use super::server::load_corpus;
use crate::mutate::Mutator;
use crate::report::console::{note, say};
use crate::requirement::nearest;
use crate::scenario::{Corpus, Mutation};
use crate::verdict::Exit;

/// Stand before the server until it ends or we are ended.
pub async fn main(args: MutateArgs) -> Result<Exit, Failure> {
    let (corpus, _) = load_corpus(&args.scenario_file)?;
    let rules = rules(&corpus, &args.scenario, &args.defect)?;
    let mutator = Arc::new(Mutator::new(rules).map_err(Failure::harness)?);
    match (&args.url, &args.stdio) {
        (Some(url), _) => before_url(url, &args.listen, mutator).await,
        (None, Some(command)) => before_command(command, mutator).await,
        (None, None) => Err(Failure::usage(
            "which server? Give --url URL or --stdio CMD; `mcp-assay reference server` runs one to try",
        )),
    }
}

async fn before_url(url: &str, listen: &str, mutator: Arc<Mutator>) -> Result<Exit, Failure> {
    let upstream = Url::parse(url).map_err(|e| Failure::usage(format!("'{url}' is not a URL: {e}")))?;
    let failed = |e: std::io::Error| {
        Failure::usage(format!("failed to listen on {listen}: {e}; give another address with --listen"))
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let mut own = upstream.clone();
    let address = listener.local_addr().map_err(failed)?;
    let renamed = own.set_scheme("http").is_ok()
        && own.set_ip_host(address.ip()).is_ok()
        && own.set_port(Some(address.port())).is_ok();
    if !renamed {
        return Err(Failure::usage(format!("'{url}' is not the URL of an HTTP server")));
    }
    say(format_args!("{own}\n"));
    crate::mutate::http::serve(listener, upstream, mutator).await.map_err(Failure::usage)?;
    Ok(Exit::Conforms)
}

async fn before_command(command: &str, mutator: Arc<Mutator>) -> Result<Exit, Failure> {
    let failed = |e: std::io::Error| Failure::usage(format!("failed to start '{command}': {e}"));
    let mut child = tokio::process::Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let (Some(server_in), Some(server_out)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Failure::harness(format!("'{command}' has no standard streams")));
    };
    let passed =
        crate::mutate::stdio::run(tokio::io::stdin(), tokio::io::stdout(), server_in, server_out, mutator.clone());
    passed.await.map_err(|e| Failure::usage(format!("the mutator could not go on: {e}")))?;
    for problem in mutator.problems() {
        note(format_args!("mcp-assay: {problem}"));
    }
    for rule in mutator.unused() {
        note(format_args!("mcp-assay: rule {} of the defect met nothing that it applies to", rule + 1));
    }
    Ok(Exit::Conforms)
}

/// What the mutator does for a defect of a scenario or monitor.
fn rules(corpus: &Corpus, owner: &str, defect: &str) -> Result<Vec<Mutation>, Failure> {
    type Known<'c> = Vec<(&'c str, &'c [Mutation], Option<&'c str>)>;
    let of_scenario = corpus.scenarios.get(owner).map(|loaded| {
        let defects = loaded.item.defects.iter().map(|defect| &defect.value);
        defects.map(|d| (d.id.as_str(), d.mutate.as_slice(), d.switch.as_deref())).collect::<Known<'_>>()
    });
    let of_monitor = corpus.monitors.get(owner).map(|loaded| {
        let defects = loaded.item.defects.iter().map(|defect| &defect.value);
        defects.map(|d| (d.id.as_str(), d.mutate.as_slice(), d.switch.as_deref())).collect::<Known<'_>>()
    });
    let Some(known) = of_scenario.or(of_monitor) else {
        let names = corpus.scenarios.keys().chain(corpus.monitors.keys());
        let near = nearest(owner, names.map(String::as_str));
        return Err(Failure::usage(format!(
            "no scenario or monitor is called '{owner}'{}; `mcp-assay list` shows all",
            near.first().map(|name| format!("; did you mean {name}?")).unwrap_or_default()
        )));
    };
    let Some((_, mutate, switch)) = known.iter().find(|(id, ..)| *id == defect) else {
        let ids: Vec<&str> = known.iter().map(|(id, ..)| *id).collect();
        let there = if ids.is_empty() { "it has none".to_owned() } else { format!("it has {}", ids.join(", ")) };
        return Err(Failure::usage(format!("{owner} has no defect '{defect}'; {there}")));
    };
    match switch {
        Some(switch) if mutate.is_empty() => Err(Failure::usage(format!(
            "a proxy cannot fake {owner} {defect}: it is a switch of the reference server; run `mcp-assay reference server --switch {switch}`"
        ))),
        _ => Ok(mutate.to_vec()),
    }
}
