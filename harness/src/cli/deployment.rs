//! From options and `assay.yaml` to a target of several instances.

use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use super::args::DeploymentArgs;
use super::target::program;
use crate::deployment::Deployment;
use crate::drive::Target;
use crate::profile::{Component, DeploymentSettings};
use crate::reference::SMALL_PAGE;
use crate::transport::{Collector, quote};

/// Most instances behind a balancer.
const MAX_INSTANCES: usize = 64;

/// Start the instances that are wanted, and add them to the target. `named`: other options name a target already; `of_file`: what
/// the mapping says of a deployment; `collector`: where they are to
/// export traces; `add` adds a URL.
pub async fn deploy(
    target: &mut Target,
    named: bool,
    args: &DeploymentArgs,
    of_file: Option<&DeploymentSettings>,
    startup: Duration,
    collector: Option<&Collector>,
    add: impl Fn(&mut Target, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if named {
        return behind_one_url(target, args);
    }
    let Some(mut settings) = settings(args, of_file)? else { return Ok(()) };
    if settings.start.is_none() && !settings.urls.is_empty() {
        return settings.urls.iter().try_for_each(|url| add(target, url));
    }
    settings.env.extend(collector.map(Collector::environment).unwrap_or_default());
    let deployment = Deployment::start(&settings, startup).await.map_err(Failure::usage)?;
    for url in deployment.urls() {
        add(target, &url)?;
    }
    target.label = Some(label(&settings, args.spawn.is_none() && of_file.is_none()));
    target.deployment = Some(Arc::new(deployment));
    Ok(())
}

/// Whatever stands behind one URL is reached by it, however many there are.
fn behind_one_url(target: &mut Target, args: &DeploymentArgs) -> Result<(), Failure> {
    if !args.share.is_empty() {
        return Err(Failure::usage("--share is for instances that are started: give --spawn in place of the target"));
    }
    let Some(instances) = args.instances else { return Ok(()) };
    match target.http.as_slice() {
        [one] if (1..=MAX_INSTANCES).contains(&instances) => {
            target.http = vec![one.clone(); instances];
            Ok(())
        }
        [_] => Err(Failure::usage(format!("--instances {instances} is not between 1 and {MAX_INSTANCES}"))),
        [] => Err(Failure::usage("--instances is for servers over HTTP: give --spawn, or --url of a balancer")),
        several => Err(Failure::usage(format!(
            "--instances says how many stand behind one --url, but there are {}: leave it away",
            several.len()
        ))),
    }
}

/// What to start, if anything is to be started.
fn settings(
    args: &DeploymentArgs,
    of_file: Option<&DeploymentSettings>,
) -> Result<Option<DeploymentSettings>, Failure> {
    let mut settings = match (&args.spawn, of_file) {
        (Some(command), _) => DeploymentSettings { start: Some(command.clone()), ..DeploymentSettings::default() },
        (None, Some(file)) => file.clone(),
        (None, None) if args.instances.is_some() || !args.share.is_empty() => reference(&args.share)?,
        (None, None) if !args.route.is_empty() => {
            return Err(Failure::usage(
                "--route needs several instances: give --instances, with --spawn for a server of yours",
            ));
        }
        (None, None) => return Ok(None),
    };
    if let Some(url) = &args.spawn_url {
        settings.url.clone_from(url);
    }
    if let Some(instances) = args.instances {
        settings.instances = instances;
    }
    settings.shares.extend(args.share.iter().copied());
    settings.shares.sort();
    settings.shares.dedup();
    Ok(Some(settings))
}

/// Instances of the reference server.
fn reference(share: &[Component]) -> Result<DeploymentSettings, Failure> {
    let mut start = format!("{} reference server --listen 127.0.0.1:{{port}} --page-size {SMALL_PAGE}", program()?);
    if share.contains(&Component::Redis) {
        start.push_str(" --store {redis}");
    }
    Ok(DeploymentSettings { start: Some(start), ..DeploymentSettings::default() })
}

/// What reports call it: ports differ from run to run.
fn label(settings: &DeploymentSettings, is_reference: bool) -> String {
    let what =
        if is_reference { "the built-in reference server" } else { settings.start.as_deref().unwrap_or_default() };
    let shares: Vec<&str> = settings.shares.iter().map(|component| component.word()).collect();
    let sharing = if shares.is_empty() { String::new() } else { format!(", sharing {}", shares.join(" and ")) };
    let before = if settings.balancer.is_some() { ", behind a balancer" } else { "" };
    format!("{what}, {} instances{sharing}{before}", settings.instances)
}

/// The options that say the same again.
pub fn repeat(args: &DeploymentArgs) -> Vec<String> {
    let joined = |name: &str, words: Vec<String>| (!words.is_empty()).then(|| format!("--{name} {}", words.join(",")));
    let mut parts = Vec::new();
    parts.extend(args.spawn.iter().map(|command| format!("--spawn {}", quote(command))));
    parts.extend(args.spawn_url.iter().map(|url| format!("--spawn-url {}", quote(url))));
    parts.extend(args.instances.map(|instances| format!("--instances {instances}")));
    parts.extend(joined("share", args.share.iter().map(|component| component.word().to_owned()).collect()));
    parts.extend(joined("route", args.route.iter().map(ToString::to_string).collect()));
    parts
}
