//! From variables to a fleet: defaults applied, values checked, and what cannot be used left out.
//!
//! **Invariant:** a value that is there and wrong is never replaced by a default. It costs its host,
//! or, where it counts for all, the fleet.

mod canary;
mod connection;
mod deploy;
mod fleet;
mod instance;
mod jump;
mod names;
mod policy;
mod reader;
mod server;

pub use fleet::{Surroundings, lower};
