//! By what a canary is judged: one rule a metric.

use serde::{Deserialize, Serialize};

use crate::domain::catalogue::{self, Worse};
use crate::domain::signal::Signal;

/// How one metric is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricRule {
    /// Which.
    pub signal: Signal,
    /// Shown, and never decides: for a metric that one wants to know better first (`peers` 4.3, `dryRun`).
    pub muted: bool,
    /// A sample worse than this is bad. `None` means the limit at which the screens call that instance degraded.
    pub fail_beyond: Option<f64>,
    /// A sample no worse than this is good; one between the two is undecided. `None`: what is not bad is good.
    pub pass_within: Option<f64>,
    /// The metric fails where one instance has more bad samples than this (Argo `failureLimit`).
    pub failure_limit: u32,
    /// It is inconclusive where one instance has more undecided samples than this (Argo `inconclusiveLimit`).
    pub inconclusive_limit: u32,
    /// It has no data where one instance lacks more samples in a row than this (Argo `consecutiveErrorLimit`).
    pub missing_limit: u32,
    /// Whether the canary group is compared with the rest.
    pub compare: bool,
    /// Samples that each of the two groups has to have, all its instances together (Kayenta: 50).
    pub min_samples: u32,
    /// Worse by no more than this part of the rest's middle value is no difference that matters.
    pub allowed_part: f64,
    /// Worse by no more than this, in the metric's own unit, is no difference that matters either.
    pub allowed_shift: f64,
}

impl MetricRule {
    /// The usual rule for a signal; `None` for one that says nothing about a release.
    pub fn usual(signal: Signal) -> Option<Self> {
        let judged = catalogue::judged(signal)?;
        Some(Self {
            signal,
            muted: judged.muted,
            fail_beyond: None,
            pass_within: None,
            failure_limit: 3,
            inconclusive_limit: 0,
            missing_limit: 4,
            compare: judged.compare,
            min_samples: 50,
            allowed_part: 0.25,
            allowed_shift: judged.allowed_shift,
        })
    }

    /// Which way it gets worse.
    pub fn worse(&self) -> Worse {
        catalogue::judged(self.signal).map_or(Worse::Higher, |judged| judged.worse)
    }

    /// The rules of a fleet that says nothing about them.
    pub fn by_default() -> Vec<Self> {
        catalogue::JUDGED
            .iter()
            .filter(|j| j.by_default)
            .filter_map(|j| Self::usual(j.signal))
            .collect()
    }
}
