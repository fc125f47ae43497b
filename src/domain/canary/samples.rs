//! The samples of a group of instances: what of an answer counts.
//!
//! A value counts once: one that the server repeats from its look-back, since no newer sample came, is neither a further
//! sample nor a fresh one. When an instance's newest sample was taken is asked beside the metrics.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::answer::{RangeAnswer, Stretch};
use crate::domain::catalogue::STALE_S;
use crate::domain::figure::Trouble;
use crate::domain::ids::HostId;
use crate::domain::series::Series;
use crate::domain::signal::Signal;

/// One instance of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The host.
    pub host: HostId,
    /// Its label `instance` in the metrics.
    pub label: String,
    /// From where on its screens call it degraded, by signal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<Signal, f64>,
}

/// What was asked of the metrics server for one judgement.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The time that is judged.
    pub stretch: Stretch,
    /// When the newest sample of each instance was taken, by the catalogue's `FRESHNESS`.
    pub freshness: Result<RangeAnswer, Trouble>,
    /// The answers, by signal.
    pub answers: Vec<(Signal, Result<RangeAnswer, Trouble>)>,
    /// By how many seconds the clock of a host is ahead of ours, of the hosts where that is known.
    pub skew_s: BTreeMap<HostId, f64>,
}

impl Evidence {
    /// Whether an answer did not come, so that asking again may help: the server was not reached or was too slow.
    pub fn was_lost(&self) -> bool {
        let lost = |answer: &Result<RangeAnswer, Trouble>| {
            matches!(answer, Err(Trouble::Down(_) | Trouble::TimedOut))
        };
        lost(&self.freshness) || self.answers.iter().any(|(_, answer)| lost(answer))
    }
}

/// What became of one place on the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Spot {
    /// A sample.
    Sample(f64),
    /// The sample before once more: none came since.
    Repeated,
    /// Nothing, or something too old.
    Missing,
}

/// The samples of one instance.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) member: &'a Member,
    pub(super) spots: Vec<Spot>,
}

impl Row<'_> {
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.spots.iter().filter_map(|spot| match spot {
            Spot::Sample(value) => Some(*value),
            Spot::Repeated | Spot::Missing => None,
        })
    }

    /// The most samples that are missing on end.
    pub(super) fn longest_gap(&self) -> usize {
        let (mut longest, mut gap) = (0, 0);
        for spot in &self.spots {
            match spot {
                Spot::Sample(_) => gap = 0,
                Spot::Missing => gap += 1,
                Spot::Repeated => {}
            }
            longest = longest.max(gap);
        }
        longest
    }
}

/// The samples of each member of a group.
pub(super) fn rows<'a>(
    members: &'a [Member],
    answer: &RangeAnswer,
    freshness: &RangeAnswer,
    stretch: Stretch,
) -> Vec<Row<'a>> {
    members
        .iter()
        .map(|member| {
            let of = |answer: &RangeAnswer| answer.series.get(&member.label).cloned();
            Row { member, spots: spots(of(answer), of(freshness), stretch) }
        })
        .collect()
}

fn spots(values: Option<Series>, taken: Option<Series>, stretch: Stretch) -> Vec<Spot> {
    let n = stretch.n as usize;
    let (Some(values), Some(taken)) = (values, taken) else { return vec![Spot::Missing; n] };
    let step = f64::from(stretch.step_s.max(1));
    let begin = stretch.end.as_second() as f64 - step * f64::from(stretch.n.saturating_sub(1));
    let oldest = STALE_S.min(4.0 * step).max(60.0);
    // A sample from before the first window is none of this time.
    let mut last = begin - step;
    let pairs = values.values.iter().zip(&taken.values).enumerate();
    pairs
        .map(|(place, (value, taken))| {
            let at = begin + step * place as f64;
            match taken {
                Some(taken) if at - taken <= oldest && *taken <= last => Spot::Repeated,
                Some(taken) if at - taken <= oldest => {
                    last = *taken;
                    value.filter(|v| v.is_finite()).map_or(Spot::Missing, Spot::Sample)
                }
                Some(_) | None => Spot::Missing,
            }
        })
        .collect()
}

/// The grid of a judgement from `since` to `until`: its first window begins with `since`; `None` where no window
/// fits. So many places that a fleet's answer stays small, and so few seconds that a short soak has some.
pub fn stretch(since: Timestamp, until: Timestamp) -> Option<Stretch> {
    /// Places that are aimed at: twice 30 minutes at a minute, so that one canary reaches 50 samples.
    const AIM: i64 = 60;
    /// The most places: of 1,000 instances they are 5 MB.
    const MOST: i64 = 240;
    let length = until.duration_since(since).as_secs();
    let step = (length / AIM).clamp(5, 60).max(length / MOST);
    let n = length / step;
    let (step_s, n) = (u32::try_from(step).ok()?, u32::try_from(n).ok()?);
    (n > 0).then_some(Stretch { end: until, step_s, n })
}

/// How long a stretch is, the window of its first value included.
pub fn length(stretch: Stretch) -> SignedDuration {
    SignedDuration::from_secs(i64::from(stretch.step_s) * i64::from(stretch.n))
}
