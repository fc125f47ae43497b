//! A real VictoriaMetrics for the demo and the tests, and figures for it that look like life.

mod obtain;
mod series;
mod shape;
mod store;

pub use obtain::{alertmanager, program};
pub use series::{Condition, Generator};
pub use shape::{Incident, Profile};
pub use store::{History, Victoria};
