//! The worker between two batches while a maintenance window opens and closes, in paused time.

use std::sync::Arc;
use std::time::Duration;

use bunker_ops::domain::plan::{Estimate, Outside, Plan};
use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::pause::PauseReason;
use bunker_ops::domain::run::state::Phase;
use bunker_ops::engine::ports::{Clock, RunWriter};
use bunker_ops::engine::supervisor::{Supervisor, Task};
use bunker_ops::engine::worker::{WorkerPorts, carry_out};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use crate::run_engine::Bench;
use crate::run_fakes::STEP;
use crate::sample::{Part, ann, host, host_plan, plan_of, run_id};

/// A clock that goes as the paused time of the test goes.
struct PausedClock {
    began: Instant,
    from: Timestamp,
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        self.from + jiff::SignedDuration::try_from(self.began.elapsed()).unwrap()
    }
    fn nonce(&self) -> String {
        "0123456789abcdef0123456789abcdef".to_owned()
    }
}

/// One step on each of two hosts, one after the other, in a window from 22:00 to 22:30.
fn plan() -> Plan {
    let parts = [Part::Job(&[("up", "true")])];
    let mut plan =
        plan_of(vec![host_plan("a", &parts), host_plan("b", &parts)], &[&["a"], &["b"]], 1);
    let windows = json!([{"name": "late", "daily": "22:00", "for": "30m", "zone": "UTC"}]);
    for id in ["a", "b"] {
        plan.rules.windows.insert(host(id), serde_json::from_value(windows.clone()).unwrap());
    }
    plan
}

struct Night {
    bench: Bench,
    worker: Task<Phase>,
    _supervisor: Supervisor,
    began: Instant,
}

impl Night {
    /// Starts a worker at this time of the day.
    async fn at(plan: &Plan, clock: &str) -> Self {
        let bench = Bench::new(plan).await;
        let began = Instant::now();
        let from = format!("2026-12-01T{clock}Z").parse().unwrap();
        let clock = Arc::new(PausedClock { began, from });
        let ports = WorkerPorts { clock, ..bench.ports(bench.store.clone()) };
        let supervisor = Supervisor::new();
        let work = async move { carry_out(ports, run_id(1), 7).await.unwrap() };
        let worker = supervisor.spawn("worker", work);
        Self { bench, worker, _supervisor: supervisor, began }
    }

    /// Waits until the run is paused for the window; gives why.
    async fn paused(&self) -> String {
        loop {
            let state = self.bench.store.state(&run_id(1));
            if state.phase == Phase::Paused {
                assert_eq!(state.pause, Some(PauseReason::WindowClosed));
                return state.why.unwrap().to_string();
            }
            assert!(state.finished.is_none(), "it ended: {:?}", state.summary);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn ask(&self, control: Control) {
        self.bench.store.ask(&run_id(1), control, &ann()).await.unwrap();
    }

    fn begun(&self) -> Vec<String> {
        self.bench.hosts.starts().into_keys().collect()
    }
}

const DAY: Duration = Duration::from_hours(24);
/// From just after the window into the next one.
const NEXT: Duration = Duration::from_mins(24 * 60 - 15);

#[tokio::test(start_paused = true)]
async fn the_running_batch_is_finished_and_the_next_waits_for_a_person() {
    let night = Night::at(&plan(), "22:29:59").await;
    let why = night.paused().await;
    assert_eq!(why, "outside of the maintenance window of b: it opens at 2026-12-02 22:00Z");
    assert_eq!(night.begun(), ["a/up"]);
    let state = night.bench.store.state(&run_id(1));
    assert!(state.host(&host("a")).unwrap().outcome.as_ref().unwrap().lets_go_on());
    // The next window comes and nothing happens by itself.
    tokio::time::sleep(NEXT).await;
    assert_eq!(night.paused().await, why);
    assert_eq!(night.begun(), ["a/up"]);
    // Within the window a person resumes it. Outside of it, resuming looks again and waits again.
    night.ask(Control::Resume).await;
    assert_eq!(night.worker.join().await.unwrap(), Phase::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn resuming_outside_of_the_window_looks_again_and_promoting_passes_it() {
    let night = Night::at(&plan(), "22:29:59").await;
    night.paused().await;
    night.ask(Control::Resume).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    night.paused().await;
    assert_eq!(night.begun(), ["a/up"]);
    night.ask(Control::Promote).await;
    assert_eq!(night.worker.join().await.unwrap(), Phase::Succeeded);
    let pauses = night.bench.store.kinds();
    let n = pauses.iter().filter(|k| matches!(k, EventKind::Paused { .. })).count();
    assert_eq!(n, 2, "one pause each time that it was looked at and shut");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_may_goes_on_by_itself_when_the_window_opens() {
    let mut resumes = plan();
    resumes.rules.resumes = true;
    let night = Night::at(&resumes, "22:29:59").await;
    night.paused().await;
    assert_eq!(night.worker.join().await.unwrap(), Phase::Succeeded);
    let took = night.began.elapsed();
    assert!(took > DAY - Duration::from_mins(31) && took < DAY, "it went on at 22:00: {took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_begins_when_the_window_opens_and_is_still_paused_when_it_closes() {
    let mut waits = plan();
    waits.rules.outside = Outside::Wait;
    let night = Night::at(&waits, "21:00:00").await;
    let why = night.paused().await;
    assert_eq!(why, "outside of the maintenance window of a: it opens at 2026-12-01 22:00Z");
    assert_eq!(night.begun(), Vec::<String>::new());
    assert_eq!(night.worker.join().await.unwrap(), Phase::Succeeded);
    let took = night.began.elapsed();
    assert!(took >= Duration::from_hours(1) && took < Duration::from_mins(62), "{took:?}");

    let night = Night::at(&waits, "22:29:59").await;
    night.paused().await;
    tokio::time::sleep(NEXT).await;
    assert_eq!(night.begun(), ["a/up"], "it was begun: a person decides from there on");
    night.worker.abort();
}

#[tokio::test(start_paused = true)]
async fn an_abort_ends_a_run_that_waits_for_its_window() {
    let mut waits = plan();
    waits.rules.outside = Outside::Wait;
    let night = Night::at(&waits, "21:00:00").await;
    night.paused().await;
    night.ask(Control::Abort).await;
    assert_eq!(night.worker.join().await.unwrap(), Phase::Aborted);
    assert!(night.bench.hosts.starts().is_empty());
    assert!(night.began.elapsed() < Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_cannot_end_in_time_by_the_past_does_not_begin() {
    let estimate = |seconds| Estimate { seconds: Some(seconds), n_hosts: 1, n_known: 1, n_runs: 3 };
    let mut long = plan();
    long.rules.estimates = vec![estimate(60), estimate(600)];
    let night = Night::at(&long, "22:22:00").await;
    assert_eq!(
        night.paused().await,
        "batch 2 takes about 10m going by past runs, and the window closes at 2026-12-01 22:30Z"
    );
    assert_eq!(night.begun(), ["a/up"]);
    // A person knows better.
    night.ask(Control::Promote).await;
    assert_eq!(night.worker.join().await.unwrap(), Phase::Succeeded);

    // What this run's own batches took counts too, where no past does.
    let begin = format!("22:29:{:02}", 60 - STEP.as_secs() - 1);
    let night = Night::at(&plan(), &begin).await;
    assert!(night.paused().await.starts_with("batch 2 takes about "), "by its first batch");
    night.worker.abort();
}
