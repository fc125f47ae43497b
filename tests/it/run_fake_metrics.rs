//! A metrics server in memory.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::domain::answer::{RangeAnswer, Stretch};
use bunker_ops::domain::figure::Trouble;
use bunker_ops::domain::fleet::MetricsSettings;
use bunker_ops::domain::series::Series;
use bunker_ops::engine::ports::MetricsSource;

/// How a fake metrics server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Measured {
    /// Nothing gets through.
    #[default]
    Down,
    /// All instances are alike.
    Alike,
    /// The canary takes three times as long as the rest, below every limit.
    Slow,
    /// The canary's answers are errors.
    Errors,
    /// The canary's samples ended long ago.
    Stale,
    /// The answer may lack data.
    Partial,
}

/// A metrics server in memory: the label of a canary begins with `c`.
#[derive(Default)]
pub(crate) struct FakeMetrics {
    pub(crate) now: Mutex<Measured>,
    pub(crate) n_asked: std::sync::atomic::AtomicUsize,
}

const LABELS: [&str; 5] = ["c1", "c2", "r1", "r2", "r3"];

impl FakeMetrics {
    pub(crate) fn answer(&self, with: Measured) {
        *self.now.lock().unwrap() = with;
    }
}

#[async_trait]
impl MetricsSource for FakeMetrics {
    async fn instant(
        &self,
        _: &MetricsSettings,
        _: &str,
    ) -> Result<bunker_ops::domain::answer::InstantAnswer, Trouble> {
        Err(Trouble::NoData)
    }

    async fn range(
        &self,
        _: &MetricsSettings,
        expression: &str,
        stretch: Stretch,
    ) -> Result<RangeAnswer, Trouble> {
        self.n_asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
        let how = *self.now.lock().unwrap();
        if how == Measured::Down {
            return Err(Trouble::Down("connection refused".into()));
        }
        let at = |i: u32| {
            stretch.end.as_second() as f64 - f64::from(stretch.step_s * (stretch.n - 1 - i))
        };
        let value = |label: &str, i: u32| {
            let canary = label.starts_with('c');
            // A little noise that is the same at each run.
            let noise = f64::from((i * 7 + u32::from(label.as_bytes()[1]) * 13) % 11) / 100.0;
            if expression.starts_with("max by (instance) (timestamp") {
                let fresh = at(i) - 2.0;
                return if canary && how == Measured::Stale { at(0) - 4_000.0 } else { fresh };
            }
            if expression.contains("status_code") {
                return if canary && how == Measured::Errors { 0.2 } else { noise / 100.0 };
            }
            if canary && how == Measured::Slow { 0.9 + noise / 10.0 } else { 0.3 + noise }
        };
        let series = LABELS.map(|label| {
            let values = (0..stretch.n).map(|i| Some(value(label, i))).collect();
            (label.to_owned(), Series { end: stretch.end, step_s: stretch.step_s, values })
        });
        let partial = how == Measured::Partial;
        Ok(RangeAnswer { series: series.into(), partial, n_odd: 0 })
    }
}
