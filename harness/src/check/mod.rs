//! Checks: pure functions of a finished transcript. Nothing here touches a socket, so a saved transcript can be judged
//! again by newer checks.

mod compiled;
mod decide;
mod evaluate;
mod evidence;
mod excerpt;
mod finding;
mod judge;
mod monitors;
mod names;
mod schemas;

pub use excerpt::excerpt;
pub use finding::{Finding, Outcome, Source};
pub use judge::{Judge, Said, Scope};
