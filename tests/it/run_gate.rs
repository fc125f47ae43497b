//! Health that is looked at with gaps, with hosts, a store and gates in memory, in paused time.

use std::time::Duration;

use bunker_ops::domain::run::state::{Phase, RunState};
use tokio::time::{Instant, sleep};

use crate::run_engine::Bench;
use crate::run_rollout::{rollout, until};
use crate::sample::{host, step};

/// How long a gate waits here, and how long health has to last: `Part::Gate` says so.
const DEADLINE: Duration = Duration::from_secs(20);
const HEALTHY: Duration = Duration::from_secs(2);

pub(crate) fn gate_ended(id: &'static str) -> impl Fn(&RunState) -> bool {
    move |state| state.host(&host(id)).unwrap().step(&step("gate")).unwrap().outcome.is_some()
}

/// A connection that drops again and again is no illness: what was seen healthy adds up, and no gap counts. No stretch
/// is long enough alone.
#[tokio::test(start_paused = true)]
async fn health_adds_up_over_looks_that_saw_nothing() {
    let bench = Bench::new(&rollout(&[&["a"]])).await;
    let see = |unseen: &[&str]| {
        *bench.gates.unseen.lock().unwrap() = unseen.iter().map(|id| (*id).into()).collect();
    };
    let drops = async {
        loop {
            see(&["a"]);
            sleep(HEALTHY).await;
            see(&[]);
            sleep(HEALTHY * 3 / 4).await;
        }
    };
    let worked =
        tokio::select! { biased; () = drops => Ok(Phase::Running), ended = bench.work() => ended };
    assert_eq!(worked, Ok(Phase::Succeeded));
}

/// The time that others took to come back is not taken from a host that was well meanwhile.
#[tokio::test(start_paused = true)]
async fn each_host_of_a_batch_has_its_own_time_to_come_back() {
    let bench = Bench::new(&rollout(&[&["a", "b"], &["c"]])).await;
    let ill = |hosts: &[&str]| {
        *bench.gates.sick.lock().unwrap() = hosts.iter().map(|id| (*id).into()).collect();
    };
    let one_after_the_other = async {
        until(&bench, gate_ended("b")).await;
        for hosts in [&["b"][..], &["a"], &[]] {
            ill(hosts);
            sleep(DEADLINE * 3 / 4).await;
        }
    };
    let (worked, ()) = tokio::join!(bench.work(), one_after_the_other);
    assert_eq!(worked, Ok(Phase::Succeeded));
    // One that comes back at the last moment is looked at for as long as health has to last.
    let bench = Bench::new(&rollout(&[&["a", "b"], &["c"]])).await;
    let late = async {
        until(&bench, gate_ended("b")).await;
        bench.gates.sick.lock().unwrap().insert("b".into());
        sleep(DEADLINE * 37 / 40).await;
        bench.gates.sick.lock().unwrap().clear();
    };
    let (worked, ()) = tokio::join!(bench.work(), late);
    assert_eq!(worked, Ok(Phase::Succeeded));
    // One that stays ill has no more than its time.
    let bench = Bench::new(&rollout(&[&["a", "b"], &["c"]])).await;
    let stays = async {
        until(&bench, gate_ended("b")).await;
        bench.gates.sick.lock().unwrap().insert("b".into());
        Instant::now()
    };
    let (worked, began) = tokio::join!(bench.work(), stays);
    assert_eq!(worked, Ok(Phase::Failed));
    assert!(began.elapsed() < DEADLINE + 2 * HEALTHY, "{:?}", began.elapsed());
    let words = ["a", "b", "c"].map(|h| bench.outcome(h).word());
    assert_eq!(words, ["changed", "failed", "not-run"]);
}
