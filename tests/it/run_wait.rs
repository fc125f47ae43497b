//! What falls ill while a run waits for a person, a hook or a window, with hosts and a store in memory, in paused time.

use std::collections::VecDeque;
use std::time::Duration;

use bunker_ops::domain::hook::HookPoint;
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::pause::PauseReason;
use bunker_ops::domain::run::state::{Phase, RunState};

use crate::around_engine::hooked;
use crate::run_engine::Bench;
use crate::run_rollout::{ask, is_paused, rollout, state, strategy, until};
use crate::sample::host;

/// A rollout whose hook before the second batch says no at first.
fn waits_for_a_hook() -> Plan {
    let mut plan = rollout(&[&["a"], &["b"]]);
    plan.around = hooked().around;
    plan
}

fn is_done(id: &'static str) -> impl Fn(&RunState) -> bool {
    move |state| state.host(&host(id)).unwrap().outcome.is_some()
}

fn ill(bench: &Bench, hosts: &[&str]) {
    *bench.gates.sick.lock().unwrap() = hosts.iter().map(|id| (*id).into()).collect();
}

#[tokio::test(start_paused = true)]
async fn the_next_batch_does_not_follow_one_that_fell_ill_while_a_hook_was_waited_for() {
    for answer in [Control::Resume, Control::Promote] {
        let bench = Bench::new(&waits_for_a_hook()).await;
        let operator = async {
            until(&bench, |s| s.host(&host("a")).unwrap().started.is_some()).await;
            *bench.around.hooks.no.lock().unwrap() = VecDeque::from([HookPoint::PreBatch]);
            until(&bench, is_paused(PauseReason::Hook)).await;
            ill(&bench, &["a"]);
            // Long enough for the watch to have seen it.
            tokio::time::sleep(Duration::from_mins(10)).await;
            ask(&bench, answer.clone()).await;
        };
        let (worked, ()) = tokio::join!(bench.work(), operator);
        assert_eq!(worked, Ok(Phase::Failed), "{answer:?}");
        let words = ["a", "b"].map(|id| bench.outcome(id).word());
        assert_eq!(words, ["failed", "not-run"], "{answer:?}");
        assert_eq!(bench.hosts.with("b", |h| h.n_starts), 0);
        let why = state(&bench).why.unwrap();
        assert_eq!(why.as_str(), "done, and no longer healthy: a (api restarts)");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_before_a_pause_is_looked_at_again_after_it() {
    let bench = Bench::new(&waits_for_a_hook()).await;
    let operator = async {
        until(&bench, is_done("a")).await;
        // While the gate between the batches looks.
        ask(&bench, Control::Pause).await;
        until(&bench, is_paused(PauseReason::Manual)).await;
        ill(&bench, &["a"]);
        tokio::time::sleep(Duration::from_mins(10)).await;
        ask(&bench, Control::Resume).await;
    };
    let (worked, ()) = tokio::join!(bench.work(), operator);
    assert_eq!(worked, Ok(Phase::Failed));
    assert_eq!(bench.hosts.with("b", |h| h.n_starts), 0);
}

/// Where the next is already its turn, a person is told who fell ill meanwhile; cured or promoted it goes on.
#[tokio::test(start_paused = true)]
async fn a_yes_to_the_next_host_does_not_count_over_one_that_fell_ill_meanwhile() {
    for passed in [false, true] {
        let mut plan = rollout(&[&["a", "b"]]);
        strategy(&mut plan, 3_600, true);
        let bench = Bench::new(&plan).await;
        let watched = Duration::from_secs(11);
        let operator = async {
            until(&bench, is_paused(PauseReason::StepMode)).await;
            ill(&bench, &["a"]);
            tokio::time::sleep(watched).await;
            ask(&bench, Control::Resume).await;
            let waits = until(&bench, is_paused(PauseReason::Relapsed)).await;
            let why = waits.why.unwrap();
            assert_eq!(why.as_str(), "done, and no longer healthy: a (api restarts)");
            ask(&bench, Control::Resume).await;
            tokio::time::sleep(watched).await;
            until(&bench, is_paused(PauseReason::Relapsed)).await;
            assert_eq!(bench.hosts.with("b", |h| h.n_starts), 0, "resuming looks again");
            if passed {
                ask(&bench, Control::Promote).await;
                until(&bench, |s| s.host(&host("b")).unwrap().started.is_some()).await;
            }
            ill(&bench, &[]);
            tokio::time::sleep(watched).await;
            if !passed {
                ask(&bench, Control::Resume).await;
            }
        };
        let (worked, ()) = tokio::join!(bench.work(), operator);
        assert_eq!(worked, Ok(Phase::Succeeded), "passed {passed}");
        assert!(bench.hosts.starts().values().all(|n| *n == 1));
    }
}
