//! Looks at the fleet over and over and publishes what it finds.

mod look;
mod poll;

pub use look::probe_host;
pub use poll::{LookAgain, Poller, Sources, Watched, run_once};
