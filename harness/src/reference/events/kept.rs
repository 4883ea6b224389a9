//! Values in the store, as JSON: read, and changed by whoever comes first.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::reference::rpc::{Failure, INTERNAL};
use crate::reference::store::{LONG, Store};

/// Most attempts at a change while others change the same.
const MOST_ATTEMPTS: usize = 100;

/// The value of a field.
pub(super) async fn read<T: DeserializeOwned>(store: &Store, key: &str, field: &str) -> Result<Option<T>, Failure> {
    Ok(store.field(key, field).await?.and_then(|text| parse(&text)))
}

/// Sets a field.
pub(super) async fn put<T: Serialize>(store: &Store, key: &str, field: &str, value: &T) -> Result<(), Failure> {
    Ok(store.set(key, field, &write(value), LONG).await?)
}

/// Changes the value of a field; where there is none and it may begin, that of the default. None where it may not.
pub(super) async fn change<T, R>(
    store: &Store,
    key: &str,
    field: &str,
    begins: bool,
    mut change: impl FnMut(&mut T) -> R,
) -> Result<Option<R>, Failure>
where
    T: Default + Serialize + DeserializeOwned,
{
    for _ in 0..MOST_ATTEMPTS {
        let old = store.field(key, field).await?;
        if old.is_none() && !begins {
            return Ok(None);
        }
        let mut value: T = old.as_deref().and_then(parse).unwrap_or_default();
        let made = change(&mut value);
        let new = write(&value);
        let done = match &old {
            Some(old) => store.swap(key, field, old, &new).await?,
            None => store.add(key, field, &new, LONG).await?,
        };
        if done {
            return Ok(Some(made));
        }
    }
    Err(Failure::new(INTERNAL, "others change the same all the time").status(503))
}

fn parse<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

fn write<T: Serialize>(value: &T) -> String {
    // Nothing in it can fail to be written.
    serde_json::to_string(value).unwrap_or_default()
}
