//! `mcp-assay reference`: the conforming peers.

use super::Failure;
use super::args::{ReferenceArgs, ReferenceCommand};
use crate::reference::{Options, Switch, serve_http, serve_stdio};
use crate::self_check::serve_lines;
use crate::verdict::Exit;

/// Run it until it ends or is ended.
pub async fn main(args: ReferenceArgs) -> Result<Exit, Failure> {
    let (listen, stdio, switch, page_size) = match args.command {
        ReferenceCommand::Server { listen, stdio, switch, page_size } => (listen, stdio, switch, page_size),
        ReferenceCommand::Null { behaviour } => {
            let ended = serve_lines(tokio::io::stdin(), tokio::io::stdout(), behaviour).await;
            return ended.map(|()| Exit::Conforms).map_err(|e| Failure::harness(format!("the null peer failed: {e}")));
        }
    };
    if switch.iter().any(|name| name == "help") {
        for switch in Switch::ALL {
            println!("{:<36} {}", switch.name(), switch.about());
        }
        return Ok(Exit::Conforms);
    }
    let mut options = Options::default();
    for name in &switch {
        options.switches.insert(name.parse().map_err(Failure::usage)?);
    }
    options.page_size = page_size.unwrap_or(options.page_size).max(1);
    if stdio {
        let ended = serve_stdio(tokio::io::stdin(), tokio::io::stdout(), tokio::io::stderr(), options).await;
        return ended
            .map(|()| Exit::Conforms)
            .map_err(|e| Failure::harness(format!("the reference server failed: {e}")));
    }
    let failed = |e: std::io::Error| Failure::usage(format!("failed to listen on {listen}: {e}"));
    let listener = tokio::net::TcpListener::bind(&listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    println!("http://{address}/mcp");
    serve_http(listener, options).await.map_err(|e| Failure::harness(format!("the reference server failed: {e}")))?;
    Ok(Exit::Conforms)
}
