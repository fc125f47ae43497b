//! Answers of a metrics server, reduced to what the screens need: a value per `instance` label.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::figure::{Figure, Reading, Source, Trouble};
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

impl InstantAnswer {
    /// The figure of one instance. `fresh_at` is when its newest sample was taken, where that is known:
    /// a value that the server repeats from its look-back is as old as that.
    pub fn figure(&self, label: &str, fresh_at: Option<Timestamp>) -> Figure {
        let Some(sample) = self.samples.get(label) else {
            return Figure::absent(Trouble::NoData);
        };
        if !sample.value.is_finite() {
            return Figure::absent(Trouble::NotANumber);
        }
        let at = fresh_at.map_or(sample.at, |fresh| fresh.min(sample.at));
        let reading =
            Reading { value: sample.value, at, source: Source::Metrics, partial: self.partial };
        Figure { reading: Some(reading), trouble: None }
    }

    /// The value of one instance as a moment in unix seconds.
    pub fn moment(&self, label: &str) -> Option<Timestamp> {
        let value = self.samples.get(label)?.value;
        let since = jiff::SignedDuration::try_from_secs_f64(value).ok()?;
        Timestamp::UNIX_EPOCH.checked_add(since).ok()
    }
}
