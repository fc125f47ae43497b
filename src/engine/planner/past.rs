//! How long the hosts of past runs took.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::{Past, Plan, Workflow};
use crate::domain::run::control::Control;
use crate::domain::run::event::{EventKind, RunEvent};
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::{Phase, RunState};
use crate::engine::ports::{RunReader, StoreError};

/// Runs that are looked through for past ones of a workflow.
const RUNS: usize = 200;
/// Past runs that are gone by.
const GONE_BY: u32 = 10;

/// How long the hosts of the last good runs took that did the same: this workflow, and of Ansible this playbook.
pub(super) async fn past_of(store: &dyn RunReader, new: &Plan) -> Result<Past, StoreError> {
    let playbook = |plan: &Plan| plan.playbook.as_ref().map(|p| p.wish.clone());
    let mut past = Past::default();
    for run in store.runs(RUNS).await? {
        if past.n_runs >= GONE_BY || run.workflow != new.workflow || run.phase != Phase::Succeeded {
            continue;
        }
        // Of all else the journal tells enough: a plan is as long as all that was run.
        if run.workflow == Workflow::Ansible
            && playbook(&*store.plan(&run.run).await?) != playbook(new)
        {
            continue;
        }
        let times = times_of(store, &run.run).await?;
        if times.kept_waiting {
            continue;
        }
        past.n_runs += 1;
        for (host, took) in times.took {
            past.hosts.entry(host).or_default().push(took);
        }
    }
    Ok(past)
}

/// What a run itself tells of how long its targets take.
pub(crate) fn own_past(state: &RunState) -> Past {
    let ended = state.hosts.iter().filter(|h| h.outcome.as_ref().is_some_and(Outcome::lets_go_on));
    let each = ended.filter_map(|h| Some((h.id.clone(), vec![seconds(h.started?, h.finished?)])));
    Past { n_runs: 1, hosts: each.collect() }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

/// What a journal tells of how long its hosts took.
#[derive(Debug, Default)]
struct Times {
    begun: BTreeMap<HostId, Timestamp>,
    /// Seconds that each host took that ended well.
    took: BTreeMap<HostId, f64>,
    /// Whether a person or a second worker let it wait: a run that was paused for a night says nothing of the work.
    kept_waiting: bool,
}

impl Times {
    fn hear(&mut self, event: &RunEvent) {
        let at = event.at;
        if let EventKind::HostStarted { host } = &event.kind {
            self.begun.entry(host.clone()).or_insert(at);
        } else if let EventKind::HostFinished { host, outcome } = &event.kind
            && let (Some(from), true) = (self.begun.get(host), outcome.lets_go_on())
        {
            self.took.insert(host.clone(), seconds(*from, at));
        } else if let EventKind::HostRelapsed { host, .. } = &event.kind {
            self.took.remove(host);
        } else if let EventKind::Controlled { control: Control::Pause, .. } = &event.kind {
            self.kept_waiting = true;
        } else if let EventKind::WorkerStarted { generation, .. } = &event.kind {
            self.kept_waiting |= *generation > 1;
        }
    }
}

async fn times_of(store: &dyn RunReader, run: &RunId) -> Result<Times, StoreError> {
    let (mut times, mut after) = (Times::default(), 0);
    loop {
        let events = store.events(run, after, 1_000).await?;
        let Some(last) = events.last() else { return Ok(times) };
        after = last.seq;
        for event in &events {
            times.hear(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::operator::Operator;

    fn heard(events: &[(i64, EventKind)]) -> Times {
        let mut times = Times::default();
        for (n, (second, kind)) in events.iter().enumerate() {
            let run = "261122-221405-7f3a".parse().unwrap();
            let at = Timestamp::from_second(*second).unwrap();
            times.hear(&RunEvent { run, seq: n as u64 + 1, at, kind: kind.clone() });
        }
        times
    }

    fn begins(host: &str) -> EventKind {
        EventKind::HostStarted { host: host.parse().unwrap() }
    }

    fn ends(host: &str, outcome: Outcome) -> EventKind {
        EventKind::HostFinished { host: host.parse().unwrap(), outcome }
    }

    #[test]
    fn hosts_that_ended_well_tell_how_long_they_took() {
        let times = heard(&[
            (100, begins("a")),
            (105, begins("b")),
            (130, ends("a", Outcome::Ok)),
            (170, ends("b", Outcome::Cancelled)),
            (171, ends("c", Outcome::Ok)),
        ]);
        let took: Vec<_> = times.took.iter().map(|(host, took)| (host.as_str(), *took)).collect();
        assert_eq!((took, times.kept_waiting), (vec![("a", 30.0)], false));
    }

    #[test]
    fn a_run_that_was_paused_or_taken_over_tells_nothing() {
        let worker = |generation| EventKind::WorkerStarted { pid: 1, generation };
        let by = || Operator { user: "anna".into(), machine: "desk".into(), from: None };
        let asked = |control| EventKind::Controlled { control, by: by() };
        assert!(!heard(&[(1, worker(1)), (5, asked(Control::Promote))]).kept_waiting);
        assert!(heard(&[(1, worker(1)), (90, worker(2))]).kept_waiting);
        assert!(heard(&[(1, worker(1)), (5, asked(Control::Pause))]).kept_waiting);
    }
}
