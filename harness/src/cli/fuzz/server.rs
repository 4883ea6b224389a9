//! `mcp-assay fuzz server`.

use std::sync::Arc;

use super::result::{Campaign, Side, ToldFinding, count, print_findings, print_rest, run_result};
use super::watch::Watch;
use crate::cli::Failure;
use crate::cli::args::{DeploymentArgs, FuzzServerArgs};
use crate::cli::server::newest_or;
use crate::cli::target::{choose, program, tls};
use crate::drive::{StdioTarget, Target};
use crate::fuzz::finding::{self, Finding, paragraph};
use crate::fuzz::oracle::{Judge, Oracle};
use crate::fuzz::peer::{ConnectError, Peer};
use crate::fuzz::{Bench, Options, Permits, Rate, Report, campaign};
use crate::profile::Contract;
use crate::report::console::say;
use crate::report::{ReportOptions, write_all};
use crate::requirement::Profile;
use crate::revision::{Era, Revision};
use crate::scenario::Transport;
use crate::transport::Spawn;
use crate::verdict::{Exit, Fuzzed};

/// Messages a second to another machine, unless the user says otherwise.
const REMOTE_RATE: u32 = 20;

/// Fuzz a server.
pub async fn main(args: FuzzServerArgs) -> Result<Exit, Failure> {
    let (target, options) = target(&args).await?;
    let rate = rate(&args, &target)?;
    if !args.campaign.replay.is_empty() {
        return replay(&args, &target).await;
    }
    if args.coverage && target.transports().iter().any(|transport| *transport != Transport::Stdio) {
        return Err(Failure::usage(
            "--coverage follows a server that is started over stdio: give its command by --stdio",
        ));
    }
    let peers = peers(&args, &target).await?;
    let told = Options {
        extent: args.campaign.extent(peers.len()),
        permits: Permits { all_tools: args.allow_all_tools, tools: args.allow_tool.clone() },
        rate,
        jobs: usize::from(args.jobs),
        coverage: args.coverage,
    };
    let watch = Watch::stderr();
    let mut reports: Vec<Report> = Vec::new();
    for peer in peers {
        let axis = peer.axis();
        let report = campaign(peer, &told, &watch).await;
        // It was reached before; one that is not any more ends the campaign, not the others.
        reports.push(report.unwrap_or_else(|e| Report { axis, stopped: Some(e.to_string()), ..Report::default() }));
    }
    watch.clear();
    if reports.iter().all(|report| report.cases == 0 && report.findings.is_empty()) {
        let why: Vec<String> = reports.iter().filter_map(|report| report.stopped.clone()).collect();
        return Err(Failure::usage(format!("nothing could be sent to the server: {}", why.join("; "))));
    }
    let command = format!("mcp-assay fuzz server {options}").trim_end().to_owned();
    let campaigns: Vec<Campaign> = reports.iter().map(of).collect();
    let result = run_result(&side(), &campaigns, &target.shown(), args.campaign.seed, &command);
    let written =
        write_all(&result, &args.campaign.out, &args.campaign.format, ReportOptions { strict: false, times: true });
    let written = written.map_err(Failure::harness)?;
    print(&reports);
    print_findings(&campaigns, args.campaign.findings.as_deref(), &command, &written);
    let found = reports.iter().any(|report| !report.findings.is_empty());
    Ok(if found { Exit::DoesNotConform } else { Exit::Conforms })
}

/// The server that the options name, with the options that name it again; our own where they name none.
async fn target(args: &FuzzServerArgs) -> Result<(Target, String), Failure> {
    let named = !(args.target.url.is_empty() && args.target.sse.is_empty())
        || args.target.stdio.is_some()
        || args.target.config.is_some();
    let built_in = !named && args.spawn.is_none();
    let deployment = DeploymentArgs {
        spawn: args.spawn.clone(),
        spawn_url: args.spawn_url.clone(),
        instances: args.instances.or((built_in || args.spawn.is_some()).then_some(1)),
        share: args.share.clone(),
        ..DeploymentArgs::default()
    };
    let chosen = choose(&args.target, &deployment, &Contract::default(), args.startup.0).await?;
    let mut target = chosen.target;
    let profiles: Vec<&str> = args.profile.iter().map(|profile| profile.as_str()).collect();
    let claims = (!profiles.is_empty()).then(|| format!("--profile {}", profiles.join(",")));
    let options = [chosen.options].into_iter().chain(claims).collect::<Vec<_>>().join(" ");
    if built_in && args.instances.is_none() && args.share.is_empty() {
        let command = format!("{} reference server --stdio", program()?);
        let spawn = Spawn { command, env: Vec::new(), directory: None };
        target.stdio = Some(StdioTarget { spawn, within: None, mutator: None });
        target.label = Some("the built-in reference server".to_owned());
        if !(args.campaign.revision.is_empty() && args.campaign.replay.is_empty()) {
            // The main job is about the newest; it has the old transport too.
            target.sse = target.http.clone();
            target.sse.iter_mut().for_each(|sse| sse.url.set_path(crate::reference::EVENTS));
        }
        return Ok((target, String::new()));
    }
    // Certificate authorities are read where URLs are.
    let _ = tls(args.target.ca_file.as_deref())?;
    Ok((target, options))
}

/// How many messages a second; refused where the target is on another machine and nobody has said that it may be.
fn rate(args: &FuzzServerArgs, target: &Target) -> Result<Option<Rate>, Failure> {
    let remote = target.http.iter().chain(&target.sse).find(|http| !crate::transport::is_loopback(&http.url));
    match remote {
        Some(http) if !args.allow_remote => Err(Failure::usage(format!(
            "{} is not on this machine: fuzzing may disturb it, so say --allow-remote if it is yours",
            http.shown()
        ))),
        Some(_) => Ok(Some(Rate(args.rate.unwrap_or(REMOTE_RATE)))),
        None => Ok(args.rate.map(Rate)),
    }
}

fn peer(args: &FuzzServerArgs, target: &Target, transport: Transport, revision: Revision) -> Peer {
    let shared = args.profile.contains(&Profile::ScaleOut);
    let (startup, limit) = (args.startup.0, args.deadline.0);
    Peer {
        target: target.clone(),
        transport,
        revision,
        startup,
        limit,
        shared,
        able: false,
        single: false,
        starts: Arc::default(),
    }
}

/// In which revisions, over which transports, it can be reached.
async fn peers(args: &FuzzServerArgs, target: &Target) -> Result<Vec<Peer>, Failure> {
    let wanted = newest_or(&args.campaign.revision)?;
    let old = args.campaign.revision.is_empty() || wanted.contains(&Revision::V2024_11_05);
    if target.sse.len() > 1 {
        return Err(Failure::usage("HTTP+SSE is fuzzed at one instance: give one --sse"));
    }
    if !old && target.transports() == [Transport::Sse] {
        return Err(Failure::usage("HTTP+SSE is the transport of 2024-11-05: leave --revision away, or add that"));
    }
    let mut peers = Vec::new();
    let mut refusals: Vec<String> = Vec::new();
    for transport in target.transports() {
        // HTTP+SSE is that of one revision.
        let wanted = if transport == Transport::Sse && old { vec![Revision::V2024_11_05] } else { wanted.clone() };
        for revision in wanted.iter().filter(|revision| transport.is_in(**revision)) {
            let mut candidate = peer(args, target, transport, *revision);
            let mut reached = candidate.connect(None).await;
            if args.campaign.revision.is_empty()
                && let Err(ConnectError::Refused(..)) = &reached
                && revision.era() == Era::Handshake
            {
                // An older server names what it speaks.
                for older in Revision::SUPPORTED.iter().rev().filter(|older| *older < revision) {
                    candidate = peer(args, target, transport, *older);
                    reached = candidate.connect(None).await;
                    if reached.is_ok() {
                        break;
                    }
                }
            }
            match reached {
                Ok(_) => peers.push(candidate),
                Err(e) => refusals.push(format!("{}: {e}", candidate.axis())),
            }
        }
    }
    // A URL may turn out to be that of an event stream.
    if old
        && target.sse.is_empty()
        && !target.http.is_empty()
        && peers.iter().all(|peer| peer.transport != Transport::Http)
    {
        let candidate = Peer { startup: args.deadline.0, ..peer(args, target, Transport::Sse, Revision::V2024_11_05) };
        match candidate.connect(None).await {
            Ok(_) => peers.push(candidate),
            Err(e) => refusals.push(format!("{}: {e}", candidate.axis())),
        }
    }
    if peers.is_empty() {
        return Err(Failure::usage(format!("failed to reach the server: {}", refusals.join("; "))));
    }
    Ok(peers)
}

/// Show findings again.
async fn replay(args: &FuzzServerArgs, target: &Target) -> Result<Exit, Failure> {
    let mut exit = Exit::Conforms;
    for file in &args.campaign.replay {
        let finding: Finding = finding::load(file).map_err(Failure::usage)?;
        if finding.instances() > target.http.len().max(1) {
            return Err(Failure::usage(format!(
                "{}: it takes {} instances to show it: say so with --instances",
                file.display(),
                finding.instances()
            )));
        }
        let shown =
            shown(peer(args, target, finding.transport, finding.revision), &finding, args.campaign.tries).await?;
        if super::tell_replay(&args.campaign, file, &paragraph(&finding), shown) {
            exit = Exit::DoesNotConform;
        }
    }
    Ok(exit)
}

/// In how many of so many tries the server shows the finding.
async fn shown(peer: Peer, finding: &Finding, tries: usize) -> Result<usize, Failure> {
    let mut reached = peer.connect(None).await;
    if reached.is_err() && peer.renew().await {
        // What was played before may have ended it.
        reached = peer.connect(None).await;
    }
    let offer = reached.map_err(Failure::usage)?.offer.clone();
    let judge = std::sync::Arc::new(Judge::new(peer.revision, &offer));
    let mut bench = Bench::new(peer, offer, judge);
    bench.together = finding.together;
    Ok(bench.confirm(&finding.shared(), &finding.suspicion(), tries).await.0)
}

fn side() -> Side {
    Side {
        scenario: "fuzz/server",
        title: "Nothing that a client sends brings the server out of order",
        required: "Whatever it is sent, the server never",
        oracles: Oracle::ALL.iter().map(|oracle| (oracle.as_str(), oracle.about())).collect(),
    }
}

fn of(report: &Report) -> Campaign {
    let told = |finding: &Finding| ToldFinding {
        oracle: finding.oracle.as_str(),
        name: finding.name(),
        seen: finding.seen.clone(),
        sign: finding.sign.clone(),
        paragraph: paragraph(finding),
    };
    Campaign {
        axis: report.axis.clone(),
        implementation: report.server.clone(),
        lasted: report.lasted,
        figures: Fuzzed {
            shares: 1,
            cases: count(report.cases),
            messages: count(report.sent),
            classes: report.classes.clone(),
            places: report.places.map(count),
        },
        findings: report.findings.iter().map(told).collect(),
    }
}

/// For the terminal.
fn print(reports: &[Report]) {
    for report in reports {
        let seconds = report.playing.as_secs_f64().max(0.001);
        let rate = f64::from(u32::try_from(report.sent).unwrap_or(u32::MAX)) / seconds;
        say(format_args!(
            "{}  {}: {} cases, {} messages, {rate:.0} a second, {} classes of answers,{} {} findings in {:.0} s\n",
            report.axis,
            report.server,
            report.cases,
            report.sent,
            report.classes.len(),
            report.places.map(|places| format!(" {places} places reached,")).unwrap_or_default(),
            report.findings.len(),
            report.lasted.as_secs_f64(),
        ));
        say(format_args!("  sequence {:016x}\n", report.sequence));
        for (method, outcomes) in &report.by_method {
            let told: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
            say(format_args!("  {method:<36} {}\n", told.join(", ")));
        }
        print_rest(&report.mended, "seen once and not again", &report.unconfirmed);
        if !report.left_out.is_empty() {
            say(format_args!("  not answered at once, and so left out: {}\n", report.left_out.join(", ")));
        }
        if !report.given_up.is_empty() {
            let given_up: Vec<&str> = report.given_up.iter().map(String::as_str).collect();
            say(format_args!("  ends it again and again, and so not sent any more: {}\n", given_up.join(", ")));
        }
        if let Some(why) = &report.stopped {
            say(format_args!("  ended early: {why}\n"));
        }
    }
}
