//! The windows of a whole fleet, for its header.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Standing, Window, countdown, silenced, spelled, standing};
use crate::domain::ids::HostId;

/// Hosts that have the same windows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSet {
    /// Their windows; never empty.
    pub windows: Arc<[Window]>,
    /// Which hosts.
    pub hosts: Vec<HostId>,
}

/// The hosts that have windows, those with the same ones together.
pub fn window_sets<'h>(
    hosts: impl IntoIterator<Item = (&'h HostId, &'h Arc<[Window]>)>,
) -> Arc<[WindowSet]> {
    let mut sets: Vec<WindowSet> = Vec::new();
    for (host, windows) in hosts.into_iter().filter(|(_, windows)| !windows.is_empty()) {
        match sets.iter_mut().find(|set| set.windows == *windows) {
            Some(set) => set.hosts.push(host.clone()),
            None => {
                sets.push(WindowSet { windows: Arc::clone(windows), hosts: vec![host.clone()] });
            }
        }
    }
    sets.into()
}

/// How the windows of a fleet stand at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetStanding {
    /// In words: `open for 1h 12m (night)`.
    pub words: String,
    /// Whether runs may start on all hosts, on none, or (`None`) on some.
    pub open: Option<bool>,
    /// Hosts whose alerts are silent.
    pub n_silent: usize,
}

/// How the windows of a fleet of so many hosts stand; `None` where no host has one.
pub fn fleet_standing(sets: &[WindowSet], n_hosts: usize, now: Timestamp) -> Option<FleetStanding> {
    let stands: Vec<(usize, Standing)> =
        sets.iter().map(|set| (set.hosts.len(), standing(&set.windows, now))).collect();
    let (_, first) = stands.first()?;
    let silent = sets.iter().filter(|set| silenced(&set.windows, now).is_some());
    let n_silent = silent.map(|set| set.hosts.len()).sum();
    let with: usize = sets.iter().map(|set| set.hosts.len()).sum();
    let closed: usize = stands.iter().filter(|(_, s)| !s.is_open()).map(|(n, _)| n).sum();
    let open = n_hosts.saturating_sub(closed);
    let alike = with >= n_hosts && stands.iter().all(|(_, s)| s == first);
    let words = if alike {
        countdown(first, now)
    } else {
        let next = stands.iter().filter_map(|(_, s)| s.changes()).min();
        let next =
            next.map(|at| format!(", changes in {}", spelled(at.duration_since(now).as_secs())));
        format!("open on {open} of {n_hosts}{}", next.unwrap_or_default())
    };
    let open = match (open, closed) {
        (_, 0) => Some(true),
        (0, _) => Some(false),
        _ => None,
    };
    Some(FleetStanding { words, open, n_silent })
}
