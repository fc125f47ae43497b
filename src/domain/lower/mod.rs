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
mod notify;
mod policy;
mod reader;
mod rollout;
mod server;

pub use fleet::{Surroundings, lower};

/// Every name of a variable that is understood.
pub fn known_names() -> impl Iterator<Item = &'static str> {
    names::known()
}

/// Whether a variable counts for the whole fleet, set for `all`.
pub fn is_fleet_wide(name: &str) -> bool {
    names::is_fleet_wide(name)
}
