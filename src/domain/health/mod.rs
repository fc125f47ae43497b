//! Health of an instance: one of four states, and the reasons, worst first.

mod containers;
mod judge;
mod machine;
mod verdict;
mod words;

pub use containers::{container_reasons, expected_services};
pub use judge::{Evidence, judge};
pub use verdict::{Health, Reason, Verdict};
pub use words::{hours, same_short_age, seconds_since, short_age};
