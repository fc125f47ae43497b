//! The events of a canary as lines.

use jiff::{SignedDuration, Timestamp};

use crate::domain::run::event::{EventKind, RunEvent, same_but_for_time};
use crate::domain::untrusted::Safe;

/// Between two lines that say the same of a soak.
const QUIET: SignedDuration = SignedDuration::from_secs(60);

/// What was last said of a soak.
#[derive(Debug, Default)]
pub(super) struct CanaryLines {
    said: Option<(Safe, Timestamp)>,
}

impl CanaryLines {
    /// The line of an event, where it is about a canary and news for a person.
    pub(super) fn line(&mut self, event: &RunEvent) -> Option<String> {
        if let EventKind::CanarySoak { counted_s, needed_s, detail } = &event.kind {
            let done = *counted_s >= *needed_s as f64;
            let news = self.said.as_ref().is_none_or(|(last, at)| {
                !same_but_for_time(last.as_str(), detail.as_str())
                    || event.at.duration_since(*at) >= QUIET
            });
            if !news && !done {
                return None;
            }
            self.said = Some((detail.clone(), event.at));
            Some(format!("canary > {detail}, {counted_s:.0} of {needed_s} s of observed health"))
        } else if let EventKind::CanaryGap { gap_s, why } = &event.kind {
            Some(format!("canary > {gap_s:.0} s do not count: {why}"))
        } else if let EventKind::CanaryJudged { report } = &event.kind {
            Some(format!("canary > judged: {} ({})", report.verdict.word(), report.why()))
        } else if let EventKind::CanaryEnded { end } = &event.kind {
            let word = if end.passed { "passed" } else { "FAILED" };
            let runs: Vec<String> = end.rollback.iter().map(ToString::to_string).collect();
            let back = match runs.as_slice() {
                [] => String::new(),
                runs => format!("; it is rolled back: run {}", runs.join(", ")),
            };
            Some(format!("canary > {word}: {}{back}", end.why))
        } else {
            None
        }
    }
}
