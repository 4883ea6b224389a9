//! What the token endpoint takes, one grant a file.

mod anyone;
mod bearer;
mod code;
mod exchange;
mod own;
mod refresh;

pub(super) use anyone::anyone;
pub(super) use bearer::bearer;
pub(super) use code::code;
pub(super) use exchange::exchange;
pub(super) use own::own;
pub(super) use refresh::refresh;

use serde_json::{Map, Value};

use super::answer::Refusal;

/// A token response, or why there is none.
type Granted = Result<Map<String, Value>, Refusal>;
