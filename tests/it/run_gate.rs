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

#[tokio::test(start_paused = true)]
async fn after_the_last_batch_none_of_it_is_looked_at_whom_its_gate_has_just_seen_well() {
    // How `a` is looked at after its gate, where nothing is heard of its last job for so many seconds: how often, and how long
    // before the end of the run at last.
    let looks_after_its_gate = async |batches: &[&[&str]], quiet_s| {
        let bench = Bench::new(&rollout(batches)).await;
        let looks = || bench.gates.looks.lock().unwrap()["a"].clone();
        let at_its_gate = async {
            let gate = |s: &RunState| s.host(&host("a")).unwrap().step(&step("gate")).cloned();
            until(&bench, |s| gate(s).unwrap().started.is_some()).await;
            bench.hosts.with("a", |h| h.quiet = Some(Duration::from_secs(quiet_s)));
            until(&bench, gate_ended("a")).await;
            looks().len()
        };
        let (worked, at_its_gate) = tokio::join!(bench.work(), at_its_gate);
        assert_eq!(worked, Ok(Phase::Succeeded));
        (looks().len() - at_its_gate, looks().last().unwrap().elapsed())
    };
    assert_eq!(looks_after_its_gate(&[&["a"]], 8).await.0, 0);
    assert_eq!(looks_after_its_gate(&[&["a"]], 20).await.0, 1);
    // Of a batch before, it is watched until the end, however well it was a few seconds ago.
    let (n_looks, before_the_end) = looks_after_its_gate(&[&["a"], &["b"]], 1).await;
    assert!(
        n_looks >= 2 && before_the_end < Duration::from_secs(1),
        "{n_looks}, {before_the_end:?}"
    );
}
