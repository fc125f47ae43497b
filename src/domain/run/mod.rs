//! A run: one execution of a plan. Its state is a fold of its events.

mod canary;
pub mod control;
pub mod event;
mod fold;
mod fold_host;
pub mod operator;
pub mod outcome;
pub mod pause;
mod recover;
pub mod retry;
pub mod state;
mod summary;
#[cfg(test)]
mod tests;
pub mod waits;

pub use summary::Counts;
