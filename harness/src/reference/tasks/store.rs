//! The tasks of one session.

use std::sync::Arc;
use std::time::Duration;

use super::task::{Record, Task};
use crate::reference::Switch;
use crate::reference::core::Server;
use crate::reference::rpc::{Failure, INTERNAL};
use crate::reference::seal::random;
use crate::reference::session::Session;
use crate::reference::store::{LONG, StoreError};

/// Tasks that one session may have at a time.
const MAX_TASKS: usize = 64;

impl Session {
    /// The map of its tasks' records.
    pub(in crate::reference) fn tasks_key(&self) -> String {
        format!("tasks {}", self.id)
    }

    /// Begins a task; refuses it when there are too many.
    pub(super) async fn add_task(self: &Arc<Self>, server: &Server, ttl: Duration) -> Result<(Task, Record), Failure> {
        let (key, store) = (self.tasks_key(), &self.homes.tasks);
        if store.size(&key).await? >= MAX_TASKS {
            let all = store.fields(&key).await?;
            let over = all.iter().filter(|(_, text)| Record::read(text).is_none_or(|record| record.left().is_none()));
            for (id, _) in over {
                store.unset(&key, id).await?;
            }
            if store.size(&key).await? >= MAX_TASKS {
                let message = format!("a session has at most {MAX_TASKS} tasks; wait until some expire");
                return Err(Failure::new(INTERNAL, message));
            }
        }
        let task = Task::new(&new_id(server)?, self);
        let record = Record::new(ttl, self.homes.member);
        store.set(&key, &task.id, &record.write(), LONG).await?;
        Ok((task, record))
    }

    /// Every task that has not expired, in the order of their creation.
    pub(super) async fn tasks(self: &Arc<Self>) -> Result<Vec<(Task, Record)>, StoreError> {
        let mut all = Vec::new();
        for id in self.homes.tasks.fields(&self.tasks_key()).await?.into_keys() {
            let task = Task::new(&id, self);
            all.extend(task.record().await?.map(|record| (task, record)));
        }
        all.sort_by_key(|(_, record)| record.born);
        Ok(all)
    }
}

/// The id of a new task: 128 random bits.
pub(in crate::reference) fn new_id(server: &Server) -> Result<String, Failure> {
    if server.has(Switch::GuessableTaskIds) {
        let count = server.shuffle.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        return Ok(format!("task-{}", count + 1));
    }
    let bytes = random::<16>().map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
