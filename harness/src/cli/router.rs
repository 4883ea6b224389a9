//! `mcp-assay router`: the router before instances of the user's.

use std::sync::Arc;

use super::Failure;
use super::args::RouterArgs;
use super::target::tls;
use crate::action::Passage;
use crate::report::console::{note, say};
use crate::router::{Faults, Routed, Router};
use crate::transport::HttpTarget;
use crate::verdict::Exit;

/// Route until we are ended. Its URL goes to standard output, what it does to standard error.
pub async fn main(args: RouterArgs) -> Result<Exit, Failure> {
    let tls = tls(args.ca_file.as_deref())?;
    let instances = args.url.iter().map(|url| HttpTarget::new(url, &[], tls.clone()));
    let instances = instances.collect::<Result<Vec<_>, _>>().map_err(Failure::usage)?;
    let listen = &args.listen;
    let failed = |e: std::io::Error| {
        Failure::usage(format!("failed to listen on {listen}: {e}; give another address with --listen"))
    };
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(failed)?;
    let observer = Arc::new(|routed: Routed| note(format_args!("{}", shown(&routed))));
    let router = Router::with_faults(instances, args.route, args.seed, Faults::new(&args.fault), observer);
    if args.share_connections {
        router.share_connections();
    }
    let line = router.line_on("router", None, listener).map_err(failed)?;
    say(format_args!("{}\n", line.url));
    tokio::signal::ctrl_c().await.map_err(|e| Failure::harness(format!("failed to wait for the end: {e}")))?;
    Ok(Exit::Conforms)
}

/// One line of what happened.
fn shown(routed: &Routed) -> String {
    let instance = routed.instance.map_or_else(|| "none".to_owned(), |number| format!("instance {number}"));
    let request = match routed.verb.as_str() {
        "" => "what is no proper request".to_owned(),
        verb => format!("{verb} {}", routed.target),
    };
    let passage = match &routed.passage {
        Passage::Forwarded => String::new(),
        other => format!(": {other}"),
    };
    format!("{} {request} -> {instance}{passage}", routed.number)
}
