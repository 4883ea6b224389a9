//! `mcp-assay fuzz parser`.

use std::path::Path;

use crate::cli::Failure;
use crate::cli::args::FuzzParserArgs;
use crate::parsers::{Check, Outcome, Settings, TARGETS, result, run, try_one};
use crate::report::console::say;
use crate::report::text::one_line;
use crate::report::{ReportOptions, write_all};
use crate::verdict::Exit;

/// Folder, in that of the reports, where inputs go that break something.
const INPUTS: &str = "inputs";

/// Fuzz our own parsers and writers.
pub fn main(args: &FuzzParserArgs) -> Result<Exit, Failure> {
    let known = || TARGETS.map(|(name, _)| name).join(", ");
    let unknown = args.target.iter().find(|wanted| !TARGETS.iter().any(|(name, _)| name == wanted));
    if let Some(unknown) = unknown {
        return Err(Failure::usage(format!("no target is called `{unknown}`; there are: {}", known())));
    }
    if let Some(file) = &args.input {
        return again(args, file);
    }
    let all = || TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let targets = if args.target.is_empty() { all() } else { args.target.clone() };
    let outcomes = run(&Settings { time: args.time.0, seed: args.seed, targets });
    for outcome in &outcomes {
        if let Some(broken) = &outcome.broken {
            save(&args.out, outcome.target, &broken.input)?;
        }
        say(format_args!("{}\n", line(outcome)));
    }
    let folder = args.out.join(INPUTS);
    let saved = |outcome: &Outcome| outcome.broken.as_ref().map(|_| folder.join(outcome.target).display().to_string());
    let results = result(&outcomes, args.seed, &saved);
    let written = write_all(&results, &args.out, &args.format, ReportOptions { strict: false, times: true });
    for file in written.map_err(Failure::harness)? {
        say(format_args!("wrote {}\n", file.display()));
    }
    let found = outcomes.iter().filter(|outcome| outcome.broken.is_some()).count();
    say(format_args!("{} passed, {found} failed\n", outcomes.len() - found));
    Ok(results.exit(false))
}

/// One input again, with what the oracle says.
fn again(args: &FuzzParserArgs, file: &Path) -> Result<Exit, Failure> {
    let [target] = args.target.as_slice() else {
        return Err(Failure::usage("--input needs the one --target whose input it is"));
    };
    let input = std::fs::read(file).map_err(|e| Failure::usage(format!("failed to read {}: {e}", file.display())))?;
    let check = TARGETS.iter().find(|(name, _)| name == target).map(|(_, check)| *check);
    let check: Check = check.ok_or_else(|| Failure::usage(format!("no target is called `{target}`")))?;
    // Oracles may have a runtime of their own, which cannot start within ours.
    let tried = std::thread::spawn(move || try_one(check, &input)).join();
    match tried.map_err(|_| Failure::harness("the oracle took its thread with it"))? {
        Some(broken) => {
            say(format_args!("{target}: {} ({}:{})\n", one_line(&broken.problem), broken.place.0, broken.place.1));
            Ok(Exit::DoesNotConform)
        }
        None => {
            say(format_args!("{target}: holds\n"));
            Ok(Exit::Conforms)
        }
    }
}

fn line(outcome: &Outcome) -> String {
    let rate = outcome.inputs as f64 / outcome.took.as_secs_f64().max(0.001);
    let verdict = match &outcome.broken {
        Some(broken) => format!("FAIL  {}", one_line(&broken.problem)),
        None => "ok".to_owned(),
    };
    format!("{:<14} {:>9} inputs {rate:>9.0}/s  {verdict}", outcome.target, outcome.inputs)
}

fn save(out: &Path, target: &str, input: &[u8]) -> Result<(), Failure> {
    let folder = out.join(INPUTS);
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(target), input));
    written.map_err(|e| {
        Failure::usage(format!("failed to write {}: {e}; give another folder with --out", folder.display()))
    })
}
