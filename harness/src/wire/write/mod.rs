//! Messages to bytes, exactly as asked, wrong ones included.

mod message;
mod replaced;
mod spelling;

pub use message::{error, notification, request, result};
pub use replaced::replaced;
pub use spelling::{Escape, KeyOrder, Space, Spelling, respell};
