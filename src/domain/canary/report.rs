//! What a judgement says, and how it is said.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rule::MetricRule;
use crate::domain::signal::{Signal, Unit};
use crate::domain::untrusted::Safe;

/// How one metric came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricResult {
    /// No worse, as far as can be told from enough samples.
    Pass,
    /// Worse.
    Fail,
    /// The samples say neither.
    Inconclusive,
    /// There are none, or too few of some instance.
    NoData,
}

impl MetricResult {
    /// The word on screens and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::NoData => "no-data",
        }
    }
}

/// How the canary group compares with the rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Middle value of the canary group.
    pub canary: f64,
    /// Middle value of the rest.
    pub rest: f64,
    /// By how much the canary group lies above (Hodges-Lehmann).
    pub shift: f64,
    /// Lower end of the 98 % interval of the shift.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How likely so bad a canary group is where there is no difference (Mann-Whitney, one side).
    pub p: f64,
    /// Effect size: in how many of all pairs the canary's sample is the worse, 0.5 where there is no difference.
    pub effect: f64,
}

/// One metric of a judgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricReport {
    /// Which.
    pub signal: Signal,
    /// How it came out.
    pub result: MetricResult,
    /// Whether that decides nothing.
    pub muted: bool,
    /// Why, as a sentence part.
    pub why: Safe,
    /// Samples of the canary group.
    pub n_canary: u32,
    /// Samples of the rest.
    pub n_rest: u32,
    /// The comparison, where it was made.
    pub comparison: Option<Comparison>,
}

impl MetricReport {
    /// The middle values of the canary group and of the rest, in the unit of the signal; `-` where none was compared.
    pub fn middles(&self) -> Option<[String; 2]> {
        let both = |c: Comparison| [c.canary, c.rest].map(|v| InUnit(self.signal, v).to_string());
        self.comparison.map(both)
    }

    /// How likely so bad a canary group is by chance; `None` where nothing was compared.
    pub fn chance(&self) -> Option<String> {
        let words = |p: f64| if p < 0.0005 { "<0.001".to_owned() } else { format!("{p:.3}") };
        self.comparison.map(|c| words(c.p))
    }
}

/// What follows from all metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Each metric that counts passed.
    Pass,
    /// One failed.
    Fail,
    /// None failed, and at least one says neither good nor bad.
    Inconclusive,
    /// None failed, and at least one has no data.
    NoData,
}

impl Verdict {
    /// The word on screens and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::NoData => "no-data",
        }
    }
}

/// One judgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What follows.
    pub verdict: Verdict,
    /// Begin of the time that was judged.
    pub since: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// Seconds between two samples.
    pub step_s: u32,
    /// The metrics, in the order of the rules.
    pub metrics: Vec<MetricReport>,
}

impl Report {
    /// The verdict of metrics that were judged. Muted ones decide nothing; where none counts there is no data.
    pub fn verdict_of(metrics: &[MetricReport]) -> Verdict {
        let counts: Vec<MetricResult> =
            metrics.iter().filter(|m| !m.muted).map(|m| m.result).collect();
        if counts.contains(&MetricResult::Fail) {
            Verdict::Fail
        } else if counts.contains(&MetricResult::NoData) || counts.is_empty() {
            Verdict::NoData
        } else if counts.contains(&MetricResult::Inconclusive) {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        }
    }

    /// The report of a time of which nothing can be asked.
    pub fn nothing(rules: &[MetricRule], until: Timestamp) -> Self {
        let none = |rule: &MetricRule| MetricReport {
            signal: rule.signal,
            result: MetricResult::NoData,
            muted: rule.muted,
            why: Safe::line("the clock of this machine was set back"),
            n_canary: 0,
            n_rest: 0,
            comparison: None,
        };
        let metrics = rules.iter().map(none).collect();
        Self { verdict: Verdict::NoData, since: until, until, step_s: 0, metrics }
    }

    /// What decided, as a sentence part: the failed metrics, else those that say nothing, else how many passed.
    pub fn why(&self) -> Safe {
        let counts = || self.metrics.iter().filter(|m| !m.muted);
        let failed = counts().any(|m| m.result == MetricResult::Fail);
        let decides = |m: &&MetricReport| match m.result {
            MetricResult::Fail => true,
            MetricResult::Pass => false,
            MetricResult::Inconclusive | MetricResult::NoData => !failed,
        };
        let parts: Vec<String> =
            counts().filter(decides).map(|m| format!("{}: {}", m.signal.title(), m.why)).collect();
        if !parts.is_empty() {
            return Safe::line(&parts.join("; "));
        }
        let titles: Vec<&str> = counts().map(|m| m.signal.title()).collect();
        Safe::line(&match titles.as_slice() {
            [] => "no metric is judged".to_owned(),
            titles => format!("{} no worse than the rest", titles.join(", ")),
        })
    }
}

/// A value in the unit of its signal.
pub struct InUnit(pub Signal, pub f64);

impl fmt::Display for InUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.1;
        match self.0.unit() {
            Unit::Seconds if value.abs() < 1.0 => write!(f, "{:.0} ms", value * 1_000.0),
            Unit::Seconds => write!(f, "{value:.2} s"),
            Unit::Ratio => write!(f, "{:.2} %", value * 100.0),
            Unit::PerSecond => write!(f, "{value:.2}/s"),
            Unit::Count => write!(f, "{value:.0}"),
            Unit::Bytes => write!(f, "{value:.0} B"),
        }
    }
}
