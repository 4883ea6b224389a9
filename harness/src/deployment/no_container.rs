//! Built without containers.

use crate::profile::Component;

/// There is none.
#[derive(Debug)]
pub(super) enum Container {}

/// Says that there are none.
#[expect(clippy::unused_async, reason = "as with containers")]
pub(super) async fn start(_: Component) -> Result<(String, Container), String> {
    Err("this program was built without containers".to_owned())
}
