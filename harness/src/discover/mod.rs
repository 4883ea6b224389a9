//! What a host declares of its MCP servers, for a person or a registry: read without being an MCP client, and compared on
//! request with what the servers say once connected.

mod asker;
mod compare;
mod connect;
mod found;
mod look;
mod metadata;
mod remarks;
mod text;

pub use asker::{Limits, Unreachable};
pub use found::{Card, Connected, Discovery, Document, Issuer, Outcome, Remark};
pub use look::{Wanted, discover};
pub use text::shown;
