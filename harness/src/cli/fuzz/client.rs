//! `mcp-assay fuzz client`.

use super::result::{Campaign, Side, ToldFinding, count, print_findings, print_rest, run_result};
use super::watch::Watch;
use crate::cli::Failure;
use crate::cli::args::FuzzClientArgs;
use crate::cli::server::newest_or;
use crate::cli::target::program;
use crate::fuzz::client::{Finding, Options, Oracle, Report, Start, Table, campaign};
use crate::fuzz::finding::{self, Kept as _};
use crate::plan::{Axis, DIRECT};
use crate::report::console::say;
use crate::report::{ReportOptions, write_all};
use crate::revision::Revision;
use crate::scenario::Transport;
use crate::transport::quote;
use crate::verdict::{Exit, Fuzzed};

/// Fuzz a client.
pub async fn main(args: &FuzzClientArgs) -> Result<Exit, Failure> {
    let command = args.command.clone().map_or_else(|| Ok(format!("{} reference client", program()?)), Ok)?;
    if !args.campaign.replay.is_empty() {
        return replay(args, &command).await;
    }
    let axes = axes(args)?;
    let told = Options { extent: args.campaign.extent(axes.len()), jobs: args.jobs, deadline: args.deadline.0 };
    let watch = Watch::stderr();
    let (mut reports, mut not_fuzzed) = (Vec::new(), Vec::new());
    for axis in axes {
        let named = axis.to_string();
        match campaign(&start(&command, axis)?, &told, &watch).await {
            Ok(report) => reports.push(report),
            Err(why) => not_fuzzed.push(format!("{named}: {why}")),
        }
    }
    watch.clear();
    if reports.is_empty() {
        return Err(Failure::usage(format!("the client was not fuzzed: {}", not_fuzzed.join("\n"))));
    }
    let options = [args.command.as_ref().map(|command| format!("--command {}", quote(command)))];
    let options =
        options.into_iter().flatten().chain(args.transport.iter().map(|on| format!("--transport {}", on.as_str())));
    let again = format!("mcp-assay fuzz client {}", options.collect::<Vec<_>>().join(" ")).trim_end().to_owned();
    let campaigns: Vec<Campaign> = reports.iter().map(of).collect();
    let result = run_result(&side(), &campaigns, &command, args.campaign.seed, &again);
    let written =
        write_all(&result, &args.campaign.out, &args.campaign.format, ReportOptions { strict: false, times: true });
    let written = written.map_err(Failure::harness)?;
    print(&reports, &not_fuzzed);
    print_findings(&campaigns, args.campaign.findings.as_deref(), &again, &written);
    let found = reports.iter().any(|report| !report.findings.is_empty());
    if !found && !args.campaign.revision.is_empty() && !not_fuzzed.is_empty() {
        // Somebody wants to know it of each revision that is named.
        return Err(Failure::usage("the client was not fuzzed in all that was named"));
    }
    Ok(if found { Exit::DoesNotConform } else { Exit::Conforms })
}

fn start(command: &str, axis: Axis) -> Result<Start, Failure> {
    Ok(Start { command: command.to_owned(), program: program()?, axis })
}

fn axis(revision: Revision, transport: Transport) -> Axis {
    Axis { revision, transport, routing: DIRECT.to_owned() }
}

/// In which revisions, over which transports, it is fuzzed.
fn axes(args: &FuzzClientArgs) -> Result<Vec<Axis>, Failure> {
    let named = if args.transport.is_empty() { vec![Transport::Http] } else { args.transport.clone() };
    let mut axes = Vec::new();
    for revision in newest_or(&args.campaign.revision)? {
        let there = named.iter().filter(|transport| transport.is_in(revision));
        axes.extend(there.map(|transport| axis(revision, *transport)));
    }
    if axes.is_empty() {
        return Err(Failure::usage("HTTP+SSE is the transport of 2024-11-05: add --revision 2024-11-05"));
    }
    Ok(axes)
}

/// Show findings again.
async fn replay(args: &FuzzClientArgs, command: &str) -> Result<Exit, Failure> {
    let mut exit = Exit::Conforms;
    for file in &args.campaign.replay {
        let finding: Finding = finding::load(file).map_err(Failure::usage)?;
        let table =
            Table::to_replay(&start(command, axis(finding.revision, finding.transport))?, args.deadline.0).await;
        let table = table.map_err(|why| {
            Failure::usage(format!("the client does not get to where the finding can be shown: {why}"))
        })?;
        let (shown, _) = table.confirm(&finding.case, &finding.suspicion(), args.campaign.tries).await;
        if super::tell_replay(&args.campaign, file, &finding.paragraph(), shown) {
            exit = Exit::DoesNotConform;
        }
    }
    Ok(exit)
}

fn side() -> Side {
    Side {
        scenario: "fuzz/client",
        title: "Whatever its server answers, the client survives, refuses or reports",
        required: "Whatever its server answers, the client never",
        oracles: Oracle::ALL.iter().map(|oracle| (oracle.as_str(), oracle.about())).collect(),
    }
}

fn of(report: &Report) -> Campaign {
    let told = |finding: &Finding| ToldFinding {
        oracle: finding.oracle.as_str(),
        name: finding.name(),
        seen: finding.seen.clone(),
        sign: finding.sign.clone(),
        paragraph: finding.paragraph(),
    };
    Campaign {
        axis: report.axis.clone(),
        implementation: String::new(),
        lasted: report.lasted,
        figures: Fuzzed {
            shares: 1,
            cases: count(report.cases),
            messages: count(report.messages),
            classes: report.ends.iter().map(|(end, times)| (end.clone(), count(*times))).collect(),
            places: None,
        },
        findings: report.findings.iter().map(told).collect(),
    }
}

/// For the terminal.
fn print(reports: &[Report], not_fuzzed: &[String]) {
    for report in reports {
        let seconds = report.lasted.as_secs_f64().max(0.001);
        let each = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds;
        say(format_args!(
            "{}: {} cases, {:.1} a second, {} messages, {:.0} a second, {} findings in {seconds:.0} s\n",
            report.axis,
            report.cases,
            each(report.cases),
            report.messages,
            each(report.messages),
            report.findings.len(),
        ));
        say(format_args!("  sequence {:016x}\n", report.sequence));
        let ends: Vec<String> = report.ends.iter().map(|(end, count)| format!("{end} {count}")).collect();
        say(format_args!("  clients ended by {}\n", ends.join(", ")));
        if !report.ends_by_itself {
            say(format_args!(
                "  it does not end by itself where nothing is wrong, so whether it hangs cannot be said\n"
            ));
        }
        if report.left > 0 {
            say(format_args!("  {} cases of the catalogue not tried\n", report.left));
        }
        print_rest(&report.mended, "not shown again each time", &report.unconfirmed);
        if let Some(why) = &report.stopped {
            say(format_args!("  ended early: {why}\n"));
        }
    }
    for why in not_fuzzed {
        say(format_args!("not fuzzed: {why}\n"));
    }
}
