//! Upgrade: lease, preflight, backup, fetch, hold images, checkout, build, migrate, up; then the health
//! gate; then the release is recorded and the lease given back.
//!
//! **Invariant:** nothing that runs is stopped before the backup, the fetch, the build and the migration have
//! all succeeded.

mod assemble;
mod phases;
mod readiness;

pub(super) use readiness::{clock, disk};

pub use assemble::{Candidate, Wish, assemble};
