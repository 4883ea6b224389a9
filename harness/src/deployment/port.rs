//! Ports for processes that are told where to listen.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// The waits between two tries to connect: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));
/// Longest time for one try to connect.
const TRY: Duration = Duration::from_secs(1);

/// Where ports are looked for: below those that systems give to connections on their way out, one of which could else take
/// the port of an instance while it is down.
const RANGE: std::ops::Range<u16> = 10_240..32_000;
/// Most ports that are tried.
const TRIES: u32 = 4096;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A listener on a port of 127.0.0.1 that stays free when this is closed.
///
/// # Errors
/// When there is no such port.
pub async fn listen() -> std::io::Result<TcpListener> {
    let mut last = std::io::Error::other("no port was tried");
    for _ in 0..TRIES {
        // Another process begins elsewhere, and each step leads far.
        let at =
            std::process::id().wrapping_mul(7919).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(613));
        let offset = u16::try_from(at % u32::from(RANGE.end - RANGE.start)).unwrap_or_default();
        match TcpListener::bind(("127.0.0.1", RANGE.start + offset)).await {
            Ok(listener) => return Ok(listener),
            Err(e) => last = e,
        }
    }
    Err(last)
}

/// Such a port, which nobody has at the moment.
///
/// # Errors
/// When there is none.
pub(super) async fn free() -> std::io::Result<u16> {
    Ok(listen().await?.local_addr()?.port())
}

/// Wait until somebody listens there. The port of another process gives no sign, so it has to be asked again and again.
/// False at the deadline.
pub(super) async fn listens_by(port: u16, deadline: Instant) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut pause = PAUSES.0;
    while Instant::now() < deadline {
        if let Ok(Ok(_)) = tokio::time::timeout(TRY, TcpStream::connect(address)).await {
            return true;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
    false
}
