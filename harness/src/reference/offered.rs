//! What tools change of what the server offers: things that come and go, and the version of the watched resource.

use super::Switch;
use super::core::Server;
use super::rpc::Failure;
use super::store::{LONG, Store};

/// The map of it all.
const KEY: &str = "offered";

/// What comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extra {
    Tool,
    Prompt,
    Resource,
}

impl Extra {
    fn field(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
        }
    }
}

impl Server {
    fn offered(&self) -> &Store {
        self.part(Switch::ChangesOnOneInstance)
    }

    /// Adds it or takes it away again; gives whether it is there now.
    pub(super) async fn toggle(&self, extra: Extra) -> Result<bool, Failure> {
        let times = self.offered().count(KEY, extra.field(), 1, LONG).await?;
        Ok(!times.is_multiple_of(2))
    }

    /// Whether it is there.
    pub(super) async fn offers(&self, extra: Extra) -> Result<bool, Failure> {
        Ok(!self.number(extra.field()).await?.is_multiple_of(2))
    }

    /// Changes the watched resource; gives its new version.
    pub(super) async fn change_version(&self) -> Result<u64, Failure> {
        Ok(self.offered().count(KEY, "version", 1, LONG).await?)
    }

    /// How often the watched resource changed.
    pub(super) async fn version(&self) -> Result<u64, Failure> {
        self.number("version").await
    }

    async fn number(&self, field: &str) -> Result<u64, Failure> {
        let number = self.offered().field(KEY, field).await?;
        Ok(number.and_then(|number| number.parse().ok()).unwrap_or_default())
    }
}
