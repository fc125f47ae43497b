//! The only code that touches the world: each adapter implements a port of the engine.

pub mod alertmanager;
pub mod ansible;
pub mod bundle_file;
pub mod caller;
pub mod clock;
pub mod enrol;
pub mod env_template;
pub mod git;
pub mod hooks;
pub mod http;
pub mod inventory;
pub mod log_file;
pub mod notify;
pub mod paths;
mod proc_table;
pub mod recording;
pub mod replay;
pub mod ssh;
pub mod store;
pub mod vault;
pub mod victoria;
pub mod view_file;
pub mod worker_process;
