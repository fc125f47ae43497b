//! Deploy: lease; the checkout, its folders and `.env`; images; data services; migrations; the seed, once; all services;
//! the backup in cron; then every check of the result as a step of its own; the release is recorded and the lease
//! given back. All of it is one job: nothing in between needs the control side.
//!
//! **Invariant:** a release is recorded only behind all checks of the same run. Until then the instance is incomplete
//! and resumable.

mod assemble;
mod phases;
mod readiness;

pub use assemble::{Candidate, Strategy, Wish, assemble};
