//! What an unfinished journal means when nobody works on it any more.

use super::outcome::{Failure, Outcome};
use super::state::{Phase, RunState};
use crate::domain::untrusted::Safe;

impl RunState {
    /// This state as it is to be shown when the run's worker is not alive: a run that a worker had
    /// taken and that has no end is lost, and what had begun on its hosts is unknown (neither running nor
    /// failed) until a worker has read the hosts again.
    #[must_use]
    pub fn recovered(&self, worker_alive: bool) -> Self {
        let mut state = self.clone();
        if worker_alive || self.finished.is_some() || self.generation == 0 {
            return state;
        }
        state.phase = Phase::Lost;
        state.why = Some(Safe::line("its worker is gone"));
        let (message, hint) = if self.local {
            (
                "the run's worker is gone, and what it ran here with it",
                format!("look at the host; `bunker resume {}` ends the run", self.run),
            )
        } else {
            (
                "the run's worker is gone; the host goes on by itself",
                format!("`bunker resume {}` reads the host and goes on", self.run),
            )
        };
        for host in state.hosts.iter_mut().filter(|h| h.outcome.is_none()) {
            let open: Vec<_> = host
                .jobs
                .values()
                .filter(|job| job.end.is_none())
                .filter_map(|job| job.steps.iter().find(|id| host.unsettled(id)).cloned())
                .collect();
            for step in &mut host.steps {
                if step.is_running() || open.contains(&step.id) {
                    step.outcome = Some(Outcome::Unknown(Failure {
                        exit: None,
                        message: Safe::line(message),
                        hint: Some(Safe::line(&hint)),
                        last_lines: Vec::new(),
                    }));
                }
            }
        }
        state
    }
}
