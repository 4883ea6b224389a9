//! Who waits for a key to be woken in this process.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::watch;

use crate::reference::core::lock;

/// Keys without anyone waiting are looked for when there are more than so many.
const MANY: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Hub(Mutex<HashMap<String, watch::Sender<()>>>);

impl Hub {
    /// Changes whenever the key is woken.
    pub(super) fn watch(&self, key: &str) -> watch::Receiver<()> {
        let mut all = lock(&self.0);
        if all.len() > MANY {
            all.retain(|_, sender| sender.receiver_count() > 0);
        }
        all.entry(key.to_owned()).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Wakes all who wait for the key.
    pub(super) fn wake(&self, key: &str) {
        let mut all = lock(&self.0);
        if let Some(sender) = all.get(key) {
            if sender.receiver_count() == 0 {
                all.remove(key);
            } else {
                sender.send_replace(());
            }
        }
    }
}
