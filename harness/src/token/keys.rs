//! The keys that the harness has where it plays a client.

use std::sync::OnceLock;

use super::{KeyError, SigningKey};

/// Two keys, made when they are first needed: the usual one, and another.
#[derive(Debug, Default)]
pub struct Keys(OnceLock<[SigningKey; 2]>);

impl Keys {
    /// The keys, from now on the same.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn get(&self) -> Result<&[SigningKey; 2], KeyError> {
        if let Some(keys) = self.0.get() {
            return Ok(keys);
        }
        let made = [SigningKey::generate()?, SigningKey::generate()?];
        Ok(self.0.get_or_init(|| made))
    }

    /// The keys, where they were needed before.
    pub fn made(&self) -> Option<&[SigningKey; 2]> {
        self.0.get()
    }
}
