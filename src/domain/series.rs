//! A trend: evenly spaced values, with gaps that are gaps.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Values at a fixed step that end at `end`.
///
/// **Invariant:** a missing sample is `None`, never 0, so that a chart breaks instead of dropping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The time of the last value.
    pub end: Timestamp,
    /// Seconds between two values.
    pub step_s: u32,
    /// Oldest first.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// Smallest and largest value present.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        self.values.iter().flatten().fold(None, |bounds, &v| match bounds {
            None => Some((v, v)),
            Some((low, high)) => Some((low.min(v), high.max(v))),
        })
    }

    /// The series in `n` values, each the mean of those present in its part; a part without any is a gap.
    #[must_use]
    pub fn downsampled(&self, n: usize) -> Vec<Option<f64>> {
        let len = self.values.len();
        if n == 0 || len == 0 {
            return Vec::new();
        }
        if len <= n {
            return self.values.clone();
        }
        (0..n)
            .map(|i| {
                let part = self.values.get(i * len / n..(i + 1) * len / n).unwrap_or_default();
                let present: Vec<f64> = part.iter().flatten().copied().collect();
                (!present.is_empty()).then(|| present.iter().sum::<f64>() / present.len() as f64)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_stay_gaps_when_a_series_shrinks() {
        let series = Series {
            end: Timestamp::UNIX_EPOCH,
            step_s: 60,
            values: vec![Some(1.0), Some(3.0), None, None, Some(5.0), None],
        };
        assert_eq!(series.downsampled(3), vec![Some(2.0), None, Some(5.0)]);
        assert_eq!(series.bounds(), Some((1.0, 5.0)));
    }
}
