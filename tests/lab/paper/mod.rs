//! Paper hosts: an SSH server each, the real shell behind it, and faults on demand.

mod address;
mod exec;
mod fault;
mod host;
mod instance;
mod inventory;
mod keys;
mod link;
mod options;
mod server;
mod shell;
mod stack;
mod stage;
mod start;
mod web;

pub use fault::Fault;
pub use host::PaperHost;
pub use options::{HostSpec, Options};
pub use start::Lab;
