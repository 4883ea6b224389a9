//! One instance of the server, and the connections to it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::sync::watch;

use crate::transport::{CONNECT_TIMEOUT, Duplex, HttpTarget, connect};

/// A connection to an instance.
pub(super) type Link = Box<dyn Duplex>;

/// Most addresses of a host that are tried.
const MAX_ADDRESSES: usize = 8;
/// Most idle connections that wait to be used again.
const MAX_IDLE: usize = 512;
/// How long one may have waited. Servers close them after seconds, and a request must not meet that.
const IDLE_FOR: Duration = Duration::from_secs(1);

pub(super) struct Instance {
    pub(super) target: HttpTarget,
    /// As in `Host`.
    pub(super) authority: String,
    /// As in `Origin`.
    pub(super) origin: String,
    /// Path and query of its end point.
    pub(super) path: String,
    /// Where its host was found.
    address: OnceLock<SocketAddr>,
    takes: AtomicBool,
    open: watch::Sender<usize>,
    idle: Mutex<Vec<(Link, Instant)>>,
}

/// A request that is open at an instance, until dropped.
pub(super) struct Open(Arc<Instance>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|count| *count -= 1);
    }
}

impl Instance {
    pub(super) fn new(target: HttpTarget) -> Self {
        Self {
            authority: target.authority(),
            origin: target.url.origin().ascii_serialization(),
            path: target.request_target(),
            target,
            address: OnceLock::new(),
            takes: AtomicBool::new(true),
            open: watch::Sender::new(0),
            idle: Mutex::default(),
        }
    }

    /// Whether it takes requests.
    pub(super) fn takes(&self) -> bool {
        self.takes.load(Ordering::Acquire)
    }

    pub(super) fn set_takes(&self, takes: bool) {
        self.takes.store(takes, Ordering::Release);
        if !takes {
            self.lock().clear();
        }
    }

    /// Count a request as open.
    pub(super) fn begin(self: &Arc<Self>) -> Open {
        self.open.send_modify(|count| *count += 1);
        Open(Arc::clone(self))
    }

    /// Wait until no request is open.
    pub(super) async fn is_quiet(&self) {
        // Its sender is here, so it cannot go away.
        let _ = self.open.subscribe().wait_for(|count| *count == 0).await;
    }

    /// A new connection.
    ///
    /// # Errors
    /// In words.
    pub(super) async fn connect(&self) -> Result<Link, String> {
        if let Some(address) = self.address.get() {
            return connect(&self.target.url, self.target.tls(), Some(*address), |_| {}).await;
        }
        let host = self.target.url.host_str().unwrap_or_default();
        let port = self.target.url.port_or_known_default().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::time::timeout(CONNECT_TIMEOUT, tokio::net::lookup_host((bare, port))).await;
        let found = found.map_err(|_| format!("cannot find the host {host} within {CONNECT_TIMEOUT:?}"))?;
        let mut last = format!("nobody knows the host {host}");
        for address in found.map_err(|e| format!("cannot find the host {host}: {e}"))?.take(MAX_ADDRESSES) {
            match connect(&self.target.url, self.target.tls(), Some(address), |_| {}).await {
                Ok(link) => {
                    let _ = self.address.set(address);
                    return Ok(link);
                }
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    /// An idle connection that is still good.
    pub(super) fn take_idle(&self) -> Option<Link> {
        loop {
            let (mut link, since) = self.lock().pop()?;
            if since.elapsed() < IDLE_FOR && is_good(&mut link) {
                return Some(link);
            }
        }
    }

    /// Keep a connection for the next request to it, whoever's that is.
    pub(super) fn keep_idle(&self, link: Link) {
        let mut idle = self.lock();
        if self.takes() && idle.len() < MAX_IDLE {
            idle.push((link, Instant::now()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Link, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a connection that nothing is expected on is open, and silent.
pub(super) fn is_good(link: &mut Link) -> bool {
    link.read(&mut [0]).now_or_never().is_none()
}
