//! See docs/architecture.md.

pub mod clock;
pub mod git;
pub mod inventory;
pub mod paths;
pub mod ssh;
pub mod store;
