//! Whether some targets of a plan may be changed now, and have the time for it.

use jiff::Timestamp;

use super::Rules;
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;
use crate::domain::window::{Standing, countdown, spelled, standing};

/// What the windows of some targets say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// None of them has a window.
    Free,
    /// All of them may be changed, and there is time enough.
    Open {
        /// The first moment at which one of them may not any more.
        closes: Option<Timestamp>,
    },
    /// All of them may be changed; nobody knows whether the time is enough.
    Unsure {
        /// The first moment at which one of them may not any more.
        closes: Timestamp,
    },
    /// Some may not be changed now.
    Closed {
        /// Which, each with when it may.
        why: Safe,
        /// Which.
        who: Safe,
        /// The first moment at which all may; `None` where that is not in sight.
        opens: Option<Timestamp>,
    },
    /// All may be changed, and going by the past it takes longer than that lasts.
    TooLong {
        /// How long it takes and how long there is.
        why: Safe,
        /// When it closes.
        closes: Timestamp,
    },
}

impl Opening {
    /// Why work does not begin now, if so.
    pub fn refusal(&self) -> Option<&Safe> {
        match self {
            Self::Free | Self::Open { .. } | Self::Unsure { .. } => None,
            Self::Closed { why, .. } | Self::TooLong { why, .. } => Some(why),
        }
    }
}

/// Looked-at changes until all windows are open together.
const TRIES: usize = 60;
/// Hosts that a sentence names.
const NAMED: usize = 3;

impl Rules {
    /// Whether these targets may be changed from now on, for work that takes so many seconds (`None`: nobody knows).
    pub fn opening<'h>(
        &self,
        hosts: impl IntoIterator<Item = &'h HostId>,
        takes_s: Option<u64>,
        now: Timestamp,
    ) -> Opening {
        let hosts: Vec<&HostId> =
            hosts.into_iter().filter(|id| self.windows.contains_key(*id)).collect();
        let stands: Vec<(&HostId, Standing)> =
            hosts.iter().map(|id| (*id, self.standing(id, now))).collect();
        let closed: Vec<&(&HostId, Standing)> =
            stands.iter().filter(|(_, s)| !s.is_open()).collect();
        if !closed.is_empty() {
            let named: Vec<String> = closed
                .iter()
                .take(NAMED)
                .map(|(id, s)| format!("{id} {}", countdown(s, now)))
                .collect();
            let more = match closed.len().saturating_sub(NAMED) {
                0 => String::new(),
                n => format!(", and {n} more"),
            };
            let why = format!("outside of the maintenance window: {}{more}", named.join(", "));
            let who: Vec<&str> = closed.iter().take(NAMED).map(|(id, _)| id.as_str()).collect();
            let who = Safe::line(&format!("{}{more}", who.join(", ")));
            let opens = self.all_open(&hosts, now);
            return Opening::Closed { why: Safe::line(&why), who, opens };
        }
        let closes = stands.iter().filter_map(|(_, s)| s.changes()).min();
        match (closes, takes_s) {
            (None, _) if stands.iter().all(|(_, s)| *s == Standing::Free) => Opening::Free,
            (None, _) => Opening::Open { closes: None },
            (Some(closes), None) => Opening::Unsure { closes },
            (Some(closes), Some(takes)) => {
                let left = closes.duration_since(now).as_secs().max(0);
                let takes = i64::try_from(takes).unwrap_or(i64::MAX);
                if takes <= left {
                    return Opening::Open { closes: Some(closes) };
                }
                let why = format!(
                    "this takes about {} going by past runs, and the window closes in {}",
                    spelled(takes),
                    spelled(left)
                );
                Opening::TooLong { why: Safe::line(&why), closes }
            }
        }
    }

    fn standing(&self, host: &HostId, at: Timestamp) -> Standing {
        self.windows.get(host).map_or(Standing::Free, |windows| standing(windows, at))
    }

    /// The first moment at which all of them may be changed.
    fn all_open(&self, hosts: &[&HostId], now: Timestamp) -> Option<Timestamp> {
        let mut at = now;
        for _ in 0..TRIES {
            let closed = hosts.iter().map(|id| self.standing(id, at)).filter(|s| !s.is_open());
            let opens: Option<Vec<Timestamp>> = closed.map(|s| s.changes()).collect();
            match opens?.into_iter().max() {
                Some(later) => at = later,
                None => return Some(at),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::window::Window;
    use serde_json::json;

    #[test]
    fn hosts_are_changed_while_all_of_them_may_be_and_there_is_time() {
        let daily = |from: &str, to: &str| -> Vec<Window> {
            serde_json::from_value(json!([{"name": "n", "daily": from, "to": to, "zone": "UTC"}]))
                .unwrap()
        };
        let id = |name: &str| -> HostId { name.parse().unwrap() };
        let rules = Rules {
            windows: [
                (id("a"), daily("22:00", "04:00")),
                (id("b"), daily("01:00", "05:00")),
                (id("c"), daily("12:00", "13:00")),
            ]
            .into(),
            ..Rules::default()
        };
        let says = |hosts: &[&str], takes: Option<u64>, clock: &str| {
            let hosts: Vec<HostId> = hosts.iter().map(|h| id(h)).collect();
            let now: Timestamp = format!("2026-12-01T{clock}:00Z").parse().unwrap();
            match rules.opening(&hosts, takes, now) {
                Opening::Free => "free".to_owned(),
                Opening::Open { closes } => format!("open {}", closes.unwrap()),
                Opening::Unsure { closes } => format!("unsure {closes}"),
                Opening::Closed { why, opens, .. } => {
                    format!("{why} | {}", opens.map_or("never".into(), |o| o.to_string()))
                }
                Opening::TooLong { why, .. } => why.to_string(),
            }
        };
        assert_eq!(says(&["free"], Some(9), "02:00"), "free");
        assert_eq!(says(&["free", "a", "b"], Some(3_600), "02:00"), "open 2026-12-01T04:00:00Z");
        assert_eq!(says(&["a"], Some(7_200), "02:00"), "open 2026-12-01T04:00:00Z");
        assert_eq!(says(&["a"], None, "02:00"), "unsure 2026-12-01T04:00:00Z");
        assert_eq!(
            says(&["a", "b"], Some(7_260), "02:00"),
            "this takes about 2h 01m going by past runs, and the window closes in 2h 00m"
        );
        assert_eq!(
            says(&["a", "b"], Some(60), "23:00"),
            "outside of the maintenance window: b opens in 2h 00m (n) | 2026-12-02T01:00:00Z"
        );
        assert_eq!(
            says(&["a", "b"], Some(60), "04:30"),
            "outside of the maintenance window: a opens in 17h 30m (n) | 2026-12-02T01:00:00Z"
        );
        assert!(says(&["a", "c"], Some(60), "04:30").ends_with("| never"));
    }
}
