//! The worker: carries out the plan of one run, and goes on with one whose worker died.
//!
//! **Invariants:** a job is journalled as intended before its first byte goes out; a job that was sent is never
//! sent under another number before its end was read; what the host's log says is kept before it is
//! believed; where the journal cannot be written the worker ends, and the hosts finish what they have.

mod between;
mod budget;
mod canary_back;
mod canary_watch;
mod contact;
mod controls;
mod gate;
mod host;
mod host_journal;
mod job;
mod lease_keeper;
mod patience;
mod places;
mod playbook;
mod playbook_host;
mod playbook_leases;
mod progress;
mod run;
mod secrets;
mod shared;
mod vault;
mod verdict;
mod watch;

pub use run::{AroundPorts, Timing, WorkerError, WorkerPorts, carry_out};
pub(crate) use shared::replayed;
