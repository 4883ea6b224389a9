//! One connection, of which a stateless server remembers nothing (2026-07-28, basic), and a defective one does.

use std::sync::{Arc, Mutex};

use tokio::task_local;

use super::Switch;
use super::core::{Client, Server, lock};
use super::logging::Level;
use super::rpc::Object;

task_local! {
    /// The connection of the HTTP request that is being read.
    static CONNECTION: Arc<Remembered>;
}

/// What earlier requests on a connection said.
#[derive(Debug)]
pub(super) struct Remembered {
    number: u64,
    said: Mutex<(Object, Option<Level>)>,
}

impl Remembered {
    /// A connection on which nothing was said yet.
    pub(super) fn new(server: &Server) -> Arc<Self> {
        Arc::new(Self { number: server.homes.next(), said: Mutex::default() })
    }
}

/// Runs the answering of a request with its connection at hand.
pub(super) async fn on<T>(connection: Arc<Remembered>, work: impl Future<Output = T>) -> T {
    CONNECTION.scope(connection, work).await
}

/// Mixes what was said before into what the client says now, where the server has that defect.
pub(super) fn remember(server: &Server, client: &mut Client) {
    let Ok(connection) = CONNECTION.try_with(Clone::clone) else { return };
    let mut said = lock(&connection.said);
    if server.has(Switch::ConnectionRemembersCapabilities) {
        said.0.extend(client.capabilities.clone());
        client.capabilities.clone_from(&said.0);
    }
    if server.has(Switch::ConnectionRemembersLevel) {
        said.1 = client.level.or(said.1);
        client.level = said.1;
    }
    client.connection = server.has(Switch::StateBoundToConnection).then_some(connection.number);
}
