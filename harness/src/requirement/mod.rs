//! The requirement catalogue: every sentence of the specification that can be decided on its own, as data.
//!
//! The rows live in `scenarios/requirements/<area>.yaml` (`schemas/requirement.json` explains their members) and are
//! compiled into the program. A check names a requirement's id and takes level, text and link from here.
//!
//! `since` is the first and `until` the **last** revision in which a row holds, both inclusive; without `until` it
//! still holds in the newest revision and in the draft.

mod catalogue;
mod error;
mod extension;
mod model;
mod subject;
mod suggest;
#[cfg(test)]
mod tests;
mod undecided;
mod words;

pub use catalogue::Catalogue;
pub use error::CatalogueError;
pub use extension::{EXTENSIONS, Extension, Status};
pub use model::{ClientSide, Disputed, EarlierLink, Narrowed, Requirement, ServerSide};
pub use subject::Subject;
pub(crate) use suggest::nearest;
pub use undecided::{Reasons, Undecided};
pub use words::{Actor, Basis, Level, Observable, Profile, Role, Transport};
