//! SSH by the OpenSSH client: one open connection per host, commands over its multiplexing socket.
//!
//! [`SshPool`] reads; [`SshJobs`] also changes and can only be made with a `domain::capability::Operate`.

mod classify;
mod config;
mod control_dir;
mod control_files;
mod exec;
mod follow;
mod follow_pace;
mod forward;
pub mod host_keys;
mod jobs;
mod known_key;
mod leases;
mod lending;
mod master;
mod pool;
mod process;
mod read;
mod settings;
mod starts;
mod terminal;

pub use control_dir::ControlDirError;
pub use forward::HostForward;
pub use host_keys::{HostKey, HostKeyError, Keys};
pub use jobs::SshJobs;
pub use leases::SshLeases;
pub use pool::SshPool;
pub use settings::SshSettings;
pub use terminal::HostShell;
