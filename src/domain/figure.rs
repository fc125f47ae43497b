//! A figure on a screen: a value with its age and source, or the reason why there is none.
//!
//! **Invariant:** no data is neither a pass nor a zero. A figure that could not be refreshed keeps
//! its last reading, whose age grows, beside the [`Trouble`] that stopped the refresh.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::untrusted::Safe;

/// A number of things in words: `1 target`, `3 targets`.
pub fn several(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// Where a reading came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The central metrics server.
    Metrics,
    /// A look at the host over SSH.
    Probe,
    /// A health request over HTTP.
    Http,
}

/// One measured value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The value, finite, in the unit of its signal.
    pub value: f64,
    /// When it was true.
    pub at: Timestamp,
    /// Who said so.
    pub source: Source,
    /// Whether the server said that its answer may lack data (`isPartial`).
    pub partial: bool,
}

/// Why a figure could not be refreshed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "trouble", content = "detail")]
pub enum Trouble {
    /// This instance does not report this signal (tier 1, or no metrics server configured).
    NotReported,
    /// The source answered and had nothing for this instance.
    NoData,
    /// The source answered with a value that is not a finite number.
    NotANumber,
    /// The source could not be reached.
    Down(Safe),
    /// The source did not answer in time.
    TimedOut,
    /// The answer was larger than we accept.
    Oversized,
    /// The answer was not what the protocol says.
    Malformed(Safe),
    /// The source refused to answer (4xx, 5xx).
    Refused(Safe),
}

/// The last reading, if there ever was one, and what keeps it from being fresher.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Figure {
    /// The newest reading.
    pub reading: Option<Reading>,
    /// What went wrong at the last refresh; `None` after a good one.
    pub trouble: Option<Trouble>,
}

impl Figure {
    /// A fresh value.
    pub fn fresh(value: f64, at: Timestamp, source: Source) -> Self {
        Self { reading: Some(Reading { value, at, source, partial: false }), trouble: None }
    }

    /// No value, and why.
    pub fn absent(trouble: Trouble) -> Self {
        Self { reading: None, trouble: Some(trouble) }
    }

    /// This figure after a refresh: a new reading replaces the old, a trouble keeps it.
    #[must_use]
    pub fn refreshed(&self, next: Self) -> Self {
        if next.reading.is_some() {
            next
        } else {
            Self { reading: self.reading, trouble: next.trouble }
        }
    }

    /// Seconds since the reading was true, never negative.
    pub fn age_s(&self, now: Timestamp) -> Option<f64> {
        self.reading.map(|r| now.duration_since(r.at).as_secs_f64().max(0.0))
    }
}
