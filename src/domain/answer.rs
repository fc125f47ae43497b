//! Answers of a metrics server, reduced to what the screens need: a value per `instance` label.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::series::Series;

/// One sample of one instance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// As the server gave it: it may be infinite or no number, which is never shown as one.
    pub value: f64,
    /// The time that the server gave with it.
    pub at: Timestamp,
}

/// The answer to an instant query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InstantAnswer {
    /// By the label `instance`. A series without that label, or a second one of the same instance, is
    /// left out and counted in `n_odd`.
    pub samples: BTreeMap<String, Sample>,
    /// Whether the server said that data may be missing (`isPartial`).
    pub partial: bool,
    /// Series that could not be told to an instance.
    pub n_odd: usize,
}

/// The stretch of time of a range query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The time of the last value.
    pub end: Timestamp,
    /// Seconds between two values.
    pub step_s: u32,
    /// Number of values.
    pub n: u32,
}

/// The answer to a range query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RangeAnswer {
    /// By the label `instance`, on the grid of the stretch; missing and non-finite points are gaps.
    pub series: BTreeMap<String, Series>,
    /// Whether the server said that data may be missing (`isPartial`).
    pub partial: bool,
    /// Series that could not be told to an instance.
    pub n_odd: usize,
}
