//! The probe: one read-only script for one host, and what its answer means.

use std::time::Duration;

mod docker;
mod equipment;
mod frames;
mod host;
mod parse;
#[cfg(test)]
mod sample;
mod script;
mod tree;

pub use equipment::{Equipment, parse_equipment, render_equipment, version_of};
pub use parse::{Answer, parse};
pub use script::{Extent, render, render_extent};

/// How long one look of a fleet that is looked at again and again may take, connecting included.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// How long a look may take on which a decision hangs, as a plan does. A host may be slow because it works; one that is
/// gone is noticed by its connection, long before.
pub const PATIENCE: Duration = Duration::from_mins(1);
