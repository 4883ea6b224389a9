//! Where the tasks of one session are kept.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use indexmap::IndexMap;

use super::task::Task;
use crate::reference::Switch;
use crate::reference::core::{Server, lock};
use crate::reference::rpc::{Failure, INTERNAL};
use crate::reference::seal::random;

/// Tasks that one session may have at a time.
const MAX_TASKS: usize = 64;

/// The tasks of one session, in the order of their creation.
#[derive(Debug, Default)]
pub(in crate::reference) struct Tasks(Mutex<IndexMap<String, Arc<Task>>>);

impl Tasks {
    /// Keeps a task; refuses it when there are too many.
    pub(super) fn add(&self, task: &Arc<Task>) -> Result<(), Failure> {
        let mut all = lock(&self.0);
        if all.len() >= MAX_TASKS {
            return Err(Failure::new(
                INTERNAL,
                format!("a session has at most {MAX_TASKS} tasks; wait until some expire"),
            ));
        }
        all.insert(task.id.clone(), Arc::clone(task));
        Ok(())
    }

    /// The task with this id, unless it has expired.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Task>> {
        lock(&self.0).get(id).filter(|task| Instant::now() < task.expiry()).cloned()
    }

    /// Every task that has not expired.
    pub(super) fn all(&self) -> Vec<Arc<Task>> {
        let now = Instant::now();
        lock(&self.0).values().filter(|task| now < task.expiry()).cloned().collect()
    }

    /// Forgets a task.
    pub(super) fn remove(&self, id: &str) {
        if let Some(task) = lock(&self.0).shift_remove(id) {
            task.forget();
        }
    }
}

/// The id of a new task: 128 random bits.
pub(super) fn new_id(server: &Server) -> Result<String, Failure> {
    if server.has(Switch::GuessableTaskIds) {
        let count = server.shuffle.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        return Ok(format!("task-{}", count + 1));
    }
    let bytes = random::<16>().map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
