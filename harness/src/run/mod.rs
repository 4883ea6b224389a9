//! One whole run: ask the IUT what it offers, plan, carry the cases out side by side, judge their transcripts.

mod again;
mod assembly;
mod axes;
mod lanes;
mod options;
mod play;
mod pool;
mod show;
mod watch;

pub use again::{JudgeError, judge_again};
pub use axes::{Asked, ask};
pub use options::{Revisions, RunError, RunOptions};
pub use pool::run;
pub use show::show_plan;
