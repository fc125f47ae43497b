//! Deploy: lease; the server itself (packages, Docker, the login user, security updates, fail2ban, the firewall); the
//! checkout, its folders and `.env`; images; data services; migrations; the seed, once; all services; the backup in cron;
//! then every check of the result as a step of its own; the release is recorded and the lease given back. It is one
//! job, or two where the firewall may change: the second begins by confirming it, so that a host that cannot be
//! reached any more takes its firewall back by itself.
//!
//! **Invariant:** a release is recorded only behind all checks of the same run. Until then the instance is incomplete
//! and resumable.

mod assemble;
mod env;
mod phases;
mod readiness;
mod server;

pub use assemble::{Candidate, Source, Wish, assemble};
pub use env::Env;
