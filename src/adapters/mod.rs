//! See docs/architecture.md.

pub mod clock;
