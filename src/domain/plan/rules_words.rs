//! The rules of a plan in words, the same for the cockpit and the command line.

use jiff::Timestamp;

use super::{Opening, Outside, Plan};
use crate::domain::untrusted::Safe;
use crate::domain::window::spelled;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is good to know.
    Plain,
    /// A person should think of it.
    Warns,
    /// It keeps the plan from running now.
    Stops,
}

/// One line: what it is about, what is to be said, how much it matters.
pub type RuleLine = (&'static str, String, Weight);

impl Plan {
    /// How long the first batch takes and how long all take, as far as the past tells; the soak of a canary is between.
    pub fn expected_s(&self) -> (Option<u64>, Option<u64>) {
        let each = || self.rules.estimates.iter().map(|e| e.seconds);
        let all = each().sum::<Option<u64>>().filter(|_| each().next().is_some());
        (each().next().flatten(), all.map(|all| all + self.soak_s()))
    }

    fn soak_s(&self) -> u64 {
        self.canary.as_ref().map_or(0, |canary| canary.soak_s)
    }

    /// What windows and guardrails mean for this plan at this moment.
    pub fn rule_lines(&self, now: Timestamp) -> Vec<RuleLine> {
        let mut lines = Vec::new();
        let (first, all) = self.expected_s();
        let opening = self.opening_of_all(now);
        self.window_line(&mut lines, &opening, now);
        if let Some(estimate) = self.rules.estimates.first() {
            let time = |s: Option<u64>| spelled(i64::try_from(s.unwrap_or(0)).unwrap_or(i64::MAX));
            let text = match (first, self.rules.estimates.len()) {
                (None, _) => estimate.source(),
                (Some(_), 1) if self.soak_s() == 0 => {
                    format!("about {} ({})", time(first), estimate.source())
                }
                (Some(_), _) => {
                    let soak = match self.soak_s() {
                        0 => String::new(),
                        soak => format!(" with {} of soak", time(Some(soak))),
                    };
                    let (first, all) = (time(first), time(all));
                    let source = estimate.source();
                    format!("about {first} for the first batch, {all} in all{soak} ({source})")
                }
            };
            lines.push(("expected", text, Weight::Plain));
        }
        let left = opening.closes().map(|at| at.duration_since(now).as_secs().max(0));
        if let (Some(left), Some(all)) = (left, all)
            && i64::try_from(all).unwrap_or(i64::MAX) > left
            && opening.refusal().is_none()
        {
            let text = "the window closes before all batches are through: the run pauses then";
            lines.push(("", text.to_owned(), Weight::Warns));
        }
        if let Some(verdict) = &self.rules.verdict {
            for denial in &verdict.denied {
                let hosts: Vec<&str> = denial.hosts.iter().map(super::HostId::as_str).collect();
                let text = format!("forbidden: {} ({})", denial.why, hosts.join(", "));
                lines.push(("guardrail", text, Weight::Stops));
            }
            let words = verdict.demand.words(self.targets().count());
            for reason in &verdict.reasons {
                lines.push(("guardrail", format!("{words}: {reason}"), Weight::Warns));
            }
        }
        lines
    }

    /// The windows of all targets together, for work as long as the first batch.
    pub fn opening_of_all(&self, now: Timestamp) -> Opening {
        let all = || self.targets().map(|h| &h.id);
        self.rules.opening(all(), self.expected_s().0, now)
    }

    /// Why this plan does not start now unless it is to wait for that: it is outside of the windows of its targets, or its
    /// first batch cannot end in time going by past runs.
    pub fn shut(&self, now: Timestamp) -> Option<Safe> {
        let takes = self.rules.estimates.first().and_then(|e| e.seconds);
        let all = self.rules.opening(self.targets().map(|h| &h.id), None, now);
        let first = self.batches.first().map(Vec::as_slice).unwrap_or_default();
        let first = self.rules.opening(first, takes, now);
        all.refusal().or(first.refusal()).cloned()
    }

    fn window_line(&self, lines: &mut Vec<RuleLine>, opening: &Opening, now: Timestamp) {
        let left = |at: Timestamp| spelled(at.duration_since(now).as_secs());
        let (text, weight) = match opening {
            Opening::Free => return,
            Opening::Open { closes: None } => ("open".to_owned(), Weight::Plain),
            Opening::Open { closes: Some(at) } => {
                (format!("closes in {}", left(*at)), Weight::Plain)
            }
            Opening::Unsure { closes } => (
                format!("closes in {}, and nobody knows how long this takes", left(*closes)),
                Weight::Warns,
            ),
            Opening::Closed { why, .. } | Opening::TooLong { why, .. } => {
                match self.rules.outside {
                    Outside::Refuse => (format!("{why}: it does not start"), Weight::Stops),
                    Outside::Wait => (format!("{why}: the run waits"), Weight::Warns),
                }
            }
        };
        lines.push(("window", text, weight));
    }
}

impl Opening {
    /// When it closes, where it is open now and ends.
    pub fn closes(&self) -> Option<Timestamp> {
        match self {
            Self::Free | Self::Closed { .. } => None,
            Self::Open { closes } => *closes,
            Self::Unsure { closes } | Self::TooLong { closes, .. } => Some(*closes),
        }
    }

    /// One word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Free => "none",
            Self::Open { .. } => "open",
            Self::Unsure { .. } => "unsure",
            Self::Closed { .. } => "closed",
            Self::TooLong { .. } => "too-long",
        }
    }
}
