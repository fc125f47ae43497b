//! The store on this machine: a SQLite database for what happened and plain files for output.
//!
//! One thread owns one connection; the handles send it work and await the answer. What waits is
//! committed together, so that many hosts cost few syncs.

mod approvals;
mod audit;
mod audit_runs;
mod beside_runs;
mod campaigns;
mod change;
mod check;
mod db;
#[cfg(test)]
mod db_tests;
mod handle;
mod jobs;
mod liveness;
mod logs;
mod look;
mod outbox;
mod presented;
mod schema;
mod thread;
mod timeline;

pub use audit::AuditLog;
pub use check::check;
pub use handle::{StoreReader, StoreWriter};
pub use timeline::TimelineKeeper;
