//! Looks at the fleet over and over and publishes what it finds.

mod at_work;
mod board;
mod look;
mod metrics;
mod once;
mod poll;
mod record;
mod schedule;
mod work;

pub use at_work::AtWork;
pub use look::probe_host;
pub use metrics::{Figures, Trends, refresh_figures, refresh_trends};
pub use once::run_once;
pub use poll::{LookAgain, Poller, Sources, Watched};
