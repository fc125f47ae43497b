//! The metrics of the demo's tier-2 instances: six hours of them at start, then as they go on.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use color_eyre::eyre::Result;

use super::fleet;
use crate::lab::metrics::{Condition, Generator, History, Victoria};
use crate::lab::{Lab, PaperHost, clock};

const HISTORY_S: f64 = 6.0 * 3_600.0;
/// Seconds between two samples: of the last hour and from then on, and before.
const STEP_S: f64 = 15.0;
const OLD_STEP_S: f64 = 30.0;

struct Watched {
    host: PaperHost,
    generator: Generator,
    commit: Option<String>,
}

/// The instances that report.
pub(super) struct Reporting {
    watched: Vec<Watched>,
    /// How many samples were loaded.
    pub(super) n_samples: usize,
}

impl Reporting {
    /// Loads the history of all tier-2 hosts of `lab`.
    pub(super) async fn begin(lab: &Lab, server: &Victoria) -> Result<Self> {
        let now = unix_now();
        let mut all = Self { watched: Vec::new(), n_samples: 0 };
        for host in lab.hosts().iter().filter(|h| h.spec().tier == 2) {
            let mut generator = Generator::new(fleet::profile(host.spec(), now), now - HISTORY_S);
            let history = history(host, &mut generator, now);
            all.n_samples += history.len();
            server.load(&history).await?;
            let commit = host.running_commit();
            all.watched.push(Watched { host: host.clone(), generator, commit });
        }
        Ok(all)
    }

    /// Adds samples until dropped.
    pub(super) async fn go_on(mut self, server: &Victoria) {
        let mut tick = tokio::time::interval(Duration::from_secs(STEP_S as u64));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tick.tick().await;
            let now = unix_now();
            let mut samples = Vec::new();
            for watched in &mut self.watched {
                watched.recover(now);
                let condition = condition(&watched.host);
                samples.extend(watched.generator.advance(now, condition));
            }
            if server.push(&samples, now).await.is_err() {
                // The next round tries again; the cockpit shows the gap.
            }
        }
    }
}

impl Watched {
    /// A new release ends what was wrong with the old one.
    fn recover(&mut self, now: f64) {
        let commit = self.host.running_commit();
        if commit != self.commit {
            self.commit = commit;
            for incident in &mut self.generator.profile.incidents {
                incident.to = incident.to.min(now + 60.0);
            }
        }
    }
}

fn history(host: &PaperHost, generator: &mut Generator, now: f64) -> History {
    let mut history = History::default();
    let down_from = (host.name() == fleet::CRASHED.0).then_some(now - fleet::CRASHED.1 as f64);
    let backup_at = condition(host).backup_at;
    let mut t = now - HISTORY_S;
    while t < now - STEP_S / 2.0 {
        // Before the newest backup there was that of the day before.
        let backup_at = backup_at.map(|at| if at > t { at - 86_400.0 } else { at });
        let up = down_from.is_none_or(|from| t < from);
        history.add(generator.advance(t, Condition { up, backup_at }), t);
        t += if t < now - 3_600.0 { OLD_STEP_S } else { STEP_S };
    }
    history
}

fn condition(host: &PaperHost) -> Condition {
    Condition { up: host.api_listens(), backup_at: newest(&host.checkout().join("backups")) }
}

fn newest(dir: &Path) -> Option<f64> {
    std::fs::read_dir(dir)
        .ok()?
        .filter_map(|entry| entry.ok()?.metadata().ok()?.modified().ok())
        .filter_map(|at| at.duration_since(UNIX_EPOCH).ok())
        .map(|since| since.as_secs_f64())
        .reduce(f64::max)
}

fn unix_now() -> f64 {
    clock::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
