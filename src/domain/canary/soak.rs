//! The clock of a soak: which time counts.
//!
//! Time is that of a clock that never jumps, and does not run while the machine sleeps; the wall clock beside it only
//! tells of such gaps. Between two looks that both saw every canary host healthy the time counts, unless they lie
//! more than two periods apart by either clock: nobody knows what happened in between.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::report::Report;
use crate::domain::ids::RunId;
use crate::domain::run::outcome::Failure;
use crate::domain::untrusted::Safe;

/// Looks in a row that see an unhealthy host and fail the canary: one refused connection is no failure.
pub const ILL_LOOKS: u32 = 3;
/// Periods without a look that counted, after which a person is asked.
pub const BLIND_LOOKS: u32 = 30;

/// When something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By a clock that never jumps, from any beginning.
    pub steady: Duration,
    /// By the wall clock.
    pub wall: Timestamp,
}

/// What one look at all canary hosts saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// All healthy.
    Well,
    /// One is not; which and why, and whether waiting cannot help.
    Ill(Safe, bool),
    /// None is known to be unhealthy, and one could not be looked at; which and why.
    Unseen(Safe),
}

/// What a look means.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// The time since the last look counts.
    Counts,
    /// It does not, by so many seconds, since nobody looked.
    Gap(f64),
    /// It does not: the look was not good.
    Lost,
    /// The canary failed.
    Failed(Safe),
    /// Nothing was seen for so long that a person should look; why.
    Blind(Safe),
}

/// The clock of one soak.
#[derive(Debug, Clone, PartialEq)]
pub struct SoakClock {
    needed: Duration,
    period: Duration,
    counted: Duration,
    last_well: Option<Moment>,
    ill: u32,
    blind: u32,
}

impl SoakClock {
    /// A clock that stands at what the journal says was counted.
    pub fn new(needed_s: u64, period_s: u64, counted_s: f64) -> Self {
        Self {
            needed: Duration::from_secs(needed_s),
            period: Duration::from_secs(period_s.max(1)),
            counted: Duration::try_from_secs_f64(counted_s).unwrap_or_default(),
            last_well: None,
            ill: 0,
            blind: 0,
        }
    }

    /// Seconds of observed health.
    pub fn counted_s(&self) -> f64 {
        self.counted.as_secs_f64()
    }

    /// Whether it is enough.
    pub fn is_done(&self) -> bool {
        self.counted >= self.needed
    }

    /// Takes one more look.
    pub fn after(&mut self, look: Look, now: Moment) -> Meaning {
        match look {
            Look::Well => {
                (self.ill, self.blind) = (0, 0);
                self.well(now)
            }
            Look::Ill(what, hopeless) => {
                self.last_well = None;
                self.ill += 1;
                if hopeless || self.ill >= ILL_LOOKS {
                    Meaning::Failed(what)
                } else {
                    Meaning::Lost
                }
            }
            Look::Unseen(what) => {
                self.last_well = None;
                self.blind += 1;
                if self.blind >= BLIND_LOOKS { Meaning::Blind(what) } else { Meaning::Lost }
            }
        }
    }

    fn well(&mut self, now: Moment) -> Meaning {
        let Some(last) = self.last_well.replace(now) else { return Meaning::Counts };
        let steady = now.steady.saturating_sub(last.steady);
        let wall = now.wall.duration_since(last.wall).as_secs_f64();
        let most = 2.0 * self.period.as_secs_f64();
        // A wall clock that was set back says nothing of a gap.
        let gap = steady.as_secs_f64().max(wall);
        if gap > most {
            return Meaning::Gap(gap);
        }
        self.counted = (self.counted + steady).min(self.needed);
        Meaning::Counts
    }
}

/// How a canary ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CanaryEnd {
    /// Whether the rest may follow.
    pub passed: bool,
    /// Why, as a sentence part.
    pub why: Safe,
    /// What an unhealthy host said last.
    pub failure: Option<Failure>,
    /// The runs that roll it back.
    pub rollback: Vec<RunId>,
}

/// Where a canary stands, by the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CanaryState {
    /// When the soak began.
    pub began: Timestamp,
    /// When it was last told about.
    pub told: Timestamp,
    /// Seconds of observed health.
    pub counted_s: f64,
    /// Seconds that are needed.
    pub needed_s: u64,
    /// The last look, in words.
    pub detail: Safe,
    /// Seconds that did not count since nobody looked.
    pub gap_s: f64,
    /// What the metrics say so far, since the last judgement or the beginning. It decides nothing.
    #[serde(default)]
    pub so_far: Option<Report>,
    /// The last judgement of all metrics.
    pub report: Option<Report>,
    /// How it ended.
    pub end: Option<CanaryEnd>,
}

impl CanaryState {
    /// The newest word of the metrics, and whether it decides.
    pub fn newest(&self) -> Option<(&Report, bool)> {
        let so_far = self.so_far.as_ref().map(|report| (report, false));
        so_far.or_else(|| self.report.as_ref().map(|report| (report, true)))
    }
}
