//! The probe: one read-only script for one host, and what its answer means.

use std::time::Duration;

/// How long one look may take, connecting included.
pub const DEADLINE: Duration = Duration::from_secs(20);
