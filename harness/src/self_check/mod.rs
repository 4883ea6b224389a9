//! Self-check: the whole corpus against the reference server, unmutated and once per defect, and against peers that do
//! nothing. A check that has not been seen to fail is not a check, and a green that nothing earned is a defect of ours.

mod authorization;
mod clients;
mod killing;
mod matrix;
mod null;
mod peers;
mod planning;
mod several;
mod trials;
mod verdicts;

pub use killing::{Killings, kill_at_each_step};
pub use matrix::Matrix;
pub use null::{Null, serve_lines};
pub use trials::{SelfCheckError, SelfCheckOptions, self_check};
