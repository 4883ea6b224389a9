//! The threads that carry connections.

use std::io;
use std::num::NonZero;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

/// Which sides of a conversation run within this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// One: the other needs the cores, too.
    One,
    /// Both.
    Both,
}

/// A runtime with a thread for every two cores. What takes long, judging above all, has threads of its own; a thread more
/// for connections would only be woken for what another is about to do, on a core that the server needs. Where the server runs
/// here, too, it has a thread for each.
///
/// # Errors
/// When the system gives no thread.
pub fn runtime(sides: Sides) -> io::Result<Runtime> {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let threads = if sides == Sides::Both { cores } else { cores.div_ceil(2) };
    Builder::new_multi_thread().worker_threads(threads).enable_all().build()
}
