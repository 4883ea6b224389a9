//! What a host says of its MCP servers before anybody connects: AI Catalogs and server cards (proposal 2127, a draft;
//! docs/discovery.md and schema.ts of its repository).

mod catalogue;
mod places;

pub use catalogue::{Entry, Leads, entries, listed_for};
pub use places::{CATALOGUE, SUFFIX, SUPERSEDED, path_and_query, reserved};

/// The media type of a server card, and the type of an entry that leads to one.
pub const CARD_TYPE: &str = "application/mcp-server-card+json";
/// The media type of an AI Catalog, and the type of an entry that leads to another one.
pub const CATALOGUE_TYPE: &str = "application/ai-catalog+json";
/// What `$schema` of a card says.
pub const CARD_SCHEMA: &str = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json";
