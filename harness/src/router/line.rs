//! One listener, for one party.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::MAX_CONNECTIONS;
use super::arming::Arming;
use super::converse::converse;
use super::proxy::Core;

/// The pause after the system refused to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What is known of a line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: Arc<str>,
    /// Its place among all lines, from 0.
    pub(super) place: usize,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The one instance that it leads to, from 0.
    pub(super) only: Option<usize>,
    /// Path and query of the end point as its clients know it.
    pub(super) path: String,
    pub(super) arming: Arc<Arming>,
    pub(super) requests: AtomicU64,
}

impl Line {
    /// The number of the request that has just come, from 1.
    pub(super) fn number(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether this is the authority, as in `Host`, under which its clients know it.
    pub(super) fn is_own(&self, authority: &str) -> bool {
        let Some((host, port)) = authority.rsplit_once(':') else { return false };
        let is_known = host.eq_ignore_ascii_case("localhost") || self.address.ip().is_unspecified();
        port.parse() == Ok(self.address.port()) && (is_known || host == host_of(self.address))
    }
}

/// The host of an address, as in a URL.
fn host_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}

/// Take connections until dropped, and with it end all of them.
pub(super) async fn listen(core: Arc<Core>, line: Arc<Line>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, client)) => {
                connections.spawn(converse(Arc::clone(&core), Arc::clone(&line), stream, client));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
