//! Steps: each renders typed values to POSIX sh. Pure; nothing in here runs anything.
//!
//! The text of a step is a `.sh` file beside it; values enter it only as assignments that [`quote`] wrote.

pub mod anchor;
pub mod backup;
pub mod compose;
pub mod deploy;
pub mod env_file;
pub mod envelope;
pub mod git;
pub mod images;
pub mod import;
pub mod lease;
pub mod lease_desk;
pub mod logs;
pub mod migrate;
pub mod preflight;
pub mod probe;
pub mod quote;
pub mod record;
pub mod rollback;
pub mod rotate;
pub mod runner;
mod script;
pub mod server;
pub mod service_logs;
pub mod service_port;
