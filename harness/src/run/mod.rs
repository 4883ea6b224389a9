//! One whole run: ask the IUT what it offers, plan, carry the cases out side by side, judge their transcripts.

mod again;
mod assembly;
mod authorization;
mod axes;
mod by_hand;
mod clients;
mod lanes;
mod latency;
mod load;
mod options;
mod play;
mod pool;
mod reference_client;
mod show;
mod spawned;
mod watch;

pub use again::{JudgeError, judge_again};
pub use authorization::{AuthorizationOptions, REDIRECT_URI, authorization_facts, run_authorization};
pub use axes::{Asked, ask};
pub use by_hand::ByHand;
pub(crate) use clients::send_client;
pub use clients::{CONTEXT, ClientOptions, OWN_SCENARIO, TRANSPORT, VERSION, run_client};
pub use load::{LoadOptions, load};
pub use options::{Revisions, RunError, RunOptions};
pub use pool::run;
pub use reference_client::{SentTo, play_broken_client, play_client, told};
pub use show::show_plan;
pub use spawned::shim_command;
