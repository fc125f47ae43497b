//! How long a batch takes, going by how long its targets took before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::domain::ids::HostId;

/// How long one batch takes, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Seconds; `None` where there is no past to go by.
    pub seconds: Option<u64>,
    /// Targets of the batch.
    pub n_hosts: u32,
    /// Those of them that did this before; the others are taken for as slow as the slowest known one.
    pub n_known: u32,
    /// Past runs that it goes by.
    pub n_runs: u32,
}

/// What past runs of one workflow took.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Past {
    /// Runs that were looked at.
    pub n_runs: u32,
    /// Seconds that each host took, newest first.
    pub hosts: BTreeMap<HostId, Vec<f64>>,
}

/// Past times of a host that count: the newest ones.
const NEWEST: usize = 5;

impl Past {
    /// What a host took at most of late.
    fn of(&self, host: &HostId) -> Option<f64> {
        let newest = self.hosts.get(host)?.iter().take(NEWEST).copied();
        newest.fold(None, |worst: Option<f64>, took| Some(worst.map_or(took, |w| w.max(took))))
    }

    /// What the slowest host took at most of late.
    fn slowest(&self) -> Option<f64> {
        let each = self.hosts.keys().filter_map(|host| self.of(host));
        each.fold(None, |worst: Option<f64>, took| Some(worst.map_or(took, |w| w.max(took))))
    }
}

/// How long each batch of a plan takes, going by the past.
pub fn estimates(plan: &Plan, past: &Past) -> Vec<Estimate> {
    plan.batches.iter().map(|batch| estimate(batch, plan.parallel, past)).collect()
}

/// How long these hosts take, so many at a time: each begins as soon as a place is free.
pub fn estimate(hosts: &[HostId], parallel: u32, past: &Past) -> Estimate {
    let stranger = past.slowest();
    let mut places = vec![0.0f64; parallel.max(1) as usize];
    let mut known = 0;
    for host in hosts {
        let own = past.of(host);
        known += u32::from(own.is_some());
        let took = own.or(stranger).unwrap_or(0.0);
        if let Some(first) = places.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *first += took;
        }
    }
    let all = places.into_iter().fold(0.0, f64::max).ceil();
    Estimate {
        seconds: stranger.map(|_| all as u64),
        n_hosts: u32::try_from(hosts.len()).unwrap_or(u32::MAX),
        n_known: known,
        n_runs: past.n_runs,
    }
}

impl Estimate {
    /// Where it comes from, as a sentence part.
    pub fn source(&self) -> String {
        let runs = if self.n_runs == 1 { "run" } else { "runs" };
        match (self.seconds, self.n_known == self.n_hosts) {
            (None, _) => {
                "no such run ended well here before: nobody knows how long it takes".into()
            }
            (Some(_), true) => {
                format!("the longest of the last times, by {} past {runs}", self.n_runs)
            }
            (Some(_), false) => {
                let new = match (self.n_hosts.saturating_sub(self.n_known), self.n_hosts) {
                    (1, 1) => "the host never did this and is".to_owned(),
                    (1, all) => format!("1 of {all} hosts never did this and is"),
                    (n, all) => format!("{n} of {all} hosts never did this and are"),
                };
                format!("by {} past {runs}; {new} taken for the slowest", self.n_runs)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<HostId> {
        names.iter().map(|n| n.parse().unwrap()).collect()
    }

    #[test]
    fn a_batch_takes_as_long_as_its_hosts_one_after_the_other_in_its_places() {
        let host = |name: &str, took: &[f64]| (name.parse().unwrap(), took.to_vec());
        let hosts = BTreeMap::from([
            host("a", &[60.0, 90.0]),
            host("b", &[30.0, 30.0, 30.0, 30.0, 30.0, 600.0]),
        ]);
        let past = Past { n_runs: 6, hosts };
        for (names, parallel, seconds, known) in [
            (&["a"][..], 8, 90, 1),
            // What was long ago counts no more.
            (&["b"], 8, 30, 1),
            (&["a", "b"], 8, 90, 2),
            (&["a", "b"], 1, 120, 2),
            (&["b", "b", "b"], 2, 60, 3),
            // One that is new is taken for the slowest.
            (&["new", "b"], 1, 120, 1),
        ] {
            let e = estimate(&ids(names), parallel, &past);
            assert_eq!((e.seconds, e.n_known), (Some(seconds), known), "{names:?} by {parallel}");
        }
        assert_eq!(estimate(&ids(&["a"]), 8, &Past::default()).seconds, None);
    }
}
