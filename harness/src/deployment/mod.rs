//! Deployments: several instances of one server, what they share, and what stands before them; started, stopped, killed
//! and started again.

mod component;
#[cfg_attr(not(feature = "containers"), path = "no_container.rs")]
mod container;
mod instance;
mod port;
mod process;
mod set;

pub use component::Shared;
pub use instance::{Served, Within};
pub use port::listen;
pub use process::{Ended, ProcessError};
pub use set::{Deployment, DeploymentError};
