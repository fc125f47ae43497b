//! Time in which nothing was tried and that counts for nothing: this machine stood still, or a job had nothing to say. With
//! hosts, a store and gates in memory, in paused time.

use std::time::Duration;

use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::state::{Phase, RunState};
use tokio::time::{Instant, sleep};

use crate::run_engine::Bench;
use crate::run_gate::gate_ended;
use crate::run_rollout::{rollout, until};
use crate::sample::{host, simple_plan, step};

const STANDSTILL: Duration = Duration::from_hours(10);

/// The look that a standstill cut short is not the last one, neither in the gate of a host nor between batches.
#[tokio::test(start_paused = true)]
async fn the_time_of_a_standstill_is_not_taken_from_the_hosts() {
    let bench = Bench::new(&rollout(&[&["a"], &["b"]])).await;
    let ill = |hosts: &[&str]| {
        *bench.gates.sick.lock().unwrap() = hosts.iter().map(|id| (*id).into()).collect();
        *bench.gates.standstill.lock().unwrap() =
            if hosts.is_empty() { Duration::ZERO } else { STANDSTILL };
    };
    let begun = |id: &'static str| {
        move |state: &RunState| {
            state.host(&host(id)).unwrap().step(&step("gate")).unwrap().started.is_some()
        }
    };
    let frozen_twice = async {
        until(&bench, begun("a")).await;
        ill(&["a"]);
        sleep(STANDSTILL + Duration::from_secs(5)).await;
        ill(&[]);
        until(&bench, gate_ended("a")).await;
        ill(&["a"]);
        sleep(STANDSTILL + Duration::from_secs(5)).await;
        ill(&[]);
    };
    let began = Instant::now();
    let (worked, ()) = tokio::join!(bench.work(), frozen_twice);
    assert_eq!(worked, Ok(Phase::Succeeded));
    assert!(began.elapsed() > STANDSTILL * 2, "{:?}", began.elapsed());
    for id in ["a", "b"] {
        assert_eq!(bench.outcome(id).word(), "changed");
    }
}

/// Following a job that says nothing for hours is contact: when its connection drops, it is tried again.
#[tokio::test(start_paused = true)]
async fn hours_in_which_a_job_says_nothing_are_no_loss_of_contact() {
    let bench = Bench::new(&simple_plan(&["a"])).await;
    bench.hosts.with("a", |h| h.quiet = Some(Duration::from_hours(2)));
    assert_eq!(bench.work().await, Ok(Phase::Succeeded));
    assert_eq!(bench.outcome("a").word(), "changed");
    let kinds = bench.store.kinds();
    let lost = kinds.iter().filter(|kind| matches!(kind, EventKind::ContactLost { .. })).count();
    assert_eq!(lost, 1, "the drop was seen");
}
