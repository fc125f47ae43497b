//! The check between two phases of one host: whether it is healthy now, in three values.

mod judge;
#[cfg(test)]
mod judge_tests;
mod looks;

pub use judge::{Look, Seen, judge};
pub use looks::GateLooks;
