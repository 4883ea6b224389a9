//! Ports for processes that are told where to listen.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// The waits between two tries to connect: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));
/// Longest time for one try to connect.
const TRY: Duration = Duration::from_secs(1);

/// A port of 127.0.0.1 that nobody has at the moment.
///
/// # Errors
/// When the operating system has none.
pub(super) async fn free() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
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
