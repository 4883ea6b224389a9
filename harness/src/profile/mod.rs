//! What the IUT offers for the abstract needs of scenarios, and what may be called.

mod contract;
mod deployment;
mod needs;

pub use contract::{Contract, ContractError, Item};
pub use deployment::{Balancer, Component, DeploymentSettings};
pub use needs::{Allow, Unmet, resolve};
