//! The plan: which scenarios run on which axes, in which order, and why the rest does not. Pure: no IO.

mod case;
mod select;

pub use case::{Axis, Case, DIRECT, GATEWAY, LeftOut, Offer, Permissions, Plan, case_id, plan};
pub use select::{Selection, SelectionError};
